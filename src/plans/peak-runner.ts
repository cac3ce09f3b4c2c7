/** Peaks of one way to make a Welch spectrum: segments spread over the signal, averaged, the highest maxima interpolated in dB. */
import { InvalidArgumentError } from '../errors.ts';
import type { BackendName } from '../backends/backend.ts';
import { medianOf } from '../numeric/averages.ts';
import { highestMaxima, interpolatedPeak } from '../numeric/peaks.ts';
import { largestSample } from './features.ts';
import {
  lobeFor,
  neighbourhood,
  type PeakCandidate,
  type PeakSignal,
  type PeakTransform,
} from './peak-model.ts';
import { planWelch, type WelchPlan } from './welch.ts';

export interface FoundPeak {
  /** Hz */
  readonly frequency: number;
  /** dB of the mean square, 0 dB for 1: a sine of amplitude 1 has -3.01 dB. */
  readonly level: number;
  /** dB over the noise in the whole band, were it everywhere what the median of the bins around shows. */
  readonly snr: number;
}

function checkSamples(samples: ArrayLike<number>, from: number, to: number): void {
  for (let i = from; i < to; i++)
    if (!(Math.abs(samples[i]) < largestSample))
      throw new InvalidArgumentError(`sample ${i} is ${samples[i]}; expected a finite number below 1e18`);
}

export class PeakRunner {
  readonly candidate: PeakCandidate;
  private readonly signal: PeakSignal;
  private readonly plan: WelchPlan;
  /** Power of white noise of variance 1 in a bin, as its median shows it. */
  private readonly noiseInBin: number;

  constructor(signal: PeakSignal, transform: PeakTransform, candidate: PeakCandidate, backend: BackendName) {
    const { segmentLength, segments, hop, nfft } = candidate;
    this.signal = signal;
    this.candidate = candidate;
    const step = Math.min(hop, segmentLength);
    this.plan = planWelch({
      samples: (segments - 1) * step + segmentLength,
      fs: signal.sampleRate,
      nperseg: segmentLength,
      noverlap: segmentLength - step,
      nfft,
      window: transform.window,
      scaling: 'spectrum',
      dtype: transform.dtype,
      backend,
    });
    // The median of a gamma variable of shape M and mean 1, nearly 1 - 1 / (3 M) (Wilson & Hilferty 1931).
    const median = (1 - 1 / (9 * segments)) ** 3;
    this.noiseInBin = (2 * lobeFor(transform.window, segmentLength).noiseBandwidth * median) / segmentLength;
  }

  /** Hands the samples that the segments need to the plan, checked, one behind the other where there are gaps between them. */
  private fill(samples: Float32Array | Float64Array): void {
    const { segmentLength, segments, hop } = this.candidate;
    const span = (segments - 1) * hop + segmentLength;
    const begin = Math.floor((samples.length - span) / 2);
    const [parts, length] = hop > segmentLength ? [segments, segmentLength] : [1, span];
    for (let s = 0; s < parts; s++) {
      const from = begin + s * hop;
      checkSamples(samples, from, from + length);
      this.plan.input.set(samples.subarray(from, from + length), s * length);
    }
  }

  /** At most as many peaks as planned, highest first. Throws InvalidArgumentError for another length and for a sample it reads that is not finite. */
  run(samples: Float32Array | Float64Array): FoundPeak[] {
    const { signal } = this;
    if (samples.length !== signal.samples)
      throw new InvalidArgumentError(
        `the signal has ${samples.length} samples; expected ${signal.samples}, as planned`,
      );
    this.fill(samples);
    this.plan.run();
    const { power } = this.plan;
    const bin = signal.sampleRate / this.candidate.nfft;
    return highestMaxima(power, signal.peaks, Math.max(1, Math.floor(signal.separation / bin) - 1)).map(
      (i) => {
        const around = [power[i - 1], power[i], power[i + 1]].map((p) => 10 * Math.log10(p));
        const { position, value } = interpolatedPeak(around, 1);
        return { frequency: (i + position - 1) * bin, level: value, snr: value - this.noiseAround(power, i) };
      },
    );
  }

  /** dB of the noise in the whole band. */
  private noiseAround(power: ArrayLike<number>, i: number): number {
    const { nfft, segmentLength } = this.candidate;
    const reach = neighbourhood * Math.ceil(nfft / segmentLength);
    const [from, to] = [Math.max(0, i - reach), Math.min(power.length, i + reach + 1)];
    const near = Float64Array.from({ length: to - from }, (_, k) => power[from + k]);
    return 10 * Math.log10(medianOf(near) / this.noiseInBin);
  }

  dispose(): void {
    this.plan.dispose();
  }
}
