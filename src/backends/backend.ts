/**
 * What a backend is: something that makes an executable of a program. The contract is bitwise: without fma, every
 * backend gives the bits of the kernel interpreter (reference.ts). A backend that cannot run a program throws
 * UnsupportedError with op, dtype and backend; it never runs another one instead.
 */
import { InvalidArgumentError } from '../errors.ts';
import type { Program } from '../compiler/kernel.ts';
import { newArray, type FloatArray } from '../compiler/number-format.ts';

export type { FloatArray } from '../compiler/number-format.ts';

/** Names of the backends: the interpreter, JavaScript, WebAssembly. */
export type BackendName = 'reference' | 'js' | 'wasm';

/** A program made ready to run, with its memory. `viewOf` finds its inputs, outputs and parameters. */
export interface Executable {
  readonly backend: BackendName;
  readonly program: Program;
  /** The whole memory of the program, as elements of its dtype. Never grows, so views stay attached. */
  readonly arena: FloatArray;
  /** Bytes of generated code; 0 for the interpreter. */
  readonly codeBytes: number;
  /**
   * Execute all kernels once. The shifts, in elements, move every input and output address: one program serves
   * consecutive batches in a longer input or output (see `reserve` in CompileOptions).
   */
  run(inputShift?: number, outputShift?: number): void;
  /** One run in place: `run(0, 0)` by the shortest way. */
  readonly runOnce: () => void;
  /** `count` runs, each `inputStep` and `outputStep` elements further. */
  runMany(count: number, inputStep: number, outputStep: number): void;
  /** Lets go of the memory; views that are held keep theirs. Running it afterwards throws InvalidArgumentError. */
  dispose(): void;
  /** Elements per vector instruction. */
  readonly simd: number;
  /** Are multiplications fused into additions? */
  readonly fma: boolean;
}

/** Options of `Backend.instantiate`. */
export interface InstantiateOptions {
  /**
   * Round less often than the interpreter where that is faster: fused multiply-add on wasm (relaxed SIMD), float64
   * intermediates of float32 on js. A little more accurate, but not bitwise. Default false.
   */
  readonly relaxed?: boolean;
}

/** Makes programs ready to run. All backends give the same bits. */
export interface Backend {
  readonly name: BackendName;
  /** Memory and code for a program, constants in place. Throws UnsupportedError where this backend cannot run. */
  instantiate(program: Program, options?: InstantiateOptions): Executable;
}

/** Copy the constants of a program to their places: the numbers that stored ones decode to. */
export function fillConstants(program: Program, arena: FloatArray): void {
  for (const [id, data] of program.constants) arena.set(data, program.buffers[id].offset);
}

function refuseDisposed(): never {
  throw new InvalidArgumentError('this program was disposed; instantiate it again to run it');
}

/** Disposes an executable: whoever still holds it holds no memory, and cannot run it. */
export function letGo(e: { -readonly [K in keyof Executable]: Executable[K] }): void {
  e.arena = newArray(e.program.dtype, 0);
  e.run = e.runOnce = e.runMany = refuseDisposed;
  e.dispose = () => undefined;
}

/**
 * View of a named input, parameter or output, or of its first `length` elements, in the executable's own memory.
 * Throws InvalidArgumentError for an unknown name, and for one of two things.
 */
export function viewOf(e: Executable, name: string, length?: number): FloatArray {
  const { inputs, outputs, parameters, buffers } = e.program;
  const [id, ...others] = [inputs, outputs, parameters].flatMap((ids) =>
    Object.hasOwn(ids, name) ? [ids[name]] : [],
  );
  if (others.some((other) => other !== id))
    throw new InvalidArgumentError(
      `"${name}" names an input or parameter and an output; expected outputs of other names`,
    );
  if (id === undefined)
    throw new InvalidArgumentError(
      `"${name}" is no input, output or parameter; there are ${[inputs, outputs, parameters].flatMap(Object.keys).join(', ')}`,
    );
  const { offset, size } = buffers[id];
  return e.arena.subarray(offset, offset + (length ?? size)) as FloatArray;
}

/** `runMany` of backends that have no loop of their own for it. */
export const repeat =
  (run: (inputShift: number, outputShift: number) => void): Executable['runMany'] =>
  (count, inputStep, outputStep) => {
    for (let i = 0; i < count; i++) run(i * inputStep, i * outputStep);
  };
