/**
 * WebAssembly code of a kernel: a loop nest with one pointer per group of addresses that move together, 128-bit vectors
 * along the kernel's vector loop, scalars otherwise. Ops map to instructions in two tables: vector and scalar.
 */
import type { Combine } from '../../ir/graph.ts';
import type { Expr, Op } from '../../ir/expr.ts';
import {
  bytesOf,
  lanesOf,
  type Dtype,
  type Kernel,
  type KernelAccess,
  type KernelStore,
  type Program,
} from '../../compiler/kernel.ts';
import { accessDepth, scheduleKernel, type Schedule } from '../../compiler/schedule.ts';
import type { Instruction, ValueType } from './emitter.ts';

type Emit = (...i: Instruction) => void;
const u32 = (x: number): number[] => [x & 255, (x >>> 8) & 255, (x >>> 16) & 255, (x >>> 24) & 255];
const splat32 = (x: number): number[] => [...u32(x), ...u32(x), ...u32(x), ...u32(x)];
const splat64 = (low: number, high: number): number[] => [
  ...u32(low),
  ...u32(high),
  ...u32(low),
  ...u32(high),
];

const literalBytes = new DataView(new ArrayBuffer(8));

/** The 16 bytes of a vector of one number. */
export function vectorLiteral(value: number, dtype: Dtype): number[] {
  if (dtype === 'f32') {
    literalBytes.setFloat32(0, value, true);
    return splat32(literalBytes.getUint32(0, true));
  }
  literalBytes.setFloat64(0, value, true);
  return splat64(literalBytes.getUint32(0, true), literalBytes.getUint32(4, true));
}

type Instructions = readonly Instruction[];
/** Instructions that replace the operands on the stack by the result. */
type OpTable = {
  readonly [
    K in Exclude<Op, 'literal' | 'argument' | 'select' | 'stopGradient' | 'exp' | 'log' | 'sin' | 'cos'>
  ]: Instructions;
};

const ring = <P extends 'f32' | 'f64' | 'f32x4' | 'f64x2'>(p: P) =>
  ({
    add: [[`${p}.add`]],
    sub: [[`${p}.sub`]],
    mul: [[`${p}.mul`]],
    neg: [[`${p}.neg`]],
    div: [[`${p}.div`]],
    sqrt: [[`${p}.sqrt`]],
    abs: [[`${p}.abs`]],
    min: [[`${p}.min`]],
    max: [[`${p}.max`]],
    round: [[`${p}.nearest`]],
    less: [[`${p}.lt`]],
    equal: [[`${p}.eq`]],
  }) satisfies Partial<Record<Op, Instructions>>;

/** The low words of two 64-bit lanes into the first two 32-bit lanes, and back with zeros between. */
const narrow = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];
const widen = [0, 1, 2, 3, 16, 16, 16, 16, 4, 5, 6, 7, 16, 16, 16, 16];
const zeroVector: Instruction = ['v128.const', ...new Array<number>(16).fill(0)];

const opTables: Record<'f32' | 'f64' | 'f32x4' | 'f64x2', OpTable> = {
  f32: {
    ...ring('f32'),
    exponent: [
      ['i32.reinterpret_f32'],
      ['i32.const', 1],
      ['i32.shl'],
      ['i32.const', 24],
      ['i32.shr_u'],
      ['i32.const', 127],
      ['i32.sub'],
      ['f32.convert_i32_s'],
    ],
    mantissa: [
      ['i32.reinterpret_f32'],
      ['i32.const', 0x807fffff | 0],
      ['i32.and'],
      ['i32.const', 0x3f800000],
      ['i32.or'],
      ['f32.reinterpret_i32'],
    ],
    powerOfTwo: [
      ['i32.trunc_sat_f32_s'],
      ['i32.const', 127],
      ['i32.add'],
      ['i32.const', 23],
      ['i32.shl'],
      ['f32.reinterpret_i32'],
    ],
  },
  f64: {
    ...ring('f64'),
    exponent: [
      ['i64.reinterpret_f64'],
      ['i64.const', 1],
      ['i64.shl'],
      ['i64.const', 53],
      ['i64.shr_u'],
      ['i64.const', 1023],
      ['i64.sub'],
      ['f64.convert_i64_s'],
    ],
    mantissa: [
      ['f64.abs'],
      ['i64.reinterpret_f64'],
      ['i64.const', 1],
      ['i64.shl'],
      ['i64.const', 12],
      ['i64.shl'],
      ['i64.const', 13],
      ['i64.shr_u'],
      ['i64.const', 1023],
      ['i64.const', 52],
      ['i64.shl'],
      ['i64.or'],
      ['f64.reinterpret_i64'],
    ],
    powerOfTwo: [
      ['i64.trunc_sat_f64_s'],
      ['i64.const', 1023],
      ['i64.add'],
      ['i64.const', 52],
      ['i64.shl'],
      ['f64.reinterpret_i64'],
    ],
  },
  f32x4: {
    ...ring('f32x4'),
    exponent: [
      ['i32.const', 1],
      ['i32x4.shl'],
      ['i32.const', 24],
      ['i32x4.shr_u'],
      ['v128.const', ...splat32(127)],
      ['i32x4.sub'],
      ['f32x4.convert_i32x4_s'],
    ],
    mantissa: [
      ['v128.const', ...splat32(0x807fffff)],
      ['v128.and'],
      ['v128.const', ...splat32(0x3f800000)],
      ['v128.or'],
    ],
    powerOfTwo: [
      ['i32x4.trunc_sat_f32x4_s'],
      ['v128.const', ...splat32(127)],
      ['i32x4.add'],
      ['i32.const', 23],
      ['i32x4.shl'],
    ],
  },
  f64x2: {
    ...ring('f64x2'),
    exponent: [
      ['i32.const', 1],
      ['i64x2.shl'],
      ['i32.const', 53],
      ['i64x2.shr_u'],
      zeroVector,
      ['i8x16.shuffle', ...narrow],
      ['f64x2.convert_low_i32x4_s'],
      ['v128.const', ...vectorLiteral(1023, 'f64')],
      ['f64x2.sub'],
    ],
    mantissa: [
      ['v128.const', ...splat64(0xffffffff, 0x800fffff)],
      ['v128.and'],
      ['v128.const', ...splat64(0, 0x3ff00000)],
      ['v128.or'],
    ],
    powerOfTwo: [
      ['i32x4.trunc_sat_f64x2_s_zero'],
      ['v128.const', ...splat32(1023)],
      ['i32x4.add'],
      zeroVector,
      ['i8x16.shuffle', ...widen],
      ['i32.const', 52],
      ['i64x2.shl'],
    ],
  },
};

const reverse: Record<Dtype, number[]> = {
  f32: [12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3],
  f64: [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7],
};
/** Lane l + half to lane l, for pairwise sums. */
const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const secondLane = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];

/** Addresses whose terms agree: one pointer local per loop level that moves it. */
interface Group {
  readonly key: string;
  readonly terms: KernelAccess['terms'];
  readonly shift: 'input' | 'output' | null;
  /** Bytes added to the pointer and taken off every offset, so that pointers never go below zero. */
  readonly bias: number;
  /** Pointer local after d loops. */
  readonly locals: number[];
}

const lowest = (terms: KernelAccess['terms'], extents: readonly number[]): number =>
  terms.reduce(
    (low: number, t, d) => low + (typeof t === 'number' ? Math.min(0, t * (extents[d] - 1)) : Math.min(...t)),
    0,
  );

export interface CodeOptions {
  readonly dtype: Dtype;
  /** Byte address of each offset table (32-bit byte offsets). */
  readonly tables: ReadonlyMap<Int32Array, number>;
}

/** Generates one kernel function: parameters are the input and output shifts in bytes. */
export class KernelCode {
  readonly locals: ValueType[] = [];
  readonly body: Instruction[] = [];
  private readonly groups: Group[] = [];
  private readonly values = new Map<Expr, number>();
  private readonly accumulators: number[] = [];
  private readonly counters: number[] = [];
  private readonly schedule: Schedule;
  private readonly vector: boolean;
  private readonly bytes: number;
  private readonly emit: Emit = (...i) => {
    this.body.push(i);
  };

  private readonly kernel: Kernel;
  private readonly program: Program;
  private readonly options: CodeOptions;

  constructor(kernel: Kernel, program: Program, options: CodeOptions) {
    this.kernel = kernel;
    this.program = program;
    this.options = options;
    this.schedule = scheduleKernel(kernel);
    this.vector = kernel.vector !== null;
    this.bytes = bytesOf(options.dtype);
    for (const a of [...kernel.loads, ...kernel.stores]) this.groupOf(a);
    for (const g of this.groups) this.startPointer(g);
    this.nest(0);
  }

  private local(type: ValueType): number {
    return 1 + this.locals.push(type); // two parameters come first
  }

  private groupOf(a: KernelAccess): Group {
    const { kind } = this.program.buffers[a.buffer];
    const shift = kind === 'input' || kind === 'output' ? kind : null;
    const key = `${shift};${a.terms.map((t) => (typeof t === 'number' ? t : `@${this.options.tables.get(t)}`)).join()}`;
    let group = this.groups.find((g) => g.key === key);
    if (!group) {
      const bias = -lowest(a.terms, this.kernel.extents) * this.bytes;
      group = { key, terms: a.terms, shift, bias, locals: [] };
      this.groups.push(group);
    }
    return group;
  }

  private startPointer(g: Group): void {
    const p = this.local('i32');
    g.locals[0] = p;
    if (g.shift) this.emit('local.get', g.shift === 'input' ? 0 : 1);
    this.emit('i32.const', g.bias);
    if (g.shift) this.emit('i32.add');
    this.emit('local.set', p);
  }

  /** Pointers that move with loop d get a local of their own inside it. */
  private enterLoop(d: number): void {
    for (const g of this.groups) {
      if (g.terms[d] === 0) {
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
      if (typeof t === 'number') continue;
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
    const g = this.groupOf(a);
    const offset = (this.program.buffers[a.buffer].offset + a.offset) * this.bytes - g.bias;
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
    // A table along the vector loop, which is the innermost one: each lane looks up its own address.
    this.emit('local.get', g.locals[v as number]);
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
      this.emit('v128.const', ...new Array<number>(16).fill(0));
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

  private pushValue(e: Expr): void {
    const { dtype } = this.options;
    if (e.op !== 'literal') this.emit('local.get', this.values.get(e) as number);
    else if (this.vector) this.emit('v128.const', ...vectorLiteral(e.value, dtype));
    else this.emit(`${dtype}.const`, e.value);
  }

  private compute(e: Expr): void {
    const { dtype } = this.options;
    if (e.op === 'argument') this.loadValue(this.kernel.loads[e.value]);
    else if (e.op === 'select') {
      for (const a of [e.args[1], e.args[2], e.args[0]]) this.pushValue(a);
      this.emit(this.vector ? 'v128.bitselect' : 'select');
    } else {
      for (const a of e.args) this.pushValue(a);
      const shape = this.vector ? (dtype === 'f32' ? 'f32x4' : 'f64x2') : dtype;
      for (const i of opTables[shape][e.op as keyof OpTable]) this.body.push(i);
    }
    const predicate = e.op === 'less' || e.op === 'equal';
    const target = this.local(this.vector ? 'v128' : predicate ? 'i32' : dtype);
    this.values.set(e, target);
    this.emit('local.set', target);
  }

  private combineOp(combine: Combine): void {
    const shape = this.vector ? (this.options.dtype === 'f32' ? 'f32x4' : 'f64x2') : this.options.dtype;
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
        this.emit('v128.const', ...new Array<number>(16).fill(0));
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

  private pointStores(): void {
    const depth = this.kernel.extents.length;
    this.kernel.stores.forEach((s, i) => {
      const value = this.schedule.body[i];
      if (s.mode === 'reduce') {
        this.emit('local.get', this.accumulators[i]);
        this.pushValue(value);
        this.combineOp(s.combine);
        this.emit('local.set', this.accumulators[i]);
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
    });
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
      const halves = !strided ? [] : this.options.dtype === 'f32' ? [upperHalf, secondLane] : [upperHalf];
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
    for (const e of this.schedule.levels[d]) this.compute(e);
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
