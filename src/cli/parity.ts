/** papilio parity: the settings of an unknown front end, from clips and what it made of them. */
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { finite, oneOf, whole } from '../options.ts';
import { encodeWav } from '../files.ts';
import { headCode, parityExamples, probeSignal, shortProbe, solveParity } from '../front.ts';
import { presetNames } from '../index.ts';
import { flag, type Command, type FlagsOf, type Given } from './args.ts';
import { readRecording } from './audio.ts';
import { commandLine } from './command-line.ts';
import { ensureFolder, writeAtomic } from './files.ts';
import type { Output } from './output.ts';
import { aloneText, pairsOf, readTensors } from './parity-files.ts';
import { filesOf, nextCommands } from './parity-output.ts';
import { besidePreset, isFound, parityReport, type ParityRun } from './parity-report.ts';
import { findAll } from './recordings.ts';
import { pageOf } from './report/page.ts';
import { reportText } from './report/report.ts';

/** Three lines that run both probes through somebody's Python. */
const snippet = [
  'import numpy as np, scipy.io.wavfile as wav',
  'for name in ("probe", "probe-short"):',
  '    np.save(name + ".npy", np.asarray(your_front_end(wav.read(name + ".wav")[1])))  # float32 in [-1, 1]',
  '',
].join('\n');

function writeProbe({ out, rate = 16000 }: Flags, output: Output): void {
  const bytes = (samples: Float64Array): Uint8Array => encodeWav(samples, rate, { format: 'float32' });
  const files = {
    'probe.wav': bytes(probeSignal(rate)),
    'probe-short.wav': bytes(shortProbe(rate)),
    'probe.py': snippet,
  };
  ensureFolder(out);
  for (const [name, content] of Object.entries(files)) writeAtomic(join(out, name), content);
  const [probe, short, python] = Object.keys(files).map((name) => join(out, name));
  output.json({ probe, short, python, rate });
  output.print(
    `${probe}, ${short}: ${rate} Hz\n${python}, to run in ${out} with your front end in it:\n\n${snippet}\nthen: ${commandLine(['parity', '--audio', out, '--features', out])}`,
  );
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

/** What `f` returns; its errors about a clip by number name the file, others that of the features. */
function byName<T>(paths: readonly string[], features: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const { message } = error;
    const named = message.replace(/\bclip (\d+)/, (text, i: string) => paths[Number(i)] ?? text);
    throw new InvalidArgumentError(named === message ? `${features}: ${message}` : named, { cause: error });
  }
}

async function run(_: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const { audio, features, out, preset, seconds } = flags;
  if (flags.probe) {
    given.refuse(
      ['audio', 'features', 'preset', 'seconds'],
      'is given with --probe, which writes a clip and reads none',
    );
    return writeProbe(flags, output);
  }
  if (audio === undefined || features === undefined)
    throw new InvalidArgumentError(
      `no --${audio === undefined ? 'audio' : 'features'} given; expected clips and what the front end made of them, or --probe`,
    );
  const found = pairsOf(findAll(audio.split(',')), readTensors(features));
  const { clips: paths, tensors } = found;
  const alone = aloneText(found);
  if (alone !== null) output.warn(alone);
  const { clips, rate } = await readClips(paths, flags);
  const samples = clips.map((c) => c.samples);
  const ways = byName(paths, features, () => parityExamples(samples, tensors, rate));
  const result = byName(paths, features, () => solveParity(samples, tensors, { rate, seconds }));
  const { list: examples } = ways.find((way) => way.framesFirst === result.framesFirst) ?? ways[0];
  const code = headCode(result.head, preset);
  const own: ParityRun = { result, code, examples, names: paths.map((path) => basename(path)), out };
  const report = parityReport(own);
  const page = pageOf(report);
  const { files, withoutOnnx } = filesOf(result, code);
  ensureFolder(out);
  if (withoutOnnx !== null) rmSync(join(out, 'model.onnx'), { force: true });
  for (const [name, content] of Object.entries(files)) writeAtomic(join(out, name), content);
  writeAtomic(join(out, 'report.html'), page);
  output.json({ ...jsonOf(own), clipsAlone: found.clipsAlone, tensorsAlone: found.tensorsAlone });
  output.print(reportText(report));
  if (isFound(result)) output.print(result.learned ? '' : `\n${code.text}\n`);
  if (withoutOnnx !== null) output.note(`no model.onnx: ${withoutOnnx}`);
  output.print([...Object.keys(files), 'report.html'].map((name) => join(out, name)).join('\n'));
  output.print(nextCommands(out).join('\n'));
}

/** What programs get: no arrays of weights, which model.safetensors has. */
function jsonOf(found: ParityRun) {
  const { result, code } = found;
  const { learned } = result;
  return {
    ...result,
    learned: learned && { difference: learned.difference, rms: learned.rms, text: learned.text },
    ...(isFound(result)
      ? { preset: code.preset, overrides: code.overrides, differences: besidePreset(found) }
      : {}),
  };
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
    'write two clips, of 4 s and of 0.14 s, that decide what recordings leave open, and three lines of Python to run them through',
  ),
  seconds: flag.of('after which the search takes what it has', finite({ minimum: 1 }), 55),
  preset: flag.of('to name the first stage that differs', oneOf(presetNames)),
  out: flag.text(
    'folder for head.json, features.mjs, model.safetensors, model.onnx and report.html',
    'parity',
  ),
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
