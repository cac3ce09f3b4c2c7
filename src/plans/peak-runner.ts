/** Peaks of one way to make a Welch spectrum: segments spread over the signal, averaged, the highest maxima interpolated in dB. */
import { InvalidArgumentError } from '../errors.ts';
import type { BackendName, FloatArray } from '../backends/backend.ts';
import { medianOf } from '../numeric/percentiles.ts';
import { highestMaxima, interpolatedPeak } from '../numeric/peaks.ts';
import { copySamples, firstUnusable } from '../numeric/samples.ts';
import { largestSample } from './features.ts';
import { lobeFor, neighbourhood, type PeakCandidate, type PeakTask } from './peak-model.ts';
import { planWelch } from './welch.ts';

export interface FoundPeak {
  /** Hz */
  readonly frequency: number;
  /** dB of the mean square, 0 dB for 1: a sine of amplitude 1 has -3.01 dB. */
  readonly level: number;
  /** dB over the noise in the whole band, were it everywhere what the median of the bins around shows. */
  readonly snr: number;
}

/** One way to find peaks, compiled. */
export interface PeakRunner {
  /** At most as many peaks as planned, highest first. Throws InvalidArgumentError for another length and for a sample it reads that is not finite. */
  run(samples: ArrayLike<number>): FoundPeak[];
  dispose(): void;
}

/** Hands the samples that the segments need to a plan, checked, one behind the other where there are gaps between them. */
function fill(
  samples: ArrayLike<number>,
  { segmentLength, segments, hop }: PeakCandidate,
  to: FloatArray,
): void {
  const span = (segments - 1) * hop + segmentLength;
  const begin = Math.floor((samples.length - span) / 2);
  const [parts, length] = hop > segmentLength ? [segments, segmentLength] : [1, span];
  for (let s = 0; s < parts; s++) {
    const from = begin + s * hop;
    const bad = firstUnusable(samples, from, from + length, largestSample);
    if (bad >= 0)
      throw new InvalidArgumentError(`sample ${bad} is ${samples[bad]}; expected a finite number below 1e18`);
    copySamples(samples, from, length, to, s * length);
  }
}

/** Compiles a candidate. */
export function peakRunner(task: PeakTask, candidate: PeakCandidate, backend: BackendName): PeakRunner {
  const { segmentLength, segments, hop, nfft } = candidate;
  const step = Math.min(hop, segmentLength);
  const plan = planWelch({
    samples: (segments - 1) * step + segmentLength,
    fs: task.sampleRate,
    nperseg: segmentLength,
    noverlap: segmentLength - step,
    nfft,
    window: task.window,
    scaling: 'spectrum',
    dtype: task.dtype,
    backend,
  });
  const bin = task.sampleRate / nfft;
  const distance = Math.max(1, Math.floor(task.separation / bin) - 1);
  const reach = neighbourhood * Math.ceil(nfft / segmentLength);
  // The median of a gamma variable of shape M and mean 1, nearly 1 - 1 / (3 M) (Wilson & Hilferty 1931).
  const median = (1 - 1 / (9 * segments)) ** 3;
  /** Power of white noise of variance 1 in a bin, as its median shows it. */
  const noiseInBin = (2 * lobeFor(task.window, segmentLength).noiseBandwidth * median) / segmentLength;
  /** dB of the noise in the whole band. */
  const noiseAround = (power: FloatArray, i: number): number => {
    const near = new Float64Array(power.subarray(Math.max(0, i - reach), i + reach + 1));
    return 10 * Math.log10(medianOf(near) / noiseInBin);
  };
  return {
    run(samples) {
      if (samples.length !== task.samples)
        throw new InvalidArgumentError(
          `the signal has ${samples.length} samples; expected ${task.samples}, as planned`,
        );
      fill(samples, candidate, plan.input);
      plan.run();
      const { power } = plan;
      return highestMaxima(power, task.peaks, distance).map((i) => {
        const around = [power[i - 1], power[i], power[i + 1]].map((p) => 10 * Math.log10(p));
        const { position, value } = interpolatedPeak(around, 1);
        return { frequency: (i + position - 1) * bin, level: value, snr: value - noiseAround(power, i) };
      });
    },
    dispose: plan.dispose,
  };
}
