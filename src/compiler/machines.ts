/** Machines that programs are compiled for, by name: a further machine is a further row. Costs are held against instructions counted by QEMU (npm run bench -- embedded). */
import type { Op } from '../ir/expr.ts';
import type { Products } from './contract.ts';
import { bytesOf, type Dtype, type Format } from './number-format.ts';

/** Names of machines. */
export type Machine =
  | 'wasm'
  | 'x86-64'
  | 'cortex-m0plus'
  | 'cortex-m3'
  | 'cortex-m4f'
  | 'cortex-m7'
  | 'cortex-m33'
  | 'riscv32'
  | 'riscv32im';

/** Instructions of a machine per kind of work. */
export interface InstructionCosts {
  /** By op; others cost `other`. */
  readonly ops: Partial<Readonly<Record<Op, number>>>;
  readonly other: number;
  /** Instructions in the place of an op that is a call of a library; null where ops are instructions. */
  readonly inPlace: number | null;
  readonly load: number;
  readonly store: number;
  /** Products that are free of their own instruction where they are added, as the C that is printed takes them along. */
  readonly fused: Products;
  /** Per iteration of an innermost loop, and per pointer that moves in it. */
  readonly loop: number;
  readonly pointer: number;
  /** Per address that an innermost loop looks up in a table. */
  readonly lookup: number;
  /** Per iteration of an outer loop, and per pointer that is set there. */
  readonly outer: number;
  readonly setup: number;
  /** Per kernel. */
  readonly call: number;
  /** Numbers in registers; each one more that lives at once costs `spill`. */
  readonly registers: number;
  readonly spill: number;
  /** Do loads and stores move their address on by one element for nothing? */
  readonly walking: boolean;
  /** Bytes that an address reaches from its pointer. */
  readonly reach: number;
  /** Bytes of an instruction, on average over code that a compiler made of C, its literals included. */
  readonly size: number;
  /** Of machines whose instructions take vectors. */
  readonly vectors?: VectorCosts;
}

/** Instructions beside loads and stores of vectors. */
export interface VectorCosts {
  /** Of a vector. */
  readonly bytes: number;
  /** Of two accesses that alternate, each; of a column of rows; of each lane that is reached by itself. */
  readonly pair: number;
  readonly column: number;
  readonly lane: number;
}

interface MachineRow {
  /** In words. */
  readonly is: string;
  /** By number format; none where plans are made, and measured, by vector operations: see plans/strategy.ts. */
  readonly costs: Partial<Readonly<Record<Format, InstructionCosts>>>;
  /** Of C with vectors, whatever the format; null where it is printed without them. */
  readonly vectors: InstructionCosts | null;
}

/** Single-precision FPU with fused products; pointers walk by one element for nothing. */
const armFpu: InstructionCosts = {
  ops: { add: 1, sub: 1, mul: 1, neg: 1, div: 1, sqrt: 1, abs: 1 },
  other: 3,
  inPlace: null,
  load: 1,
  store: 1,
  fused: { mul: 'both' },
  loop: 2,
  pointer: 1.5,
  lookup: 6,
  outer: 2,
  setup: 1,
  call: 12,
  registers: 24,
  spill: 3,
  walking: true,
  reach: 1020,
  size: 3.8,
};

/** Costs that differ from others: a function, so that bundlers see that nothing happens. */
const variant = (costs: InstructionCosts, own: Partial<InstructionCosts>): InstructionCosts => ({
  ...costs,
  ...own,
});

const softOps = (add: number, mul: number): InstructionCosts['ops'] => ({
  add,
  sub: add,
  mul,
  neg: 2,
  div: 180,
  sqrt: 500,
  abs: 2,
});

/** Calls of a software library for every operation on numbers. */
const softFloat: InstructionCosts = /* @__PURE__ */ variant(armFpu, {
  ops: softOps(57, 31),
  other: 6,
  inPlace: 4.2,
  fused: {},
  load: 1,
  store: 2,
  pointer: 1,
  registers: 10,
  walking: false,
  size: 2.2,
});

/** Of integers: products scaled down, whose sizes differ, and a variable shift; the rest is what it is everywhere. */
const integerOps = (
  mulHigh: number,
  mulHigh16: number,
  more: InstructionCosts['ops'],
): InstructionCosts['ops'] => ({
  add: 1,
  sub: 1,
  mul: 1,
  neg: 1,
  shiftLeft: 1,
  shiftRight: 1.5,
  bitLength: 6,
  mulHigh,
  mulHighDown: mulHigh,
  mulHigh16,
  ...more,
});

/** Products by long ones; shifts that are part of a sum. */
const armIntegers: InstructionCosts = /* @__PURE__ */ variant(armFpu, {
  ops: integerOps(3.4, 4.8, { bitLength: 2.5 }),
  other: 2,
  fused: { mul: 'both', shiftRight: 'both' },
  registers: 10,
  spill: 4,
  size: 2.9,
});

/** With the DSP extension: products scaled down, and sums that take them along. */
const armDsp: InstructionCosts = /* @__PURE__ */ variant(armIntegers, {
  ops: integerOps(1, 1, { mulHighDown: 4, shiftRight: 1, bitLength: 3 }),
  pointer: 2.2,
  registers: 9,
  spill: 2.2,
  size: 3,
  fused: { mul: 'both', shiftRight: 'both', mulHigh: 'add', mulHighDown: 'sub', mulHigh16: 'add' },
});

/** Thumb-1: products by halves of words. */
const thumbIntegers: InstructionCosts = /* @__PURE__ */ variant(softFloat, {
  ops: integerOps(34, 11, { bitLength: 54, shiftRight: 1.5 }),
  other: 3,
  inPlace: null,
  store: 1.5,
  pointer: 1.5,
  registers: 6,
  spill: 2,
  reach: 124,
  size: 2.15,
});

/** RV32IM. */
const riscvIntegers: InstructionCosts = /* @__PURE__ */ variant(softFloat, {
  ops: integerOps(7.5, 6, { bitLength: 12, shiftRight: 1 }),
  other: 2,
  inPlace: null,
  store: 1.5,
  pointer: 0.5,
  registers: 11,
  spill: 2.6,
  reach: 2044,
  size: 3.3,
});

/** Double precision by a library. */
const softDouble: InstructionCosts = /* @__PURE__ */ variant(softFloat, {
  ops: softOps(75, 50),
  inPlace: 5.5,
  load: 1.8,
  store: 7,
  registers: 3,
});

/** RV32I has a library of other sizes, and no short instructions. */
const riscvSingle: InstructionCosts = /* @__PURE__ */ variant(softFloat, {
  ops: softOps(91, 78),
  other: 90,
  registers: 30,
  size: 3.2,
});
const riscvDouble: InstructionCosts = /* @__PURE__ */ variant(softDouble, {
  ops: softOps(133, 134),
  inPlace: 7.1,
  load: 0.6,
  store: 5,
  other: 60,
  registers: 3,
  size: 3.4,
});

/** AVX2 with fused products: units of one of its three ports for arithmetic and shuffles. */
const avx2: InstructionCosts = /* @__PURE__ */ variant(armFpu, {
  other: 20,
  load: 0.5,
  store: 0.6,
  loop: 1,
  pointer: 0.3,
  lookup: 1,
  outer: 2,
  call: 8,
  registers: 14,
  spill: 0.6,
  vectors: { bytes: 32, pair: 2, column: 3, lane: 1 },
});

export const machines: Readonly<Record<Machine, MachineRow>> = {
  wasm: { is: 'WebAssembly with 128-bit vectors', costs: {}, vectors: null },
  'x86-64': { is: 'x86-64 with vectors', costs: {}, vectors: avx2 },
  'cortex-m0plus': {
    is: 'Cortex-M0+ without FPU',
    // Thumb-1 has no long product: the library makes one of four.
    costs: {
      f32: /* @__PURE__ */ variant(softFloat, {
        ops: softOps(78, 117),
        other: 15,
        registers: 6,
        reach: 124,
        size: 2.3,
      }),
      f64: /* @__PURE__ */ variant(softDouble, { ops: softOps(135, 325), store: 8, reach: 124, size: 2.3 }),
      i32: thumbIntegers,
    },
    vectors: null,
  },
  'cortex-m3': {
    is: 'Cortex-M3 without FPU',
    costs: { f32: softFloat, f64: softDouble, i32: armIntegers },
    vectors: null,
  },
  'cortex-m4f': {
    is: 'Cortex-M4 with FPU',
    costs: { f32: armFpu, f64: softDouble, i32: armDsp },
    vectors: null,
  },
  'cortex-m7': {
    is: 'Cortex-M7 with FPU',
    costs: { f32: armFpu, f64: softDouble, i32: armDsp },
    vectors: null,
  },
  'cortex-m33': {
    is: 'Cortex-M33 with FPU',
    costs: { f32: armFpu, f64: softDouble, i32: armDsp },
    vectors: null,
  },
  riscv32: {
    is: 'RV32IMFC',
    costs: {
      f32: /* @__PURE__ */ variant(armFpu, {
        other: 2,
        walking: false,
        loop: 2,
        pointer: 0.5,
        registers: 20,
        spill: 6,
        reach: 2044,
        size: 3.4,
      }),
      f64: /* @__PURE__ */ variant(riscvDouble, { ops: softOps(119, 216), inPlace: 4.3, registers: 9 }),
      i32: riscvIntegers,
    },
    vectors: null,
  },
  riscv32im: {
    is: 'RV32IM without FPU',
    costs: { f32: riscvSingle, f64: riscvDouble, i32: /* @__PURE__ */ variant(riscvIntegers, { size: 3.9 }) },
    vectors: null,
  },
};

/** A machine in words. */
export const machineText = (target: Machine): string => machines[target].is;

/** Numbers of the longest vectors of C for a machine; 1: printed without vectors. */
export const lanesOfC = (machine: Machine, dtype: Dtype, vectors: boolean): number =>
  vectors ? (machines[machine].vectors?.vectors?.bytes ?? bytesOf(dtype)) / bytesOf(dtype) : 1;

/** All machines that `target` may name. */
export const machineNames = /* @__PURE__ */ Object.keys(machines) as readonly Machine[];

/** Those whose instructions are counted. */
export const countedMachines = /* @__PURE__ */ machineNames.filter(
  (name) => machines[name].costs.f32 !== undefined,
);
