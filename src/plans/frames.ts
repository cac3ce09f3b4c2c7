/** Transforms of many frames of one signal per run: float64, one program per size, its memory a block of frames. */
import { viewOf, type FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { hasSimd } from '../backends/wasm/wasm.ts';
import { input, parameter, type Graph } from '../ir/graph.ts';
import type { View } from '../ir/view.ts';
import { exactTransform } from '../model/exact.ts';
import type { BatchEnd } from './batch.ts';
import { PlanCache } from './cache.ts';
import { programOf } from './compiled.ts';
import { describePlan } from './plan.ts';

/** Frames of a block and a size, so that a block stays within the caches. */
const blockFramesOf = (n: number): number => Math.max(1, Math.min(64, Math.floor(2 ** 16 / n)));

/** A program over a block of frames. */
interface FrameBlock {
  /** Frames that one run may hold. */
  readonly frames: number;
  /** Inputs, outputs and parameters by name. */
  view(name: string): FloatArray;
  /** Transforms so many frames, whose inputs lie `inputStep` numbers apart and whose outputs `outputStep`. */
  run(frames: number, inputStep: number, outputStep: number): void;
  dispose(): void;
}

const kept = /* @__PURE__ */ new PlanCache<number, FrameBlock>(32);

const alone = (tensor: View['tensor']): View => ({ tensor, offset: 0, stride: 1, lane: 1 });

/** samples [n] times window [n], a parameter, to re and im [bins]; or re and im to samples [n]. */
function graphOf(n: number, inverse: boolean): Graph {
  const transform = describePlan({ n, input: 'real', inverse, dtype: 'f64' });
  const bins = Math.floor(n / 2) + 1;
  const source = inverse
    ? { re: alone(input('re', [bins])), im: alone(input('im', [bins])) }
    : { re: { ...alone(input('samples', [n])), scale: { ...alone(parameter('window', [n])), lane: 0 } } };
  const results = exactTransform(transform, source, 1, {
    layout: 'planar',
    stride: 1,
    dtype: 'f64',
  });
  const names = inverse ? ['samples'] : ['re', 'im'];
  return { outputs: Object.fromEntries(names.map((name, i) => [name, results[i]])) };
}

function newBlock(n: number, inverse: boolean): FrameBlock {
  const bins = Math.floor(n / 2) + 1;
  const frames = blockFramesOf(n);
  const backend = defaultBackend();
  const end = (names: Record<string, string>, points: number): BatchEnd => ({
    names,
    points,
    width: 1,
    stride: 1,
    distance: points,
  });
  const [signal, spectrum] = [end({ samples: 'samples' }, n), end({ re: 're', im: 'im' }, bins)];
  const [from, to] = inverse ? [spectrum, signal] : [signal, spectrum];
  const batch = { count: frames, lanes: 1, input: from, output: to };
  const vectors = backend.name === 'wasm' && hasSimd();
  const { program } = programOf({ graph: graphOf(n, inverse), batch }, 'f64', vectors);
  const executable = backend.instantiate(program, { relaxed: true });
  const named = { ...program.inputs, ...program.outputs, ...program.parameters };
  const views = new Map(Object.keys(named).map((name) => [name, viewOf(executable, name)]));
  // An input that no result depends on (the imaginary part of bin 0) has no place in the program.
  const unread = new Float64Array(frames * bins);
  return {
    frames,
    view: (name) => views.get(name) ?? unread,
    run: executable.runMany,
    dispose: executable.dispose,
  };
}

/** The kept program of frames of n samples. */
export const frameBlock = (n: number, inverse: boolean): FrameBlock =>
  kept.get(2 * n + (inverse ? 1 : 0), n * blockFramesOf(n), () => newBlock(n, inverse));
