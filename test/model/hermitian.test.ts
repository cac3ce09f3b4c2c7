/** Chains of one-sided spectra: any radices in any order are the DFT of real samples and its inverse. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { input, type Tensor } from '../../src/ir/graph.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { verify } from '../../src/ir/verify.ts';
import { verifyCoverage } from '../ir/coverage.ts';
import { rows } from '../../src/ir/view.ts';
import { heads } from '../../src/model/heads.ts';
import { hermitianForward, hermitianInverse, realBins } from '../../src/model/hermitian.ts';
import { reciprocal, unscaled } from '../../src/model/scale.ts';
import { realDft } from '../../src/numeric/dft.ts';
import { distance, gaussian } from '../helpers.ts';

const lanes = 2;
const chains = fc
  .array(fc.constantFrom<number[]>(2, 3, 4, 5, 7, 8, 16), { minLength: 1, maxLength: 4 })
  .filter((radices) => radices.reduce((a, b) => a * b) <= 360);
const sizeOf = (radices: readonly number[]): number => radices.reduce((a, b) => a * b);

function run(outputs: Record<string, Tensor>, inputs: Record<string, Float64Array>) {
  verify({ outputs });
  return interpret({ outputs }, inputs);
}
/** Lane 0 of the first rows of a [rows, lanes] tensor. */
const lane = (values: Float64Array, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => values[k * lanes]);

describe('chains of one-sided spectra', () => {
  it('are the DFT of real samples, whatever the radices', () => {
    fc.assert(
      fc.property(chains, fc.integer({ min: 1, max: 1000 }), (radices, seed) => {
        const n = sizeOf(radices);
        const x = gaussian(n * lanes, seed);
        const source = { re: rows(input('x', [n, lanes]), lanes) };
        const [re, im] = hermitianForward(radices, { source, lanes, head: heads.planar(), scale: [0.5, 0] });
        const y = run({ re, im }, { x });
        const exact = realDft(lane(x, n));
        const bins = realBins(n);
        expect(
          distance(
            lane(y.re, bins),
            exact.re.map((v) => v / 2),
          ),
        ).toBeLessThan(1e-13);
        const imaginary = lane(y.im, bins);
        imaginary.forEach((v, k) => expect(Math.abs(v - exact.im[k] / 2)).toBeLessThan(1e-13 * n));
        expect(Math.abs(imaginary[0])).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('turn back to real samples; the imaginary parts of bins 0 and n/2 count for nothing', () => {
    fc.assert(
      fc.property(chains, fc.integer({ min: 1, max: 1000 }), (radices, seed) => {
        const n = sizeOf(radices);
        const x = gaussian(n, seed);
        const exact = realDft(x);
        const spread = (values: Float64Array): Float64Array =>
          Float64Array.from({ length: realBins(n) * lanes }, (_, i) => values[Math.floor(i / lanes)]);
        const im = spread(exact.im);
        im[0] = 3;
        if (n % 2 === 0) im[lanes * (n / 2)] = -5;
        const shape = [realBins(n), lanes];
        const source = { re: rows(input('re', shape), lanes), im: rows(input('im', shape), lanes) };
        const [samples] = hermitianInverse(radices, {
          source,
          lanes,
          head: heads.real(),
          scale: reciprocal(n),
        });
        const y = run({ samples }, { re: spread(exact.re), im });
        expect(distance(lane(y.samples, n), x)).toBeLessThan(1e-13);
      }),
      { numRuns: 60 },
    );
  });

  it('store every bin once', () => {
    for (const radices of [[4, 4], [3, 5], [2, 3, 4], [5, 2], [8], [7, 7]]) {
      const n = sizeOf(radices);
      const source = { re: rows(input('x', [n, 1]), 1) };
      const [re] = hermitianForward(radices, { source, lanes: 1, head: heads.planar(), scale: unscaled });
      expect(() => verifyCoverage({ outputs: { re } })).not.toThrow();
    }
  });
});
