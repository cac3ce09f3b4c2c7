/** The statements of a kernel as WGSL: a table of ops, and loops that are shared out to invocations. */
import type { Expr } from '../../ir/expr.ts';
import type { AnyProgram, Kernel } from '../../compiler/kernel.ts';
import { sharedLoops, sharedPoints } from '../../compiler/phases.ts';
import {
  nestOf,
  rowOf,
  type Index,
  type KernelOp,
  type Move,
  type Place,
  type RealOp,
  type Statement,
} from '../../compiler/statements.ts';
import { indexName, startedSums, StatementText, sumName, type StatementOf } from '../statement-text.ts';

/** Bits of the least mantissa: sqrt(1/2), rounded as `leastMantissa` of ir/expr.ts is. */
const leastBits = '0x3f3504f0';

/** Functions of ops that WGSL has no operator for. */
export const functions: { readonly [K in KernelOp]?: string } = {
  exponent: `fn exponent(x: f32) -> f32 { return f32((bitcast<i32>(x) - ${leastBits}) >> 23u); }`,
  mantissa: `fn mantissa(x: f32) -> f32 { return bitcast<f32>(((bitcast<i32>(x) - ${leastBits}) & 0x7fffff) + ${leastBits}); }`,
  powerOfTwo: 'fn power_of_two(x: f32) -> f32 { return bitcast<f32>((i32(x) + 127) << 23u); }',
};

/** WGSL has no constant that is NaN; numbers of functions are no constants. */
export const notANumber =
  'fn number_of(bits: u32) -> f32 { return bitcast<f32>(bits); }\nfn not_a_number() -> f32 { return number_of(0x7fc00000u); }\n';

/** Ops as text on printed operands. */
const texts: { readonly [K in RealOp]: (...args: string[]) => string } = {
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  neg: (a) => `-${a}`,
  sqrt: (a) => `sqrt(${a})`,
  abs: (a) => `abs(${a})`,
  min: (a, b) => `min(${a}, ${b})`,
  max: (a, b) => `max(${a}, ${b})`,
  round: (a) => `round(${a})`,
  less: (a, b) => `${a} < ${b}`,
  equal: (a, b) => `${a} == ${b}`,
  select: (condition, a, b) => `select(${b}, ${a}, ${condition})`,
  exponent: (a) => `exponent(${a})`,
  mantissa: (a) => `mantissa(${a})`,
  powerOfTwo: (a) => `power_of_two(${a})`,
};

/** The largest finite number; WGSL has no literal beyond it. */
const largest = 3.4028234663852886e38;

/** A number of 32 bits in as few digits as tell it apart. */
export function numberText(value: number): string {
  const x = Math.max(-largest, Math.min(largest, Math.fround(value)));
  // Nine digits of it lie beyond it.
  if (Math.abs(x) === largest) return `${x < 0 ? '-' : ''}0x1.fffffep+127`;
  if (Number.isNaN(x)) return 'not_a_number()';
  const text = Object.is(x, -0) ? '-0' : String(Number(x.toPrecision(9)));
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** i and what is left of q, for q = i * by + rest: powers of two without division. */
export const quotient = (q: string, by: number): string =>
  by === 1 ? q : Number.isInteger(Math.log2(by)) ? `${q} >> ${Math.log2(by)}u` : `${q} / ${by}u`;
export const remainder = (q: string, by: number): string =>
  Number.isInteger(Math.log2(by)) ? `${q} & ${by - 1}u` : `${q} % ${by}u`;

/** Sum of what is there, as an address. */
export const sumText = (...terms: readonly (string | number)[]): string =>
  terms.filter((t) => t !== 0 && t !== '').join(' + ') || '0';

/** What a kernel's text is part of. */
export interface KernelSurroundings {
  readonly program: AnyProgram;
  /** An element of a buffer, as what is read and what is assigned to. */
  readonly element: (buffer: number, index: string, offset: number) => string;
  /** The same of an element that is read. */
  readonly loaded: (buffer: number, index: string, offset: number) => string;
  /** The statement that stores a value. */
  readonly stored: (buffer: number, index: string, offset: number, value: string) => string;
  /** Where an offset table begins. */
  readonly table: (table: Int32Array) => number;
}

/** all: a point at once. values: stored values go to variables. stores: these go where they belong. */
export type Pass = 'all' | 'values' | 'stores';

/** The statements that store, with the loops around them. */
const storesOf = (list: readonly Statement[]): Statement[] =>
  list.flatMap((s): Statement[] => {
    if (s.kind === 'loop') return [{ ...s, body: storesOf(s.body) }];
    return s.kind === 'store' ? [s] : [];
  });

/** Prints one point, or one row of points, of one kernel. */
export class KernelText extends StatementText {
  protected readonly counter = 'var';
  private readonly names = new Map<Expr, string>();
  private readonly kernel: Kernel;
  private readonly around: KernelSurroundings;
  private pass: Pass = 'all';
  private held = 0;

  constructor(kernel: Kernel, around: KernelSurroundings) {
    super();
    this.kernel = kernel;
    this.around = around;
  }

  /** The kernel at its shared point `q`; `declared`: variables h0, h1, ... for values that are held. */
  text(q: string, pass: Pass, indent: string): string {
    const { schedule, statements } = nestOf({ ...this.kernel, vector: null }, this.around.program);
    for (const e of schedule.levels.flat()) this.names.set(e, `v${this.names.size}`);
    this.pass = pass;
    this.held = 0;
    const list = pass === 'stores' ? storesOf(statements) : statements;
    return this.counters(q, indent) + this.statements(list, indent);
  }

  /** The counters of shared loops at a shared point. */
  private counters(q: string, indent: string): string {
    const { extents } = this.kernel;
    const shared = sharedLoops(this.kernel);
    let inside = sharedPoints(this.kernel);
    return Array.from({ length: shared }, (_, d) => {
      const whole = d === 0 ? q : `(${remainder(q, inside)})`;
      inside /= extents[d];
      return `${indent}let i${d} = i32(${quotient(whole, inside)});\n`;
    }).join('');
  }

  protected override loop(s: StatementOf<'loop'>, indent: string): string {
    return s.loop < sharedLoops(this.kernel) ? this.iteration(s, indent) : super.loop(s, indent);
  }

  protected value(e: Expr): string {
    return e.op === 'literal' ? numberText(e.value) : (this.names.get(e) as string);
  }

  private index(index: Index): string {
    return index.depth === 0 ? '' : indexName(index);
  }

  protected move({ index, from, term }: Move, counter: string): string {
    const step =
      typeof term === 'number'
        ? term === 1
          ? counter
          : `${counter} * ${term}`
        : `offsets[${sumText(this.around.table(term), counter)}]`;
    return `let ${indexName(index)} = ${sumText(this.index(from), step)};`;
  }

  protected op(op: KernelOp, ...args: string[]): string {
    return rowOf(texts, op, 'webgpu')(...args);
  }

  protected next(i: string, { step }: { readonly step: number }): string {
    return `${i} += ${step}`;
  }

  protected load(value: Expr, { access, index }: Place, indent: string): string {
    const from = this.around.loaded(access.buffer, this.index(index), access.offset);
    return `${indent}let ${this.value(value)} = ${from};\n`;
  }

  protected define(value: Expr, op: KernelOp, indent: string): string {
    const args = value.args.map((a) => this.value(a));
    return `${indent}let ${this.value(value)} = ${this.op(op, ...args)};\n`;
  }

  protected start(s: StatementOf<'start'>, indent: string): string {
    return `${indent}var ${startedSums(s, numberText(s.combine === 'max' ? -Infinity : 0))};\n`;
  }

  protected store({ place, combine, value }: StatementOf<'store'>, indent: string): string {
    const { buffer, offset } = place.access;
    const index = this.index(place.index);
    const stored = (text: string): string => `${indent}${this.around.stored(buffer, index, offset, text)};\n`;
    const x = typeof value === 'number' ? sumName(value) : this.value(value);
    if (this.pass === 'all')
      return stored(
        combine === 'store' ? x : this.combined(combine, this.around.element(buffer, index, offset), x),
      );
    const variable = `h${this.held++}`;
    return this.pass === 'values' ? `${indent}${variable} = ${x};\n` : stored(variable);
  }
}
