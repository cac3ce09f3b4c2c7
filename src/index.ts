/** The public surface of papilio; nothing inside imports it. */
export {
  FileFormatError,
  IllegalGraphError,
  InvalidArgumentError,
  PapilioError,
  UnreachableBudgetError,
  UnsupportedError,
} from './errors.ts';

// Exact transforms
export {
  describePlan,
  planFft,
  planFftSync,
  planGraph,
  type Plan,
  type PlanEnd,
  type PlanOptions,
} from './plans/plan.ts';
export { backendByName, backends, type PlanReport } from './plans/compiled.ts';
export type { ChainPlan, TransformPlan } from './model/exact.ts';
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
export { exportWisdom, forgetWisdom, importWisdom } from './plans/wisdom.ts';
export {
  fftEnds,
  fftLoader,
  fftModule,
  fftWasm,
  transformTypes,
  type TransformEnds,
  type TransformLayout,
} from './plans/module.ts';
export { fftfreq, fftshift, ifftshift, nextFastLen, rfftfreq } from './numeric/frequencies.ts';
export { fft, ifft, irfft, rfft } from './plans/fft.ts';
export {
  istft,
  istftGraph,
  stft,
  type FramingOptions,
  type IstftOptions,
  type Stft,
  type StftOptions,
} from './plans/stft.ts';

export { griffinLim, type GriffinLimOptions } from './plans/griffin-lim.ts';
export { powersOfBands, type BandedBank } from './numeric/band-inverse.ts';

// Feature heads
export { exactRealTransform, featureGraph } from './plans/feature-graphs.ts';
export {
  features,
  type FeatureExtractor,
  type FeatureOptions,
  type FeatureReport,
  type Features,
} from './plans/features.ts';
export { stream, type FeatureStream, type StreamOptions } from './plans/streams.ts';
export { featureHead, presetNames, type HeadOverrides, type PresetName } from './spectral/presets.ts';
export { frameTimes, headFrames, headFrequencies, headWindow } from './spectral/checked.ts';
export type { BandBank, HeadConfig, HeadWarning, LogRule, MelBank } from './spectral/head.ts';
export { validateHead } from './spectral/validate.ts';
export { descriptorNames, type DescriptorBank, type DescriptorName } from './spectral/descriptors.ts';
export type { CepstrumNorm, CepstrumOptions, Lifter } from './numeric/cepstrum.ts';
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
  findPeaks,
  interpolatedPeak,
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
export { planPeaks, type EstimatedPeak, type PeaksPlan } from './plans/peaks.ts';
export {
  calibratePeaks,
  readPeakCalibration,
  type CostRate,
  type PeakCalibration,
} from './plans/peak-costs.ts';
export type { PeaksOptions, PeaksRequest } from './plans/peak-candidates.ts';
export type { ConsideredCandidate, PeaksChoice, PeaksReport, RunCost } from './plans/peak-strategy.ts';
export type { AttainedErrors, ErrorTerms, PeakCandidate, PredictedErrors } from './plans/peak-model.ts';
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

// Networks and their parameters
export type { NetworkSpec, Norm } from './model/network.ts';
export type { Parametrization, StageSpec } from './model/parametrization.ts';
export {
  decidedGates,
  gateGrains,
  gateKinds,
  gateModes,
  gateStates,
  hardConcrete,
  type GateSpec,
} from './model/gates.ts';
export { parameterShapes } from './model/network.ts';
export { initialize, starts, type ParameterValues, type Start } from './model/initialize.ts';
export { chainShapes, chainValues, initializeChains, type ChainModel } from './model/product.ts';
export { parametrizations } from './model/parametrization.ts';
export { canonicalize, regroup, snap } from './model/canonicalize.ts';
export { activeButterflies, butterflyStates, gateMap, type ButterflyState } from './training/gate-map.ts';
export { liveOutputs, liveWork, type LiveOutputs } from './training/gate-work.ts';
export {
  featureObjective,
  spectrumObjective,
  spectrumSet,
  type GateObjective,
  type SpectrumOptions,
  type SpectrumSet,
} from './training/gate-objective.ts';
export {
  searchGates,
  decidedSearch,
  settledSearch,
  settleGates,
  type GateSearch,
  type GateSearchOptions,
  type SettledGates,
} from './training/gates.ts';
export {
  pruneGates,
  type GreedyOptions,
  type GreedyProgress,
  type GreedyResult,
  type GreedyState,
} from './training/greedy-gates.ts';
export type { Annealing } from './training/schedule.ts';
export { spectrumError } from './training/spectrum-error.ts';

// Encoder-decoders and spectral filters
export {
  encoderDecoder,
  encoderDecoderShapes,
  initializeEncoderDecoder,
  maskSize,
  partValues,
  type EncoderDecoder,
  type Part,
} from './model/encoder-decoder.ts';
export {
  coderModes,
  coderPhases,
  type CoderMode,
  type CoderPhase,
} from './training/encoder-decoder-phases.ts';
export {
  trainEncoderDecoder,
  type CoderPhaseReport,
  type CoderProgress,
  type CoderState,
  type CoderTraining,
} from './training/encoder-decoder.ts';
export { coderData, filterPairs, type CoderData } from './training/encoder-decoder-data.ts';
export {
  CoderMeasure,
  type SignalError,
  type Term,
  type TermErrors,
  type TermWeights,
} from './training/encoder-decoder-task.ts';
export { roundTripOperator, type RoundTripOperator } from './training/round-trip.ts';
export { decodeEncoderDecoder, encodeEncoderDecoder } from './training/encoder-decoder-checkpoint.ts';

// Certificates
export { certify, type Certificate, type CertifyOptions } from './training/certify.ts';
export { roundingBound, type RoundingBound, type StageBound } from './training/rounding-bound.ts';

// Audio
export { resample, resampledLength, Resampler, type ResampleOptions } from './numeric/resample.ts';

// Closed forms
export { chainTargetNames, type ChainTargetName } from './numeric/chain-targets.ts';
export type { ComplexArray } from './numeric/complex.ts';
export {
  applyClosedForm,
  closedForm,
  closedFormConvolution,
  type ClosedForm,
} from './training/closed-form.ts';
export { factorizeMatrix, type Factorization } from './training/rank-one.ts';
export { factorizeOperator, type LinearOperator, type OperatorOptions } from './training/peel.ts';
export {
  solveSharedTwiddles,
  type SharedTwiddleOptions,
  type SharedTwiddles,
} from './training/shared-twiddles.ts';
export {
  refineStages,
  type RefineOptions,
  type StageRefinement,
  type StageUpdate,
} from './training/stage-least-squares.ts';

// Training
export {
  rateAt,
  train,
  type Training,
  type TrainingState,
  type TrainOptions,
  type TrainStep,
} from './training/train.ts';
export { fit, type FitOptions, type FitProgress, type FitResult } from './training/fit.ts';
export { methods, type FitPhase } from './training/phases.ts';
export { recommendedPhases, recommendedRate } from './training/recipe.ts';
export { interleave, nextSize, sizeSchedules, type SizeSchedule } from './training/schedule.ts';
export {
  defaultRadices,
  exactParameters,
  foldTable,
  startParameters,
  targetModel,
  targetNames,
  targets,
  type TargetModel,
} from './training/targets.ts';
export { identifyPermutation } from './training/identify.ts';
export {
  cellKey,
  publishedRmse,
  runCell,
  studyCells,
  studyTables,
  studyTargets,
  type StudyCell,
  type StudyRow,
} from './training/study.ts';
export { chainMatrix } from './training/chain-task.ts';
export { matrixOfFunction, matrixPairs, pairsOfRows, type Pairs } from './training/pairs.ts';
export { frobenius, matrixError, matrixOf, type Matrix } from './numeric/matrix.ts';
export { gaussNewtonVector, hessianVector, jacobianVector } from './training/curvature.ts';
export { gaussNewton, lbfgs, type FinisherStep } from './training/finishers.ts';
export { compileObjective, type Objective } from './training/objective.ts';
export { adam, type OptimizerSpec } from './training/optimizers.ts';
export { recommendedTraining, transformTask } from './training/transform-task.ts';
export {
  LearnJob,
  validateLearnOptions,
  type LearnCheckpoint,
  type LearnOptions,
  type LearnProgress,
  type LearnResult,
} from './training/learn.ts';
export {
  featureError,
  splitRecordings,
  type FeatureError,
  type Recording,
  type Split,
} from './training/corpus.ts';

// Quantisation
export {
  halfRung,
  quantize,
  quantizedErrors,
  tableFormats,
  trainQuantized,
  type QuantizedTraining,
  type QuantizedTrainingResult,
  type QuantizedValues,
  type TableQuantization,
} from './training/quantize.ts';
export {
  latentShapes,
  limbsOf,
  quantizedProvides,
  storeValues,
  type Quantization,
} from './model/quantization.ts';
export { decodeTable, encodeTables, type LimbFormat, type StoredTable } from './ir/stored.ts';
export { halfBits, halfValue } from './numeric/half.ts';
export { bandSafety, type BandSafety } from './numeric/band-safety.ts';

// Correctors and distillation
export {
  correctedSpectrum,
  correctorCost,
  correctorShapes,
  type Corrector,
  type CorrectorSpec,
} from './training/correctors.ts';
export {
  corrected,
  solveCorrector,
  type SolvedCorrector,
  type SpectrumPairs,
} from './training/corrector-solve.ts';
export {
  correctedTransform,
  teacherTransform,
  transformCost,
  transformProgram,
  type CorrectedTransform,
} from './training/corrected-transform.ts';
export { distill, type Distilled, type DistillOptions } from './training/distill.ts';
export { studentKinds } from './training/distill-start.ts';
export { gaussianSignals, heldOutStream, spectraOf, type Signals } from './training/transform-spectra.ts';

// Ablation
export { AblationBench, colouredSignals } from './training/ablation-bench.ts';
export { ablationGroups, type AblationGroup, type AblationSettings } from './training/ablation-cells.ts';
export { ablationCells, ablationKey, runAblationCell, type AblationRow } from './training/ablation.ts';

// Learned front ends
export { compileSpectralModel, type FrontEnd } from './training/front-end.ts';
export {
  exactSpectralModel,
  framesOfRun,
  inferenceGraph,
  transformGraph,
  windowMultiplications,
  resultsOfRun,
  type SpectralModel,
} from './training/spectral-model.ts';
export { measuredBins, type MeasuredBins } from './training/measured-bins.ts';
export { canResynthesize, resynthesize } from './training/resynthesis.ts';
export { StructureSearch, type FrontPoint, type SearchProgress } from './training/search.ts';
export {
  estimateError,
  partErrors,
  upperError,
  type ErrorEstimate,
  type PartError,
} from './training/held-out.ts';
export {
  smallestTables,
  tableChoices,
  type TableChoice,
  type TableFormatName,
} from './training/table-choice.ts';
export { splitNames, type FrontRow } from './training/front.ts';
export { featureNames, namedFeature, thirdOctaves, type FeatureTarget } from './training/feature-names.ts';
export { featuresByPowers, referenceFeatures } from './training/reference-features.ts';
export { peakErrors, type ErrorPlaces, type PeakErrors } from './training/error-places.ts';
export {
  averagedFrames,
  bandCorners,
  bandCount,
  logMelHead,
  requireTrainable,
  resultCount,
  resultHop,
  resultSamples,
  resultWidth,
  type FurtherBank,
  type TrainedHead,
} from './training/spectral-head.ts';
export {
  defaultLogMel,
  frameCount,
  frameWindow,
  referenceLogMel,
  validateLogMel,
  type LogMelConfig,
} from './numeric/log-mel.ts';
export { melCenters, melFilterbank } from './numeric/mel.ts';

// Compilation
export { compileGraph } from './compiler/pipeline.ts';
export {
  countProgram,
  tableBytesOf,
  type Dtype,
  type OperationCount,
  type Program,
  type TableBytes,
} from './compiler/kernel.ts';
export { viewOf, type BackendName, type Executable } from './backends/backend.ts';
export { printJavaScript } from './backends/js.ts';
export { wasmBackend, wasmModule } from './backends/wasm/wasm.ts';
export { encodeModule, printModule } from './backends/wasm/emitter.ts';
export { printGraph, printProgram } from './compiler/print.ts';

// Files
export {
  decodeModel,
  decodeChains,
  decodeTransform,
  encodeModel,
  encodeChains,
  encodeTransform,
  type TrainingReport,
  type TransformModel,
} from './training/checkpoint.ts';
export {
  frontEndModule,
  frontEndTypes,
  standaloneLoader,
  standaloneModule,
  standaloneTypes,
  type FrontEndLayout,
} from './training/standalone.ts';
export { isExactTransform } from './training/snapped-transform.ts';
export {
  chainMap,
  correctedEnds,
  mapEnds,
  mapEsModule,
  mapModule,
  mapProgram,
  roundTripMap,
  transformMap,
  transformModule,
  type LinearMap,
} from './training/transform-module.ts';
export { decodeJob, encodeJob } from './training/job-checkpoint.ts';
export { decodeCorrected, encodeCorrected } from './training/corrected-checkpoint.ts';
export { spectralTeacher, withStudent, type FrameCut } from './training/spectral-teacher.ts';
export { frameSignals } from './training/frame-signals.ts';
export { differs, measure, noiseOf, ratioOf, type Contender, type Timing } from './plans/measure.ts';
export { percentiles, type Percentiles } from './numeric/percentiles.ts';
export { decodeTables, type ComplexTable } from './formats/arrays.ts';
export { decodeWav, encodeWav, type Wav, type WavOptions } from './formats/wav.ts';
export type { ChannelChoice } from './formats/channels.ts';
export { decodeNpy, encodeNpy, type NpyArray } from './formats/npy.ts';
export { decodeSafetensors, encodeSafetensors } from './formats/safetensors.ts';
