/** What a model compiles to: its operations, and one kind of code. The same bytes as `papilio compile`. */
import { countProgram, printJavaScript, printModule, tableBytesOf, wasmModule } from 'papilio/compiler';
import { mapC, mapOf, mapProgram, type TrainedModel } from 'papilio/learn';
import type { Task } from '../shell/task.ts';

export const codeKinds = { js: 'JavaScript', wat: 'WebAssembly text', c: 'C' } as const;
export type CodeKind = keyof typeof codeKinds;

interface EmitInput extends TrainedModel {
  /** What it was learned to compute; undefined for a transform. */
  readonly name: string | undefined;
  /** null: counts alone. */
  readonly code: CodeKind | null;
  /** The same without edits, where its operations are asked for too. */
  readonly exact: TrainedModel | null;
}

export interface Emitted {
  readonly mul: number;
  readonly add: number;
  readonly tableBytes: number;
  readonly code: string | null;
  readonly exact: { readonly mul: number; readonly add: number } | null;
}

const emit: Task<EmitInput, Emitted> = ({ name, code, exact, ...trained }) => {
  const map = mapOf(trained, name);
  const program = mapProgram(map, 1);
  const { mul, add } = countProgram(program);
  const texts: Record<CodeKind, () => string> = {
    js: () => printJavaScript(program),
    wat: () => printModule(wasmModule(program)),
    c: () => mapC(map, { name: 'kernel' }).files['kernel.c'],
  };
  return {
    mul,
    add,
    tableBytes: tableBytesOf(program).stored,
    code: code && texts[code](),
    exact: exact && countProgram(mapProgram(mapOf(exact, name), 1)),
  };
};
export default emit;
