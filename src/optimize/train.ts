/**
 * The training loop: an async iterator of steps over one compiled program (forward, backward and optimiser together).
 * Everything a step depends on is its number and the saved state, so stopping and resuming gives the same bits.
 */
import { InvalidArgumentError } from '../errors.ts';
import { viewOf, type Backend, type HostExecutable, type FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import type { Dtype } from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { input, leafName, type Tensor } from '../ir/graph.ts';
import { fillSigns } from '../numeric/random.ts';
import { cos, power } from '../numeric/elementary.ts';
import {
  anything,
  callback,
  checkOptions,
  finite,
  flag,
  isRecord,
  matching,
  oneOf,
  record,
  required,
  whole,
  type OptionTable,
  type Rule,
} from '../options.ts';
import { innerProduct, scaled } from './losses.ts';
import {
  adam,
  trainingStep,
  validateOptimizer,
  type OptimizerSpec,
  type TrainedParameter,
} from './optimizers.ts';
import { TimeSlice } from './time-slice.ts';

/** What `train` minimises, over which parameters, and with which optimiser. */
export interface TrainOptions {
  /** The scalar that is minimised, and nothing else is. */
  readonly loss: Tensor;
  readonly parameters: readonly TrainedParameter[];
  /** Starting values by parameter name. */
  readonly initial: Readonly<Record<string, ArrayLike<number>>>;
  /** Other scalar tensors to report with every step, by name. */
  readonly terms?: Readonly<Record<string, Tensor>>;
  /** Writes the inputs of step 0, 1, ...; must depend on the step alone. */
  readonly feed: (step: number, input: (name: string) => FloatArray) => void;
  readonly steps: number;
  readonly learningRate: number;
  /** cosine: rate cos^2(pi/2 step/steps), to zero; constant. Default cosine. */
  readonly schedule?: 'cosine' | 'constant';
  /** Steps over which the rate rises linearly from zero. Default 0. */
  readonly warmup?: number;
  readonly optimizer?: OptimizerSpec;
  /** Diagonal Gauss-Newton only: loss = factor sum |outputs - target|^2, and the seed of its random signs. */
  readonly signs?: { readonly outputs: readonly Tensor[]; readonly factor: number; readonly seed: number };
  /** Bound of the global gradient norm. Default none. */
  readonly clip?: number;
  readonly dtype?: Dtype;
  readonly backend?: Backend;
  /** Fused multiply-add where the engine has it: no longer the same bits on every engine. Default false. */
  readonly relaxed?: boolean;
}

const tensor: Rule<Tensor> = matching('a tensor', (x) => isRecord(x) && 'source' in x && 'shape' in x);
const backendRule: Rule<Backend> = matching('a backend', (x) => isRecord(x) && 'instantiate' in x);

const trainTable = (): OptionTable<TrainOptions> => ({
  loss: required(tensor),
  parameters: required(matching('a list of { tensor }', Array.isArray)),
  initial: required(record('arrays of numbers by name')),
  terms: record('tensors by name'),
  feed: required(callback()),
  steps: required(whole()),
  learningRate: required(finite({ above: 0 })),
  schedule: oneOf(['cosine', 'constant']),
  warmup: whole(0),
  optimizer: anything(),
  signs: record(),
  clip: finite({ above: 0 }),
  dtype: oneOf(['f32', 'f64']),
  backend: backendRule,
  relaxed: flag,
});

const parameterTable = (): OptionTable<TrainedParameter> => ({
  tensor: required(tensor),
  rate: finite({ minimum: 0 }),
  projection: oneOf(['unit-circle']),
});

/** Throws InvalidArgumentError for options that make no sense. */
function validateTraining(options: TrainOptions): void {
  checkOptions('train', options, trainTable());
  for (const p of options.parameters) checkOptions('a parameter of train', p, parameterTable());
  if (options.optimizer) validateOptimizer(options.optimizer);
}

/** What one step of `train` reports. */
export interface TrainStep {
  /** Steps done, 1 .. steps. */
  readonly step: number;
  /** The loss before this step's update. */
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly terms: Readonly<Record<string, number>>;
}

/** Parameters and optimiser moments by name, and the number of steps done. */
export interface TrainingState {
  readonly step: number;
  readonly values: Readonly<Record<string, FloatArray>>;
}

/** A training that runs as it is iterated over, one step at a time, and can be saved and restored. */
export interface Training extends AsyncIterable<TrainStep> {
  /** A copy of everything needed to go on. */
  state(): TrainingState;
  /** Go on from a saved state. Throws InvalidArgumentError if it is not of this training. */
  restore(state: TrainingState): void;
  /** Current value of a parameter, a copy. */
  value(name: string): Float64Array;
  readonly executable: HostExecutable;
}

/** Learning rate of a step. */
export function rateAt(
  step: number,
  o: Pick<TrainOptions, 'steps' | 'learningRate' | 'schedule' | 'warmup'>,
): number {
  const rise = o.warmup ? Math.min(1, (step + 1) / o.warmup) : 1;
  const fall = o.schedule === 'constant' ? 1 : 0.5 * (1 + cos((Math.PI * step) / o.steps));
  return o.learningRate * rise * fall;
}

const signInput = (i: number): string => `signs ${i}`;

/** sqrt(2 factor) <outputs, signs>. */
function signedOutputs({ outputs, factor }: NonNullable<TrainOptions['signs']>): Tensor {
  const signs = outputs.map((t, i) => input(signInput(i), t.shape));
  return scaled(innerProduct(outputs, signs), Math.sqrt(2 * factor));
}

/** Random signs of a step, from streams that no data use. */
function feedSigns(
  { outputs, seed }: NonNullable<TrainOptions['signs']>,
  step: number,
  view: (name: string) => FloatArray,
): void {
  outputs.forEach((_, i) => fillSigns(view(signInput(i)), seed, 2 ** 40 + step * outputs.length + i));
}

/** The compiled training step with its starting values. */
function prepared(options: TrainOptions, optimizer: OptimizerSpec): HostExecutable {
  const { loss, parameters, initial, signs, clip = Infinity, terms } = options;
  const { dtype = 'f64', backend = defaultBackend(), relaxed = false } = options;
  const isCurved = optimizer.kind === 'diagonal-gauss-newton';
  if (isCurved && !signs)
    throw new InvalidArgumentError('diagonal-gauss-newton needs the outputs of its loss (signs)');
  const probe = isCurved && signs ? signedOutputs(signs) : null;
  const graph = trainingStep(loss, parameters, optimizer, clip, terms, probe);
  const executable = backend.instantiate(compileGraph(graph, { dtype }), { relaxed });
  for (const { tensor: t } of parameters) {
    const name = leafName(t);
    if (initial[name]?.length !== t.size)
      throw new InvalidArgumentError(
        `parameter "${name}" starts with ${initial[name]?.length ?? 'no'} values; expected ${t.size}`,
      );
  }
  for (const [name, value] of Object.entries(initial))
    if (name in executable.program.parameters) executable.write(name, value);
  return executable;
}

/**
 * Compile the training step and return its iterator. Throws InvalidArgumentError for options that do not exist or make no sense,
 * for missing starting values, and, while iterating, when the loss stops being finite. Of a task take `loss`, `parameters` and `feed`.
 */
export function train(options: TrainOptions): Training {
  validateTraining(options);
  const { optimizer = adam, signs } = options;
  const executable = prepared(options, optimizer);
  const view = (name: string): FloatArray => viewOf(executable, name);
  const names = Object.keys(executable.program.parameters);
  let done = 0;
  const step = (): TrainStep => {
    const learningRate = rateAt(done, options);
    view('learningRate')[0] = learningRate;
    if (optimizer.kind !== 'sgd') {
      view('biasCorrection1')[0] = 1 - power(optimizer.beta1, done + 1);
      view('biasCorrection2')[0] = 1 - power(optimizer.beta2, done + 1);
    }
    if (optimizer.kind === 'diagonal-gauss-newton' && signs) feedSigns(signs, done, view);
    options.feed(done, view);
    executable.run();
    done++;
    const [loss] = view('loss');
    if (!Number.isFinite(loss))
      throw new InvalidArgumentError(`loss is ${loss} at step ${done}; a lower learning rate may help`);
    const gradientNorm = Math.sqrt(view('gradientNorm2')[0]);
    const terms = Object.keys(options.terms ?? {}).map((name) => [name, view(name)[0]]);
    return { step: done, loss, gradientNorm, learningRate, terms: Object.fromEntries(terms) };
  };
  return {
    executable,
    value: (name) => Float64Array.from(view(name)),
    state: () => ({
      step: done,
      values: Object.fromEntries(names.map((name) => [name, view(name).slice() as FloatArray])),
    }),
    restore(state) {
      for (const name of names) {
        const saved = state.values[name];
        if (saved?.length !== view(name).length)
          throw new InvalidArgumentError(
            `saved training state has ${saved?.length ?? 'no'} values for "${name}"; expected ${view(name).length}`,
          );
        view(name).set(saved);
      }
      done = state.step;
    },
    async *[Symbol.asyncIterator]() {
      const slice = new TimeSlice();
      while (done < options.steps) {
        yield step();
        if (slice.used()) await slice.next();
      }
    },
  };
}
