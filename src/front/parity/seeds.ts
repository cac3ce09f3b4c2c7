/** Where the search begins: presets, and the places and lengths of windows whose triangles follow the features best. */
import { axisOf } from '../../numeric/mel.ts';
import { windowLengthOf } from '../../spectral/head.ts';
import { featureHead, presetNames } from '../../spectral/presets.ts';
import { startOf } from './framing.ts';
import type { Guess } from './guess.ts';
import { endsOf, matchedTo, trianglesOf, type Matched } from './match.ts';
import type { Scored, Scorer, SearchTask } from './scorer.ts';
import { coarseLengths, lows, scales, starts, tops, unique } from './usual.ts';

/** What no seed says otherwise. */
const plain = {
  window: 'hann',
  kind: 'periodic',
  emphasis: 0,
  perFrame: false,
  detrend: 'none',
  wide: false,
  scale: 'slaney',
  axis: 'hz',
  norm: 'none',
  fMin: 0,
  magnitude: false,
  under: 0,
  offset: 0,
} as const satisfies Partial<Guess>;

const energyOf = ({ hasEnergy }: SearchTask): Guess['energy'] => (hasEnergy ? 'bins' : 'none');

/** Presets with sizes as they are, and as long at the rate of the clips, under a hop; with as many bands as there are. */
function presetGuesses(task: SearchTask, hop: number): Guess[] {
  const { rate, bands } = task;
  return presetNames.flatMap((name) => {
    const head = featureHead(name);
    if (head.average !== 'none' || head.detrend === 'linear' || typeof head.window !== 'string') return [];
    if ((head.bank === null) !== (bands === 0)) return [];
    const bank = head.bank?.kind === 'mel' ? head.bank : null;
    const [scale, axis] = bank ? ([bank.scale, axisOf(bank)] as const) : (['slaney', 'hz'] as const);
    const sizes = unique([1, rate / head.sampleRate]);
    return sizes.flatMap((by) => {
      const length = Math.round(windowLengthOf(head) * by);
      const nFft = by === 1 ? head.nFft : Math.max(length, 2 ** Math.ceil(Math.log2(head.nFft * by)));
      const isWide = head.placement === 'centered' && length < nFft;
      const own = startOf({ ...head, nFft, windowLength: length, hop });
      return unique([own, ...starts(nFft, length, hop)]).map((start): Guess => ({
        nFft,
        length,
        hop,
        start,
        window: head.window as Guess['window'],
        kind: head.windowKind,
        emphasis: head.preEmphasis || (head.signalPreEmphasis ?? 0),
        perFrame: head.preEmphasis !== 0,
        detrend: head.detrend,
        wide: isWide && (head.preEmphasis !== 0 || head.detrend !== 'none'),
        magnitude: head.spectrum === 'magnitude',
        under: head.magnitudeOffset ?? 0,
        bands: task.behind.isCepstrum ? Math.max(task.width, bank?.bands ?? bands) : bands,
        scale,
        axis,
        norm: 'none',
        fMin: bank?.fMin ?? 0,
        fMax: Math.min(bank?.fMax ?? rate / 2, rate / 2),
        energy: energyOf(task),
        offset: 0,
      }));
    });
  });
}

/** Windows of usual lengths around places a sixth of their length apart. */
function frameGuesses(task: SearchTask, hop: number): Guess[] {
  const { rate, width, bands } = task;
  const lengths =
    bands === 0
      ? unique([2 * (width - 1), ...coarseLengths(rate)]).filter((n) => n <= 2 * (width - 1))
      : coarseLengths(rate);
  return lengths.flatMap((length) => {
    const nFft = bands === 0 ? 2 * (width - 1) : Math.max(512, 2 ** Math.ceil(Math.log2(length)));
    const step = Math.max(8, Math.round(length / 6));
    const first = -Math.ceil(hop / 2 / step);
    const last = Math.ceil((Math.max(length, nFft) / 2 + hop / 2) / step);
    return Array.from({ length: last - first + 1 }, (_, i): Guess => ({
      ...plain,
      hop,
      length,
      nFft,
      start: (first + i) * step - (length >> 1),
      bands,
      fMax: rate / 2,
      energy: energyOf(task),
    }));
  });
}

/** Banks whose middles were found, with the transforms that windows have. */
function bankGuesses(task: SearchTask, guess: Guess, matched: Matched): Guess[] {
  const { rate } = task;
  const nearest = (list: readonly number[], f: number): number[] =>
    list.toSorted((a, b) => Math.abs(a - f) - Math.abs(b - f)).slice(0, 2);
  const two = 2 ** Math.ceil(Math.log2(guess.length));
  const sizes = unique([guess.length, two, 2 * two]);
  return scales.flatMap(([scale, axis]) => {
    const ends = endsOf(matched, scale, task.bands);
    if (!ends) return [];
    const fMax = Math.min(ends.fMax, rate / 2);
    const all = unique([ends.fMin, ...nearest(lows, ends.fMin)]).flatMap((low) =>
      unique([fMax, ...nearest(tops(rate), fMax)]).map((high) => ({ fMin: low, fMax: high })),
    );
    return all.flatMap((end) => sizes.map((nFft): Guess => ({ ...guess, ...end, scale, axis, nFft })));
  });
}

const cepstralEnds = (rate: number): { fMin: number; fMax: number }[] =>
  [
    [0, rate / 2],
    [20, rate / 2],
    [133.3333, 6855],
    [300, 3700],
    [64, 8000],
  ]
    .filter(([, fMax]) => fMax <= rate / 2)
    .map(([fMin, fMax]) => ({ fMin, fMax }));

/** Frame guesses that are followed by banks. */
const mostFrames = 3;
/** Columns that are matched in the coarse grid. */
const mostColumns = 16;

/** Guesses for features that are bands or their levels. */
function matchedSeeds(scorer: Scorer, task: SearchTask, hop: number): Scored[] {
  const { rate, width, bands, behind } = task;
  const first = Number(task.hasEnergy);
  const all = Array.from({ length: width - first }, (_, m) => m + first);
  const some = all.filter((_, i) => i % Math.ceil(all.length / mostColumns) === 0);
  const trianglesFor = (nFft: number, dense: number) =>
    trianglesOf(rate, nFft, bands, Math.min(320, Math.max(64, Math.round(dense * bands))));
  const grids = new Map<string, ReturnType<typeof trianglesFor>>();
  const match = (guess: Guess, columns: readonly number[], dense: number): Matched => {
    const key = `${guess.nFft} ${dense}`;
    const grid = grids.get(key) ?? trianglesFor(guess.nFft, dense);
    grids.set(key, grid);
    return matchedTo(scorer.lab, guess, scorer.sampling(guess.hop, false), behind, grid, columns);
  };
  const kinds = behind.isLinear ? [false, true] : [false];
  const frames = frameGuesses(task, hop)
    .flatMap((guess) => kinds.map((magnitude): Guess => ({ ...guess, magnitude })))
    .map((guess) => ({ guess, residual: match(guess, some, 1).residual }))
    .sort((a, b) => a.residual - b.residual);
  return frames.slice(0, mostFrames).flatMap(({ guess }) =>
    bankGuesses(task, guess, shifted(match(guess, all, 3), first))
      .map((g): Scored => ({ guess: g, residual: scorer.residual(g, false) }))
      .sort((a, b) => a.residual - b.residual)
      .slice(0, 3),
  );
}

const shifted = (matched: Matched, by: number): Matched => ({
  ...matched,
  columns: matched.columns.map((c) => ({ ...c, column: c.column - by })),
});

/** Guesses for cepstra and single bins, whose banks are not seen band by band. */
function griddedSeeds(scorer: Scorer, task: SearchTask, hop: number): Scored[] {
  const ends = task.bands === 0 ? [{ fMin: 0, fMax: task.rate / 2 }] : cepstralEnds(task.rate);
  const banks = task.bands === 0 ? [scales[0]] : [scales[0], scales[2]];
  return frameGuesses(task, hop)
    .flatMap((guess) =>
      banks.flatMap(([scale, axis]) =>
        ends.flatMap((end) =>
          [false, true].map((magnitude): Guess => ({ ...guess, ...end, scale, axis, magnitude })),
        ),
      ),
    )
    .map((guess): Scored => ({ guess, residual: scorer.residual(guess, false) }));
}

/** Guesses to begin with, the best first, those of few windows alike. */
export function seedsOf(scorer: Scorer, task: SearchTask, hop: number): Scored[] {
  const presets = presetGuesses(task, hop).map((guess): Scored => ({
    guess,
    residual: scorer.residual(guess, false),
  }));
  const isBand = task.bands > 0 && !task.behind.isCepstrum;
  const others = isBand ? matchedSeeds(scorer, task, hop) : griddedSeeds(scorer, task, hop);
  const ordered = [...presets, ...others]
    .filter((s) => Number.isFinite(s.residual))
    .sort((a, b) => a.residual - b.residual);
  const counts = new Map<string, number>();
  return ordered.filter(({ guess: { hop, length, nFft } }) => {
    const key = `${hop} ${length} ${nFft}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return (counts.get(key) as number) <= 2;
  });
}
