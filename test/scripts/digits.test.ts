/** What npm run digits does between the corpus and its table: clips, what a classifier reads, the classifier, its scores. */
import { describe, expect, it } from 'vitest';
import { gaussian } from '../helpers.ts';
import { decide, trainClassifier } from '../../scripts/digits/classifier.ts';
import { shareOf, tallies } from '../../scripts/digits/scores.ts';
import { clipOf, pooled } from '../../scripts/digits/words.ts';

const power = (x: Float64Array): number => x.reduce((a, b) => a + b * b, 0) / x.length;

describe('clips', () => {
  const spoken = gaussian(8000, 1).map((x) => 0.05 * x);
  const noise = gaussian(3000, 2);
  const still = { gain: 1, shift: 0 };
  it('hold the word between margins, in noise of the ratio asked for', () => {
    const clean = clipOf(spoken, { ...still, snr: Infinity }, noise, 0);
    expect(clean.length).toBe(9600);
    expect(clean.slice(800, 8800)).toEqual(spoken);
    expect(power(clean.slice(0, 800))).toBe(0);
    const noisy = clipOf(spoken, { ...still, snr: 10 }, noise, 0.9);
    const under = noisy.map((x, i) => x - clean[i]);
    expect(power(spoken) / power(under)).toBeCloseTo(10, 6);
  });
  it('move in their margins, change level, and never leave [-1, 1]', () => {
    const late = clipOf(spoken, { gain: 0.5, shift: 1, snr: Infinity }, noise, 0);
    expect(late[1600]).toBeCloseTo(0.5 * spoken[0], 12);
    const loud = clipOf(spoken, { gain: 100, shift: 0, snr: Infinity }, noise, 0);
    expect(Math.max(...loud.map(Math.abs))).toBeCloseTo(1, 12);
  });
});

describe('pooled features', () => {
  it('are means over equal stretches of time, free of the level and cut off 50 dB down', () => {
    // Three frames of two bands in two stretches: the middle frame is half in each.
    const features = [0, 1, 2, 3, 4, 5];
    const found = pooled(features, 2, 2);
    const means = [(0 + 0.5 * 2) / 1.5, (1 + 0.5 * 3) / 1.5, (0.5 * 2 + 4) / 1.5, (0.5 * 3 + 5) / 1.5];
    const middle = means.reduce((a, b) => a + b, 0) / 4;
    means.forEach((m, i) => expect(found[i]).toBeCloseTo(m - middle, 6));
    const louder = pooled(
      features.map((x) => x + 3),
      2,
      2,
    );
    louder.forEach((x, i) => expect(x).toBeCloseTo(found[i], 6));
    expect([...pooled([0, -5], 2, 1)]).toEqual([...pooled([0, -900], 2, 1)]);
  });
});

describe('the classifier', () => {
  it('learns what no plane separates, and says the same by `decide`', async () => {
    const points = gaussian(1200, 4);
    const vectors = Array.from({ length: 600 }, (_, i) =>
      Float32Array.of(points[2 * i], 5 + points[2 * i + 1]),
    );
    const labels = vectors.map(([x, y]) => (x * (y - 5) > 0 ? 1 : 0));
    const recipe = { hidden: 16, classes: 2, batch: 32, learningRate: 0.02, decay: 1e-4, seed: 2 };
    const share = async (steps: number): Promise<number> => {
      const known = { vectors: vectors.slice(0, 400), labels: labels.slice(0, 400) };
      const classifier = await trainClassifier(known, { ...recipe, steps });
      return vectors.slice(400).filter((v, i) => decide(classifier, v) === labels[400 + i]).length / 200;
    };
    expect(await share(1)).toBeLessThan(0.8);
    expect(await share(400)).toBeGreaterThan(0.93);
  });
});

describe('scores', () => {
  it('are counted by speaker, with the error of a jackknife over speakers', () => {
    const list = tallies(
      ['a', 'a', 'b', 'b', 'c', 'c', 'd'],
      (i) => i < 6,
      (i) => (i < 3 ? 1 : 0),
    );
    expect(list).toEqual([
      { right: 2, count: 2 },
      { right: 1, count: 2 },
      { right: 0, count: 2 },
    ]);
    const { mean, standardError } = shareOf(list);
    expect(mean).toBe(0.5);
    // Of equal counts: the standard error of the mean of 1, 1/2, 0.
    expect(standardError).toBeCloseTo(0.5 / Math.sqrt(3), 12);
  });
});
