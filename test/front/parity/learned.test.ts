/** A bank that no settings say is learned from the spectra of the right framing, from the ends of clips too. */
import { describe, expect, it } from 'vitest';
import { featureHead, features, type HeadConfig } from '../../../src/index.ts';
import { decodeFrontEnd, encodeFrontEnd } from '../../../src/files.ts';
import { frontProgram } from '../../../src/front.ts';
import type { Example } from '../../../src/front/parity/clips.ts';
import { clipEnergies } from '../../../src/front/parity/energies.ts';
import { learnedBank } from '../../../src/front/parity/learned.ts';
import { leastSquares } from '../../../src/front/parity/non-negative.ts';
import { gaussian } from '../../helpers.ts';
import { clipsOf, powers } from './helpers.ts';

const rate = 8000;
const bands = 12;
const framed: HeadConfig = featureHead('papilio', {
  sampleRate: rate,
  nFft: 256,
  windowLength: 160,
  hop: 64,
  framing: 'centered',
  bank: null,
  log: null,
});

/** ln of bells over the bins: no triangle anywhere. */
const bells = (clips: readonly Float64Array[]): Example[] =>
  clips.map((samples) => {
    const energies = clipEnergies(framed, samples, powers);
    const frames = energies.length / 129;
    const values = Float64Array.from({ length: frames * bands }, (_, i) => {
      const [f, m] = [Math.floor(i / bands), i % bands];
      let sum = 0;
      for (let k = 0; k < 129; k++) sum += Math.exp(-(((k - 5 - 9 * m) / 5) ** 2)) * energies[f * 129 + k];
      return Math.fround(Math.log(Math.max(sum, 1e-10)));
    });
    return { samples, values, frames };
  });

it('weights are found that are not negative, or any', () => {
  const columns = [1, 2, 3].map((seed) => gaussian(40, seed));
  const wanted = columns[0].map((x, i) => 2 * x - 0.5 * columns[1][i]);
  const any = leastSquares({ columns, wanted, signed: true }, 200);
  [2, -0.5, 0].forEach((w, k) => expect(any[k]).toBeCloseTo(w, 6));
  expect(Math.min(...leastSquares({ columns, wanted, signed: false }, 200))).toBe(0);
});

describe('learned banks', () => {
  it('fit clips that they have not seen, and are front ends as all others', () => {
    const examples = bells(clipsOf(4, rate));
    // From another window, another unit and other ends.
    const closest: HeadConfig = {
      ...framed,
      windowLength: 200,
      padding: 'reflect',
      log: { kind: 'log10', floor: 1e-10, offset: 0, range: null, reference: 1 },
    };
    const learned = learnedBank(closest, examples, powers, () => false);
    expect(learned?.rms).toBeLessThan(2e-2);
    expect(learned?.text).toMatch(/learned instead.* 1 of 4 clips, which it was not fitted to/);
    const front = decodeFrontEnd(encodeFrontEnd(learned!.front));
    expect(front.head).toMatchObject({ log: { kind: 'ln' }, padding: 'constant' });
    expect(front.head.windowLength ?? front.head.nFft).toBe(160);
    const [{ samples, values }] = bells([gaussian(4000, 99).map((x) => 0.1 * x)]);
    const { data } = features(frontProgram(front), { dtype: 'f64' }).run(samples);
    let worst = 0;
    data.forEach((x, i) => (worst = Math.max(worst, Math.abs(x - values[i]))));
    expect(worst).toBeLessThan(0.2);
  });

  it('are none of coefficients', () => {
    const head = featureHead('cmsis-mfcc');
    expect(learnedBank(head, bells(clipsOf(2, rate)), powers, () => false)).toBe(null);
  });
});
