/** Errors around peaks, and errors of peaks read off a spectrum. */
import { describe, expect, it } from 'vitest';
import { errorWeights, peakErrors, peaksOf } from '../../src/front/error-places.ts';
import { frameSet } from '../../src/front/corpus.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { headWidth } from '../../src/spectral/banks.ts';
import { gaussian } from '../helpers.ts';

const { head } = namedFeature('peaks', 64);
/** Levels [33] on ground -8 with parabolic peaks of height 3 at the given positions. */
const levels = (...at: number[]): Float64Array =>
  Float64Array.from({ length: 33 }, (_, k) =>
    Math.max(-8 - 0.01 * (k % 2), ...at.map((p) => -5 - 0.5 * (k - p) ** 2)),
  );

describe('errorWeights', () => {
  it('are one within three bins of peaks, and everywhere if asked', () => {
    const weights = errorWeights('peaks', head, levels(10));
    expect([...weights.keys()].filter((k) => weights[k] === 1)).toEqual([7, 8, 9, 10, 11, 12, 13]);
    expect(errorWeights('everywhere', head, levels(10))).toEqual(new Float64Array(headWidth(head)).fill(1));
    expect((errorWeights('peaks', head, levels()) as Float64Array).every((w) => w === 0)).toBe(true);
  });
  it('end at the ends of the spectrum', () => {
    const weights = errorWeights('peaks', head, levels(2));
    expect([...weights.keys()].filter((k) => weights[k] === 1)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('peakErrors', () => {
  it('state frequency and level errors of matched peaks apart', () => {
    const exact = levels(10, 20);
    const own = levels(10.25, 20).map((x) => x + 0.01);
    const errors = peakErrors(head, [own], [exact], 33);
    expect([errors.peaks, errors.missed, errors.extra]).toEqual([2, 0, 0]);
    // A quarter of a bin of 250 Hz, of one of two peaks; 0.01 in log10 is 0.1 dB.
    expect(errors.frequency?.mean).toBeCloseTo((0.25 * 250) / 2, 6);
    expect(errors.frequency?.p95).toBeCloseTo(0.25 * 250, 6);
    expect(errors.level?.mean).toBeCloseTo(0.1, 6);
  });
  it('count what is missed and what is not there, and match one to one', () => {
    const gone = peakErrors(head, [levels()], [levels(10, 20)], 33);
    expect([gone.peaks, gone.missed, gone.extra, gone.frequency]).toEqual([2, 2, 0, null]);
    const more = peakErrors(head, [levels(5, 10, 30)], [levels(10)], 33);
    expect([more.peaks, more.missed, more.extra]).toEqual([1, 0, 2]);
    const far = peakErrors(head, [levels(14)], [levels(10)], 33);
    expect([far.missed, far.extra]).toEqual([1, 1]);
    expect(peaksOf(head, levels(6, 25)).map((p) => p.index)).toEqual([6, 25]);
  });
  it('take results one by one', () => {
    const two = Float64Array.from([...levels(10), ...levels(20)]);
    expect(peakErrors(head, [two], [two], 33)).toMatchObject({ peaks: 2, missed: 0, extra: 0 });
  });
});

describe('frame sets of peaks', () => {
  it('weigh only bins near peaks of their own results; without any peak there is nothing to train on', () => {
    const tone = Float64Array.from({ length: 40000 }, (_, i) => 0.3 * Math.sin(i * 0.9));
    const hum = gaussian(40000, 1).map((x) => 1e-3 * x);
    const set = frameSet([{ name: 'tone', samples: tone.map((x, i) => x + hum[i]) }], head, 16, 0, 'peaks');
    const { weights, lanes } = set;
    const bin = Math.round((0.9 / (2 * Math.PI)) * 64);
    for (let lane = 0; lane < lanes; lane++) expect(weights[bin * lanes + lane]).toBe(1);
    expect((weights as Float64Array).reduce((a, b) => a + b, 0)).toBeLessThan(33 * lanes);
    const ramp = new Float64Array(40000);
    ramp[20000] = 1;
    expect(() => frameSet([{ name: 'click', samples: ramp }], head, 16, 0, 'peaks')).toThrow(/peak/);
  });
});
