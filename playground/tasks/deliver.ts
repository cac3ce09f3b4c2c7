/** The files of a front end, byte for byte those of `papilio compile`. */
import { decodeFrontEnd, encodeFrontEnd } from 'papilio/files';
import {
  errorStatement,
  exactFrontEnd,
  frontEndC,
  frontEndModule,
  frontEndOnnxFiles,
  standaloneLoader,
  standaloneModule,
} from 'papilio/front';
import type { Machine } from 'papilio/compiler';
import { headOf } from '../sound/heads.ts';
import type { Task } from '../shell/task.ts';
import type { Traded } from './trade.ts';

export const delivered = [
  'model.safetensors',
  'kernel.wasm',
  'kernel.js',
  'kernel.mjs',
  'front.c',
  'front.h',
  'front.onnx',
  'certificate.json',
] as const;
export type Delivered = (typeof delivered)[number];

interface DeliverInput {
  readonly file: Delivered;
  readonly feature: string;
  /** File of the front end; null: the exact one. */
  readonly front: Uint8Array | null;
  readonly machine: Machine;
  /** What was measured, for the certificate. */
  readonly measured: { readonly recording: string; readonly values: Traded };
}

const hexOf = async (bytes: Uint8Array): Promise<string> =>
  // Not on pages without encryption.
  'subtle' in crypto
    ? Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)), (b) =>
        b.toString(16).padStart(2, '0'),
      ).join('')
    : '';

const deliver: Task<DeliverInput, string | Uint8Array> = async ({
  file,
  feature,
  front,
  machine,
  measured,
}) => {
  const decoded = front ? decodeFrontEnd(front, 'the front end') : null;
  const model = decoded ?? exactFrontEnd(headOf(feature));
  const report = decoded?.report ?? {};
  const bytes = front ?? encodeFrontEnd(model);
  const c = () => frontEndC(model, { name: 'front', target: machine, about: errorStatement(report) }).files;
  const files: Record<Delivered, () => string | Uint8Array | Promise<string>> = {
    'model.safetensors': () => bytes,
    'kernel.wasm': () => standaloneModule(model),
    'kernel.js': () => standaloneLoader,
    'kernel.mjs': () => frontEndModule(model),
    'front.c': () => c()['front.c'],
    'front.h': () => c()['front.h'],
    'front.onnx': () => frontEndOnnxFiles(model, { name: 'front' }).files['front.onnx'],
    'certificate.json': async () => {
      const { error, p95, operations, flash, ram, instructions } = measured.values;
      const statement =
        errorStatement(report) || 'Exact: its numbers differ from those of float64 by rounding alone.';
      const onRecording = { recording: measured.recording, meanLog10: error, p95Log10: p95 };
      const needs = { machine, flash, ram, instructionsPerFrame: instructions };
      const about = { feature, sha256: await hexOf(bytes), statement, ...report };
      return `${JSON.stringify({ ...about, onRecording, operationsPerFrame: operations, needs, head: model.head }, null, 1)}\n`;
    },
  };
  return files[file]();
};
export default deliver;
