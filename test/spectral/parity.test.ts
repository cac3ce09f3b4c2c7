/** Heads against the libraries that define them: test/fixtures/parity, written by scripts/parity. */
import { describe, expect, it } from 'vitest';
import { features } from '../../src/plans/features.ts';
import type { HeadConfig } from '../../src/spectral/head.ts';
import { featureHead, type HeadOverrides, type PresetName } from '../../src/spectral/presets.ts';
import { kept, manifest, parityTensors } from '../parity.ts';

const tensors = parityTensors();
const { heads } = manifest();
const signal = (name: string): Float64Array => Float64Array.from(tensors.get(`signal/${name}`)?.data ?? []);
const headOf = (name: string): HeadConfig =>
  featureHead(heads[name].preset as PresetName, heads[name].overrides as HeadOverrides);

const largest = (x: ArrayLike<number>): number =>
  Float64Array.from(x).reduce((m, v) => Math.max(m, Math.abs(v)), 0);

describe('parity in float64', () => {
  it('covers every signal but those that a library refuses', () => {
    expect(Object.keys(heads).length).toBeGreaterThanOrEqual(15);
    for (const { signals } of Object.values(heads)) expect(signals.length).toBeGreaterThanOrEqual(7);
  });

  for (const [name, { signals, step }] of Object.entries(heads))
    it(`${name}: relative 1e-8 to the original in float64`, () => {
      const head = headOf(name);
      const extractor = features(head, { dtype: 'f64' });
      for (const s of signals) {
        const expected = tensors.get(`${name}/${s}`);
        if (!expected) throw new Error(`no ${name}/${s}`);
        const own = extractor.run(signal(s));
        const actual = kept(own.data, own.width, step);
        expect([actual.length / own.width, own.width], s).toEqual(expected.shape);
        // Levels are relative to 1: a logarithm near 0 is the logarithm of a number near 1. Cepstra are sums of such levels.
        // Energies near the rounding of the transform, eps of the largest amplitude, carry that.
        const top = largest(expected.data);
        const power = head.spectrum === 'power' ? 2 : 1;
        const noise = (v: number): number =>
          head.log ? 0 : power * 2 ** -49 * Math.abs(v) ** (1 - 1 / power) * top ** (1 / power);
        actual.forEach((v, i) => {
          const e = expected.data[i];
          const scale = head.log ? Math.max(1, Math.abs(e)) : Math.abs(e);
          expect(Math.abs(v - e), `${s} ${i}: ${v} against ${e}`).toBeLessThanOrEqual(
            1e-8 * scale + noise(e),
          );
        });
      }
      extractor.dispose();
    });
});

describe('parity in float32', () => {
  for (const name of ['whisper-80', 'whisper-128'])
    it(`${name}: 1e-4 everywhere, to float64 and to the float32 original as it is`, () => {
      const extractor = features(headOf(name));
      for (const s of heads[name].signals) {
        const own = extractor.run(signal(s));
        const actual = kept(own.data, own.width, heads[name].step);
        for (const reference of [`${name}/${s}`, `${name}/as-is/${s}`]) {
          const expected = tensors.get(reference)?.data ?? [];
          expect(expected.length).toBe(actual.length);
          expect(largest(actual.map((v, i) => v - expected[i])), reference).toBeLessThanOrEqual(1e-4);
        }
      }
    });

  it('log-mel: 1e-4 in log10 above 1e-7 of the largest band, below it 3e-12 of the energy of the frame', () => {
    // Below: |difference| = 2 sqrt(E_band) |noise|; with E_band < 1e-7 of the frame's and a float32 window and transform of 9 stages,
    // noise 0.3 eps32 sqrt(10 / n) sqrt(E) per bin and up to 16 bins per band: 2 3.2e-4 (0.3 1.2e-7 sqrt(160 / 512)) = 1.3e-11 at worst,
    // 2.7e-12 measured (torchaudio, music).
    for (const [name, { signals }] of Object.entries(heads)) {
      const head = headOf(name);
      if (head.bank?.kind !== 'mel' || head.cepstrum || head.spectrum !== 'power') continue;
      const linear = { ...head, log: null, affine: null };
      const level = featureHead('papilio', {
        ...linear,
        log: { kind: 'log10', floor: 1e-45 },
      } as HeadOverrides);
      const [own, exact] = [features(level), features(linear, { dtype: 'f64' })];
      const spectra = features({ ...linear, bank: null }, { dtype: 'f64' });
      for (const s of signals) {
        const x = signal(s);
        const [actual, bands, power] = [own.run(x), exact.run(x), spectra.run(x)];
        for (let f = 0; f < bands.frames; f++) {
          const row = bands.data.subarray(f * bands.width, (f + 1) * bands.width);
          const energy = Float64Array.from(
            power.data.subarray(f * power.width, (f + 1) * power.width),
          ).reduce((a, b) => a + 2 * b, 0);
          const top = largest(row);
          const wrong = [...row.keys()].filter((i) => {
            const [e, log] = [row[i], actual.data[f * bands.width + i]];
            return e > 1e-7 * top
              ? !(Math.abs(log - Math.log10(e)) <= 1e-4)
              : !(Math.abs(10 ** log - e) <= 3e-12 * energy + 1e-44);
          });
          expect(wrong, `bands of ${name} ${s} frame ${f}`).toEqual([]);
        }
      }
      for (const e of [own, exact, spectra]) e.dispose();
    }
  });

  it('MFCC: 5e-4 before the lifter', () => {
    for (const [name, { signals }] of Object.entries(heads)) {
      const head = headOf(name);
      if (!head.cepstrum) continue;
      const plain: HeadConfig = { ...head, cepstrum: { ...head.cepstrum, lifter: null } };
      const [own, exact] = [features(plain), features(plain, { dtype: 'f64' })];
      for (const s of signals) {
        // Without a floor that counts, a pure tone has bands that hold nothing but the rounding of float32.
        if (s === 'tone' && head.log?.kind === 'ln') continue;
        const [a, b] = [own.run(signal(s)).data, exact.run(signal(s)).data];
        expect(largest(Float64Array.from(a, (v, i) => v - b[i])), `${name} ${s}`).toBeLessThanOrEqual(5e-4);
      }
    }
  });
});

describe('descriptors', () => {
  it('are librosa’s, and flux as defined', () => {
    const head = featureHead('papilio', {
      windowLength: null,
      spectrum: 'magnitude',
      log: null,
      bank: { kind: 'descriptors', names: ['centroid', 'rolloff', 'flatness', 'flux'], rolloff: 0.85 },
    });
    const extractor = features(head, { dtype: 'f64' });
    for (const s of ['speech', 'music', 'noise', 'silence']) {
      const expected = tensors.get(`descriptors/${s}`);
      const own = extractor.run(signal(s));
      expect([own.frames, own.width]).toEqual(expected?.shape);
      own.data.forEach((v, i) => {
        const e = expected?.data[i] ?? NaN;
        expect(Math.abs(v - e), `${s} ${i}`).toBeLessThanOrEqual(1e-8 * Math.abs(e) + 1e-12);
      });
    }
  });
});
