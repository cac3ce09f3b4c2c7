/** papilio eval: the error of a checkpoint on recordings, against the exact features in float64. */
import { oneOf } from '../options.ts';
import { backendByName } from '../compiler.ts';
import { compileFrontEnd, featureError, levelsFront, referenceFeatures } from '../front.ts';
import { flag, type Command, type FlagsOf } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { readModelFile } from './model-file.ts';
import type { Output } from './output.ts';
import { loadRecordings, warnOfEmptyBands } from './dataset.ts';
import { tableText } from './report/report.ts';
import { recordingTable } from './summary.ts';

async function run(operands: string[], flags: Flags, output: Output): Promise<void> {
  const [checkpoint, ...audio] = operands;
  const model = levelsFront(readModelFile(checkpoint, ['front end']).model);
  const recordings = await loadRecordings(audio, model.head, { channel: channelOf(flags) });
  const rates = recordings.map((r) => r.sourceRate);
  warnOfEmptyBands(rates, model.head.sampleRate);
  const front = compileFrontEnd(model, backendByName(flags.backend));
  const targets = recordings.map((r) => referenceFeatures(model.head, r.samples));
  const features = recordings.map((r) => front.features(r.samples));
  const error = featureError(recordings, features, targets, model.head);
  const { mul, add } = front.perFrame;
  const { mean, p95, recordings: byRecording } = error;
  output.json({ checkpoint, error: mean, errorP95: p95, mul, add, recordings: byRecording });
  const total = (key: 'frames' | 'excludedFrames'): number => byRecording.reduce((n, r) => n + r[key], 0);
  const all = { file: 'all', frames: total('frames'), excludedFrames: total('excludedFrames'), mean, p95 };
  output.print(tableText(recordingTable({ recordings: [...byRecording, all] })));
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  channel: channelFlag,
  backend: flag.of('what runs the model', oneOf(['wasm', 'js', 'reference']), 'wasm'),
};

export const evalCommand: Command<typeof flags> = {
  name: 'eval',
  operands: '<checkpoint> <folder or audio files>',
  needs: 'no checkpoint given; expected the path of a model.safetensors',
  summary: 'error of a front end on recordings against the exact features in float64',
  examples: ['eval my-front-end/model.safetensors other-recordings/ --json errors.json'],
  flags,
  run,
};
