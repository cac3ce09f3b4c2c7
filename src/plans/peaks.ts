/**
 * Peaks of Welch spectra within two budgets of error. Predicted errors rule candidates out, a model of cost orders the rest, and the
 * cheapest that keeps its promise on test signals is taken. No clock is read: one request has one answer. Every candidate carries the
 * reason why it lost.
 */
import { InvalidArgumentError, UnreachableBudgetError } from '../errors.ts';
import type { BackendName } from '../backends/backend.ts';
import { workingBackends } from '../backends/default.ts';
import { requireNumbers } from '../numeric/samples.ts';
import {
  coverageOf,
  peakCandidates,
  requestOf,
  type PeaksOptions,
  type PeaksRequest,
} from './peak-candidates.ts';
import { costModel, costOf, operationsOf } from './peak-costs.ts';
import {
  predictErrors,
  type AttainedErrors,
  type ErrorPair,
  type PeakCandidate,
  type PredictedErrors,
} from './peak-model.ts';
import { peakRunner, type FoundPeak, type PeakRunner } from './peak-runner.ts';
import { attainedErrors, peakSignals } from './peak-trials.ts';
import { peakErrors } from './wisdom.ts';

/** Time of a run on one backend. */
export interface RunCost {
  readonly backend: BackendName;
  /** Nanoseconds of a run, by the request's calibration. */
  readonly ns: number;
}

/** A candidate of `planPeaks`, what it would cost and attain, and why it was chosen or not. */
export interface ConsideredCandidate extends PeakCandidate {
  readonly predicted: PredictedErrors;
  /** Rough real operations of a run. */
  readonly operations: number;
  /** On every backend that may be chosen, the cheapest first. */
  readonly costs: readonly RunCost[];
  /** On test signals; null where none ran. */
  readonly attained: AttainedErrors | null;
  /** Why it was chosen or lost. */
  readonly verdict: string;
}

/** The chosen segments and backend, with the errors to expect. */
export interface PeaksChoice extends PeakCandidate, RunCost {
  /** Hz and dB: the larger of predicted and attained. */
  readonly frequencyError: number;
  readonly levelError: number;
  readonly predicted: PredictedErrors;
  readonly attained: AttainedErrors;
}

/** Plain data, JSON up to infinite numbers. */
export interface PeaksReport {
  readonly request: PeaksRequest;
  readonly choice: PeaksChoice;
  readonly why: string;
  /** Cheapest first. */
  readonly candidates: readonly ConsideredCandidate[];
}

type Draft = { -readonly [K in keyof ConsideredCandidate]: ConsideredCandidate[K] };

/** The most candidates that are tried on test signals. */
const mostTrials = 24;

const digits = (x: number): string => String(Number(x.toPrecision(3)));
const microseconds = (ns: number): string => `${digits(ns / 1000)} us`;

const describeCandidate = (c: PeakCandidate): string =>
  `${c.segments} x ${c.segmentLength} samples, hop ${c.hop}, nfft ${c.nfft}`;

/** Which budgets errors break, in words; empty where both hold. */
function broken(r: PeaksRequest, errors: ErrorPair, how: string): string[] {
  return [
    ...(errors.frequency <= r.frequencyError
      ? []
      : [`frequency error ${digits(errors.frequency)} Hz ${how}, above ${r.frequencyError} Hz`]),
    ...(errors.level <= r.levelError
      ? []
      : [`level error ${digits(errors.level)} dB ${how}, above ${r.levelError} dB`]),
  ];
}

const totals = (p: PredictedErrors): ErrorPair => ({
  frequency: p.frequency.total,
  level: p.level.total,
});

/** Largest allowed probability that noise stands above a tone: a tenth of what may fail. */
const falsePeakLimit = (confidence: number): number => (1 - confidence) / 10;

function predictedVerdict(r: PeaksRequest, p: PredictedErrors): string {
  const reasons = broken(r, totals(p), 'predicted');
  if (p.falsePeak > falsePeakLimit(r.confidence))
    reasons.push(`noise may stand above the weakest tone (probability bound ${digits(p.falsePeak)})`);
  return reasons.join('; ');
}

/** What a run costs on every backend that may be chosen, the cheapest first. Throws InvalidArgumentError where there is none. */
function costsOf(r: PeaksRequest, c: PeakCandidate): RunCost[] {
  const here = workingBackends();
  const working = here.filter((backend) => r.calibration.rates[backend] ?? backend === 'reference');
  if (r.backend === 'auto' && working.length === 0)
    throw new InvalidArgumentError(
      `the calibration has rates of ${Object.keys(r.calibration.rates).join(', ')} alone; expected some of ${here.join(' or ')}, or a backend by name`,
    );
  return (r.backend === 'auto' ? working : [r.backend])
    .map((backend) => ({ backend, ns: costOf(r.calibration, c, r.peaks, { backend, dtype: r.dtype }) }))
    .sort((a, b) => a.ns - b.ns);
}

/** Every candidate with its prediction and its costs, cheapest first. */
function drafts(r: PeaksRequest): Draft[] {
  return peakCandidates(r)
    .map((c): Draft => {
      const predicted = predictErrors(r, c);
      return {
        ...c,
        predicted,
        operations: operationsOf(c, r.peaks),
        costs: costsOf(r, c),
        attained: null,
        verdict: predictedVerdict(r, predicted),
      };
    })
    .sort((a, b) => a.costs[0].ns - b.costs[0].ns || a.operations - b.operations);
}

/** The error of a request that no prediction, or no calibration, holds. */
function unreachable(
  r: PeaksRequest,
  all: readonly Draft[],
  how: 'predicted' | 'attained',
): UnreachableBudgetError {
  const errors = (d: Draft): ErrorPair =>
    how === 'attained' && d.attained ? d.attained : totals(d.predicted);
  const seen = all.filter(
    (d) => d.predicted.falsePeak <= falsePeakLimit(r.confidence) && (how === 'predicted' || d.attained),
  );
  const asked = `frequencyError ${r.frequencyError} Hz and levelError ${r.levelError} dB cannot be held for ${r.samples} samples at ${r.sampleRate} Hz, snr ${r.snr} dB`;
  if (seen.length === 0)
    return new UnreachableBudgetError(
      `${asked}: noise may stand above the weakest tone with every segment length; expected more samples, a higher snr or another number of segments`,
    );
  const excess = (d: Draft): number =>
    Math.max(errors(d).frequency / r.frequencyError, errors(d).level / r.levelError);
  const best = seen.reduce((a, b) => (excess(b) < excess(a) ? b : a));
  const least = (name: 'frequency' | 'level'): string =>
    digits(Math.min(...seen.map((d) => errors(d)[name])));
  return new UnreachableBudgetError(
    `${asked}; best reachable together: ${digits(errors(best).frequency)} Hz and ${digits(errors(best).level)} dB (${describeCandidate(best)}, ${how}); alone: ${least('frequency')} Hz, ${least('level')} dB`,
  );
}

const errorKey = (r: PeaksRequest, c: PeakCandidate, backend: BackendName): string =>
  `${r.samples} ${r.peaks} ${c.segmentLength} ${c.segments} ${c.hop} ${c.nfft} ${JSON.stringify(r.window)} ${r.dtype} ${backend} ` +
  `${r.sampleRate} ${r.separation} ${r.dynamicRange} ${r.snr} ${r.confidence} ${r.tones} ${r.seed}`;

/** Errors of a candidate on test signals, those remembered from before where there are some. */
function tried(
  r: PeaksRequest,
  signals: ReturnType<typeof peakSignals>,
  c: PeakCandidate,
  backend: BackendName,
): AttainedErrors {
  const key = errorKey(r, c, backend);
  let errors = peakErrors.get(key);
  if (!errors) {
    const runner = peakRunner(r, c, backend);
    errors = attainedErrors(signals, runner.run, r);
    runner.dispose();
    peakErrors.set(key, errors);
  }
  return errors;
}

/** The cheapest of the candidates that hold by prediction that also holds on test signals; null where none of the first does. */
function search(
  r: PeaksRequest,
  holding: readonly Draft[],
): { draft: Draft; attained: AttainedErrors } | null {
  const signals = peakSignals(r, r.seed);
  for (const draft of holding.slice(0, mostTrials)) {
    const attained = tried(r, signals, draft, draft.costs[0].backend);
    draft.attained = attained;
    const reasons = broken(r, attained, `attained on ${attained.tones} test tones`);
    if (reasons.length === 0) return { draft, attained };
    draft.verdict = reasons.join('; ');
  }
  return null;
}

const costText = ({ ns, backend }: RunCost): string => `${microseconds(ns)} on ${backend}`;

/** Says of everything that holds and was not taken why. */
function explain(holding: readonly Draft[], won: Draft): void {
  for (const draft of holding)
    if (draft !== won && draft.verdict === '')
      draft.verdict = `dearer: ${costText(draft.costs[0])} against ${costText(won.costs[0])}`;
}

function whyOf(r: PeaksRequest, c: PeaksChoice, all: readonly Draft[], holding: readonly Draft[]): string {
  const others = (all.find((d) => d.attained === c.attained)?.costs ?? [])
    .slice(1)
    .map((other) => `, ${costText(other)}`)
    .join('');
  const by =
    r.calibration === costModel ? 'by the cost model' : `by the calibration of ${r.calibration.machine}`;
  return (
    `${describeCandidate(c)} (${digits(100 * coverageOf(c, r.samples))} % of the samples) on ${c.backend}: of tones ${r.snr === Infinity ? 'without noise' : `at least ${r.snr} dB over the noise`}, ` +
    `frequency within ${digits(c.frequencyError)} Hz (budget ${r.frequencyError}), level within ` +
    `${digits(c.levelError)} dB (budget ${r.levelError}), each with probability ${r.confidence}; about ${costText(c)}${others} ${by}. ` +
    `${holding.length} of ${all.length} candidates hold both budgets by prediction; the cheapest of them that holds them on ${c.attained.tones} test tones`
  );
}

/** The report of a search. Throws UnreachableBudgetError. */
function choosePeaks(r: PeaksRequest): PeaksReport {
  const all = drafts(r);
  const holding = all.filter((d) => d.verdict === '');
  if (holding.length === 0) throw unreachable(r, all, 'predicted');
  const winner = search(r, holding);
  if (!winner) throw unreachable(r, all, 'attained');
  const { draft, attained } = winner;
  explain(holding, draft);
  const { segmentLength, segments, hop, nfft, predicted, costs } = draft;
  const choice: PeaksChoice = {
    segmentLength,
    segments,
    hop,
    nfft,
    ...costs[0],
    frequencyError: Math.max(predicted.frequency.total, attained.frequency),
    levelError: Math.max(predicted.level.total, attained.level),
    predicted,
    attained,
  };
  const why = whyOf(r, choice, all, holding);
  draft.verdict = 'chosen';
  return { request: r, choice, why, candidates: all };
}

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
