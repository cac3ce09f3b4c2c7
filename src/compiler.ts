/** papilio/compiler: graphs to programs to code, standalone modules of transforms, and what was measured of this machine. */
export { IllegalGraphError } from './errors.ts';

// Exact transforms
export { describePlan, planGraph } from './plans/plan.ts';
export { backendByName, backends } from './plans/compiled.ts';
export type { ChainPlan, TransformPlan } from './model/exact.ts';
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
export { fftC } from './plans/c-module.ts';
export type { OnnxFileSet } from './plans/onnx-files.ts';
export { onnxEndText, type OnnxEnd } from './backends/onnx/signature.ts';
export { istftOnnx, type IstftOnnxOptions } from './plans/onnx-istft.ts';
export { fftOnnx, type LinearOnnxOptions, type OnnxModelFile } from './plans/onnx-module.ts';
export { cFormats, type CFormat } from './backends/c/format.ts';
export { cLayouts, type CFiles, type COptions } from './backends/c/c-files.ts';
export { needsText, type Needs } from './backends/c/needs.ts';
export { countedMachines, machineNames, machineText, type Machine } from './compiler/machines.ts';
export { istftGraph } from './plans/stft.ts';

// Feature heads
export { exactRealTransform, featureGraph } from './plans/feature-graphs.ts';
export {
  calibratePeaks,
  readPeakCalibration,
  type CostRate,
  type PeakCalibration,
} from './plans/peak-costs.ts';
export type { ConsideredCandidate, RunCost } from './plans/peaks.ts';
export type { AttainedErrors, ErrorTerms, PeakCandidate, PredictedErrors } from './plans/peak-model.ts';

// Quantisation
export { decodeTable, encodeTables, type LimbFormat, type StoredTable } from './ir/stored.ts';
export { halfBits, halfValue } from './numeric/half.ts';

// Compilation
export { compileGraph, type CompileOptions } from './compiler/pipeline.ts';
export {
  compileFixed,
  type FixedName,
  type FixedProgram,
  type FixedReport,
  type KernelReport,
  type OutputReport,
} from './compiler/fixed/fixed.ts';
export {
  countProgram,
  tableBytesOf,
  type Dtype,
  type FixedFormat,
  type Format,
  type OperationCount,
  type Program,
  type TableBytes,
} from './compiler/kernel.ts';
export {
  viewOf,
  type Backend,
  type BackendName,
  type Executable,
  type HostExecutable,
  type InstantiateOptions,
} from './backends/backend.ts';
export { printJavaScript } from './backends/js.ts';
export { wasmBackend, wasmModule } from './backends/wasm/wasm.ts';
export { encodeModule, printModule } from './backends/wasm/emitter.ts';
export { printGraph, printProgram } from './compiler/print.ts';

// Files
export { differs, measure, noiseOf, ratioOf, type Contender, type Timing } from './plans/measure.ts';
export { percentiles, type Percentiles } from './numeric/percentiles.ts';
