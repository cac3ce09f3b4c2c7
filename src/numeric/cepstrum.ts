/** The matrix of a cepstrum: a DCT of type II of log energies, and the lifter that weights its rows. */
import { finite, nested, oneOf, orNull, required, whole, type OptionTable } from '../options.ts';
import { sin } from './elementary.ts';
import { memoized } from './memoized.ts';
import { twiddle } from './twiddle.ts';

/**
 * ortho: orthonormal (librosa, torchaudio, Kaldi); htk: sqrt(2 / bands) for every row (HTK, TensorFlow);
 * none: twice the cosines (SciPy without a norm).
 */
export type CepstrumNorm = 'ortho' | 'htk' | 'none';

/**
 * Row i times 1 + L / 2 sin(pi i / L). kaldi (and HTK): i from 0; librosa: i from 1.
 */
export interface Lifter {
  readonly kind: 'librosa' | 'kaldi';
  /** L > 0 */
  readonly length: number;
}

/** A cosine transform of the levels of a frame (MFCC), and the lifter behind it. */
export interface CepstrumOptions {
  /** Coefficients kept, 1 to bands. */
  readonly count: number;
  readonly norm: CepstrumNorm;
  readonly lifter: Lifter | null;
}

const scales: Readonly<Record<CepstrumNorm, (row: number, bands: number) => number>> = {
  ortho: (row, bands) => Math.sqrt((row === 0 ? 1 : 2) / bands),
  htk: (_, bands) => Math.sqrt(2 / bands),
  none: () => 2,
};

/** What a lifter multiplies a row by. */
export const lifterWeight = ({ kind, length }: Lifter, row: number): number =>
  1 + (length / 2) * sin((Math.PI * (kind === 'librosa' ? row + 1 : row)) / length);

export const cepstrumOptions: OptionTable<CepstrumOptions> = {
  count: required(whole()),
  norm: required(oneOf(['ortho', 'htk', 'none'])),
  lifter: required(
    orNull(
      nested<Lifter>({
        kind: required(oneOf(['librosa', 'kaldi'])),
        length: required(finite({ above: 0 })),
      }),
    ),
  ),
};

/** cos(pi k / (2 bands)), k = 0 .. 4 bands - 1. */
const cosinesOf = /* @__PURE__ */ memoized(
  (bands: number): Float64Array =>
    Float64Array.from({ length: 4 * bands }, (_, k) => twiddle(k, 4 * bands)[0]),
  8,
);

/** [count, bands]: coefficient i = sum_m row i[m] log energy[m]. */
export function cepstrumMatrix({ count, norm, lifter }: CepstrumOptions, bands: number): Float64Array {
  const cosines = cosinesOf(bands);
  const out = new Float64Array(count * bands);
  for (let i = 0; i < count; i++) {
    const weight = scales[norm](i, bands) * (lifter ? lifterWeight(lifter, i) : 1);
    for (let m = 0; m < bands; m++) out[i * bands + m] = weight * cosines[(i * (2 * m + 1)) % cosines.length];
  }
  return out;
}
