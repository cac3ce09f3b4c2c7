/** Splits never share a recording; excluded frames are counted. */
import { featureHead } from '../../src/spectral/presets.ts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import {
  exactFeatures,
  featureError,
  frameSet,
  framesOfSet,
  splitRecordings,
  type Recording,
} from '../../src/front/corpus.ts';
import { gaussian } from '../helpers.ts';

const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } });
const recording = (name: string, length: number, stream = 1): Recording => ({
  name,
  samples: gaussian(length, stream).map((x) => 0.1 * x),
});

describe('splits', () => {
  it('put every recording in exactly one part, whatever the order given', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 30 }), fc.nat(1000), (count, seed) => {
        const all = Array.from({ length: count }, (_, i) => recording(`r${i}`, 100));
        const split = splitRecordings(all, seed, head);
        const names = [...split.train, ...split.validation, ...split.test].map((r) => r.name);
        expect(names.length).toBe(count);
        expect(new Set(names).size).toBe(count);
        for (const part of [split.train, split.validation, split.test])
          expect(part.length).toBeGreaterThan(0);
        expect(splitRecordings([...all].reverse(), seed, head)).toEqual(split);
      }),
      { numRuns: 30 },
    );
  });

  it('cut one or two recordings by time, with a guard between', () => {
    const one = recording('a', 3000);
    const { train, validation, test } = splitRecordings([one], 1, head);
    const length = train[0].samples.length + validation[0].samples.length + test[0].samples.length;
    expect(3000 - length).toBe(2 * head.nFft);
    expect(train[0].samples[1799]).toBe(one.samples[1799]);
    expect(validation[0].samples[0]).toBe(one.samples[1800 + 64]);
    expect(() => splitRecordings([recording('a', 200)], 1, head)).toThrow(InvalidArgumentError);
    expect(() => splitRecordings([], 1, head)).toThrow(InvalidArgumentError);
  });
});

describe('feature error', () => {
  it('excludes and counts frames wholly on the floor', () => {
    const target = Float64Array.from({ length: 3 * 8 }, (_, i) => (i < 8 ? -10 : -2));
    const own = target.map((x, i) => x + (i < 8 ? 5 : 0.1));
    const error = featureError([recording('a', 160)], [own], [target], head);
    expect(error.mean).toBeCloseTo(0.1, 12);
    expect(error.p95).toBeCloseTo(0.1, 12);
    expect(error.recordings[0]).toMatchObject({ frames: 3, excludedFrames: 1 });
    expect(error.perBand.length).toBe(8);
  });
  it('frames without sound count for nothing: a clip that is filled up has the error of its sound', () => {
    const whisper = featureHead('whisper', { fit: 32000 });
    const clips = [recording('a', 8000)];
    const [wanted] = exactFeatures(whisper, clips);
    const width = 80;
    const sounding = Math.ceil((8000 + 200) / 160);
    // Behind the sound both are at the range below the largest.
    const own = Float64Array.from(wanted, (x, i) => (i < sounding * width ? x + 0.05 : x));
    const error = featureError(clips, [own], [wanted], whisper);
    expect(error.mean).toBeCloseTo(0.05 * 4, 9);
    expect(error.recordings[0].frames).toBe(200);
    expect(error.recordings[0].excludedFrames).toBe(200 - sounding);
  });
  it('so does silence within one, so far below the largest as the range', () => {
    const ranged = featureHead('librosa');
    const [{ samples }] = [recording('a', 44100)];
    const clips = [{ name: 'a', samples: samples.map((x, i) => (i < 22050 ? x : 0)) }];
    const [wanted] = exactFeatures(ranged, clips);
    const error = featureError(clips, [wanted.map((x) => x + 1)], [wanted], ranged);
    const { frames, excludedFrames } = error.recordings[0];
    expect(excludedFrames).toBeGreaterThan(frames / 2 - 5);
    expect(excludedFrames).toBeLessThan(frames / 2);
  });
  it('frame sets hold whole frames and their targets', () => {
    const set = frameSet([recording('a', 2000)], head, 16, 1);
    expect([set.lanes, framesOfSet(set, head).length, set.targets.length]).toEqual([16, 64 * 16, 8 * 16]);
    expect(() => frameSet([{ name: 'silent', samples: new Float64Array(2000) }], head, 16, 1)).toThrow(
      /silent/,
    );
  });
});
