/** Sound from the features of a front end: band energies, powers of bins that have them, phases sought by turns. */
import { bandsOf } from '../spectral/banks.ts';
import { UnsupportedError } from '../errors.ts';
import { powersOfBands } from '../numeric/band-inverse.ts';
import { griffinLim, type GriffinLimOptions } from '../plans/griffin-lim.ts';
import { logScale } from '../spectral/features.ts';
import { hasClipSteps, hasEnergy, headWindow, type HeadConfig } from '../spectral/head.ts';

/** Why features of a head cannot be made sound again; null if they can. */
function obstacle(head: HeadConfig): string | null {
  if (head.average !== 'none') return 'averages over frames';
  if (head.cepstrum !== null) return 'cepstra';
  if (head.also !== undefined) return 'several filterbanks';
  if (head.spectrum !== 'power') return 'magnitudes';
  if (head.preEmphasis !== 0 || (head.signalPreEmphasis ?? 0) !== 0) return 'pre-emphasis';
  if (hasClipSteps(head)) return 'deltas or a normalisation';
  if (hasEnergy(head.bank)) return 'a band of the energy';
  return head.log === null ? 'no logarithm' : null;
}

/** Do features of this head hold enough to make sound of them: levels of bands, frame by frame? */
export const canResynthesize = (head: HeadConfig): boolean => obstacle(head) === null;

/**
 * Samples [(frames - 1) hop + nFft] from features [frames, bands]. The phases are not in the features and come out as any that fit.
 * Throws UnsupportedError for a head that `canResynthesize` refuses.
 */
export function resynthesize(
  head: HeadConfig,
  features: ArrayLike<number>,
  options: Omit<GriffinLimOptions, 'nFft'> = {},
): Float64Array {
  const problem = obstacle(head);
  if (problem !== null || head.log === null)
    throw new UnsupportedError(`a head with ${problem} cannot be made sound; expected levels of bands`);
  const { nFft, hop, gain } = head;
  const bins = nFft / 2 + 1;
  const { bands, weights } = bandsOf(head, nFft);
  const scale = logScale(head);
  const { reference, floor, offset } = head.log;
  const { multiply, add } = head.affine ?? { multiply: 1, add: 0 };
  const unit = reference === 'max' ? 1 : Math.max(reference, floor);
  const energies = Float64Array.from(features, (x) =>
    Math.max(0, unit * Math.exp((x - add) / (multiply * scale)) - offset),
  );
  const magnitudes = powersOfBands({ ...bands, bins, weights }, energies).map(Math.sqrt);
  const sound = griffinLim(magnitudes, headWindow(head), hop, bins, { ...options, nFft });
  return gain === 1 ? sound : sound.map((x) => x / gain);
}
