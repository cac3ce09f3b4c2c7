/** papilio parity: the settings of an unknown front end, from clips and what it made of them. */
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { oneOf, whole } from '../options.ts';
import { encodeWav } from '../files.ts';
import {
  differenceText,
  headText,
  probeSignal,
  solveParity,
  stageDifferences,
  type ParityResult,
  type StageDifference,
} from '../front.ts';
import { featureHead, presetNames } from '../index.ts';
import { flag, type Command, type FlagsOf, type Given } from './args.ts';
import { readRecording } from './audio.ts';
import { commandLine } from './command-line.ts';
import { ensureFolder, writeAtomic } from './files.ts';
import type { Output } from './output.ts';
import { readTensors, tensorsOf } from './parity-files.ts';
import { findAll } from './recordings.ts';
import { pageOf } from './report/page.ts';
import { reportText, section, tableOf, type Report } from './report/report.ts';

/** Three lines that run the probe through somebody's Python. */
const snippet = (rate: number): string =>
  [
    'import numpy as np, scipy.io.wavfile as w',
    `x = w.read("probe.wav")[1]  # float32, ${rate} Hz`,
    'np.save("probe.npy", np.asarray(your_front_end(x)))  # then: papilio parity --audio probe.wav --features probe.npy',
    '',
  ].join('\n');

function writeProbe({ out, rate = 16000 }: Flags, output: Output): void {
  ensureFolder(out);
  writeAtomic(join(out, 'probe.wav'), encodeWav(probeSignal(rate), rate, { format: 'float32' }));
  writeAtomic(join(out, 'probe.py'), snippet(rate));
  output.json({ probe: join(out, 'probe.wav'), python: join(out, 'probe.py'), rate });
  output.print(`${join(out, 'probe.wav')}\n${join(out, 'probe.py')}:\n${snippet(rate)}`);
}

/** Clips at one rate: the given one, or that of all of them. */
async function readClips(paths: readonly string[], flags: Flags) {
  const clips = [];
  for (const path of paths) clips.push({ path, ...(await readRecording(path, undefined)) });
  const rate = flags.rate ?? clips[0].sourceRate;
  const other = clips.find((c) => c.sourceRate !== rate);
  if (other)
    throw new InvalidArgumentError(
      `${other.path}: has ${other.sourceRate} Hz; expected ${rate} Hz, the rate ${flags.rate === undefined ? `of ${clips[0].path}` : 'of --rate'}, which the front end was given`,
    );
  return { clips, rate };
}

const verdicts: Readonly<Record<ParityResult['verdict'], string>> = {
  exact: 'The front end is found: its features are equal to within 1e-5 of the largest.',
  noise: 'The front end is found but for noise.',
  close: 'No settings give these features; the closest ones are near.',
  unknown: 'No settings give these features; the closest ones are far off.',
};

const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}.`;

function reportOf(
  result: ParityResult,
  differences: readonly StageDifference[],
  name: string | undefined,
): Report {
  const { head, difference, rms, verdict, noise, undecided, framesFirst, width } = result;
  const layout = framesFirst ? `frames x ${width}` : `${width} x frames`;
  const json = JSON.stringify(head, null, 1);
  return {
    title: 'Settings of an unknown front end',
    verdict: [
      verdicts[verdict],
      ...(noise === null ? [] : [sentence(noise.text)]),
      ...undecided.map(({ text }) => sentence(text)),
      ...(differences.length > 0 && name !== undefined
        ? [`First of all, ${differenceText(differences[0], name)}.`]
        : []),
      ...(differences.length === 0 && name !== undefined ? [`It is ${name}.`] : []),
    ],
    facts: {
      'largest difference': difference.toExponential(1),
      'RMS difference': rms.toExponential(1),
      tensors: layout,
    },
    sections: [
      section(
        'Settings',
        headText(head),
        tableOf('settings', Object.entries(head), {
          setting: ([key]) => key,
          value: ([, value]) => JSON.stringify(value),
        }),
      ),
      ...(name === undefined
        ? []
        : [
            section(
              `Beside ${name}`,
              'Stages that differ, in the order in which data flow.',
              tableOf('stages', differences, {
                stage: (d) => d.stage,
                yours: (d) => d.yours,
                [name]: (d) => d.theirs,
              }),
            ),
          ]),
      section('Code', 'The same in the library.', `features(${json})`),
    ],
    commands: [commandLine(), `papilio features recordings/ --options "$(cat head.json)"`],
  };
}

async function run(_: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const { audio, features, out, preset } = flags;
  if (flags.probe) {
    given.refuse(
      ['audio', 'features', 'preset'],
      'is given with --probe, which writes a clip and reads none',
    );
    return writeProbe(flags, output);
  }
  if (audio === undefined || features === undefined)
    throw new InvalidArgumentError(
      `no --${audio === undefined ? 'audio' : 'features'} given; expected clips and what the front end made of them, or --probe`,
    );
  const paths = findAll(audio.split(','));
  const { clips, rate } = await readClips(paths, flags);
  const tensors = tensorsOf(paths, readTensors(features));
  const result = solveParity(
    clips.map((c) => c.samples),
    tensors,
    { rate },
  );
  // Settings that do not give the features say nothing about a preset.
  const beside = result.verdict === 'unknown' ? undefined : preset;
  const differences = beside === undefined ? [] : stageDifferences(result.head, featureHead(beside));
  const report = reportOf(result, differences, beside);
  ensureFolder(out);
  writeAtomic(join(out, 'head.json'), `${JSON.stringify(result.head, null, 1)}\n`);
  writeAtomic(join(out, 'report.html'), pageOf(report));
  output.json({ ...result, ...(beside === undefined ? {} : { preset: beside, differences }) });
  output.print(reportText(report));
  output.print(`written to ${out}`);
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  audio: flag.text('folder or audio files (separated by commas) that the front end was given'),
  features: flag.text('what it made of them: a folder, or a .npy, .npz, .safetensors or .csv file'),
  rate: flag.of(
    'sample rate in Hz that the front end takes, which must be that of the clips (default that of the first; of a probe 16000)',
    whole(1000, 1_000_000),
  ),
  probe: flag.toggle(
    'write a clip of 4 s that decides what recordings leave open, and three lines of Python to run it through',
  ),
  preset: flag.of('to name the first stage that differs', oneOf(presetNames)),
  out: flag.text('folder for head.json and report.html', 'parity'),
};

export const parityCommand: Command<typeof flags> = {
  name: 'parity',
  operands: '',
  operandLimit: 0,
  summary: 'the settings of an unknown front end, from clips and what it made of them',
  examples: [
    'parity --probe --rate 16000 --out probe',
    'parity --audio clips/ --features python-features/ --preset whisper',
  ],
  flags,
  run,
};
