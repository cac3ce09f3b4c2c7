/** Boards that programs are measured on: how to compile for one, how to run there, and what a tick of its counter is. */
import { spawnSync } from 'node:child_process';
import type { Machine } from '../../src/compiler/machines.ts';

export const boardNames = [
  'cortex-m0plus',
  'cortex-m3',
  'cortex-m4f',
  'cortex-m7',
  'cortex-m33',
  'riscv32im',
  'riscv32',
] as const;
export type BoardName = (typeof boardNames)[number];

export interface Board {
  readonly name: BoardName;
  /** What papilio compiles for. */
  readonly target: Machine;
  /** What stands in a table. */
  readonly title: string;
  readonly compiler: string;
  readonly flags: readonly string[];
  /** Are single floats added and multiplied by instructions? */
  readonly hasFpu: boolean;
  /** Flags of the linker alone. */
  readonly linking: readonly string[];
  /** The file of support/ that starts it, prints and counts. */
  readonly support: string;
  /** What runs a program that is named behind it. */
  readonly emulator: readonly string[];
  /** Instructions of a tick of its counter. */
  readonly tick: number;
}

const bareMetal = (flash: string, ram: string): string[] => [
  '-nostartfiles',
  `-Wl,--defsym=board_flash=${flash},--defsym=board_ram=${ram}`,
];

/** One nanosecond of the virtual clock an instruction. */
const emulated = ['-icount', 'shift=0', '-nographic', '-semihosting-config', 'enable=on,target=native'];

interface Arm {
  readonly name: BoardName & Machine;
  readonly title: string;
  readonly cpu: string;
  readonly fpu: string | null;
  readonly machine: string;
  readonly memory: readonly [flash: string, ram: string];
  readonly tick: number;
}

const arm = ({ name, title, cpu, fpu, machine, memory, tick }: Arm): Board => ({
  name,
  target: name,
  title,
  compiler: 'arm-none-eabi-gcc',
  flags: [`-mcpu=${cpu}`, '-mthumb', ...(fpu === null ? [] : ['-mfloat-abi=hard', `-mfpu=${fpu}`])],
  hasFpu: fpu !== null,
  // What newlib needs of a system and no measured program calls.
  linking: [...bareMetal(...memory), '-specs=nosys.specs'],
  support: 'cortex-m.c',
  emulator: ['qemu-system-arm', '-M', machine, ...emulated, '-kernel'],
  tick,
});

const riscv = (name: BoardName & Machine, title: string, architecture: string, abi: string): Board => ({
  name,
  target: name,
  title,
  compiler: 'riscv64-unknown-elf-gcc',
  flags: [`-march=${architecture}`, `-mabi=${abi}`, '-mcmodel=medany'],
  hasFpu: abi.endsWith('f'),
  linking: bareMetal('0x80000000', '0x80400000'),
  support: 'riscv.c',
  emulator: ['qemu-system-riscv32', '-M', 'virt', '-bios', 'none', ...emulated, '-kernel'],
  tick: 1,
});

/** MPS2 boards with a Cortex-M3, M4 or M7 run at 25 MHz, the one with an M33 at 20 MHz and, secure, elsewhere. */
const early = { memory: ['0x0', '0x20000000'], tick: 40 } as const;
const secure = { memory: ['0x10000000', '0x38000000'], tick: 50 } as const;

const all: readonly Board[] = [
  // ARMv6-M is a part of ARMv7-M, so its code runs on an M3.
  arm({
    ...early,
    name: 'cortex-m0plus',
    title: 'Cortex-M0+',
    cpu: 'cortex-m0plus',
    fpu: null,
    machine: 'mps2-an385',
  }),
  arm({
    ...early,
    name: 'cortex-m3',
    title: 'Cortex-M3',
    cpu: 'cortex-m3',
    fpu: null,
    machine: 'mps2-an385',
  }),
  arm({
    ...early,
    name: 'cortex-m4f',
    title: 'Cortex-M4F',
    cpu: 'cortex-m4',
    fpu: 'fpv4-sp-d16',
    machine: 'mps2-an386',
  }),
  arm({
    ...early,
    name: 'cortex-m7',
    title: 'Cortex-M7',
    cpu: 'cortex-m7',
    fpu: 'fpv5-sp-d16',
    machine: 'mps2-an500',
  }),
  arm({
    ...secure,
    name: 'cortex-m33',
    title: 'Cortex-M33',
    cpu: 'cortex-m33',
    fpu: 'fpv5-sp-d16',
    machine: 'mps2-an505',
  }),
  riscv('riscv32im', 'RV32IM', 'rv32im', 'ilp32'),
  riscv('riscv32', 'RV32IMAFC', 'rv32imafc', 'ilp32f'),
];

export const boards: Readonly<Record<BoardName, Board>> = Object.fromEntries(
  all.map((board) => [board.name, board]),
) as Record<BoardName, Board>;

const versions = new Map<string, string | null>();

/** The first line of `program --version`; null where it cannot be run. */
export function versionOf(program: string): string | null {
  const known = versions.get(program);
  if (known !== undefined) return known;
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const version = status === 0 ? stdout.split('\n')[0] : null;
  versions.set(program, version);
  return version;
}

/** The package of Debian that brings a program. */
const packages: Readonly<Record<string, string>> = {
  'arm-none-eabi-gcc': 'gcc-arm-none-eabi and libnewlib-arm-none-eabi',
  'riscv64-unknown-elf-gcc': 'gcc-riscv64-unknown-elf',
  'qemu-system-arm': 'qemu-system-arm',
  'qemu-system-riscv32': 'qemu-system-misc',
};

/** Null, or why nothing can be measured on a board. */
export function unavailable({ compiler, emulator }: Board): string | null {
  const missing = [compiler, emulator[0]].find((program) => versionOf(program) === null);
  return missing === undefined
    ? null
    : `${missing} is missing; Debian has it in ${packages[missing] ?? missing}`;
}
