/**
 * Kernels: what backends execute. A kernel is a loop nest over buffers with one scalar body; a program is a list of
 * kernels over one arena. Both are plain data: printable, countable, and run as they stand by the kernel interpreter
 * (backends/reference.ts), which js and wasm equal bitwise.
 */
import { countOperations, type Expr } from '../ir/expr.ts';
import { sizeOf, type Combine, type Term } from '../ir/graph.ts';
import type { StoredTable } from '../ir/stored.ts';
import { bytesOf, type Dtype, type Format } from './number-format.ts';

export { bytesOf, lanesOf, type Dtype, type Format } from './number-format.ts';

/** Element address in a buffer: offset + sum of terms over the kernel's loops, outermost first. */
export interface KernelAccess {
  readonly buffer: number;
  readonly offset: number;
  readonly terms: readonly Term[];
}

/**
 * write: at every point. reduce: accumulated in registers over the loops from `reduceFrom` on, written once.
 * scatter: combined with memory at every point, in loop order; the buffer was filled before.
 */
export interface KernelStore extends KernelAccess {
  readonly mode: 'write' | 'reduce' | 'scatter';
  readonly combine: Combine;
}

export interface Kernel {
  readonly label: string;
  /** Loop extents, outermost first. */
  readonly extents: readonly number[];
  /** Loops with this index and above are reduction loops; extents.length when there is none. */
  readonly reduceFrom: number;
  /**
   * The loop that advances by one vector, or null for scalar code. When it is a reduction loop, partial sum l takes
   * the elements l, l + lanes, ...; the partial sums are then added pairwise: (p0 + p2) + (p1 + p3).
   */
  readonly vector: number | null;
  readonly loads: readonly KernelAccess[];
  readonly body: readonly Expr[];
  readonly stores: readonly KernelStore[];
}

export interface Buffer {
  readonly name: string;
  readonly kind: 'input' | 'parameter' | 'constant' | 'temporary' | 'output';
  /** Elements. */
  readonly size: number;
  /** First element in the arena. */
  offset: number;
  /** Of integers: how they stand for numbers. */
  readonly fixed?: FixedFormat;
}

/** An integer k of this format means k / 2^fraction. */
export interface FixedFormat {
  readonly fraction: number;
  /** What holds its integers where memory counts. */
  readonly bits: 16 | 32;
}

/** A compiled graph as plain data: kernels in order, buffers in one arena, and constants. */
export interface Program<F extends Format = Dtype> {
  readonly dtype: F;
  readonly kernels: readonly Kernel[];
  readonly buffers: readonly Buffer[];
  /** Contents of constant buffers. */
  readonly constants: ReadonlyMap<number, Float64Array>;
  /** Codes of the constants that files hold in fewer bits; they decode to `constants`. */
  readonly stored: ReadonlyMap<number, StoredTable>;
  /** Buffer ids by public name. */
  readonly inputs: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, number>>;
  /** Elements of the arena. */
  readonly arena: number;
}

/** A program of any number format. */
export type AnyProgram = Program<Format>;

/** Operations of one run, in real numbers; `other` is everything that is neither addition nor multiplication. */
export interface OperationCount {
  mul: number;
  add: number;
  other: number;
  loads: number;
  stores: number;
}

/** Real operations of one run of a kernel, counting each body once per point (loop-invariant parts once per change). */
export function countKernel(kernel: Kernel): OperationCount {
  const all = sizeOf(kernel.extents);
  const outer = sizeOf(kernel.extents.slice(0, kernel.reduceFrom));
  const { mul, add, other } = countOperations(kernel.body);
  const accumulated = kernel.stores.filter((s) => s.mode !== 'write').length;
  const reduced = kernel.stores.filter((s) => s.mode === 'reduce').length;
  return {
    mul: mul * all,
    add: (add + accumulated) * all - reduced * outer,
    other: other * all,
    loads: kernel.loads.length * all,
    stores: (kernel.stores.length - reduced) * all + reduced * outer,
  };
}

/** The operations of a program divided by what one run computes: per frame, per transform. */
export function countPer(program: AnyProgram, units: number): OperationCount {
  const counts = program.kernels.map(countKernel);
  const total = (key: keyof OperationCount): number => counts.reduce((sum, c) => sum + c[key], 0) / units;
  return {
    mul: total('mul'),
    add: total('add'),
    other: total('other'),
    loads: total('loads'),
    stores: total('stores'),
  };
}

/** Real operations of one run of a program. */
export const countProgram = (program: AnyProgram): OperationCount => countPer(program, 1);

/** Distinct offset tables of a program, in order of first use. */
export function tablesOf(program: AnyProgram): Int32Array[] {
  const tables = new Set<Int32Array>();
  for (const kernel of program.kernels)
    for (const a of [...kernel.loads, ...kernel.stores])
      for (const t of a.terms) if (typeof t !== 'number') tables.add(t);
  return [...tables];
}

/** Bytes of the tables of a program. */
export interface TableBytes {
  /** In a file: codes of quantised constants, numbers of the others, offset tables. */
  readonly stored: number;
  /** In memory while it runs: every constant as numbers of the dtype, offset tables. */
  readonly working: number;
}

/** Constants and offset tables, as the data segments of `wasmModule` hold them and as kernels read them. */
export function tableBytesOf(program: AnyProgram): TableBytes {
  const offsets = tablesOf(program).reduce((sum, t) => sum + 4 * t.length, 0);
  let [stored, working] = [offsets, offsets];
  for (const [id, data] of program.constants) {
    const numbers = data.length * bytesOf(program.dtype);
    working += numbers;
    stored += program.stored.get(id)?.codes.byteLength ?? numbers;
  }
  return { stored, working };
}
