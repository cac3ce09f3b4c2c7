/** Per-channel energy normalisation undone: what it was made of follows from it, frame after frame, for every set of its numbers. */
import type { PcenOptions } from '../../numeric/pcen.ts';
import type { HeadConfig } from '../../spectral/head.ts';
import type { Example } from './clips.ts';

/** librosa's smoothing at a hop: 0.4 s. */
function librosaSmoothing(rate: number, hop: number): number {
  const t = (0.4 * rate) / hop;
  return (Math.sqrt(1 + 4 * t * t) - 1) / (2 * t * t);
}

const curves: readonly Pick<PcenOptions, 'gain' | 'bias' | 'power' | 'epsilon'>[] = [
  { gain: 0.98, bias: 2, power: 0.5, epsilon: 1e-6 },
  { gain: 0.5, bias: 2, power: 0.5, epsilon: 1e-6 },
  { gain: 0.8, bias: 10, power: 0.25, epsilon: 1e-6 },
  { gain: 0.96, bias: 2, power: 0.5, epsilon: 1e-12 },
  { gain: 0.98, bias: 2, power: 0.5, epsilon: 1e-12 },
];

/** Sets of numbers that people take. */
export const pcenSets = (rate: number, hop: number): PcenOptions[] =>
  [0.025, 0.04, librosaSmoothing(rate, hop), librosaSmoothing(22050, 512), 0.05, 0.1, 0.0567].flatMap(
    (smoothing) =>
      curves.flatMap((curve) =>
        (['first', 1] as const).map((initial): PcenOptions => ({ ...curve, smoothing, initial })),
      ),
  );

/** The energy E of E / (epsilon + kept + smoothing E)^gain = z, by Newton's method in logarithms. */
function energyOf(z: number, kept: number, { smoothing, gain, epsilon }: PcenOptions): number {
  if (!(z > 0)) return 0;
  let x = Math.log(z) + gain * Math.log(epsilon + kept);
  for (let i = 0; i < 60; i++) {
    const e = Math.exp(x);
    const under = epsilon + kept + smoothing * e;
    const off = x - gain * Math.log(under) - Math.log(z);
    const step = off / (1 - (gain * smoothing * e) / under);
    x -= Math.max(-5, Math.min(5, step));
    if (Math.abs(step) < 1e-13) break;
  }
  return Math.exp(x);
}

/** Energies of an example under these numbers; null where there are none. */
function undone({ values, frames, ...rest }: Example, options: PcenOptions): Example | null {
  const { smoothing, bias, power, initial } = options;
  const width = values.length / frames;
  const out = new Float64Array(values.length);
  const least = bias ** power;
  for (let m = 0; m < width; m++) {
    let mean = initial === 'first' ? 0 : initial;
    for (let f = 0; f < frames; f++) {
      const z = (Math.max(0, values[f * width + m]) + least) ** (1 / power) - bias;
      const isFirst = f === 0 && initial === 'first';
      const e = isFirst
        ? energyOf(z, 0, { ...options, smoothing: 1 })
        : energyOf(z, (1 - smoothing) * mean, options);
      out[f * width + m] = e;
      mean = isFirst ? e : (1 - smoothing) * mean + smoothing * e;
    }
  }
  return out.every((e) => e < 1e30) ? { ...rest, frames, values: out } : null;
}

/** Examples whose features are energies. */
export function withoutPcen(examples: readonly Example[], options: PcenOptions): Example[] | null {
  const list: Example[] = [];
  for (const example of examples) {
    const one = undone(example, options);
    if (!one) return null;
    list.push(one);
  }
  return list;
}

/** The head whose energies were found: a factor of them is a gain. */
export function withPcen({ affine, ...head }: HeadConfig, pcen: PcenOptions): HeadConfig {
  const factor = Math.abs(affine?.multiply ?? 1);
  const gain = head.gain * factor ** (head.spectrum === 'magnitude' ? 1 : 0.5);
  return { ...head, gain, affine: null, log: null, pcen };
}
