/**
 * Descriptors of an amplitude spectrum, frequencies in bins, from their definitions: Peeters, A large set of audio features for sound
 * description (CUIDADO, 2004), sections 6 and 8. Of silence they are 0.
 */

const sum = (x: ArrayLike<number>, f: (v: number, k: number) => number): number => {
  let total = 0;
  for (let k = 0; k < x.length; k++) total += f(x[k], k);
  return total;
};

const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

/** The mean of the bins, weighted by amplitude. */
export const centroid = (a: Float64Array): number =>
  ratio(
    sum(a, (v, k) => k * v),
    sum(a, (v) => v),
  );

/** Moment of some order around the centroid. */
function moment(a: Float64Array, order: number): number {
  const middle = centroid(a);
  return ratio(
    sum(a, (v, k) => (k - middle) ** order * v),
    sum(a, (v) => v),
  );
}

export const spread = (a: Float64Array): number => Math.sqrt(moment(a, 2));
export const skewness = (a: Float64Array): number => ratio(moment(a, 3), moment(a, 2) ** 1.5);
export const kurtosis = (a: Float64Array): number => ratio(moment(a, 4), moment(a, 2) ** 2);

/** Geometric over arithmetic mean. */
export const flatness = (a: Float64Array): number =>
  ratio(Math.exp(sum(a, Math.log) / a.length), sum(a, (v) => v) / a.length);

/** Largest over root mean square. */
export const crest = (a: Float64Array): number =>
  ratio(
    a.reduce((most, v) => Math.max(most, v), 0),
    Math.sqrt(sum(a, (v) => v * v) / a.length),
  );

/** Slope of the line that fits amplitudes over frequency best, over the sum of amplitudes; 1 / Hz. */
export function slope(a: Float64Array, hzPerBin: number): number {
  const middle = (a.length - 1) / 2;
  const covariance = sum(a, (v, k) => (k - middle) * v);
  const variance = sum(a, (_, k) => (k - middle) ** 2);
  return ratio(covariance, variance * hzPerBin * sum(a, (v) => v));
}

/** Lowest frequency in Hz up to which 99 % of the amplitudes lie. */
export function rolloff(a: Float64Array, hzPerBin: number): number {
  const wanted = 0.99 * sum(a, (v) => v);
  if (wanted === 0) return 0;
  let below = 0;
  let k = 0;
  while (k < a.length - 1 && (below += a[k]) < wanted) k++;
  return k * hzPerBin;
}

/** What amplitudes gained since the spectrum before: the sum of positive differences (Dixon 2006). */
export const flux = (a: Float64Array, before: Float64Array): number =>
  sum(a, (v, k) => Math.max(0, v - before[k]));

/** Specific loudness N' of every Bark band, its amplitudes to the power 0.23, and their sum. */
export function loudness(
  a: Float64Array,
  bandOfBin: Int32Array,
  count: number,
): { specific: Float64Array; total: number } {
  const bands = new Float64Array(count);
  a.forEach((v, k) => (bands[bandOfBin[k]] += v));
  const specific = bands.map((v) => v ** 0.23);
  return { specific, total: sum(specific, (v) => v) };
}

/** How far the loudest band is from all of the loudness: ((N - max N') / N)^2. */
export function perceptualSpread({ specific, total }: { specific: Float64Array; total: number }): number {
  const most = specific.reduce((a, b) => Math.max(a, b), 0);
  return ratio(total - most, total) ** 2;
}

/** 0.11 sum z g(z) N'(z) / N, g = 1 below band 15, 0.066 exp(0.171 z) from there on (Zwicker & Fastl). */
export const perceptualSharpness = ({ specific, total }: { specific: Float64Array; total: number }): number =>
  ratio(
    0.11 *
      sum(specific, (v, i) => {
        const z = i + 1;
        return z * (z < 15 ? 1 : 0.066 * Math.exp(0.171 * z)) * v;
      }),
    total,
  );
