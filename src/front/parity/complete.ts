/** Heads of guesses: framed by what stands at the ends of clips, completed by levels. */
import { cepstrumMatrix } from '../../numeric/cepstrum.ts';
import type { DeltaOptions } from '../../numeric/deltas.ts';
import type { HeadConfig } from '../../spectral/head.ts';
import type { Example } from './clips.ts';
import { clipEnergies } from './energies.ts';
import { framings, headOfGuess } from './framing.ts';
import type { Powers } from './guess.ts';
import { transformed } from './levels.ts';
import { normalizationOf } from './normalization.ts';
import { completeHead, type Completed } from './output.ts';
import { withPcen } from './pcen.ts';
import { lineResidual, runsOf, type Sampling } from './score.ts';
import type { Scored, SearchTask } from './scorer.ts';
import { unique } from './usual.ts';

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
  const above = (i: number): number => wanted[i] - least[places[Math.floor(i / width)].clip];
  const counts = Float64Array.from(wanted, (y, i) =>
    above(i) <= floor * Math.abs(y) || (behind.isCepstrum && i % width === 0)
      ? 0
      : behind.isLinear
        ? 1 / above(i) ** 2
        : 1,
  );
  const levels = behind.isLinear ? energies : energies.map((e) => Math.log(e + offset + 1e-12));
  const sampling: Sampling = { name: 'edges', places, wanted, counts, width, runs: runsOf(places) };
  if (!behind.isCepstrum) return lineResidual(levels, sampling);
  const matrix = cepstrumMatrix({ count: width, norm: 'ortho', lifter: null }, levels.length / places.length);
  return lineResidual(transformed(matrix, levels, places.length), sampling);
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

/** Most frames that levels are fitted on where they do not need all of a clip. */
const mostFrames = 160;

/** Frames of a clip: the one of the largest value, the quietest ones, and others evenly. */
function someFrames({ values, frames }: Example, width: number): number[] {
  const all = Array.from({ length: frames }, (_, f) => f);
  if (frames <= mostFrames) return all;
  const top = values.reduce((best, y, i) => (y > values[best] ? i : best), 0);
  const sums = all.map((f) => values.subarray(f * width, (f + 1) * width).reduce((a, b) => a + b, 0));
  const quiet = all.toSorted((a, b) => sums[a] - sums[b]).slice(0, mostFrames / 4);
  const even = Array.from({ length: mostFrames }, (_, i) => Math.floor((i * frames) / mostFrames));
  return [...new Set([Math.floor(top / width), ...quiet, ...even])];
}

/** Some frames of an example. */
const thinned = (example: Example, width: number, frames: readonly number[]): Example => ({
  ...example,
  frames: frames.length,
  values: Float64Array.from(frames.flatMap((f) => [...example.values.subarray(f * width, (f + 1) * width)])),
});

/** What heads are completed by beside the search: features with their deltas, as they are. */
export interface Completion {
  readonly deltas: DeltaOptions | null;
  readonly whole: readonly Example[];
  readonly powers: Powers;
  readonly stop: () => boolean;
  /** Frames that levels are fitted on as well: those that an earlier head was far off in. */
  readonly telling: { readonly clip: number; readonly frames: readonly number[] } | null;
}

/** Levels of a framed head. */
function completedHead(
  head: HeadConfig,
  guess: Scored['guess'],
  task: SearchTask,
  by: Completion,
): Completed {
  const { examples, behind, width } = task;
  const { deltas, powers, stop } = by;
  const whole = task.pcen ? examples : by.whole;
  const wide = width * (1 + (task.pcen ? 0 : (deltas?.order ?? 0)));
  const normalize = normalizationOf(whole, wide);
  // Deltas follow from the features before them, unless one mean is that of both.
  const isOne = deltas !== null && !task.pcen && normalize?.over === 'clip';
  const own = isOne ? whole : examples;
  const extra = by.telling === null ? null : own[by.telling.clip];
  const list = extra ? [...new Set([extra, ...telling(own)])].slice(0, 3) : telling(own);
  const clips = list.map((example) => {
    if (normalize) return { example, energies: clipEnergies(head, example.samples, powers) };
    const frames = [
      ...new Set([...(example === extra ? (by.telling?.frames ?? []) : []), ...someFrames(example, width)]),
    ];
    const energies = clipEnergies(head, example.samples, powers, frames);
    return { example: thinned(example, width, frames), energies };
  });
  const found = completeHead(
    {
      head,
      clips,
      width,
      isLinear: behind.isLinear,
      isCepstrum: behind.isCepstrum,
      deltas: isOne ? deltas : null,
      offset: guess.offset,
      offsetNorm: guess.norm,
      stop,
    },
    own,
  );
  const last = task.pcen ? withPcen(found.head, task.pcen) : found.head;
  return { ...found, head: deltas ? { ...last, deltas } : last };
}

/** Energies that stand in the place of coefficient 0, if any. */
const energiesOf = ({ behind }: SearchTask, head: HeadConfig): HeadConfig[] => {
  const { bank } = head;
  if (!behind.isCepstrum || bank?.kind !== 'mel') return [head];
  const kinds = head.spectrum === 'power' ? (['bins', 'samples'] as const) : (['bins'] as const);
  return [head, ...kinds.map((energy): HeadConfig => ({ ...head, bank: { ...bank, energy } }))];
};

/** Heads of a guess in every framing, those that its energies at the ends of clips follow first. */
function ranked({ guess }: Scored, task: SearchTask, powers: Powers): RankedFraming[] {
  // Under windows that begin with 0 both kinds of pre-emphasis differ at the ends of the signal alone.
  const kinds =
    guess.emphasis === 0 || guess.detrend !== 'none' ? [guess.perFrame] : [guess.perFrame, !guess.perFrame];
  return kinds
    .flatMap((perFrame) =>
      framings(headOfGuess({ ...guess, perFrame, norm: 'none' }, task.rate), guess.start, task.examples),
    )
    .map((head, order) => ({ head, order, off: edgeResidual(head, task, guess.offset, powers) }))
    .sort((a, b) => a.off - b.off || a.order - b.order);
}

interface RankedFraming {
  readonly head: HeadConfig;
  /** Usual ones come first. */
  readonly order: number;
  readonly off: number;
}

/** A completed head in the other framings that are as likely: levels that were not known yet may have hidden which it is. */
export function reframed(head: HeadConfig, scored: Scored, task: SearchTask, powers: Powers): HeadConfig[] {
  const list = ranked(scored, task, powers);
  return list
    .filter(({ off }) => off <= 1.5 * list[0].off + 1e-12)
    .sort((a, b) => a.order - b.order)
    .map(({ head: { framing, padding, placement, dropLast, fit, preEmphasis, signalPreEmphasis } }) => ({
      ...head,
      framing,
      padding,
      placement,
      dropLast,
      fit,
      preEmphasis,
      signalPreEmphasis: signalPreEmphasis ?? 0,
    }));
}

/** Heads of a guess, framed and completed, the closest first. */
export function completed(scored: Scored, task: SearchTask, by: Completion): Completed[] {
  const { guess } = scored;
  const list = ranked(scored, task, by.powers);
  const near = list.filter((r) => r.off <= 1.01 * list[0].off + 1e-12).sort((a, b) => a.order - b.order);
  const found: Completed[] = [];
  for (const { head } of near.slice(0, 1))
    for (const own of energiesOf(task, head))
      for (const offset of guess.magnitude ? unique([guess.under, 0, 1e-9, 1e-6]) : [0])
        if (!found.some((f) => f.residual < 1e-6) && (found.length === 0 || !by.stop()))
          found.push(
            completedHead(
              offset === (own.magnitudeOffset ?? 0) ? own : { ...own, magnitudeOffset: offset },
              guess,
              task,
              by,
            ),
          );
  return found.sort((a, b) => a.residual - b.residual);
}
