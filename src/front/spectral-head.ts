/**
 * Heads that a front end can be trained for: any filterbank (mel, bands such as third octaves, single bins) over the powers of
 * plain frames, their logarithm and cepstrum, frame by frame or averaged over clips of equally many frames (Welch); several of
 * them over one spectrum, their errors weighted.
 */
import { InvalidArgumentError } from '../errors.ts';
import { cepstrumMatrix } from '../numeric/cepstrum.ts';
import { melCornerFrequencies } from '../numeric/mel.ts';
import { headWidth, levelOf, logScale, powerFactors } from '../spectral/features.ts';
import {
  bankMatrix,
  frameLength,
  headFrames,
  melOptions,
  oneSidedBins,
  samplesBefore,
  type HeadConfig,
} from '../spectral/head.ts';
import type { Bands } from '../spectral/rows.ts';
import { validateHead } from '../spectral/validate.ts';

/** A further filterbank over the same spectrum, and what its mean error counts beside 1 for the head's own. */
export interface FurtherBank extends Pick<HeadConfig, 'bank' | 'cepstrum'> {
  readonly weight: number;
}

/** A head with further filterbanks: its results are those of all of them, one after the other. */
export interface TrainedHead extends HeadConfig {
  readonly also?: readonly FurtherBank[];
}

/** Most filterbanks beside the first that a file may ask for. */
const mostBanks = 8;

/** Most samples of all frames that one result averages: they are in memory at once. */
const mostAveraged = 2 ** 26;

/** The head of each filterbank. */
function partsOf({ also = [], ...head }: TrainedHead): HeadConfig[] {
  return [head, ...also.map(({ bank, cepstrum }) => ({ ...head, bank, cepstrum }))];
}

/** The head without its cepstra: levels of the bands. */
export const levelsHead = (head: TrainedHead): TrainedHead => ({
  ...head,
  cepstrum: null,
  ...(head.also ? { also: head.also.map((part) => ({ ...part, cepstrum: null })) } : {}),
});

/** Throws InvalidArgumentError, naming the option, for a head whose front end cannot be trained, whatever `head` is. */
export function requireTrainable(head: TrainedHead): void {
  if (typeof head !== 'object' || head === null)
    throw new InvalidArgumentError(`the head is ${String(head)}; expected an object`);
  const also: unknown = head.also ?? [];
  if (!Array.isArray(also) || also.length > mostBanks)
    throw new InvalidArgumentError(`also is no list; expected up to ${mostBanks} filterbanks`);
  for (const part of also as (Partial<FurtherBank> | null)[])
    if (!(typeof part?.weight === 'number' && part.weight > 0 && part.weight < Infinity))
      throw new InvalidArgumentError(`a filterbank has weight ${part?.weight}; expected a positive number`);
  for (const part of partsOf(head)) requireTrainablePart(part);
}

function requireTrainablePart(head: HeadConfig): void {
  validateHead(head);
  const fail = (what: string, expected: string): never => {
    throw new InvalidArgumentError(`${what}; expected ${expected} in a head to be trained`);
  };
  const { nFft, bank, log, average, fit, hop } = head;
  if (nFft < 8 || nFft > 4096 || !Number.isInteger(Math.log2(nFft)))
    fail(`nFft is ${nFft}`, 'a power of two from 8 to 4096');
  for (const [key, value] of Object.entries({
    framing: 'inside',
    dropLast: false,
    detrend: 'none',
    preEmphasis: 0,
    spectrum: 'power',
    sides: 'one',
    affine: null,
  } as const))
    if (head[key as keyof HeadConfig] !== value)
      fail(`${key} is ${JSON.stringify(head[key as keyof HeadConfig])}`, JSON.stringify(value));
  if (frameLength(head) !== nFft) fail('placement is "start" with a shorter window', '"centered"');
  if (samplesBefore(head) !== 0) fail('padding before the first frame', 'none');
  if (bank?.kind === 'descriptors') fail('a bank of descriptors', 'mel, bands or null');
  if (bank?.kind === 'mel' && bank.bands > nFft / 2)
    fail(`${bank.bands} bands`, `at most nFft / 2 = ${nFft / 2}`);
  if (!log) return fail('log is null', 'a logarithm: errors are relative');
  if (log.offset !== 0 || log.range !== null || log.reference === 'max' || !(log.floor > 0))
    fail('a logarithm with offset, range or maximum', 'log(max(x, floor)) with a positive floor');
  if (average === 'median') fail('average is "median"', '"none" or "mean"');
  if (average === 'none' && fit !== null) fail(`fit is ${fit}`, 'null');
  if (average === 'mean' && (fit === null || fit < nFft || (fit - nFft) % hop !== 0))
    fail(`fit is ${fit}`, 'nFft + a multiple of hop: the clip that is averaged');
  if (averagedFrames(head) * nFft > mostAveraged)
    fail(
      `${averagedFrames(head)} frames of nFft = ${nFft} per result`,
      `at most ${mostAveraged} samples of them`,
    );
}

/** Frames that one result is the average of; 1 for a head that does not average. */
export const averagedFrames = (head: HeadConfig): number =>
  head.average === 'none' ? 1 : headFrames(head, 1);

/** Samples from one result to the next. */
export const resultHop = (head: HeadConfig): number => averagedFrames(head) * head.hop;

/** Samples that one result reads. */
export const resultSamples = (head: HeadConfig): number => (averagedFrames(head) - 1) * head.hop + head.nFft;

/** Results of a signal of so many samples: frames, or averages over successive clips. */
export const resultCount = (head: HeadConfig, samples: number): number =>
  samples < resultSamples(head) ? 0 : 1 + Math.floor((samples - resultSamples(head)) / resultHop(head));

const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

/** Numbers per result. */
export const resultWidth = (head: TrainedHead): number => total(partsOf(head).map(headWidth));

/** Bands of the filterbanks: single bins where there is none. */
export const bandCount = (head: TrainedHead): number => resultWidth(levelsHead(head));

/** What errors of a result's numbers are multiplied by: their mean is 1; null where all count alike. */
export function resultWeights(head: TrainedHead): Float64Array | null {
  if (!head.also) return null;
  const weights = [1, ...head.also.map((part) => part.weight)];
  const widths = partsOf(head).map(headWidth);
  const [sum, width] = [total(weights), total(widths)];
  return Float64Array.from(
    widths.flatMap((w, i) => new Array<number>(w).fill(((weights[i] / sum) * width) / w)),
  );
}

/** The unit of a head's results in log10: 1 for log10, 10 for dB, ln 10 for ln. Errors are divided by it. */
export const logUnit = (head: HeadConfig): number => logScale(head) / Math.LOG10E;

type Corners = readonly [low: number, middle: number, high: number];

/** Lower end, middle and upper end in Hz of what each band gathers, overlapping for triangles. */
export const bandCorners = (head: TrainedHead): Corners[] => partsOf(head).flatMap(cornersOfPart);

function cornersOfPart(head: HeadConfig): Corners[] {
  const { bank, nFft, sampleRate } = head;
  if (bank?.kind === 'mel') {
    const corners = melCornerFrequencies(melOptions(head, bank));
    return Array.from({ length: bank.bands }, (_, m) => [corners[m], corners[m + 1], corners[m + 2]]);
  }
  if (bank?.kind === 'bands') return bank.edges.map(([low, high]) => [low, (low + high) / 2, high]);
  const unit = sampleRate / nFft;
  return Array.from({ length: oneSidedBins(nFft) }, (_, k) => [(k - 1) * unit, k * unit, (k + 1) * unit]);
}

/** A banded matrix [bands, width] with each band widened by `margin` bins of weight zero on both sides. */
function widened(
  { start, width }: Bands,
  weights: Float64Array,
  bins: number,
  margin: number,
): { bands: Bands; weights: Float64Array } {
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

/** Single bins of a head from the bins of n points: each from the two around its frequency. */
function binBank(head: HeadConfig, n: number): { bands: Bands; weights: Float64Array } {
  const count = oneSidedBins(head.nFft);
  if (n === head.nFft)
    return {
      bands: { start: Int32Array.from({ length: count }, (_, k) => k), width: 1 },
      weights: new Float64Array(count).fill(1),
    };
  const start = new Int32Array(count);
  const weights = new Float64Array(2 * count);
  for (let k = 0; k < count; k++) {
    const at = (k * n) / head.nFft;
    start[k] = Math.min(Math.floor(at), n / 2 - 1);
    weights[2 * k + 1] = at - start[k];
    weights[2 * k] = 1 - weights[2 * k + 1];
  }
  return { bands: { start, width: 2 }, weights };
}

/** Banded matrices over the same bins, one below the other. */
function stacked(
  banks: readonly { readonly bands: Bands; readonly weights: Float64Array }[],
  bins: number,
): { bands: Bands; weights: Float64Array } {
  if (banks.length === 1) return banks[0];
  const width = banks.reduce((w, b) => Math.max(w, b.bands.width), 1);
  const wide = banks.map(({ bands, weights }) => {
    const start = bands.start.map((s) => Math.min(s, bins - width));
    const out = new Float64Array(start.length * width);
    for (let m = 0; m < start.length; m++)
      for (let j = 0; j < bands.width; j++)
        out[m * width + bands.start[m] - start[m] + j] = weights[m * bands.width + j];
    return { start, weights: out };
  });
  return {
    bands: { start: Int32Array.from(wide.flatMap((w) => [...w.start])), width },
    weights: Float64Array.from(wide.flatMap((w) => [...w.weights])),
  };
}

/**
 * The filterbanks of a head over the powers |X|^2 of n/2 + 1 bins of n points, the spectrum's scaling included, each band widened
 * by `margin` bins of weight zero on both sides.
 */
export function bandsOf(head: TrainedHead, n: number, margin = 0): { bands: Bands; weights: Float64Array } {
  const bins = n / 2 + 1;
  const banks = partsOf(head).map((part) => bankOfPart(part, n));
  const { bands, weights } = stacked(banks, bins);
  const factors = powerFactors(head);
  const scaled = weights.map((w, i) => {
    const bin = bands.start[Math.floor(i / bands.width)] + (i % bands.width);
    return w * factors[Math.min(factors.length - 1, Math.round((bin * head.nFft) / n))];
  });
  return widened(bands, scaled, bins, margin);
}

function bankOfPart(head: HeadConfig, n: number): { bands: Bands; weights: Float64Array } {
  const { bank } = head;
  if (bank?.kind === 'descriptors') throw new InvalidArgumentError('descriptors are no filterbank');
  return bank ? bankMatrix({ ...head, nFft: n }, bank) : binBank(head, n);
}

/** The matrix [width, bands] behind the logarithm; null for a head without cepstrum. */
export function cepstrumOf(head: TrainedHead): Float64Array | null {
  const parts = partsOf(head);
  if (parts.every((part) => part.cepstrum === null)) return null;
  const bands = bandCount(head);
  const out = new Float64Array(resultWidth(head) * bands);
  let [row, column] = [0, 0];
  for (const part of parts) {
    const own = headWidth({ ...part, cepstrum: null });
    const count = headWidth(part);
    const matrix = part.cepstrum && cepstrumMatrix(part.cepstrum, own);
    for (let i = 0; i < count; i++)
      for (let j = 0; j < own; j++)
        out[(row + i) * bands + column + j] = matrix ? matrix[i * own + j] : Number(i === j);
    row += count;
    column += own;
  }
  return out;
}

/** Cepstra [width, lanes] of levels [bands, lanes]; the levels themselves for a head without. */
export function cepstraOf(head: TrainedHead, levels: Float64Array, lanes: number): Float64Array {
  const matrix = cepstrumOf(head);
  if (!matrix) return levels;
  const bands = bandCount(head);
  const out = new Float64Array((matrix.length / bands) * lanes);
  for (let i = 0; i < matrix.length; i++) {
    const [row, band] = [Math.floor(i / bands), i % bands];
    for (let l = 0; l < lanes; l++) out[row * lanes + l] += matrix[i] * levels[band * lanes + l];
  }
  return out;
}

/** What a head gives for silence: every band on the floor of the logarithm. */
export function floorFeatures(head: TrainedHead): Float64Array {
  return cepstraOf(head, new Float64Array(bandCount(head)).fill(levelOf(head)(0)), 1);
}
