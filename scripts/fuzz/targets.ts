/** What is fuzzed: for every format its valid files, how they are made hostile, and the reader that must return or throw a PapilioError. */
import { mergeOnnx } from '../../src/backends/onnx/merge.ts';
import { manifestOf } from '../../src/cli/feature-files.ts';
import { describeKernel } from '../../src/cli/kernels.ts';
import { decodeTensors } from '../../src/cli/parity-files.ts';
import { reportOf } from '../../src/cli/report-command.ts';
import { pageOf } from '../../src/cli/report/page.ts';
import { reportMarkdown } from '../../src/cli/report/report.ts';
import { parseJson } from '../../src/formats/json.ts';
import {
  decodeModel,
  decodeJob,
  decodeCheckpoint,
  decodeFrontEnd,
  decodeNpy,
  decodeSafetensors,
  decodeTables,
  decodeWav,
} from '../../src/files.ts';
import { featureHead } from '../../src/index.ts';
import { forgetWisdom, importWisdom } from '../../src/compiler.ts';
import { inferenceGraph, standaloneModule } from '../../src/front.ts';
import { mapModule, mapOf, networkOf } from '../../src/learn.ts';
import * as samples from './samples.ts';
import { mutateBytes, mutateCheckpoint, mutateJsonText } from './mutate.ts';
import type { Random } from './random.ts';

/** A hostile file and its reader. */
export interface Case {
  readonly bytes: Uint8Array;
  readonly read: () => unknown;
}

export interface Target {
  readonly format: string;
  /** Of all cases, against the other formats. */
  readonly weight: number;
  readonly next: (random: Random) => Case;
  /** The reader alone, for bytes of any origin. */
  readonly read: (bytes: Uint8Array, random: Random) => unknown;
}

type Mutate<T> = (random: Random, sample: T) => Uint8Array;

/** Samples are made once, when the first case wants them. */
function target<T>(
  format: string,
  weight: number,
  make: () => readonly T[],
  mutate: Mutate<T>,
  read: (bytes: Uint8Array, random: Random) => unknown,
): Target {
  let made: readonly T[] | null = null;
  return {
    format,
    weight,
    read,
    next: (random) => {
      made ??= make();
      const bytes = mutate(random, random.one(made));
      return { bytes, read: () => read(bytes, random) };
    },
  };
}

const json: Mutate<unknown> = (random, value) => new TextEncoder().encode(mutateJsonText(random, value));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Compiling costs a hundred times what reading does: some of what is read is compiled too. */
const compiled = 0.01;
/** So does drawing. */
const drawn = 0.01;

function readModel(bytes: Uint8Array, random: Random): void {
  const model = decodeModel(bytes, 'a.safetensors');
  if (networkOf(model.model).n <= 64 && random.chance(compiled)) mapModule(mapOf(model));
}

export const targets: readonly Target[] = [
  target('wav', 20, samples.wavSamples, mutateBytes, (bytes, random) =>
    decodeWav(bytes, 'a.wav', {
      finite: random.chance(0.5),
      channel: random.one(['mix', 'left', 'right', 1, 2] as const),
    }),
  ),
  target('npy', 10, samples.npySamples, mutateBytes, (bytes) => decodeNpy(bytes, 'a.npy')),
  target('npz', 4, samples.npzSamples, mutateBytes, (bytes) => decodeTensors(bytes, 'a.npz')),
  target('csv', 2, samples.csvSamples, mutateBytes, (bytes) => decodeTensors(bytes, 'a.csv')),
  target('onnx', 4, samples.onnxSamples, mutateBytes, (bytes) =>
    mergeOnnx(samples.onnxFront(), bytes, { name: 'a.onnx', width: 40 }),
  ),
  target('safetensors', 10, samples.tensorSamples, mutateBytes, (bytes) => {
    decodeSafetensors(bytes, 'a.safetensors');
    return decodeTables(bytes, 'a.safetensors', ['matrix']);
  }),
  target('json tables', 4, samples.tableSamples, json, (bytes, random) =>
    decodeTables(bytes, 'a.json', random.chance(0.5) ? ['matrix'] : ['input', 'output']),
  ),
  target('transform', 12, samples.transformSamples, mutateCheckpoint, readModel),
  target('model', 15, samples.modelSamples, mutateCheckpoint, readModel),
  target('version 1', 8, samples.version1Samples, mutateCheckpoint, (bytes) => {
    decodeCheckpoint(bytes, 'a.safetensors');
  }),
  target('front-end', 10, samples.frontEndSamples, mutateCheckpoint, (bytes, random) => {
    const model = decodeFrontEnd(bytes, 'a.safetensors');
    if (model.head.nFft > 64 || !random.chance(compiled)) return;
    inferenceGraph(model);
    if (random.chance(0.1)) standaloneModule(model);
  }),
  target('learn-job', 5, samples.jobSamples, mutateCheckpoint, (bytes) => decodeJob(bytes, 'a.safetensors')),
  target('kernel', 3, samples.kernelSamples, mutateBytes, (bytes) => describeKernel(bytes, 'a.wasm')),
  target('manifest', 4, samples.manifestSamples, json, (bytes) =>
    manifestOf(parseJson(bytes, 'manifest.json'), 'manifest.json'),
  ),
  target('report', 4, samples.reportSamples, json, (bytes, random) => {
    const report = reportOf(parseJson(bytes, 'a.json'), '/nowhere/a.json', []);
    reportMarkdown(report);
    if (random.chance(drawn)) pageOf(report);
  }),
  target('wisdom', 4, samples.wisdomSamples, json, (bytes) => {
    importWisdom(text(bytes));
    forgetWisdom();
  }),
  target('head', 4, samples.headSamples, json, (bytes) =>
    featureHead('papilio', parseJson(bytes, 'head') as Record<string, never>),
  ),
];
