/**
 * Trials of a peaks strategy: errors attained on synthesised tones between bins in white noise. Signals depend on the seed alone,
 * never on what is analysed.
 *
 * An attained error is the order statistic of rank ceil(confidence (n + 1)) of n: a new tone of the same kind is within it with at
 * least that probability (split conformal prediction; Vovk, Gammerman & Shafer 2005).
 */
import { fillGaussian, fillUniform } from '../numeric/random.ts';
import type { AttainedErrors, ErrorPair, PeakTask } from './peak-model.ts';
import type { FoundPeak } from './peak-runner.ts';

interface Tone {
  /** Hz */
  readonly frequency: number;
  /** dB of its mean square. */
  readonly level: number;
  /** Radians, of its cosine at the first sample. */
  readonly phase: number;
}

/** Tones at their hardest: all but one are the weakest, that one (of several) is the strongest; the weakest come first. */
function drawTones(task: PeakTask, seed: number, trial: number): Tone[] {
  const { peaks, separation, dynamicRange, sampleRate } = task;
  const random = new Float64Array(2 * peaks + 1);
  fillUniform(random, seed, 2 * trial + 1);
  const unit = random.map((u) => (u + 1) / 2);
  const free = Math.max(0, sampleRate / 2 - peaks * separation);
  // Sorted uniform places, then pulled apart: uniform over all that keep their distance.
  const frequencies = unit
    .slice(0, peaks)
    .sort()
    .map((u, i) => separation / 2 + i * separation + u * free);
  const strong = Math.min(peaks - 1, Math.floor(unit[2 * peaks] * peaks));
  return Array.from(frequencies, (frequency, i) => ({
    frequency,
    level: i === strong ? 0 : -dynamicRange,
    phase: 2 * Math.PI * unit[peaks + i],
  })).sort((a, b) => a.level - b.level);
}

/** Adds a sinusoid by rotation: rounding grows with the samples, 1e-16 each. */
function addTone(out: Float64Array, sampleRate: number, { frequency, level, phase }: Tone): void {
  const amplitude = Math.sqrt(2 * 10 ** (level / 10));
  const angle = (2 * Math.PI * frequency) / sampleRate;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  let [re, im] = [amplitude * Math.cos(phase), amplitude * Math.sin(phase)];
  for (let i = 0; i < out.length; i++) {
    out[i] += re;
    [re, im] = [re * c - im * s, re * s + im * c];
  }
}

/** Most noise samples that are drawn; behind them, the same come again, rotated, under other tones. */
const noiseBudget = 1 << 22;

/** Test signals of a task: signal number `trial` (valid until the next call) and its tones, the weakest first. */
type PeakSignals = (trial: number) => { samples: Float64Array; tones: Tone[] };

export function peakSignals(task: PeakTask, seed: number): PeakSignals {
  const samples = new Float64Array(task.samples);
  const pool = Math.max(4, Math.floor(noiseBudget / samples.length));
  const noises: Float64Array[] = [];
  const noiseAt = (index: number): Float64Array => {
    if (!noises[index]) fillGaussian((noises[index] = new Float64Array(samples.length)), seed, 2 * index);
    return noises[index];
  };
  return (trial) => {
    const tones = drawTones(task, seed, trial);
    if (task.snr === Infinity) samples.fill(0);
    else {
      const noise = noiseAt(trial % pool);
      const scale = 10 ** ((tones[0].level - task.snr) / 20);
      const turn = (Math.floor(trial / pool) * 7919) % samples.length;
      for (let i = 0; i < samples.length; i++) samples[i] = scale * noise[(i + turn) % samples.length];
    }
    for (const tone of tones) addTone(samples, task.sampleRate, tone);
    return { samples, tones };
  };
}

/** Errors at the weakest tones: of the nearest peak that was found; infinite where none was. */
export function errorsOf(found: readonly FoundPeak[], tones: readonly Tone[]): ErrorPair[] {
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
  { tones, confidence }: { tones: number; confidence: number },
): AttainedErrors {
  const errors: ErrorPair[] = [];
  for (let trial = 0; errors.length < tones; trial++) {
    const drawn = signals(trial);
    errors.push(...errorsOf(run(drawn.samples), drawn.tones));
  }
  const rank = conformalRank(confidence, errors.length);
  const at = (name: 'frequency' | 'level'): number =>
    errors.map((e) => e[name]).sort((a, b) => a - b)[rank - 1];
  return { frequency: at('frequency'), level: at('level'), tones: errors.length };
}
