/** The files of a model, byte for byte those of `papilio compile`, and of `papilio fit` its checkpoint. */
import { encodeModel } from 'papilio/files';
import { mapC, mapEsModule, mapModule, mapOf, type TrainedModel } from 'papilio/learn';
import type { Task } from '../shell/task.ts';

export const fileKinds = {
  safetensors: 'model.safetensors',
  wasm: 'kernel.wasm',
  js: 'kernel.mjs',
  c: 'kernel.c',
} as const;
export type FileKind = keyof typeof fileKinds;

interface ExportInput extends TrainedModel {
  readonly kind: FileKind;
  /** Of the checkpoint; `target` is the name of what was learned. */
  readonly report: Readonly<Record<string, unknown>>;
}

const exported: Task<ExportInput, string | Uint8Array> = ({ kind, report, ...trained }) => {
  if (kind === 'safetensors') return encodeModel(trained, report);
  const map = mapOf(trained, typeof report['target'] === 'string' ? report['target'] : undefined);
  const files: Record<Exclude<FileKind, 'safetensors'>, () => string | Uint8Array> = {
    wasm: () => mapModule(map),
    js: () => mapEsModule(map),
    c: () => mapC(map, { name: 'kernel' }).files['kernel.c'],
  };
  return files[kind]();
};
export default exported;
