/**
 * From band energies back to powers of bins that have them. Multiplicative updates for the generalised Kullback-Leibler divergence
 * keep every power positive (Lee & Seung, Algorithms for non-negative matrix factorization, 2000, with the filterbank fixed).
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, record, shown, whole } from '../options.ts';
import { largestSize } from './frequencies.ts';
import { requireNumbers } from './samples.ts';

/** Banded filterbank: band b = sum_j weights[b, j] power[start[b] + j]. */
export interface BandedBank {
  readonly bins: number;
  readonly width: number;
  readonly start: ArrayLike<number>;
  /** [bands, width], not negative. */
  readonly weights: ArrayLike<number>;
}

function requireBank(bank: BandedBank): void {
  checkArgument('bank', bank, record('{ bins, width, start, weights }'));
  const { bins, width, start, weights } = bank;
  checkArgument('bank.bins', bins, whole(1, largestSize));
  checkArgument('bank.width', width, whole(1, bins));
  requireNumbers('bank.weights', weights);
  const bands = weights.length / width;
  const isWithin = (b: number): boolean => start[b] >= 0 && start[b] + width <= bins;
  if (start?.length !== bands || !Array.from({ length: bands }, (_, b) => b).every(isWithin))
    throw new InvalidArgumentError(
      `bank.start is ${shown(start)}; expected the first bin of each of ${bands} bands, at most bins - width = ${bins - width}`,
    );
}

/** Most powers of a result: what a page may allocate at once. */
const mostPowers = 2 ** 28;
/** Update steps: energies of a mel bank come out within a few tenths of a per cent. */
const defaultSteps = 100;

/**
 * Powers [frames, bins] whose band energies are those given, [frames, bands], or nearest to them. The start spreads each band's
 * mean over its bins, and what no band weights stays 0. Throws InvalidArgumentError for energies that are negative or not finite.
 */
export function powersOfBands(
  bank: BandedBank,
  energies: ArrayLike<number>,
  steps = defaultSteps,
): Float64Array {
  requireBank(bank);
  requireNumbers('energies', energies);
  checkArgument('steps', steps, whole(0, 10_000));
  const { bins, width, start, weights } = bank;
  const bands = start.length;
  if (energies.length % bands !== 0)
    throw new InvalidArgumentError(`${energies.length} energies; expected a multiple of ${bands} bands`);
  const sums = new Float64Array(bands);
  const perBin = new Float64Array(bins);
  for (let b = 0; b < bands; b++)
    for (let j = 0; j < width; j++) {
      sums[b] += weights[b * width + j];
      perBin[start[b] + j] += weights[b * width + j];
    }
  const frames = energies.length / bands;
  if (frames * bins > mostPowers)
    throw new InvalidArgumentError(`${frames} frames of ${bins} bins; expected at most ${mostPowers} powers`);
  const out = new Float64Array(frames * bins);
  const share = new Float64Array(bins);
  for (let f = 0; f < frames; f++) {
    const power = out.subarray(f * bins, (f + 1) * bins);
    power.fill(1);
    for (let step = 0; step <= steps; step++) {
      share.fill(0);
      for (let b = 0; b < bands; b++) {
        const energy = energies[f * bands + b];
        if (!(energy >= 0 && energy < Infinity))
          throw new InvalidArgumentError(
            `energy of band ${b} in frame ${f} is ${energy}; expected a number of at least 0`,
          );
        let found = 0;
        for (let j = 0; j < width; j++) found += weights[b * width + j] * power[start[b] + j];
        // The first step divides by the sum of the weights: the band's mean, whatever the bins are.
        const ratio = step === 0 ? energy / sums[b] : energy / found;
        if (!(ratio < Infinity)) continue;
        for (let j = 0; j < width; j++) share[start[b] + j] += weights[b * width + j] * ratio;
      }
      for (let k = 0; k < bins; k++) power[k] = perBin[k] > 0 ? (power[k] * share[k]) / perBin[k] : 0;
    }
  }
  return out;
}
