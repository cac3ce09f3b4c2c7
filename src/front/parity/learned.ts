/** Where no settings fit: a filterbank of weights learned from spectra of the best framing, and how far it is off on clips that it has not seen. */
import { PapilioError } from '../../errors.ts';
import { features } from '../../plans/features.ts';
import type { Bank } from '../../spectral/banks.ts';
import { oneSidedBins, topOf, type HeadConfig, type LogRule, type MelBank } from '../../spectral/head.ts';
import { frontProgram } from '../compile.ts';
import type { FrontEnd } from '../front-end.ts';
import { apart, type Apart } from './apply.ts';
import type { Example } from './clips.ts';
import { clipEnergies } from './energies.ts';
import { framings, startOf } from './framing.ts';
import type { Powers } from './guess.ts';
import { rounded, unitsOf } from './levels.ts';
import { leastSquares } from './non-negative.ts';
import { starts } from './usual.ts';

/** A front end with a learned bank. */
export interface LearnedBank {
  readonly front: FrontEnd;
  /** On what was not used for fitting: RMS difference over that about the mean, and the largest over the largest magnitude. */
  readonly rms: number;
  readonly difference: number;
  /** In words. */
  readonly text: string;
}

/** Frames, and what the bank has to give there: features are slope ln(energy), or energies where the slope is null. */
interface Levels {
  readonly head: HeadConfig;
  readonly slope: number | null;
}

interface Split {
  readonly fitted: readonly Example[];
  readonly heldOut: readonly Example[];
}

/** A clip of four is held out, at least one; of one clip its last quarter of frames. */
function splitOf(examples: readonly Example[]): Split {
  if (examples.length > 1) {
    const kept = Math.min(examples.length - 1, Math.ceil(0.75 * examples.length));
    return { fitted: examples.slice(0, kept), heldOut: examples.slice(kept) };
  }
  return { fitted: examples, heldOut: examples };
}

/** Which frames of clips: about so many, evenly over a part of each clip, inside the signal or at its ends. */
interface Sample {
  readonly count: number;
  readonly part: readonly [from: number, end: number];
  readonly edges?: boolean;
}

function framesOf(
  head: HeadConfig,
  { frames, samples }: Example,
  { count, part, edges = false }: Sample,
): number[] {
  const [from, end] = part.map((p) => Math.floor(p * frames));
  const isInside = (f: number): boolean => {
    const first = f * head.hop + startOf(head);
    return first >= 0 && first + head.nFft <= samples.length;
  };
  const all = Array.from({ length: end - from }, (_, i) => from + i).filter((f) => isInside(f) !== edges);
  const most = Math.min(count, all.length);
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]);
}

/** Spectra of frames [bins][rows], and features [width][rows]. */
interface Rows {
  readonly spectra: readonly Float64Array[];
  readonly wanted: readonly Float64Array[];
}

function rowsOf(head: HeadConfig, examples: readonly Example[], sample: Sample, powers: Powers): Rows {
  const plain: HeadConfig = { ...head, bank: null, log: null };
  const width = examples[0].values.length / examples[0].frames;
  const bins = oneSidedBins(head.nFft);
  const each = examples.map((example) => {
    const count = Math.ceil(sample.count / examples.length);
    const frames = framesOf(head, example, { ...sample, count });
    return { example, frames, energies: clipEnergies(plain, example.samples, powers, frames) };
  });
  const column = (of: (c: (typeof each)[number], i: number) => number): Float64Array =>
    Float64Array.from(each.flatMap((c) => c.frames.map((_, i) => of(c, i))));
  return {
    spectra: Array.from({ length: bins }, (_, k) => column((c, i) => c.energies[i * bins + k])),
    wanted: Array.from({ length: width }, (_, m) =>
      column(({ example, frames }, i) => example.values[frames[i] * width + m]),
    ),
  };
}

/** Weights of one band that bring relative errors of its energies down; rows at the least value, floors, do not count. */
function bandWeights(
  { spectra, wanted }: Rows,
  m: number,
  slope: number | null,
  sweeps: number,
): Float64Array {
  const y = wanted[m];
  const least = y.reduce((a, b) => Math.min(a, b), Infinity);
  const signed = slope === null && least < 0;
  const used = Array.from(y.keys()).filter((i) => signed || y[i] > least + 1e-6 * Math.abs(least));
  const energy = used.map((i) => (slope === null ? y[i] : Math.exp(y[i] / slope)));
  // Quiet frames count as much as loud ones, but for those of rounding.
  const mean = energy.reduce((a, b) => a + Math.abs(b), 0) / energy.length;
  const scale = energy.map((e) => (signed ? 1 / mean : 1 / Math.max(e, 1e-7 * mean)));
  const columns = spectra.map((s) => Float64Array.from(used, (i, r) => s[i] * scale[r]));
  return leastSquares({ columns, wanted: Float64Array.from(energy, (e, r) => e * scale[r]), signed }, sweeps);
}

/** RMS error of features of bands over their deviation, by the weights of each. */
function misfit(
  { spectra, wanted }: Rows,
  slope: number | null,
  banks: ReadonlyMap<number, Float64Array>,
): number {
  let [left, total] = [0, 0];
  for (const [m, weights] of banks) {
    const y = wanted[m];
    const mean = y.reduce((a, b) => a + b, 0) / y.length;
    const least = y.reduce((a, b) => Math.min(a, b), Infinity);
    y.forEach((own, i) => {
      let energy = 0;
      for (let k = 0; k < weights.length; k++) energy += weights[k] * spectra[k][i];
      const made = slope === null ? energy : Math.max(least, slope * Math.log(Math.max(energy, 1e-300)));
      left += (made - own) ** 2;
      total += (own - mean) ** 2;
    });
  }
  return total > 0 ? Math.sqrt(left / total) : 1;
}

/** Frames and sweeps of a trial: roughly at first, then finely. */
const trials = [
  { fitted: 240, tested: 120, sweeps: 24 },
  { fitted: 400, tested: 150, sweeps: 60 },
] as const;
type Trial = (typeof trials)[number];
/** Bands of a trial. */
const trialBands = 5;

/** The framing that learned banks are tried over, one setting after the other. */
class FramingSearch {
  private readonly examples: readonly Example[];
  private readonly powers: Powers;
  private readonly bands: readonly number[];

  constructor(examples: readonly Example[], powers: Powers) {
    this.examples = examples.slice(0, 3);
    this.powers = powers;
    const width = examples[0].values.length / examples[0].frames;
    this.bands = Array.from({ length: trialBands }, (_, i) => Math.floor(((i + 0.5) * width) / trialBands));
  }

  private misfitOf({ head, slope }: Levels, { fitted, tested, sweeps }: Trial): number {
    const fit = rowsOf(head, this.examples, { count: fitted, part: [0, 0.6] }, this.powers);
    const test = rowsOf(head, this.examples, { count: tested, part: [0.6, 0.75] }, this.powers);
    const banks = new Map(this.bands.map((m) => [m, bandWeights(fit, m, slope, sweeps)]));
    return misfit(test, slope, banks);
  }

  /** Settings near some, one list after the other. */
  private lists({ head, slope }: Levels): (() => Levels[])[] {
    const { sampleRate, nFft, hop, preEmphasis, signalPreEmphasis = 0 } = head;
    const length = head.windowLength ?? nFft;
    const framed = (other: HeadConfig, start: number): Levels[] => {
      const [first] = framings(other, start, this.examples);
      return first ? [{ head: first, slope }] : [];
    };
    const lengths = [0.02, 0.025, 0.032, 0.04, 0.064]
      .map((s) => Math.round(s * sampleRate))
      .concat([256, 400, 512, 1024, 2048]);
    const sized = (own: number, n: number): Levels[] =>
      framed(
        { ...head, nFft: n, windowLength: own === n ? null : own },
        startOf(head) + Math.floor((length - own) / 2),
      );
    const windows = ['hann', 'hamming', 'povey', 'blackman', 'boxcar'] as const;
    const emphases = [
      { preEmphasis: 0, signalPreEmphasis: 0 },
      { preEmphasis: 0.97, signalPreEmphasis: 0 },
      { preEmphasis: 0, signalPreEmphasis: 0.97 },
    ].filter((e) => e.preEmphasis !== preEmphasis || e.signalPreEmphasis !== signalPreEmphasis);
    const slopes = [slope, 1, Math.LOG10E, 10 * Math.LOG10E, null];
    return [
      () =>
        slopes.flatMap((own) =>
          (['power', 'magnitude'] as const).map((spectrum) => ({ head: { ...head, spectrum }, slope: own })),
        ),
      () =>
        [...new Set(lengths)].flatMap((own) =>
          [...new Set([own, 2 ** Math.ceil(Math.log2(own)), nFft])]
            .filter((n) => n >= own && n % 2 === 0 && n <= 4096)
            .flatMap((n) => sized(own, n)),
        ),
      () => starts(nFft, length, hop).flatMap((start) => framed(head, start)),
      () =>
        windows.flatMap((window) =>
          (['periodic', 'symmetric'] as const).map((windowKind) => ({
            head: { ...head, window, windowKind },
            slope,
          })),
        ),
      () => emphases.map((e) => ({ head: { ...head, ...e }, slope })),
    ];
  }

  run(from: Levels, stop: () => boolean): Levels {
    let best = from;
    for (const trial of trials) {
      let least = this.misfitOf(best, trial);
      for (let list = 0; list < 5; list++)
        for (const levels of this.lists(best)[list]()) {
          if (stop()) return best;
          const off = this.misfitOf(levels, trial);
          if (off < 0.98 * least) [best, least] = [levels, off];
        }
    }
    return best;
  }
}

/** Weights below this part of a band's largest are dropped. */
const negligible = 1e-4;

/** Bands of one width: each begins where its first weight is. */
function bankOf(rows: readonly Float64Array[]): Bank {
  const bins = rows[0].length;
  const spans = rows.map((row) => {
    const least = negligible * row.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const own = Array.from(row.keys()).filter((k) => Math.abs(row[k]) > least);
    return own.length === 0 ? ([0, 0] as const) : ([own[0], own[own.length - 1]] as const);
  });
  const width = spans.reduce((most, [a, b]) => Math.max(most, b - a + 1), 1);
  const start = Int32Array.from(spans, ([a]) => Math.min(a, bins - width));
  const weights = new Float64Array(rows.length * width);
  rows.forEach((row, m) => {
    const [a, b] = spans[m];
    for (let k = a; k <= b; k++) weights[m * width + k - start[m]] = row[k];
  });
  return { bands: { start, width }, weights };
}

/** The head around a learned bank: a bank of as many bands, the level map, no floor below what was seen. */
function learnedHead({ head, slope }: Levels, examples: readonly Example[]): HeadConfig {
  const bands = examples[0].values.length / examples[0].frames;
  const bank: MelBank = { kind: 'mel', bands, fMin: 0, fMax: null, scale: 'htk', norm: 'none' };
  const rest: HeadConfig = {
    ...head,
    bank,
    cepstrum: null,
    affine: null,
    deltas: null,
    normalize: null,
    gain: 1,
  };
  if (slope === null) return { ...rest, log: null };
  const [[kind, unit]] = unitsOf(head).toSorted(
    (a, b) => Math.abs(Math.log(a[1] / Math.abs(slope))) - Math.abs(Math.log(b[1] / Math.abs(slope))),
  );
  const multiply = rounded(slope / unit, 1e-6);
  const least = examples.reduce((a, e) => e.values.reduce((b, y) => Math.min(b, y), a), Infinity);
  const log: LogRule = {
    kind,
    floor: Math.max(1e-30, Math.exp(least / slope)),
    offset: 0,
    range: null,
    reference: 1,
  };
  return { ...rest, log, affine: multiply === 1 ? null : { multiply, add: 0 } };
}

/** How far a front end is off on clips, or on their last quarters. */
function heldOutError(front: FrontEnd, examples: readonly Example[], from: number): Apart {
  const extractor = features(frontProgram(front), { dtype: 'f64' });
  const pairs = examples.map(({ samples, values }) => {
    const first = Math.floor(from * values.length);
    return [extractor.run(samples).data.slice(first), values.slice(first)] as const;
  });
  extractor.dispose();
  return apart(
    pairs.map(([made]) => made),
    pairs.map(([, wanted]) => wanted),
  );
}

/** Nepers of a head's features; null for energies. */
function slopeOf(head: HeadConfig): number | null {
  const { log, affine } = head;
  if (log === null) return null;
  const unit = unitsOf(head).find(([kind]) => kind === log.kind)?.[1] ?? 1;
  return unit * (affine?.multiply ?? 1);
}

/** The padding that brings the frames at the ends of clips nearest. */
function padded(
  { head, slope }: Levels,
  weights: readonly Float64Array[],
  examples: readonly Example[],
  powers: Powers,
): HeadConfig {
  const banks = new Map(weights.entries());
  const offs = [head, ...framings(head, startOf(head), examples)].map((own) => ({
    own,
    off: misfit(rowsOf(own, examples, { count: 200, part: [0, 1], edges: true }, powers), slope, banks),
  }));
  return offs.reduce((best, o) => (o.off < 0.98 * best.off ? o : best)).own;
}

/** Frames that weights are fitted to, and sweeps. */
const [fitFrames, fitSweeps] = [1500, 120];

/**
 * A learned bank over the framing of the closest head, or one near it; null for features that are no levels of bands (coefficients, normalised ones), more of
 * them than half of nFft, and framings that cannot be learned over.
 */
export function learnedBank(
  closest: HeadConfig,
  examples: readonly Example[],
  powers: Powers,
  stop: () => boolean,
): LearnedBank | null {
  if (closest.cepstrum || closest.deltas || closest.normalize?.deviation) return null;
  const { fitted, heldOut } = splitOf(examples);
  const isOne = fitted === heldOut;
  try {
    const base: HeadConfig = {
      ...closest,
      bank: null,
      log: null,
      affine: null,
      pcen: null,
      scaling: 'none',
      gain: 1,
    };
    const levels = new FramingSearch(fitted, powers).run({ head: base, slope: slopeOf(closest) }, stop);
    const rows = rowsOf(levels.head, fitted, { count: fitFrames, part: isOne ? [0, 0.75] : [0, 1] }, powers);
    const weights = rows.wanted.map((_, m) => bandWeights(rows, m, levels.slope, fitSweeps));
    const front: FrontEnd = {
      head: learnedHead({ ...levels, head: padded(levels, weights, fitted, powers) }, examples),
      transform: { kind: 'exact' },
      bank: { kind: 'weights', ...bankOf(weights) },
    };
    const off = heldOutError(front, heldOut, isOne ? 0.75 : 0);
    const { spectrum, bank, sampleRate } = front.head;
    const top = bank?.kind === 'mel' ? topOf(front.head, bank) : sampleRate / 2;
    const unseen = isOne
      ? 'the last quarter of the clip, which'
      : `${heldOut.length} of ${examples.length} clips, which`;
    return {
      front,
      ...off,
      text: `a bank of weights was learned instead, over ${spectrum === 'power' ? 'power' : 'magnitude'} spectra of 0 to ${top} Hz: its RMS difference on ${unseen} it was not fitted to, is ${off.rms.toExponential(1)} of the features'`,
    };
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    return null;
  }
}
