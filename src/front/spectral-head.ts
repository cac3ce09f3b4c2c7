/**
 * Heads that a front end can be trained for: any filterbank (mel, bands such as third octaves, single bins) over the powers of
 * plain frames, their logarithm and cepstrum, frame by frame or averaged over clips of equally many frames (Welch); several of
 * them over one spectrum, their errors weighted.
 */
import { InvalidArgumentError } from '../errors.ts';
import { bandCount, cepstrumOf, headWidth } from '../spectral/banks.ts';
import { levelOf, logScale } from '../spectral/features.ts';
import { frameLength, headFrames, partsOf, samplesBefore, type HeadConfig } from '../spectral/head.ts';
import { validateHead } from '../spectral/validate.ts';

/** Most samples of all frames that one result averages: they are in memory at once. */
const mostAveraged = 2 ** 26;

/** Throws InvalidArgumentError, naming the option, for a head whose front end cannot be trained, whatever `head` is. */
export function requireTrainable(head: HeadConfig): void {
  validateHead(head);
  partsOf(head).forEach(requireTrainablePart);
}

function requireTrainablePart(head: HeadConfig): void {
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

/** What errors of a result's numbers are multiplied by: their mean is 1; null where all count alike. */
export function resultWeights(head: HeadConfig): Float64Array | null {
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

/** Cepstra [width, lanes] of levels [bands, lanes]; the levels themselves for a head without. */
export function cepstraOf(head: HeadConfig, levels: Float64Array, lanes: number): Float64Array {
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
export function floorFeatures(head: HeadConfig): Float64Array {
  return cepstraOf(head, new Float64Array(bandCount(head)).fill(levelOf(head)(0)), 1);
}
