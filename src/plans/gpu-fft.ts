/** Exact transforms on a GPU: one dispatch up to 2048 points, two above. */
import { compileArithmetic } from '../compiler/pipeline.ts';
import { exactTransform, lengthsOf, type TransformPlan } from '../model/exact.ts';
import type { Norm } from '../model/network.ts';
import { checkArgument, checkOptions, oneOf, required, flag, type OptionTable } from '../options.ts';
import type { GpuDevice, GpuEncoder } from '../backends/webgpu/gpu.ts';
import { ReadyShader, requireBytes, requireTarget, type GpuTarget } from '../backends/webgpu/dispatch.ts';
import { printShader, type RowStep } from '../backends/webgpu/shader.ts';
import { normRule } from './compiled.ts';
import { gpuChain } from './gpu-chain.ts';
import {
  Between,
  fourStepOf,
  mostPoints,
  sourceOf,
  titleOf,
  twoPasses,
  type About,
  type FourStep,
  type Pass,
} from './gpu-four-step.ts';
import {
  ArrayRuns,
  batchRule,
  checkDevice,
  gpuCompilation,
  lanesRule,
  numbersOf,
  shapeOn,
  reportOf,
  type GpuReport,
  type GpuShape,
} from './gpu-plan.ts';
import { planTransform, sizeRule } from './strategy.ts';

/** What a plan on a GPU transforms; float32, complex numbers as re, im, re, im, ... */
export interface GpuFftOptions extends GpuShape {
  /** Points of the transform. Above 2048: a product of two numbers up to 2048 with factors up to 31. */
  readonly n: number;
  /** complex (default): n complex points in and out. real: n real samples against floor(n/2) + 1 bins. */
  readonly input?: 'complex' | 'real';
  /** Default false. With real input: bins in, samples out. */
  readonly inverse?: boolean;
  /** NumPy's meaning. Default backward: the inverse divides by n. */
  readonly norm?: Norm;
  /** Transforms of one run, one behind the other. Default 1; `encode` may be given another count. */
  readonly batch?: number;
}

export const fftOptions: OptionTable<GpuFftOptions> = {
  n: required(sizeRule),
  input: oneOf(['complex', 'real']),
  inverse: flag,
  norm: normRule,
  batch: batchRule,
  lanes: lanesRule,
};

/** What `encode` binds: buffers with usage STORAGE, or parts of them. */
export interface GpuEnds {
  readonly input: GpuTarget;
  readonly output: GpuTarget;
  /** Transforms; default: those of the plan. */
  readonly batch?: number;
}

/** A transform on a GPU. */
export interface GpuFftPlan {
  /** What will run, as data: a transform per dispatch. */
  readonly transforms: readonly TransformPlan[];
  /** Numbers of one transform. */
  readonly inputLength: number;
  readonly outputLength: number;
  readonly report: GpuReport;
  /**
   * Adds the transform to an encoder of the plan's device; submits nothing. Throws InvalidArgumentError for buffers that are too small, no
   * storage or one for both ends, UnsupportedError for more bytes than the device binds, DeviceLostError.
   */
  encode(encoder: GpuEncoder, ends: GpuEnds): void;
  /** Transforms an array of `batch` transforms: uploads, submits, reads back. Throws as `encode` does. */
  run(array: ArrayLike<number>): Promise<Float32Array>;
  /** Lets go of the plan's memory on the device; used afterwards it throws. */
  dispose(): void;
}

const even = (step: number): RowStep => ({ step, group: null });

/** A transform that fits into a workgroup. */
function onePass(about: About, options: GpuFftOptions, device: GpuDevice): Pass {
  const transform = planTransform(about, gpuChain(about.n) ?? undefined);
  const { in: from, out: to } = lengthsOf(about);
  const isReal = about.input === 'real';
  const inputIsReal = isReal && about.direction === 'forward';
  const outputIsReal = isReal && about.direction === 'inverse';
  const results = exactTransform(transform, sourceOf('x', from, inputIsReal, 1), 1, {
    layout: 'interleaved',
    stride: 1,
  });
  const numbers = (points: number, real: boolean): number => (real ? 1 : 2) * points;
  const live = numbers(to, outputIsReal);
  const program = compileArithmetic({ outputs: { y: results[0] } }, gpuCompilation({ y: live }));
  const shader = printShader(program, {
    title: titleOf(about),
    steps: { x: even(numbers(from, inputIsReal)), y: even(live) },
    ...shapeOn(device, options),
  });
  return { transform, shader };
}

type Encode = (encoder: GpuEncoder, ends: Required<GpuEnds>) => void;

/** How the dispatches of a plan are encoded, and what they hold. */
function encoderOf(
  device: GpuDevice,
  shaders: readonly ReadyShader[],
  split: FourStep | null,
  lengths: readonly [number, number],
): { encode: Encode; dispose: () => void } {
  const [first, second] = shaders;
  if (!split)
    return {
      encode: (encoder, { input: x, output: y, batch }) => first.encode(encoder, { x, y }, { rows: batch }),
      dispose: () => first.dispose(),
    };
  const between = new Between(device, split);
  return {
    encode(encoder, { input: x, output: y, batch }) {
      const middle = between.of(batch);
      const [one, two] = between.counts(batch, ...lengths);
      first.encode(encoder, { x, y: middle }, one);
      second.encode(encoder, { x: middle, roots: between.roots, y }, two);
    },
    dispose: () => between.dispose(shaders),
  };
}

/**
 * Plans exact transforms on a caller's device: float32, unnormalised forward, one dispatch up to 2048 points. Throws
 * InvalidArgumentError for impossible options, UnsupportedError for sizes and limits (named with what the device has),
 * DeviceLostError.
 */
export async function planGpuFft(device: GpuDevice, options: GpuFftOptions): Promise<GpuFftPlan> {
  checkDevice(device);
  checkOptions('planGpuFft', options, fftOptions);
  const { n, input: kind = 'complex', inverse = false, norm = 'backward', batch: planned = 1 } = options;
  const about = { n, input: kind, direction: inverse ? 'inverse' : 'forward', norm } as const;
  const split = n > mostPoints ? fourStepOf(about) : null;
  const { in: from, out: to } = lengthsOf(about);
  const inputLength = kind === 'real' && !inverse ? from : 2 * from;
  const outputLength = kind === 'real' && inverse ? to : 2 * to;
  const [rows, columns] = split?.rows ?? [0, 0];
  requireBytes(device, 4 * planned * Math.max(inputLength, outputLength, 2 * rows * columns));
  const passes = split ? twoPasses(split, shapeOn(device, options)) : [onePass(about, options, device)];
  const shaders = await Promise.all(passes.map(({ shader }) => ReadyShader.of(device, shader)));
  const { encode, dispose } = encoderOf(device, shaders, split, [inputLength, outputLength]);
  const arrays = new ArrayRuns(device);
  const plan: GpuFftPlan = {
    transforms: passes.map(({ transform }) => transform),
    inputLength,
    outputLength,
    report: reportOf(
      passes.map(({ shader }) => shader),
      split?.rows ?? [1],
    ),
    encode(encoder, { input: x, output: y, batch = planned }) {
      checkArgument('batch', batch, batchRule);
      encode(encoder, {
        input: requireTarget(device, 'input', x, batch * inputLength),
        output: requireTarget(device, 'output', y, batch * outputLength),
        batch,
      });
    },
    run: async (array) =>
      arrays.run(numbersOf('array', array, planned * inputLength), planned * outputLength, (encoder, x, y) =>
        plan.encode(encoder, { input: x, output: y }),
      ),
    dispose() {
      dispose();
      arrays.dispose();
    },
  };
  return plan;
}
