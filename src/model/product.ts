/**
 * What a fit trains: one chain, or a product of chains over the same complex points, with a head. Parameters of a single
 * chain have the names of its network; those of a product are prefixed by "chain0.", "chain1.", in the order of application.
 */
import { InvalidArgumentError } from '../errors.ts';
import type { Complex } from '../numeric/arithmetic.ts';
import { complex, numberArithmetic } from '../numeric/arithmetic.ts';
import type { ComplexTensor } from '../ir/graph.ts';
import { rows, type ComplexView } from '../ir/view.ts';
import { initialize, type ParameterValues, type Start } from './initialize.ts';
import { parameterShapes, spectrum, validateNetwork, type NetworkSpec } from './network.ts';
import type { Provide } from './parametrization.ts';

export interface ChainModel {
  /** In the order in which they meet the signal. */
  readonly chains: readonly NetworkSpec[];
  /** complex: complex signals in and out. real: real signals in, the real part of the result out. */
  readonly head: 'complex' | 'real';
}

/** Points of a chain model. */
export const pointsOf = (model: ChainModel): number => model.chains[0].n;

/** Throws InvalidArgumentError unless the chains are complex networks of one size. */
export function validateChains(model: ChainModel): void {
  if (typeof model !== 'object' || model === null)
    throw new InvalidArgumentError(`a chain model is ${String(model)}; expected chains and a head`);
  if (!Array.isArray(model.chains) || model.chains.length === 0)
    throw new InvalidArgumentError('a chain model needs a list of at least one network');
  if (model.head !== 'complex' && model.head !== 'real')
    throw new InvalidArgumentError(`head is ${JSON.stringify(model.head)}; expected complex or real`);
  for (const chain of model.chains) {
    validateNetwork(chain);
    if (chain.input !== 'complex' || chain.n !== pointsOf(model))
      throw new InvalidArgumentError(
        `a chain of ${chain.n} ${chain.input} points; expected ${pointsOf(model)} complex points in every chain`,
      );
  }
}

/** How the parameters of chain i begin. */
const prefixOf = (model: ChainModel, i: number): string => (model.chains.length === 1 ? '' : `chain${i}.`);

const renamed = <T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix + name, value]));

/** Names and shapes of all parameters. */
export const chainShapes = (model: ChainModel): Record<string, readonly number[]> =>
  Object.assign({}, ...model.chains.map((c, i) => renamed(parameterShapes(c), prefixOf(model, i)))) as Record<
    string,
    readonly number[]
  >;

/** Values of every chain, named as by its network, under the names of the model. */
export const joinValues = (model: ChainModel, values: readonly ParameterValues[]): ParameterValues =>
  Object.assign({}, ...values.map((v, i) => renamed(v, prefixOf(model, i)))) as ParameterValues;

/** Values of chain i under the names of its network. */
export const chainValues = (model: ChainModel, values: ParameterValues, i: number): ParameterValues =>
  Object.fromEntries(
    Object.keys(parameterShapes(model.chains[i])).map((name) => [name, values[prefixOf(model, i) + name]]),
  );

/** Starting values of all chains; chain i draws from streams of its own. */
export const initializeChains = (model: ChainModel, start: Start, seed: number): ParameterValues =>
  joinValues(
    model,
    model.chains.map((c, i) => initialize(c, start, seed + i * 2 ** 32)),
  );

/** The result [n, lanes] of a chain model; a real head reads source.re and means the real part. */
export function chainOutput(
  model: ChainModel,
  source: ComplexView,
  options: { readonly lanes: number; readonly provide: Provide },
): ComplexTensor {
  const { lanes, provide } = options;
  const first: ComplexView = model.head === 'real' ? { re: source.re } : source;
  const results: ComplexTensor[] = [];
  for (const [i, chain] of model.chains.entries()) {
    const last = results[i - 1];
    const view = last ? { re: rows(last.re, lanes), im: rows(last.im, lanes) } : first;
    const own: Provide = (name, shape) => provide(prefixOf(model, i) + name, shape);
    results.push(spectrum(chain, view, { lanes, provide: own }));
  }
  return results[results.length - 1];
}

/** A diagonal factor by position, before or after the stages of one chain: position p as the first or last stage sees it. */
export interface Gain {
  readonly chain: number;
  readonly end: 'input' | 'output';
  readonly factor: readonly Complex<number>[];
}

/** Multiply a gain into the free or widely linear blocks at one end of a chain. */
export function absorbGain(model: ChainModel, values: ParameterValues, gain: Gain): void {
  const spec = model.chains[gain.chain];
  const inTime = spec.decimation === 'time';
  const s = (gain.end === 'output') === inTime ? spec.stages.length - 1 : 0;
  const { radix: r, parametrization } = spec.stages[s];
  if (parametrization !== 'free' && parametrization !== 'widely-linear')
    throw new InvalidArgumentError(
      `a gain needs free or widely-linear blocks; stage ${s} is ${parametrization}`,
    );
  const widely = parametrization === 'widely-linear';
  const table = values[`${prefixOf(model, gain.chain)}stage${s}.${widely ? 'widely' : 'block'}`];
  const stride = spec.stages.slice(0, s).reduce((p, x) => p * x.radix, 1);
  const columns = widely ? 2 * r : r;
  for (let b = 0; b < spec.n / r; b++)
    for (let j = 0; j < r; j++)
      for (let a = 0; a < columns; a++) {
        const leg = gain.end === 'output' ? j : a % r;
        const f = gain.factor[Math.floor(b / stride) * stride * r + leg * stride + (b % stride)];
        const conjugated = gain.end === 'input' && a >= r;
        const at = 2 * ((b * r + j) * columns + a);
        const e = complex.mul(numberArithmetic, conjugated ? { re: f.re, im: -f.im } : f, {
          re: table[at],
          im: table[at + 1],
        });
        [table[at], table[at + 1]] = [e.re, e.im];
      }
}
