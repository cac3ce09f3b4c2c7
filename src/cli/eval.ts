/** papilio eval: the error of a checkpoint on recordings, against the exact features in float64. */
import { backendByName, compileSpectralModel, featureError, referenceFeatures } from '../index.ts';
import type { Command, FlagValues } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { readModel } from './model-file.ts';
import { textTable } from './progress.ts';
import { loadRecordings } from './recordings.ts';

async function run(operands: string[], flags: FlagValues): Promise<void> {
  const [checkpoint, ...audio] = operands;
  const model = readModel(checkpoint);
  const recordings = await loadRecordings(audio, model.head, { channel: channelOf(flags) });
  const front = compileSpectralModel(model, backendByName(flags.text('backend')));
  const targets = recordings.map((r) => referenceFeatures(model.head, r.samples));
  const error = featureError(
    recordings,
    recordings.map((r) => front.features(r.samples)),
    targets,
    model.head,
  );
  if (flags.on('json')) {
    const { mul, add } = front.perFrame;
    process.stdout.write(
      `${JSON.stringify({ checkpoint, error: error.mean, errorP95: error.p95, mul, add, recordings: error.recordings }, null, 2)}\n`,
    );
    return;
  }
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
  process.stdout.write(
    `${textTable([['recording', 'frames', 'excluded', 'mean |difference| in log10', 'p95'], ...rows])}\n`,
  );
}

export const evalCommand: Command = {
  name: 'eval',
  operands: '<checkpoint> <folder or audio files>',
  summary: 'error of a checkpoint on recordings against the exact features in float64',
  flags: {
    channel: channelFlag,
    json: { kind: 'boolean', help: 'print JSON' },
    backend: {
      kind: 'string',
      default: 'wasm',
      choices: ['wasm', 'js', 'reference'],
      help: 'what runs the model',
    },
  },
  run,
};
