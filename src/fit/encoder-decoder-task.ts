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
import { planar } from '../ir/view.ts';
import { coderOf, partOf, type CoderPart } from '../model/encoder-decoder.ts';
import { modelShapes, partsOutput, type Model, type Part } from '../model/model.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { Provide } from '../model/parametrization.ts';
import { largest } from '../numeric/largest.ts';
import type { ComplexArray } from '../numeric/complex.ts';
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

/** Output of a term as planar parts, beside its target. */
interface Compared {
  readonly actual: readonly Tensor[];
  readonly target: readonly Tensor[];
}

/** Samples; no imaginary part for real ones. */
interface Samples {
  readonly re: Tensor;
  readonly im?: Tensor;
}

const partsOf = (x: Samples): Tensor[] => (x.im ? [x.re, x.im] : [x.re]);

/** The compared outputs of the wanted terms on `lanes` signals; `data` provides them by the names of `inputsOf`. */
function compare(
  model: Model,
  wanted: readonly Term[],
  lanes: number,
  provide: Provide,
  data: Provide,
): Partial<Record<Term, Compared>> {
  const { encoder, bins, real, ...coder } = coderOf(model);
  const { n } = encoder;
  const signal = (name: string): Samples => ({
    re: data(`${name}Re`, [n, lanes]),
    ...(real ? {} : { im: data(`${name}Im`, [n, lanes]) }),
  });
  const x = once(() => signal('x'));
  const behind = (parts: readonly Part[], source: Samples): Samples =>
    partsOutput(model, parts, planar(source, lanes), { lanes, provide });
  const encoded = once(() => behind(coder.encode, x()));
  const exact = once(() => ({
    re: data('spectrumRe', [bins, lanes]),
    im: data('spectrumIm', [bins, lanes]),
  }));
  const of: Readonly<Record<Term, () => Compared>> = {
    spectrum: () => ({ actual: partsOf(encoded()), target: partsOf(exact()) }),
    inverse: () => ({ actual: partsOf(behind(coder.decode, exact())), target: partsOf(x()) }),
    roundTrip: () => ({ actual: partsOf(behind(coder.decode, encoded())), target: partsOf(x()) }),
    filter: () => ({
      actual: partsOf(behind(coder.filter, encoded())),
      target: partsOf(signal('y')),
    }),
  };
  return Object.fromEntries(wanted.map((term) => [term, of[term]()]));
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** The data of all terms by name. */
function inputsOf({ samples, spectra, filtered }: CoderData): Record<string, Float64Array> {
  const named = (name: string, x: ComplexArray): Record<string, Float64Array> => ({
    [`${name}Re`]: x.re,
    [`${name}Im`]: x.im,
  });
  return { ...named('x', samples), ...named('spectrum', spectra), ...(filtered ? named('y', filtered) : {}) };
}

/** What a term is compared with, in numbers: planar parts that the model has. */
function targetOf(model: Model, data: CoderData, term: Term): readonly Float64Array[] {
  if (term === 'spectrum') return [data.spectra.re, data.spectra.im];
  const samples = term === 'filter' ? data.filtered : data.samples;
  if (!samples) throw new InvalidArgumentError('no filtered signals; expected a response or example pairs');
  return coderOf(model).real ? [samples.re] : [samples.re, samples.im];
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
  const compared = compare(model, wanted, data.count, provide, inputs.provide);
  const residuals = wanted.flatMap((term) => {
    const scale = Math.sqrt((weights[term] as number) / (energyOf(targetOf(model, data, term)) || 1));
    const { actual, target } = compared[term] as Compared;
    return actual.map((tensor, i) => residual(tensor, target[i], scale));
  });
  const known: Readonly<Record<string, Float64Array>> = { ...inputsOf(data), ...values };
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
  private readonly model: Model;
  private readonly data: CoderData;
  private readonly measured: readonly Term[];

  constructor(model: Model, data: CoderData) {
    this.model = model;
    this.data = data;
    this.measured = terms.filter((term) => term !== 'filter' || (coderOf(model).mask && data.filtered));
    const { provide } = namedLeaves(input);
    const compared = compare(model, this.measured, data.count, provide, provide);
    const outputs = Object.fromEntries(
      this.measured.flatMap((term) =>
        (compared[term] as Compared).actual.map((tensor, i) => [`${term} ${i}`, tensor]),
      ),
    );
    this.evaluation = new Evaluation(outputs);
    this.evaluation.set(inputsOf(data));
  }

  /** Errors of these values on the signals given; null for a term that does not apply. */
  of(values: ParameterValues): TermErrors {
    this.evaluation.set(values);
    this.evaluation.run();
    const errors = Object.fromEntries(
      this.measured.map((term) => {
        const target = targetOf(this.model, this.data, term);
        const actual = target.map((_, i) => this.evaluation.view(`${term} ${i}`));
        return [term, errorOf(actual, target, this.data.count)];
      }),
    );
    return { ...noErrors, ...errors };
  }

  /** Lets go of the compiled programs. */
  dispose(): void {
    this.evaluation.dispose();
  }
}
