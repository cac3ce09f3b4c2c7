/**
 * A model is parts, one after the other: networks, diagonals, correctors. Chains, products of chains, encoder-decoders, filters and
 * transforms with what stands behind their spectrum are all of this one kind. What there is to know of a kind of part is in one table.
 *
 * The parameters of a part are those of its kind, prefixed by its name and a dot where it has a name: "stage0.block",
 * "encoder.stage0.block", "mask", "corrector.band".
 */
import { InvalidArgumentError } from '../errors.ts';
import { constant, sizeOf, type Graph, type Tensor } from '../ir/graph.ts';
import { inputSignals, planar, planarOutputs, shared, sharedPairs, type ComplexView } from '../ir/view.ts';
import { fillGaussian } from '../numeric/random.ts';
import { correctedSpectrum, correctorShapes, validateCorrector } from './correctors.ts';
import type { Corrector, CorrectorSpec } from './correctors.ts';
import { initialize, type ParameterValues, type Start } from './initialize.ts';
import { overPoints } from './loops.ts';
import { parameterShapes, realInverse, spectrum, validateNetwork } from './network.ts';
import type { NetworkOptions, NetworkSpec } from './network.ts';
import { frozen, type Provide } from './parametrization.ts';

interface NetworkPart {
  readonly kind: 'network';
  readonly name?: string;
  readonly network: NetworkSpec;
}

/** A factor per number of a spectrum: `mask` [bins, 2], complex; or 1 and 0 by `kept`, which nothing trains. */
interface DiagonalPart {
  readonly kind: 'diagonal';
  readonly name?: string;
  /** [bins] of 1 and 0: numbers that are kept, and zeros that are not computed. */
  readonly kept?: readonly number[];
}

interface CorrectorPart {
  readonly kind: 'corrector';
  readonly name?: string;
  readonly corrector: CorrectorSpec;
}

/** One part of a model: a network, a diagonal or a corrector, as plain data. */
export type Part = NetworkPart | DiagonalPart | CorrectorPart;

/** A model as plain data: its parts in the order in which they meet the signal. */
export interface Model {
  /** In the order in which they meet the signal; the first is a network. */
  readonly parts: readonly Part[];
  /** real: of complex networks that read real signals, only the real part of the result counts. complex: all else. */
  readonly head: 'complex' | 'real';
}

/** A model and the values of its parameters. */
export interface TrainedModel {
  readonly model: Model;
  readonly values: ParameterValues;
}

type Shapes = Record<string, readonly number[]>;

/** What flows between two parts: so many numbers, complex or real. */
interface Flow {
  readonly count: number;
  readonly real: boolean;
}

/** What there is to know of a kind of part. Views are signals [count, lanes]. */
interface Rule<P> {
  /** What comes out where `given` comes in. Throws InvalidArgumentError for a part that is none, or takes something else. */
  passes(part: P, given: Flow): Flow;
  /** Names and shapes of its parameters, for so many numbers that come in. */
  shapes(part: P, count: number): Shapes;
  graph(part: P, source: ComplexView, count: number, options: NetworkOptions): ComplexView;
}

/** What a network reads, and what it gives. */
function networkEnds(network: NetworkSpec): { from: Flow; to: Flow } {
  const samples = { count: network.n, real: network.input === 'real' };
  const bins = { count: network.input === 'real' ? network.n / 2 + 1 : network.n, real: false };
  return network.direction === 'inverse' ? { from: bins, to: samples } : { from: samples, to: bins };
}

const flowText = ({ count, real }: Flow): string => `${count} ${real ? 'real' : 'complex'} numbers`;

function requireComplex(kind: string, given: Flow): Flow {
  if (given.real)
    throw new InvalidArgumentError(`a ${kind} behind real samples; expected it behind a spectrum`);
  return given;
}

/** A view whose factor, if it has one, is multiplied in by a loop of its own. */
function settled(view: ComplexView, count: number, lanes: number): { re: Tensor; im?: Tensor } {
  if (!view.factor) return { re: view.re.tensor, ...(view.im ? { im: view.im.tensor } : {}) };
  return overPoints('mask', count, lanes, (list) => list.complex(view, 0, [1]));
}

const rules: {
  readonly [K in Part['kind']]: Rule<Extract<Part, { readonly kind: K }>>;
} = {
  network: {
    passes: ({ network }, given) => {
      validateNetwork(network);
      const { from, to } = networkEnds(network);
      if (from.count !== given.count || from.real !== given.real)
        throw new InvalidArgumentError(
          `a network of ${flowText(from)} behind ${flowText(given)}; expected the same`,
        );
      return to;
    },
    shapes: ({ network }) => parameterShapes(network),
    graph: ({ network }, source, _, options) =>
      planar(
        network.input === 'real' && network.direction === 'inverse'
          ? { re: realInverse(network, source, options) }
          : spectrum(network, source, options),
        options.lanes,
      ),
  },
  diagonal: {
    passes: ({ kept }, given) => {
      if (kept !== undefined)
        if (!Array.isArray(kept) || kept.length !== given.count || kept.some((x) => x !== 0 && x !== 1))
          throw new InvalidArgumentError(`kept is no list of ${given.count} numbers of 0 and 1`);
      return requireComplex('diagonal', given);
    },
    shapes: ({ kept }, count): Shapes => (kept ? {} : { mask: [count, 2] }),
    graph: ({ kept }, source, count, { lanes, provide }) => {
      const view = source.factor ? planar(settled(source, count, lanes), lanes) : source;
      const factor = kept
        ? { re: shared(constant([count], kept)) }
        : sharedPairs(provide('mask', [count, 2]));
      return { ...view, factor };
    },
  },
  corrector: {
    passes: ({ corrector }, given) => {
      validateCorrector(corrector, given.count);
      return requireComplex('corrector', given);
    },
    shapes: ({ corrector }, count) => correctorShapes(corrector, count),
    graph: ({ corrector }, source, count, { lanes, provide }) => {
      const { re, im } = settled(source, count, lanes);
      if (!im)
        throw new InvalidArgumentError('a corrector behind real samples; expected it behind a spectrum');
      return planar(correctedSpectrum(corrector, { re, im }, count, lanes, provide), lanes);
    },
  },
};

/** The row of a part, for a part of that kind. */
const ruleOf = <P extends Part>(part: P): Rule<P> => rules[part.kind] as unknown as Rule<P>;

const isNetwork = (part: Part): part is NetworkPart => part.kind === 'network';

/** The networks of a model, in their order. */
export const networksOf = ({ parts }: Model): NetworkSpec[] => parts.filter(isNetwork).map((p) => p.network);

/** The first network of a model. */
export const networkOf = (model: Model): NetworkSpec => networksOf(model)[0];

/** Points of the first network of a model. */
export const pointsOf = (model: Model): number => networkOf(model).n;

/** What flows into every part, and out of the last. Throws InvalidArgumentError for parts that do not fit together. */
function flowsOf({ parts, head }: Model): Flow[] {
  const [first] = parts;
  const flows = [networkEnds((first as NetworkPart).network).from];
  for (const part of parts) flows.push(ruleOf(part).passes(part, flows[flows.length - 1]));
  if (head === 'real') {
    if (flows.some((f) => f.real))
      throw new InvalidArgumentError('a real head behind networks of real samples; expected complex ones');
    flows[0] = { ...flows[0], real: true };
    flows[parts.length] = { ...flows[parts.length], real: true };
  }
  return flows;
}

/** What a model reads and what it gives. */
export function endsOf(model: Model): { readonly from: Flow; readonly to: Flow } {
  const flows = flowsOf(model);
  return { from: flows[0], to: flows[flows.length - 1] };
}

/** Throws InvalidArgumentError, naming what is wrong, for what is no model: parts that are none or do not fit together. */
export function validateModel(model: Model): void {
  if (typeof model !== 'object' || model === null)
    throw new InvalidArgumentError(`a model is ${String(model)}; expected parts and a head`);
  const { parts, head } = model;
  if (!Array.isArray(parts) || parts.length === 0)
    throw new InvalidArgumentError('a model needs a list of at least one part');
  if (head !== 'complex' && head !== 'real')
    throw new InvalidArgumentError(`head is ${JSON.stringify(head)}; expected complex or real`);
  for (const part of parts as readonly (Partial<Part> | null)[]) {
    if (!Object.hasOwn(rules, String(part?.kind)))
      throw new InvalidArgumentError(
        `a part of kind ${JSON.stringify(part?.kind)}; expected ${Object.keys(rules).join(', ')}`,
      );
    if (part?.name !== undefined && !/^\w+$/.test(String(part.name)))
      throw new InvalidArgumentError(
        `a part is named ${JSON.stringify(part.name)}; expected letters and digits`,
      );
  }
  const [first] = model.parts;
  if (!isNetwork(first))
    throw new InvalidArgumentError(`the first part is a ${first.kind}; expected a network`);
  validateNetwork(first.network);
  const names = walk(model).flatMap(({ part, count }) => Object.keys(shapesOf(part, count)));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new InvalidArgumentError(
      `two parts have a parameter "${twice}"; expected parts of different names`,
    );
}

/** Parts with what comes into them, networks first: the order of parameters and seeds. */
function walk(model: Model): { part: Part; count: number }[] {
  const flows = flowsOf(model);
  const all = model.parts.map((part, i) => ({ part, count: flows[i].count }));
  return [...all.filter((x) => isNetwork(x.part)), ...all.filter((x) => !isNetwork(x.part))];
}

const prefixOf = ({ name }: Part): string => (name === undefined ? '' : `${name}.`);

const renamed = <T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix + name, value]));

const shapesOf = (part: Part, count: number): Shapes =>
  renamed(ruleOf(part).shapes(part, count), prefixOf(part));

/** Names and shapes of all parameters. */
export const modelShapes = (model: Model): Shapes =>
  Object.assign({}, ...walk(model).map(({ part, count }) => shapesOf(part, count))) as Shapes;

/** The parameters of a model among values. Throws InvalidArgumentError, naming it, for one that is missing, of another size or not finite. */
export const requireValues = (model: Model, values: ParameterValues): ParameterValues =>
  Object.fromEntries(
    Object.entries(modelShapes(model)).map(([name, shape]) => {
      const own = values[name];
      if (own?.length !== sizeOf(shape) || !own.every(Number.isFinite))
        throw new InvalidArgumentError(
          `parameter "${name}" has ${own?.length ?? 'no'} values; expected ${sizeOf(shape)} finite ones`,
        );
      return [name, own];
    }),
  );

/** Values of the i-th network of a model, under its own names. */
export function networkValues(model: Model, values: ParameterValues, i = 0): ParameterValues {
  const part = model.parts.filter(isNetwork)[i];
  const names = Object.keys(parameterShapes(part.network));
  return Object.fromEntries(names.map((name) => [name, values[prefixOf(part) + name]]));
}

/** Values of every network, under its own names, under the names of the model. */
export const joinValues = (model: Model, values: readonly ParameterValues[]): ParameterValues =>
  Object.assign(
    {},
    ...model.parts.filter(isNetwork).map((part, i) => renamed(values[i], prefixOf(part))),
  ) as ParameterValues;

/** Parts draw from seeds 2^32 apart. */
const seedStep = 2 ** 32;

/** 1 for the starts `exact` and `ones`, 1 + noise for `noise`, else Gaussian of mean square 1. */
function maskStart(size: number, start: Start, seed: number): Float64Array {
  const mask = new Float64Array(size);
  const deviation = { exact: 0, ones: 0, noise: 0.1, random: Math.SQRT1_2, gaussian: Math.SQRT1_2 }[start];
  if (deviation > 0) fillGaussian(mask, seed, 0);
  const mean = start === 'random' || start === 'gaussian' ? 0 : 1;
  return mask.map((x, i) => deviation * x + (i % 2 === 0 ? mean : 0));
}

/** Starting values of networks and diagonals. Throws InvalidArgumentError for a corrector, which is solved for. */
export function initializeModel(model: Model, start: Start, seed: number): ParameterValues {
  const own = walk(model).map(({ part, count }, i) => {
    const from = seed + i * seedStep;
    if (part.kind === 'corrector')
      throw new InvalidArgumentError('a corrector has no start; expected networks and diagonals');
    if (part.kind === 'network') return renamed(initialize(part.network, start, from), prefixOf(part));
    return part.kept ? {} : { [`${prefixOf(part)}mask`]: maskStart(2 * count, start, from) };
  });
  return Object.assign({}, ...own) as ParameterValues;
}

/** The result [count (+ spare rows), lanes] of some parts of a model behind `source`; no imaginary part for real samples. */
export function partsOutput(
  model: Model,
  parts: readonly Part[],
  source: ComplexView,
  { lanes, provide }: { readonly lanes: number; readonly provide: Provide },
): { re: Tensor; im?: Tensor } {
  const flows = flowsOf(model);
  let view = source;
  let count = flows[0].count;
  for (const part of parts) {
    const at = model.parts.indexOf(part);
    const own: Provide = (name, shape) => provide(prefixOf(part) + name, shape);
    view = ruleOf(part).graph(part, view, flows[at].count, { lanes, provide: own });
    count = flows[at + 1].count;
  }
  return settled(view, count, lanes);
}

/** The result [count (+ spare rows), lanes] of a model; a real head reads source.re and gives the real part. */
export function modelOutput(
  model: Model,
  source: ComplexView,
  options: { readonly lanes: number; readonly provide: Provide },
): { re: Tensor; im?: Tensor } {
  if (model.head === 'complex') return partsOutput(model, model.parts, source, options);
  return { re: partsOutput(model, model.parts, { re: source.re }, options).re };
}

/**
 * A model whose parameters are constants, on `lanes` signals: inputs "re" (and "im") [count, lanes], outputs "outRe" (and "outIm")
 * [count (+ spare rows), lanes].
 */
export function modelGraph({ model, values }: TrainedModel, lanes: number): Graph {
  const { count, real } = endsOf(model).from;
  const source = inputSignals(count, lanes, real ? 'real' : 'complex');
  return { outputs: planarOutputs(modelOutput(model, source, { lanes, provide: frozen(values) })) };
}

/** A product of networks, in the order in which they meet the signal; the parameters of one alone have no prefix. */
export const chainModel = (networks: readonly NetworkSpec[], head: Model['head'] = 'complex'): Model => ({
  parts: networks.map((network, i) => ({
    kind: 'network',
    ...(networks.length === 1 ? {} : { name: `chain${i}` }),
    network,
  })),
  head,
});

/** What stands behind a spectrum: a corrector, then the bins that are kept, [bins] of 0 and 1. */
export interface Behind {
  readonly corrector?: Pick<Corrector, 'spec' | 'values'> | undefined;
  readonly kept?: ArrayLike<number> | undefined;
}

/** A transform: a network with what stands behind its spectrum. */
export function transformModel(
  network: NetworkSpec,
  values: ParameterValues,
  { corrector, kept }: Behind = {},
): TrainedModel {
  const parts: Part[] = [{ kind: 'network', network }];
  if (corrector && corrector.spec.kind !== 'identity')
    parts.push({ kind: 'corrector', corrector: corrector.spec });
  if (kept) parts.push({ kind: 'diagonal', kept: Array.from(kept) });
  return { model: { parts, head: 'complex' }, values: { ...values, ...corrector?.values } };
}

/** The corrector of a model; the identity where it has none. */
export const correctorOf = ({ parts }: Model): CorrectorSpec =>
  parts.find((p) => p.kind === 'corrector')?.corrector ?? { kind: 'identity' };

/** The bins that a model keeps, [bins] of 0 and 1; undefined if that is all. */
export const keptBins = ({ parts }: Model): readonly number[] | undefined =>
  parts.find((p): p is DiagonalPart => p.kind === 'diagonal' && p.kept !== undefined)?.kept;

/** The model with another network in the place of its first; values of the other parts stay. */
export function withNetwork(
  { model, values }: TrainedModel,
  network: NetworkSpec,
  own: ParameterValues,
): TrainedModel {
  const first = model.parts.findIndex(isNetwork);
  const parts = model.parts.map((p, i) => (i === first && isNetwork(p) ? { ...p, network } : p));
  const prefix = prefixOf(model.parts[first]);
  const old = new Set(Object.keys(parameterShapes(networkOf(model))).map((name) => prefix + name));
  const kept = Object.entries(values).filter(([name]) => !old.has(name));
  return { model: { ...model, parts }, values: { ...Object.fromEntries(kept), ...renamed(own, prefix) } };
}

/** transform: one network, and what stands behind it, without names. encoder-decoder: see encoder-decoder.ts. chain: all else. */
export type ModelForm = 'transform' | 'chain' | 'encoder-decoder';

/** What commands and figures call a model. */
export function formOf(model: Model): ModelForm {
  const { parts, head } = model;
  if (parts.some((p) => p.name === 'encoder') && parts.some((p) => p.name === 'decoder'))
    return 'encoder-decoder';
  const isOne = parts.filter(isNetwork).length === 1 && parts.every((p) => p.name === undefined);
  return head === 'complex' && isOne ? 'transform' : 'chain';
}
