/**
 * A kernel as statements: its loop nest, made once for whatever prints or runs it. A value is named by its expression, a running
 * sum by the number of its store. A place is a buffer, an offset and an index variable, so that whoever prints it says what buffers
 * are: ranges of one array, or pointers to inputs, outputs, tables and scratch.
 */
import { UnsupportedError } from '../errors.ts';
import type { Expr, Op } from '../ir/expr.ts';
import type { Combine, Term } from '../ir/graph.ts';
import type { Buffer, Kernel, KernelAccess, AnyProgram } from './kernel.ts';
import { lanesOf } from './number-format.ts';
import { scheduleKernel, type Schedule } from './schedule.ts';

/** Ops that statements compute; the others are expanded or removed before. */
export type KernelOp = Exclude<Op, 'literal' | 'argument' | 'stopGradient' | 'exp' | 'log' | 'sin' | 'cos'>;

/** Ops of 32-bit integers, some of which have no meaning for real numbers. */
export type IntegerOp = Exclude<KernelOp, 'div' | 'sqrt' | 'round' | 'exponent' | 'mantissa' | 'powerOfTwo'>;
export type RealOp = Exclude<
  KernelOp,
  'mulHigh' | 'mulHighDown' | 'mulHigh16' | 'shiftRight' | 'shiftLeft' | 'bitLength'
>;

/** The row of an op in a table of a number format. Throws UnsupportedError where it has none. */
export function rowOf<T>(table: { readonly [K in KernelOp]?: T }, op: KernelOp, where: string): T {
  const row = table[op];
  if (row === undefined) throw new UnsupportedError(`${op} on ${where}`);
  return row;
}

/** The index variable of a group of accesses, as the loops down to `depth` have moved it. */
export interface Index {
  readonly group: number;
  readonly depth: number;
}

/** Element `access.offset` + index of the buffer `access.buffer`. */
export interface Place<A extends KernelAccess = KernelAccess> {
  readonly access: A;
  readonly index: Index;
}

/** In every iteration i of a loop: index = from + term at i. */
export interface Move {
  readonly index: Index;
  readonly from: Index;
  readonly term: Term;
}

export interface LoopStatement {
  readonly kind: 'loop';
  /** Number of the loop, from the outside. */
  readonly loop: number;
  /** Its counter is from, from + step, ... below extent. */
  readonly from: number;
  readonly step: number;
  readonly extent: number;
  readonly moves: readonly Move[];
  readonly body: readonly Statement[];
}

export type Statement =
  | LoopStatement
  /** The value of an argument of the body is what lies at a place. */
  | { readonly kind: 'load'; readonly value: Expr; readonly place: Place }
  /** A value is its op on the values of its arguments, which came before; literals stand for themselves. */
  | { readonly kind: 'let'; readonly value: Expr; readonly op: KernelOp }
  /** Every partial sum begins, at 0 or, of a maximum, -Infinity. */
  | { readonly kind: 'start'; readonly sum: number; readonly partials: number; readonly combine: Combine }
  /** A partial sum takes a value in. */
  | {
      readonly kind: 'accumulate';
      readonly sum: number;
      readonly partial: number;
      readonly combine: Combine;
      readonly value: Expr;
    }
  /** Partial sum p takes p + by in, for every p below `by`. */
  | { readonly kind: 'fold'; readonly sum: number; readonly by: number; readonly combine: Combine }
  /** A value, or the first partial of a sum, goes to a place; sum and max combine it with what lies there. */
  | {
      readonly kind: 'store';
      readonly place: Place;
      readonly combine: Combine;
      readonly value: Expr | number;
    };

/** Accesses that move together share an index variable, which starts at the shift of its end, or at 0. */
export interface IndexGroup {
  readonly terms: readonly Term[];
  readonly shift: 'input' | 'output' | null;
}

/** A kernel's statements, and what they are made of. */
export interface Nest {
  readonly groups: readonly IndexGroup[];
  readonly schedule: Schedule;
  readonly statements: readonly Statement[];
}

/** Equal tables of a program are one object. */
function sameMoves(a: readonly Term[], b: readonly Term[]): boolean {
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return true;
}

const unlowered: ReadonlySet<Op> = new Set<Op>(['stopGradient', 'exp', 'log', 'sin', 'cos']);

class Lowering {
  readonly groups: IndexGroup[] = [];
  readonly schedule: Schedule;
  /** Per access, and per group, its index variable inside so many loops. */
  private readonly indicesOf = new Map<KernelAccess, readonly Index[]>();
  private readonly indices: (readonly Index[])[] = [];
  private readonly early: ReadonlySet<number>;
  private readonly kernel: Kernel;
  private readonly vectors: boolean;
  /** Elements of a vector, and the partial sums of a reduction. */
  private readonly lanes: number;
  private readonly partials: number;

  constructor(kernel: Kernel, program: AnyProgram, vectors: boolean) {
    this.kernel = kernel;
    this.vectors = vectors;
    this.schedule = scheduleKernel(kernel);
    this.early = new Set([...this.schedule.early.values()].flat());
    this.lanes = lanesOf(program.dtype);
    this.partials = kernel.vector !== null && kernel.vector >= kernel.reduceFrom ? this.lanes : 1;
    for (const a of [...kernel.loads, ...kernel.stores]) this.join(a, program.buffers[a.buffer].kind);
  }

  /** Puts an access into the group it moves with. */
  private join(a: KernelAccess, kind: Buffer['kind']): void {
    const shift = kind === 'input' || kind === 'output' ? kind : null;
    let group = this.groups.findIndex((g) => g.shift === shift && sameMoves(g.terms, a.terms));
    if (group < 0) {
      group = this.groups.push({ terms: a.terms, shift }) - 1;
      const indices: Index[] = [{ group, depth: 0 }];
      a.terms.forEach((t, d) => {
        // Where every lane of a vector looks up its own address, the loop moves nothing.
        const stays = t === 0 || (typeof t !== 'number' && this.vectors && d === this.kernel.vector);
        indices.push(stays ? indices[d] : { group, depth: d + 1 });
      });
      this.indices.push(indices);
    }
    this.indicesOf.set(a, this.indices[group]);
  }

  private place(access: KernelAccess, loops: number): Place {
    return { access, index: (this.indicesOf.get(access) as readonly Index[])[loops] };
  }

  /** Statements inside d loops; `partial`: the partial sum that points go to. */
  nest(d: number, partial = 0): Statement[] {
    const { reduceFrom, extents, stores } = this.kernel;
    const statements: Statement[] = [];
    for (const e of this.schedule.levels[d]) {
      statements.push(this.valueOf(e, d));
      for (const i of this.schedule.early.get(e) ?? []) statements.push(this.pointStore(i));
    }
    const sums = d === reduceFrom ? stores.flatMap((s, i) => (s.mode === 'reduce' ? [i] : [])) : [];
    for (const sum of sums)
      statements.push({ kind: 'start', sum, partials: this.partials, combine: stores[sum].combine });
    if (d < extents.length) statements.push(...this.loops(d));
    else
      stores.forEach(({ mode, combine }, i) => {
        if (this.early.has(i)) return;
        if (mode !== 'reduce') statements.push(this.pointStore(i));
        else statements.push({ kind: 'accumulate', sum: i, partial, combine, value: this.schedule.body[i] });
      });
    for (const sum of sums) statements.push(...this.finish(sum));
    return statements;
  }

  private valueOf(value: Expr, d: number): Statement {
    const { op } = value;
    if (op === 'argument')
      return { kind: 'load', value, place: this.place(this.kernel.loads[value.value], d) };
    if (unlowered.has(op)) throw new Error(`internal: ${op} reaches the statements`);
    return { kind: 'let', value, op: op as KernelOp };
  }

  private pointStore(i: number): Statement {
    const s = this.kernel.stores[i];
    const place = this.place(s, this.kernel.extents.length);
    return { kind: 'store', place, combine: s.combine, value: this.schedule.body[i] };
  }

  /** Partial sums are added pairwise, (p0 + p2) + (p1 + p3), and stored. */
  private finish(sum: number): Statement[] {
    const { stores, reduceFrom } = this.kernel;
    const statements: Statement[] = [];
    for (let by = this.partials / 2; by >= 1; by /= 2)
      statements.push({ kind: 'fold', sum, by, combine: stores[sum].combine });
    const place = this.place(stores[sum], reduceFrom);
    return [...statements, { kind: 'store', place, combine: 'store', value: sum }];
  }

  /** Loop d: one that takes whole vectors, or one for each partial sum. */
  private loops(loop: number): Statement[] {
    const { vectors, groups, kernel } = this;
    const step = loop === kernel.vector && (vectors || this.partials > 1) ? this.lanes : 1;
    const moves = this.indices.flatMap((indices, group): Move[] => {
      const [from, index] = [indices[loop], indices[loop + 1]];
      return index === from ? [] : [{ index, from, term: groups[group].terms[loop] }];
    });
    return Array.from({ length: vectors ? 1 : step }, (_, from): Statement => {
      const body = this.nest(loop + 1, from);
      return { kind: 'loop', loop, from, step, extent: kernel.extents[loop], moves, body };
    });
  }
}

/**
 * The statements of a kernel, point by point; with `vectors`, its vector loop takes a whole vector in every iteration, and a sum is
 * a vector of its partials.
 */
export function nestOf(kernel: Kernel, program: AnyProgram, vectors = false): Nest {
  const lowering = new Lowering(kernel, program, vectors && kernel.vector !== null);
  const { groups, schedule } = lowering;
  return { groups, schedule, statements: lowering.nest(0) };
}
