/**
 * Trials of a peaks strategy: errors attained on synthesised tones between bins in white noise. Signals depend on the seed alone,
 * never on what is analysed.
 *
 * An attained error is the order statistic of rank ceil(confidence (n + 1)) of n: a new tone of the same kind is within it with at
 * least that probability (split conformal prediction; Vovk, Gammerman & Shafer 2005).
 */
import { fillGaussian, fillUniform } from '../numeric/random.ts';
import type { AttainedErrors, PeakSignal } from './peak-model.ts';
import type { FoundPeak } from './peak-runner.ts';

interface Tone {
  /** Hz */
  readonly frequency: number;
  /** dB of its mean square. */
  readonly level: number;
}

/** Tones at their hardest: all but one are the weakest, that one (of several) is the strongest; the weakest come first. */
function drawTones(signal: PeakSignal, seed: number, trial: number): (Tone & { phase: number })[] {
  const { peaks, separation, dynamicRange, sampleRate } = signal;
  const random = new Float64Array(2 * peaks + 1);
  fillUniform(random, seed, 2 * trial + 1);
  const unit = random.map((u) => (u + 1) / 2);
  const free = Math.max(0, sampleRate / 2 - peaks * separation);
  // Sorted uniform places, then pulled apart: uniform over all that keep their distance.
  const frequencies = unit
    .slice(0, peaks)
    .sort()
    .map((u, i) => separation / 2 + i * separation + u * free);
  const strong = peaks > 1 ? Math.min(peaks - 1, Math.floor(unit[2 * peaks] * peaks)) : -1;
  return Array.from(frequencies, (frequency, i) => ({
    frequency,
    level: i === strong ? 0 : peaks > 1 ? -dynamicRange : 0,
    phase: 2 * Math.PI * unit[peaks + i],
  })).sort((a, b) => a.level - b.level);
}

/** Adds a sinusoid by rotation: rounding grows with the samples, 1e-16 each. */
function addTone(out: Float64Array, sampleRate: number, tone: Tone & { phase: number }): void {
  const amplitude = Math.sqrt(2 * 10 ** (tone.level / 10));
  const angle = (2 * Math.PI * tone.frequency) / sampleRate;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  let [re, im] = [amplitude * Math.cos(tone.phase), amplitude * Math.sin(tone.phase)];
  for (let i = 0; i < out.length; i++) {
    out[i] += re;
    [re, im] = [re * c - im * s, re * s + im * c];
  }
}

/** Most noise samples that are drawn; behind them, the same come again, rotated, under other tones. */
const noiseBudget = 1 << 22;

/** Test signals of a kind. */
export class PeakSignals {
  private readonly signal: PeakSignal;
  private readonly seed: number;
  private readonly noises = new Map<number, Float64Array>();
  private readonly buffer: Float64Array;

  constructor(signal: PeakSignal, seed: number) {
    this.signal = signal;
    this.seed = seed;
    this.buffer = new Float64Array(signal.samples);
  }

  private noise(index: number): Float64Array {
    let noise = this.noises.get(index);
    if (!noise) {
      noise = new Float64Array(this.signal.samples);
      fillGaussian(noise, this.seed, 2 * index);
      this.noises.set(index, noise);
    }
    return noise;
  }

  /** Signal number `trial` (valid until the next call) and its tones, the weakest first. */
  draw(trial: number): { samples: Float64Array; tones: Tone[] } {
    const { signal, buffer } = this;
    const tones = drawTones(signal, this.seed, trial);
    const pool = Math.max(4, Math.floor(noiseBudget / signal.samples));
    if (signal.snr === Infinity) buffer.fill(0);
    else {
      const noise = this.noise(trial % pool);
      const scale = 10 ** ((tones[0].level - signal.snr) / 20);
      const turn = (Math.floor(trial / pool) * 7919) % signal.samples;
      for (let i = 0; i < buffer.length; i++) buffer[i] = scale * noise[(i + turn) % buffer.length];
    }
    for (const tone of tones) addTone(buffer, signal.sampleRate, tone);
    return { samples: buffer, tones };
  }
}

/** Errors at the weakest tones: of the nearest peak that was found; infinite where none was. */
export function errorsOf(
  found: readonly FoundPeak[],
  tones: readonly Tone[],
): { frequency: number; level: number }[] {
  const weakest = tones.filter((t) => t.level === tones[0].level);
  return weakest.map((tone) => {
    const distance = (p: FoundPeak): number => Math.abs(p.frequency - tone.frequency);
    const [nearest] = [...found].sort((a, b) => distance(a) - distance(b));
    return nearest
      ? { frequency: distance(nearest), level: Math.abs(nearest.level - tone.level) }
      : { frequency: Infinity, level: Infinity };
  });
}

/** Rank of the order statistic, 1 to n; above n where n tones are too few. */
export const conformalRank = (confidence: number, n: number): number =>
  // Less a rounding: 0.95 * 200 is 190.
  Math.ceil(confidence * (n + 1) - 1e-9);

/** Errors that a way to find peaks attains on `tones` tones or a few more. */
export function attainedErrors(
  signals: PeakSignals,
  run: (samples: Float64Array) => FoundPeak[],
  tones: number,
  confidence: number,
): AttainedErrors {
  const errors: { frequency: number; level: number }[] = [];
  for (let trial = 0; errors.length < tones; trial++) {
    const drawn = signals.draw(trial);
    errors.push(...errorsOf(run(drawn.samples), drawn.tones));
  }
  const rank = conformalRank(confidence, errors.length);
  const at = (name: 'frequency' | 'level'): number =>
    errors.map((e) => e[name]).sort((a, b) => a - b)[rank - 1];
  return { frequency: at('frequency'), level: at('level'), tones: errors.length };
}
