/** An exact transform as files: the text of an ES module that needs nothing at run time, or WebAssembly and its loader. */
import { encodeModule } from '../backends/wasm/emitter.ts';
import { wasmModule } from '../backends/wasm/wasm.ts';
import { printEsModule, type ModuleView } from '../backends/esm.ts';
import {
  countProgram,
  tableBytesOf,
  type Dtype,
  type OperationCount,
  type Program,
} from '../compiler/kernel.ts';
import type { TransformPlan } from '../model/exact.ts';
import { elementsOf, programOf } from './compiled.ts';
import { planGraph, type Layout, type PlanOptions } from './plan.ts';

const views = (names: readonly string[], end: 'input' | 'output', length: number): ModuleView[] =>
  names.map((name) => ({ path: `${end}.${viewName(name, end)}`, name, length }));

/** inputRe to re, inputIm to im, input to interleaved. */
const viewName = (name: string, end: 'input' | 'output'): string =>
  name === end ? 'interleaved' : name.slice(end.length).toLowerCase();

/**
 * JavaScript source that exports `create()`: an object like a plan, with `input`, `output` and `run()`. For pages whose
 * content security policy forbids `new Function` and WebAssembly. Throws InvalidArgumentError as `planFftSync` does.
 */
export function fftModule(options: PlanOptions<Layout>): string {
  const { graph, compiled } = planGraph(options);
  const { program, count, inputStep, outputStep } = programOf(graph, compiled, options.dtype ?? 'f32', false);
  const { n, input, direction, norm } = compiled.transform;
  const elements = elementsOf(compiled);
  return printEsModule(program, {
    title: `Fourier transform of ${n} ${input} points, ${direction}, norm ${norm}, ${program.dtype}`,
    views: [
      ...views(compiled.inputs, 'input', elements.in),
      ...views(compiled.outputs, 'output', elements.out),
    ],
    ...(count > 1 ? { repeat: { count, inputStep, outputStep } } : {}),
  });
}

/** What the loader of a transform's kernel must know; stored in it as the custom section `papilio`. */
export interface TransformLayout {
  readonly transform: Pick<TransformPlan, 'n' | 'input' | 'direction' | 'norm'>;
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
    customSections: [{ name: 'papilio', bytes: new TextEncoder().encode(JSON.stringify(whole)) }],
  });
};

/** kernel.wasm: exports `memory` and `run(inputShiftBytes, outputShiftBytes)`; the section `papilio` is a `TransformLayout`. */
export function fftWasm(options: PlanOptions<Layout>): Uint8Array {
  const { graph, compiled } = planGraph(options);
  const { program, count, inputStep, outputStep } = programOf(graph, compiled, options.dtype ?? 'f32', true);
  const elements = elementsOf(compiled);
  const place = (
    names: readonly string[],
    end: 'input' | 'output',
    length: number,
  ): [string, number, number][] =>
    names
      .filter((name) => name in { ...program.inputs, ...program.outputs })
      .map((name) => [
        viewName(name, end),
        program.buffers[program.inputs[name] ?? program.outputs[name]].offset,
        length,
      ]);
  return transformWasm(program, {
    transform: compiled.transform,
    input: place(compiled.inputs, 'input', elements.in),
    output: place(compiled.outputs, 'output', elements.out),
    count,
    inputStep,
    outputStep,
  });
}

/** kernel.js for `fftWasm`. */
export const fftLoader = `// Loader of kernel.wasm, a Fourier transform compiled by papilio. Needs nothing else.
//   const { input, output, run } = await load(bytesOfKernelWasm);   // bytes: fetch(...).arrayBuffer() or fs.readFile(...)
//   input.re.set(...); run(); output.re
export async function load(bytes) {
  const module = await WebAssembly.compile(bytes);
  const layout = JSON.parse(new TextDecoder().decode(WebAssembly.Module.customSections(module, 'papilio')[0]));
  const { exports } = await WebAssembly.instantiate(module, {});
  const { transform, dtype, count, inputStep, outputStep } = layout;
  const memory = dtype === 'f32' ? new Float32Array(exports.memory.buffer) : new Float64Array(exports.memory.buffer);
  const size = memory.BYTES_PER_ELEMENT;
  const views = (end) => Object.fromEntries(end.map(([name, from, length]) => [name, memory.subarray(from, from + length)]));
  function run() {
    for (let i = 0; i < count; i++) exports.run(i * inputStep * size, i * outputStep * size);
  }
  return { input: views(layout.input), output: views(layout.output), run, transform };
}
`;
