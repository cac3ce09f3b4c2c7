/**
 * How far integers are from the numbers that they stand for, at most, and how large they become: rounding of every op and of every
 * constant, carried through the kernels element by element.
 */
import { topological, type Expr } from '../../ir/expr.ts';
import { addresses, sizeOf } from '../../ir/graph.ts';
import type { Kernel } from '../kernel.ts';
import type { FixedBody } from './body.ts';

/** A node's largest integer, its errors included, and the largest error, both in steps. */
export interface Steps {
  readonly peak: number;
  readonly noise: number;
}

/** Constants of a program in integers. */
export interface Constants {
  readonly integers: ReadonlyMap<number, Float64Array>;
  /** What they stand for, in steps of the integers. */
  readonly exact: ReadonlyMap<number, Float64Array>;
}

interface Operand {
  /** Largest magnitude of the integer. */
  readonly peak: number;
  readonly noise: number;
  /** Of a constant: the integer; else NaN. */
  readonly value: number;
}

/** Does shifting down round, because half a step was added? */
const rounds = (shift: Expr): boolean => {
  const [x, by] = shift.args;
  return (
    (x.op === 'add' || x.op === 'sub') &&
    x.args.some((a) => a.op === 'literal' && a.value === 2 ** (by.value - 1))
  );
};

/** Of x times the constant c, scaled down by so many bits with a further error. */
const scaled = (x: Operand, c: Operand, bits: number, rounding: number): Operand => ({
  peak: (x.peak * Math.abs(c.value)) / 2 ** bits + rounding,
  noise: (x.noise * Math.abs(c.value) + x.peak * c.noise) / 2 ** bits + rounding,
  value: NaN,
});

function rule(e: Expr, args: readonly Operand[], errors: FixedBody['errors']): Operand {
  const [a, b] = args;
  switch (e.op) {
    case 'literal':
      return { peak: Math.abs(e.value), noise: errors.get(e) ?? 0, value: e.value };
    case 'neg':
      return { ...a, value: -a.value };
    case 'add':
    case 'sub':
      return { peak: a.peak + b.peak, noise: a.noise + b.noise, value: NaN };
    case 'mul':
      return Number.isNaN(a.value) ? scaled(a, b, 0, 0) : scaled(b, a, 0, 0);
    case 'shiftRight': {
      const rounding = rounds(e) ? 0.5 : 1 - 2 ** -b.value;
      return { peak: a.peak / 2 ** b.value + 1, noise: a.noise / 2 ** b.value + rounding, value: NaN };
    }
    case 'min':
    case 'max':
      return { peak: Math.max(a.peak, b.peak), noise: Math.max(a.noise, b.noise), value: NaN };
    case 'mulHigh16':
      return scaled(a, b, 16, 1);
    case 'mulHigh':
    case 'mulHighDown':
      return scaled(a, b, 32, 0.5);
    default:
      throw new Error(`internal: ${e.op} in fixed point`);
  }
}

/** Carries noise, in steps by buffer and element, through a kernel; `peaks`: the largest result of a store, its errors excluded. */
export function kernelNoise(
  kernel: Kernel,
  fixed: FixedBody,
  constants: Constants,
  noise: Float64Array[],
  peaks: readonly number[],
): { readonly nodes: ReadonlyMap<Expr, Steps>; readonly stores: readonly Steps[] } {
  const order = topological(fixed.body);
  const place = new Map(order.map((e, i): [Expr, number] => [e, i]));
  const args = order.map((e) => e.args.map((a) => place.get(a) as number));
  const from = kernel.loads.map((a) => addresses(a, kernel.extents));
  const to = kernel.stores.map((a) => addresses(a, kernel.extents));
  const bounds = order.map((e) => {
    const known = fixed.bounds.get(e);
    return known ? known.magnitude * 2 ** known.fraction : Infinity;
  });
  const touched = kernel.stores.map(() => new Set<number>());
  const stores = kernel.stores.map((_, i) => ({ peak: peaks[i], noise: 0 }));
  const found: Operand[] = [];
  const load = (e: Expr, p: number, bound: number): Operand => {
    const [{ buffer }, at] = [kernel.loads[e.value], from[e.value][p]];
    const integers = constants.integers.get(buffer);
    if (!integers) return { peak: bound + noise[buffer][at], noise: noise[buffer][at], value: NaN };
    const exact = (constants.exact.get(buffer) as Float64Array)[at];
    return { peak: Math.abs(integers[at]), noise: Math.abs(integers[at] - exact), value: integers[at] };
  };
  const nodes = order.map(() => ({ peak: 0, noise: 0 }));
  for (let p = 0; p < sizeOf(kernel.extents); p++) {
    order.forEach((e, i) => {
      const noted = fixed.noted.get(e);
      if (noted) found[i] = { ...noted, value: NaN };
      else if (e.op === 'argument') found[i] = load(e, p, bounds[i]);
      else {
        const value = rule(
          e,
          args[i].map((a) => found[a]),
          fixed.errors,
        );
        found[i] = { ...value, peak: Math.min(value.peak, bounds[i] + value.noise) };
      }
      nodes[i].peak = Math.max(nodes[i].peak, found[i].peak);
      nodes[i].noise = Math.max(nodes[i].noise, found[i].noise);
    });
    kernel.stores.forEach((s, i) => {
      const at = to[i][p];
      const own = found[place.get(fixed.body[i]) as number].noise;
      const before = s.mode === 'scatter' || touched[i].has(at) ? noise[s.buffer][at] : 0;
      noise[s.buffer][at] =
        s.combine === 'sum' ? before + own : Math.max(s.combine === 'max' ? before : 0, own);
      touched[i].add(at);
      stores[i].noise = Math.max(stores[i].noise, noise[s.buffer][at]);
    });
  }
  const steps = new Map(order.map((e, i): [Expr, Steps] => [e, nodes[i]]));
  return { nodes: steps, stores };
}
