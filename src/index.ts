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
export {
  initialize,
  starts,
  type ParameterValues,
  type Start,
  type TransformModel,
} from './model/initialize.ts';
export { chainShapes, chainValues, initializeChains, type ChainModel } from './model/product.ts';
export { parametrizations } from './model/parametrization.ts';
export { canonicalize, regroup, snap } from './model/canonicalize.ts';
export { activeButterflies, butterflyStates, gateMap, type ButterflyState } from './prune/gate-map.ts';
export { liveOutputs, liveWork, type LiveOutputs } from './prune/gate-work.ts';
export {
  featureObjective,
  spectrumObjective,
  spectrumSet,
  type GateObjective,
  type SpectrumOptions,
  type SpectrumSet,
} from './prune/gate-objective.ts';
export {
  searchGates,
  decidedSearch,
  settledSearch,
  settleGates,
  type GateSearch,
  type GateSearchOptions,
  type SettledGates,
} from './prune/gates.ts';
export {
  pruneGates,
  type GreedyOptions,
  type GreedyProgress,
  type GreedyResult,
  type GreedyState,
} from './prune/greedy-gates.ts';
export type { Annealing } from './optimize/schedule.ts';
export { spectrumError } from './fit/spectrum-error.ts';

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
export { coderModes, coderPhases, type CoderMode, type CoderPhase } from './fit/encoder-decoder-phases.ts';
export {
  trainEncoderDecoder,
  type CoderPhaseReport,
  type CoderProgress,
  type CoderState,
  type CoderTraining,
} from './fit/encoder-decoder.ts';
export { coderData, filterPairs, type CoderData } from './fit/encoder-decoder-data.ts';
export {
  CoderMeasure,
  type SignalError,
  type Term,
  type TermErrors,
  type TermWeights,
} from './fit/encoder-decoder-task.ts';
export { roundTripOperator, type RoundTripOperator } from './certify/round-trip.ts';
export { decodeEncoderDecoder, encodeEncoderDecoder } from './checkpoints/encoder-decoder-checkpoint.ts';

// Certificates
export { certify, type Certificate, type CertifyOptions } from './certify/certify.ts';
export { roundingBound, type RoundingBound, type StageBound } from './certify/rounding-bound.ts';

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
} from './fit/closed/closed-form.ts';
export { factorizeMatrix, type Factorization } from './fit/closed/rank-one.ts';
export { factorizeOperator, type LinearOperator, type OperatorOptions } from './fit/closed/peel.ts';
export {
  solveSharedTwiddles,
  type SharedTwiddleOptions,
  type SharedTwiddles,
} from './fit/closed/shared-twiddles.ts';
export {
  refineStages,
  type RefineOptions,
  type StageRefinement,
  type StageUpdate,
} from './fit/closed/stage-least-squares.ts';

// Training
export {
  rateAt,
  train,
  type Training,
  type TrainingState,
  type TrainOptions,
  type TrainStep,
} from './optimize/train.ts';
export { fit, type FitOptions, type FitProgress, type FitResult } from './fit/fit.ts';
export { methods, type FitPhase } from './fit/phases.ts';
export { recommendedPhases, recommendedRate } from './fit/recipe.ts';
export { interleave, nextSize, sizeSchedules, type SizeSchedule } from './optimize/schedule.ts';
export {
  defaultRadices,
  exactParameters,
  foldTable,
  startParameters,
  targetModel,
  targetNames,
  targets,
  type TargetModel,
} from './fit/targets.ts';
export { identifyPermutation } from './fit/identify.ts';
export {
  cellKey,
  publishedRmse,
  runCell,
  studyCells,
  studyTables,
  studyTargets,
  type StudyCell,
  type StudyRow,
} from './studies/study.ts';
export { chainMatrix } from './fit/chain-task.ts';
export { matrixOfFunction, matrixPairs, pairsOfRows, type Pairs } from './fit/pairs.ts';
export { frobenius, matrixError, matrixOf, type Matrix } from './numeric/matrix.ts';
export { gaussNewtonVector, hessianVector, jacobianVector } from './optimize/curvature.ts';
export { gaussNewton, lbfgs, type FinisherStep } from './optimize/finishers.ts';
export { compileObjective, type Objective } from './optimize/objective.ts';
export { adam, type OptimizerSpec } from './optimize/optimizers.ts';
export { recommendedTraining, transformTask } from './fit/transform-task.ts';
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
  splitRecordings,
  type FeatureError,
  type Recording,
  type Split,
} from './front/corpus.ts';

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
} from './front/quantize.ts';
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
} from './distill/correctors.ts';
export {
  corrected,
  solveCorrector,
  type SolvedCorrector,
  type SpectrumPairs,
} from './distill/corrector-solve.ts';
export {
  correctedTransform,
  teacherTransform,
  transformCost,
  transformProgram,
  type CorrectedTransform,
} from './distill/corrected-transform.ts';
export { distill, type Distilled, type DistillOptions } from './distill/distill.ts';
export { studentKinds } from './distill/distill-start.ts';
export { gaussianSignals, heldOutStream, spectraOf, type Signals } from './distill/transform-spectra.ts';

// Ablation
export { AblationBench, colouredSignals } from './studies/ablation-bench.ts';
export { ablationGroups, type AblationGroup, type AblationSettings } from './studies/ablation-cells.ts';
export { ablationCells, ablationKey, runAblationCell, type AblationRow } from './studies/ablation.ts';

// Learned front ends
export { compileSpectralModel, type FrontEnd } from './front/front-end.ts';
export {
  exactSpectralModel,
  framesOfRun,
  inferenceGraph,
  transformGraph,
  windowMultiplications,
  resultsOfRun,
  type SpectralModel,
} from './front/spectral-model.ts';
export { measuredBins, type MeasuredBins } from './front/measured-bins.ts';
export { canResynthesize, resynthesize } from './front/resynthesis.ts';
export { StructureSearch, type FrontPoint, type SearchProgress } from './prune/search.ts';
export {
  estimateError,
  partErrors,
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
export { splitNames, type FrontRow } from './prune/pareto-front.ts';
export { featureNames, namedFeature, thirdOctaves, type FeatureTarget } from './front/feature-names.ts';
export { featuresByPowers, referenceFeatures } from './front/reference-features.ts';
export { peakErrors, type ErrorPlaces, type PeakErrors } from './front/error-places.ts';
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
} from './front/spectral-head.ts';
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
} from './checkpoints/checkpoint.ts';
export {
  frontEndModule,
  frontEndTypes,
  standaloneLoader,
  standaloneModule,
  standaloneTypes,
  type FrontEndLayout,
} from './front/standalone.ts';
export { isExactTransform } from './distill/snapped-transform.ts';
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
} from './distill/transform-module.ts';
export { decodeJob, encodeJob } from './checkpoints/job-checkpoint.ts';
export { decodeCorrected, encodeCorrected } from './checkpoints/corrected-checkpoint.ts';
export { spectralTeacher, withStudent, type FrameCut } from './distill/spectral-teacher.ts';
export { frameSignals } from './distill/frame-signals.ts';
export { differs, measure, noiseOf, ratioOf, type Contender, type Timing } from './plans/measure.ts';
export { percentiles, type Percentiles } from './numeric/percentiles.ts';
export { decodeTables, type ComplexTable } from './formats/arrays.ts';
export { decodeWav, encodeWav, type Wav, type WavOptions } from './formats/wav.ts';
export type { ChannelChoice } from './formats/channels.ts';
export { decodeNpy, encodeNpy, type NpyArray } from './formats/npy.ts';
export { decodeSafetensors, encodeSafetensors } from './formats/safetensors.ts';
