/**
 * What was measured on this machine, remembered by what it was measured for: the fastest chains, and times and errors of ways to
 * find peaks; exportable and importable as JSON.
 */
import { FileFormatError } from '../errors.ts';
import type { ChainPlan } from '../model/exact.ts';
import type { AttainedErrors } from './peak-model.ts';
import { chainPoints, validateChain, validateSize } from './strategy.ts';

const known = new Map<string, ChainPlan>();

/** Of `planPeaks`, by its keys: nanoseconds of a run, and attained errors. */
export const peakTimes = /* @__PURE__ */ new Map<string, number>();
export const peakErrors = /* @__PURE__ */ new Map<string, AttainedErrors>();

/** What a measurement holds for. */
export interface Subject {
  readonly n: number;
  readonly input: 'complex' | 'real';
  readonly direction: 'forward' | 'inverse';
  readonly dtype: string;
  readonly backend: string;
  readonly simd: boolean;
  readonly lanes: number;
}

const keyOf = (s: Subject): string =>
  [s.n, s.input, s.direction, s.dtype, s.backend, s.simd ? 'simd' : 'scalar', s.lanes].join(' ');

/** Size and samples of a key. */
const subjectPattern = /^([1-9]\d{0,9}) (complex|real) (?:forward|inverse) \S+ \S+ (?:simd|scalar) \d+$/;

export const remembered = (subject: Subject): ChainPlan | undefined => known.get(keyOf(subject));

/** The candidate with the smallest `cost`, remembered. */
export function measured(
  subject: Subject,
  candidates: readonly ChainPlan[],
  cost: (chain: ChainPlan) => number,
): ChainPlan {
  const before = remembered(subject);
  if (before) return before;
  const costs = candidates.map(cost);
  const best = candidates[costs.indexOf(costs.reduce((a, b) => Math.min(a, b)))];
  known.set(keyOf(subject), best);
  return best;
}

/** Everything measured so far, as JSON for `importWisdom` on a like machine. Infinite errors become null. */
export const exportWisdom = (): string =>
  JSON.stringify({
    format: 'papilio wisdom 1',
    chains: Object.fromEntries(known),
    ...(peakTimes.size + peakErrors.size > 0
      ? { peaks: { times: Object.fromEntries(peakTimes), errors: Object.fromEntries(peakErrors) } }
      : {}),
  });

const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x);

const refuse = (what: string): never => {
  throw new FileFormatError(`wisdom: ${what}`);
};

/** A number that is not negative; null, where it may be infinite. */
function numberIn(key: string, value: unknown, finite: boolean): number {
  if (value === null && !finite) return Infinity;
  return typeof value === 'number' && value >= 0 && value < Infinity
    ? value
    : refuse(`"${key}": ${JSON.stringify(value)} is no number from 0 on`);
}

type Entries<T> = [key: string, value: T][];

function readPeaks(value: unknown): { times: Entries<number>; errors: Entries<AttainedErrors> } {
  if (value === undefined) return { times: [], errors: [] };
  if (!isRecord(value) || !isRecord(value['times']) || !isRecord(value['errors']))
    return refuse('peaks: expected times and errors');
  const times = Object.entries(value['times']).map(([key, ns]): [string, number] => [
    key,
    numberIn(key, ns, true),
  ]);
  const errors = Object.entries(value['errors']).map(([key, e]): [string, AttainedErrors] => {
    if (!isRecord(e)) return refuse(`"${key}": expected an object`);
    const [frequency, level] = [e['frequency'], e['level']].map((x) => numberIn(key, x, false));
    return [key, { frequency, level, tones: numberIn(key, e['tones'], true) }];
  });
  return { times, errors };
}

/** Adds what `exportWisdom` wrote, over what is known. Throws FileFormatError and changes nothing if the text is not that. */
export function importWisdom(text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FileFormatError(`wisdom: not JSON: ${(error as Error).message}`);
  }
  if (!isRecord(value) || value['format'] !== 'papilio wisdom 1' || !isRecord(value['chains']))
    return refuse('expected the JSON that exportWisdom makes');
  const entries = Object.entries(value['chains'] as Record<string, ChainPlan>);
  for (const [key, chain] of entries) {
    const [, n, samples] = subjectPattern.exec(key) ?? refuse(`"${key}" names no measurement`);
    try {
      validateSize(Number(n));
      validateChain(chain, chainPoints(Number(n), samples as Subject['input']));
    } catch (error) {
      refuse(`"${key}": ${(error as Error).message}`);
    }
  }
  const peaks = readPeaks(value['peaks']);
  for (const [key, chain] of entries) known.set(key, chain);
  for (const [key, ns] of peaks.times) peakTimes.set(key, ns);
  for (const [key, errors] of peaks.errors) peakErrors.set(key, errors);
}

/** Forgets what was measured or imported. */
export function forgetWisdom(): void {
  for (const map of [known, peakTimes, peakErrors]) map.clear();
}
