/**
 * In which bands a quantised transform is unsafe: rounding noise is about white over the bins and follows the level of the
 * whole frame, so it exceeds the energy of bands that hold next to nothing beside what the frame holds elsewhere.
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, finite, whole } from '../options.ts';
import { requireNumbers } from './samples.ts';

/** Whether a band's energy stands above the error that quantised tables make in it. */
export interface BandSafety {
  readonly band: number;
  readonly safe: boolean;
  /**
   * Why not: tonal, where in most of the unsafe frames one other band holds more than half of all energy, whose noise covers
   * this one; empty, where the frame's energy is spread and the band has none of it. Null for a safe band.
   */
  readonly cause: 'empty' | 'tonal' | null;
  /** Share of the frames in which the error exceeds the band's own energy. */
  readonly unsafeShare: number;
  /** sum |quantised - exact| / sum exact over all frames; Infinity where there is an error on no energy. */
  readonly errorShare: number;
}

/** Sums of energies up to it are finite. */
const largestEnergy = 1e290;

function checkEnergies(name: string, energies: ArrayLike<number>, count: number): void {
  if (energies.length !== count)
    throw new InvalidArgumentError(`${name} has ${energies.length} energies; expected ${count}`);
  for (let i = 0; i < count; i++)
    if (!(energies[i] >= 0 && energies[i] <= largestEnergy))
      throw new InvalidArgumentError(
        `${name}[${i}] is ${energies[i]}; expected a finite energy >= 0 and <= ${largestEnergy}`,
      );
}

/**
 * Band by band, from energies [frames, bands] (power, not logarithms) of the exact and the quantised transform. A band is
 * unsafe when |quantised - exact| > exact in more than `tolerance` of the frames (default 0.01).
 * Throws InvalidArgumentError for lengths that do not fit and for energies that are negative or not finite.
 */
export function bandSafety(
  exact: ArrayLike<number>,
  quantized: ArrayLike<number>,
  bands: number,
  tolerance = 0.01,
): BandSafety[] {
  requireNumbers('exact', exact);
  requireNumbers('quantized', quantized);
  checkArgument('bands', bands, whole());
  checkArgument('tolerance', tolerance, finite({ minimum: 0 }));
  const frames = exact.length / bands;
  if (!Number.isInteger(frames) || frames < 1)
    throw new InvalidArgumentError(
      `${exact.length} energies of ${bands} bands; expected at least one whole frame`,
    );
  checkEnergies('exact', exact, frames * bands);
  checkEnergies('quantized', quantized, frames * bands);
  const dominant = Array.from({ length: frames }, (_, f) => dominantBand(exact, f * bands, bands));
  return Array.from({ length: bands }, (_, band) => {
    let [unsafe, tonal, error, energy] = [0, 0, 0, 0];
    for (let f = 0; f < frames; f++) {
      const e = exact[f * bands + band];
      const d = Math.abs(quantized[f * bands + band] - e);
      error += d;
      energy += e;
      if (d <= e) continue;
      unsafe++;
      if (dominant[f] >= 0 && dominant[f] !== band) tonal++;
    }
    const safe = unsafe <= tolerance * frames;
    return {
      band,
      safe,
      cause: safe ? null : 2 * tonal > unsafe ? 'tonal' : 'empty',
      unsafeShare: unsafe / frames,
      errorShare: error === 0 ? 0 : error / energy,
    };
  });
}

/** The band that holds more than half of a frame's energy, or -1. */
function dominantBand(energies: ArrayLike<number>, at: number, bands: number): number {
  let [total, largest] = [0, 0];
  for (let b = 0; b < bands; b++) {
    total += energies[at + b];
    if (energies[at + b] > energies[at + largest]) largest = b;
  }
  return energies[at + largest] > total / 2 ? largest : -1;
}
