/**
 * The worst case of every value of a program of real numbers over all inputs of magnitude 1, or of their own: of what is linear in the inputs the L1 norm
 * of its row, which an input attains; of the rest, intervals.
 */
import { UnsupportedError } from '../../errors.ts';
import { topological, type Expr, type Op } from '../../ir/expr.ts';
import { addresses, sizeOf } from '../../ir/graph.ts';
import type { Kernel, Program } from '../kernel.ts';
import { normOf, Rows, type Row } from './rows.ts';

/** Everything a value can be; `row` where it is linear in the inputs. */
interface Value {
  readonly low: number;
  readonly high: number;
  readonly row: Row | null;
}

/** The range of every node of a kernel's body, over all its points, and of every store: of what it stores, or of its sums on their way. */
export interface KernelRange {
  readonly nodes: ReadonlyMap<Expr, Range>;
  readonly stores: readonly Range[];
}

interface Range {
  readonly low: number;
  readonly high: number;
}

export const magnitudeOf = ({ low, high }: Range): number => Math.max(-low, high, 0);

const hull = (a: Range | undefined, b: Range): Range =>
  a ? { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) } : { low: b.low, high: b.high };
const interval = (...ends: number[]): Value => ({
  low: Math.min(...ends),
  high: Math.max(...ends),
  row: null,
});
const isNumber = (v: Value): boolean => v.low === v.high && v.row === null;

type Rule = (rows: Rows, args: readonly Value[]) => Value;

const scaled = (row: Row, by: number): Row => ({ ...row, scale: by * row.scale });

function linear(row: Row): Value {
  const norm = normOf(row);
  return { low: -norm, high: norm, row };
}

const sum =
  (sign: number): Rule =>
  (rows, [a, b]) => {
    if (a.row && b.row) return linear(rows.sum(a.row, b.row, sign));
    return sign > 0
      ? { low: a.low + b.low, high: a.high + b.high, row: null }
      : { low: a.low - b.high, high: a.high - b.low, row: null };
  };

const product: Rule = (_, [a, b]) => {
  const [x, c] = isNumber(a) ? [b, a.low] : [a, b.low];
  if (isNumber(a) || isNumber(b)) {
    const ends = interval(x.low * c, x.high * c);
    return x.row ? { ...ends, row: scaled(x.row, c) } : ends;
  }
  if (a === b) return interval(a.low < 0 && a.high > 0 ? 0 : a.low ** 2, a.low ** 2, a.high ** 2);
  return interval(a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high);
};

/** A function that never falls. */
const rising =
  (f: (...x: number[]) => number): Rule =>
  (_, args) => ({ low: f(...args.map((a) => a.low)), high: f(...args.map((a) => a.high)), row: null });

const rules: { readonly [K in Op]?: Rule } = {
  add: sum(1),
  sub: sum(-1),
  mul: product,
  neg: (_, [a]) => ({ low: -a.high, high: -a.low, row: a.row && scaled(a.row, -1) }),
  min: rising(Math.min),
  max: rising(Math.max),
  // Of 0, that of the smallest power.
  log: rising((x) => Math.log(Math.max(x, 2 ** -126))),
};

const isZero: Value = { low: 0, high: 0, row: null };

class Analysis {
  private readonly rows = new Rows();
  private readonly values: (readonly Value[] | Value[])[];
  private readonly program: Program;

  constructor(program: Program, magnitudes: ReadonlyMap<number, number>) {
    this.program = program;
    let inputs = 0;
    this.values = program.buffers.map(({ kind, size }, id): Value[] => {
      const most = magnitudes.get(id) ?? 1;
      if (kind === 'input')
        return Array.from({ length: size }, () => linear(scaled(this.rows.unit(inputs++), most)));
      const data = program.constants.get(id);
      return data ? Array.from(data, (x) => interval(x)) : Array.from({ length: size }, () => isZero);
    });
  }

  /** Kernel by kernel; rows of what no later kernel reads are not kept. */
  run(): KernelRange[] {
    const { kernels } = this.program;
    const lastRead = new Map<number, number>();
    kernels.forEach((k, i) => k.loads.forEach((a) => lastRead.set(a.buffer, i)));
    return kernels.map((kernel, i) => {
      const range = this.kernel(kernel, (buffer) => (lastRead.get(buffer) ?? -1) >= i);
      for (const [buffer, last] of lastRead) if (last === i) this.values[buffer] = [];
      return range;
    });
  }

  private kernel(kernel: Kernel, isRead: (buffer: number) => boolean): KernelRange {
    const order = topological(kernel.body);
    const place = new Map(order.map((e, i): [Expr, number] => [e, i]));
    const args = order.map((e) => e.args.map((a) => place.get(a) as number));
    const roots = kernel.body.map((e) => place.get(e) as number);
    const from = kernel.loads.map((a) => addresses(a, kernel.extents));
    const to = kernel.stores.map((a) => addresses(a, kernel.extents));
    const touched = kernel.stores.map(() => new Set<number>());
    const lows = new Float64Array(order.length).fill(Infinity);
    const highs = new Float64Array(order.length).fill(-Infinity);
    const stores: Range[] = kernel.stores.map(() => isZero);
    const found: Value[] = [];
    for (let p = 0; p < sizeOf(kernel.extents); p++) {
      order.forEach((e, i) => {
        if (e.op === 'argument') found[i] = this.values[kernel.loads[e.value].buffer][from[e.value][p]];
        else
          found[i] = this.node(
            e,
            args[i].map((a) => found[a]),
          );
        lows[i] = Math.min(lows[i], found[i].low);
        highs[i] = Math.max(highs[i], found[i].high);
      });
      kernel.stores.forEach((s, i) => {
        const at = to[i][p];
        const buffer = this.values[s.buffer] as Value[];
        let value = found[roots[i]];
        const first = s.mode !== 'scatter' && !touched[i].has(at);
        if (s.combine !== 'store' && !first)
          value = (s.combine === 'sum' ? sum(1) : rising(Math.max))(this.rows, [buffer[at], value]);
        touched[i].add(at);
        stores[i] = hull(stores[i], value);
        buffer[at] = isRead(s.buffer) || s.combine !== 'store' ? value : { ...value, row: null };
      });
    }
    const nodes = new Map(order.map((e, i): [Expr, Range] => [e, { low: lows[i], high: highs[i] }]));
    return { nodes, stores };
  }

  private node(e: Expr, args: readonly Value[]): Value {
    if (e.op === 'literal') return interval(e.value);
    const rule = rules[e.op];
    if (!rule)
      throw new UnsupportedError(`${e.op} in fixed point; expected sums, products, maxima and logarithms`);
    return rule(this.rows, args);
  }
}

/**
 * The ranges of a program's kernels; `magnitudes`: of inputs, by buffer, where they are not 1. Throws UnsupportedError for ops that fixed
 * point does not have.
 */
export const worstCases = (program: Program, magnitudes: ReadonlyMap<number, number>): KernelRange[] =>
  new Analysis(program, magnitudes).run();
