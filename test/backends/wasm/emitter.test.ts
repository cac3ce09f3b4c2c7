import { describe, expect, it } from 'vitest';
import wabtFactory from 'wabt';
import { IllegalGraphError } from '../../../src/errors.ts';
import {
  encodeModule,
  printModule,
  type Instruction,
  type WasmModule,
} from '../../../src/backends/wasm/emitter.ts';
import { opcodes, type Opcode, type OpName } from '../../../src/backends/wasm/opcodes.ts';

const wabt = await wabtFactory();
const features = { simd: true, relaxed_simd: true, sat_float_to_int: true, bulk_memory: true };

const moduleOf = (body: Instruction[], extra: Partial<WasmModule> = {}): WasmModule => ({
  memory: { pages: 1, exportName: 'memory' },
  functions: [
    {
      name: 'f',
      exported: true,
      parameters: ['i32', 'f64'],
      results: [],
      locals: ['v128', 'i32', 'i32'],
      body,
    },
  ],
  data: [],
  ...extra,
});

/** Bytes of the code section as wabt assembles the printed module. */
function assembled(module: WasmModule): Uint8Array {
  const parsed = wabt.parseWat('m.wat', printModule(module, { data: true }), features);
  return parsed.toBinary({}).buffer;
}

/** Immediates that fit an op. */
function immediatesOf(op: Opcode): number[] {
  switch (op.immediate) {
    case 'memory':
      return [300];
    case 'memory-lane':
      return [300, 1];
    case 'vector':
      return Array.from({ length: 16 }, (_, i) => 17 * i);
    case 'shuffle':
      return Array.from({ length: 16 }, (_, i) => 2 * i);
    case 'index':
      return [0];
    case 'i32':
    case 'i64':
      return [-123456];
    case 'f32':
    case 'f64':
      return [0.5];
    case 'block':
    case 'none':
      return [];
    default:
      return op.immediate satisfies never;
  }
}

describe('opcodes', () => {
  it.each(Object.keys(opcodes) as OpName[])('%s is encoded as wabt does', (name) => {
    const op: Opcode = opcodes[name];
    const wraps = op.immediate === 'block';
    // wabt checks no types when asked not to validate, so one instruction is a body.
    const body: Instruction[] =
      name === 'end'
        ? [['loop'], ['end']]
        : [[name, ...immediatesOf(op)], ...(wraps ? [['end'] as Instruction] : [])];
    expect([...encodeModule(moduleOf(body))]).toEqual([...assembled(moduleOf(body))]);
  });
});

describe('modules', () => {
  it('integers of every length are LEB128', () => {
    const body: Instruction[] = [
      0,
      1,
      -1,
      63,
      64,
      -64,
      -65,
      127,
      128,
      8191,
      8192,
      2 ** 31 - 1,
      -(2 ** 31),
    ].map((x) => ['i32.const', x]);
    const wide: Instruction[] = [2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 32].map((x) => ['i64.const', x]);
    expect([...encodeModule(moduleOf([...body, ...wide]))]).toEqual([
      ...assembled(moduleOf([...body, ...wide])),
    ]);
  });

  it('float constants keep NaN, infinities and -0', () => {
    const body: Instruction[] = [NaN, Infinity, -Infinity, -0, 0.1].map((x) => ['f64.const', x]);
    expect([...encodeModule(moduleOf(body))]).toEqual([...assembled(moduleOf(body))]);
  });

  it('data and custom sections arrive', () => {
    const module = moduleOf([], {
      data: [{ offset: 8, bytes: Uint8Array.of(1, 2, 255) }],
      customSections: [{ name: 'note', bytes: Uint8Array.of(7) }],
    });
    const compiled = new WebAssembly.Module(encodeModule(module) as Uint8Array<ArrayBuffer>);
    expect([...new Uint8Array(WebAssembly.Module.customSections(compiled, 'note')[0])]).toEqual([7]);
    const { memory } = new WebAssembly.Instance(compiled).exports as { memory: WebAssembly.Memory };
    expect([...new Uint8Array(memory.buffer, 8, 3)]).toEqual([1, 2, 255]);
  });

  it('a loop runs: doubles 64 numbers, four at a time', () => {
    const body: Instruction[] = [
      ['loop'],
      ['local.get', 0],
      ['local.get', 0],
      ['v128.load', 0],
      ['local.get', 0],
      ['v128.load', 0],
      ['f32x4.add'],
      ['v128.store', 0],
      ['local.get', 0],
      ['i32.const', 16],
      ['i32.add'],
      ['local.tee', 0],
      ['i32.const', 256],
      ['i32.lt_u'],
      ['br_if', 0],
      ['end'],
    ];
    const { memory, f } = new WebAssembly.Instance(
      new WebAssembly.Module(encodeModule(moduleOf(body)) as Uint8Array<ArrayBuffer>),
    ).exports as {
      memory: WebAssembly.Memory;
      f: (p: number, x: number) => void;
    };
    const view = new Float32Array(memory.buffer, 0, 64).map((_, i) => i);
    new Float32Array(memory.buffer, 0, 64).set(view);
    f(0, 0);
    expect([...new Float32Array(memory.buffer, 0, 64)]).toEqual([...view].map((x) => 2 * x));
  });

  it.each([
    [['i32.const']],
    [['i32.const', 1, 2]],
    [['i32.const', 2 ** 31]],
    [['i32.const', 0.5]],
    [['v128.load', -4]],
    [['v128.load32_lane', 0, 16]],
    [['i8x16.shuffle', 1, 2, 3]],
    [['v128.const', ...new Array<number>(16).fill(256)]],
    [['local.get', -1]],
  ])('refuses %j', (instruction) => {
    expect(() => encodeModule(moduleOf([instruction as unknown as Instruction]))).toThrow(IllegalGraphError);
  });
});
