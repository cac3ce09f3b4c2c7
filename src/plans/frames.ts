/** Transforms of many frames of one signal per run: float64, one program per size, its memory a block of frames. */
import type { FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { hasSimd } from '../backends/wasm/wasm.ts';
import { parameter } from '../ir/graph.ts';
import { elementsOf, type BatchEnd } from './batch.ts';
import { PlanCache } from './cache.ts';
import { arrayOf, programOf } from './compiled.ts';
import { graphOf } from './plan.ts';

/** Frames of a block and a size, so that a block stays within the caches. */
const blockFramesOf = (n: number): number => Math.max(1, Math.min(64, Math.floor(2 ** 16 / n)));

/** A program over a block of frames. */
interface FrameBlock {
  /** Frames that one run may hold. */
  readonly frames: number;
  /** Samples [frames, n], or re and im [frames, bins]; of the other kind at the other end. */
  readonly input: readonly FloatArray[];
  readonly output: readonly FloatArray[];
  /** [n], of a forward transform. */
  readonly window: FloatArray;
  /** Transforms so many frames, whose inputs lie `inputStep` numbers apart and whose outputs `outputStep`. */
  run(frames: number, inputStep: number, outputStep: number): void;
  dispose(): void;
}

const kept = /* @__PURE__ */ new PlanCache<number, FrameBlock>(32);

/** inputRe [n] times window [n], a parameter, to outputRe and outputIm [bins]; or inputRe and inputIm to outputRe [n]. */
function newBlock(n: number, inverse: boolean): FrameBlock {
  const frames = blockFramesOf(n);
  const backend = defaultBackend();
  const window = { tensor: parameter('window', [n]), offset: 0, stride: 1, lane: 0 };
  const options = { n, input: 'real', inverse, dtype: 'f64', batch: frames } as const;
  const planned = graphOf(options, inverse ? undefined : window);
  const { program } = programOf(planned, 'f64', backend.name === 'wasm' && hasSimd());
  const executable = backend.instantiate(program, { relaxed: true });
  const views = (end: BatchEnd): FloatArray[] =>
    Object.values(end.names).map((name) => arrayOf(executable, name, elementsOf(end, frames)));
  return {
    frames,
    input: views(planned.batch.input),
    output: views(planned.batch.output),
    window: arrayOf(executable, 'window', n),
    run: executable.run,
    dispose: executable.dispose,
  };
}

/** The kept program of frames of n samples. */
export const frameBlock = (n: number, inverse: boolean): FrameBlock =>
  kept.get(2 * n + (inverse ? 1 : 0), n * blockFramesOf(n), () => newBlock(n, inverse));
