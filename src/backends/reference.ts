/** The kernel interpreter: executes lowered kernels point by point, rounding every operation to the dtype. Slow and obvious. */
import { numberCarrier, rebuild, topological } from '../ir/expr.ts';
import { termAt } from '../ir/graph.ts';
import type { Kernel, KernelAccess, KernelStore, Program } from '../compiler/kernel.ts';
import { newArray, numberFormats } from '../compiler/number-format.ts';
import { scheduleKernel } from '../compiler/schedule.ts';
import {
  fillConstants,
  letGo,
  partialSums,
  repeat,
  type Backend,
  type Executable,
  type FloatArray,
} from './backend.ts';

type Index = readonly number[];

function combine(s: KernelStore, a: number, b: number, round: (x: number) => number): number {
  return s.combine === 'max' ? Math.max(a, b) : round(a + b);
}

/** (p0 + p2) + (p1 + p3): halves until one is left. */
function pairwise(s: KernelStore, partials: number[], round: (x: number) => number): number {
  let rest = partials;
  while (rest.length > 1) {
    const half = rest.length / 2;
    rest = Array.from({ length: half }, (_, i) => combine(s, rest[i], rest[i + half], round));
  }
  return rest[0];
}

/** A function that runs one kernel. */
function interpretKernel(
  kernel: Kernel,
  program: Program,
  arena: FloatArray,
): (shift: (buffer: number) => number) => void {
  const { round } = numberFormats[program.dtype];
  const { body } = scheduleKernel(kernel);
  const order = topological(body);
  const position = new Map(order.map((e, i) => [e, i]));
  const operands = order.map((e) => e.args.map((a) => position.get(a) as number));
  const roots = body.map((e) => position.get(e) as number);
  const values = new Array<number>(order.length);
  const lanes = partialSums(kernel, program.dtype);
  const { extents, reduceFrom } = kernel;

  return (shift) => {
    const address = (a: KernelAccess, index: Index): number =>
      program.buffers[a.buffer].offset +
      shift(a.buffer) +
      a.terms.reduce((sum: number, t, d) => sum + termAt(t, index[d]), a.offset);
    const outerIndex: number[] = [];
    const accumulators = kernel.stores.map(() => new Array<number>(lanes).fill(0));

    const point = (index: Index): void => {
      const args = kernel.loads.map((l) => arena[address(l, index)]);
      for (let i = 0; i < order.length; i++)
        values[i] = round(
          rebuild(
            numberCarrier,
            order[i],
            operands[i].map((p) => values[p]),
            args,
          ),
        );
      kernel.stores.forEach((s, i) => {
        const value = values[roots[i]];
        if (s.mode === 'reduce') {
          const lane = index[index.length - 1] % lanes;
          accumulators[i][lane] = combine(s, accumulators[i][lane], value, round);
          return;
        }
        const at = address(s, index);
        arena[at] = s.mode === 'write' ? value : combine(s, arena[at], value, round);
      });
    };
    const nest = (d: number, end: number, leaf: () => void): void => {
      if (d === end) return leaf();
      for (let i = 0; i < extents[d]; i++) {
        outerIndex[d] = i;
        nest(d + 1, end, leaf);
      }
    };
    nest(0, reduceFrom, () => {
      kernel.stores.forEach((s, i) => accumulators[i].fill(s.combine === 'max' ? -Infinity : 0));
      nest(reduceFrom, extents.length, () => point(outerIndex));
      kernel.stores.forEach((s, i) => {
        if (s.mode !== 'reduce') return;
        const index = outerIndex.map((x, d) => (d < reduceFrom ? x : 0));
        arena[address(s, index)] = pairwise(s, accumulators[i], round);
      });
    });
  };
}

export const referenceBackend: Backend = {
  name: 'reference',
  instantiate(program) {
    const arena = newArray(program.dtype, program.arena);
    fillConstants(program, arena);
    const kernels = program.kernels.map((k) => interpretKernel(k, program, arena));
    const run = (inputShift = 0, outputShift = 0): void => {
      const shift = (buffer: number): number => shiftOf(program, buffer, inputShift, outputShift);
      for (const kernel of kernels) kernel(shift);
    };
    const executable: Executable = {
      backend: 'reference',
      program,
      arena,
      codeBytes: 0,
      simd: 1,
      fma: false,
      run,
      runOnce: () => run(),
      runMany: repeat(run),
      dispose: () => letGo(executable),
    };
    return executable;
  },
};

function shiftOf(program: Program, buffer: number, inputShift: number, outputShift: number): number {
  const { kind } = program.buffers[buffer];
  return kind === 'input' ? inputShift : kind === 'output' ? outputShift : 0;
}
