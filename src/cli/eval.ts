/** papilio eval: the error of a checkpoint on recordings, against the exact features in float64. */
import { backendByName } from '../compiler.ts';
import { compileFrontEnd, featureError, referenceFeatures } from '../front.ts';
import { flag, type Command, type FlagsOf } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { readModel } from './model-file.ts';
import type { Output } from './output.ts';
import { textTable } from './progress.ts';
import { emptyBands, loadRecordings } from './recordings.ts';

async function run(operands: string[], flags: Flags, output: Output): Promise<void> {
  const [checkpoint, ...audio] = operands;
  const model = readModel(checkpoint);
  const recordings = await loadRecordings(audio, model.head, { channel: channelOf(flags) });
  const empty = emptyBands(
    recordings.map((r) => r.sourceRate),
    model.head.sampleRate,
  );
  if (empty !== null) output.warn(`papilio eval: warning: ${empty}`);
  const front = compileFrontEnd(model, backendByName(flags.backend));
  const targets = recordings.map((r) => referenceFeatures(model.head, r.samples));
  const error = featureError(
    recordings,
    recordings.map((r) => front.features(r.samples)),
    targets,
    model.head,
  );
  const { mul, add } = front.perFrame;
  const { mean, p95, recordings: byRecording } = error;
  output.json({ checkpoint, error: mean, errorP95: p95, mul, add, recordings: byRecording });
  const rows = error.recordings.map((r) => [
    r.file,
    String(r.frames),
    String(r.excludedFrames),
    r.mean.toFixed(5),
    r.p95.toFixed(5),
  ]);
  const total = (f: (r: (typeof error.recordings)[number]) => number): string =>
    String(error.recordings.reduce((n, r) => n + f(r), 0));
  rows.push([
    'all',
    total((r) => r.frames),
    total((r) => r.excludedFrames),
    error.mean.toFixed(5),
    error.p95.toFixed(5),
  ]);
  output.print(
    textTable([['recording', 'frames', 'excluded', 'mean |difference| in log10', 'p95'], ...rows]),
  );
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  channel: channelFlag,
  backend: flag.choice(['wasm', 'js', 'reference'], 'what runs the model', { default: 'wasm' }),
};

export const evalCommand: Command<typeof flags> = {
  name: 'eval',
  operands: '<checkpoint> <folder or audio files>',
  summary: 'error of a front end on recordings against the exact features in float64',
  examples: ['eval my-front-end/model.safetensors other-recordings/ --json errors.json'],
  flags,
  run,
};
