/** Sound from features: its features are those it was made of, whatever the front end was; other heads are refused. */
import { describe, expect, it } from 'vitest';
import { UnsupportedError } from '../../src/errors.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import { canResynthesize, resynthesize } from '../../src/front/resynthesis.ts';
import { exactFrontEnd } from '../../src/front/front-end.ts';
import { gaussian } from '../helpers.ts';

const noise = gaussian(8000, 2);
/** A sweep over noise that swells. */
const sound = noise.map((x, t) => 0.02 * x * (1 + t / 4000) + 0.3 * Math.sin(0.1 * t + 1e-4 * t * t));

describe('resynthesize', () => {
  it.each(['log-mel-40', 'spectrum'])('has the features of %s that it was made of', (name) => {
    const { head } = namedFeature(name, 256);
    const front = compileFrontEnd(exactFrontEnd(head), wasmBackend, 'f64');
    const features = front.features(sound);
    const again = front.features(resynthesize(head, features));
    const width = features.length / (1 + Math.floor((sound.length - head.nFft) / head.hop));
    let off = 0;
    const [from, to] = [4 * width, features.length - 4 * width];
    for (let i = from; i < to; i++) off += Math.abs(again[i] - features[i]) / (to - from);
    expect(again.length).toBe(features.length);
    expect(off).toBeLessThan(name === 'spectrum' ? 0.2 : 0.1);
  });
  it('undoes offsets and affine maps', () => {
    const { head } = namedFeature('log-mel-8', 64);
    const offset = { ...head, log: { ...head.log!, offset: 1e-3 } };
    const energies = Float64Array.from({ length: 160 }, (_, i) => 1 + 0.9 * Math.sin(i));
    const plain = resynthesize(head, energies.map(Math.log10));
    const moved = { ...offset, affine: { multiply: 0.25, add: 1 } };
    const same = resynthesize(
      moved,
      energies.map((e) => 0.25 * Math.log10(e + 1e-3) + 1),
    );
    // Energies differ by roundoff, phases are sought in the same steps.
    same.forEach((x, i) => expect(Math.abs(x - plain[i])).toBeLessThan(1e-9));
  });
  it('refuses features that hold too little, or what it does not undo', () => {
    for (const name of ['welch', 'mfcc-13', 'third-octaves', 'torchaudio', 'tensorflow', 'kaldi']) {
      const { head } = namedFeature(name, 256);
      expect(canResynthesize(head)).toBe(false);
      expect(() => resynthesize(head, [0])).toThrow(UnsupportedError);
    }
  });
});
