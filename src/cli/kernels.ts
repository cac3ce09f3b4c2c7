/** Kernels as files of WebAssembly: from a model, or as written; run and timed as a user would run them. */
import { FileFormatError, PapilioError, UnsupportedError } from '../errors.ts';
import { parseJson } from '../formats/json.ts';
import { isRecord } from '../options.ts';
import * as shape from '../formats/shape.ts';
import * as frontEnds from '../front.ts';
import { isExactTransform, mapModule } from '../learn.ts';
import type { TransformLayout } from '../compiler.ts';
import { readBytes } from './files.ts';
import { isKernelFile } from './kernel-files.ts';
import { kernelModule, tryKernel, type KernelPlaces } from './kernel-vetting.ts';
import { mapOfFile, readModelFile } from './model-file.ts';

/** What a kernel says of itself: what it computes, and where its numbers are. */
type KernelLayout = frontEnds.FrontEndLayout | TransformLayout;

type FloatArray = Float32Array | Float64Array;

/** A kernel ready to run. */
export interface Kernel {
  readonly name: string;
  readonly codeBytes: number;
  /** Frames, or transforms, of one run. */
  readonly units: number;
  readonly run: () => void;
  readonly layout: KernelLayout;
  readonly memory: FloatArray;
}

export const isTransform = (layout: KernelLayout): layout is TransformLayout => 'transform' in layout;

const operations = shape.object(shape.each(['mul', 'add', 'other', 'loads', 'stores'], shape.finite));

/** Elements of memory, at most: a count that fits any kernel. */
const place: shape.Shape = (value) =>
  shape.matches(shape.count, value) && Number(value) < 2 ** 30 ? null : ': expected a place';

const end: shape.Shape = (value) => {
  if (!Array.isArray(value) || value.length !== 3 || typeof value[0] !== 'string')
    return ': expected [name, first, length]';
  return place(value[1]) ?? place(value[2]);
};

const frontEndShape = shape.object({
  ...shape.each(['width', 'length', 'advance', 'resultsPerRun', 'input', 'output'], place),
  ...shape.each(['sampleRate', 'nFft', 'hop', 'tableBytes'], shape.finite),
  head: shape.object({}),
  operations,
});

const transformShape = shape.object({
  transform: shape.object({
    n: place,
    input: shape.oneOf(['complex', 'real']),
    direction: shape.oneOf(['forward', 'inverse']),
    norm: shape.oneOf(['backward', 'ortho', 'forward']),
  }),
  dtype: shape.oneOf(['f32', 'f64']),
  ...shape.each(['input', 'output'], shape.listOf(end, 1, 2)),
  ...shape.each(['count', 'inputStep', 'outputStep'], place),
  tableBytes: shape.finite,
  operations,
});

/** The section `papilio` of a module. Throws FileFormatError naming the file. */
function layoutOf(module: WebAssembly.Module, name: string): KernelLayout {
  const [section] = WebAssembly.Module.customSections(module, 'papilio');
  if (!section)
    throw new FileFormatError(`${name}: no section "papilio"; expected a kernel.wasm compiled by papilio`);
  const what = 'section "papilio"';
  const layout = parseJson(new Uint8Array(section), `${name}: ${what}`);
  if (!isRecord(layout) || !('operations' in layout) || !('transform' in layout || 'head' in layout))
    throw new FileFormatError(
      `${name}: compiled by an older papilio, which did not say what a kernel computes; compile its model again`,
    );
  if ('transform' in layout) {
    shape.requireShape(transformShape, layout, name, what);
    return layout as unknown as TransformLayout;
  }
  shape.requireShape(frontEndShape, layout, name, what);
  const front = layout as unknown as frontEnds.FrontEndLayout;
  checkFrontEnd(front, name);
  return front;
}

/** Throws FileFormatError where a kernel says something else than its head does. */
function checkFrontEnd(layout: frontEnds.FrontEndLayout, name: string): void {
  const { head, width, length, advance, resultsPerRun } = layout;
  try {
    frontEnds.requireTrainable(head);
  } catch (error) {
    throw new FileFormatError(`${name}: ${error instanceof PapilioError ? error.message : 'no head'}`);
  }
  const wanted = {
    width: frontEnds.headWidth(head),
    length: frontEnds.framingOf(head).nFft,
    advance: frontEnds.framingOf(head).hop,
  };
  const own = { width, length, advance };
  for (const key of ['width', 'length', 'advance'] as const)
    if (own[key] !== wanted[key])
      throw new FileFormatError(`${name}: ${key} is ${own[key]}; expected ${wanted[key]}, that of its head`);
  if (resultsPerRun < 1)
    throw new FileFormatError(`${name}: resultsPerRun is ${resultsPerRun}; expected at least 1`);
}

/** Numbers of the input of one transform. */
const inputLength = ({ n, input, direction }: TransformLayout['transform']): number =>
  input === 'real' && direction === 'inverse' ? Math.floor(n / 2) + 1 : n;

/** Where the numbers of a kernel are. */
function placesOf(layout: KernelLayout): KernelPlaces {
  if (isTransform(layout)) {
    const ranges = (ends: TransformLayout['input']): [number, number][] =>
      ends.map(([, from, length]) => [from, length]);
    return { wide: layout.dtype === 'f64', inputs: ranges(layout.input), outputs: ranges(layout.output) };
  }
  const { input, output, resultsPerRun, advance, length, width } = layout;
  return {
    wide: false,
    inputs: [[input, (resultsPerRun - 1) * advance + length]],
    outputs: [[output, resultsPerRun * width]],
  };
}

/** Throws FileFormatError, naming it, for bytes that are no kernel; their module is made ready, not run. */
export function describeKernel(
  bytes: Uint8Array,
  name: string,
): { module: WebAssembly.Module; layout: KernelLayout; places: KernelPlaces } {
  const module = kernelModule(bytes, name);
  const layout = layoutOf(module, name);
  return { module, layout, places: placesOf(layout) };
}

/** A kernel of our own making, ready to run. Throws FileFormatError, naming it, for bytes that are no kernel. */
export function kernelOf(bytes: Uint8Array, name: string): Kernel {
  const { module, layout } = describeKernel(bytes, name);
  if (isTransform(layout)) {
    const { transform, input, computes } = layout;
    if (computes !== undefined)
      throw new UnsupportedError(
        `${name}: computes ${computes}; expected a Fourier transform or a front end, which have an exact kernel to compare with`,
      );
    if (input[0][2] !== inputLength(transform) || input[0][0] === 'interleaved')
      throw new UnsupportedError(
        `${name}: a kernel of several transforms, or of interleaved numbers; expected one transform of planar numbers (compile --batch 1)`,
      );
  }
  const { exports } = new WebAssembly.Instance(module, {});
  const { buffer } = exports.memory as WebAssembly.Memory;
  const call = exports.run as (inputShift: number, outputShift: number) => void;
  const wide = isTransform(layout) && layout.dtype === 'f64';
  return {
    name,
    layout,
    codeBytes: bytes.length,
    memory: wide ? new Float64Array(buffer) : new Float32Array(buffer),
    units: isTransform(layout) ? 1 : layout.resultsPerRun * frontEnds.averagedFrames(layout.head),
    run: () => call(0, 0),
  };
}

/** The kernel of a model, or one as written, which is tried in a thread of its own first. Throws, naming the file, for anything else. */
export async function readKernel(path: string): Promise<Kernel> {
  if (isKernelFile(path)) {
    const bytes = readBytes(path);
    const { module, places } = describeKernel(bytes, path);
    await tryKernel(module, places, path);
    return kernelOf(bytes, path);
  }
  const file = readModelFile(path, ['front end', 'transform']);
  if (file.kind === 'front end') return kernelOf(frontEnds.standaloneModule(file.model), path);
  const map = mapOfFile(file);
  if (map.computes !== undefined)
    throw new UnsupportedError(
      `${path}: no Fourier transform (its samples are in an order of their own); expected one, or a front end`,
    );
  const exact = isExactTransform(file) ? ' (its blocks are the exact ones)' : '';
  return kernelOf(mapModule(map), `${path}${exact}`);
}

/** Features [results, width] of a signal by the kernel of a front end. */
export function kernelFeatures({ layout, memory, run }: Kernel, samples: Float64Array): Float32Array {
  const { head, length, advance, width, resultsPerRun, input, output } = layout as frontEnds.FrontEndLayout;
  const results = frontEnds.resultCount(head, samples.length);
  const padded = frontEnds.paddedSamples(head, samples);
  const block = (resultsPerRun - 1) * advance + length;
  const out = new Float32Array(results * width);
  for (let r = 0; r < results; r += resultsPerRun) {
    for (let i = 0; i < block; i++) memory[input + i] = padded[r * advance + i] ?? 0;
    run();
    const count = Math.min(resultsPerRun, results - r) * width;
    out.set(memory.subarray(output, output + count), r * width);
  }
  return Float32Array.from(frontEnds.kernelResults(head, Float64Array.from(out)));
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
