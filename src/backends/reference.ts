/**
 * The kernel interpreter: runs the statements of every kernel one by one, rounding every operation to the dtype. Every buffer is an
 * array of its own, so that what leaves one finds nothing. Slow and obvious.
 */
import { roundedCarrier, type Carrier, type Expr } from '../ir/expr.ts';
import { termAt, type Combine } from '../ir/graph.ts';
import type { AnyProgram, Kernel } from '../compiler/kernel.ts';
import { newArray, numberFormats, type ArrayOf, type Format } from '../compiler/number-format.ts';
import { nestOf, type Place, type Statement } from '../compiler/statements.ts';
import { hostExecutable, repeated, type Backend } from './backend.ts';

/** Runs one kernel: variables are those of its statements. */
class Interpreter {
  private readonly buffers: readonly ArrayOf<Format>[];
  /** Every op, rounded. */
  private readonly k: Carrier<number>;
  private readonly nest: ReturnType<typeof nestOf>;
  private readonly values = new Map<Expr, number>();
  /** Index variables, by group and depth. */
  private readonly indices: number[][];
  /** Partial sums, by store. */
  private readonly sums: number[][] = [];

  constructor(kernel: Kernel, program: AnyProgram, buffers: readonly ArrayOf<Format>[]) {
    this.buffers = buffers;
    this.k = roundedCarrier(numberFormats[program.dtype].round);
    this.nest = nestOf(kernel, program);
    this.indices = this.nest.groups.map(() => []);
  }

  run(inputShift: number, outputShift: number): void {
    this.nest.groups.forEach(({ shift }, group) => {
      this.indices[group][0] = shift === null ? 0 : shift === 'input' ? inputShift : outputShift;
    });
    this.execute(this.nest.statements);
  }

  private valueOf = (e: Expr): number =>
    e.op === 'literal' ? this.k.literal(e.value) : (this.values.get(e) as number);

  private address({ access, index }: Place): number {
    return access.offset + this.indices[index.group][index.depth];
  }

  private combined(combine: Combine, a: number, b: number): number {
    if (combine === 'store') return b;
    return this.k[combine === 'max' ? 'max' : 'add'](a, b);
  }

  private execute(statements: readonly Statement[]): void {
    for (const s of statements) this.step(s);
  }

  private step(s: Statement): void {
    const { buffers, indices, sums, values } = this;
    switch (s.kind) {
      case 'loop':
        for (let i = s.from; i < s.extent; i += s.step) {
          for (const { index, from, term } of s.moves)
            indices[index.group][index.depth] = indices[from.group][from.depth] + termAt(term, i);
          this.execute(s.body);
        }
        return;
      case 'load':
        values.set(s.value, buffers[s.place.access.buffer][this.address(s.place)]);
        return;
      case 'let':
        values.set(s.value, this.k[s.op](...s.value.args.map(this.valueOf)));
        return;
      case 'start':
        sums[s.sum] = new Array<number>(s.partials).fill(s.combine === 'max' ? -Infinity : 0);
        return;
      case 'accumulate': {
        const partials = sums[s.sum];
        partials[s.partial] = this.combined(s.combine, partials[s.partial], this.valueOf(s.value));
        return;
      }
      case 'fold':
        for (let p = 0; p < s.by; p++)
          sums[s.sum][p] = this.combined(s.combine, sums[s.sum][p], sums[s.sum][p + s.by]);
        return;
      case 'store': {
        const [buffer, at] = [buffers[s.place.access.buffer], this.address(s.place)];
        const x = typeof s.value === 'number' ? sums[s.value][0] : this.valueOf(s.value);
        buffer[at] = this.combined(s.combine, buffer[at], x);
        return;
      }
      default:
        s satisfies never;
    }
  }
}

export const referenceBackend: Backend = {
  name: 'reference',
  instantiate(program) {
    const arena = newArray(program.dtype, program.arena);
    const buffers = program.buffers.map(
      ({ offset, size }) => arena.subarray(offset, offset + size) as ArrayOf<Format>,
    );
    const kernels = program.kernels.map((k) => new Interpreter(k, program, buffers));
    const run = repeated((inputShift, outputShift) => {
      for (const kernel of kernels) kernel.run(inputShift, outputShift);
    });
    return hostExecutable(program, arena, { backend: 'reference', codeBytes: 0, simd: 1, fma: false, run });
  },
};
