/** The WebAssembly backend: one module per program, 128-bit SIMD, a memory of fixed size that the executable owns. */
import {
  bytesOf,
  lanesOf,
  tablesOf,
  type AnyProgram,
  type Format,
  type Program,
} from '../../compiler/kernel.ts';
import { numberFormats, type ArrayOf } from '../../compiler/number-format.ts';
import { UnsupportedError } from '../../errors.ts';
import { hostExecutable, type Backend } from '../backend.ts';
import { requireScope, wasmRefusal } from '../scope.ts';
import { writeKernel } from './code.ts';
import { FunctionBody, type CodeOptions } from './function-body.ts';
import { takePlace, type Place } from './memory.ts';
import { codesAddress, widenFunctions } from './widen.ts';
import { encodeModule, type Instruction, type WasmFunction, type WasmModule } from './emitter.ts';

const pageBytes = 65536;

/** Byte layout of a program's memory: the arena, then the offset tables. */
interface Layout {
  readonly tables: ReadonlyMap<Int32Array, number>;
  readonly bytes: number;
}

function layoutOf(program: AnyProgram, base: number): Layout {
  let at = base + program.arena * bytesOf(program.dtype);
  const tables = new Map<Int32Array, number>();
  for (const t of tablesOf(program)) {
    tables.set(t, at);
    at += 4 * t.length;
  }
  return { tables, bytes: at };
}

/** Offset tables as byte offsets. */
function tableBytes(program: AnyProgram, t: Int32Array): Int32Array {
  return t.map((x) => x * bytesOf(program.dtype));
}

/**
 * The module of a program for a file: it exports its memory and `run(inputShift, outputShift)`, which takes byte shifts, and carries
 * constants and tables as data, quantised ones as codes of their own width that the module's start function widens in place.
 */
export function wasmModule(program: Program): WasmModule {
  const layout = layoutOf(program, 0);
  const functions = functionsOf(program, { tables: layout.tables, fma: false, base: 0 });
  functions.push(...widenFunctions(program, functions.length));
  return {
    memory: { pages: Math.max(1, Math.ceil(layout.bytes / pageBytes)), exportName: 'memory' },
    functions,
    ...(program.stored.size > 0 ? { start: functions.length - 1 } : {}),
    data: dataOf(program, layout),
  };
}

/** The module of a program in a place of a memory that the host owns and fills. */
function importingModule(
  program: AnyProgram,
  { tables }: Layout,
  { from, pages }: Place,
  fma: boolean,
): WasmModule {
  const functions = functionsOf(program, { tables, fma, base: from });
  const run = functions.length - 1;
  functions.push(onceOf(run), runsOf(run));
  return { memory: { pages, import: { module: 'env', name: 'memory' } }, functions, data: [] };
}

const instructionsOfOneFunction = 12000;

/** All kernels as one function `run` where that stays small (a call costs as much as a short loop), else one each. */
function functionsOf(program: AnyProgram, options: CodeOptions): WasmFunction[] {
  const shape = { parameters: ['i32', 'i32'] as const, results: [] };
  const run = { ...shape, name: 'run', exported: true };
  const whole = new FunctionBody();
  for (const kernel of program.kernels)
    if (whole.body.length <= instructionsOfOneFunction) writeKernel(kernel, program, options, whole);
  if (whole.body.length <= instructionsOfOneFunction)
    return [{ ...run, locals: whole.locals, body: whole.body }];
  const kernels = program.kernels.map((kernel, i): WasmFunction => {
    const { locals, body } = writeKernel(kernel, program, options, new FunctionBody());
    return { ...shape, name: `kernel${i}`, exported: false, locals, body };
  });
  const calls = kernels.flatMap((_, i) => [
    ['local.get', 0] as const,
    ['local.get', 1] as const,
    ['call', i] as const,
  ]);
  return [...kernels, { ...run, locals: [], body: calls }];
}

/** once(): function `run` without shifts, by the shortest way. */
const onceOf = (run: number): WasmFunction => ({
  name: 'once',
  exported: true,
  parameters: [],
  results: [],
  locals: [],
  body: [
    ['i32.const', 0],
    ['i32.const', 0],
    ['call', run],
  ],
});

/** runs(count, inputStep, outputStep, inputShift): function `run` at least once, moved on by the steps from time to time. */
function runsOf(run: number): WasmFunction {
  const [count, inputStep, outputStep, inputShift, outputShift] = [0, 1, 2, 3, 4];
  const advance = (shift: number, step: number): Instruction[] => [
    ['local.get', shift],
    ['local.get', step],
    ['i32.add'],
    ['local.set', shift],
  ];
  return {
    name: 'runs',
    exported: true,
    parameters: ['i32', 'i32', 'i32', 'i32'],
    results: [],
    locals: ['i32'],
    body: [
      ['loop'],
      ['local.get', inputShift],
      ['local.get', outputShift],
      ['call', run],
      ...advance(inputShift, inputStep),
      ...advance(outputShift, outputStep),
      ['local.get', count],
      ['i32.const', 1],
      ['i32.sub'],
      ['local.tee', count],
      ['br_if', 0],
      ['end'],
    ],
  };
}

function dataOf(program: Program, layout: Layout): { offset: number; bytes: Uint8Array }[] {
  const size = bytesOf(program.dtype);
  const raw = (a: ArrayBufferView): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const constants = [...program.constants].map(([id, data]) => {
    const stored = program.stored.get(id);
    return stored
      ? { offset: codesAddress(program, id), bytes: raw(stored.codes) }
      : {
          offset: program.buffers[id].offset * size,
          bytes: raw(new numberFormats[program.dtype].array(data)),
        };
  });
  const tables = [...layout.tables].map(([t, offset]) => ({ offset, bytes: raw(tableBytes(program, t)) }));
  return [...constants, ...tables];
}

/** Does this engine accept a function from vector to vector? */
function accepts(body: readonly Instruction[]): boolean {
  const bytes = encodeModule({
    memory: { pages: 1 },
    functions: [
      { name: 'probe', exported: false, parameters: ['v128'], results: ['v128'], locals: [], body },
    ],
    data: [],
  });
  return wasmRefusal() === null && WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>);
}

let simd: boolean | undefined;
let fma: boolean | undefined;

/** Does this engine have 128-bit SIMD? */
export const hasSimd = (): boolean => (simd ??= accepts([['local.get', 0]]));
/** Does this engine have relaxed SIMD, and with it fused multiply-add? */
export const hasFma = (): boolean =>
  (fma ??= accepts([['local.get', 0], ['local.get', 0], ['local.get', 0], ['f32x4.relaxed_madd']]));

/**
 * The WebAssembly backend, with 128-bit vectors. Throws UnsupportedError where the engine has no SIMD or the
 * page's policy forbids it.
 */
export const wasmBackend: Backend = {
  name: 'wasm',
  instantiate<F extends Format>(program: Program<F>, { relaxed = false } = {}) {
    requireScope('wasm', wasmRefusal());
    if (program.kernels.some((k) => k.vector !== null) && !hasSimd())
      throw new UnsupportedError(
        'this engine has no WebAssembly SIMD; compile with vectors: false, or use the js backend',
      );
    const fused = relaxed && hasFma();
    const size = bytesOf(program.dtype);
    const place = takePlace(layoutOf(program, 0).bytes);
    const layout = layoutOf(program, place.from);
    const bytes = encodeModule(importingModule(program, layout, place, fused));
    const { memory } = place;
    const arena = new numberFormats[program.dtype].array(
      memory.buffer,
      place.from,
      program.arena,
    ) as ArrayOf<F>;
    for (const [t, offset] of layout.tables)
      new Int32Array(memory.buffer, offset, t.length).set(tableBytes(program, t));
    const compiled = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    const { once, runs } = new WebAssembly.Instance(compiled, { env: { memory } }).exports as {
      once: () => void;
      runs: (count: number, inputStep: number, outputStep: number, inputShift: number) => void;
    };
    return hostExecutable(program, arena, {
      backend: 'wasm',
      codeBytes: bytes.length,
      simd: program.kernels.some((k) => k.vector !== null) ? lanesOf(program.dtype) : 1,
      fma: fused,
      run(count, inputStep = 0, outputStep = 0, inputShift = 0) {
        if (count === undefined) once();
        else if (count > 0) runs(count, inputStep * size, outputStep * size, inputShift * size);
      },
    });
  },
};
