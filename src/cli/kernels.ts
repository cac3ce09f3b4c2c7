/** Kernels as files of WebAssembly: from a model, or as written; run and timed as a user would run them. */
import { FileFormatError, UnsupportedError } from '../errors.ts';
import {
  averagedFrames,
  standaloneModule,
  transformModule,
  type FrontEndLayout,
  type OperationCount,
  type TrainedHead,
  type TransformLayout,
} from '../index.ts';
import { readBytes } from './files.ts';
import { readModelFile } from './model-file.ts';

/** What a kernel computes. */
export type Subject =
  | { readonly kind: 'front end'; readonly head: TrainedHead }
  | { readonly kind: 'transform'; readonly transform: TransformLayout['transform'] };

type FloatArray = Float32Array | Float64Array;

/** A kernel ready to run. */
export interface Kernel {
  readonly name: string;
  readonly subject: Subject;
  /** Per frame, or per transform. */
  readonly operations: OperationCount;
  readonly tableBytes: number;
  readonly codeBytes: number;
  /** Frames, or transforms, of one run. */
  readonly units: number;
  readonly run: () => void;
  readonly layout: FrontEndLayout | TransformLayout;
  readonly memory: FloatArray;
}

const isTransform = (layout: object): layout is TransformLayout => 'transform' in layout;

/** The section `papilio` of a module. Throws FileFormatError naming the file. */
function layoutOf(module: WebAssembly.Module, name: string): FrontEndLayout | TransformLayout {
  const [section] = WebAssembly.Module.customSections(module, 'papilio');
  if (!section)
    throw new FileFormatError(`${name}: no section "papilio"; expected a kernel.wasm compiled by papilio`);
  const layout = JSON.parse(new TextDecoder().decode(section)) as FrontEndLayout | TransformLayout;
  if (!('operations' in layout) || !('transform' in layout || 'head' in layout))
    throw new FileFormatError(
      `${name}: compiled by an older papilio, which did not say what a kernel computes; compile its model again`,
    );
  return layout;
}

/** Numbers of the input of one transform. */
const inputLength = ({ n, input, direction }: TransformLayout['transform']): number =>
  input === 'real' && direction === 'inverse' ? Math.floor(n / 2) + 1 : n;

/** Throws FileFormatError, naming it, for bytes that are no kernel. */
export function kernelOf(bytes: Uint8Array, name: string): Kernel {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch {
    throw new FileFormatError(`${name}: no WebAssembly module; expected a kernel.wasm compiled by papilio`);
  }
  const layout = layoutOf(module, name);
  const { exports } = new WebAssembly.Instance(module, {});
  const { buffer } = exports.memory as WebAssembly.Memory;
  const call = exports.run as (inputShift: number, outputShift: number) => void;
  const wide = isTransform(layout) && layout.dtype === 'f64';
  const shared = {
    name,
    layout,
    tableBytes: layout.tableBytes,
    codeBytes: bytes.length,
    memory: wide ? new Float64Array(buffer) : new Float32Array(buffer),
  };
  if (!isTransform(layout))
    return {
      ...shared,
      subject: { kind: 'front end', head: layout.head },
      operations: layout.operations,
      units: layout.resultsPerRun * averagedFrames(layout.head),
      run: () => call(0, 0),
    };
  const { transform, input } = layout;
  if (input[0][2] !== inputLength(transform) || input[0][0] === 'interleaved')
    throw new UnsupportedError(
      `${name}: a kernel of several transforms, or of interleaved numbers; expected one transform of planar numbers (compile --batch 1)`,
    );
  return {
    ...shared,
    subject: { kind: 'transform', transform: layout.transform },
    operations: layout.operations,
    units: 1,
    run: () => call(0, 0),
  };
}

/** The kernel of a model, or one as written. Throws, naming the file, for anything else. */
export function readKernel(path: string): Kernel {
  if (path.endsWith('.wasm')) return kernelOf(readBytes(path), path);
  const file = readModelFile(path);
  if (file.kind === 'transform' && file.model.network.permutation !== 'digit-reversal')
    throw new UnsupportedError(
      `${path}: no Fourier transform (its samples are in an order of their own); expected one, or a front end`,
    );
  return kernelOf(
    file.kind === 'transform' ? transformModule(file.model) : standaloneModule(file.model),
    path,
  );
}

/** Features [results, width] of a signal by the kernel of a front end. */
export function kernelFeatures({ layout, memory, run }: Kernel, samples: Float64Array): Float32Array {
  const { length, advance, width, resultsPerRun, input, output } = layout as FrontEndLayout;
  const results = samples.length < length ? 0 : 1 + Math.floor((samples.length - length) / advance);
  const block = (resultsPerRun - 1) * advance + length;
  const out = new Float32Array(results * width);
  for (let r = 0; r < results; r += resultsPerRun) {
    for (let i = 0; i < block; i++) memory[input + i] = samples[r * advance + i] ?? 0;
    run();
    const count = Math.min(resultsPerRun, results - r) * width;
    out.set(memory.subarray(output, output + count), r * width);
  }
  return out;
}

/** Views of the ends of a transform's kernel by name; those it has no place for are missing. */
export function kernelEnds({
  layout,
  memory,
}: Kernel): Record<'input' | 'output', Record<string, FloatArray>> {
  const { input, output } = layout as TransformLayout;
  const views = (end: TransformLayout['input']): Record<string, FloatArray> =>
    Object.fromEntries(end.map(([name, from, length]) => [name, memory.subarray(from, from + length)]));
  return { input: views(input), output: views(output) };
}
