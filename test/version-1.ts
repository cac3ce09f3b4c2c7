/** What files of format version 1 compute, in bits: for the fixtures in test/fixtures/v1 and whoever makes some. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeKernel } from '../src/cli/kernels.ts';
import { allKinds, mapOfFile, readModelFile } from '../src/cli/model-file.ts';
import {
  backendByName,
  compileGraph,
  countProgram,
  viewOf,
  type BackendName,
  type Dtype,
  type OperationCount,
} from '../src/compiler.ts';
import { compileFrontEnd } from '../src/front.ts';

export const folder = resolve(import.meta.dirname, 'fixtures/v1');

/** Numbers by name, as their bytes in hexadecimal, little endian: float32 or float64. */
export type Bits = Readonly<Record<string, string>>;

/** What the JSON beside a file of version 1 says of it. */
export interface Expected {
  /** `kind` of its metadata. */
  readonly kind: string;
  /** In words. */
  readonly holds: string;
  /** Its report. */
  readonly report: unknown;
  /** Shapes of its tensors by name. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Float32 numbers that are given to it. */
  readonly input: Bits;
  /** What comes out, the same on every backend. */
  readonly outputs: Readonly<Record<Dtype, Bits>>;
  /** Real operations of the float32 program: of one transform, or per frame. */
  readonly operations: Pick<OperationCount, 'mul' | 'add' | 'other'>;
}

export const hexOf = (data: ArrayBufferView): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');

export function float32Of(hex: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  return new Float32Array(bytes.buffer);
}

export function float64Of(hex: string): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  return new Float64Array(bytes.buffer);
}

const operationsOf = ({ mul, add, other }: OperationCount): Expected['operations'] => ({ mul, add, other });

export type Computed = Pick<Expected, 'operations'> & { readonly outputs: Bits };

/** What the model of a file makes of numbers. `inputOf` gives so many numbers of a name. */
export function compute(
  path: string,
  inputOf: (name: string, length: number) => Float32Array,
  dtype: Dtype,
  backend: BackendName,
): Computed {
  const file = readModelFile(path, allKinds);
  if (file.kind === 'front end') {
    const front = compileFrontEnd(file.model, backendByName(backend), dtype);
    const { fit, nFft, hop } = file.model.head;
    const features = front.features(inputOf('samples', (fit ?? nFft + 3 * hop) + 5));
    return { outputs: { features: hexOf(features) }, operations: operationsOf(front.perFrame) };
  }
  const map = mapOfFile(file);
  const program = compileGraph(map.graph(1), { dtype });
  const e = backendByName(backend).instantiate(program);
  for (const name of Object.keys(program.inputs)) viewOf(e, name).set(inputOf(name, map.inputs));
  e.run();
  const outputs = Object.keys(program.outputs).map((name) => [name, hexOf(viewOf(e, name, map.outputs))]);
  return {
    outputs: Object.fromEntries(outputs) as Bits,
    operations: operationsOf(countProgram(program)),
  };
}

/** What a kernel.wasm makes of numbers, by the places that it says of itself. */
export function computeKernel(
  path: string,
  inputOf: (name: string, length: number) => Float32Array,
): Computed {
  const { module, layout, places } = describeKernel(readFileSync(path), path);
  const { exports } = new WebAssembly.Instance(module, {});
  const { buffer } = exports.memory as WebAssembly.Memory;
  const view = ([first, length]: readonly [number, number]): Float32Array =>
    new Float32Array(buffer, 4 * first, length);
  places.inputs.forEach((place, i) => view(place).set(inputOf(`input${i}`, place[1])));
  (exports.run as (inputShift: number, outputShift: number) => void)(0, 0);
  const outputs = places.outputs.map((place, i) => [`output${i}`, hexOf(view(place))]);
  return {
    outputs: Object.fromEntries(outputs) as Bits,
    operations: operationsOf(layout.operations),
  };
}

/** Names of the fixtures in a folder under test/fixtures/v1 with this ending. */
export const fixtures = (under: string, extension: string): string[] =>
  readdirSync(join(folder, under))
    .filter((file) => file.endsWith(extension))
    .map((file) => file.slice(0, -extension.length))
    .sort();
