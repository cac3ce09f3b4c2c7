/** papilio/front: learned front ends: what is measured and with what error, the search for smaller ones, and the job that does both. */

// Exact transforms
export { powersOfBands, type BandedBank } from './numeric/band-inverse.ts';

// Feature heads
export { bandCorners, bandCount, headWidth, type Bank } from './spectral/banks.ts';
export { headFrames, headWindow } from './spectral/checked.ts';
export type { BandBank, FurtherBank, HeadConfig, LogRule, MelBank } from './spectral/head.ts';
export { validateHead } from './spectral/validate.ts';
export type { DescriptorBank, DescriptorName } from './spectral/descriptors.ts';
export type { CepstrumNorm, CepstrumOptions, Lifter } from './numeric/cepstrum.ts';
export { interpolatedPeak } from './numeric/peaks.ts';

// Audio
export { resampledLength } from './numeric/resample.ts';

// Training
export {
  LearnJob,
  validateLearnOptions,
  type LearnCheckpoint,
  type LearnOptions,
  type LearnProgress,
  type LearnResult,
} from './prune/learn.ts';
export {
  featureError,
  splitNames,
  frameSet,
  splitRecordings,
  type FeatureError,
  type FrameSet,
  type Recording,
  type Split,
} from './front/corpus.ts';

// Quantisation
export { bandSafety, type BandSafety } from './numeric/band-safety.ts';

// Learned front ends
export { compileFrontEnd, frontProgram, type CompiledFrontEnd } from './front/compile.ts';
export {
  levelsFront,
  exactFrontEnd,
  framesOfRun,
  pointsOf,
  resultsOfRun,
  type FrontBank,
  type FrontEnd,
  type FrontTransform,
} from './front/front-end.ts';
export type { Needs } from './backends/c/needs.ts';
export { headText } from './spectral/head-text.ts';
export { frontEndC, frontEndNeeds } from './front/c.ts';
export { frontEndOnnx, type OnnxFile, type OnnxOptions } from './front/onnx/front-end.ts';
export { frontEndOnnxFiles, mergedOnnxFiles, type MergedModel, type OnnxFiles } from './front/onnx/files.ts';
export { fits, type TargetOptions } from './front/front-costs.ts';
export { inferenceGraph, transformGraph, windowMultiplications } from './front/graphs.ts';
export { measuredBins, type MeasuredBins } from './front/measured-bins.ts';
export { canResynthesize, resynthesize } from './front/resynthesis.ts';
export { StructureSearch, type FrontPoint, type SearchProgress } from './prune/search.ts';
export { errorStatement } from './front/statement.ts';
export {
  estimateError,
  partErrors,
  judgedError,
  upperError,
  type ErrorEstimate,
  type PartError,
} from './front/held-out.ts';
export {
  smallestTables,
  tableChoices,
  type TableChoice,
  type TableFormatName,
} from './front/table-choice.ts';
export {
  featureNames,
  isPresetName,
  namedFeature,
  thirdOctaves,
  type FeatureTarget,
} from './front/feature-names.ts';
export {
  featuresByPowers,
  kernelResults,
  paddedSamples,
  referenceFeatures,
} from './front/reference-features.ts';
export { peakErrors, type ErrorPlaces, type PeakErrors } from './front/error-places.ts';
export { averagedFrames, framingOf, requireTrainable, resultCount } from './front/spectral-head.ts';
export { melCenters, melFilterbank } from './numeric/mel.ts';

// Files
export {
  frontEndModule,
  frontEndTypes,
  standaloneLoader,
  standaloneModule,
  standaloneTypes,
  type FrontEndLayout,
} from './front/standalone.ts';

// Parity
export { solveParity, type ParityOptions, type ParityResult } from './front/parity/solve.ts';
export {
  parityExamples,
  type Example as ParityExample,
  type Examples as ParityExamples,
  type ParityTensor,
} from './front/parity/clips.ts';
export { headCode, type HeadCode } from './front/parity/code.ts';
export type { LearnedBank } from './front/parity/learned.ts';
export type { ParityNoise } from './front/parity/noise.ts';
export type { UndecidedStage } from './front/parity/undecided.ts';
export { probeSignal, shortProbe } from './front/parity/probe.ts';
export { differenceText, stageDifferences, type StageDifference } from './front/parity/difference.ts';
