/** Features of arrays by WebAssembly or by WebGPU, whichever is faster on this machine. */
import type { GpuDevice } from '../backends/webgpu/gpu.ts';
import { requireBytes } from '../backends/webgpu/dispatch.ts';
import { checkOptions, required, whole, type OptionTable } from '../options.ts';
import { chosen, lineOf, type AutoTimes } from '../plans/auto.ts';
import { features, type FeatureExtractor } from '../plans/features.ts';
import { frameWidth } from '../spectral/features.ts';
import { frameLength, type HeadConfig } from '../spectral/head.ts';
import type { PresetName } from '../spectral/presets.ts';
import { frontProgram } from './compile.ts';
import type { FrontEnd } from './front-end.ts';
import { planGpuFeatures, type GpuFeaturePlan } from './gpu-features.ts';

/** What features are wanted of. */
export interface AutoFeatureOptions {
  /** Samples of a clip, for which the choice is made; others may be run. */
  readonly samples: number;
}

const autoOptions: OptionTable<AutoFeatureOptions> = { samples: required(whole(1)) };

/** A front end for arrays, where it was thought faster. */
export interface AutoFeaturePlan {
  readonly head: HeadConfig;
  /** Numbers per frame. */
  readonly width: number;
  /** webgpu, or the backend that `features` chooses: wasm, where this scope allows it. */
  readonly backend: string;
  /** Why, in one sentence, with what was measured. */
  readonly reason: string;
  /** Frames of a clip of so many samples; 0 when it is too short. */
  frames(samples: number): number;
  /** Features [frames, width] of one clip. Throws as `features` does, and DeviceLostError. */
  run(samples: ArrayLike<number>): Promise<Float32Array>;
  /** Lets go of the plan's memory; used afterwards it throws. */
  dispose(): void;
}

type Source = PresetName | HeadConfig | FrontEnd;

const isFront = (source: Source): source is FrontEnd =>
  typeof source === 'object' && source !== null && 'head' in source;

const extractorOf = (source: Source): FeatureExtractor =>
  features(isFront(source) ? frontProgram(source) : source);

/** Frames of the shorter and of the longer clip that are timed. */
const [fewFrames, manyFrames] = [16, 1024];

async function timesOf(gpu: GpuFeaturePlan, host: FeatureExtractor): Promise<AutoTimes> {
  const { head } = gpu;
  const samplesOf = (frames: number): number => frameLength(head) + frames * head.hop;
  const [few, many] = [samplesOf(fewFrames), samplesOf(manyFrames)];
  const clip = Float32Array.from({ length: many }, (_, i) => Math.sin(i));
  return {
    host: await lineOf(async (samples) => host.run(clip.subarray(0, samples)), few, many),
    gpu: await lineOf((samples) => gpu.run(clip.subarray(0, samples)), few, many),
  };
}

/**
 * Plans a front end for arrays on a device or without it, whichever was faster for clips of so many samples: timed once per device and
 * preset, head or front end (as an object). Software adapters are never chosen, nor devices for heads that they do not take; null: no
 * device. Float32. Throws InvalidArgumentError for what is no front end, DeviceLostError.
 */
export async function planAutoFeatures(
  device: GpuDevice | null,
  source: Source,
  options: AutoFeatureOptions,
): Promise<AutoFeaturePlan> {
  checkOptions('planAutoFeatures', options, autoOptions);
  const host = extractorOf(source);
  const { samples } = options;
  const { plan, reason } = await chosen(device, {
    count: samples,
    what: `${samples} samples`,
    key: source,
    host,
    plan: async (own) => {
      const numbers = host.frames(samples) * Math.max(host.width, frameWidth(host.head));
      requireBytes(own, 4 * Math.max(samples, numbers));
      return planGpuFeatures(own, source);
    },
    times: (gpu) => timesOf(gpu, host),
  });
  const { head, width } = host;
  const both = { head, width, reason };
  if ('host' in plan)
    return {
      ...both,
      frames: (count) => host.frames(count),
      backend: host.report.backend,
      run: async (x) => Float32Array.from(host.run(x).data),
      dispose: () => host.dispose(),
    };
  return {
    ...both,
    backend: 'webgpu',
    frames: (count) => plan.gpu.frames(count),
    run: (x) => plan.gpu.run(x),
    dispose: () => plan.gpu.dispose(),
  };
}
