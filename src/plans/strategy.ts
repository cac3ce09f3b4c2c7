/**
 * Planning: which radices, in which order, or a chirp convolution. A plan is plain data made from a cost model; nothing
 * here compiles or runs.
 */
import { InvalidArgumentError } from '../errors.ts';
import { primeFactors } from '../numeric/digits.ts';
import { isSmooth, largestSize } from '../numeric/frequencies.ts';
import type { ChainPlan, TransformPlan } from '../model/exact.ts';
import { whole } from '../options.ts';

/** Larger prime factors are cheaper as a chirp convolution than as one dense butterfly. */
const largestRadix = 31;

export const sizeRule = whole(1, largestSize);

/** Vector operations per point of one stage, measured on loops that stay in the first cache. */
function costPerPoint(radix: number): number {
  const measured: Record<number, number> = { 2: 1, 3: 1.8, 4: 1.6, 5: 2.9, 7: 4.5, 8: 2.9 };
  return measured[radix] ?? radix * 0.9;
}

const costOf = (radices: readonly number[], n: number): number =>
  n * radices.reduce((sum, r) => sum + costPerPoint(r), 0);

/**
 * Radices of an exact chain by rising stride. Odd factors come first, so that the inner loops of all later stages are
 * whole vectors, then what an odd power of two leaves over, then fours: the last stage transposes 4 x 4 in registers.
 * Null where n has a prime factor above 31.
 */
export function exactRadices(n: number): number[] | null {
  const factors = primeFactors(n);
  if (factors.some((p) => p > largestRadix)) return null;
  const odd = factors.filter((p) => p > 2).reverse();
  const log = factors.length - odd.length;
  if (log > 0) return [...odd, ...powersOfTwo(log, odd.length === 0)];
  // The first stage has no twiddles and the last transposes: the places of the largest factors.
  return odd.length < 3 ? odd : [odd[0], ...odd.slice(2), odd[1]];
}

/**
 * 4 throughout, with a 2 or, where it comes first and is free of twiddles, an 8 for an odd power. Beyond the first cache,
 * whose sets cannot hold the 16 streams of a radix 8, the 2 is better there too.
 */
function powersOfTwo(log: number, first: boolean): number[] {
  const fours = (m: number): number[] => new Array<number>(m).fill(4);
  if (log % 2 === 0) return fours(log / 2);
  const eight = first && log >= 3 && log !== 7 && log < 13;
  return eight ? [8, ...fours((log - 3) / 2)] : [2, ...fours((log - 1) / 2)];
}

/** The cheapest length of at least `minimum` that is a multiple of 16 with factors 2, 3, 5 and 7. */
export function convolutionLength(minimum: number): number {
  let best = Infinity;
  let length = 0;
  // Beyond twice the minimum a power of two was passed.
  for (let candidate = 16 * Math.ceil(minimum / 16); candidate < 2 * minimum + 16; candidate += 16) {
    if (!isSmooth(candidate)) continue;
    const cost = costOf(exactRadices(candidate) as number[], candidate);
    if (cost < best) [best, length] = [cost, candidate];
  }
  return length;
}

/**
 * Cyclic length that the convolution of a chirp of n points needs: differences run from 1 - n to n - 1, and as the chirp is
 * even those two ends may fall together.
 */
const chirpLength = (n: number): number => 2 * n - 2;

/** Longer convolutions than this help nobody; a length with small factors lies below twice the least. */
const longestChirp = (n: number): number => 4 * n + 64;

/**
 * Largest sum of squares of the radices above 8: code of odd primes grows with the square, and beyond this sum, 31 x 31 being
 * the last below it, it passes 64 kB.
 */
const largestSquares = 1950;

const squares = (radices: readonly number[]): number =>
  radices.reduce((sum, r) => sum + (r > 8 ? r * r : 0), 0);

/** How n complex points are transformed. */
function planChain(n: number): ChainPlan {
  const radices = exactRadices(n);
  if (radices && squares(radices) <= largestSquares) return { kind: 'stages', n, radices };
  const length = convolutionLength(chirpLength(n));
  return { kind: 'chirp', n, length, radices: exactRadices(length) as number[] };
}

/** Real samples of even count whose chain has prime factors above 31 go in pairs through half of it. */
const inPairs = (n: number, input: 'complex' | 'real'): boolean => input === 'real' && n % 2 === 0 && n >= 4;

/** Points of the chains that a transform can have. */
export const chainPoints = (n: number, input: 'complex' | 'real'): number[] =>
  inPairs(n, input) ? [n, n / 2] : [n];

/** The chain of the cost model. */
function planFor(n: number, input: 'complex' | 'real'): ChainPlan {
  const whole = planChain(n);
  return whole.kind === 'chirp' && inPairs(n, input) ? planChain(n / 2) : whole;
}

/**
 * The chain of a power of two with the fewest operations, where the cost model prefers fewer streams at a time: eights, and first
 * what they leave over (of complex samples a 2 and an 8 as 4 4). Null for other sizes, and below 64 real or 16 complex samples.
 */
export function leanChain(n: number, input: 'complex' | 'real'): ChainPlan | null {
  const log = Math.log2(n);
  if (!Number.isInteger(log) || log < (input === 'real' ? 6 : 4)) return null;
  const eights = new Array<number>(Math.floor(log / 3)).fill(8);
  if (log % 3 === 0) return { kind: 'stages', n, radices: eights };
  if (log % 3 === 1 && input === 'complex') return { kind: 'stages', n, radices: [4, 4, ...eights.slice(1)] };
  return { kind: 'stages', n, radices: [2 ** (log % 3), ...eights] };
}

/** Chains that are worth a measurement. */
export const candidatesFor = (n: number, input: 'complex' | 'real'): ChainPlan[] =>
  chainPoints(n, input).flatMap((points) => candidateChains(points));

/**
 * The plan of the cost model, or around a chain that fits. Sizes are the caller's to check: transforms inside others may be longer
 * than those that can be asked for.
 */
export const planTransform = (
  about: Omit<TransformPlan, 'chain'>,
  chain = planFor(about.n, about.input),
): TransformPlan => ({ ...about, chain });

/** The orders and groupings of the factors of n that are worth a measurement, or the cheapest chirp lengths. */
export function candidateChains(n: number): ChainPlan[] {
  const first = planChain(n);
  if (first.kind === 'chirp')
    return [0, 1, 2].map((skip) => {
      const length = convolutionLength(chirpLength(n) + skip * Math.ceil(n / 8));
      return { kind: 'chirp', n, length, radices: exactRadices(length) as number[] };
    });
  const odd = primeFactors(n).filter((p) => p > 2);
  const log = primeFactors(n).length - odd.length;
  const found = new Map<string, number[]>([[first.radices.join(), [...first.radices]]]);
  for (let eights = 0; eights <= Math.min(3, Math.floor(log / 3)); eights++) {
    const rest = log - 3 * eights;
    const twos = rest % 2 === 1 ? [2] : [];
    const power = [
      ...twos,
      ...new Array<number>(eights).fill(8),
      ...new Array<number>(Math.floor(rest / 2)).fill(4),
    ];
    for (const radices of [
      [...[...odd].reverse(), ...power],
      [...odd, ...power],
      [...power.filter((r) => r === 8), ...odd, ...power.filter((r) => r !== 8)],
    ])
      found.set(radices.join(), radices);
  }
  return [...found.values()].map((radices) => ({ kind: 'stages', n, radices }));
}

/** Characters of a refused chain that are quoted. */
const longestQuote = 200;

/** Throws InvalidArgumentError unless a chain, from wherever, transforms as many points as are allowed. */
export function validateChain(chain: ChainPlan, allowed: readonly number[]): void {
  const bad = (what: string): never => {
    throw new InvalidArgumentError(`chain ${JSON.stringify(chain)?.slice(0, longestQuote)}: ${what}`);
  };
  if (typeof chain !== 'object' || chain === null || !Array.isArray(chain.radices))
    return bad('expected an object with radices');
  const { n } = chain;
  if (!allowed.includes(n)) bad(`expected n to be ${allowed.join(' or ')}`);
  if (chain.kind !== 'stages' && chain.kind !== 'chirp') bad('expected kind stages or chirp');
  const length = chain.kind === 'chirp' ? chain.length : n;
  const [least, most] = [chirpLength(n), longestChirp(n)];
  if (chain.kind === 'chirp' && !(Number.isInteger(length) && length >= least && length <= most))
    bad(`expected a whole length of at least ${least}, at most ${most}`);
  if (!chain.radices.every((r) => Number.isInteger(r) && r >= 2 && r <= largestRadix))
    bad(`expected radices from 2 to ${largestRadix}`);
  if (chain.radices.reduce((a, b) => a * b, 1) !== length) bad(`expected radices that multiply to ${length}`);
}
