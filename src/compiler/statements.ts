/**
 * A kernel as statements: its loop nest, made once for whatever prints or runs it. A value is named by its expression, a running
 * sum by the number of its store. A place is a buffer, an offset and an index variable, so that whoever prints it says what buffers
 * are: ranges of one array, or pointers to inputs, outputs, tables and scratch.
 */
import type { Expr, Op } from '../ir/expr.ts';
import type { Combine, Term } from '../ir/graph.ts';
import type { Buffer, Kernel, KernelAccess, Program } from './kernel.ts';
import { lanesOf } from './number-format.ts';
import { scheduleKernel, type Schedule } from './schedule.ts';

/** Ops that statements compute; the others are expanded or removed before. */
export type KernelOp = Exclude<Op, 'literal' | 'argument' | 'stopGradient' | 'exp' | 'log' | 'sin' | 'cos'>;

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

const shiftOf = ({ kind }: Buffer): IndexGroup['shift'] =>
  kind === 'input' || kind === 'output' ? kind : null;

/** Equal tables of a program are one object. */
const sameMoves = (a: readonly Term[], b: readonly Term[]): boolean => a.every((t, d) => t === b[d]);

const unlowered: ReadonlySet<Op> = new Set<Op>(['stopGradient', 'exp', 'log', 'sin', 'cos']);

class Lowering {
  readonly groups: IndexGroup[] = [];
  readonly schedule: Schedule;
  private readonly groupOf = new Map<KernelAccess, number>();
  private readonly kernel: Kernel;
  private readonly vectors: boolean;
  /** Elements of a vector, and the partial sums of a reduction. */
  private readonly lanes: number;
  private readonly partials: number;

  constructor(kernel: Kernel, program: Program, vectors: boolean) {
    this.kernel = kernel;
    this.vectors = vectors;
    this.schedule = scheduleKernel(kernel);
    this.lanes = lanesOf(program.dtype);
    this.partials = kernel.vector !== null && kernel.vector >= kernel.reduceFrom ? this.lanes : 1;
    for (const a of [...kernel.loads, ...kernel.stores]) this.join(a, shiftOf(program.buffers[a.buffer]));
  }

  private join(a: KernelAccess, shift: IndexGroup['shift']): void {
    const known = this.groups.findIndex((g) => g.shift === shift && sameMoves(g.terms, a.terms));
    this.groupOf.set(a, known >= 0 ? known : this.groups.push({ terms: a.terms, shift }) - 1);
  }

  /** Does loop d move an index? Not where every lane of a vector looks up its own. */
  private moves(group: number, d: number): boolean {
    const t = this.groups[group].terms[d];
    return t !== 0 && (typeof t === 'number' || !this.vectors || d !== this.kernel.vector);
  }

  /** The index variable of a group inside so many loops. */
  private indexAt(group: number, loops: number): Index {
    let depth = loops;
    while (depth > 0 && !this.moves(group, depth - 1)) depth--;
    return { group, depth };
  }

  private place(access: KernelAccess, loops: number): Place {
    return { access, index: this.indexAt(this.groupOf.get(access) as number, loops) };
  }

  /** Statements inside d loops; `partial`: the partial sum that points go to. */
  nest(d: number, partial = 0): Statement[] {
    const { reduceFrom, extents } = this.kernel;
    const reduces = d === reduceFrom;
    return [
      ...this.schedule.levels[d].flatMap((e) => this.valueOf(e, d)),
      ...(reduces ? this.startSums() : []),
      ...(d === extents.length ? this.pointStores(partial) : this.loops(d)),
      ...(reduces ? this.finishSums() : []),
    ];
  }

  /** A value, and the stores that follow it at once. */
  private valueOf(e: Expr, d: number): Statement[] {
    const { loads } = this.kernel;
    if (unlowered.has(e.op)) throw new Error(`internal: ${e.op} reaches the statements`);
    return [
      e.op === 'argument'
        ? { kind: 'load', value: e, place: this.place(loads[e.value], d) }
        : { kind: 'let', value: e, op: e.op as KernelOp },
      ...(this.schedule.early.get(e) ?? []).map((i): Statement => this.pointStore(i)),
    ];
  }

  private pointStore(i: number): Statement {
    const s = this.kernel.stores[i];
    const place = this.place(s, this.kernel.extents.length);
    return { kind: 'store', place, combine: s.combine, value: this.schedule.body[i] };
  }

  /** What a point stores that did not follow its value. */
  private pointStores(partial: number): Statement[] {
    const early = new Set([...this.schedule.early.values()].flat());
    return this.kernel.stores.flatMap(({ mode, combine }, sum): Statement[] => {
      if (early.has(sum)) return [];
      if (mode !== 'reduce') return [this.pointStore(sum)];
      return [{ kind: 'accumulate', sum, partial, combine, value: this.schedule.body[sum] }];
    });
  }

  private startSums(): Statement[] {
    const { partials } = this;
    return this.kernel.stores.flatMap(({ mode, combine }, sum): Statement[] =>
      mode === 'reduce' ? [{ kind: 'start', sum, partials, combine }] : [],
    );
  }

  /** Partial sums are added pairwise, (p0 + p2) + (p1 + p3), and stored. */
  private finishSums(): Statement[] {
    const { stores, reduceFrom } = this.kernel;
    return stores.flatMap((s, sum): Statement[] => {
      if (s.mode !== 'reduce') return [];
      const folds: Statement[] = [];
      for (let by = this.partials / 2; by >= 1; by /= 2)
        folds.push({ kind: 'fold', sum, by, combine: s.combine });
      return [...folds, { kind: 'store', place: this.place(s, reduceFrom), combine: 'store', value: sum }];
    });
  }

  /** Loop d: one that takes whole vectors, or one for each partial sum. */
  private loops(loop: number): Statement[] {
    const { vectors, groups, kernel } = this;
    const step = loop === kernel.vector && (vectors || this.partials > 1) ? this.lanes : 1;
    const moves = groups.flatMap(({ terms }, group): Move[] =>
      this.moves(group, loop)
        ? [{ index: { group, depth: loop + 1 }, from: this.indexAt(group, loop), term: terms[loop] }]
        : [],
    );
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
export function nestOf(kernel: Kernel, program: Program, vectors = false): Nest {
  const lowering = new Lowering(kernel, program, vectors && kernel.vector !== null);
  const { groups, schedule } = lowering;
  return { groups, schedule, statements: lowering.nest(0) };
}
