/** Front ends on a GPU: from samples to features in one dispatch, frames as rows. */
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import type { GpuDevice, GpuEncoder } from '../backends/webgpu/gpu.ts';
import { ReadyShader, requireTarget, type GpuTarget } from '../backends/webgpu/dispatch.ts';
import { printShader, type Shader } from '../backends/webgpu/shader.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import type { PaddingMode } from '../numeric/padding.ts';
import { checkArgument, checkOptions, whole, type OptionTable } from '../options.ts';
import { requireFrames, transformsBy } from '../plans/feature-graphs.ts';
import { largestSampleOf, requireHeldNumbers } from '../plans/features.ts';
import { gpuChain } from '../plans/gpu-chain.ts';
import {
  ArrayRuns,
  batchRule,
  checkDevice,
  gpuCompilation,
  lanesRule,
  numbersOf,
  reportOf,
  shapeOn,
  type GpuReport,
  type GpuShape,
} from '../plans/gpu-plan.ts';
import { firstUnusable } from '../numeric/samples.ts';
import { headWidth } from '../spectral/banks.ts';
import { hasFinish, paddingOf } from '../spectral/features.ts';
import { hasClipSteps, headFrames, samplesBefore, type HeadConfig } from '../spectral/head.ts';
import { featureHead, type PresetName } from '../spectral/presets.ts';
import { exactFrontEnd, type FrontEnd } from './front-end.ts';
import { inferenceGraph } from './graphs.ts';
import { requireReadSamples } from './standalone.ts';
import { validateFrontEnd } from './validate.ts';

/** How features are computed on a GPU. */
export type GpuFeatureOptions = GpuShape;

const gpuFeatureOptions: OptionTable<GpuFeatureOptions> = { lanes: lanesRule };

/** What `encode` binds: buffers with usage STORAGE, or parts of them. */
export interface GpuFeatureEnds {
  /** Clips of float32 samples, one behind the other. */
  readonly input: GpuTarget;
  /** [clips, frames, width] */
  readonly output: GpuTarget;
  /** Samples of a clip. */
  readonly samples: number;
  /** Default 1. */
  readonly clips?: number;
}

/** A front end on a GPU. */
export interface GpuFeaturePlan {
  readonly head: HeadConfig;
  /** Numbers per frame. */
  readonly width: number;
  readonly report: GpuReport;
  /** Frames of a clip of so many samples; 0 when it is too short. */
  frames(samples: number): number;
  /**
   * Adds one dispatch to an encoder of the plan's device; submits nothing. Samples are not looked at: those that are not finite make
   * numbers that are not. Throws InvalidArgumentError for clips that are too short and buffers that are too small or no storage, DeviceLostError.
   */
  encode(encoder: GpuEncoder, ends: GpuFeatureEnds): void;
  /** Features [frames, width] of one clip: uploads, submits, reads back. Throws as `encode` does, and for a sample that is not finite. */
  run(samples: ArrayLike<number>): Promise<Float32Array>;
  /** Lets go of the plan's memory on the device; used afterwards it throws. */
  dispose(): void;
}

/** Bodies of WGSL functions: which of n samples stands at a position, as `sampleAt` of numeric/padding.ts. */
const places: Readonly<Record<PaddingMode, string>> = {
  reflect: `  if (n == 1) { return 0; }
  let period = 2 * (n - 1);
  let i = ((at % period) + period) % period;
  return min(i, period - i);
`,
  symmetric: `  let period = 2 * n;
  let i = ((at % period) + period) % period;
  return min(i, period - 1 - i);
`,
  edge: '  return clamp(at, 0, n - 1);\n',
  constant: '  return -1;\n',
};

/** The front end of what is asked for. Throws InvalidArgumentError for none, UnsupportedError for one that has to know more than a frame. */
function frontOf(source: PresetName | HeadConfig | FrontEnd): FrontEnd {
  const isFront = typeof source === 'object' && source !== null && 'head' in source;
  const front = isFront ? source : exactFrontEnd(typeof source === 'string' ? featureHead(source) : source);
  validateFrontEnd(front);
  const { head } = front;
  const refuse = (what: string): never => {
    throw new UnsupportedError(`${what} on webgpu; expected a head whose steps are per frame`);
  };
  if (head.average !== 'none') refuse(`average ${head.average}`);
  if (head.spectrum === 'complex') refuse('a complex spectrum');
  if (head.pcen) refuse('pcen');
  if (hasClipSteps(head)) refuse(head.deltas ? 'deltas' : 'normalize');
  if (hasFinish(head))
    refuse(
      head.bank?.kind === 'descriptors' ? 'descriptors' : 'a log.range, or a reference, of the whole clip',
    );
  requireHeldNumbers(head, 'f32');
  return front;
}

/** The shader of a front end: a frame is a row. */
function shaderOf(front: FrontEnd, device: GpuDevice, options: GpuShape): Shader {
  const { head } = front;
  const width = headWidth(head);
  const program = compileGraph(
    inferenceGraph(front, 1, transformsBy(gpuChain, gpuChain)),
    gpuCompilation({ features: width }),
  );
  requireReadSamples(program);
  const { fit, signalPreEmphasis: emphasis = 0 } = head;
  const place = `  let n = ${fit === null ? 'samples' : fit};
  if (at >= 0 && at < n) { return select(-1, at, at < samples); }
${places[paddingOf(head)].replaceAll(/return (min.*|clamp.*);/g, 'let other = $1;\n  return select(-1, other, other < samples);')}`;
  const before = samplesBefore(head);
  const isWhole = before <= 0 && fit === null && head.framing === 'inside' && emphasis === 0;
  return printShader(program, {
    title: `Features of ${head.nFft} samples every ${head.hop}: ${width} numbers`,
    steps: { samples: { step: head.hop, group: 'input' }, features: { step: width, group: null } },
    ...(isWhole ? {} : { padded: { samples: { shift: before, place, emphasis: Math.fround(emphasis) } } }),
    ...shapeOn(device, options),
  });
}

/**
 * Plans a front end on a caller's device: a preset, a head or a learned front end, whose steps are all per frame. Throws
 * InvalidArgumentError for what is no front end, UnsupportedError for heads that have to know the clip and for limits (named with what
 * the device has), DeviceLostError.
 */
export async function planGpuFeatures(
  device: GpuDevice,
  source: PresetName | HeadConfig | FrontEnd,
  options: GpuFeatureOptions = {},
): Promise<GpuFeaturePlan> {
  checkDevice(device);
  checkOptions('planGpuFeatures', options, gpuFeatureOptions);
  const front = frontOf(source);
  const { head } = front;
  const shader = shaderOf(front, device, options);
  const ready = await ReadyShader.of(device, shader);
  const arrays = new ArrayRuns(device);
  const width = headWidth(head);
  const limit = largestSampleOf(head, 'f32');
  const plan: GpuFeaturePlan = {
    head,
    width,
    report: reportOf([shader], [1]),
    frames: (samples) => headFrames(head, samples),
    encode(encoder, { input, output, samples, clips = 1 }) {
      checkArgument('samples', samples, whole());
      checkArgument('clips', clips, batchRule);
      const frames = requireFrames(head, samples);
      const targets = {
        samples: requireTarget('input', input, samples * clips),
        features: requireTarget('output', output, frames * width * clips),
      };
      ready.encode(encoder, targets, { rows: frames * clips, inner: frames, input: samples, samples });
    },
    async run(samples) {
      const x = numbersOf('samples', samples);
      const bad = firstUnusable(x, 0, x.length, limit);
      if (bad >= 0)
        throw new InvalidArgumentError(`sample ${bad} is ${x[bad]}; expected a finite number below ${limit}`);
      const frames = requireFrames(head, x.length);
      return arrays.run(x, frames * width, (encoder, input, output) =>
        plan.encode(encoder, { input, output, samples: x.length }),
      );
    },
    dispose() {
      ready.dispose();
      arrays.dispose();
    },
  };
  return plan;
}
