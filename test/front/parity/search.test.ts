/** Parts of the search: deltas and normalisations that features show, energies behind PCEN, banks by the middles of their triangles. */
import { describe, expect, it } from 'vitest';
import { featureHead, features, type HeadConfig } from '../../../src/index.ts';
import type { Example } from '../../../src/front/parity/clips.ts';
import { deltasOf } from '../../../src/front/parity/deltas.ts';
import { endsOf, matchedTo, trianglesOf } from '../../../src/front/parity/match.ts';
import { normalizationOf } from '../../../src/front/parity/normalization.ts';
import { pcenSets, withoutPcen } from '../../../src/front/parity/pcen.ts';
import { Scorer } from '../../../src/front/parity/scorer.ts';
import { seedsOf } from '../../../src/front/parity/seeds.ts';
import { tasks } from '../../../src/front/parity/kinds.ts';
import { begunTasks } from '../../../src/front/parity/turns.ts';
import { gaussian } from '../../helpers.ts';

const rate = 16000;

/** Noise with a rhythm, and what a head makes of it, as float32 keeps it. */
function exampleOf(head: HeadConfig, seed: number): Example {
  const samples = gaussian(rate, seed).map((v, i) => 0.2 * v * (0.02 + Math.sin((14 * i) / rate) ** 2));
  const { data, frames } = features(head, { dtype: 'f64' }).run(samples);
  return { samples, frames, values: Float64Array.from(Float32Array.from(data)) };
}

const examplesOf = (head: HeadConfig): Example[] => [3, 4, 5].map((seed) => exampleOf(head, seed));

describe('deltas', () => {
  it.each([
    { kind: 'librosa', order: 2, width: 9 },
    { kind: 'kaldi', order: 1, width: 5 },
    { kind: 'torchaudio', order: 2, width: 5 },
  ] as const)('%o are seen, whatever affine map stands behind them', (deltas) => {
    const head = featureHead('papilio', { deltas, affine: { multiply: 0.3, add: 1 } });
    const list = examplesOf(head);
    const found = deltasOf(list, 40 * (1 + deltas.order));
    expect(found.deltas).toEqual(deltas);
    expect(found.width).toBe(40);
    expect(found.list[1].values[41]).toBe(list[1].values[40 * (1 + deltas.order) + 1]);
  });

  it('are not seen where there are none', () => {
    expect(deltasOf(examplesOf(featureHead()), 40)).toMatchObject({ deltas: null, width: 40 });
  });
});

describe('a normalisation', () => {
  const of = (head: HeadConfig) => normalizationOf(examplesOf(head), 40);
  const normalize = { mean: true, deviation: true, ddof: 1, offset: 1e-8, varianceOffset: 0 } as const;

  it('is seen by equal means and deviations, an affine map behind it', () => {
    const head = featureHead('papilio', {
      normalize: { ...normalize, over: 'feature' },
      affine: { multiply: 0.05, add: -1.5 },
    });
    expect(of(head)).toMatchObject({ mean: true, deviation: true, ddof: 1, over: 'feature' });
    const means = featureHead('papilio', {
      normalize: { ...normalize, ddof: 0, deviation: false, over: 'feature' },
    });
    expect(of(means)).toMatchObject({ mean: true, deviation: false, over: 'feature' });
    expect(of(featureHead('papilio', { normalize: { ...normalize, over: 'clip' } }))).toMatchObject({
      over: 'clip',
      deviation: true,
    });
  });

  it('is none of features as they are', () => expect(of(featureHead())).toBe(null));
});

it('PCEN is undone: energies come back, whatever the numbers', () => {
  const plain = examplesOf(featureHead('papilio', { log: null }));
  for (const pcen of pcenSets(rate, 160).slice(0, 3)) {
    const list = examplesOf(featureHead('papilio', { log: null, pcen }));
    const [, undone] = withoutPcen(list, pcen) as Example[];
    const most = plain[1].values.reduce((a, b) => Math.max(a, b), 0);
    undone.values.forEach((e, i) => expect(Math.abs(e - plain[1].values[i])).toBeLessThan(1e-3 * most));
  }
});

describe('seeds', () => {
  const head = featureHead('papilio', {
    bank: { fMin: 125, fMax: 5000, scale: 'htk', norm: 'none' },
    hop: 200,
  });
  const task = {
    examples: examplesOf(head),
    width: 40,
    rate,
    behind: { isCepstrum: false, isLinear: false },
    bands: 40,
    hasEnergy: false,
    pcen: null,
  };

  it('the best triangle of each band tells the ends of a bank', () => {
    const scorer = new Scorer(task);
    const [{ guess }] = seedsOf(scorer, task, 200);
    expect(guess.hop).toBe(200);
    const matched = matchedTo(
      scorer.lab,
      guess,
      scorer.sampling(200, false),
      task.behind,
      trianglesOf(rate, guess.nFft, 40, 160),
      Array.from({ length: 40 }, (_, m) => m),
    );
    const ends = endsOf(matched, 'htk', 40);
    expect(ends?.fMin).toBeGreaterThan(60);
    expect(ends?.fMin).toBeLessThan(190);
    expect(Math.abs((ends?.fMax ?? 0) - 5000)).toBeLessThan(300);
  });

  it('a preset with another bank is among them, and leaves nothing', () => {
    const own = { ...task, examples: examplesOf(featureHead('kaldi')), width: 23, bands: 23 };
    const [{ guess, residual }] = seedsOf(new Scorer(own), own, 160);
    expect(residual).toBeLessThan(1e-11);
    expect(guess).toMatchObject({ window: 'povey', emphasis: 0.97, fMin: 20, nFft: 512, length: 400 });
  });
});

it('coefficients are told from bands though the first of them is most of the variance', () => {
  const head = featureHead('papilio', {
    nFft: 512,
    bank: { bands: 60, fMin: 64, scale: 'kaldi', norm: 'none' },
    cepstrum: { count: 18, norm: 'htk', lifter: null },
  });
  const [
    {
      begun: { task },
    },
  ] = begunTasks(tasks(examplesOf(head), 18, rate), [160], () => false);
  expect(task.behind).toEqual({ isCepstrum: true, isLinear: false });
});

it('a normalisation is undone before other kinds of features are begun', () => {
  const pcen = { smoothing: 0.1, gain: 0.5, bias: 2, power: 0.5, epsilon: 1e-6, initial: 'first' } as const;
  const head = featureHead('papilio', {
    nFft: 512,
    bank: { bands: 40, fMin: 60, fMax: 7600, scale: 'kaldi', norm: 'none' },
    log: null,
    pcen,
  });
  const [first, ...others] = begunTasks(tasks(examplesOf(head), 40, rate), [160], () => false);
  expect(others).toEqual([]);
  expect(first.begun.task).toMatchObject({ bands: 40, hasEnergy: false, pcen });
});
