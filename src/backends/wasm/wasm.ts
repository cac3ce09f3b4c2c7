/** The WebAssembly backend: one module per program, 128-bit SIMD, a memory of fixed size that the executable owns. */
import { bytesOf, tablesOf, type Program } from '../../compiler/kernel.ts';
import { fillConstants, type Backend, type Executable, type FloatArray } from '../backend.ts';
import { KernelCode } from './code.ts';
import { encodeModule, type WasmFunction, type WasmModule } from './emitter.ts';

const pageBytes = 65536;

/** Byte layout of a program's memory: the arena, then the offset tables. */
interface Layout {
  readonly tables: ReadonlyMap<Int32Array, number>;
  readonly bytes: number;
}

function layoutOf(program: Program): Layout {
  let at = program.arena * bytesOf(program.dtype);
  const tables = new Map<Int32Array, number>();
  for (const t of tablesOf(program)) {
    tables.set(t, at);
    at += 4 * t.length;
  }
  return { tables, bytes: at };
}

/** Offset tables as byte offsets. */
function tableBytes(program: Program, t: Int32Array): Int32Array {
  return t.map((x) => x * bytesOf(program.dtype));
}

/**
 * The module of a program. `run(inputShift, outputShift)` takes byte shifts.
 * Standalone: exports its memory and carries constants and tables as data; otherwise memory is imported as `env.memory`.
 */
export function wasmModule(program: Program, standalone: boolean): WasmModule {
  const layout = layoutOf(program);
  const kernels = program.kernels.map((kernel, i): WasmFunction => {
    const code = new KernelCode(kernel, program, { dtype: program.dtype, tables: layout.tables });
    return {
      name: `kernel${i}`,
      exported: false,
      parameters: ['i32', 'i32'],
      results: [],
      locals: code.locals,
      body: code.body,
    };
  });
  const run: WasmFunction = {
    name: 'run',
    exported: true,
    parameters: ['i32', 'i32'],
    results: [],
    locals: [],
    body: kernels.flatMap((_, i) => [
      ['local.get', 0] as const,
      ['local.get', 1] as const,
      ['call', i] as const,
    ]),
  };
  const pages = Math.max(1, Math.ceil(layout.bytes / pageBytes));
  return {
    memory: {
      minimumPages: pages,
      maximumPages: pages,
      ...(standalone ? { exportName: 'memory' } : { import: { module: 'env', name: 'memory' } }),
    },
    functions: [...kernels, run],
    data: standalone ? dataOf(program, layout) : [],
  };
}

function dataOf(program: Program, layout: Layout): { offset: number; bytes: Uint8Array }[] {
  const size = bytesOf(program.dtype);
  const raw = (a: Float32Array | Float64Array | Int32Array): Uint8Array =>
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const constants = [...program.constants].map(([id, data]) => ({
    offset: program.buffers[id].offset * size,
    bytes: raw(program.dtype === 'f32' ? Float32Array.from(data) : data),
  }));
  const tables = [...layout.tables].map(([t, offset]) => ({ offset, bytes: raw(tableBytes(program, t)) }));
  return [...constants, ...tables];
}

export const wasmBackend: Backend = {
  name: 'wasm',
  instantiate(program): Executable {
    const module = wasmModule(program, false);
    const bytes = encodeModule(module);
    const memory = new WebAssembly.Memory({
      initial: module.memory.minimumPages,
      maximum: module.memory.maximumPages,
    });
    const compiled = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    const { run } = new WebAssembly.Instance(compiled, { env: { memory } }).exports as {
      run: (input: number, output: number) => void;
    };
    const size = bytesOf(program.dtype);
    const arena: FloatArray =
      program.dtype === 'f32'
        ? new Float32Array(memory.buffer, 0, program.arena)
        : new Float64Array(memory.buffer, 0, program.arena);
    fillConstants(program, arena);
    for (const [t, offset] of layoutOf(program).tables)
      new Int32Array(memory.buffer, offset, t.length).set(tableBytes(program, t));
    return {
      backend: 'wasm',
      program,
      arena,
      codeBytes: bytes.length,
      run: (inputShift = 0, outputShift = 0) => run(inputShift * size, outputShift * size),
    };
  },
};
