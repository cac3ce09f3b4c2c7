/**
 * Fraction bits of every buffer. Outputs have as many as their worst case leaves; what leads there has the bits that products lose on the
 * way more, so that few values are shifted, as far as their own worst cases leave room.
 */
import { topological, type Expr } from '../../ir/expr.ts';
import type { Kernel, Program } from '../kernel.ts';
import { bitsOf, constantFraction, type FixedName } from './format.ts';
import { magnitudeOf, type KernelRange } from './worst.ts';

/** Fraction bits that a kernel's products take from what it loads, at most. */
function lossOf(
  kernel: Kernel,
  fractions: readonly number[],
  isConstant: (buffer: number) => boolean,
  bits: number,
): number {
  const losses = new Map<Expr, number>();
  const constantOf = (e: Expr): number | null => {
    if (e.op === 'neg') return constantOf(e.args[0]);
    if (e.op === 'argument' && isConstant(kernel.loads[e.value].buffer))
      return bits - fractions[kernel.loads[e.value].buffer];
    if (e.op !== 'literal') return null;
    const power = Math.log2(Math.abs(e.value));
    return Number.isInteger(power) ? power : bits - constantFraction(Math.abs(e.value), bits);
  };
  for (const e of topological(kernel.body)) {
    const own = e.args.map((a) => losses.get(a) ?? 0);
    if (e.op !== 'mul') losses.set(e, Math.max(0, ...own));
    else losses.set(e, Math.max(...own) + (constantOf(e.args[0]) ?? constantOf(e.args[1]) ?? 0));
  }
  return Math.max(0, ...kernel.body.map((e) => losses.get(e) as number));
}

/** Fraction bits by buffer. */
export function fractionsOf(
  program: Program,
  ranges: readonly KernelRange[],
  name: FixedName,
  limit: (magnitude: number) => number,
): number[] {
  const { buffers, kernels, constants } = program;
  const bits = bitsOf(name);
  const isConstant = (id: number): boolean => constants.has(id);
  const isInput = (id: number): boolean => buffers[id].kind === 'input';
  const fractions = buffers.map(({ kind }, id) => {
    if (kind === 'input') return bits - 1;
    const data = constants.get(id);
    return data
      ? constantFraction(
          data.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
          bits,
        )
      : 31;
  });
  kernels.forEach((k, i) =>
    k.stores.forEach((s, j) => {
      fractions[s.buffer] = Math.min(fractions[s.buffer], limit(magnitudeOf(ranges[i].stores[j])));
    }),
  );
  const losses = kernels.map((k) => lossOf(k, fractions, isConstant, bits));
  const dataOf = (k: Kernel): number[] => k.loads.map((a) => a.buffer).filter((id) => !isConstant(id));
  const resultsOf = (k: Kernel): number[] => {
    const read = new Set(dataOf(k));
    return k.stores.map((s) => s.buffer).filter((id) => !read.has(id));
  };
  // From the outputs back: what a kernel reads has the bits more that it loses.
  const wanted = new Map<number, number>();
  for (let i = kernels.length - 1; i >= 0; i--) {
    for (const id of new Set(kernels[i].stores.map((s) => s.buffer)))
      fractions[id] = Math.min(fractions[id], wanted.get(id) ?? Infinity);
    const results = resultsOf(kernels[i]);
    if (results.length === 0) continue;
    const need = Math.max(...results.map((id) => fractions[id])) + losses[i];
    for (const id of dataOf(kernels[i])) wanted.set(id, Math.max(need, wanted.get(id) ?? 0));
  }
  // And forth: bits that nothing brings are not made up, except behind short samples.
  const brought = new Map<number, number>();
  kernels.forEach((k, i) => {
    for (const id of k.stores.map((s) => s.buffer))
      if (brought.has(id)) fractions[id] = Math.min(fractions[id], brought.get(id) as number);
    const data = dataOf(k);
    if (data.length === 0) return;
    const own = data.some(isInput) ? Infinity : Math.max(...data.map((id) => fractions[id])) - losses[i];
    for (const id of resultsOf(k)) brought.set(id, Math.max(own, brought.get(id) ?? -Infinity));
  });
  kernels.forEach((k) => {
    for (const id of resultsOf(k)) fractions[id] = Math.min(fractions[id], brought.get(id) ?? Infinity);
  });
  return fractions;
}
