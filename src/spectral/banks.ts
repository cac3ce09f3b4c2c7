/** Filterbanks of heads as banded matrices over bins, and what stands behind their levels. */
import { InvalidArgumentError } from '../errors.ts';
import { banded, emptyRows, rowsOfBanded, type BandedRow } from '../numeric/banded.ts';
import { cepstrumMatrix } from '../numeric/cepstrum.ts';
import { melCornerFrequencies, melFilterbank } from '../numeric/mel.ts';
import {
  hasEnergy,
  melOptions,
  oneSidedBins,
  partsOf,
  spectrumScale,
  type HeadConfig,
  type HeadWarning,
  type MelBank,
} from './head.ts';
import type { Bands } from './rows.ts';

/** Weights [bands, width] over what a transform measures. */
export interface Bank {
  readonly bands: Bands;
  readonly weights: Float64Array;
}

/** Single bins of a head from the bins of n points: each from the two around its frequency. */
const binRows = (head: HeadConfig, n: number): BandedRow[] =>
  Array.from({ length: oneSidedBins(head.nFft) }, (_, k) => {
    if (n === head.nFft) return { first: k, weights: [1] };
    const at = (k * n) / head.nFft;
    const first = Math.min(Math.floor(at), n / 2 - 1);
    return { first, weights: [1 - (at - first), at - first] };
  });

/** The weight of bin k of n points in the energy of a frame: of all bins the same, or by Parseval of the samples behind the window. */
export const energyWeight = (energy: MelBank['energy'], k: number, n: number): number =>
  energy === 'bins' ? 1 : k === 0 || 2 * k === n ? 1 / n : 2 / n;

function energyRow({ energy }: MelBank, n: number): BandedRow {
  return { first: 0, weights: Array.from({ length: oneSidedBins(n) }, (_, k) => energyWeight(energy, k, n)) };
}

/** The bands of a head's own bank over the one-sided bins of n points. */
function bandRows(head: HeadConfig, n: number): readonly BandedRow[] {
  const { bank } = head;
  if (bank === null) return binRows(head, n);
  if (bank.kind === 'descriptors') throw new InvalidArgumentError('descriptors are no filterbank');
  if (bank.kind === 'mel') {
    const rows = rowsOfBanded(melFilterbank(melOptions({ ...head, nFft: n }, bank)));
    return hasEnergy(bank) ? [energyRow(bank, n), ...rows] : rows;
  }
  const unit = head.sampleRate / n;
  const weight = head.scaling === 'density' ? unit : 1;
  return bank.edges.map(([low, high]) => {
    const first = Math.ceil(low / unit);
    const count = Math.max(0, Math.min(Math.ceil(high / unit), oneSidedBins(n)) - first);
    return { first, weights: new Float64Array(count).fill(weight) };
  });
}

/** What is allowed and rarely meant. */
export function headWarnings(head: HeadConfig): HeadWarning[] {
  if (!head.bank || head.bank.kind === 'descriptors') return [];
  const rows = bandRows(head, head.nFft);
  const empty = emptyRows(rows);
  if (empty.length === 0) return [];
  const message = `${empty.length === 1 ? 'band' : 'bands'} ${empty.join(', ')} of ${rows.length} hold no bin at nFft = ${head.nFft}; expected fewer bands or a larger nFft`;
  return [{ name: 'EmptyFilter', bands: empty, message }];
}

const widthOfPart = ({ bank, cepstrum, sides, nFft }: HeadConfig): number => {
  if (cepstrum) return cepstrum.count;
  if (bank?.kind === 'mel') return bank.bands + Number(hasEnergy(bank));
  if (bank?.kind === 'bands') return bank.edges.length;
  if (bank?.kind === 'descriptors') return bank.names.length;
  return sides === 'two' ? nFft : oneSidedBins(nFft);
};

/** Numbers per frame without deltas. */
export const staticWidth = (head: HeadConfig): number =>
  partsOf(head).reduce((sum, part) => sum + widthOfPart(part), 0);

/** Numbers per frame of a head's result; per average for one that averages. */
export const headWidth = (head: HeadConfig): number => staticWidth(head) * (1 + (head.deltas?.order ?? 0));

/** The head without its cepstra: levels of the bands. */
export const levelsHead = ({ also, ...head }: HeadConfig): HeadConfig => ({
  ...head,
  cepstrum: null,
  ...(also ? { also: also.map((part) => ({ ...part, cepstrum: null })) } : {}),
});

/** The weights of a bank, each times the factor of its bin. */
export const timesBins = (
  { bands: { start, width }, weights }: Bank,
  factor: (bin: number) => number,
): Float64Array => weights.map((w, i) => w * factor(start[Math.floor(i / width)] + (i % width)));

/** Bands of the filterbanks: single bins where there is none. */
export const bandCount = (head: HeadConfig): number => staticWidth(levelsHead(head));

/** Factors per bin of power spectra: the scaling, twice for what a one-sided spectrum leaves out. */
export function powerFactors(head: HeadConfig): Float64Array {
  const scale = spectrumScale(head);
  const { nFft, sides } = head;
  const isOneSided = head.scaling === 'density' || head.scaling === 'spectrum';
  const doubled = isOneSided && sides === 'one' && head.spectrum === 'power';
  return Float64Array.from({ length: sides === 'one' ? oneSidedBins(nFft) : nFft }, (_, bin) =>
    doubled && bin > 0 && 2 * bin !== nFft ? 2 * scale : scale,
  );
}

type Corners = readonly [low: number, middle: number, high: number];

/** Lower end, middle and upper end in Hz of what each band gathers, overlapping for triangles. */
export const bandCorners = (head: HeadConfig): Corners[] => partsOf(head).flatMap(cornersOfPart);

function cornersOfPart(head: HeadConfig): Corners[] {
  const { bank, nFft, sampleRate } = head;
  if (bank?.kind === 'mel') {
    const corners = melCornerFrequencies(melOptions(head, bank));
    const bands = Array.from({ length: bank.bands }, (_, m): Corners => [
      corners[m],
      corners[m + 1],
      corners[m + 2],
    ]);
    return hasEnergy(bank) ? [[0, sampleRate / 4, sampleRate / 2], ...bands] : bands;
  }
  if (bank?.kind === 'bands') return bank.edges.map(([low, high]) => [low, (low + high) / 2, high]);
  const unit = sampleRate / nFft;
  return Array.from({ length: oneSidedBins(nFft) }, (_, k) => [(k - 1) * unit, k * unit, (k + 1) * unit]);
}

/** A banded matrix [bands, width] with each band widened by `margin` bins of weight zero on both sides. */
function widened({ start, width }: Bands, weights: Float64Array, bins: number, margin: number): Bank {
  const wide = Math.min(bins, width + 2 * margin);
  const first = start.map((s) => Math.max(0, Math.min(s - margin, bins - wide)));
  const out = new Float64Array(start.length * wide);
  for (let m = 0; m < start.length; m++)
    for (let j = 0; j < width; j++) {
      const w = weights[m * width + j];
      if (w !== 0) out[m * wide + start[m] + j - first[m]] = w;
    }
  return { bands: { start: first, width: wide }, weights: out };
}

/** The filterbanks of a head, one below the other, over what it calls its spectrum, of n points. */
export function ruleBank(head: HeadConfig, n: number): Bank {
  const rows = partsOf(head).flatMap((part) => bandRows(part, n));
  const { weights, ...bands } = banded(rows, oneSidedBins(n));
  return { bands, weights };
}

/**
 * The filterbanks of a head over |X|^2, or |X| where its spectrum is the magnitude, of the one-sided bins of n points; the
 * spectrum's scaling included, each band widened by `margin` bins of weight zero on both sides.
 */
export function bandsOf(head: HeadConfig, n: number, margin = 0): Bank {
  const rule = ruleBank(head, n);
  const powers = powerFactors(head);
  const factors = head.spectrum === 'magnitude' ? powers.map(Math.sqrt) : powers;
  const scaled = timesBins(
    rule,
    (bin) => factors[Math.min(factors.length - 1, Math.round((bin * head.nFft) / n))],
  );
  return widened(rule.bands, scaled, oneSidedBins(n), margin);
}

/** The matrix [width, bands] behind the logarithm; null for a head without cepstrum. */
export function cepstrumOf(head: HeadConfig): Float64Array | null {
  const parts = partsOf(head);
  if (parts.every((part) => part.cepstrum === null)) return null;
  const bands = bandCount(head);
  const out = new Float64Array(staticWidth(head) * bands);
  let [row, column] = [0, 0];
  for (const part of parts) {
    const own = staticWidth({ ...part, cepstrum: null });
    const count = staticWidth(part);
    const energy = Number(hasEnergy(part.bank));
    const matrix = part.cepstrum && cepstrumMatrix(part.cepstrum, own - energy);
    for (let i = 0; i < count; i++)
      for (let j = 0; j < own; j++) {
        // The level of the energy, if any, takes the place of coefficient 0.
        const isOwn = !matrix || i < energy || j < energy;
        out[(row + i) * bands + column + j] = isOwn
          ? Number(i === j)
          : matrix[i * (own - energy) + j - energy];
      }
    row += count;
    column += own;
  }
  return out;
}
