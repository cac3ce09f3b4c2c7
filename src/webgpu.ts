/** papilio/webgpu: exact transforms and front ends on a caller's GPU device. Nothing here submits or reads back unless `run` is called. */
export { DeviceLostError, InvalidArgumentError, PapilioError, UnsupportedError } from './errors.ts';
export { planAutoFeatures, type AutoFeatureOptions, type AutoFeaturePlan } from './front/auto-features.ts';
export { planAutoFft, type AutoFftPlan } from './plans/auto-fft.ts';
export { planGpuFft, type GpuEnds, type GpuFftOptions, type GpuFftPlan } from './plans/gpu-fft.ts';
export {
  planGpuFeatures,
  type GpuFeatureEnds,
  type GpuFeatureOptions,
  type GpuFeaturePlan,
} from './front/gpu-features.ts';
export type { GpuReport } from './plans/gpu-plan.ts';
export type { GpuTarget } from './backends/webgpu/dispatch.ts';
export type { GpuBuffer, GpuBufferPart, GpuDevice, GpuEncoder } from './backends/webgpu/gpu.ts';
