/**
 * What was measured, remembered by what it was measured for: the fastest chains on this machine, and errors of ways to find peaks;
 * exportable and importable as JSON.
 */
import { FileFormatError } from '../errors.ts';
import type { ChainPlan } from '../model/exact.ts';
import type { AttainedErrors } from './peak-model.ts';
import { chainPoints, validateChain, validateSize } from './strategy.ts';

const known = new Map<string, ChainPlan>();

/** Of `planPeaks`, by its keys: errors attained on test signals. */
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
    ...(peakErrors.size > 0 ? { peaks: { errors: Object.fromEntries(peakErrors) } } : {}),
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

/** Errors by key. Files of older versions have times beside them, which no choice depends on any more. */
function readPeaks(value: unknown): [key: string, errors: AttainedErrors][] {
  if (value === undefined) return [];
  if (!isRecord(value) || !isRecord(value['errors'])) return refuse('peaks: expected errors');
  return Object.entries(value['errors']).map(([key, e]): [string, AttainedErrors] => {
    if (!isRecord(e)) return refuse(`"${key}": expected an object`);
    const [frequency, level] = [e['frequency'], e['level']].map((x) => numberIn(key, x, false));
    return [key, { frequency, level, tones: numberIn(key, e['tones'], true) }];
  });
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
  for (const [key, errors] of peaks) peakErrors.set(key, errors);
}

/** Forgets what was measured or imported. */
export function forgetWisdom(): void {
  for (const map of [known, peakErrors]) map.clear();
}
