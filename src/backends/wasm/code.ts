/**
 * WebAssembly code of a kernel: a loop nest with one pointer per group of addresses that move together, 128-bit vectors
 * along the kernel's vector loop, scalars otherwise. Ops map to instructions in ops.ts.
 */
import { rangeOf, type Combine } from '../../ir/graph.ts';
import { argument, type Expr } from '../../ir/expr.ts';
import {
  bytesOf,
  lanesOf,
  type Dtype,
  type Kernel,
  type KernelAccess,
  type KernelStore,
  type Program,
} from '../../compiler/kernel.ts';
import { numberFormats } from '../../compiler/number-format.ts';
import { contractions } from '../../compiler/contract.ts';
import { accessDepth, scheduleKernel, type Schedule } from '../../compiler/schedule.ts';
import { laneGroups, type LaneGroup } from '../../compiler/transpose.ts';
import type { Instruction, ValueType } from './emitter.ts';
import { folds, opTables, reverse, shuffles, vectorLiteral, zeroVector, type OpTable } from './ops.ts';

type Emit = (...i: Instruction) => void;

/** Bytes of a shuffle that takes these lanes of two vectors. */
const laneBytes = (lanes: readonly number[], bytes: number): number[] =>
  lanes.flatMap((lane) => Array.from({ length: bytes }, (_, i) => lane * bytes + i));

/** Lanes of two values that make up one of the vectors they were taken from by `pattern`. */
function rowOf(pattern: readonly (readonly number[])[], row: number): number[] {
  const taken = pattern.flat();
  const lanes = pattern[0].length;
  return Array.from({ length: lanes }, (_, l) => taken.indexOf(row * lanes + l));
}

/** Addresses whose terms agree: one pointer local per loop level that moves it. */
interface Group {
  readonly terms: KernelAccess['terms'];
  readonly shift: 'input' | 'output' | null;
  /** Bytes added to the pointer and taken off every offset, so that pointers never go below zero. */
  readonly bias: number;
  /** Pointer local after d loops. */
  readonly locals: number[];
}

/** Equal tables of a program are one object. */
function sameMove(a: KernelAccess['terms'], b: KernelAccess['terms']): boolean {
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return true;
}

const lowest = (terms: KernelAccess['terms'], extents: readonly number[]): number =>
  terms.reduce((low: number, t, d) => low + rangeOf(t, extents[d])[0], 0);

export interface CodeOptions {
  readonly dtype: Dtype;
  /** Byte address of each offset table (32-bit byte offsets). */
  readonly tables: ReadonlyMap<Int32Array, number>;
  /** Fuse multiplications into additions (relaxed SIMD): fewer roundings, no longer the bits of the interpreter. */
  readonly fma: boolean;
  /** Byte address of the arena. */
  readonly base: number;
}

/** The function that kernels write to, one after the other. They share its locals by type: each takes them from the first one on. */
export class FunctionBody {
  readonly locals: ValueType[] = [];
  readonly body: Instruction[] = [];
  /** Per type, where the search for the next free local starts. */
  private readonly next = new Map<ValueType, number>();

  /** A kernel begins: every local is free again. */
  beginKernel(): void {
    this.next.clear();
  }

  /** The number of a free local; two parameters come first. */
  take(type: ValueType): number {
    const { locals } = this;
    let at = this.next.get(type) ?? 0;
    while (at < locals.length && locals[at] !== type) at++;
    locals[at] = type;
    this.next.set(type, at + 1);
    return at + 2;
  }
}

/** Writes one kernel into a function whose parameters are the input and output shifts in bytes. */
class KernelCode {
  private readonly target: FunctionBody;
  private readonly groups: Group[] = [];
  private readonly groupsOf = new Map<KernelAccess, Group>();
  private readonly values = new Map<Expr, number>();
  private readonly accumulators: number[] = [];
  private readonly counters: number[] = [];
  private readonly schedule: Schedule;
  /** The group of whole vectors that a load comes from, and those that a store belongs to. */
  private readonly loadGroups = new Map<number, LaneGroup>();
  private readonly storeGroups = new Map<number, LaneGroup[]>();
  private readonly stored = new Set<number>();
  private readonly contracted: ReturnType<typeof contractions> | null;
  private readonly vector: boolean;
  private readonly bytes: number;
  private readonly emit: Emit = (...i) => {
    this.target.body.push(i);
  };

  private readonly kernel: Kernel;
  private readonly program: Program;
  private readonly options: CodeOptions;

  constructor(kernel: Kernel, program: Program, options: CodeOptions, target: FunctionBody) {
    this.kernel = kernel;
    this.target = target;
    target.beginKernel();
    this.program = program;
    this.options = options;
    this.schedule = scheduleKernel(kernel);
    this.vector = kernel.vector !== null;
    this.bytes = bytesOf(options.dtype);
    this.contracted = options.fma && this.vector ? contractions(this.schedule) : null;
    if (kernel.vector !== null) {
      const groups = (accesses: readonly KernelAccess[]): LaneGroup[] => {
        const v = kernel.vector as number;
        return laneGroups(accesses, v, kernel.extents[v], lanesOf(options.dtype));
      };
      for (const g of groups(kernel.loads))
        for (const i of g.members) if (!this.loadGroups.has(i)) this.loadGroups.set(i, g);
      const writes = kernel.stores.map((s) =>
        s.mode === 'write' ? s : { ...s, terms: s.terms.map(() => 0) },
      );
      for (const g of groups(writes))
        for (const i of g.members) this.storeGroups.set(i, [...(this.storeGroups.get(i) ?? []), g]);
    }
    for (const a of kernel.loads) this.join(a);
    for (const a of kernel.stores) this.join(a);
  }

  write(): void {
    for (const g of this.groups) this.startPointer(g);
    if (this.vector) this.startLiterals();
    this.nest(0);
  }

  private local(type: ValueType): number {
    return this.target.take(type);
  }

  /** Puts an access into the group it moves with. */
  private join(a: KernelAccess): void {
    const { kind } = this.program.buffers[a.buffer];
    const shift = kind === 'input' || kind === 'output' ? kind : null;
    let group = this.groups.find((g) => g.shift === shift && sameMove(g.terms, a.terms));
    if (!group) {
      const bias = -lowest(a.terms, this.kernel.extents) * this.bytes;
      group = { terms: a.terms, shift, bias, locals: [] };
      this.groups.push(group);
    }
    this.groupsOf.set(a, group);
  }

  private startPointer(g: Group): void {
    const p = this.local('i32');
    g.locals[0] = p;
    if (g.shift) this.emit('local.get', g.shift === 'input' ? 0 : 1);
    this.emit('i32.const', g.bias);
    if (g.shift) this.emit('i32.add');
    this.emit('local.set', p);
  }

  /** Vectors of a literal take several instructions: each is made once, before the loops. */
  private startLiterals(): void {
    const start = (e: Expr): void => {
      if (e.op !== 'literal' || this.values.has(e)) return;
      const local = this.local('v128');
      this.emit('v128.const', ...vectorLiteral(e.value, this.options.dtype));
      this.emit('local.set', local);
      this.values.set(e, local);
    };
    for (const level of this.schedule.levels) for (const e of level) e.args.forEach(start);
    this.schedule.body.forEach(start);
  }

  /** Does loop d move the pointer of a group? Not where every lane of a vector looks up its own address. */
  private moves(g: Group, d: number): boolean {
    return g.terms[d] !== 0 && (typeof g.terms[d] === 'number' || d !== this.kernel.vector);
  }

  /** Pointers that move with loop d get a local of their own inside it. */
  private enterLoop(d: number): void {
    for (const g of this.groups) {
      if (!this.moves(g, d)) {
        g.locals[d + 1] = g.locals[d];
        continue;
      }
      g.locals[d + 1] = this.local('i32');
      this.emit('local.get', g.locals[d]);
      this.emit('local.set', g.locals[d + 1]);
    }
  }

  private loadTable(t: Int32Array, d: number, lane: number): void {
    this.emit('local.get', this.counters[d]);
    this.emit('i32.const', 2);
    this.emit('i32.shl');
    this.emit('i32.load', (this.options.tables.get(t) as number) + 4 * lane);
  }

  private beginIteration(d: number): void {
    for (const g of this.groups) {
      const t = g.terms[d];
      if (typeof t === 'number' || !this.moves(g, d)) continue;
      this.emit('local.get', g.locals[d]);
      this.loadTable(t, d, 0);
      this.emit('i32.add');
      this.emit('local.set', g.locals[d + 1]);
    }
  }

  private endIteration(d: number, step: number): void {
    for (const g of this.groups) {
      const t = g.terms[d];
      if (typeof t !== 'number' || t === 0) continue;
      this.emit('local.get', g.locals[d + 1]);
      this.emit('i32.const', t * step * this.bytes);
      this.emit('i32.add');
      this.emit('local.set', g.locals[d + 1]);
    }
  }

  /** Pushes the pointer of an access for one lane of the vector loop; returns the immediate offset that goes with it. */
  private address(a: KernelAccess, depth: number, lane = 0): number {
    const g = this.groupsOf.get(a) as Group;
    const place = (this.program.buffers[a.buffer].offset + a.offset) * this.bytes;
    const offset = this.options.base + place - g.bias;
    const v = this.kernel.vector;
    const t = v === null || v >= depth ? 0 : a.terms[v];
    if (typeof t === 'number') {
      this.emit('local.get', g.locals[depth]);
      const laneOffset = offset + lane * t * this.bytes;
      if (laneOffset >= 0) return laneOffset;
      this.emit('i32.const', laneOffset);
      this.emit('i32.add');
      return 0;
    }
    // A table along the vector loop: each lane looks up its own address.
    this.emit('local.get', g.locals[depth]);
    this.loadTable(t, v as number, lane);
    this.emit('i32.add');
    return offset;
  }

  private loadValue(a: KernelAccess): void {
    const depth = accessDepth(a);
    const { dtype } = this.options;
    if (!this.vector) {
      const offset = this.address(a, depth);
      this.emit(`${dtype}.load`, offset);
      return;
    }
    const bits = this.bytes === 4 ? 32 : 64;
    const lanes = lanesOf(dtype);
    const t = a.terms[this.kernel.vector as number];
    if (t === 0 || t === 1) {
      const offset = this.address(a, depth);
      this.emit(t === 0 ? `v128.load${bits}_splat` : 'v128.load', offset);
    } else if (t === -1) {
      const offset = this.address(a, depth, lanes - 1);
      this.emit('v128.load', offset);
      this.target.body.push(zeroVector);
      this.emit('i8x16.shuffle', ...reverse[dtype]);
    } else {
      const first = this.address(a, depth);
      this.emit(`v128.load${bits}_zero`, first);
      const gathered = this.local('v128');
      this.emit('local.set', gathered);
      for (let lane = 1; lane < lanes; lane++) {
        const offset = this.address(a, depth, lane);
        this.emit('local.get', gathered);
        this.emit(`v128.load${bits}_lane`, offset, bits === 32 ? 2 : 3, lane);
        this.emit('local.set', gathered);
      }
      this.emit('local.get', gathered);
    }
  }

  private shuffled(a: number, b: number, lanes: readonly number[]): number {
    const result = this.local('v128');
    this.emit('local.get', a);
    this.emit('local.get', b);
    this.emit('i8x16.shuffle', ...lanes);
    this.emit('local.set', result);
    return result;
  }

  /** Transpose of a square of vectors held in locals; its own inverse. */
  private transposed(x: readonly number[]): number[] {
    const { lowLanes, highLanes, lowHalves, highHalves } = shuffles;
    const { dtype } = this.options;
    const low = this.shuffled(x[0], x[1], lowLanes[dtype]);
    const high = this.shuffled(x[0], x[1], highLanes[dtype]);
    if (x.length === 2) return [low, high];
    const low2 = this.shuffled(x[2], x[3], lowLanes[dtype]);
    const high2 = this.shuffled(x[2], x[3], highLanes[dtype]);
    return [
      this.shuffled(low, low2, lowHalves),
      this.shuffled(low, low2, highHalves),
      this.shuffled(high, high2, lowHalves),
      this.shuffled(high, high2, highHalves),
    ];
  }

  /** Pushes the pointer of a lane group at one of its rows; returns the immediate offset that goes with it. */
  private rowAddress(first: KernelAccess, depth: number, row: number): number {
    const g = this.groupsOf.get(first) as Group;
    this.emit('local.get', g.locals[depth]);
    const place = this.program.buffers[first.buffer].offset + first.offset + row;
    return this.options.base + place * this.bytes - g.bias;
  }

  /** Load all members of a lane group and name their values. */
  private loadGroup({ members, rows, pattern }: LaneGroup): void {
    const first = this.kernel.loads[members[0]];
    const vectors = rows.map((row) => {
      const local = this.local('v128');
      const offset = this.rowAddress(first, accessDepth(first), row);
      this.emit('v128.load', offset);
      this.emit('local.set', local);
      return local;
    });
    const values = pattern
      ? pattern.map((lanes) => this.shuffled(vectors[0], vectors[1], laneBytes(lanes, this.bytes)))
      : this.transposed(vectors);
    members.forEach((load, i) => this.values.set(argument(load), values[i]));
  }

  /** Store all members of a lane group. */
  private storeGroup({ members, rows, pattern }: LaneGroup, depth: number): void {
    const first = this.kernel.stores[members[0]];
    const values = members.map((i) => {
      const local = this.local('v128');
      this.pushValue(this.schedule.body[i]);
      this.emit('local.set', local);
      return local;
    });
    const vectors = pattern
      ? rows.map((_, row) => this.shuffled(values[0], values[1], laneBytes(rowOf(pattern, row), this.bytes)))
      : this.transposed(values);
    vectors.forEach((local, row) => {
      const offset = this.rowAddress(first, depth, rows[row]);
      this.emit('local.get', local);
      this.emit('v128.store', offset);
    });
  }

  private pushValue(e: Expr): void {
    const local = this.values.get(e);
    if (local !== undefined) this.emit('local.get', local);
    else this.emit(`${this.options.dtype}.const`, e.value);
  }

  private compute(e: Expr): void {
    const { dtype } = this.options;
    if (this.values.has(e)) return; // a member of a transposed group
    if (this.contracted?.absorbed.has(e)) return;
    const fused = this.contracted?.fused.get(e);
    const group = e.op === 'argument' ? this.loadGroups.get(e.value) : undefined;
    if (group) return this.loadGroup(group);
    if (e.op === 'argument') this.loadValue(this.kernel.loads[e.value]);
    else if (fused) {
      for (const x of [fused.a, fused.b, fused.c]) this.pushValue(x);
      this.emit(`${numberFormats[dtype].vector}.relaxed_${fused.negative ? 'nmadd' : 'madd'}`);
    } else if (e.op === 'select') {
      for (const a of [e.args[1], e.args[2], e.args[0]]) this.pushValue(a);
      this.emit(this.vector ? 'v128.bitselect' : 'select');
    } else {
      for (const a of e.args) this.pushValue(a);
      const shape = this.vector ? numberFormats[dtype].vector : dtype;
      for (const i of opTables[shape][e.op as keyof OpTable]) this.target.body.push(i);
    }
    const predicate = e.op === 'less' || e.op === 'equal';
    const target = this.local(this.vector ? 'v128' : predicate ? 'i32' : dtype);
    this.values.set(e, target);
    this.emit('local.set', target);
  }

  private combineOp(combine: Combine): void {
    const { dtype } = this.options;
    const shape = this.vector ? numberFormats[dtype].vector : dtype;
    this.emit(`${shape}.${combine === 'max' ? 'max' : 'add'}`);
  }

  /** Store what `push` leaves on the stack. */
  private storeValue(s: KernelStore, depth: number, push: () => void): void {
    const { dtype } = this.options;
    if (!this.vector) {
      const offset = this.address(s, depth);
      push();
      this.emit(`${dtype}.store`, offset);
      return;
    }
    const v = this.kernel.vector as number;
    const lanes = lanesOf(dtype);
    const bits = this.bytes === 4 ? 32 : 64;
    const t = v >= depth ? 0 : s.terms[v];
    if (t === 1 || t === -1) {
      const offset = this.address(s, depth, t === 1 ? 0 : lanes - 1);
      push();
      if (t === -1) {
        this.target.body.push(zeroVector);
        this.emit('i8x16.shuffle', ...reverse[dtype]);
      }
      this.emit('v128.store', offset);
      return;
    }
    const value = this.local('v128');
    push();
    this.emit('local.set', value);
    for (let lane = 0; lane < (v >= depth ? 1 : lanes); lane++) {
      const offset = this.address(s, depth, lane);
      this.emit('local.get', value);
      this.emit(`v128.store${bits}_lane`, offset, bits === 32 ? 2 : 3, lane);
    }
  }

  /** Stores of the innermost loop that are not done yet. */
  private pointStores(): void {
    this.kernel.stores.forEach((_, i) => this.storeOnce(i));
  }

  /** Store i at a point; a transposed group waits for its last member. */
  private storeOnce(i: number): void {
    if (this.stored.has(i)) return;
    this.stored.add(i);
    const depth = this.kernel.extents.length;
    const s = this.kernel.stores[i];
    const value = this.schedule.body[i];
    const groups = this.storeGroups.get(i);
    if (s.mode === 'reduce') {
      this.emit('local.get', this.accumulators[i]);
      this.pushValue(value);
      this.combineOp(s.combine);
      this.emit('local.set', this.accumulators[i]);
    } else if (groups) {
      for (const g of groups) if (g.members.every((j) => this.stored.has(j))) this.storeGroup(g, depth);
    } else if (s.mode === 'write') {
      this.storeValue(s, depth, () => this.pushValue(value));
    } else {
      this.storeValue(s, depth, () => {
        const offset = this.address(s, depth);
        this.emit(this.vector ? 'v128.load' : `${this.options.dtype}.load`, offset);
        this.pushValue(value);
        this.combineOp(s.combine);
      });
    }
  }

  private startReductions(): void {
    this.kernel.stores.forEach((s, i) => {
      if (s.mode !== 'reduce') return;
      this.accumulators[i] = this.local(this.vector ? 'v128' : this.options.dtype);
      const start = s.combine === 'max' ? -Infinity : 0;
      if (this.vector) this.emit('v128.const', ...vectorLiteral(start, this.options.dtype));
      else this.emit(`${this.options.dtype}.const`, start);
      this.emit('local.set', this.accumulators[i]);
    });
  }

  private finishReductions(): void {
    const strided = this.kernel.vector !== null && this.kernel.vector >= this.kernel.reduceFrom;
    this.kernel.stores.forEach((s, i) => {
      if (s.mode !== 'reduce') return;
      const sum = this.accumulators[i];
      const halves = strided ? folds[this.options.dtype] : [];
      for (const shuffle of halves) {
        this.emit('local.get', sum);
        this.emit('local.get', sum);
        this.emit('local.get', sum);
        this.emit('i8x16.shuffle', ...shuffle);
        this.combineOp(s.combine);
        this.emit('local.set', sum);
      }
      this.storeValue(s, this.kernel.reduceFrom, () => this.emit('local.get', sum));
    });
  }

  private nest(d: number): void {
    const { kernel } = this;
    for (const e of this.schedule.levels[d]) {
      this.compute(e);
      for (const i of this.schedule.early.get(e) ?? []) this.storeOnce(i);
    }
    if (d === kernel.reduceFrom) this.startReductions();
    if (d === kernel.extents.length) this.pointStores();
    else this.loop(d);
    if (d === kernel.reduceFrom) this.finishReductions();
  }

  private loop(d: number): void {
    const step = d === this.kernel.vector ? lanesOf(this.options.dtype) : 1;
    const counter = this.local('i32');
    this.counters[d] = counter;
    this.enterLoop(d);
    const once = this.kernel.extents[d] === step;
    this.emit('i32.const', 0);
    this.emit('local.set', counter);
    if (!once) this.emit('loop');
    this.beginIteration(d);
    this.nest(d + 1);
    if (once) return;
    this.endIteration(d, step);
    this.emit('local.get', counter);
    this.emit('i32.const', step);
    this.emit('i32.add');
    this.emit('local.tee', counter);
    this.emit('i32.const', this.kernel.extents[d]);
    this.emit('i32.lt_u');
    this.emit('br_if', 0);
    this.emit('end');
  }
}

/** Appends the code of a kernel to a function. */
export function writeKernel(
  kernel: Kernel,
  program: Program,
  options: CodeOptions,
  target: FunctionBody,
): FunctionBody {
  new KernelCode(kernel, program, options, target).write();
  return target;
}
