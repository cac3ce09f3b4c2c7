/** Peaks of Welch spectra within stated errors: `planPeaks` chooses, calibrates and explains, its plan runs. */
import { InvalidArgumentError } from '../errors.ts';
import { requireNumbers } from '../numeric/samples.ts';
import { requestOf, type PeaksOptions } from './peak-candidates.ts';
import { predictErrors } from './peak-model.ts';
import { peakRunner, type FoundPeak, type PeakRunner } from './peak-runner.ts';
import { choosePeaks, falsePeakLimit, type PeaksReport } from './peak-strategy.ts';

/** A peak with what its frequency and level may be off by, each with the plan's confidence. */
export interface EstimatedPeak extends FoundPeak {
  /** Hz; infinite where noise may be all there is. */
  readonly frequencyError: number;
  /** dB */
  readonly levelError: number;
}

/** Finds the highest spectral peaks of signals of one length, within the errors asked for. */
export interface PeaksPlan {
  /** What was considered, chosen and why: plain data. */
  readonly report: PeaksReport;
  /**
   * The highest peaks of a signal of as many samples as planned, highest first; fewer than planned where the spectrum has fewer.
   * A peak that stands less above the noise around it than planned gets the wider errors of its own snr. The errors hold for signals
   * as planned: steady tones at least `separation` apart. Throws InvalidArgumentError for another length, for a sample it reads that
   * is not finite, and for a plan that was disposed.
   */
  run(samples: ArrayLike<number>): EstimatedPeak[];
  /** Lets go of the memory; run afterwards throws. */
  dispose(): void;
}

/** dB below the planned snr at which a peak's own counts: what the median around it varies by. */
const snrTolerance = 1;

/**
 * Plans how to find the frequencies and levels of steady tones in white noise within two budgets, in Hz and dB. Segment length,
 * number of segments, zero padding and backend are chosen by predicted errors, a model of cost and trials on synthesised signals (which
 * `exportWisdom` remembers): no clock is read, so one request has one answer. `calibration` is the cost on a machine. Throws InvalidArgumentError for impossible options and UnreachableBudgetError, with
 * the best that can be had, where no candidate holds both budgets.
 */
export function planPeaks(options: PeaksOptions): PeaksPlan {
  const request = requestOf(options);
  const report = choosePeaks(request);
  const { choice } = report;
  let runner: PeakRunner | null = peakRunner(request, choice, choice.backend);
  const errorsFor = (peak: FoundPeak): Pick<EstimatedPeak, 'frequencyError' | 'levelError'> => {
    const { frequencyError, levelError } = choice;
    if (peak.snr >= request.snr - snrTolerance) return { frequencyError, levelError };
    const own = predictErrors({ ...request, snr: peak.snr }, choice);
    // Also where the level is that of silence, and no number.
    if (!(own.falsePeak <= falsePeakLimit(request.confidence)))
      return { frequencyError: Infinity, levelError: Infinity };
    return {
      frequencyError: Math.max(frequencyError, own.frequency.total),
      levelError: Math.max(levelError, own.level.total),
    };
  };
  return {
    report,
    run(samples) {
      if (!runner) throw new InvalidArgumentError('this plan was disposed; plan again to run it');
      requireNumbers('samples', samples);
      return runner.run(samples).map((peak) => ({ ...peak, ...errorsFor(peak) }));
    },
    dispose() {
      runner?.dispose();
      runner = null;
    },
  };
}
