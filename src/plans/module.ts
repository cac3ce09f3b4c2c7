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
import { programOf, type PlannedGraph } from './compiled.ts';
import { endsOf, planGraph, type Layout, type PlanOptions } from './plan.ts';

type Side = 'input' | 'output';

const views = ({ batch }: PlannedGraph<unknown>, side: Side): ModuleView[] =>
  Object.entries(batch[side].names).map(([view, name]) => ({
    path: `${side}.${view}`,
    name,
    length: elementsOf(batch[side], batch.count),
  }));

/**
 * JavaScript source that exports `create()`: an object like a plan, with `input`, `output` and `run()`, and the bits of `fftWasm`. For pages whose
 * content security policy forbids `new Function` and WebAssembly. Throws InvalidArgumentError as `planFftSync` does.
 */
export function fftModule(options: PlanOptions<Layout>): string {
  const planned = planGraph(options);
  const { program, count, inputStep, outputStep } = programOf(planned, options.dtype ?? 'f32', true);
  const { n, input, direction, norm } = planned.transform;
  const ends = [views(planned, 'input'), views(planned, 'output')];
  const [from, to] = ends.map(([first]) => first.path);
  return printEsModule(program, {
    title: `Fourier transform of ${n} ${input} points, ${direction}, norm ${norm}, ${program.dtype}
  import { create } from './kernel.mjs';
  const { input, output, run } = create();
  ${from}.set(samples); run(); ${to}`,
    views: ends.flat(),
    ...(count > 1 ? { repeat: { count, inputStep, outputStep } } : {}),
  });
}

/** What the loader of a transform's kernel must know; stored in it as the custom section `papilio`. */
export interface TransformLayout {
  readonly transform: Pick<TransformPlan, 'n' | 'input' | 'direction' | 'norm'>;
  /** What it computes, in words, where that is no Fourier transform. */
  readonly computes?: string;
  readonly dtype: Dtype;
  /** Views of the exported memory: name, first element, length. */
  readonly input: readonly (readonly [string, number, number])[];
  readonly output: readonly (readonly [string, number, number])[];
  /** Calls of `run` for everything, and how far, in elements, each moves on. */
  readonly count: number;
  readonly inputStep: number;
  readonly outputStep: number;
  /** Of one call, counted from the program. */
  readonly operations: OperationCount;
  readonly tableBytes: number;
}

/** kernel.wasm of a transform: `fftLoader` loads it. */
export const transformWasm = (
  program: Program,
  layout: Omit<TransformLayout, 'dtype' | 'operations' | 'tableBytes'>,
): Uint8Array => {
  const whole: TransformLayout = {
    ...layout,
    dtype: program.dtype,
    operations: countProgram(program),
    tableBytes: tableBytesOf(program).stored,
  };
  return encodeModule({
    ...wasmModule(program, true),
    customSections: [layoutSection(whole)],
  });
};

/** kernel.wasm: exports `memory` and `run(inputShiftBytes, outputShiftBytes)`; the section `papilio` is a `TransformLayout`. */
export function fftWasm(options: PlanOptions<Layout>): Uint8Array {
  const planned = planGraph(options);
  const { program, ...steps } = programOf(planned, options.dtype ?? 'f32', true);
  const buffers = { ...program.inputs, ...program.outputs };
  const place = (side: Side): [string, number, number][] =>
    views(planned, side)
      .filter(({ name }) => name in buffers)
      .map(({ path, name, length }) => [
        path.slice(side.length + 1),
        program.buffers[buffers[name]].offset,
        length,
      ]);
  return transformWasm(program, {
    transform: planned.transform,
    input: place('input'),
    output: place('output'),
    ...steps,
  });
}

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
  const array = numberFormats[dtype].arrayName;
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
