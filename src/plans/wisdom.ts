/**
 * What was measured, remembered by what it was measured for: the fastest chains on this machine, and errors of ways to find peaks;
 * exportable and importable as JSON.
 */
import { FileFormatError } from '../errors.ts';
import { parseJson } from '../formats/json.ts';
import {
  anything,
  object,
  oneOf,
  optional,
  orNull,
  recordOf,
  requireShape,
  ruled,
} from '../formats/shape.ts';
import type { ChainPlan } from '../model/exact.ts';
import { checkArgument, finite } from '../options.ts';
import type { AttainedErrors } from './peak-model.ts';
import { chainPoints, sizeRule, validateChain } from './strategy.ts';

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

const magnitude = ruled(finite({ minimum: 0 }));
// Files of older versions have times beside the errors, which no choice depends on any more.
const errorsShape = object({ frequency: orNull(magnitude), level: orNull(magnitude), tones: magnitude });
const wisdomShape = object({
  format: oneOf(['papilio wisdom 1']),
  chains: recordOf(anything),
  peaks: optional(object({ errors: recordOf(errorsShape) })),
});

/**
 * Adds what `exportWisdom` wrote, over what is known. Throws FileFormatError and changes nothing if the text is not that; `name` is
 * the file's, for messages.
 */
export function importWisdom(text: string, name = 'wisdom'): void {
  const value = parseJson(text, name);
  requireShape(wisdomShape, value, name, 'JSON');
  const { peaks } = value;
  const chains = Object.entries(value.chains as Readonly<Record<string, ChainPlan>>);
  const refuse = (key: string, why: string): never => {
    throw new FileFormatError(`${name}: ${JSON.stringify(key)}: ${why}`);
  };
  for (const [key, chain] of chains) {
    const [, n, samples] = subjectPattern.exec(key) ?? refuse(key, 'names no measurement');
    try {
      checkArgument('n', Number(n), sizeRule);
      validateChain(chain, chainPoints(Number(n), samples as Subject['input']));
    } catch (error) {
      refuse(key, (error as Error).message);
    }
  }
  for (const [key, chain] of chains) known.set(key, chain);
  for (const [key, { frequency, level, tones }] of Object.entries(peaks?.errors ?? {}))
    peakErrors.set(key, { frequency: frequency ?? Infinity, level: level ?? Infinity, tones: tones ?? 0 });
}

/** Forgets what was measured or imported. */
export function forgetWisdom(): void {
  for (const map of [known, peakErrors]) map.clear();
}
