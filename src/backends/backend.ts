/**
 * What a backend is: something that makes an executable of a program. The contract is bitwise: without fma, every
 * backend gives the bits of the kernel interpreter (reference.ts). A backend that cannot run a program throws
 * UnsupportedError with op, dtype and backend; it never runs another one instead.
 */
import { InvalidArgumentError } from '../errors.ts';
import type { Dtype, Format, Program } from '../compiler/kernel.ts';
import { newArray, type ArrayOf } from '../compiler/number-format.ts';

export type { FloatArray } from '../compiler/number-format.ts';

/** Names of the backends: the interpreter, JavaScript, WebAssembly. */
export type BackendName = 'reference' | 'js' | 'wasm';

/** A program made ready to run, wherever its memory is. */
export interface Executable<F extends Format = Dtype> {
  readonly backend: BackendName;
  readonly program: Program<F>;
  /** Copies numbers into an input or parameter, from its first one on. Throws InvalidArgumentError for an unknown name, and for too many. */
  write(name: string, numbers: ArrayLike<number>): void;
  /** A copy of an input, output or parameter. Throws InvalidArgumentError for an unknown name. */
  read(name: string): ArrayOf<F> | Promise<ArrayOf<F>>;
  /** Executes all kernels once. */
  run(): void | Promise<void>;
  /** Lets go of the memory. Used afterwards it throws InvalidArgumentError. */
  dispose(): void;
}

/** An executable in the memory of its host, where it runs at once. `viewOf` finds its inputs, outputs and parameters; views outlive it. */
export interface HostExecutable<F extends Format = Dtype> extends Executable<F> {
  /** The whole memory of the program, as elements of its dtype. Never grows, so views stay attached. */
  readonly arena: ArrayOf<F>;
  read(name: string): ArrayOf<F>;
  /**
   * `count` runs, 1 by default. Run i reads its inputs inputShift + i inputStep elements further on, and writes its outputs i outputStep
   * elements further on: one program serves consecutive batches of a longer input or output (see `reserve` in CompileOptions).
   */
  run(count?: number, inputStep?: number, outputStep?: number, inputShift?: number): void;
  /** Bytes of generated code; 0 for the interpreter. */
  readonly codeBytes: number;
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
  instantiate<F extends Format>(program: Program<F>, options?: InstantiateOptions): HostExecutable<F>;
}

function refuseDisposed(): never {
  throw new InvalidArgumentError('this program was disposed; instantiate it again to run it');
}

/** What a backend makes of a program; the arena holds its constants from here on. */
export function hostExecutable<F extends Format>(
  program: Program<F>,
  arena: ArrayOf<F>,
  made: Pick<HostExecutable<F>, 'backend' | 'codeBytes' | 'simd' | 'fma' | 'run'>,
): HostExecutable<F> {
  // The numbers that stored constants decode to.
  for (const [id, data] of program.constants) arena.set(data, program.buffers[id].offset);
  const executable: { -readonly [K in keyof HostExecutable<F>]: HostExecutable<F>[K] } = {
    ...made,
    program,
    arena,
    write(name: string, numbers: ArrayLike<number>): void {
      const view = viewOf(executable, name);
      if (numbers.length > view.length)
        throw new InvalidArgumentError(
          `${numbers.length} numbers for "${name}"; expected at most ${view.length}`,
        );
      view.set(numbers);
    },
    read: (name: string): ArrayOf<F> => viewOf(executable, name).slice() as ArrayOf<F>,
    dispose(): void {
      executable.arena = newArray(program.dtype, 0);
      executable.run = executable.write = executable.read = refuseDisposed;
      executable.dispose = () => undefined;
    },
  };
  return executable;
}

/**
 * View of a named input, parameter or output, or of its first `length` elements, in the executable's own memory.
 * Throws InvalidArgumentError for an unknown name, and for one of two things.
 */
export function viewOf<F extends Format>(e: HostExecutable<F>, name: string, length?: number): ArrayOf<F> {
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
  return e.arena.subarray(offset, offset + (length ?? size)) as ArrayOf<F>;
}

/** `run` of backends that have no loop of their own for it. */
export const repeated =
  (run: (inputShift: number, outputShift: number) => void): HostExecutable['run'] =>
  (count = 1, inputStep = 0, outputStep = 0, inputShift = 0) => {
    for (let i = 0; i < count; i++) run(inputShift + i * inputStep, i * outputStep);
  };
