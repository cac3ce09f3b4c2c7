/** The files of a model, byte for byte those of `papilio compile`, and of `papilio fit` its checkpoint. */
import { fftLoader, transformTypes } from 'papilio/compiler';
import { encodeModel } from 'papilio/files';
import { mapC, mapEnds, mapEsModule, mapModule, mapOf, type TrainedModel } from 'papilio/learn';
import type { Task } from '../shell/task.ts';

/** What can be taken away, by what its button says. */
export const fileKinds = {
  safetensors: 'Model (safetensors)',
  js: 'JavaScript',
  wasm: 'WebAssembly',
  c: 'C',
} as const;
export type FileKind = keyof typeof fileKinds;

interface ExportInput extends TrainedModel {
  readonly kind: FileKind;
  /** Of the checkpoint; `target` is the name of what was learned. */
  readonly report: Readonly<Record<string, unknown>>;
}

type Files = Readonly<Record<string, string | Uint8Array>>;

const exported: Task<ExportInput, Files> = ({ kind, report, ...trained }) => {
  if (kind === 'safetensors') return { 'model.safetensors': encodeModel(trained, report) };
  const map = mapOf(trained, typeof report['target'] === 'string' ? report['target'] : undefined);
  const ends = mapEnds(map);
  const files: Record<Exclude<FileKind, 'safetensors'>, () => Files> = {
    js: () => ({ 'kernel.mjs': mapEsModule(map), 'kernel.d.mts': transformTypes(ends, 'esm') }),
    wasm: () => ({
      'kernel.wasm': mapModule(map),
      'kernel.js': fftLoader,
      'kernel.d.ts': transformTypes(ends, 'wasm'),
    }),
    c: () => mapC(map, { name: 'kernel', format: 'f32' }).files,
  };
  return files[kind]();
};
export default exported;
