/** Normalisations that features show: groups of equal means, and of equal deviations. */
import type { NormalizeOptions } from '../../numeric/normalize.ts';
import type { Example } from './clips.ts';
import { digitsOf, rounded } from './levels.ts';

/** Deviations are divided by with these under them. */
export const guards: readonly Pick<NormalizeOptions, 'offset' | 'varianceOffset'>[] = [
  { offset: 1e-5, varianceOffset: 0 },
  { offset: 0, varianceOffset: 1e-7 },
  { offset: 1e-8, varianceOffset: 0 },
  { offset: 0, varianceOffset: 1e-5 },
  { offset: 1e-10, varianceOffset: 0 },
  { offset: 1e-6, varianceOffset: 0 },
];

interface Group {
  readonly mean: number;
  readonly deviation: number;
  readonly count: number;
}

function columns({ values, frames }: Example, width: number): Group[] {
  return Array.from({ length: width }, (_, m) => {
    let [mean, square] = [0, 0];
    for (let f = 0; f < frames; f++) mean += values[f * width + m] / frames;
    for (let f = 0; f < frames; f++) square += (values[f * width + m] - mean) ** 2 / frames;
    return { mean, deviation: Math.sqrt(square), count: frames };
  });
}

const middle = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Means and deviations of these groups, if they are alike; an affine map may stand behind them. */
function shown(groups: readonly Group[], over: NormalizeOptions['over']): NormalizeOptions | null {
  const scale = middle(groups.map((g) => g.deviation));
  const [mean, largest] = [middle(groups.map((g) => g.mean)), Math.max(...groups.map((g) => g.deviation))];
  if (!(largest > 0) || groups.some((g) => Math.abs(g.mean - mean) > 1e-4 * largest)) return null;
  const off = (ddof: number): number => {
    const own = groups.map((g) => g.deviation * Math.sqrt(g.count / (g.count - ddof)));
    const typical = middle(own);
    return middle(own.map((d) => Math.abs(d / typical - 1)));
  };
  // Of groups of one count, those of the shorter factor.
  const length = (ddof: number): number => {
    const [{ count }] = groups;
    return digitsOf(rounded(scale * Math.sqrt(count / (count - ddof)), 3e-4));
  };
  const isEven = groups.every((g) => g.count === groups[0].count);
  const ddof = (isEven ? length(1) < length(0) : off(1) < off(0)) ? (1 as const) : (0 as const);
  const deviation = off(ddof) < 3e-4;
  return { mean: true, deviation, ddof: deviation ? ddof : (0 as const), ...guards[0], over };
}

/** The normalisation that features [frames, width] show; null for none. */
export function normalizationOf(examples: readonly Example[], width: number): NormalizeOptions | null {
  const long = examples.filter((e) => e.frames > 4);
  if (long.length === 0) return null;
  const byFeature = shown(
    long.flatMap((e) => columns(e, width)),
    'feature',
  );
  if (byFeature) return byFeature;
  const clips = long.flatMap((e) => columns({ ...e, frames: e.values.length }, 1));
  // One clip is its own mean, whatever it is.
  const isCentred = clips.every((g) => Math.abs(g.mean) < 1e-4 * g.deviation);
  return clips.length > 1 || isCentred ? shown(clips, 'clip') : null;
}
