/** Powers from band energies: nothing negative, the energies met, and no band's energy outside of it. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { powersOfBands } from '../../src/numeric/band-inverse.ts';
import { melFilterbank } from '../../src/numeric/mel.ts';
import { gaussian } from '../helpers.ts';

const bank = melFilterbank({ sampleRate: 16000, nFft: 512, mels: 40, scale: 'slaney', norm: 'slaney' });

function energiesOf(power: Float64Array): Float64Array {
  const { bins, width, start, weights, mels } = bank;
  return Float64Array.from({ length: (power.length / bins) * mels }, (_, i) => {
    const [f, m] = [Math.floor(i / mels), i % mels];
    let sum = 0;
    for (let j = 0; j < width; j++) sum += weights[m * width + j] * power[f * bins + start[m] + j];
    return sum;
  });
}

describe('powersOfBands', () => {
  it('has the energies of powers over seven decades, and none negative', () => {
    const power = gaussian(3 * bank.bins, 5).map((x) => 10 ** (1.5 * x));
    const energies = energiesOf(power);
    const found = powersOfBands(bank, energies);
    expect(found.every((p) => p >= 0 && Number.isFinite(p))).toBe(true);
    const off = energiesOf(found).map((e, i) => Math.abs(Math.log10(e / energies[i])));
    expect(Math.max(...off)).toBeLessThan(0.02);
  });
  it('puts the energy of one band between its corners', () => {
    const energies = new Float64Array(40);
    energies[20] = 3;
    const power = powersOfBands(bank, energies);
    const [first, last] = [bank.start[20], bank.start[20] + bank.width];
    power.forEach((p, k) => (k < first || k >= last) && expect(p).toBe(0));
    expect(Math.max(...power)).toBeGreaterThan(0);
  });
  it('leaves what no band weights at 0, and bands without bins aside', () => {
    const gap = { bins: 4, width: 1, start: [1, 2], weights: [2, 0] };
    expect([...powersOfBands(gap, [6, 5])]).toEqual([0, 3, 0, 0]);
  });
  it('refuses what is no energy', () => {
    expect(() => powersOfBands(bank, new Float64Array(40).fill(-1))).toThrow(
      /energy of band 0 in frame 0 is -1/,
    );
    expect(() => powersOfBands(bank, [1])).toThrow(InvalidArgumentError);
  });
});
