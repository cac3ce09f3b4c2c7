/**
 * Short symmetric filters before every second sample is taken, made for given frames: what matters for a logarithm is how large
 * the image of each frequency is beside what stands there, frame by frame, not on average.
 */
import { complexArray } from '../numeric/complex.ts';
import { divideByHermitian } from '../numeric/hermitian.ts';

/** One-sided power density of each of some frames, at a frequency in Hz. */
type FrameDensity = (hz: number) => Float64Array;

/** Frames that are looked at. */
const mostFrames = 512;

/** The density of frames whose |X|^2 of bins 0 .. n/2 are `power` [bins, lanes], each a mean over three bins. */
export function frameDensity(power: ArrayLike<number>, lanes: number, sampleRate: number): FrameDensity {
  const last = power.length / lanes - 1;
  const frames = Math.min(lanes, mostFrames);
  const known = new Map<number, Float64Array>();
  return (hz) => {
    const bin = Math.max(0, Math.min(last, Math.round((2 * hz * last) / sampleRate)));
    const density = known.get(bin) ?? new Float64Array(frames);
    if (!known.has(bin))
      for (const at of [bin - 1, bin, bin + 1]) {
        const row = lanes * Math.max(0, Math.min(last, at));
        for (let f = 0; f < frames; f++) density[f] += power[row + f] / 3;
      }
    known.set(bin, density);
    return density;
  };
}

/** Gain at a frequency of each pair of symmetric taps, outermost first. */
const pairGains = (length: number, hz: number, rate: number): Float64Array =>
  Float64Array.from({ length: Math.ceil(length / 2) }, (_, q) => {
    const distance = (length - 1) / 2 - q;
    return (distance === 0 ? 1 : 2) * Math.cos((2 * Math.PI * hz * distance) / rate);
  });

const gainOf = (gains: Float64Array, taps: ArrayLike<number>): number =>
  gains.reduce((sum, g, q) => sum + g * taps[q], 0);

/** A frequency of the band: gains there and at its image, and power at the image over power there, frame by frame. */
interface Probe {
  readonly gains: Float64Array;
  readonly imageGains: Float64Array;
  readonly ratios: Float64Array;
}

const probes = 64;
const rounds = 12;

/** Taps of least sum of weighted image energies for a given sum of gains in the band; the largest 1. */
function leastImages(length: number, list: readonly Probe[], weights: readonly number[]): Float64Array {
  const half = Math.ceil(length / 2);
  const normal = complexArray(half * half);
  const gain = complexArray(half);
  let energy = 0;
  list.forEach(({ gains, imageGains: g }, i) => {
    const weight = weights[i] + 1e-4;
    for (let a = 0; a < half; a++) {
      gain.re[a] += gains[a] / list.length;
      for (let b = 0; b < half; b++) normal.re[a * half + b] += weight * g[a] * g[b];
    }
    energy += weight;
  });
  // Tikhonov: rounding of the taps must not matter.
  for (let a = 0; a < half; a++) normal.re[a * half + a] += 1e-6 * energy;
  const { re } = divideByHermitian(gain, normal, 1, half);
  const peak = re.reduce((m, x) => (Math.abs(x) > Math.abs(m) ? x : m), 0);
  return Float64Array.from({ length }, (_, q) => re[Math.min(q, length - 1 - q)] / peak);
}

/**
 * Symmetric taps, the largest of them 1, before every second sample of a signal at `rate` is taken: least mean of asinh |image /
 * band| over frames and over the band [0, below], the error of a logarithm where it is small, by reweighted least squares.
 */
export function decimatorTaps(
  length: number,
  below: number,
  rate: number,
  density: FrameDensity,
): Float64Array {
  const list = Array.from({ length: probes }, (_, i): Probe => {
    const hz = ((i + 0.5) / probes) * below;
    const [own, image] = [density(hz), density(rate / 2 - hz)];
    return {
      gains: pairGains(length, hz, rate),
      imageGains: pairGains(length, rate / 2 - hz, rate),
      ratios: own.map((p, f) => Math.min(1e9, image[f] / Math.max(p, 1e-30))),
    };
  });
  const mean = (x: Float64Array, f: (ratio: number) => number): number =>
    x.reduce((sum, ratio) => sum + f(ratio), 0) / x.length;
  let taps = leastImages(
    length,
    list,
    list.map(({ ratios }) => mean(ratios, Math.sqrt) ** 2),
  );
  for (let round = 0; round < rounds; round++) {
    const weights = list.map(({ gains, imageGains, ratios }) => {
      const passed = (gainOf(imageGains, taps) / gainOf(gains, taps)) ** 2;
      // The derivative of asinh sqrt e.
      return mean(ratios, (r) => r / (Math.sqrt(passed * r * (1 + passed * r)) + 1e-4));
    });
    taps = leastImages(length, list, weights);
  }
  return taps;
}

/** Filters of the given lengths. Each is made for the frames as the filters before it leave them. */
export function filterChain(
  lengths: readonly number[],
  below: number,
  sampleRate: number,
  density: FrameDensity,
): number[][] {
  let [rate, seen] = [sampleRate, density];
  return lengths.map((length) => {
    const taps = decimatorTaps(length, below, rate, seen);
    const [r, before] = [rate, seen];
    const passed = (hz: number): Float64Array => {
      const squared = gainOf(pairGains(length, hz, r), taps) ** 2;
      return before(hz).map((p) => squared * p);
    };
    seen = (hz) => {
      const image = passed(r / 2 - hz);
      return passed(hz).map((p, f) => p + image[f]);
    };
    rate /= 2;
    return [...taps];
  });
}
