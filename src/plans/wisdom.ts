/** Chains that were measured to be fastest, remembered by what was planned; exportable and importable as JSON. */
import { FileFormatError } from '../errors.ts';
import type { ChainPlan } from '../model/exact.ts';
import { validateChain } from './strategy.ts';

const known = new Map<string, ChainPlan>();

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
  const best = candidates[costs.indexOf(Math.min(...costs))];
  known.set(keyOf(subject), best);
  return best;
}

/** Everything measured so far, as JSON for `importWisdom` on a like machine. */
export const exportWisdom = (): string =>
  JSON.stringify({ format: 'papilio wisdom 1', chains: Object.fromEntries(known) });

/** Adds what `exportWisdom` wrote, over what is known. Throws FileFormatError and changes nothing if the text is not that. */
export function importWisdom(text: string): void {
  let value: { format?: unknown; chains?: unknown };
  try {
    value = JSON.parse(text) as typeof value;
  } catch (error) {
    throw new FileFormatError(`wisdom: not JSON: ${(error as Error).message}`);
  }
  if (value?.format !== 'papilio wisdom 1' || typeof value.chains !== 'object' || value.chains === null)
    throw new FileFormatError('wisdom: expected the JSON that exportWisdom makes');
  const entries = Object.entries(value.chains as Record<string, ChainPlan>);
  for (const [key, chain] of entries) {
    try {
      validateChain(chain, [chain?.n]);
    } catch (error) {
      throw new FileFormatError(`wisdom: "${key}": ${(error as Error).message}`);
    }
  }
  for (const [key, chain] of entries) known.set(key, chain);
}

/** Forgets what was measured or imported. */
export const forgetWisdom = (): void => known.clear();
