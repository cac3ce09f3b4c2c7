/** Exact transforms on a GPU: one dispatch up to 2048 points, two above. */
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { input, type Graph } from '../ir/graph.ts';
import type { View } from '../ir/view.ts';
import { compileArithmetic } from '../compiler/pipeline.ts';
import { exactTransform, lengthsOf, type TransformPlan } from '../model/exact.ts';
import type { Norm } from '../model/network.ts';
import { rootTable } from '../numeric/twiddle.ts';
import { checkOptions, oneOf, required, flag, type OptionTable } from '../options.ts';
import type { GpuBuffer, GpuDevice, GpuEncoder } from '../backends/webgpu/gpu.ts';
import { bufferUsage } from '../backends/webgpu/gpu.ts';
import {
  filledBuffer,
  ReadyShader,
  requireTarget,
  type GpuTarget,
  type RowCounts,
} from '../backends/webgpu/dispatch.ts';
import { printShader, type RowStep, type Shader } from '../backends/webgpu/shader.ts';
import { normRule } from './compiled.ts';
import { gpuChain } from './gpu-chain.ts';
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
  /** Points of the transform. Above 2048: complex, and a product of two numbers up to 2048 with factors up to 31. */
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

const fftOptions: OptionTable<GpuFftOptions> = {
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
   * Adds the transform to an encoder of the plan's device; submits nothing. Throws InvalidArgumentError for buffers that are too small or no
   * storage, DeviceLostError.
   */
  encode(encoder: GpuEncoder, ends: GpuEnds): void;
  /** Transforms an array of `batch` transforms: uploads, submits, reads back. Throws as `encode` does. */
  run(array: ArrayLike<number>): Promise<Float32Array>;
  /** Lets go of the plan's memory on the device; used afterwards it throws. */
  dispose(): void;
}

/** Most points that one workgroup transforms. */
const mostPoints = 2048;

const viewOf = (tensor: View['tensor'], offset: number, stride: number): View => ({
  tensor,
  offset,
  stride,
  lane: 0,
});

/** Real samples, or pairs `stride` pairs apart. */
function sourceOf(name: string, points: number, isReal: boolean, stride: number): { re: View; im?: View } {
  const width = isReal ? 1 : 2;
  const tensor = input(name, [width * ((points - 1) * stride + 1)]);
  const re = viewOf(tensor, 0, width * stride);
  return isReal ? { re } : { re, im: viewOf(tensor, 1, width * stride) };
}

/** One dispatch of a plan. */
interface Pass {
  readonly transform: TransformPlan;
  readonly shader: Shader;
}

const even = (step: number): RowStep => ({ step, group: null });

/** A transform that fits into a workgroup. */
function onePass(about: Omit<TransformPlan, 'chain'>, options: GpuFftOptions, device: GpuDevice): Pass {
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

const titleOf = ({ n, input: kind, direction, norm }: Omit<TransformPlan, 'chain'>): string =>
  `${direction === 'inverse' ? 'Inverse DFT' : 'DFT'} of ${n} ${kind} samples, norm ${norm}`;

/** The split n = a b with both up to 2048 and nearest to each other. Throws UnsupportedError where there is none. */
function splitOf(n: number): [number, number] {
  for (let a = Math.floor(Math.sqrt(n)); a * mostPoints >= n; a--)
    if (n % a === 0 && gpuChain(a) && gpuChain(n / a)) return [n / a, a];
  throw new UnsupportedError(
    `n = ${n} on webgpu; expected at most ${mostPoints} points, or a product of two such numbers with factors up to 31`,
  );
}

/**
 * Above: n = a b. First b columns of a points, b apart, then a rows of b points, whose samples are multiplied by the roots of n on the
 * way in (Gentleman & Sande 1966).
 */
function twoPasses(
  about: Omit<TransformPlan, 'chain'>,
  [a, b]: readonly [number, number],
  options: GpuFftOptions,
  device: GpuDevice,
): Pass[] {
  const shape = shapeOn(device, options);
  const plan = (n: number): TransformPlan => planTransform({ ...about, n }, gpuChain(n) ?? undefined);
  const pass = (
    transform: TransformPlan,
    graph: Graph,
    title: string,
    steps: Record<string, RowStep>,
  ): Pass => {
    const program = compileArithmetic(graph, gpuCompilation({}));
    return { transform, shader: printShader(program, { title, steps, ...shape }) };
  };
  const grouped = (step: number, group: RowStep['group']): RowStep => ({ step, group });
  const columns = exactTransform(plan(a), sourceOf('x', a, false, b), 1, {
    layout: 'interleaved',
    stride: 1,
  });
  const between = { ...sourceOf('x', b, false, a), factor: sourceOf('roots', b, false, a) };
  const rows = exactTransform(plan(b), between, 1, { layout: 'interleaved', stride: a });
  return [
    pass(plan(a), { outputs: { y: columns[0] } }, `${titleOf(about)}: columns of ${a}`, {
      x: grouped(2, 'input'),
      y: grouped(2 * a, 'output'),
    }),
    pass(plan(b), { outputs: { y: rows[0] } }, `${titleOf(about)}: rows of ${b}`, {
      x: grouped(2, 'input'),
      roots: { step: 2, group: 'none' },
      y: grouped(2, 'output'),
    }),
  ];
}

/** exp(-+ 2 pi i j k / n) at j a + k. */
function rootsOf(n: number, a: number, inverse: boolean): Float32Array {
  const root = rootTable(n);
  const table = new Float32Array(2 * n);
  for (let j = 0; j < n / a; j++)
    for (let k = 0; k < a; k++) {
      const at = 2 * (j * a + k);
      table[at] = root.re((j * k) % n);
      table[at + 1] = inverse ? -root.im((j * k) % n) : root.im((j * k) % n);
    }
  return table;
}

/** What goes from one dispatch to the next. */
class Between {
  private readonly device: GpuDevice;
  private buffer: GpuBuffer | null = null;

  constructor(device: GpuDevice) {
    this.device = device;
  }

  of(bytes: number): GpuBuffer {
    if (this.buffer && this.buffer.size >= bytes) return this.buffer;
    // Commands that are encoded may still use the smaller one: it is let go of, not destroyed.
    this.buffer = this.device.createBuffer({ size: bytes, usage: bufferUsage.storage });
    return this.buffer;
  }

  dispose(): void {
    this.buffer?.destroy();
    this.buffer = null;
  }
}

type Encode = (encoder: GpuEncoder, ends: Required<GpuEnds>) => void;

/** How the dispatches of a plan are encoded, and what they hold. */
function encoderOf(
  device: GpuDevice,
  shaders: readonly ReadyShader[],
  split: readonly [number, number] | null,
  inverse: boolean,
): { encode: Encode; dispose: () => void } {
  const [first, second] = shaders;
  if (!split)
    return {
      encode: (encoder, { input: x, output: y, batch }) => first.encode(encoder, { x, y }, { rows: batch }),
      dispose: () => first.dispose(),
    };
  const [a, b] = split;
  const roots = filledBuffer(device, rootsOf(a * b, a, inverse), bufferUsage.storage);
  const between = new Between(device);
  const counts = (batch: number, inner: number): RowCounts => ({
    rows: batch * inner,
    inner,
    input: 2 * a * b,
    output: 2 * a * b,
  });
  return {
    encode(encoder, { input: x, output: y, batch }) {
      const middle = between.of(8 * a * b * batch);
      first.encode(encoder, { x, y: middle }, counts(batch, b));
      second.encode(encoder, { x: middle, roots, y }, counts(batch, a));
    },
    dispose() {
      for (const s of shaders) s.dispose();
      roots.destroy();
      between.dispose();
    },
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
  if (n > mostPoints && kind === 'real')
    throw new UnsupportedError(
      `n = ${n} real samples on webgpu; expected at most ${mostPoints}, or complex ones`,
    );
  const split = n > mostPoints ? splitOf(n) : null;
  const passes = split ? twoPasses(about, split, options, device) : [onePass(about, options, device)];
  const shaders = await Promise.all(passes.map(({ shader }) => ReadyShader.of(device, shader)));
  const { in: from, out: to } = lengthsOf(about);
  const inputLength = kind === 'real' && !inverse ? from : 2 * from;
  const outputLength = kind === 'real' && inverse ? to : 2 * to;
  const { encode, dispose } = encoderOf(device, shaders, split, inverse);
  const arrays = new ArrayRuns(device);
  const plan: GpuFftPlan = {
    transforms: passes.map(({ transform }) => transform),
    inputLength,
    outputLength,
    report: reportOf(
      passes.map(({ shader }) => shader),
      split ? [split[1], split[0]] : [1],
    ),
    encode(encoder, { input: x, output: y, batch = planned }) {
      if (!batchRule.allows(batch))
        throw new InvalidArgumentError(`batch is ${batch}; expected ${batchRule.expected}`);
      encode(encoder, {
        input: requireTarget('input', x, batch * inputLength),
        output: requireTarget('output', y, batch * outputLength),
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
