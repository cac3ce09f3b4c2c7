/**
 * Levels that noise hides: where the closest head is not exact, its fitted numbers may have followed the noise. Usual settings in the place of
 * fitted ones are taken where the bulk of the differences says so, loud values and quiet ones apart, whatever a few of them are off.
 */
import { PapilioError } from '../../errors.ts';
import type { HeadConfig, LogRule } from '../../spectral/head.ts';
import { featuresUnder } from './apply.ts';
import type { Example } from './clips.ts';
import type { Powers } from './guess.ts';
import { rounded, unitsOf } from './levels.ts';
import { smallest } from './undecided.ts';

/** The same levels in another unit. */
function inUnit(head: HeadConfig, kind: LogRule['kind']): HeadConfig {
  const { log, affine } = head;
  if (!log) return head;
  const units = new Map(unitsOf(head));
  const factor = (units.get(kind) ?? 1) / (units.get(log.kind) ?? 1);
  const { multiply, add } = affine ?? { multiply: 1, add: 0 };
  return {
    ...head,
    log: { ...log, kind, range: log.range === null ? null : log.range * factor },
    affine: { multiply: multiply / factor, add },
  };
}

/** The same head in the unit that needs no affine map, where there is one. */
export function withoutMap(head: HeadConfig): HeadConfig {
  const { log, affine } = head;
  if (!log || !affine || affine.add !== 0 || log.reference === 'max') return head;
  for (const kind of ['ln', 'log10', 'db'] as const) {
    const own = inUnit(head, kind);
    const multiply = own.affine?.multiply ?? 1;
    if (own.log && Math.abs(multiply - 1) < 1e-9) {
      const { range } = own.log;
      return {
        ...own,
        affine: null,
        log: { ...own.log, range: range === null ? null : rounded(range, 1e-9) },
      };
    }
  }
  return head;
}

const emphases = [0, 0.97, 0.95, 0.9];

/** A head with pre-emphases that people take. */
function plainFrames(head: HeadConfig): HeadConfig[] {
  const nearest = (x: number): number =>
    emphases.reduce((best, e) => (Math.abs(e - x) < Math.abs(best - x) ? e : best));
  const { preEmphasis, signalPreEmphasis = 0 } = head;
  const [own, signal] = [nearest(preEmphasis), nearest(signalPreEmphasis)];
  if (own === preEmphasis && signal === signalPreEmphasis) return [];
  return [{ ...head, preEmphasis: own, signalPreEmphasis: signal }];
}

/** What was made for 16-bit integers. */
const integers = 32768;

/** The same levels with a gain in the place of what is added. */
function withGain(head: HeadConfig): HeadConfig {
  const { log, affine, spectrum, gain } = head;
  if (!log || !affine) return head;
  const power = spectrum === 'magnitude' ? 1 : 2;
  const unit = new Map(unitsOf(head)).get(log.kind) ?? 1;
  const factor = integers ** power;
  return {
    ...head,
    gain: gain * integers,
    log: { ...log, floor: log.floor * factor, offset: log.offset * factor },
    affine: { ...affine, add: affine.add - affine.multiply * unit * Math.log(factor) },
  };
}

/** Heads whose affine map has few digits. */
function plainMaps(head: HeadConfig): HeadConfig[] {
  if (!head.affine || !head.log) return [];
  return [head, ...(head.gain === 1 ? [withGain(head)] : [])].flatMap(shortMaps);
}

function shortMaps(head: HeadConfig): HeadConfig[] {
  return (['ln', 'log10', 'db'] as const).flatMap((kind) => {
    const own = inUnit(head, kind);
    const { multiply, add } = own.affine ?? { multiply: 1, add: 0 };
    return [1e-2, 1e-3, 1e-4].flatMap((part) =>
      [0, rounded(add, part)].flatMap((sum): HeadConfig[] => {
        const factor = rounded(multiply, part);
        const isNone = factor === 1 && sum === 0;
        return [{ ...own, affine: isNone ? null : { multiply: factor, add: sum } }];
      }),
    );
  });
}

/** Heads whose floors, offsets and ranges are usual ones. */
function usualLevels(head: HeadConfig): HeadConfig[] {
  const { log } = head;
  if (!log) return [];
  const ranges = log.range === null ? [null] : [null, rounded(log.range, 1e-2), rounded(log.range, 1e-3)];
  const pairs = [
    ...[1e-30, ...smallest].map((floor) => ({ floor, offset: 0 })),
    ...[...smallest, 1e-4, 1e-3, 1e-2, 1].map((offset) => ({ floor: 0, offset })),
  ].filter(({ floor, offset }) => floor + offset > 0);
  return ranges.flatMap((range) =>
    pairs.map((pair): HeadConfig => ({ ...head, log: { ...log, ...pair, range } })),
  );
}

/** |Differences| of the louder and the quieter half of values: the middle of each. */
type Bulk = readonly [loud: number, quiet: number];

/** The bulk of what a head leaves; infinite for one that cannot be made. */
function bulkOf(head: HeadConfig, examples: readonly Example[], powers: Powers): Bulk {
  const off: [value: number, difference: number][] = [];
  try {
    const run = featuresUnder(head, powers);
    for (const { samples, values } of examples) {
      const made = run(samples);
      if (made.length !== values.length) return [Infinity, Infinity];
      const step = Math.max(1, Math.floor(values.length / 4000));
      for (let i = 0; i < values.length; i += step) off.push([values[i], Math.abs(values[i] - made[i])]);
    }
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    return [Infinity, Infinity];
  }
  off.sort((a, b) => b[0] - a[0]);
  const half = off.length >> 1;
  const middle = (list: typeof off): number => {
    const sorted = list.map(([, d]) => d).sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  };
  return [middle(off.slice(0, half)), middle(off.slice(half))];
}

/** A plainer head may leave so much more. */
const slack = 1.15;

/** Characters of a part; numbers that people take count as one. */
function lengthIn(part: unknown): number {
  if (part === null || part === undefined || part === 0) return 0;
  return typeof part === 'number' && (smallest.includes(part) || part <= 1e-30)
    ? 1
    : JSON.stringify(part).length;
}

/** How plain a head is: characters of what tells it from a usual one. */
const lengthOf = ({ affine, log, preEmphasis, signalPreEmphasis = 0 }: HeadConfig): number =>
  [affine, log?.floor, log?.offset, log?.range, preEmphasis, signalPreEmphasis].reduce<number>(
    (sum, part) => sum + lengthIn(part),
    0,
  );

/** The plainest of the heads of usual levels whose features are as right: a range fitted to one clip may stand for a floor. */
export function withUsualLevels(
  head: HeadConfig,
  isRight: (own: HeadConfig) => boolean,
  stop: () => boolean,
): HeadConfig {
  const own = lengthOf(head);
  const plainer = usualLevels(head).filter((h) => lengthOf(h) < own);
  return plainer.toSorted((a, b) => lengthOf(a) - lengthOf(b)).find((h) => !stop() && isRight(h)) ?? head;
}

/**
 * The plainest head of those that leave about the least: frames and affine maps by the louder half of values, then floors, offsets and
 * ranges by both.
 */
export function mended(
  head: HeadConfig,
  examples: readonly Example[],
  powers: Powers,
  stop: () => boolean,
): HeadConfig {
  const few = examples.slice(0, 3);
  const choose = (list: readonly HeadConfig[], count: (bulk: Bulk) => number): HeadConfig => {
    const judged = list.flatMap((own, i) =>
      i > 0 && stop() ? [] : [{ own, off: count(bulkOf(own, few, powers)) }],
    );
    const least = judged.reduce((a, { off }) => Math.min(a, off), Infinity);
    return judged
      .filter(({ off }) => off <= slack * least)
      .reduce((best, one) => (lengthOf(one.own) < lengthOf(best.own) ? one : best)).own;
  };
  const framed = [head, ...plainFrames(head)];
  const mapped = choose([...framed, ...framed.flatMap(plainMaps)], ([loud]) => loud);
  return choose([mapped, ...usualLevels(mapped)], ([loud, quiet]) => loud + quiet);
}
