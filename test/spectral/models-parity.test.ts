/** Front ends of speech and sound models, and single options, against their originals: test/fixtures/parity/models.*. */
import { describe, expect, it } from 'vitest';
import { features } from '../../src/plans/features.ts';
import { stream } from '../../src/plans/streams.ts';
import { levelOf } from '../../src/spectral/features.ts';
import { needsClip, type HeadConfig } from '../../src/spectral/head.ts';
import { featureHead, presetNames, type HeadOverrides, type PresetName } from '../../src/spectral/presets.ts';
import { kept, modelCases, modelTensors, parityTensors } from '../parity.ts';

const [originals, tensors] = [parityTensors(), modelTensors()];
const cases = Object.entries(modelCases());
const signal = (name: string): Float64Array => Float64Array.from(originals.get(`signal/${name}`)?.data ?? []);
const largest = (x: ArrayLike<number>): number =>
  Float64Array.from(x).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const headOf = ({ preset, overrides }: { preset: string; overrides: object }): HeadConfig =>
  featureHead(preset as PresetName, overrides as HeadOverrides);

/** Presets of the other fixtures. */
const others = ['papilio', 'librosa', 'torchaudio', 'whisper', 'kaldi', 'tensorflow', 'openwakeword'];

describe('front ends of models', () => {
  it('are all compared, on every signal that their originals take', () => {
    const own = presetNames.filter((name) => !others.includes(name) && !name.startsWith('scipy-'));
    expect(own.length).toBe(14);
    expect(own.filter((name) => !cases.some(([, { preset }]) => preset === name))).toEqual([]);
    for (const [name, { signals }] of cases) expect(signals.length, name).toBeGreaterThanOrEqual(7);
  });

  it.each(cases)('%s: relative 1e-8 to the original in float64', (name, own) => {
    const head = headOf(own);
    const extractor = features(head, { dtype: 'f64' });
    const isLevel = head.log !== null || (head.pcen ?? null) !== null;
    for (const s of own.signals) {
      const expected = tensors.get(`${name}/${s}`);
      if (!expected) throw new Error(`no ${name}/${s}`);
      const found = extractor.run(signal(s));
      const actual = kept(found.data, found.width, own.step);
      expect([actual.length / found.width, found.width], s).toEqual(expected.shape);
      // Levels, and what PCEN gives, are relative to 1. Magnitudes near the rounding of the transform carry that.
      const noise = isLevel ? 0 : 2 ** -49 * largest(expected.data);
      const wrong = Array.from(actual.keys()).filter((i) => {
        const e = expected.data[i];
        const scale = isLevel ? Math.max(1, Math.abs(e)) : Math.abs(e);
        return !(Math.abs(actual[i] - e) <= 1e-8 * scale + noise);
      });
      expect(wrong, s).toEqual([]);
    }
    extractor.dispose();
  });
});

describe('presets of models in float32', () => {
  const presets = cases.filter(([name, { preset }]) => name === preset);

  it.each(presets)('%s: 1e-4 in log10 in bands above 1.5e-7 of the largest', (_, own) => {
    const { deltas: __, normalize: ___, ...head } = headOf(own);
    const plain: HeadConfig = { ...head, cepstrum: null, affine: null };
    const single = features(plain);
    const exact = features({ ...plain, log: null }, { dtype: 'f64' });
    const energies = plain.pcen ? features({ ...plain, pcen: null }, { dtype: 'f64' }) : exact;
    const level = levelOf(plain);
    const unit = plain.log ? { ln: Math.LN10, log10: 1, db: 10 }[plain.log.kind] : Math.LN10;
    const faint = plain.spectrum === 'magnitude' ? Math.sqrt(1.5e-7) : 1.5e-7;
    for (const s of own.signals) {
      const x = signal(s);
      const [a, b, e] = [single.run(x).data, exact.run(x).data.map(level), energies.run(x)];
      for (let f = 0; f < e.frames; f++) {
        const row = e.data.subarray(f * e.width, (f + 1) * e.width);
        const least = faint * largest(row);
        const wrong = Array.from(row.keys()).filter((i) => {
          const at = f * e.width + i;
          const scale = plain.log ? unit : unit * Math.max(plain.pcen ? 1 : 0, Math.abs(b[at]));
          return row[i] >= least && !(Math.abs(a[at] - b[at]) <= 1e-4 * scale);
        });
        expect(wrong, `bands of ${s}, frame ${f}`).toEqual([]);
      }
    }
    for (const extractor of [single, exact, energies]) extractor.dispose();
  });

  it.each(presets)('%s: the bits of a clip do not depend on other clips, nor on chunks', (_, own) => {
    const head = headOf(own);
    const [x, other] = [signal('speech'), signal('clipped')];
    const extractor = features(head);
    const alone = extractor.run(x).data;
    extractor.run(other);
    expect(extractor.run(x).data).toEqual(alone);
    const live = stream(head);
    for (const signals of [other, x]) {
      live.reset();
      const data: number[] = [];
      const take = (count: number): void => void data.push(...live.frames.subarray(0, count * live.width));
      for (let at = 0; at < signals.length; at += 701) take(live.push(signals.subarray(at, at + 701)));
      take(live.flush());
      if (signals === x) expect(Float32Array.from(data)).toEqual(alone);
    }
    expect(live.emits).toBe(head.normalize || head.deltas || needsClip(head) ? 'flush' : 'frames');
    for (const made of [extractor, live]) made.dispose();
  });
});
