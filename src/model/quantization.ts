/**
 * Quantised parameters: the parameters of any parametrisation as sums of limbs (ir/stored.ts). In a training graph a wrapper
 * of `Provide` gives the quantised numbers and lets gradients pass to the numbers behind them (straight-through estimator;
 * Bengio, Leonard & Courville 2013); in a frozen one the codes themselves are the constants. Nested: every rung of limbs
 * is a model of its own over the same parameters.
 */
import { argument, exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import { constant, loop, map, rowMajor, scalar, type Tensor } from '../ir/graph.ts';
import {
  decodeTable,
  encodeTables,
  leadingLimbs,
  mostLimbs,
  q8Steps,
  type LimbFormat,
  type StoredTable,
} from '../ir/stored.ts';
import { powerLimit, smallestPeak } from '../numeric/quantize.ts';
import {
  anything,
  checkArgument,
  checkOptions,
  oneOf,
  record,
  required,
  whole,
  type OptionTable,
} from '../options.ts';
import { straightThrough } from './gates.ts';
import type { ParameterValues } from './initialize.ts';
import type { Provide } from './parametrization.ts';

/**
 * How numbers are rounded. q8: sums of `terms` multiples of peak / 127 (default 1, at most 4), each of the peak of what the ones
 * before leave. f16: IEEE binary16. powers-of-two: sums of at most `terms` signed powers of two (default 2, at most 4). hi-lo: the
 * nearest of format `hi` (default q8), and the nearest to the rest.
 */
export interface Quantization {
  readonly format: 'q8' | 'f16' | 'powers-of-two' | 'hi-lo';
  /** What shares a scale (q8 alone): a stage, or the tensor that holds the parameters of all stages. Default stage. */
  readonly per?: 'tensor' | 'stage';
  readonly terms?: number;
  readonly hi?: 'q8' | 'f16';
}

const common = { format: required(anything<Quantization['format']>()), per: oneOf(['tensor', 'stage']) };
/** What a quantisation of each format may say. */
const quantizationTables = {
  q8: { ...common, terms: whole(1, mostLimbs.q8) },
  f16: common,
  'powers-of-two': { ...common, terms: whole(1, mostLimbs['power-of-two']) },
  'hi-lo': { ...common, hi: oneOf(['q8', 'f16']) },
};
export const formatRule = oneOf(Object.keys(quantizationTables) as Quantization['format'][]);

/** Limbs of a quantisation, and the rungs that are models of their own, as numbers of limbs. Throws InvalidArgumentError. */
export function limbsOf(q: Quantization): { format: LimbFormat; limbs: number; rungs: readonly number[] } {
  checkArgument('a quantisation', q, record());
  checkArgument('format', q.format, formatRule);
  const table = quantizationTables[q.format] as OptionTable<Quantization>;
  checkOptions(`a quantisation of ${q.format}`, q, table);
  switch (q.format) {
    case 'f16':
      return { format: 'f16', limbs: 1, rungs: [1] };
    case 'q8':
      return { format: 'q8', limbs: q.terms ?? 1, rungs: [q.terms ?? 1] };
    case 'powers-of-two':
      return { format: 'power-of-two', limbs: q.terms ?? 2, rungs: [q.terms ?? 2] };
    case 'hi-lo':
      return { format: q.hi ?? 'q8', limbs: 2, rungs: [1, 2] };
    default:
      return q.format satisfies never;
  }
}

/** Gates are decided, not rounded. */
export const isQuantized = (name: string): boolean => !/(^|\.)gate$/.test(name);

/** What shares a scale with a parameter: itself, or its namesakes of all stages. */
const groupOf = (name: string, { per = 'stage' }: Quantization): string =>
  per === 'stage' ? name : name.replace(/\d+/, '');

/** Names that are quantised, those of one scale together. */
function groups(names: readonly string[], q: Quantization): string[][] {
  const byGroup = new Map<string, string[]>();
  for (const name of names.filter(isQuantized)) {
    const group = groupOf(name, q);
    byGroup.set(group, [...(byGroup.get(group) ?? []), name]);
  }
  return [...byGroup.values()];
}

/** Name of the numbers that the hi limb of a nested parameter is the nearest to, where they are not the parameter itself. */
export const hiName = (name: string): string => `${name}.hi`;
const isHi = (name: string): boolean => name.endsWith('.hi');

/** Parameters of a training: those of the network, and for nested ones the numbers behind the hi rung. */
export function latentShapes(
  shapes: Readonly<Record<string, readonly number[]>>,
  q: Quantization,
): Record<string, readonly number[]> {
  const own = limbsOf(q).rungs.length > 1 ? Object.keys(shapes).filter(isQuantized) : [];
  return { ...shapes, ...Object.fromEntries(own.map((name) => [hiName(name), shapes[name]])) };
}

/** Codes of all parameters but gates; a hi limb of its own where `values` has its numbers. Throws InvalidArgumentError for numbers that the format cannot hold. */
export function storeValues(values: ParameterValues, q: Quantization): Record<string, StoredTable> {
  const { format, limbs } = limbsOf(q);
  return Object.fromEntries(
    groups(
      Object.keys(values).filter((name) => !isHi(name)),
      q,
    ).flatMap((names) =>
      encodeTables(
        names.map((name) => values[name]),
        format,
        limbs,
        names.map((name) => values[hiName(name)] ?? values[name]),
      ).map((table, i) => [names[i], table]),
    ),
  );
}

/** Parameters as the codes say, at a rung (all limbs by default); the others as they are. */
export function decodedValues(
  values: ParameterValues,
  tables: Readonly<Record<string, StoredTable>>,
  limbs?: number,
): ParameterValues {
  const decoded = Object.entries(tables).map(([name, t]) => [
    name,
    decodeTable(limbs === undefined ? t : leadingLimbs(t, limbs)),
  ]);
  const others = Object.entries(values).filter(([name]) => !isHi(name));
  return { ...Object.fromEntries(others), ...(Object.fromEntries(decoded) as ParameterValues) };
}

/** Frozen parameters: quantised ones as constants that files hold as codes, the others from `rest`. */
export const storedProvide =
  (tables: Readonly<Record<string, StoredTable>>, rest: Provide, limbs?: number): Provide =>
  (name, shape) => {
    const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
    if (!table) return rest(name, shape);
    const kept = limbs === undefined ? table : leadingLimbs(table, limbs);
    return constant(shape, decodeTable(kept), kept);
  };

/** The number that a limb of this format gives x: `limbValue(limbCode(x))` of ir/stored.ts as an expression. */
function limbExpression(format: LimbFormat, x: Expr, peak: Expr): Expr {
  const steps = literal(q8Steps);
  if (format === 'q8') return k.mul(k.div(k.round(k.mul(k.div(x, peak), steps)), steps), peak);
  const size = k.abs(x);
  if (format === 'f16') {
    // The power of two that is not above it.
    const below = k.select(k.less(k.mantissa(size), literal(1)), literal(1), literal(0));
    const power = k.sub(k.exponent(size), below);
    const unit = k.powerOfTwo(k.sub(k.max(power, literal(-14)), literal(10)));
    return k.mul(k.round(k.div(x, unit)), unit);
  }
  const below = k.select(k.less(literal(0.75), k.mantissa(size)), literal(0), literal(1));
  const power = k.powerOfTwo(k.sub(k.exponent(size), below));
  const signed = k.select(k.less(x, literal(0)), k.neg(power), power);
  return k.select(k.less(size, literal(2 ** -powerLimit)), literal(0), signed);
}

/** Largest magnitude of a tensor, [1]. */
function peakOf(t: Tensor): Tensor {
  return loop({
    label: 'peak',
    space: t.shape,
    loads: [{ tensor: t, access: { offset: 0, terms: rowMajor(t.shape) } }],
    body: [k.abs(argument(0))],
    stores: [{ result: 0, access: scalar(t.shape), combine: 'max' }],
    shapes: [[1]],
  })[0];
}

/** Largest magnitude of a list of tensors; never zero. */
function commonPeak(tensors: readonly Tensor[]): Tensor {
  const largest = tensors.map((_, i) => argument(i)).reduce((a, b) => k.max(a, b));
  return map('common peak', tensors.map(peakOf), [k.max(largest, literal(smallestPeak))])[0];
}

/** Sums of the first 1, 2, ... limbs of tensors that share a scale: [limbs][tensors]; `encodeTables` as a graph. */
function limbSums(
  tensors: readonly Tensor[],
  first: readonly Tensor[],
  format: LimbFormat,
  limbs: number,
): Tensor[][] {
  const sums: Tensor[][] = [];
  let rest = tensors;
  for (let l = 0; l < limbs; l++) {
    const goals = l === 0 ? first : rest;
    const peak = format === 'q8' ? [commonPeak(goals)] : [];
    const value = limbExpression(format, argument(0), argument(1));
    const limb = goals.map((t) => map('limb', [t, ...peak], [value])[0]);
    sums.push(limb.map((t, i) => (l === 0 ? t : combined('limbs', sums[l - 1][i], t, k.add))));
    rest = rest.map((t, i) => combined('rest', t, limb[i], k.sub));
  }
  return sums;
}

const combined = (label: string, a: Tensor, b: Tensor, f: (a: Expr, b: Expr) => Expr): Tensor =>
  map(label, [a, b], [f(argument(0), argument(1))])[0];

/** The quantised number, with derivative 1 to the number behind it. */
const passed = (latent: Expr, quantized: Expr): Expr => straightThrough(k, quantized, latent);

/**
 * Quantised parameters for a training graph, one `Provide` per rung (one, or hi and hi + lo) over the leaves of `provide`,
 * which `latentShapes` lists: a nested parameter has numbers behind its hi rung and others behind the whole, or each rung
 * would pull the other off. `shapes`: all parameters by name, as `parameterShapes` gives them; gates pass as they are. In float64 the numbers
 * are those of `storeValues` exactly, but for the sign of zeros.
 */
export function quantizedProvides(
  provide: Provide,
  shapes: Readonly<Record<string, readonly number[]>>,
  q: Quantization,
): Provide[] {
  const { format, limbs, rungs } = limbsOf(q);
  const known = new Map<string, Tensor[]>();
  for (const names of groups(Object.keys(shapes), q)) {
    const leaves = names.map((name) => provide(name, shapes[name]));
    const first = rungs.length > 1 ? names.map((name) => provide(hiName(name), shapes[name])) : leaves;
    const sums = limbSums(leaves, first, format, limbs);
    names.forEach((name, i) => {
      const rungOf = (list: readonly Tensor[], l: number): Tensor =>
        combined('straight through', l === 0 ? first[i] : leaves[i], list[i], passed);
      known.set(name, sums.map(rungOf));
    });
  }
  return rungs.map((rung) => (name, shape) => known.get(name)?.[rung - 1] ?? provide(name, shape));
}
