/** Heads whose windows begin where those of a guess do, and that give as many frames as the features have. */
import { axisOf } from '../../numeric/mel.ts';
import { paddingModes } from '../../numeric/padding.ts';
import { headFrames, samplesBefore, type HeadConfig } from '../../spectral/head.ts';
import { featureHead } from '../../spectral/presets.ts';
import { validateHead } from '../../spectral/validate.ts';
import { orElse } from './apply.ts';
import type { Example } from './clips.ts';
import type { Guess } from './guess.ts';

/** The head of a guess, framing and levels still to be found. */
export const headOfGuess = (guess: Guess, rate: number): HeadConfig => ({
  ...featureHead(),
  sampleRate: rate,
  nFft: guess.nFft,
  windowLength: guess.length === guess.nFft ? null : guess.length,
  hop: guess.hop,
  window: guess.window,
  windowKind: guess.kind,
  ...(guess.perFrame || guess.emphasis === 0 ? {} : { signalPreEmphasis: guess.emphasis }),
  placement: guess.wide ? 'centered' : 'start',
  detrend: guess.detrend,
  preEmphasis: guess.perFrame ? guess.emphasis : 0,
  spectrum: guess.magnitude ? 'magnitude' : 'power',
  ...(guess.magnitude && guess.under > 0 ? { magnitudeOffset: guess.under } : {}),
  bank:
    guess.bands === 0
      ? null
      : {
          kind: 'mel',
          bands: guess.bands,
          fMin: guess.fMin,
          fMax: guess.fMax === rate / 2 ? null : guess.fMax,
          scale: guess.scale,
          norm: guess.norm,
          ...(guess.energy === 'none' ? {} : { energy: guess.energy }),
          ...(guess.axis === axisOf({ scale: guess.scale }) ? {} : { axis: guess.axis }),
        },
  log: null,
});

/** Where the window of frame 0 begins. */
export const startOf = (head: HeadConfig): number =>
  (head.placement === 'centered' ? Math.floor((head.nFft - (head.windowLength ?? head.nFft)) / 2) : 0) -
  samplesBefore(head);

const hasCounts = (head: HeadConfig, examples: readonly Example[]): boolean =>
  examples.every(({ samples, frames }) => headFrames(head, samples.length) === frames);

/** Lengths that all clips may have been brought to: none, or what makes so many frames. */
function fitsOf(head: HeadConfig, examples: readonly Example[]): (number | null)[] {
  const [{ frames }] = examples;
  if (examples.some((e) => e.frames !== frames)) return [null];
  const whole = frames * head.hop;
  // Clips are brought to whole tenths of seconds.
  const tenth = head.sampleRate / 10;
  const near = [0, 1, 2, 3].map((i) => Math.round((Math.floor(whole / tenth) + i) * tenth));
  return [null, ...new Set([whole, whole - head.hop, whole - 1, whole + head.hop, ...near])].filter(
    (n) => n === null || n > 0,
  );
}

/** Padding before and behind that gives the counts of frames: as much on both sides, else the least behind. */
function ownPaddings(head: HeadConfig, start: number, examples: readonly Example[]): HeadConfig[] {
  const place = startOf({ ...head, framing: 'inside' });
  const before = place - start;
  if (before < 0 || before > 2 ** 20) return [];
  const list = [before, 0, ...Array.from({ length: 2 * head.nFft + head.hop }, (_, i) => i)].map(
    (after): HeadConfig => ({ ...head, framing: { before, after } }),
  );
  const found = list.find((h) => hasCounts(h, examples));
  return found ? [found] : [];
}

/** All of them, usual framings first. A head whose frames have trends and emphases of their own keeps its placement. */
export function framings(base: HeadConfig, start: number, examples: readonly Example[]): HeadConfig[] {
  const framed = base.preEmphasis !== 0 || base.detrend !== 'none';
  const isFull = base.windowLength === null;
  const places = isFull ? (['start'] as const) : framed ? [base.placement] : (['centered', 'start'] as const);
  const kinds = ['inside', 'centered', 'midpoints', 'padded-end', 'padded-last'] as const;
  const shapes = places.flatMap((place) =>
    [false, true].flatMap((dropLast) => {
      const placement = isFull && !framed ? ('centered' as const) : place;
      const head: HeadConfig = { ...base, placement, dropLast };
      return fitsOf(head, examples).map((fit): HeadConfig => ({ ...head, fit }));
    }),
  );
  const named = shapes.flatMap((head) =>
    kinds
      .map((framing): HeadConfig => ({ ...head, framing }))
      .filter((h) => startOf(h) === start && hasCounts(h, examples)),
  );
  const own = shapes.filter((h) => !h.dropLast).flatMap((head) => ownPaddings(head, start, examples));
  const found = [...named, ...own];
  const padded = found.flatMap((head) => {
    const isPadded =
      head.framing !== 'inside' && head.framing !== 'padded-end' && head.framing !== 'padded-last';
    return (isPadded ? paddingModes : (['constant'] as const)).map((padding): HeadConfig => ({
      ...head,
      padding,
    }));
  });
  return padded.filter((head) => orElse(() => (validateHead(head), true), false));
}
