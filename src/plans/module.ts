/** An exact transform as files: the text of an ES module that needs nothing at run time, or WebAssembly and its loader. */
import { encodeModule } from '../backends/wasm/emitter.ts';
import { wasmModule } from '../backends/wasm/wasm.ts';
import { layoutSection, loaderText, loaderTypes } from '../backends/loader.ts';
import { printEsModule, type ModuleView } from '../backends/esm.ts';
import {
  countProgram,
  tableBytesOf,
  type Dtype,
  type OperationCount,
  type Program,
} from '../compiler/kernel.ts';
import { numberFormats } from '../compiler/number-format.ts';
import type { TransformPlan } from '../model/exact.ts';
import { elementsOf } from './batch.ts';
import { programOf } from './compiled.ts';
import { endsOf, planGraph, type Layout, type PlanOptions } from './plan.ts';

/** A program that transforms, and what its files say of it. */
export interface TransformKernel {
  readonly transform: Pick<TransformPlan, 'n' | 'input' | 'direction' | 'norm'>;
  /** What it computes, in words, where that is no Fourier transform. */
  readonly computes?: string;
  readonly program: Program;
  readonly views: readonly ModuleView[];
  /** Calls of `run` for everything, and how far, in elements, each moves on. */
  readonly count: number;
  readonly inputStep: number;
  readonly outputStep: number;
}

function fftKernel(options: PlanOptions<Layout>): TransformKernel {
  const { transform, graph, batch } = planGraph(options);
  const views = (['input', 'output'] as const).flatMap((side) =>
    Object.entries(batch[side].names).map(([view, name]) => ({
      path: `${side}.${view}`,
      name,
      length: elementsOf(batch[side], batch.count),
    })),
  );
  return { transform, views, ...programOf({ graph, batch }, options.dtype ?? 'f32', true) };
}

/** A kernel as the text of an ES module that exports `create()`: an object with `input`, `output` and `run()`. */
export const kernelModule = (kernel: TransformKernel, title: string): string =>
  printEsModule(kernel.program, {
    title,
    views: kernel.views,
    ...(kernel.count > 1 ? { repeat: kernel } : {}),
  });

/**
 * JavaScript source that exports `create()`: an object like a plan, with `input`, `output` and `run()`, and the bits of `fftWasm`. For pages whose
 * content security policy forbids `new Function` and WebAssembly. Throws InvalidArgumentError as `planFftSync` does.
 */
export function fftModule(options: PlanOptions<Layout>): string {
  const kernel = fftKernel(options);
  const { n, input, direction, norm } = kernel.transform;
  const [from, to] = ['input', 'output'].map(
    (side) => kernel.views.find((v) => v.path.startsWith(side))?.path,
  );
  return kernelModule(
    kernel,
    `Fourier transform of ${n} ${input} points, ${direction}, norm ${norm}, ${kernel.program.dtype}
  import { create } from './kernel.mjs';
  const { input, output, run } = create();
  ${from}.set(samples); run(); ${to}`,
  );
}

/** What the loader of a transform's kernel must know; stored in it as the custom section `papilio`. */
export interface TransformLayout extends Omit<TransformKernel, 'program' | 'views'> {
  readonly dtype: Dtype;
  /** Views of the exported memory: name, first element, length. */
  readonly input: readonly (readonly [string, number, number])[];
  readonly output: readonly (readonly [string, number, number])[];
  /** Of one call, counted from the program. */
  readonly operations: OperationCount;
  readonly tableBytes: number;
}

/** kernel.wasm of a transform: `fftLoader` loads it. */
export function kernelWasm({ program, views, transform, computes, ...steps }: TransformKernel): Uint8Array {
  const buffers = { ...program.inputs, ...program.outputs };
  const place = (side: 'input' | 'output'): [string, number, number][] =>
    views.flatMap(({ path, name, length }) => {
      const [end, view] = path.split('.');
      if (end !== side || !(name in buffers)) return [];
      return [[view, program.buffers[buffers[name]].offset, length]];
    });
  const layout: TransformLayout = {
    transform,
    ...(computes === undefined ? {} : { computes }),
    input: place('input'),
    output: place('output'),
    ...steps,
    dtype: program.dtype,
    operations: countProgram(program),
    tableBytes: tableBytesOf(program).stored,
  };
  return encodeModule({ ...wasmModule(program), customSections: [layoutSection(layout)] });
}

/** kernel.wasm: exports `memory` and `run(inputShiftBytes, outputShiftBytes)`; the section `papilio` is a `TransformLayout`. */
export const fftWasm = (options: PlanOptions<Layout>): Uint8Array => kernelWasm(fftKernel(options));

/** kernel.js for `fftWasm`. */
export const fftLoader = /* @__PURE__ */ loaderText(
  'Loader of kernel.wasm, a Fourier transform compiled by papilio. Needs nothing else.',
  `//   import { load } from './kernel.js';
//   const { input, output, run } = await load(source);
//   input.re.set(samples); run(); output.re`,
  `  const { transform, dtype, count, inputStep, outputStep } = layout;
  const memory = dtype === 'f32' ? new Float32Array(exports.memory.buffer) : new Float64Array(exports.memory.buffer);
  const size = memory.BYTES_PER_ELEMENT;
  const views = (end) => Object.fromEntries(end.map(([name, from, length]) => [name, memory.subarray(from, from + length)]));
  function run() {
    for (let i = 0; i < count; i++) exports.run(i * inputStep * size, i * outputStep * size);
  }
  return { input: views(layout.input), output: views(layout.output), run, transform };`,
);

/** What the ends of a transform are called, and their numbers. */
export interface TransformEnds {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly dtype: Dtype;
}

/** The ends of `fftWasm` and `fftModule`. */
export function fftEnds(options: PlanOptions<Layout>): TransformEnds {
  const { input, output } = endsOf(options);
  return {
    input: Object.keys(input.names),
    output: Object.keys(output.names),
    dtype: options.dtype ?? 'f32',
  };
}

/** kernel.d.ts of a transform: beside `fftLoader` (wasm), or beside `fftModule` (esm). */
export function transformTypes({ input, output, dtype }: TransformEnds, form: 'wasm' | 'esm'): string {
  const array = numberFormats[dtype].array.name;
  const end = (names: readonly string[]): string =>
    `{ ${names.map((name) => `readonly ${name}: ${array}`).join('; ')} }`;
  const about =
    "\n  readonly transform: { readonly n: number; readonly input: 'complex' | 'real'; readonly direction: 'forward' | 'inverse'; readonly norm: 'backward' | 'ortho' | 'forward' };";
  const declarations = `export interface Transform {
  /** Written before run: views of the kernel's own memory. */
  readonly input: ${end(input)};
  /** Read after run. */
  readonly output: ${end(output)};
  /** Transforms what is in input; allocates nothing. */
  run(): void;${form === 'wasm' ? about : ''}
}`;
  return form === 'wasm'
    ? loaderTypes('Transform', declarations)
    : `// Types of kernel.mjs, written by papilio.
${declarations}
/** A transform with memory of its own. */
export function create(): Transform;
`;
}
