/** Front ends on a GPU: from samples to features, frames as rows; one dispatch, and more for what has to know the clip. */
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import type { GpuDevice, GpuEncoder } from '../backends/webgpu/gpu.ts';
import { largestShader, normalizedGroups, normalizeShader } from '../plans/gpu-clip.ts';
import { ReadyShader, requireTarget, type GpuTarget } from '../backends/webgpu/dispatch.ts';
import { printShader, type Shader } from '../backends/webgpu/shader.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import type { Graph } from '../ir/graph.ts';
import { requireVariance } from '../numeric/normalize.ts';
import type { PaddingMode } from '../numeric/padding.ts';
import { checkArgument, checkOptions, whole, type OptionTable } from '../options.ts';
import { frameProgram, requireFrames, transformsBy } from '../plans/feature-graphs.ts';
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
  Scratch,
  shapeOn,
  type GpuReport,
  type GpuShape,
} from '../plans/gpu-plan.ts';
import { firstUnusable } from '../numeric/samples.ts';
import { headWidth } from '../spectral/banks.ts';
import { frameWidth, paddingOf } from '../spectral/features.ts';
import { headFrames, samplesBefore, type HeadConfig } from '../spectral/head.ts';
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
   * Adds the dispatches to an encoder of the plan's device; submits nothing. Samples are not looked at: those that are not finite make
   * numbers that are not. Throws InvalidArgumentError for clips that are too short and buffers that are too small, no storage or one for both
   * ends, UnsupportedError for more bytes than the device binds, DeviceLostError.
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

/** The front end of what is asked for. Throws InvalidArgumentError for none, UnsupportedError for one that is not there on a GPU. */
function frontOf(source: PresetName | HeadConfig | FrontEnd): FrontEnd {
  const isFront = typeof source === 'object' && source !== null && 'head' in source;
  const front = isFront ? source : exactFrontEnd(typeof source === 'string' ? featureHead(source) : source);
  validateFrontEnd(front);
  const { head } = front;
  const refuse = (what: string): never => {
    throw new UnsupportedError(
      `${what} on webgpu; expected a head of frames, their largest level and a normalisation`,
    );
  };
  if (head.average !== 'none') refuse(`average ${head.average}`);
  if (head.spectrum === 'complex') refuse('a complex spectrum');
  if (head.pcen) refuse('pcen');
  if (head.deltas) refuse('deltas');
  if (head.bank?.kind === 'descriptors') refuse('descriptors');
  requireHeldNumbers(head, 'f32');
  return front;
}

/** The shader of a front end: a frame is a row. */
function shaderOf(front: FrontEnd, device: GpuDevice, options: GpuShape): Shader {
  const { head } = front;
  const width = frameWidth(head);
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

/** What runs, in order: frames up to their levels; the largest of each clip and the rest of a head under it; a normalisation. */
interface Stages<T> {
  readonly frames: T;
  readonly range: { readonly largest: T; readonly finish: T } | null;
  readonly normalize: T | null;
}

function stagesOf(front: FrontEnd, device: GpuDevice, options: GpuShape): Stages<Shader> {
  const { head } = front;
  const [inner, width] = [frameWidth(head), headWidth(head)];
  const { finish } = frameProgram(head, 1, () => ({ outputs: {} }));
  const { normalize = null, affine } = head;
  const finishing = (graph: Graph): Shader =>
    printShader(compileGraph(graph, gpuCompilation({ features: width })), {
      title: `${width} numbers of a frame from ${inner} levels and the largest of the clip`,
      steps: {
        values: { step: inner, group: null },
        reference: { step: 0, group: 'input' },
        features: { step: width, group: null },
      },
      ...shapeOn(device, options),
    });
  return {
    frames: shaderOf(front, device, options),
    range: finish && { largest: largestShader(inner), finish: finishing(finish()) },
    normalize: normalize && normalizeShader(normalize, affine, width),
  };
}

async function readied(stages: Stages<Shader>, device: GpuDevice): Promise<Stages<ReadyShader>> {
  const ready = (shader: Shader): Promise<ReadyShader> => ReadyShader.of(device, shader);
  const { frames, range, normalize } = stages;
  return {
    frames: await ready(frames),
    range: range && { largest: await ready(range.largest), finish: await ready(range.finish) },
    normalize: normalize && (await ready(normalize)),
  };
}

/** Those that there are, in order. */
const inOrder = <T>({ frames, range, normalize }: Stages<T>): T[] => [
  frames,
  ...(range ? [range.largest, range.finish] : []),
  ...(normalize ? [normalize] : []),
];

/** Frames of so many clips of so many samples, and where they come from and go to. */
interface Job extends Required<GpuFeatureEnds> {
  readonly frames: number;
}

/** Stages on a device, and what lies between them. */
class Dispatches {
  private readonly head: HeadConfig;
  private readonly stages: Stages<ReadyShader>;
  private readonly values: Scratch;
  private readonly references: Scratch;

  constructor(device: GpuDevice, head: HeadConfig, stages: Stages<ReadyShader>) {
    this.head = head;
    this.stages = stages;
    this.values = new Scratch(device);
    this.references = new Scratch(device);
  }

  get report(): GpuReport {
    const shaders = inOrder(this.stages).map(({ shader }) => shader);
    return reportOf(
      shaders,
      shaders.map(() => 1),
    );
  }

  encode(encoder: GpuEncoder, { input, output: features, samples, clips, frames }: Job): void {
    const { head, stages } = this;
    const rows = frames * clips;
    const [inner, width] = [frameWidth(head), headWidth(head)];
    const values = stages.range ? this.values.of(4 * rows * inner) : features;
    const counts = { rows, inner: frames, input: samples, samples };
    stages.frames.encode(encoder, { samples: input, features: values }, counts);
    if (stages.range) {
      const reference = this.references.of(4 * clips);
      const { largest, finish } = stages.range;
      largest.encode(encoder, { values, reference }, { rows: clips, input: frames * inner });
      finish.encode(encoder, { values, reference, features }, { rows, inner: frames, input: 1 });
    }
    if (!stages.normalize || !head.normalize) return;
    const groups = normalizedGroups(head.normalize, width);
    const numbers = { input: frames * width, samples: (frames * width) / groups };
    stages.normalize.encode(encoder, { features }, { rows: clips * groups, ...numbers });
  }

  dispose(): void {
    for (const ready of inOrder(this.stages)) ready.dispose();
    this.values.dispose();
    this.references.dispose();
  }
}

/**
 * Plans a front end on a caller's device: a preset, a head or a learned front end. One dispatch; two more where levels have a range below, or a
 * reference at, the largest of the clip, one more where they are normalised. Throws InvalidArgumentError for what is no front end,
 * UnsupportedError for heads with deltas, averages, PCEN, descriptors or complex spectra and for limits (named with what the device has),
 * DeviceLostError.
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
  const dispatches = new Dispatches(device, head, await readied(stagesOf(front, device, options), device));
  const arrays = new ArrayRuns(device);
  const width = headWidth(head);
  const limit = largestSampleOf(head, 'f32');
  const plan: GpuFeaturePlan = {
    head,
    width,
    report: dispatches.report,
    frames: (samples) => headFrames(head, samples),
    encode(encoder, { input, output, samples, clips = 1 }) {
      checkArgument('samples', samples, whole());
      checkArgument('clips', clips, batchRule);
      const frames = requireFrames(head, samples);
      if (head.normalize) requireVariance(head.normalize, frames, width);
      dispatches.encode(encoder, {
        input: requireTarget(device, 'input', input, samples * clips),
        output: requireTarget(device, 'output', output, frames * width * clips),
        samples,
        clips,
        frames,
      });
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
      dispatches.dispose();
      arrays.dispose();
    },
  };
  return plan;
}
