/**
 * Quantisation of what is there (parameters, or a compiled program), and straight-through training of a transform network
 * whose forward pass sees quantised parameters only.
 */
import { InvalidArgumentError } from '../errors.ts';
import type { Program } from '../compiler/kernel.ts';
import { leadingRung, quantizeProgram, type TableFormat } from '../compiler/quantize.ts';
import { argument, exprCarrier as k } from '../ir/expr.ts';
import { sizeOf, type Tensor } from '../ir/graph.ts';
import type { StoredTable } from '../ir/stored.ts';
import { seedRule, type ParameterValues } from '../model/initialize.ts';
import {
  checkArgument,
  checkOptions,
  finite,
  record,
  required,
  whole,
  type OptionTable,
} from '../options.ts';
import { parameterShapes, validateNetwork, type NetworkSpec } from '../model/network.ts';
import { frozen, type Provide } from '../model/parametrization.ts';
import {
  decodedValues,
  formatRule,
  hiName,
  isQuantized,
  latentShapes,
  limbsOf,
  quantizedProvides,
  storeValues,
  storedProvide,
  type Quantization,
} from '../model/quantization.ts';
import { fillSigns } from '../numeric/random.ts';
import { addAll, sumOver, weightedSum } from '../optimize/losses.ts';
import { Evaluation } from '../optimize/evaluation.ts';
import { train } from '../optimize/train.ts';
import { transformTask, type TransformTask } from '../fit/transform-task.ts';

/** Quantised parameters. */
export interface QuantizedValues {
  /** What the codes decode to, and the parameters that are not quantised (gates). */
  readonly values: ParameterValues;
  readonly tables: Readonly<Record<string, StoredTable>>;
  /** Bytes of all codes. */
  readonly bytes: number;
  /** Parameters for a graph whose compiled program holds the codes. */
  readonly provide: Provide;
}

/** How the tables of a compiled program are rounded. */
export interface TableQuantization extends Quantization {
  /**
   * Those of a filterbank, where not like the others. What it rounds stays in its band, as a part of the band's own energy;
   * rounded windows and twiddles put noise of the loudest bin into the emptiest band.
   */
  readonly filterbank?: Quantization;
}

/** Ways to store tables by name, from the finest to the coarsest: see docs/quantization.md for what each is good for. */
export const tableFormats = {
  q24: { format: 'q8', terms: 3, filterbank: { format: 'f16' } },
  'hi-lo': { format: 'hi-lo' },
  f16: { format: 'f16' },
  q8: { format: 'q8' },
} as const satisfies Readonly<Record<string, TableQuantization>>;

/** What becomes of a program whose tables are stored so. Throws InvalidArgumentError for an unknown format, before there is a program. */
export function tableCoder(tables: TableQuantization): (program: Program) => Program {
  const ready = `a value of tableFormats of papilio/learn (${Object.keys(tableFormats).join(', ')})`;
  checkArgument('tables', tables, record(ready));
  checkArgument('tables.format', tables.format, {
    ...formatRule,
    expected: `${formatRule.expected}, or ${ready}`,
  });
  const coded = (own: Quantization): TableFormat => {
    const { format, limbs } = limbsOf(own);
    return { format, limbs, per: own.per ?? 'stage' };
  };
  const { filterbank: bank, ...rest } = tables;
  const [others, filterbank] = [coded(rest), coded(bank === undefined ? rest : bank)];
  return (program) => quantizeProgram(program, (label) => (label === 'filterbank' ? filterbank : others));
}

const isProgram = (target: ParameterValues | Program): target is Program => Array.isArray(target.kernels);

/**
 * Parameters by name, or the constants of a compiled program (all of them: twiddles, windows, filterbanks), as codes of fewer
 * bits. A program means the decoded numbers from then on; files and `tableBytesOf` hold the codes.
 * Throws InvalidArgumentError for an unknown format and for numbers that it cannot hold.
 */
export function quantize(target: Program, q: TableQuantization): Program;
export function quantize(target: ParameterValues, q: Quantization): QuantizedValues;
export function quantize(target: ParameterValues | Program, q: Quantization): QuantizedValues | Program {
  if (isProgram(target)) return tableCoder(q)(target);
  const tables = storeValues(target, q);
  return {
    values: decodedValues(target, tables),
    tables,
    bytes: Object.values(tables).reduce((sum, t) => sum + t.codes.byteLength, 0),
    provide: storedProvide(tables, frozen(target)),
  };
}

/** A nested program as its hi limbs alone, which take half the bytes. Other programs are unchanged. */
export const halfRung = (program: Program): Program => leadingRung(program, 1);

const holdOut = { batch: 32, step: -1 } as const;

/**
 * Relative L2 error of the spectrum of a network against the exact one on held-out Gaussian signals, float64: one number per
 * rung of the quantisation (hi and hi + lo of nested ones), or of the parameters as they are without one.
 */
export function quantizedErrors(
  spec: NetworkSpec,
  values: ParameterValues,
  q: Quantization | null,
  seed: number,
): number[] {
  const rest = frozen(values);
  const tables = q ? storeValues(values, q) : {};
  const rungs = q ? limbsOf(q).rungs.map((rung) => storedProvide(tables, rest, rung)) : [rest];
  const task = transformTask(spec, holdOut.batch, seed, () => rungs);
  const losses = Object.fromEntries(task.losses.map((loss, i) => [`rung${i}`, loss]));
  const e = new Evaluation(losses, { specialize: false });
  task.feed(holdOut.step, (name) => e.view(name));
  e.run();
  const errors = Object.keys(losses).map((name) => Math.sqrt(e.view(name)[0]));
  e.dispose();
  return errors;
}

/** Options of `trainQuantized`. */
export interface QuantizedTraining {
  readonly spec: NetworkSpec;
  /** Where the numbers behind the quantised ones start. */
  readonly initial: ParameterValues;
  readonly quantization: Quantization;
  readonly steps: number;
  /** Of Adam, in units of the parameters. Default 1e-3. */
  readonly learningRate?: number;
  /** Gaussian signals per step. Default 32. */
  readonly batch?: number;
  readonly seed: number;
}

const trainingTable = (): OptionTable<QuantizedTraining> => ({
  spec: required(record()),
  initial: required(record()),
  quantization: required(record()),
  steps: required(whole()),
  learningRate: finite({ above: 0 }),
  batch: whole(),
  seed: required(seedRule),
});

/** What `trainQuantized` found, with errors before and after. */
export interface QuantizedTrainingResult {
  /** The numbers behind, of the step that did best on held-out signals. */
  readonly latent: ParameterValues;
  readonly quantized: QuantizedValues;
  /** Relative L2 errors on held-out signals by rung, at the start and of the result; other signals chose the step. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const perturbed = (values: ParameterValues, by: number, seed: number): ParameterValues =>
  Object.fromEntries(
    Object.entries(values).map(([name, data], i) => {
      if (!isQuantized(name)) return [name, data];
      const signs = new Float64Array(data.length);
      fillSigns(signs, seed, 2 ** 41 + i);
      return [name, data.map((x, j) => x + by * signs[j])];
    }),
  );

/** Mean second derivative of the squared relative error by one parameter: v^T H v / count for random signs v. */
function meanCurvature(spec: NetworkSpec, values: ParameterValues, seed: number): number {
  const count = Object.entries(values).reduce(
    (sum, [name, x]) => sum + (isQuantized(name) ? x.length : 0),
    0,
  );
  const h = 1e-3;
  const [low, at, high] = [-h, 0, h].map(
    (by) => quantizedErrors(spec, perturbed(values, by, seed), null, seed)[0] ** 2,
  );
  return Math.max(0, (low - 2 * at + high) / (h * h * count));
}

interface Attached {
  readonly latent: Tensor;
  readonly quantized: Tensor;
}

/** sum (latent - quantised)^2 over all parameters, the quantised ones held fixed. */
function attachment(pairs: readonly Attached[]): Tensor {
  const rest = k.sub(argument(0), k.stopGradient(argument(1)));
  const square = k.mul(rest, rest);
  return addAll(pairs.map(({ latent, quantized }) => sumOver('attachment', [latent, quantized], square)));
}

/**
 * The objective: the losses of all rungs, and half the curvature times the squared distance between parameters and codes.
 * Without that a parameter whose optimum lies between two codes is pushed back and forth across their border for ever, and
 * ends on either; with it, it rests at the optimum given all other codes, and its code is the one next to that.
 * (Nagel et al., Overcoming oscillations in quantization-aware training, 2022.)
 */
function quantizedTask(
  { spec, quantization, batch = 32, seed }: QuantizedTraining,
  curvature: number,
): TransformTask {
  const shapes = parameterShapes(spec);
  const pairs: Attached[] = [];
  const task = transformTask(spec, batch, seed, (provide) => {
    const provides = quantizedProvides(provide, shapes, quantization);
    for (const [name, shape] of Object.entries(shapes).filter(([name]) => isQuantized(name)))
      provides.forEach((own, rung) => {
        const latent = provide(rung < provides.length - 1 ? hiName(name) : name, shape);
        pairs.push({ latent, quantized: own(name, shape) });
      });
    return provides;
  });
  if (pairs.length === 0) return task;
  const attached = { weight: curvature / 2, loss: attachment(pairs) };
  return { ...task, loss: weightedSum([{ weight: 1, loss: task.loss }, attached]) };
}

/** Steps of the end of a training, where the rate is next to nothing, that are compared. */
const choices = 5;
const spacing = 50;

/**
 * Trains the parameters of a network behind their quantisation, straight through, on the sum of the losses of all rungs.
 * The start is among what is chosen from, by the same sum on held-out signals. Numbers behind a hi rung that are not given
 * start as the parameter. Throws InvalidArgumentError for starting values that are missing or do not fit.
 */
export async function trainQuantized(options: QuantizedTraining): Promise<QuantizedTrainingResult> {
  checkOptions('trainQuantized', options, trainingTable());
  validateNetwork(options.spec);
  const { spec, quantization: q, steps, learningRate = 1e-3, seed } = options;
  const shapes = parameterShapes(spec);
  const names = Object.keys(latentShapes(shapes, q));
  const start = (name: string): Float64Array => {
    const own = options.initial[name] ?? options.initial[name.replace(/\.hi$/, '')];
    const size = sizeOf(latentShapes(shapes, q)[name]);
    if (own?.length !== size)
      throw new InvalidArgumentError(
        `parameter "${name}" starts with ${own?.length ?? 'no'} values; expected ${size}`,
      );
    return own;
  };
  const initial: ParameterValues = Object.fromEntries(names.map((name) => [name, start(name)]));
  const score = (values: ParameterValues): number =>
    quantizedErrors(spec, values, q, seed + 1).reduce((sum, e) => sum + e * e, 0);
  const network = Object.fromEntries(Object.keys(shapes).map((name) => [name, initial[name]]));
  const { loss, parameters, feed } = quantizedTask(options, meanCurvature(spec, network, seed + 1));
  const training = train({ loss, parameters, feed, initial, steps, learningRate });
  let [best, lowest] = [initial, score(initial)];
  const every = Math.max(1, Math.floor(steps / spacing));
  for await (const { step } of training) {
    if (steps - step >= choices * every || (steps - step) % every !== 0) continue;
    const now = Object.fromEntries(names.map((name) => [name, training.value(name)]));
    const reached = score(now);
    if (reached < lowest) [best, lowest] = [now, reached];
  }
  training.executable.dispose();
  return {
    latent: best,
    quantized: quantize(best, q),
    before: quantizedErrors(spec, initial, q, seed + 2),
    after: quantizedErrors(spec, best, q, seed + 2),
  };
}
