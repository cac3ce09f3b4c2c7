/** Heads of trained front ends: every named feature of the exact model is the head's own, and what cannot be trained is refused. */
import { bandCorners, bandsOf, headWidth } from '../../src/spectral/banks.ts';
import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { features } from '../../src/plans/features.ts';
import type { HeadConfig } from '../../src/spectral/head.ts';
import { featureHead, presetNames } from '../../src/spectral/presets.ts';
import { isPresetName, namedFeature, thirdOctaves } from '../../src/front/feature-names.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import {
  averagedFrames,
  framingOf,
  cepstraOf,
  floorFeatures,
  requireTrainable,
  resultCount,
  resultWeights,
  trainingHead,
} from '../../src/front/spectral-head.ts';
import { exactFrontEnd } from '../../src/front/front-end.ts';
import { enumerateAll, fittedBank, Measurements, structureModel } from '../../src/prune/structure-models.ts';
import { decodeFrontEnd, encodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { featureError, frameSet } from '../../src/front/corpus.ts';
import { gaussian } from '../helpers.ts';

const names = ['log-mel-20', 'mfcc-13', 'spectrum', 'welch', 'third-octaves', 'peaks'];

describe('exact front ends', () => {
  for (const name of names)
    it(`${name}: the float64 model is the head, clip by clip`, () => {
      const { head } = namedFeature(name, 128);
      const front = compileFrontEnd(exactFrontEnd(head), wasmBackend, 'f64');
      const reference = features(head, { dtype: 'f64' });
      const samples = gaussian(2 * framingOf(head).nFft + 1000, 7).map((x) => 0.1 * x);
      const own = front.features(samples);
      const { width } = reference;
      expect(own.length).toBe(resultCount(head, samples.length) * width);
      for (let r = 0; r < Math.min(3, own.length / width); r++) {
        const at = r * framingOf(head).hop;
        const { data } = reference.run(samples.subarray(at, at + framingOf(head).nFft));
        // Two float64 sums of up to 2^14 terms in other orders, 2^14 eps relative, in log10; cepstra add 40 of them.
        for (let i = 0; i < width; i++)
          expect(Math.abs(own[r * width + i] - data[i]), `${r} ${i}`).toBeLessThan(1e-10);
      }
    });

  it('float32 models of averages stay near float64, and silence is the floor', () => {
    const { head } = namedFeature('welch', 64);
    const [f32, f64] = (['f32', 'f64'] as const).map((dtype) =>
      compileFrontEnd(exactFrontEnd(head), wasmBackend, dtype),
    );
    const x = gaussian(framingOf(head).nFft, 3);
    const [a, b] = [f32.features(x), f64.features(x)];
    a.forEach((v, i) => expect(Math.abs(v - b[i])).toBeLessThan(1e-5));
    const silent = f64.features(new Float64Array(framingOf(head).nFft));
    expect(Array.from(silent)).toEqual(Array.from(floorFeatures(head)));
    expect(() => f64.features(x.subarray(1))).toThrow(/clip|frames/);
  });
});

describe('what is trained on', () => {
  it('has no fit where frames are single, and that of the clip where they are averaged', () => {
    const head = featureHead('papilio', { fit: 16000 });
    const fitOf = (own: HeadConfig) => trainingHead(own, () => 1).fit;
    expect(fitOf(head)).toBeNull();
    expect(fitOf({ ...head, affine: { multiply: 2, add: 0 } })).toBeNull();
    const { head: averaged } = namedFeature('welch', 64);
    expect([fitOf(averaged), averaged.fit]).toEqual([expect.any(Number), fitOf(averaged)]);
    const plain = { ...head, fit: null };
    expect(trainingHead(plain, () => 1)).toBe(plain);
  });
});

describe('results', () => {
  it('of averages follow each other without gaps between frames', () => {
    const { head } = namedFeature('welch', 512);
    expect([averagedFrames(head), framingOf(head).hop, framingOf(head).nFft]).toEqual([
      64,
      64 * 256,
      63 * 256 + 512,
    ]);
    expect(resultCount(head, framingOf(head).nFft - 1)).toBe(0);
    expect(resultCount(head, framingOf(head).nFft + framingOf(head).hop)).toBe(2);
  });

  it('cepstra of levels are a matrix product', () => {
    const { head } = namedFeature('mfcc-3', 128);
    const constant = cepstraOf(head, new Float64Array(40).fill(2), 1);
    expect(constant[0]).toBeCloseTo(2 * Math.sqrt(40), 12);
    expect(Math.abs(constant[1])).toBeLessThan(1e-13);
  });
});

describe('banks', () => {
  it('of single bins are the identity, twice the density inside, and widen by zeros', () => {
    const { head } = namedFeature('welch', 16);
    const { bands, weights } = bandsOf(head, 16);
    expect([...bands.start]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(weights[1] / weights[0]).toBeCloseTo(2, 12);
    expect(weights[8]).toBe(weights[0]);
    const wide = bandsOf(head, 16, 2);
    expect(wide.bands.width).toBe(5);
    expect(wide.weights.filter((w) => w !== 0).length).toBe(9);
  });

  it('of a smaller transform stand at the same frequencies', () => {
    const { head } = namedFeature('welch', 32);
    const { bands, weights } = bandsOf(head, 8);
    for (let k = 0; k <= 16; k++) {
      let [sum, middle] = [0, 0];
      for (let j = 0; j < bands.width; j++) {
        const w = weights[k * bands.width + j];
        sum += w;
        middle += w * (bands.start[k] + j);
      }
      // Doubled and single bins mix at the ends.
      if (k > 4 && k < 12) expect(middle / sum).toBeCloseTo(k / 4, 12);
    }
  });

  it('have corners that rise', () => {
    for (const name of names)
      for (const [low, middle, high] of bandCorners(namedFeature(name, 256).head)) {
        expect(low).toBeLessThan(middle);
        expect(middle).toBeLessThan(high);
      }
  });
});

describe('third octaves', () => {
  it('are a tenth of a decade wide, touch, hold a bin each and include 1 kHz', () => {
    const edges = thirdOctaves(16000, 512);
    edges.forEach(([low, high], i) => {
      expect(high / low).toBeCloseTo(10 ** 0.1, 12);
      if (i > 0) expect(low).toBeCloseTo(edges[i - 1][1], 9);
      expect(Math.ceil(low / 31.25) * 31.25).toBeLessThan(high);
    });
    expect(edges.some(([low, high]) => low < 1000 && high > 1000)).toBe(true);
    expect(edges[edges.length - 1][1]).toBeLessThanOrEqual(8000);
  });
});

describe('refused', () => {
  const head = featureHead('papilio');
  const cases: [string, Partial<HeadConfig>, RegExp][] = [
    ['odd sizes', { nFft: 501 }, /nFft is 501/],
    ['complex spectra', { spectrum: 'complex', bank: null, log: null }, /spectrum is "complex"/],
    ['both sides', { sides: 'two', bank: null }, /sides is "two"/],
    ['cepstra of energies', { log: null, cepstrum: { count: 5, norm: 'ortho', lifter: null } }, /a cepstrum/],
    ['padded clips', { framing: 'centered', average: 'mean' }, /framing is "centered"/],
    ['medians', { average: 'median' }, /average is "median"/],
    ['averages of unknown length', { average: 'mean' }, /fit is null/],
    ['descriptors', { bank: { kind: 'descriptors', names: ['rms'] } as never }, /descriptors|bank/],
  ];
  for (const [what, change, message] of cases)
    it(what, () => {
      const run = (): void => requireTrainable({ ...head, ...change });
      expect(run).toThrow(InvalidArgumentError);
      expect(run).toThrow(message);
    });

  it('presets by name, of their own size and rate', () => {
    for (const name of presetNames.filter(isPresetName))
      expect(namedFeature(name, 64, 8000)).toEqual({ name, head: featureHead(name), places: 'everywhere' });
  });

  it('names that are none, with those that are', () => {
    for (const name of ['', 'mel', 'log-mel', 'welch-3', 'log-mel-0', 'constructor', 'mfcc-41'])
      expect(() => namedFeature(name, 512), name).toThrow(InvalidArgumentError);
    expect(() => namedFeature('log-mel-40', 501)).toThrow(/nFft is 501/);
  });
});

describe('weighted sums', () => {
  const { head } = namedFeature('log-mel-20+0.5*mfcc-13+2*spectrum', 128);

  it('give the results of all their features, one after the other', () => {
    const samples = gaussian(1000, 9).map((x) => 0.2 * x);
    const run = (h: HeadConfig) => compileFrontEnd(exactFrontEnd(h), wasmBackend, 'f64').features(samples);
    const parts = ['log-mel-20', 'mfcc-13', 'spectrum'].map((name) => run(namedFeature(name, 128).head));
    const widths = [20, 13, 65];
    const own = run(head);
    expect(headWidth(head)).toBe(98);
    let at = 0;
    for (let frame = 0; frame < own.length / 98; frame++)
      parts.forEach((part, p) => {
        for (let i = 0; i < widths[p]; i++)
          expect(Math.abs(own[at++] - part[frame * widths[p] + i])).toBeLessThan(1e-10);
      });
  });

  it('weigh errors by feature, whatever their widths, with a mean of one', () => {
    const weights = resultWeights(head);
    const mean = (from: number, to: number): number => weights.slice(from, to).reduce((a, b) => a + b, 0);
    expect(mean(0, 98)).toBeCloseTo(98, 10);
    expect(mean(20, 33) / mean(0, 20)).toBeCloseTo(0.5, 12);
    expect(mean(33, 98) / mean(0, 20)).toBeCloseTo(2, 12);
    const target = new Float64Array(98);
    const recording = [{ name: 'a', samples: target }];
    const off = Float64Array.from({ length: 98 }, (_, i) => (i < 20 ? 0.1 : 0));
    // (1 * 0.1 + 0.5 * 0 + 2 * 0) / 3.5
    expect(featureError(recording, [off], [target], head).mean).toBeCloseTo(0.1 / 3.5, 12);
  });

  it('are models like others: searched, fitted and saved', async () => {
    const x = gaussian(30000, 4).map((v) => 0.1 * v);
    const recordings = [{ name: 'noise', samples: x }];
    const set = frameSet(recordings, head, 64, 0);
    const measured = new Measurements(head, set);
    const [structure] = enumerateAll(head, measured.spectra()).slice(-1);
    const bank = await fittedBank(head, structure, measured.of(structure), 30);
    const { model } = structureModel(head, structure, bank);
    const again = decodeFrontEnd(encodeFrontEnd(model), 'm');
    expect(again.head).toEqual(head);
    const run = (m: typeof model) => compileFrontEnd(m, wasmBackend).features(x);
    expect(run(again)).toEqual(run(model));
  });

  it('are refused for other frames, peaks and factors', () => {
    expect(() => namedFeature('log-mel-20+welch', 128)).toThrow(/other frames/);
    expect(() => namedFeature('welch+peaks', 128)).toThrow(/other frames/);
    for (const name of ['log-mel-20+', '0*welch', '-1*welch', '*welch', 'x*welch', 'Infinity*welch'])
      expect(() => namedFeature(name, 128), name).toThrow(InvalidArgumentError);
    const bad = (also: unknown) => () => requireTrainable({ ...head, also } as HeadConfig);
    for (const also of [
      3,
      [null],
      [{ weight: NaN, bank: null, cepstrum: null }],
      new Array(9).fill(head.also?.[0]),
    ])
      expect(bad(also)).toThrow(InvalidArgumentError);
  });
});
