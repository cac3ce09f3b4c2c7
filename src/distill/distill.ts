/**
 * Distillation: from a trained teacher network to a cheaper student that gives the teacher's spectra. Dense: the exact
 * transform and a corrector. Gated: exact blocks behind hard gates that start from the teacher's, and a corrector that starts
 * from the teacher's gains. Ternary: the same with skip, forward and reverse gates on every stage. The corrector is linear, so
 * it ends as the closed-form solution on the student's spectra.
 */
import { InvalidArgumentError } from '../errors.ts';
import type { OperationCount } from '../compiler/kernel.ts';
import { regroup } from '../model/canonicalize.ts';
import { seedRule, type ParameterValues } from '../model/initialize.ts';
import {
  callback,
  checkOptions,
  finite,
  oneOf,
  record,
  required,
  whole,
  type OptionTable,
} from '../options.ts';
import { gateGrains, gateOpennessTensor, type GateSpec } from '../model/gates.ts';
import { parameterName } from '../model/geometry.ts';
import { binCount, parameterShapes } from '../model/network.ts';
import { relativeL2, type ComplexArray } from '../numeric/complex.ts';
import { transformCost } from './transform-program.ts';
import { correctorShapes, validateCorrector, type CorrectorSpec } from '../model/correctors.ts';
import {
  correctorOf,
  endsOf,
  keptBins,
  modelOutput,
  networkOf,
  requireValues,
  transformModel,
  withNetwork,
  type TrainedModel,
} from '../model/model.ts';
import { frozen, type Provide } from '../model/parametrization.ts';
import { sizeOf, type ComplexTensor, type Tensor } from '../ir/graph.ts';
import { inputSignals } from '../ir/view.ts';
import { solveCorrector } from './corrector-solve.ts';
import { studentKinds, studentStart } from './distill-start.ts';
import { decideGates } from '../prune/gates.ts';
import { expectedShare, spectrumLoss, weightedSum } from '../optimize/losses.ts';
import { train } from '../optimize/train.ts';
import { gaussianSignals, spectraOf, type Signals } from './transform-spectra.ts';
import { heldOutStream } from '../fit/pairs.ts';
import { namedLeaves } from '../fit/transform-task.ts';

/** Options of `distill`. */
export interface DistillOptions {
  readonly student: (typeof studentKinds)[number];
  /** Behind the student. Default affine. */
  readonly corrector?: CorrectorSpec;
  /** Signals whose spectra are compared. Streams from 2^31 on measure, the others train. Default: Gaussian noise of `seed`. */
  readonly signals?: Signals;
  readonly seed: number;
  /** Gates: steps of training, 0 for the teacher's as they are. Default 300. */
  readonly steps?: number;
  /** Gates: Adam's rate. Default 0.01. */
  readonly learningRate?: number;
  /** Ternary: grain of the gates on stages where the teacher has none. Default butterfly. */
  readonly grain?: GateSpec['grain'];
  /** Called as gates are trained, with the steps done. */
  readonly onStep?: (step: number, steps: number) => void;
  /** Gates: weight of the share of open gates beside the squared relative error. Default 0. */
  readonly sparsity?: number;
  /** Tikhonov's term of the corrector; see `solveCorrector`. */
  readonly tikhonov?: number;
}

const distillTable = (): OptionTable<DistillOptions> => ({
  student: required(oneOf(studentKinds)),
  corrector: record(),
  signals: callback(),
  seed: required(seedRule),
  steps: whole(0),
  learningRate: finite({ above: 0 }),
  grain: oneOf(gateGrains),
  onStep: callback(),
  sparsity: finite({ minimum: 0 }),
  tikhonov: finite({ minimum: 0 }),
});

/** A student with its corrector, and its errors and operations beside the teacher's. */
export interface Distilled {
  readonly student: TrainedModel;
  /** The student's network with its gated stages, before exact stages were merged. */
  readonly unmerged: TrainedModel;
  /** Relative L2 of the student's spectra against the teacher's on held-out signals: as it starts, without corrector; and of the result. */
  readonly before: number;
  readonly after: number;
  /** Real operations per transform, corrector and mask included, from compiled programs. */
  readonly operations: OperationCount;
  readonly teacherOperations: OperationCount;
}

/** Stream of the pairs that the corrector is solved on. */
const solving = 2 ** 30;

/** The corrector that training starts from: the teacher's gains where its kind can hold them, else the identity. */
function correctorStart(spec: CorrectorSpec, { model, values }: TrainedModel): ParameterValues {
  const bins = binCount(networkOf(model));
  const own = correctorOf(model);
  const width = own.kind === 'banded' ? 2 * own.radius + 1 : 1;
  const gainAt = (b: number): number[] =>
    own.kind === 'banded'
      ? [...values['corrector.band'].subarray(2 * (b * width + own.radius)).subarray(0, 2)]
      : [1, 0];
  const shapes = Object.entries(correctorShapes(spec, bins));
  const start: ParameterValues = Object.fromEntries(
    shapes.map(([name, shape]) => [name, new Float64Array(sizeOf(shape))]),
  );
  for (let b = 0; b < bins; b++) {
    if (spec.kind === 'affine') start['corrector.scale'].set(gainAt(b), 2 * b);
    if (spec.kind === 'banded')
      start['corrector.band'].set(gainAt(b), 2 * (b * (2 * spec.radius + 1) + spec.radius));
  }
  return start;
}

/** Mean |x|^2. Throws InvalidArgumentError if it vanishes. */
function meanSquare({ re, im }: ComplexArray): number {
  let sum = 0;
  for (let i = 0; i < re.length; i++) sum += re[i] ** 2 + im[i] ** 2;
  if (!(sum > 0))
    throw new InvalidArgumentError('the teacher gives zero for every signal; expected a spectrum');
  return sum / re.length;
}

/** Signals per step of training, and of the measurement. */
const batch = 32;
/** Times that gates in training are compared with the best so far. */
const choices = 10;

/** Trains gates (straight-through) and corrector on the teacher's spectra. Yields the values from time to time. */
async function* trainedGates(
  start: TrainedModel,
  teacher: TrainedModel,
  signals: Signals,
  { steps = 300, learningRate = 0.01, sparsity = 0, onStep }: DistillOptions,
): AsyncGenerator<ParameterValues> {
  const network = networkOf(start.model);
  const { provide, leaves } = namedLeaves();
  const source = inputSignals(network.n, batch, network.input);
  const bins = binCount(network);
  const spectrumOf = ({ model }: TrainedModel, own: Provide): ComplexTensor => {
    const { re, im } = modelOutput(model, source, { lanes: batch, provide: own });
    return { re, im: im as Tensor };
  };
  const output = spectrumOf(start, provide);
  const target = spectrumOf(teacher, frozen(teacher.values));
  const unit = meanSquare(spectraOf(teacher, signals, 0, batch));
  const error = spectrumLoss(output, target, bins, batch, unit);
  const openness = network.stages.flatMap(({ gate, radix }, s) => {
    const leaf = leaves.get(parameterName(s, 'gate'));
    return gate && leaf ? [gateOpennessTensor(gate, radix, leaf)] : [];
  });
  const training = train({
    loss: weightedSum([
      { weight: 1, loss: error },
      { weight: sparsity, loss: expectedShare(openness) },
    ]),
    // Offsets are as large as spectra, all other parameters of size 1.
    parameters: [...leaves].map(([name, tensor]) => ({
      tensor,
      rate: name === 'corrector.offset' ? Math.sqrt(unit) : 1,
    })),
    initial: start.values,
    feed: (step, view) => signals(step, view('re'), network.input === 'complex' ? view('im') : null),
    steps,
    learningRate,
  });
  const every = Math.max(1, Math.floor(steps / choices));
  for await (const { step } of training) {
    onStep?.(step, steps);
    if (step % every === 0 || step === steps)
      yield Object.fromEntries(
        Object.keys(parameterShapes(network)).map((name) => [name, training.value(name)]),
      );
  }
  training.executable.dispose();
}

/** The same transform, its exact stages merged: the form that compiles best. */
function simplified(t: TrainedModel): TrainedModel {
  const network = networkOf(t.model);
  if (network.permutation !== 'digit-reversal') return t;
  const merged = regroup(network, t.values);
  return withNetwork(t, merged.spec, merged.values);
}

/** The best corrector of a transform that has none, on a stream of its own. */
function corrected(
  bare: TrainedModel,
  teacher: TrainedModel,
  signals: Signals,
  spec: CorrectorSpec,
  tikhonov?: number,
): { student: TrainedModel; error: number } {
  const network = networkOf(bare.model);
  const bins = binCount(network);
  // Enough spectra for the widest corrector, whose rows have as many unknowns as there are bins.
  const lanes = 4 * Math.ceil(Math.max(256, spec.kind === 'low-rank' ? 3 * bins : 0) / 4);
  const pairs = {
    student: spectraOf(bare, signals, solving, lanes),
    teacher: spectraOf(teacher, signals, solving, lanes),
    bins,
    lanes,
  };
  const solved = solveCorrector(spec, pairs, tikhonov);
  return {
    student: transformModel(network, bare.values, { corrector: solved, kept: keptBins(bare.model) }),
    error: solved.after,
  };
}

/**
 * A student of a teacher. Gates are those of the lowest squared error with the best corrector, plus sparsity times their open
 * share, among the teacher's and ten states of their training. Throws InvalidArgumentError for an unknown student or corrector, and for a gated student of
 * a teacher without gates.
 */
export async function distill(teacher: TrainedModel, options: DistillOptions): Promise<Distilled> {
  checkOptions('distill', options, distillTable());
  const { corrector: spec = { kind: 'affine' }, seed, steps = 300 } = options;
  if (endsOf(teacher.model).to.real)
    throw new InvalidArgumentError('a model that ends in real samples; expected a spectrum');
  requireValues(teacher.model, teacher.values);
  const bins = binCount(networkOf(teacher.model));
  validateCorrector(spec, bins);
  const signals = options.signals ?? gaussianSignals(seed);
  const { network, values, kept } = studentStart(options.student, teacher, options.grain);
  const plain = transformModel(network, values, { kept });
  const solve = (gates: ParameterValues) => {
    const { network: decided, values: own, open, total } = decideGates(network, gates);
    const bare = transformModel(decided, own, { kept });
    const solution = corrected(bare, teacher, signals, spec, options.tikhonov);
    const share = total === 0 ? 1 : open / total;
    return { ...solution, score: solution.error ** 2 + (options.sparsity ?? 0) * share };
  };
  let best = solve(values);
  if (Object.keys(values).length > 0 && steps > 0) {
    const corrector = { spec, values: correctorStart(spec, teacher) };
    const start = transformModel(network, values, { corrector, kept });
    for await (const gates of trainedGates(start, teacher, signals, options)) {
      const now = solve(gates);
      if (now.score < best.score) best = now;
    }
  }
  const student = simplified(best.student);
  const expected = spectraOf(teacher, signals, heldOutStream, batch);
  const errorOf = (t: TrainedModel): number =>
    relativeL2(spectraOf(t, signals, heldOutStream, batch), expected);
  return {
    student,
    unmerged: best.student,
    before: errorOf(plain),
    after: errorOf(student),
    operations: transformCost(student),
    teacherOperations: transformCost(teacher),
  };
}
