/**
 * The butterfly, written once over the arithmetic interface. Every transform, gradient, backend and precision in
 * papilio comes from `butterfly`; what differs is the block it is given and the carrier it runs on.
 */
import { complex, type Arithmetic, type Complex } from '../numeric/arithmetic.ts';
import { twiddle } from '../numeric/twiddle.ts';

/** An r x r complex matrix. */
export type Block<T> = readonly (readonly Complex<T>[])[];

/** y_j = sum_a block[j][a] x_a. */
export function butterfly<T>(k: Arithmetic<T>, block: Block<T>, x: readonly Complex<T>[]): Complex<T>[] {
  return block.map((row) =>
    row.map((entry, a) => complex.mul(k, entry, x[a])).reduce((sum, term) => complex.add(k, sum, term)),
  );
}

/** [[1, w], [1, -w]]: the radix-2 block of decimation in time. */
export function twiddleBlock<T>(k: Arithmetic<T>, w: Complex<T>): Block<T> {
  const one = complex.literal(k, 1, 0);
  return [
    [one, w],
    [one, complex.neg(k, w)],
  ];
}

/** r x r DFT matrix with exact entries; `conjugate` for the inverse. */
export function dftBlock<T>(k: Arithmetic<T>, r: number, conjugate = false): Block<T> {
  return Array.from({ length: r }, (_, j) =>
    Array.from({ length: r }, (_, a) => {
      const [re, im] = twiddle((j * a) % r, r);
      return complex.literal(k, re, conjugate ? -im : im);
    }),
  );
}

/**
 * r-point DFT as butterflies with literal twiddles: even radices recurse on two halves, odd ones are one block.
 * A carrier that folds literals pays 0 mul / 4 add for r = 2, 0 / 16 for 4, 4 / 52 for 8.
 */
export function smallDft<T>(k: Arithmetic<T>, x: readonly Complex<T>[], conjugate = false): Complex<T>[] {
  const r = x.length;
  if (r === 1) return [...x];
  if (r % 2 === 1) return butterfly(k, dftBlock(k, r, conjugate), x);
  const even = smallDft(
    k,
    x.filter((_, a) => a % 2 === 0),
    conjugate,
  );
  const odd = smallDft(
    k,
    x.filter((_, a) => a % 2 === 1),
    conjugate,
  );
  const y: Complex<T>[] = new Array(r);
  for (let j = 0; j < r / 2; j++) {
    const [re, im] = twiddle(j, r);
    const w = complex.literal(k, re, conjugate ? -im : im);
    [y[j], y[j + r / 2]] = butterfly(k, twiddleBlock(k, w), [even[j], odd[j]]);
  }
  return y;
}

export const transpose = <T>(block: Block<T>): Block<T> => block[0].map((_, j) => block.map((row) => row[j]));

/** diag(scale) block: row j times scale[j]. */
export const scaleRows = <T>(k: Arithmetic<T>, scale: readonly T[], block: Block<T>): Block<T> =>
  block.map((row, j) => row.map((entry) => complex.scale(k, scale[j], entry)));

/** I + g (F - I): skip when g = 0, the block when g = 1. */
export const mixWithIdentity = <T>(k: Arithmetic<T>, g: T, block: Block<T>): Block<T> =>
  block.map((row, j) =>
    row.map((entry, a) => {
      const identity = k.literal(j === a ? 1 : 0);
      return {
        re: k.add(identity, k.mul(g, k.sub(entry.re, identity))),
        im: k.mul(g, entry.im),
      };
    }),
  );
