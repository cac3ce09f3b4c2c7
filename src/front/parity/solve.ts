/** The settings of an unknown front end, from clips and what it made of them. */
import { InvalidArgumentError, PapilioError } from '../../errors.ts';
import { checkOptions, finite, required, type OptionTable } from '../../options.ts';
import { features } from '../../plans/features.ts';
import { rateBounds } from '../../numeric/frequencies.ts';
import type { HeadConfig } from '../../spectral/head.ts';
import { examplesOf, type Example, type Examples, type ParityTensor } from './clips.ts';
import { clipEnergies } from './energies.ts';
import { framings, headOfGuess } from './framing.ts';
import { Powers } from './guess.ts';
import { cepstra } from './levels.ts';
import { completeHead, type Completed } from './output.ts';
import { lineResidual, type Behind, type Sampling } from './score.ts';
import { exactDifference, verdictOf, type Closest, type Verdict } from './verdict.ts';
import { likelyHops, searchFront, type Scored, type SearchTask } from './search.ts';

/** What a search is given beside clips and tensors. */
export interface ParityOptions {
  /** Of the clips, in Hz. */
  readonly rate: number;
  /** Seconds after which it takes what it has. Default 50. */
  readonly seconds?: number;
}

const parityOptions: OptionTable<ParityOptions> = {
  rate: required(finite(rateBounds)),
  seconds: finite({ above: 0 }),
};

/** Residuals of settings that are right, tensors of 32 bits. */
const surely = 1e-9;
/** Part of the variance that even the wrong settings explain where clips and features belong together. */
const unrelated = 0.7;

/** What was found: the closest head, and what is to be said of it. */
export interface ParityResult extends Closest, Verdict {
  readonly framesFirst: boolean;
  readonly width: number;
}

/** Are neighbouring numbers of a frame alike, as levels of bands are and coefficients are not? */
function isCepstral({ values, frames }: Example, width: number): boolean {
  let [sum, count] = [0, 0];
  for (let m = 0; m + 1 < width; m++) {
    let [a, b, ab, aa, bb] = [0, 0, 0, 0, 0];
    for (let f = 0; f < frames; f++) {
      a += values[f * width + m] / frames;
      b += values[f * width + m + 1] / frames;
    }
    for (let f = 0; f < frames; f++) {
      const [x, y] = [values[f * width + m] - a, values[f * width + m + 1] - b];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    if (aa > 0 && bb > 0) {
      sum += ab / Math.sqrt(aa * bb);
      count++;
    }
  }
  return width <= 64 && count > 0 && sum / count < 0.45;
}

/** Are features energies: none negative, most of them far below the largest? */
function isEnergy(examples: readonly Example[]): boolean {
  return examples.every(({ values }) => {
    const top = values.reduce((a, b) => Math.max(a, b), 0);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return values.every((x) => x >= 0) && mean < 0.12 * top;
  });
}

/** Narrower features are coefficients as a rule. */
const mostlyCepstra = 14;

/** Bands of banks under cepstra. */
const cepstrumBands = [40, 23, 26, 20, 80, 128, 64, 32];

/** Widths of spectra of powers of two and of ten milliseconds. */
const isBins = (width: number): boolean => [129, 161, 201, 257, 321, 513, 1025].includes(width);

function tasks({ list, width }: Examples, rate: number): SearchTask[] {
  const isLinear = isEnergy(list);
  const cepstral =
    !isLinear && (width <= mostlyCepstra || list.slice(0, 3).every((e) => isCepstral(e, width)));
  const task = (isCepstrum: boolean, bands: number): SearchTask => ({
    examples: list,
    width,
    rate,
    behind: { isCepstrum, isLinear } satisfies Behind,
    bands,
  });
  const cepstra = cepstrumBands.filter((b) => b >= width && b > 13).map((b) => task(true, b));
  if (cepstral) return [...cepstra, task(false, width)];
  return isBins(width) ? [task(false, 0), task(false, width)] : [task(false, width)];
}

/** Frames at both ends of the first clips, and some between, under a head: what padding decides. */
function edgeResidual(head: HeadConfig, task: SearchTask, offset: number, powers: Powers): number {
  const { examples, width, behind } = task;
  const places = examples.slice(0, 3).flatMap(({ frames, samples }, clip) => {
    const last = Math.min(frames, Math.ceil(samples.length / head.hop));
    const near = Array.from({ length: 8 }, (_, i) => i);
    const middle = Array.from({ length: 24 }, (_, i) => Math.floor(((i + 0.5) * last) / 24));
    const all = [...near, ...near.map((i) => last - 6 + i), ...middle, ...near.map((i) => frames - 1 - i)];
    return [...new Set(all)].filter((f) => f >= 0 && f < frames).map((frame) => ({ clip, frame }));
  });
  const found = examples.slice(0, 3).map(({ samples }, clip) =>
    clipEnergies(
      head,
      samples,
      powers,
      places.filter((p) => p.clip === clip).map((p) => p.frame),
    ),
  );
  const energies = Float64Array.from(found.flatMap((e) => [...e]));
  const wanted = Float64Array.from(
    places.flatMap(({ clip, frame }) => [
      ...examples[clip].values.subarray(frame * width, (frame + 1) * width),
    ]),
  );
  const least = examples.map(({ values }) => values.reduce((a, b) => Math.min(a, b), Infinity));
  const floor = behind.isCepstrum ? -Infinity : 1e-6;
  const counts = Uint8Array.from(wanted, (y, i) =>
    Number(y > least[places[Math.floor(i / width)].clip] + floor * Math.abs(y)),
  );
  const levels = energies.map((e) => Math.log(e + offset + 1e-12));
  const logs = behind.isLinear ? wanted.map((y) => Math.log(Math.max(y, 1e-12))) : wanted;
  const sampling: Sampling = { name: 'edges', places, wanted: logs, counts, width };
  const plain = { count: width, norm: 'ortho', lifter: null } as const;
  return lineResidual(behind.isCepstrum ? cepstra(plain, levels, places.length) : levels, sampling);
}

/** The largest and the RMS difference between a head's features and those wanted. */
function differenceOf(head: HeadConfig, examples: readonly Example[]): { largest: number; rms: number } {
  const extractor = features(head, { dtype: 'f64' });
  let [largest, most, left, total, sum, count] = [0, 0, 0, 0, 0, 0];
  for (const { values } of examples)
    for (const y of values) {
      sum += y;
      count++;
    }
  const mean = sum / count;
  for (const { samples, values } of examples) {
    const { data } = extractor.run(samples);
    if (data.length !== values.length) return { largest: Infinity, rms: Infinity };
    for (let i = 0; i < data.length; i++) {
      largest = Math.max(largest, Math.abs(data[i] - values[i]));
      most = Math.max(most, Math.abs(values[i]));
      left += (data[i] - values[i]) ** 2;
      total += (values[i] - mean) ** 2;
    }
  }
  extractor.dispose();
  return { largest: largest / Math.max(most, 1e-30), rms: Math.sqrt(left / Math.max(total, 1e-300)) };
}

/** Heads of a guess, framed and completed, the closest first. */
function completed({ guess }: Scored, task: SearchTask, powers: Powers): Completed[] {
  const { examples, rate, behind, width } = task;
  // Under windows that begin with 0 both kinds of pre-emphasis differ at the ends of the signal alone.
  const kinds = guess.emphasis === 0 ? [guess.perFrame] : [guess.perFrame, !guess.perFrame];
  const heads = kinds.flatMap((perFrame) =>
    framings(headOfGuess({ ...guess, perFrame, norm: 'none' }, rate), guess.start, examples),
  );
  const ranked = heads
    .map((head, order) => ({ head, order, off: edgeResidual(head, task, guess.offset, powers) }))
    .sort((a, b) => a.off - b.off || a.order - b.order);
  const near = ranked.filter((r) => r.off <= 1.01 * ranked[0].off + 1e-12).sort((a, b) => a.order - b.order);
  const chosen = telling(examples);
  const complete = (head: HeadConfig): Completed => {
    const clips = chosen.map((example) => ({
      example,
      energies: clipEnergies(head, example.samples, powers),
    }));
    return completeHead({ head, clips, width, ...behind, deltas: null, offset: guess.offset }, examples);
  };
  const found: Completed[] = [];
  for (const { head } of near.slice(0, 1))
    for (const offset of guess.magnitude ? [0, 1e-9, 1e-6] : [0])
      if (!found.some((f) => f.residual < 1e-6))
        found.push(complete(offset === 0 ? head : { ...head, magnitudeOffset: offset }));
  return found.sort((a, b) => a.residual - b.residual);
}

/** The clips of the least and of the largest value, and the one of which most stands at its least: those that show floors and ranges. */
function telling(examples: readonly Example[]): Example[] {
  const least = ({ values }: Example): number => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = ({ values }: Example): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const low = (e: Example): number => {
    const bottom = least(e);
    return e.values.reduce((n, y) => n + Number(y - bottom <= 1e-6 * Math.abs(bottom)), 0) / e.values.length;
  };
  const by = (of: (e: Example) => number): Example => {
    const figures = examples.map(of);
    return examples[figures.indexOf(Math.max(...figures))];
  };
  return [...new Set([by((e) => -least(e)), by(most), by(low)])];
}

/** Clips that are searched over: short ones have few frames inside, and count at their ends. */
function longOf(examples: readonly Example[]): Example[] {
  const longest = examples.reduce((most, e) => Math.max(most, e.samples.length), 0);
  return examples.filter((e) => 4 * e.samples.length >= longest);
}

/**
 * The head that makes these features [frames, width or transposed, batch axes of 1] of these clips (samples at `rate`), a tensor for each
 * or one for all. Throws InvalidArgumentError for clips and tensors that do not match.
 */
export function solveParity(
  clips: readonly ArrayLike<number>[],
  tensors: readonly ParityTensor[],
  options: ParityOptions,
): ParityResult {
  checkOptions('parity', options, parityOptions);
  const { rate, seconds = 50 } = options;
  const examples = examplesOf(clips, tensors, rate);
  const end = performance.now() + 1000 * seconds;
  const stop = (): boolean => performance.now() > end;
  const powers = new Powers();
  const { list, width, framesFirst } = examples;
  const long = longOf(list);
  const hops = likelyHops(long, width, rate).slice(0, 2);
  if (hops.length === 0)
    throw new InvalidArgumentError(
      `clip 0 has ${list[0].samples.length} samples and ${list[0].frames} frames; expected clips that these are the features of`,
    );
  const found: { task: SearchTask; scored: Scored }[] = [];
  for (const task of tasks({ ...examples, list: long }, rate)) {
    if (stop() || found.some(({ scored }) => scored.residual < surely)) break;
    for (const scored of searchFront(task, hops, stop).slice(0, 2)) found.push({ task, scored });
  }
  found.sort((a, b) => a.scored.residual - b.scored.residual);
  // Features of other clips follow nothing of these.
  if (!found.some(({ scored }) => scored.residual < unrelated))
    throw new InvalidArgumentError(
      `the features do not follow clip 0 and its neighbours: ${list[0].samples.length} samples, ${list[0].frames} frames of ${width}; expected clips at ${rate} Hz that they were made of`,
    );
  let best: Closest | null = null;
  for (const { task, scored } of found.slice(0, 2))
    for (const { head } of completed(scored, { ...task, examples: list }, powers).slice(0, 3)) {
      if (best && best.difference <= exactDifference) break;
      const { largest, rms } = safely(() => differenceOf(head, list));
      if (best && best.difference <= largest) continue;
      best = { head, difference: largest, rms };
    }
  if (!best || !Number.isFinite(best.difference))
    throw new InvalidArgumentError(
      'no front end gives so many frames; expected the clips that the features are of',
    );
  return { ...best, ...verdictOf(best, list, powers), framesFirst, width };
}

/** A head that cannot be made is infinitely far. */
function safely(f: () => { largest: number; rms: number }): { largest: number; rms: number } {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    return { largest: Infinity, rms: Infinity };
  }
}
