/**
 * Heads that a front end can be trained for: any filterbank (mel, bands such as third octaves, single bins) over powers or
 * magnitudes, what stands behind it, frame by frame or averaged over clips of equally many frames (Welch); several of them over one
 * spectrum, their errors weighted.
 */
import { InvalidArgumentError } from '../errors.ts';
import { bandCount, cepstrumOf, headWidth } from '../spectral/banks.ts';
import { levelOf, logScale } from '../spectral/features.ts';
import {
  frameLength,
  headFrames,
  hasClipSteps,
  isRelative,
  partsOf,
  withoutClipSteps,
  type HeadConfig,
  type LogRule,
} from '../spectral/head.ts';
import { validateHead } from '../spectral/validate.ts';

/** Most samples of all frames that one result averages: they are in memory at once. */
const mostAveraged = 2 ** 26;

/**
 * Throws InvalidArgumentError, naming the option, for a head whose front end cannot be trained, whatever `head` is. Errors are
 * differences of levels: complex numbers have none, descriptors are no sums of powers, and the frames of a median have no gradient.
 * Networks of real samples pair them, so sizes are even.
 */
export function requireTrainable(head: HeadConfig): void {
  validateHead(head);
  partsOf(head).forEach(requireTrainablePart);
}

function requireTrainablePart(head: HeadConfig): void {
  const fail = (what: string, expected: string): never => {
    throw new InvalidArgumentError(`${what}; expected ${expected} in the head of a front end`);
  };
  const { nFft, bank, log, average, fit, hop } = head;
  if (nFft < 8 || nFft > 4096 || nFft % 2 !== 0) fail(`nFft is ${nFft}`, 'an even number from 8 to 4096');
  if (head.spectrum === 'complex') fail('spectrum is "complex"', '"power" or "magnitude"');
  if (head.sides === 'two') fail('sides is "two"', '"one": the other half mirrors it');
  if (bank?.kind === 'descriptors') fail('a bank of descriptors', 'mel, bands or null');
  if (bank?.kind === 'mel' && bank.bands > nFft / 2)
    fail(`${bank.bands} bands`, `at most nFft / 2 = ${nFft / 2}`);
  if (head.pcen) fail('pcen is set', 'null');
  if (!log && head.cepstrum) fail('a cepstrum of energies', 'a logarithm');
  if (average === 'median') fail('average is "median"', '"none" or "mean"');
  if (average === 'none') return;
  if (head.framing !== 'inside') fail(`framing is "${head.framing}"`, '"inside" where clips are averaged');
  if (head.dropLast) fail('dropLast is true', 'false where clips are averaged');
  const length = frameLength(head);
  if (fit === null || fit < length || (fit - length) % hop !== 0)
    fail(`fit is ${fit}`, `${length} + a multiple of hop, the samples of the clip that is averaged,`);
  if (averagedFrames(head) * nFft > mostAveraged)
    fail(
      `${averagedFrames(head)} frames of nFft = ${nFft} per result`,
      `at most ${mostAveraged} samples of them`,
    );
}

/** Part of the largest energy that is the floor of heads without one: 80 dB, librosa's usual range. */
const leastPart = 1e-8;

/** The floor under energies of a head that has none of its own, by the largest of them. */
export const floorBelow = (largest: number): number => (largest > 0 ? leastPart * largest : 1);

/** Does the logarithm of a head bear silence? */
export const hasFloor = ({ log }: HeadConfig): boolean => log !== null && log.floor + log.offset > 0;

/**
 * What front ends of a head are trained on: the levels of single frames, of clips of any length, without a range below the
 * largest, deltas, a normalisation and an affine map, which follow from them. Energies without a logarithm, or without a floor under it, are in log10 above `floor`.
 */
export function trainingHead(head: HeadConfig, floor: () => number): HeadConfig {
  const { log, average } = head;
  const frames = average === 'none' && head.fit !== null ? { ...head, fit: null } : head;
  if (!isRelative(log) && !hasClipSteps(head) && !head.affine && hasFloor(head)) return frames;
  const plain = log && { ...log, range: null, reference: log.reference === 'max' ? 1 : log.reference };
  const levels: LogRule =
    plain && hasFloor(head)
      ? plain
      : { kind: 'log10', offset: 0, range: null, reference: 1, ...plain, floor: floor() };
  return { ...withoutClipSteps(frames), log: levels, affine: null };
}

/** Frames that one result is the average of; 1 for a head that does not average. */
export const averagedFrames = (head: HeadConfig): number =>
  head.average === 'none' ? 1 : headFrames(head, 1);

/**
 * The head whose frames are the results of a head: itself, or one of the clips that a head averages, one after the other. A result
 * reads its `nFft` samples, the next one those `hop` samples on.
 */
export const framingOf = (head: HeadConfig): HeadConfig =>
  head.average === 'none'
    ? head
    : {
        ...head,
        nFft: (averagedFrames(head) - 1) * head.hop + head.nFft,
        windowLength: null,
        hop: averagedFrames(head) * head.hop,
        fit: null,
        average: 'none',
      };

/** Results of a signal of so many samples: frames, or averages over successive clips. */
export const resultCount = (head: HeadConfig, samples: number): number =>
  headFrames(framingOf(head), samples);

const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

/** What errors of a result's numbers are multiplied by: their mean is 1. */
export function resultWeights(head: HeadConfig): Float64Array {
  const weights = [1, ...(head.also ?? []).map((part) => part.weight)];
  const widths = partsOf(head).map(headWidth);
  const [sum, width] = [total(weights), total(widths)];
  return Float64Array.from(
    widths.flatMap((w, i) => new Array<number>(w).fill(((weights[i] / sum) * width) / w)),
  );
}

/** The unit of a head's results in log10: 1 for log10 and energies, 10 for dB, ln 10 for ln. Errors are divided by it. */
export const logUnit = (head: HeadConfig): number =>
  (head.log ? logScale(head) / Math.LOG10E : 1) * Math.abs(head.affine?.multiply ?? 1);

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
  const { multiply, add } = head.affine ?? { multiply: 1, add: 0 };
  const levels = cepstraOf(head, new Float64Array(bandCount(head)).fill(levelOf(head)(0)), 1);
  return levels.map((x) => multiply * x + add);
}
