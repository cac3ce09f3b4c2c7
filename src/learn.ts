/** papilio/learn: networks and their gates, training, fitting, closed forms, pruning, distillation, quantisation and certificates. */

// Networks and their parameters
export { type NetworkSpec, parameterShapes, uniformNetwork } from './model/network.ts';
export { type Parametrization, type StageSpec, parametrizations } from './model/parametrization.ts';
export {
  decidedGates,
  gateGrains,
  gateKinds,
  gateModes,
  gateStates,
  hardConcrete,
  type GateSpec,
} from './model/gates.ts';
export {
  initialize,
  starts,
  type ParameterValues,
  type Start,
  type TransformModel,
} from './model/initialize.ts';
export {
  chainModel,
  correctorOf,
  endsOf,
  formOf,
  initializeModel,
  keptBins,
  modelOutput,
  modelShapes,
  networkOf,
  networksOf,
  networkValues,
  transformModel,
  type Model,
  type ModelForm,
  type Part,
  type TrainedModel,
} from './model/model.ts';
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
  decideSearch,
  decideAndRefit,
  decideGates,
  type GateSearch,
  type GateSearchOptions,
  type DecidedNetwork,
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
export { coderOf, encoderDecoder, type CoderPart } from './model/encoder-decoder.ts';
export { coderModes, coderPhases, type CoderMode, type CoderPhase } from './fit/encoder-decoder-phases.ts';
export {
  coderPhaseReports,
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

// Certificates
export { certify, type Certificate, type CertifyOptions } from './certify/certify.ts';
export { roundingBound, type RoundingBound, type StageBound } from './certify/rounding-bound.ts';

// Closed forms
export { chainTargetNames, type ChainTargetName } from './numeric/chain-targets.ts';
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
export { chainMatrix } from './fit/chain-task.ts';
export { heldOutStream, matrixOfFunction, matrixPairs, pairsOfRows, type Pairs } from './fit/pairs.ts';
export { frobenius, matrixError, matrixOf, type Matrix } from './numeric/matrix.ts';
export { gaussNewtonVector, hessianVector, jacobianVector } from './optimize/curvature.ts';
export { gaussNewton, lbfgs, type FinisherStep } from './optimize/finishers.ts';
export { compileObjective, type Objective } from './optimize/objective.ts';
export { adam, type OptimizerSpec } from './optimize/optimizers.ts';
export { recommendedTraining, transformTask } from './fit/transform-task.ts';

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

// Correctors and distillation
export {
  correctedSpectrum,
  correctorShapes,
  type Corrector,
  type CorrectorSpec,
} from './model/correctors.ts';
export {
  corrected,
  correctorCost,
  solveCorrector,
  type SolvedCorrector,
  type SpectrumPairs,
} from './distill/corrector-solve.ts';
export { transformCost, transformProgram } from './distill/transform-program.ts';
export { distill, type Distilled, type DistillOptions } from './distill/distill.ts';
export { studentKinds } from './distill/distill-start.ts';
export { gaussianSignals, spectraOf, type Signals } from './distill/transform-spectra.ts';

// Files
export { isExactTransform } from './distill/snapped-transform.ts';
export {
  mapEnds,
  mapC,
  mapOnnx,
  mapEsModule,
  mapModule,
  mapOf,
  mapProgram,
  type LinearMap,
} from './distill/transform-module.ts';
export { spectralTeacher, withStudent, type FrameCut } from './distill/spectral-teacher.ts';
export { frameSignals } from './distill/frame-signals.ts';

// Training loops of one's own (examples/training-loop.ts): a loss is a graph, and its gradient is a graph.
export { argument, exprCarrier, literal, numberCarrier, type Carrier, type Expr } from './ir/expr.ts';
export { constant, input, map, parameter, type ComplexTensor, type Graph, type Tensor } from './ir/graph.ts';
export { rows, type ComplexView, type View } from './ir/view.ts';
export { gradient } from './ir/grad.ts';
export { powerSpectrum, spectrum, type NetworkOptions } from './model/network.ts';
export type { Provide } from './model/parametrization.ts';
export { gateOpennessTensor, gateShares, gateShareTensor } from './model/gates.ts';
export { expectedShare, smoothAbsoluteLoss, spectrumLoss, sumOver, weightedSum } from './optimize/losses.ts';
export { trainingStep, type TrainedParameter } from './optimize/optimizers.ts';
export { fillGaussian } from './numeric/random.ts';
