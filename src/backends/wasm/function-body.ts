/** The function that kernels are written to, and what is known while one is. */
import type { AnyProgram, Kernel } from '../../compiler/kernel.ts';
import type { Instruction, ValueType } from './emitter.ts';

export interface CodeOptions {
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

  emit(...instruction: Instruction): void {
    this.body.push(instruction);
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

  /** The number of a new local that holds what is on the stack. */
  keep(type: ValueType): number {
    const local = this.take(type);
    this.emit('local.set', local);
    return local;
  }
}

/** A kernel on its way into a function whose parameters are the input and output shifts in bytes. */
export interface Writing {
  readonly kernel: Kernel;
  readonly program: AnyProgram;
  readonly options: CodeOptions;
  readonly out: FunctionBody;
}
