/** What may be asked of a peaks strategy, checked once, and the ways to make a spectrum that it considers. */
import { InvalidArgumentError } from '../errors.ts';
import type { BackendName } from '../backends/backend.ts';
import { windowByName } from '../numeric/window.ts';
import {
  anything,
  checkOptions,
  either,
  finite,
  matching,
  oneOf,
  required,
  whole,
  type OptionTable,
} from '../options.ts';
import { backendRule, dtypeRule } from './compiled.ts';
import { costModel, requireCalibration, type PeakCalibration } from './peak-costs.ts';
import type { PeakCandidate, PeakTask } from './peak-model.ts';
import { rateBounds } from '../numeric/frequencies.ts';
import { conformalRank } from './peak-trials.ts';
import { exactRadices } from './strategy.ts';

type RequiredOfTask = 'sampleRate' | 'samples' | 'peaks';

/** Of the signal, of the errors, of the search. */
export interface PeaksOptions
  extends Pick<PeakTask, RequiredOfTask>, Partial<Omit<PeakTask, RequiredOfTask>> {
  /** Hz, largest error. */
  readonly frequencyError: number;
  /** dB, largest error. */
  readonly levelError: number;
  /** Averaged segments; default auto. */
  readonly segments?: 'auto' | number;
  /** Part of the samples that must be read, 0 (default: what the errors need) to 1 (all: for tones that may come and go). */
  readonly coverage?: number;
  /** Default auto: the cheaper of wasm and js. The reference, a specification, runs only when named. */
  readonly backend?: 'auto' | BackendName;
  /** Test tones, default 200: enough for the confidence. */
  readonly tones?: number;
  /** Of the test signals. */
  readonly seed?: number;
  /** What operations cost; default a model that is part of papilio, the same everywhere. Measured: `calibratePeaks`. */
  readonly calibration?: PeakCalibration;
}

/** Options with all defaults, as plain data. */
export type PeaksRequest = Required<PeaksOptions>;

const fail = (name: string, value: number, expected: string): never => {
  throw new InvalidArgumentError(`${name} is ${value}; expected ${expected}`);
};

const positive = finite({ above: 0 });
const peaksOptions: OptionTable<PeaksOptions> = {
  sampleRate: required(finite(rateBounds)),
  samples: required(whole(16, 2 ** 26)),
  peaks: required(whole(1, 1000)),
  frequencyError: required(positive),
  levelError: required(positive),
  snr: matching('at least -100 dB, or Infinity', (x) => typeof x === 'number' && x >= -100),
  separation: positive,
  dynamicRange: finite({ minimum: 0, maximum: 200 }),
  confidence: finite({ minimum: 0.5, maximum: 0.999 }),
  segments: either(oneOf(['auto']), whole(1, 2 ** 20)),
  coverage: finite({ minimum: 0, maximum: 1 }),
  backend: either(oneOf(['auto']), backendRule),
  // `windowByName` and `requireCalibration` say what is wrong with these.
  window: anything(),
  dtype: dtypeRule,
  tones: whole(1, 1e5),
  seed: whole(0),
  calibration: anything(),
};

/** Throws InvalidArgumentError naming the first value that is not possible. */
export function requestOf(options: PeaksOptions): PeaksRequest {
  checkOptions('planPeaks', options, peaksOptions);
  const { sampleRate, samples, peaks, frequencyError, levelError } = options;
  const request: PeaksRequest = {
    sampleRate,
    samples,
    peaks,
    frequencyError,
    levelError,
    snr: 20,
    separation: sampleRate / (4 * peaks),
    dynamicRange: peaks > 1 ? 20 : 0,
    confidence: 0.95,
    segments: 'auto',
    coverage: 0,
    backend: 'auto',
    window: 'hann',
    dtype: 'f32',
    tones: 200,
    seed: 0x7065616b,
    calibration: costModel,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
  const { separation, confidence, tones } = request;
  if (separation * peaks > sampleRate / 2)
    fail('separation', separation, `at most sampleRate / (2 peaks) = ${sampleRate / (2 * peaks)} Hz`);
  const fewest = Math.ceil(confidence / (1 - confidence) - 1e-9);
  if (conformalRank(confidence, tones) > tones)
    fail('tones', tones, `at least ${fewest} for confidence ${confidence}`);
  windowByName(request.window, 16, 'periodic');
  requireCalibration(request.calibration);
  return request;
}

/** 16, 24, 32, 48 and so on, and the whole signal where its factors are small. */
function segmentLengths(samples: number): number[] {
  const lengths = new Set<number>();
  for (let n = 16; n <= samples; n *= 2) for (const l of [n, 1.5 * n]) if (l <= samples) lengths.add(l);
  if (exactRadices(samples)) lengths.add(samples);
  return [...lengths];
}

/** Powers of two up to windows that share three quarters, and those that share half. */
function segmentCounts(samples: number, length: number): number[] {
  const at = (hop: number): number => Math.floor((samples - length) / hop) + 1;
  const most = at(Math.ceil(length / 4));
  const counts = new Set([at(Math.ceil(length / 2)), most]);
  for (let m = 1; m <= most; m *= 2) counts.add(m);
  return [...counts].sort((a, b) => a - b);
}

const largestFft = 1 << 20;

/**
 * Segment lengths by numbers of segments, spread over the signal, by zero padding to once, twice and four times the length.
 * Throws InvalidArgumentError where there is none.
 */
export function peakCandidates({ samples, segments, coverage }: PeaksRequest): PeakCandidate[] {
  const found = segmentLengths(samples).flatMap((segmentLength) => {
    const fixed = segments === 'auto' ? null : segments;
    const fits =
      fixed === 1 || (fixed !== null && (samples - segmentLength) / (fixed - 1) >= segmentLength / 4);
    const counts = fixed === null ? segmentCounts(samples, segmentLength) : fits ? [fixed] : [];
    return counts.flatMap((m) =>
      [1, 2, 4]
        .map((padding) => padding * segmentLength)
        .filter((nfft) => nfft <= largestFft)
        .map((nfft) => ({
          segmentLength,
          segments: m,
          hop: m === 1 ? segmentLength : Math.floor((samples - segmentLength) / (m - 1)),
          nfft,
        })),
    );
  });
  const candidates = found.filter((c) => coverageOf(c, samples) >= coverage);
  if (candidates.length === 0)
    throw new InvalidArgumentError(
      `segments is ${segments} and coverage ${coverage}; ${samples} samples hold no such segments of at least 16 that share at most three quarters, expected others`,
    );
  return candidates;
}

/** Part of the samples that segments read; all but a few at the ends is all. */
export const coverageOf = (c: PeakCandidate, samples: number): number =>
  c.hop < c.segmentLength || c.segments * c.segmentLength === samples
    ? 1
    : (c.segments * c.segmentLength) / samples;
