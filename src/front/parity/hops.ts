/** Hops that counts of frames allow and loudness makes likely. */
import type { Example } from './clips.ts';
import { unique } from './usual.ts';

/** Sums of squares of differences up to each sample: loudness that low frequencies do not decide. */
function loudnessOf(x: Float64Array): Float64Array {
  const sums = new Float64Array(x.length + 1);
  for (let i = 0; i < x.length; i++) sums[i + 1] = sums[i] + (x[i] - 0.9 * (i > 0 ? x[i - 1] : 0)) ** 2;
  return sums;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]): number => x.reduce((p, q) => p + q, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return aa > 0 && bb > 0 ? Math.abs(ab) / Math.sqrt(aa * bb) : 0;
}

/** Hops that the counts of frames allow, and usual ones. */
function hopsOf(examples: readonly Example[], rate: number): { hop: number; isCounted: boolean }[] {
  const isCounted = (hop: number): boolean =>
    examples.every(
      ({ samples, frames }) => Math.abs(samples.length - frames * hop) <= Math.max(2 * hop, 2600),
    );
  const most = Math.ceil(rate / 10);
  const list = Array.from({ length: most }, (_, i) => i + Math.ceil(rate / 500)).filter(isCounted);
  // Clips that are filled, or cut, have as many frames whatever their length.
  const usual = [0.005, 0.008, 0.01, 0.0125, 0.016, 0.02].map((s) => Math.round(s * rate));
  return unique([...list, ...usual, 128, 160, 256, 512]).map((hop) => ({ hop, isCounted: isCounted(hop) }));
}

/** Frames of filled clips follow the loudness of the signal so closely, and so much more than under the hops that counts allow. */
const [follows, clearly] = [0.8, 0.1];

/** Is it a hop that people take? */
const roundness = (hop: number, rate: number): number => {
  const ms = (1000 * hop) / rate;
  if ([5, 8, 10, 12, 12.5, 16, 20].some((m) => Math.abs(ms - m) < 1e-9)) return 0;
  if (Number.isInteger(Math.log2(hop))) return 0;
  return hop % 10 === 0 || hop % 16 === 0 ? 1 : 2;
};

/** Hops, the likeliest first: by the correlation of features with the loudness of the signal around each frame. */
export function likelyHops(examples: readonly Example[], width: number, rate: number): number[] {
  const clips = examples.slice(0, 3).filter((e) => e.frames > 4);
  const sums = clips.map((e) => loudnessOf(e.samples));
  const half = Math.round(0.012 * rate);
  const all = hopsOf(examples, rate).map(({ hop, isCounted }) => {
    let best = 0;
    for (let centre = -half; centre <= 4 * half; centre += Math.round(half / 4))
      clips.forEach(({ values, frames, samples }, c) => {
        const [loud, means, firsts]: number[][] = [[], [], []];
        for (let f = 0; f < frames; f++) {
          const from = Math.max(0, centre + f * hop - half);
          const to = Math.min(samples.length, centre + f * hop + half);
          if (to - from < half) continue;
          loud.push(Math.log(sums[c][to] - sums[c][from] + 1e-9));
          means.push(values.subarray(f * width, (f + 1) * width).reduce((a, b) => a + b, 0));
          firsts.push(values[f * width]);
        }
        if (loud.length > 4) best = Math.max(best, correlation(loud, means), correlation(loud, firsts));
      });
    return { hop, isCounted, best };
  });
  const counted = all.filter((h) => h.isCounted);
  const least = Math.max(follows, clearly + counted.reduce((a, b) => Math.max(a, b.best), 0));
  const others = all.filter((h) => h.best > least);
  const found = counted.length === 0 ? all : others.length > 0 ? others : counted;
  const top = found.reduce((a, b) => Math.max(a, b.best), 0);
  const within = (spare: number): number[] =>
    found
      .filter(({ best }) => best > top - spare)
      .sort((a, b) => roundness(a.hop, rate) - roundness(b.hop, rate) || b.best - a.best)
      .map(({ hop }) => hop);
  // Few frames tell neighbouring hops apart less than that people take one of them.
  return unique([...within(0.03).slice(0, 1), ...within(0.1)]);
}
