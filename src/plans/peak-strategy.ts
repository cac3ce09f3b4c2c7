/**
 * Chooses how to find peaks within two budgets: predicted errors rule candidates out, the cheapest of the rest are timed on this
 * machine, and the fastest that keeps its promise on calibration signals is taken. Every candidate carries the reason why it lost.
 */
import { UnreachableBudgetError } from '../errors.ts';
import type { BackendName } from '../backends/backend.ts';
import { workingBackends } from '../backends/default.ts';
import { measure } from './measure.ts';
import { attainedErrors, PeakSignals } from './peak-calibration.ts';
import {
  coverageOf,
  operationsOf,
  peakCandidates,
  signalOf,
  transformOf,
  type PeaksOptions,
  type PeaksRequest,
} from './peak-candidates.ts';
import {
  predictErrors,
  type AttainedErrors,
  type PeakCandidate,
  type PredictedErrors,
} from './peak-model.ts';
import { PeakRunner } from './peak-runner.ts';
import { peakErrors, peakTimes } from './wisdom.ts';

export interface TimedRun {
  readonly backend: BackendName;
  /** Nanoseconds of a run, median. */
  readonly ns: number;
  readonly source: 'measured' | 'remembered' | 'given';
}

export interface ConsideredCandidate extends PeakCandidate {
  readonly predicted: PredictedErrors;
  /** Rough real operations of a run; see `times` for what was timed. */
  readonly operations: number;
  readonly times: readonly TimedRun[];
  /** On calibration signals; null where none ran. */
  readonly attained: AttainedErrors | null;
  /** Why it was chosen or lost. */
  readonly verdict: string;
}

export interface PeaksChoice extends PeakCandidate, TimedRun {
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
  /** By operations, cheapest first. */
  readonly candidates: readonly ConsideredCandidate[];
}

interface Draft extends PeakCandidate {
  predicted: PredictedErrors;
  operations: number;
  times: TimedRun[];
  attained: AttainedErrors | null;
  verdict: string;
}

/** Candidates timed at once, and the most that are calibrated. */
const finalists = 6;
const mostCalibrations = 24;

const timing = { samples: 9, sampleMs: 2, warmupMs: 20 } as const;

const digits = (x: number): string => String(Number(x.toPrecision(3)));
const microseconds = (ns: number): string => `${digits(ns / 1000)} us`;

export const describeCandidate = (c: PeakCandidate): string =>
  `${c.segments} x ${c.segmentLength} samples, hop ${c.hop}, nfft ${c.nfft}`;

/** Which budgets errors break, in words; empty where both hold. */
function broken(r: PeaksRequest, errors: { frequency: number; level: number }, how: string): string[] {
  return [
    ...(errors.frequency <= r.frequencyError
      ? []
      : [`frequency error ${digits(errors.frequency)} Hz ${how}, above ${r.frequencyError} Hz`]),
    ...(errors.level <= r.levelError
      ? []
      : [`level error ${digits(errors.level)} dB ${how}, above ${r.levelError} dB`]),
  ];
}

const totals = (p: PredictedErrors): { frequency: number; level: number } => ({
  frequency: p.frequency.total,
  level: p.level.total,
});

/** Largest allowed probability that noise stands above a tone: a tenth of what may fail. */
export const falsePeakLimit = (confidence: number): number => (1 - confidence) / 10;

function predictedVerdict(r: PeaksRequest, p: PredictedErrors): string {
  const reasons = broken(r, totals(p), 'predicted');
  if (p.falsePeak > falsePeakLimit(r.confidence))
    reasons.push(`noise may stand above the weakest tone (probability bound ${digits(p.falsePeak)})`);
  return reasons.join('; ');
}

/** Every candidate with its prediction, by operations. */
function drafts(r: PeaksRequest): Draft[] {
  return peakCandidates(r)
    .map((c): Draft => {
      const predicted = predictErrors(signalOf(r), transformOf(r), c, r.confidence);
      return {
        ...c,
        predicted,
        operations: operationsOf(c, r.peaks),
        times: [],
        attained: null,
        verdict: predictedVerdict(r, predicted),
      };
    })
    .sort((a, b) => a.operations - b.operations);
}

/** The error of a request that no prediction, or no calibration, holds. */
function unreachable(
  r: PeaksRequest,
  all: readonly Draft[],
  how: 'predicted' | 'attained',
): UnreachableBudgetError {
  const errors = (d: Draft): { frequency: number; level: number } =>
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

const backendsOf = (r: PeaksRequest): BackendName[] =>
  r.backend === 'auto' ? workingBackends() : [r.backend];

const timeKey = (r: PeaksRequest, c: PeakCandidate, backend: BackendName): string =>
  [
    r.samples,
    r.peaks,
    c.segmentLength,
    c.segments,
    c.hop,
    c.nfft,
    JSON.stringify(r.window),
    r.dtype,
    backend,
  ].join(' ');

const errorKey = (r: PeaksRequest, c: PeakCandidate, backend: BackendName): string =>
  [
    timeKey(r, c, backend),
    r.sampleRate,
    r.separation,
    r.dynamicRange,
    r.snr,
    r.confidence,
    r.tones,
    r.seed,
  ].join(' ');

/** Runners and test signals of one search. */
class Bench {
  private readonly request: PeaksRequest;
  private readonly given: PeaksOptions['times'];
  private readonly signals: PeakSignals;
  private readonly runners = new Map<string, PeakRunner>();

  constructor(request: PeaksRequest, given: PeaksOptions['times']) {
    this.request = request;
    this.given = given;
    this.signals = new PeakSignals(signalOf(request), request.seed);
  }

  private runner(c: PeakCandidate, backend: BackendName): PeakRunner {
    const key = timeKey(this.request, c, backend);
    let runner = this.runners.get(key);
    if (!runner)
      this.runners.set(
        key,
        (runner = new PeakRunner(signalOf(this.request), transformOf(this.request), c, backend)),
      );
    return runner;
  }

  /** Times of candidates on every backend, interleaved; those that are known are not taken again. */
  time(batch: readonly Draft[]): void {
    const pending: { draft: Draft; backend: BackendName }[] = [];
    for (const draft of batch)
      for (const backend of backendsOf(this.request)) {
        const known = peakTimes.get(timeKey(this.request, draft, backend));
        if (this.given) draft.times.push({ backend, ns: this.given(draft, backend), source: 'given' });
        else if (known !== undefined) draft.times.push({ backend, ns: known, source: 'remembered' });
        else pending.push({ draft, backend });
      }
    if (pending.length === 0) return;
    const { samples } = this.signals.draw(0);
    const contenders = pending.map(({ draft, backend }, i) => {
      const runner = this.runner(draft, backend);
      return { name: String(i), units: 1, run: () => void runner.run(samples) };
    });
    measure(contenders, timing).forEach(({ ns }, i) => {
      const { draft, backend } = pending[i];
      peakTimes.set(timeKey(this.request, draft, backend), ns);
      draft.times.push({ backend, ns, source: 'measured' });
    });
  }

  attained(draft: Draft, backend: BackendName): AttainedErrors {
    const key = errorKey(this.request, draft, backend);
    let errors = peakErrors.get(key);
    if (!errors) {
      const runner = this.runner(draft, backend);
      errors = attainedErrors(
        this.signals,
        (x) => runner.run(x),
        this.request.tones,
        this.request.confidence,
      );
      peakErrors.set(key, errors);
    }
    return errors;
  }

  dispose(): void {
    for (const runner of this.runners.values()) runner.dispose();
  }
}

interface Winner {
  readonly draft: Draft;
  readonly run: TimedRun;
}

/** The fastest candidate of the cheapest that hold that also holds on calibration signals. */
function search(r: PeaksRequest, holding: readonly Draft[], bench: Bench): Winner | null {
  let calibrations = 0;
  for (let first = 0; first < holding.length; first += finalists) {
    const batch = holding.slice(first, first + finalists);
    bench.time(batch);
    const order = batch
      .flatMap((draft) => draft.times.map((run): Winner => ({ draft, run })))
      .sort((a, b) => a.run.ns - b.run.ns);
    for (const { draft, run } of order) {
      // What failed on one backend has the same errors on another.
      if (draft.attained) continue;
      if (calibrations++ === mostCalibrations) return null;
      draft.attained = bench.attained(draft, run.backend);
      const reasons = broken(r, draft.attained, `attained on ${draft.attained.tones} calibration tones`);
      if (reasons.length === 0) return { draft, run };
      draft.verdict = reasons.join('; ');
    }
  }
  return null;
}

/** Says of everything that holds and was not taken why. */
function explain(holding: readonly Draft[], { draft: won, run }: Winner): void {
  const own = (d: Draft): TimedRun => d.times.reduce((a, b) => (b.ns < a.ns ? b : a));
  for (const draft of holding)
    if (draft !== won && draft.verdict === '')
      draft.verdict =
        draft.times.length > 0
          ? `slower: ${microseconds(own(draft).ns)} on ${own(draft).backend} against ${microseconds(run.ns)}`
          : `not timed: ${digits(draft.operations / won.operations)} times the operations of the choice`;
}

function whyOf(r: PeaksRequest, c: PeaksChoice, all: readonly Draft[], holding: readonly Draft[]): string {
  const timed = holding.filter((d) => d.times.length > 0).length;
  const others = holding
    .flatMap((d) => d.times.filter((t) => d.attained === c.attained && t.backend !== c.backend))
    .map((t) => `, ${microseconds(t.ns)} on ${t.backend}`)
    .join('');
  return (
    `${describeCandidate(c)} (${digits(100 * coverageOf(c, r.samples))} % of the samples) on ${c.backend}: frequency within ${digits(c.frequencyError)} Hz (budget ${r.frequencyError}), level within ` +
    `${digits(c.levelError)} dB (budget ${r.levelError}), each with probability ${r.confidence}; ${microseconds(c.ns)} ${c.source}${others}. ` +
    `${holding.length} of ${all.length} candidates hold both budgets by prediction; the fastest of ${timed} timed that holds them on ${c.attained.tones} calibration tones`
  );
}

/** The report of a search. Throws UnreachableBudgetError. */
export function choosePeaks(r: PeaksRequest, times: PeaksOptions['times']): PeaksReport {
  const all = drafts(r);
  const holding = all.filter((d) => d.verdict === '');
  if (holding.length === 0) throw unreachable(r, all, 'predicted');
  const bench = new Bench(r, times);
  try {
    const winner = search(r, holding, bench);
    if (!winner) throw unreachable(r, all, 'attained');
    const { draft, run } = winner;
    const attained = draft.attained as AttainedErrors;
    explain(holding, winner);
    const { segmentLength, segments, hop, nfft, predicted } = draft;
    const choice: PeaksChoice = {
      segmentLength,
      segments,
      hop,
      nfft,
      ...run,
      frequencyError: Math.max(predicted.frequency.total, attained.frequency),
      levelError: Math.max(predicted.level.total, attained.level),
      predicted,
      attained,
    };
    const why = whyOf(r, choice, all, holding);
    draft.verdict = 'chosen';
    return { request: r, choice, why, candidates: all };
  } finally {
    bench.dispose();
  }
}
