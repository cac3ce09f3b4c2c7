/**
 * What an encoder-decoder is trained and judged on. Every term is a squared relative L2 error over the given signals x:
 *
 *   spectrum    E x   against the DFT of x, in the scale of the encoder's norm
 *   inverse     D X   against x, X the DFT of x: the decoder without the encoder
 *   roundTrip   D E x against x
 *   filter      D (mask . E x) against the filtered signals y
 */
import { InvalidArgumentError } from '../errors.ts';
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { input, loop, rowMajor, type Tensor } from '../ir/graph.ts';
import { planar, type Planar } from '../ir/view.ts';
import { coderOf, partOf, type CoderPart } from '../model/encoder-decoder.ts';
import { modelShapes, partsOutput, type Model, type Part } from '../model/model.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { Provide } from '../model/parametrization.ts';
import { largest } from '../numeric/largest.ts';
import type { FitTask } from './chain-task.ts';
import type { CoderData } from './encoder-decoder-data.ts';
import { Evaluation } from '../optimize/evaluation.ts';
import { addAll, sumOfSquares } from '../optimize/losses.ts';
import { namedLeaves } from './transform-task.ts';

export const terms = ['spectrum', 'inverse', 'roundTrip', 'filter'] as const;
/** A term of the loss, which is also an error that is measured. */
export type Term = (typeof terms)[number];
/** Weights of the terms in a loss; absent terms have none. */
export type TermWeights = Partial<Readonly<Record<Term, number>>>;

/** Signals of the data. */
type Signal = 'x' | 'y' | 'spectrum';

/** Output of a term as planar parts, and what they are compared with, by names of `inputsOf`. */
interface Compared {
  readonly actual: readonly Tensor[];
  readonly target: readonly string[];
}

/** The compared outputs of the wanted terms on `lanes` signals; `data` provides them by the names of `inputsOf`. */
function compare(
  model: Model,
  wanted: readonly Term[],
  lanes: number,
  provide: Provide,
  data: Provide,
): Map<Term, Compared> {
  const { encoder, bins, real, encode, decode, filter } = coderOf(model);
  const namesOf = (signal: Signal): string[] =>
    real && signal !== 'spectrum' ? [`${signal}Re`] : [`${signal}Re`, `${signal}Im`];
  const given = (signal: Signal): Planar => {
    const shape = [signal === 'spectrum' ? bins : encoder.n, lanes];
    const [re, im] = namesOf(signal).map((name) => data(name, shape));
    return { re, im };
  };
  const behind = (parts: readonly Part[], source: Planar): Planar =>
    partsOutput(model, parts, planar(source, lanes), { lanes, provide });
  let made: Planar | null = null;
  const encoded = (): Planar => (made ??= behind(encode, given('x')));
  const rules: Readonly<Record<Term, () => [Planar, Signal]>> = {
    spectrum: () => [encoded(), 'spectrum'],
    inverse: () => [behind(decode, given('spectrum')), 'x'],
    roundTrip: () => [behind(decode, encoded()), 'x'],
    filter: () => [behind(filter, encoded()), 'y'],
  };
  return new Map(
    wanted.map((term) => {
      const [{ re, im }, target] = rules[term]();
      return [term, { actual: im ? [re, im] : [re], target: namesOf(target) }];
    }),
  );
}

/** The data of all terms by name. */
function inputsOf({ samples, spectra, filtered }: CoderData): Record<string, Float64Array> {
  const own = filtered ? { yRe: filtered.re, yIm: filtered.im } : {};
  return { xRe: samples.re, xIm: samples.im, spectrumRe: spectra.re, spectrumIm: spectra.im, ...own };
}

const energyOf = (x: readonly Float64Array[]): number =>
  x.reduce((total, part) => part.reduce((sum, v) => sum + v * v, total), 0);

/** scale (actual - target), of the shape of the target: spare rows of the output are left out. */
function residual(actual: Tensor, target: Tensor, scale: number): Tensor {
  const access = { offset: 0, terms: rowMajor(target.shape) };
  return loop({
    label: 'residual',
    space: target.shape,
    loads: [actual, target].map((tensor) => ({ tensor, access })),
    body: [k.mul(literal(scale), k.sub(argument(0), argument(1)))],
    stores: [{ result: 0, access, combine: 'store' }],
    shapes: [target.shape],
  })[0];
}

/**
 * The weighted sum of terms as a task for some of the parts. The other parts are frozen: inputs with the given values, which
 * no optimiser sees.
 */
export function coderTask(
  model: Model,
  data: CoderData,
  trained: readonly CoderPart[],
  weights: TermWeights,
  values: ParameterValues,
): FitTask {
  const { provide: leaf, leaves } = namedLeaves();
  const isTrained = (name: string): boolean => trained.includes(partOf(name));
  const inputs = namedLeaves(input);
  const provide: Provide = (name, shape) => (isTrained(name) ? leaf : inputs.provide)(name, shape);
  const wanted = terms.filter((term) => (weights[term] ?? 0) > 0);
  if (wanted.includes('filter') && !data.filtered)
    throw new InvalidArgumentError('no filtered signals; expected a response or example pairs');
  const known: Readonly<Record<string, Float64Array>> = { ...inputsOf(data), ...values };
  const compared = compare(model, wanted, data.count, provide, inputs.provide);
  const residuals = [...compared].flatMap(([term, { actual, target }]) => {
    const energy = energyOf(target.map((name) => known[name]));
    const scale = Math.sqrt((weights[term] as number) / (energy || 1));
    return actual.map((tensor, i) => {
      const shape = [known[target[i]].length / data.count, data.count];
      return residual(tensor, inputs.provide(target[i], shape), scale);
    });
  });
  const names = Object.keys(modelShapes(model)).filter(isTrained);
  const unused = names.find((name) => !leaves.has(name));
  if (residuals.length === 0 || names.length === 0 || unused !== undefined)
    throw new InvalidArgumentError(
      `${names.length === 0 ? 'nothing to train' : `no term depends on ${unused ?? 'anything'}`}; parts ${trained.join(', ') || 'none'}, terms ${wanted.join(', ') || 'none'}`,
    );
  return {
    loss: addAll(residuals.map(sumOfSquares)),
    parameters: names.map((name) => ({ tensor: leaves.get(name) as Tensor })),
    outputs: residuals,
    factor: 1,
    data: Object.fromEntries([...inputs.leaves.keys()].map((name) => [name, known[name]])),
  };
}

/** Relative L2 error over all signals, and the largest of one signal. */
export interface SignalError {
  readonly relativeL2: number;
  readonly worst: number;
}

/** Errors by term; null where a term does not apply. */
export type TermErrors = Readonly<Record<Term, SignalError | null>>;

const noErrors: TermErrors = { spectrum: null, inverse: null, roundTrip: null, filter: null };

/** Errors of one term from its outputs [rows, count]. */
function errorOf(
  actual: readonly ArrayLike<number>[],
  target: readonly Float64Array[],
  count: number,
): SignalError {
  const [difference, norm] = [new Float64Array(count), new Float64Array(count)];
  target.forEach((part, p) => {
    for (let i = 0; i < part.length; i++) {
      difference[i % count] += (actual[p][i] - part[i]) ** 2;
      norm[i % count] += part[i] ** 2;
    }
  });
  const sum = (x: Float64Array): number => x.reduce((a, b) => a + b, 0);
  const ratios = Array.from(difference, (d, l) => (d === 0 ? 0 : Math.sqrt(d / norm[l])));
  return { relativeL2: Math.sqrt(sum(difference) / (sum(norm) || 1)), worst: largest(ratios) };
}

/** Errors of all terms on fixed signals, again and again. Terms without data (filter) are null. */
export class CoderMeasure {
  private readonly evaluation: Evaluation;
  private readonly compared: Map<Term, Compared>;
  private readonly data: Readonly<Record<string, Float64Array>>;
  private readonly count: number;

  constructor(model: Model, data: CoderData) {
    const measured = terms.filter((term) => term !== 'filter' || (coderOf(model).mask && data.filtered));
    const { provide } = namedLeaves(input);
    this.compared = compare(model, measured, data.count, provide, provide);
    this.data = inputsOf(data);
    this.count = data.count;
    const outputs = [...this.compared].flatMap(([term, { actual }]) =>
      actual.map((tensor, i) => [`${term} ${i}`, tensor] as const),
    );
    this.evaluation = new Evaluation(Object.fromEntries(outputs));
    this.evaluation.set(this.data);
  }

  /** Errors of these values on the signals given; null for a term that does not apply. */
  of(values: ParameterValues): TermErrors {
    this.evaluation.run(values);
    const errors = [...this.compared].map(([term, { target }]) => {
      const actual = target.map((_, i) => this.evaluation.view(`${term} ${i}`));
      const expected = target.map((name) => this.data[name]);
      return [term, errorOf(actual, expected, this.count)];
    });
    return { ...noErrors, ...Object.fromEntries(errors) };
  }

  /** Lets go of the compiled programs. */
  dispose(): void {
    this.evaluation.dispose();
  }
}
