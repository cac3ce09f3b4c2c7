/** What stands behind the energies: found from the features of whole clips, lists of usual values and what the features themselves show. */
import type { CepstrumOptions, Lifter } from '../../numeric/cepstrum.ts';
import type { NormalizeOptions } from '../../numeric/normalize.ts';
import type { HeadConfig, LogRule, MelBank } from '../../spectral/head.ts';
import { bandsOf } from '../../spectral/banks.ts';
import type { Example } from './clips.ts';
import {
  digitsOf,
  factorOf,
  lineThrough,
  rounded,
  ruledValues,
  unitsOf,
  type Leveled,
  type LevelRule,
  type Line,
} from './levels.ts';

const floors = [1e-10, 2 ** -23, 1e-5, 1e-9, 1e-8, 1e-6, 1e-12, 2 ** -52, 1e-7, 1e-20, 1e-4, 1e-3, 0.01, 1];
const offsets = [1e-6, 2 ** -24, 1e-10, 1e-9, 1e-8, 1e-5, 1e-12, 1e-7, 1e-4, 1e-3, 0.01, 0.1, 1];
const scalings: readonly LevelRule['scaling'][] = [
  {},
  { gain: 32768 },
  { scaling: 'length' },
  { gain: 32768, scaling: 'length' },
  { windowNorm: 'sum' },
  { windowNorm: 'energy' },
  { gain: 32767 },
];
/** Deviations are divided by with these under them. */
const guards: readonly Pick<NormalizeOptions, 'offset' | 'varianceOffset'>[] = [
  { offset: 1e-5, varianceOffset: 0 },
  { offset: 0, varianceOffset: 1e-7 },
  { offset: 1e-8, varianceOffset: 0 },
  { offset: 0, varianceOffset: 1e-5 },
  { offset: 1e-10, varianceOffset: 0 },
  { offset: 1e-6, varianceOffset: 0 },
];
/** Eighty decibels. */
const usualRange = 8 * Math.LN10;

type Column = { mean: number; deviation: number };

function columns({ values, frames }: Example, width: number): Column[] {
  return Array.from({ length: width }, (_, m) => {
    let [mean, square] = [0, 0];
    for (let f = 0; f < frames; f++) mean += values[f * width + m] / frames;
    for (let f = 0; f < frames; f++) square += (values[f * width + m] - mean) ** 2 / frames;
    return { mean, deviation: Math.sqrt(square) };
  });
}

const middle = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1];

/** The normalisation that features show: means of 0, deviations of 1 over all frames or all but one. */
function normalizationOf(examples: readonly Example[], width: number): NormalizeOptions | null {
  const long = examples.filter((e) => e.frames > 4);
  if (long.length === 0) return null;
  const normalization = (
    over: NormalizeOptions['over'],
    groups: readonly { of: Column; count: number }[],
  ) => {
    const scale = middle(groups.map(({ of }) => of.deviation));
    const isCentred = groups.every(({ of }) => Math.abs(of.mean) < 1e-4 * scale);
    if (!isCentred) return null;
    const off = (ddof: number): number =>
      middle(groups.map(({ of, count }) => Math.abs(of.deviation * Math.sqrt(count / (count - ddof)) - 1)));
    const ddof = off(1) < off(0) ? (1 as const) : (0 as const);
    const deviation = off(ddof) < 3e-4;
    return { mean: true, deviation, ddof: deviation ? ddof : (0 as const), ...guards[0], over };
  };
  const byFeature = long.flatMap((e) => columns(e, width).map((of) => ({ of, count: e.frames })));
  const byClip = long.map((e) => ({
    of: columns({ ...e, frames: e.values.length }, 1)[0],
    count: e.values.length,
  }));
  return normalization('feature', byFeature) ?? normalization('clip', byClip);
}

/** Heights of triangles over those of height 1. */
function heights(head: HeadConfig, norm: MelBank['norm']): Float64Array | null {
  if (head.bank?.kind !== 'mel') return null;
  const sums = (of: MelBank['norm']): Float64Array => {
    const { bands, weights } = bandsOf({ ...head, bank: { ...(head.bank as MelBank), norm: of } }, head.nFft);
    return Float64Array.from(bands.start, (_, m) =>
      weights.subarray(m * bands.width, (m + 1) * bands.width).reduce((a, b) => a + b, 0),
    );
  };
  const [own, plain] = [sums(norm), sums('none')];
  return own.map((s, m) => (plain[m] > 0 ? s / plain[m] : 1));
}

/** A complete head, and how far it is from the features. */
export interface Completed {
  readonly head: HeadConfig;
  readonly residual: number;
}

interface Tried {
  readonly norm: MelBank['norm'];
  readonly rule: LevelRule;
  readonly line: Line;
}

/** What is known of the levels before lists are tried. */
interface OutputTask {
  /** Framed, of triangles of height 1, without gain. */
  readonly head: HeadConfig;
  readonly clips: readonly Leveled[];
  readonly width: number;
  readonly isLinear: boolean;
  readonly isCepstrum: boolean;
  readonly deltas: HeadConfig['deltas'];
  /** What the search added under the logarithm. */
  readonly offset: number;
}

/** Rules that are tried on the levels of clips. */
class Trials {
  readonly tried: Tried[] = [];
  readonly norms: readonly MelBank['norm'][];
  private readonly task: OutputTask;
  private readonly energies = new Map<string, Float64Array[]>();

  constructor(task: OutputTask) {
    this.task = task;
    const { bank } = task.head;
    this.norms =
      bank?.kind !== 'mel'
        ? ['none']
        : bank.scale === 'slaney'
          ? ['slaney', 'none', 'sum']
          : ['none', 'slaney', 'sum'];
  }

  get best(): Tried {
    return this.tried.reduce((a, b) => (b.line.residual < a.line.residual * (1 - 1e-3) ? b : a));
  }

  energiesOf(norm: MelBank['norm']): Float64Array[] {
    const known = this.energies.get(norm);
    if (known) return known;
    const rows = heights(this.task.head, norm);
    const made = this.task.clips.map(({ energies }) =>
      rows ? energies.map((e, i) => e * rows[i % rows.length]) : energies,
    );
    this.energies.set(norm, made);
    return made;
  }

  try(norm: MelBank['norm'], rule: LevelRule): Tried {
    const { head, clips } = this.task;
    const factor = factorOf(head, rule.scaling);
    const values = this.energiesOf(norm).map((e, c) => ruledValues(rule, e, factor, clips[c].example.frames));
    const one = { norm, rule, line: lineThrough(values, clips) };
    this.tried.push(one);
    return one;
  }
}

/** Floors, offsets and ranges that features show, in units of their energies: by the line through loud values. */
function shown(energies: readonly Float64Array[], clips: readonly Leveled[]) {
  const pairs: [number, number][] = [];
  energies.forEach((es, c) =>
    es.forEach((e, i) => e > 0 && pairs.push([Math.log(e), clips[c].example.values[i]])),
  );
  pairs.sort((a, b) => b[1] - a[1]);
  const loud = pairs.slice(0, Math.max(8, pairs.length >> 2));
  const mean = (k: 0 | 1): number => loud.reduce((sum, p) => sum + p[k], 0) / loud.length;
  const [mx, my] = [mean(0), mean(1)];
  let [xx, xy] = [0, 0];
  for (const [x, y] of loud) {
    xx += (x - mx) ** 2;
    xy += (x - mx) * (y - my);
  }
  const slope = xy / xx;
  const inverse = (y: number): number => Math.exp(mx + (y - my) / slope);
  const quiet = pairs.slice(-Math.max(4, pairs.length >> 6)).map(([x, y]) => inverse(y) - Math.exp(x));
  const first = clips[0].example.values;
  const least = first.reduce((a, b) => Math.min(a, b), Infinity);
  const most = first.reduce((a, b) => Math.max(a, b), -Infinity);
  const floor = inverse(
    Math.min(...clips.map((c) => c.example.values.reduce((a, b) => Math.min(a, b), Infinity))),
  );
  return { floor, offset: Math.max(0, middle(quiet)), range: Math.abs((most - least) / slope) };
}

/** The lifter and the scaling of row 0 by the slope of each coefficient over a plain cosine transform. */
function cepstrumBy(task: OutputTask, trials: Trials, isFree: boolean): CepstrumOptions {
  const { width, clips } = task;
  const count = width;
  const plain: CepstrumOptions = { count, norm: 'ortho', lifter: null };
  if (isFree) return plain;
  const base: LevelRule = { ...plainRule(task), cepstrum: plain, floor: 1e-10 };
  const values = trials
    .energiesOf(trials.norms[0])
    .map((e, c) => ruledValues(base, e, 1, clips[c].example.frames));
  const row = (data: readonly Float64Array[], m: number): Float64Array[] =>
    data.map((v) => v.filter((_, i) => i % width === m));
  const wanted = clips.map((c) => c.example.values);
  const slopes = Array.from({ length: width }, (_, m) => {
    const own = row(wanted, m).map((v, c): Leveled => ({
      energies: v,
      example: { ...clips[c].example, values: v },
    }));
    return lineThrough(row(values, m), own).slope;
  });
  const weight = ({ kind, length }: Lifter, i: number): number =>
    1 + (length / 2) * Math.sin((Math.PI * (kind === 'librosa' ? i + 1 : i)) / length);
  const kinds = ['kaldi', 'librosa'] as const;
  const lengths = Array.from({ length: 60 }, (_, i) => i + 8);
  const lifters = [null, ...kinds.flatMap((kind) => lengths.map((length): Lifter => ({ kind, length })))];
  const misfit = (lifter: Lifter | null): number => {
    const ratios = slopes.slice(1).map((s, i) => s / (lifter ? weight(lifter, i + 1) : 1));
    const mean = ratios.reduce((a, b) => a + b, 0) / ratios.length;
    return ratios.reduce((sum, r) => sum + (r / mean - 1) ** 2, 0);
  };
  const lifter = lifters.reduce((best, l) => (misfit(l) < misfit(best) * 0.9 ? l : best), null);
  const first = slopes[0] / (lifter ? weight(lifter, 0) : 1) / (slopes[1] / (lifter ? weight(lifter, 1) : 1));
  return { count, lifter, norm: Math.abs(first) > 1.2 ? 'htk' : 'ortho' };
}

const plainRule = ({ isLinear, deltas }: OutputTask): LevelRule => ({
  scaling: {},
  floor: 1e-30,
  offset: 0,
  range: null,
  isLinear,
  unit: 1,
  cepstrum: null,
  deltas,
  normalize: null,
});

/** The features that give a head: lists tried one after the other, the simplest of those that are as close. */
export function completeHead(task: OutputTask, examples: readonly Example[]): Completed {
  const trials = new Trials(task);
  const normalize = normalizationOf(examples, task.width * (1 + (task.deltas?.order ?? 0)));
  const cepstrum = task.isCepstrum ? cepstrumBy(task, trials, normalize?.deviation === true) : null;
  const base: LevelRule = { ...plainRule(task), cepstrum, normalize };
  const start: LevelRule = { ...base, offset: task.offset };
  if (task.isLinear) for (const norm of trials.norms) trials.try(norm, base);
  else {
    tryLists(trials, task, start);
    if (trials.best.line.residual > 1e-6) tryLists(trials, task, trials.best.rule);
  }
  if (normalize?.deviation) tryGuards(trials, task);
  return simplest(task, trials.tried);
}

/** Heights and ranges, then gains with floors and offsets, of the best so far. */
function tryLists(trials: Trials, task: OutputTask, from: LevelRule): void {
  const isDirect = !from.cepstrum && !from.normalize && !task.deltas;
  const known = trials.norms.map((norm) => (isDirect ? shown(trials.energiesOf(norm), task.clips) : null));
  trials.norms.forEach((norm, i) => {
    const own = known[i];
    const ranges = [null, usualRange, ...(own ? [rounded(own.range, 1e-4)] : [])];
    for (const range of ranges) trials.try(norm, { ...from, range });
  });
  const { norm, rule } = trials.best;
  const own = known[trials.norms.indexOf(norm)];
  // A floor of all clips looks like a range below the largest.
  for (const range of new Set([null, rule.range]))
    for (const scaling of scalings) {
      const factor = factorOf(task.head, scaling);
      const ownFloors = own ? [rounded(own.floor * factor, 1e-3)] : [];
      const ownOffsets = own && own.offset > 0 ? [rounded(own.offset * factor, 1e-2)] : [];
      const scaled = { ...rule, range, scaling };
      for (const floor of [1e-30, ...floors, ...ownFloors]) trials.try(norm, { ...scaled, floor, offset: 0 });
      for (const offset of [...offsets, ...ownOffsets]) trials.try(norm, { ...scaled, floor: 0, offset });
    }
}

/** Guards of deviations, which count in the unit of the logarithm. */
function tryGuards(trials: Trials, { head }: OutputTask): void {
  const { best } = trials;
  for (const [, unit] of unitsOf(head))
    for (const guard of guards)
      trials.try(best.norm, {
        ...best.rule,
        unit,
        normalize: { ...(best.rule.normalize as NormalizeOptions), ...guard },
      });
}

/** The head of a rule and its line, with the unit that leaves the shortest numbers; how long they are. */
function headOf(task: OutputTask, { norm, rule, line }: Tried): { head: HeadConfig; length: number } {
  const { head } = task;
  const { normalize, isLinear, unit } = rule;
  const slope = line.slope * unit;
  const add = Math.abs(line.add) < 1e-5 * Math.max(1, Math.abs(slope)) ? 0 : rounded(line.add, 1e-6);
  const bank = head.bank?.kind === 'mel' ? { ...head.bank, norm } : head.bank;
  const { gain = 1, ...others } = rule.scaling;
  const rest: HeadConfig = {
    ...head,
    ...others,
    bank,
    gain,
    cepstrum: rule.cepstrum,
    ...(rule.deltas ? { deltas: rule.deltas } : {}),
    ...(normalize ? { normalize } : {}),
  };
  const isNormal = normalize?.deviation === true;
  const affineOf = (multiply: number): HeadConfig['affine'] =>
    (isNormal && Math.abs(line.slope - 1) < 1e-3) || (Math.abs(multiply - 1) < 1e-6 && add === 0)
      ? null
      : { multiply, add };
  if (isLinear) {
    const affine = affineOf(rounded(line.slope, 1e-6));
    return { head: { ...rest, affine }, length: affine ? 4 : 0 };
  }
  const options = unitsOf(head).map(([kind, of]) => ({ kind, of, multiply: rounded(slope / of, 1e-6) }));
  const own = isNormal
    ? options.filter((o) => o.of === unit)
    : options.toSorted((a, b) => digitsOf(a.multiply) - digitsOf(b.multiply));
  const [{ kind, of, multiply }] = own;
  const range = rule.range === null ? null : rounded(rule.range * of, 1e-6);
  const log: LogRule = {
    kind,
    floor: rule.floor === 1e-30 ? 1e-30 : rule.floor,
    offset: rule.offset,
    range,
    reference: 1,
  };
  const affine = affineOf(multiply);
  const length =
    (affine ? digitsOf(multiply) + digitsOf(add) : 0) +
    Object.keys(rule.scaling).length +
    (range === null ? 0 : 1);
  return {
    head: { ...rest, log, affine },
    length: length + digitsOf(rule.floor) / 4 + digitsOf(rule.offset) / 4,
  };
}

/** Of rules that are about as close, the one of the shortest numbers. */
function simplest(task: OutputTask, tried: readonly Tried[]): Completed {
  const least = tried.reduce((a, t) => Math.min(a, t.line.residual), Infinity);
  const close = tried
    .filter((t) => t.line.residual <= Math.max(1.3 * least, 3e-8))
    .map((t) => ({ ...headOf(task, t), residual: t.line.residual }));
  return close.reduce((a, b) => (b.length < a.length ? b : a));
}
