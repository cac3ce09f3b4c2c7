/** Machines that programs are compiled for, by name: a further machine is a further row. Costs are held against instructions counted by QEMU (npm run bench -- embedded). */
import type { InstructionCosts } from './cost.ts';

/** Names of machines. */
export type Machine =
  'wasm' | 'x86-64' | 'cortex-m0plus' | 'cortex-m3' | 'cortex-m4f' | 'cortex-m7' | 'cortex-m33' | 'riscv32';

interface MachineRow {
  /** In words. */
  readonly is: string;
  /** Null where plans are made, and measured, by vector operations: see plans/strategy.ts. */
  readonly costs: InstructionCosts | null;
}

/** Single-precision FPU with fused products; pointers walk by one element for nothing. */
const armFpu: InstructionCosts = {
  ops: { add: 1, sub: 1, mul: 1, neg: 1, div: 1, sqrt: 1, abs: 1 },
  other: 3,
  load: 1,
  store: 1,
  fused: true,
  loop: 2,
  pointer: 1.5,
  lookup: 5,
  outer: 2,
  setup: 1,
  call: 12,
  registers: 24,
  spill: 3,
  walking: true,
  reach: 1020,
};

/** Calls of a software library for every operation on numbers. */
const softFloat: InstructionCosts = {
  ...armFpu,
  ops: { add: 60, sub: 62, mul: 45, neg: 2, div: 180, sqrt: 500, abs: 2 },
  other: 30,
  fused: false,
  load: 2,
  store: 2,
  pointer: 1,
  registers: 6,
  walking: false,
  reach: 124,
};

export const machines: Readonly<Record<Machine, MachineRow>> = {
  wasm: { is: 'WebAssembly with 128-bit vectors', costs: null },
  'x86-64': { is: 'x86-64 with vectors', costs: null },
  'cortex-m0plus': { is: 'Cortex-M0+, no FPU', costs: softFloat },
  'cortex-m3': { is: 'Cortex-M3, no FPU', costs: { ...softFloat, reach: 1020, registers: 10 } },
  'cortex-m4f': { is: 'Cortex-M4 with FPU', costs: armFpu },
  'cortex-m7': { is: 'Cortex-M7 with FPU', costs: armFpu },
  'cortex-m33': { is: 'Cortex-M33 with FPU', costs: armFpu },
  riscv32: { is: 'RV32IMFC', costs: { ...armFpu, walking: false, pointer: 1, reach: 2044 } },
};

/** All machines that `target` may name. */
export const machineNames = Object.keys(machines) as readonly Machine[];
