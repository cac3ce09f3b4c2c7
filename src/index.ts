/**
 * papilio: exact transforms, spectra, features and streams. What learns is in `papilio/learn`, learned front ends in `papilio/front`,
 * graphs, programs and standalone modules in `papilio/compiler`, file formats in `papilio/files`. Nothing inside imports these entries.
 */
export {
  FileFormatError,
  InvalidArgumentError,
  PapilioError,
  OverflowError,
  UnreachableBudgetError,
  UnsupportedError,
} from './errors.ts';
export { planFft, planFftSync, type Plan, type PlanEnd, type PlanOptions } from './plans/plan.ts';
export type { PlanReport } from './plans/compiled.ts';
export {
  dct,
  dst,
  idct,
  idst,
  planDctSync,
  planDstSync,
  type TrigonometricOptions,
  type TrigonometricTransform,
} from './plans/dct.ts';
export { circularConvolve, convolve, correlate, type ConvolutionMode } from './plans/convolve.ts';
export { hilbert } from './plans/hilbert.ts';
export { czt, zoomFft, type ComplexNumber, type CztOptions, type ZoomFftOptions } from './plans/czt.ts';
export { fftfreq, fftshift, ifftshift, nextFastLen, rfftfreq } from './numeric/frequencies.ts';
export { fft, ifft, irfft, rfft } from './plans/fft.ts';
export {
  istft,
  stft,
  type FramingOptions,
  type IstftOptions,
  type Stft,
  type StftOptions,
} from './plans/stft.ts';
export { griffinLim, type GriffinLimOptions } from './plans/griffin-lim.ts';
export {
  features,
  type FeatureExtractor,
  type FeatureOptions,
  type FeatureReport,
  type Features,
} from './plans/features.ts';
export type { FrontProgram, FrontSource } from './plans/feature-graphs.ts';
export { stream, type StreamOptions } from './plans/streams.ts';
export type { FeatureStream } from './plans/feature-stream.ts';
export { featureHead, presetNames, type HeadOverrides, type PresetName } from './spectral/presets.ts';
export { frameTimes, headFrequencies } from './spectral/checked.ts';
export type { HeadConfig, HeadWarning } from './spectral/head.ts';
export {
  periodogram,
  spectrogram,
  welch,
  type PeriodogramOptions,
  type PowerSpectrum,
  type SegmentOptions,
  type Spectrogram,
  type SpectrogramOptions,
  type WelchOptions,
} from './plans/periodogram.ts';
export {
  coherence,
  csd,
  type Coherence,
  type CoherenceOptions,
  type CrossSpectrum,
} from './plans/cross-spectrum.ts';
export { lombscargle, type LombScargleOptions } from './numeric/lombscargle.ts';
export { sosfilt, sosfiltZi, type SecondOrderSections, type SosfiltOptions } from './numeric/sosfilt.ts';
export {
  findPeaks,
  spectralPeaks,
  topBins,
  type Limit,
  type Peak,
  type PeakOptions,
  type SpectralPeak,
} from './numeric/peaks.ts';
export {
  planWelch,
  type LargestBins,
  type WelchPlan,
  type WelchPlanOptions,
  type WelchReport,
} from './plans/welch.ts';
export {
  planPeaks,
  type EstimatedPeak,
  type PeaksChoice,
  type PeaksPlan,
  type PeaksReport,
} from './plans/peaks.ts';
export type { PeaksOptions, PeaksRequest } from './plans/peak-candidates.ts';
export { checkCola, checkNola } from './numeric/overlap.ts';
export type { PaddingMode } from './numeric/padding.ts';
export {
  windowByName,
  windowNames,
  type WindowKind,
  type WindowLike,
  type WindowName,
  type WindowSpec,
} from './numeric/window.ts';
export type { Norm } from './model/network.ts';
export { resample, Resampler, type ResampleOptions } from './numeric/resample.ts';
export { resamplePoly, type ResamplePolyOptions } from './numeric/resample-poly.ts';
export type { ComplexArray } from './numeric/complex.ts';
