/** Sizes that broke this library or others: every n to 2^22 is transformed, and what cannot be is refused at once. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FileFormatError, InvalidArgumentError } from '../../src/errors.ts';
import { mul, sub } from '../../src/numeric/double-double.ts';
import { fastDft } from '../../src/numeric/fast-dft.ts';
import { largest } from '../../src/numeric/largest.ts';
import { twiddle, twiddleDoubleDouble } from '../../src/numeric/twiddle.ts';
import { dct, dst, idct, idst } from '../../src/plans/dct.ts';
import { describePlan, planFftSync } from '../../src/plans/plan.ts';
import { forgetWisdom, importWisdom } from '../../src/plans/wisdom.ts';
import { distance, gaussian } from '../helpers.ts';
import { directBin, impulseError, sampled } from '../sizes.ts';

afterEach(forgetWisdom);

const eps = 2 ** -52;
/** eps log2 n of the bins of an impulse in float64, eps of float32 otherwise. */
const bound = (n: number, dtype: 'f32' | 'f64'): number =>
  2 * (dtype === 'f64' ? eps : 2 ** -23) * Math.log2(n + 2);

describe('sizes that broke others', () => {
  // mathnet-numerics#286 (k^2 beyond 2^31), fastmat#115 (17 x 3011), VkFFT#58 (powers of 11 and 13).
  it.each([46500, 46349, 51187, 121, 1331, 169, 2197])('n = %i knows impulses, to 1e-13', (n) => {
    const { worst, energy } = impulseError({ n, dtype: 'f64' }, Math.floor(n / 3));
    expect(worst).toBeLessThan(Math.min(1e-13, bound(n, 'f64')));
    expect(energy).toBeLessThan(1e-13);
  });

  it('any size, both directions and dtypes, complex and real', () => {
    const size = fc.double({ min: 0, max: 15.5, noNaN: true }).map((log) => Math.floor(2 ** log));
    fc.assert(
      fc.property(
        size,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.constantFrom('complex' as const, 'real' as const),
        fc.boolean(),
        fc.constantFrom('f32' as const, 'f64' as const),
        (n, place, input, inverse, dtype) => {
          // Bin 0 and the middle one of a real spectrum count once.
          const at =
            input === 'real' && inverse
              ? 1 + Math.floor(place * Math.max(0, (n - 1) / 2 - 1))
              : Math.floor(place * n);
          if (input === 'real' && inverse && n < 4) return;
          const { worst, energy } = impulseError({ n, input, inverse, dtype }, at);
          expect(worst).toBeLessThan(bound(n, dtype));
          expect(energy).toBeLessThan(bound(n, dtype));
        },
      ),
      { numRuns: 10 },
    );
  });

  // FourierTransforms.jl#10.
  it.each([9, 15, 18, 21])('double-double roots of unity of order %i form a group to 1e-30', (n) => {
    for (let j = 0; j < n; j++)
      for (let k = 0; k < n; k++) {
        const [a, b, c] = [j, k, j + k].map((i) => twiddleDoubleDouble(i, n));
        const re = sub(sub(mul(a[0], b[0]), mul(a[1], b[1])), c[0]);
        expect(Math.abs(re[0])).toBeLessThan(1e-30);
      }
  });

  it('noise at a large prime: single bins by compensated sums', () => {
    const n = 20011;
    const plan = planFftSync({ n, dtype: 'f64' });
    const x = { re: gaussian(n, 1), im: gaussian(n, 2) };
    plan.input.re.set(x.re);
    plan.input.im?.set(x.im);
    plan.run();
    for (const k of sampled(n, 4)) {
      const [re, im] = directBin(x, k);
      // One bin of many: some eps sqrt(log2 n) of the whole, which is sqrt(2 n).
      expect(Math.hypot(plan.output.re[k] - re, (plan.output.im?.[k] ?? NaN) - im)).toBeLessThan(
        4 * eps * Math.sqrt(Math.log2(n)) * Math.sqrt(2 * n),
      );
    }
  });

  it.each([2 ** 15, 32749, 46349])(
    'cosine and sine transforms of %i points are undone by their inverses',
    (n) => {
      const x = gaussian(n, 3);
      // Type III is the inverse of type II.
      for (const type of [1, 2, 4] as const) {
        expect(distance(idct(dct(x, type), type), x)).toBeLessThan(1e-14);
        if (n < 2 ** 15) expect(distance(idst(dst(x, type), type), x)).toBeLessThan(1e-14);
      }
    },
  );

  it('cosines of one sample of odd length, type IV, are what the definition says', () => {
    for (const n of [1, 3, 5, 7, 9, 15, 101, 1001]) {
      const x = new Float64Array(n);
      const j = Math.floor(n / 2);
      x[j] = 1;
      const y = dct(x, 4);
      for (const k of sampled(n, 30)) {
        const [c] = twiddle((2 * j + 1) * (2 * k + 1), 8 * n);
        expect(Math.abs(y[k] - 2 * c)).toBeLessThan(bound(n, 'f64') * 2);
      }
    }
  });
});

describe('tables made without a plan', () => {
  it('fastDft is the transform by definition, for any radices', () => {
    for (const radices of [[4, 4], [2, 3, 5], [7, 4, 4], [31], [3, 2, 4, 4], [], [2]]) {
      const n = radices.reduce((a, b) => a * b, 1);
      const x = { re: gaussian(n, 4), im: gaussian(n, 5) };
      const y = fastDft(x, radices);
      for (let k = 0; k < n; k++) {
        const [re, im] = directBin(x, k);
        expect(Math.hypot(y.re[k] - re, y.im[k] - im)).toBeLessThan(
          8 * eps * Math.sqrt(2 * n) * Math.log2(n + 1),
        );
      }
    }
  });

  it('the largest of a million numbers', () => {
    const x = new Float64Array(1e6).fill(-1);
    x[777] = 3;
    expect(largest(x)).toBe(3);
    expect(largest([], 1)).toBe(1);
    expect(largest([1, NaN, 2])).toBeNaN();
  });
});

describe('what cannot be planned', () => {
  it.each([0, -1, 1.5, NaN, 2 ** 22 + 1, 2 ** 31, Infinity])('n = %d is refused in these words', (n) => {
    for (const call of [() => planFftSync({ n }), () => describePlan({ n, input: 'real' })])
      expect(call).toThrow(new InvalidArgumentError(`n is ${n}; expected a whole number from 1 to 4194304`));
  });

  it('describes every kind of large size at once, chirps beyond 2^22 included', () => {
    // breaking.md H2: these ended in "n is 8388608".
    for (const n of [2500009, 4194301, 4194287, 2097169, 4194303]) {
      const { chain } = describePlan({ n });
      expect(chain.kind).toBe('chirp');
      expect(chain.radices.reduce((a, b) => a * b, 1)).toBeGreaterThanOrEqual(2 * n - 2);
    }
  });

  it('wisdom of another size, or an absurd chirp, is refused when it is read', () => {
    const refused = (key: string, chain: object): void =>
      expect(
        () => importWisdom(JSON.stringify({ format: 'papilio wisdom 1', chains: { [key]: chain } })),
        key,
      ).toThrow(FileFormatError);
    const key = '1000 complex forward f32 wasm simd 1';
    const good = { kind: 'stages', n: 1000, radices: [5, 5, 5, 2, 4] };
    refused(key, { kind: 'stages', n: 8, radices: [8] });
    refused(key, { kind: 'stages', n: 500, radices: [5, 5, 5, 4] });
    refused(key, { kind: 'chirp', n: 1000, length: 2 ** 22, radices: new Array(11).fill(4) });
    refused(key, { kind: 'stages', n: 1000, radices: new Array(1e6).fill(2) });
    refused('8388608 complex forward f32 wasm simd 1', { ...good, n: 8388608 });
    refused('a thousand', good);
    importWisdom(JSON.stringify({ format: 'papilio wisdom 1', chains: { [key]: good } }));
    expect(describePlan({ n: 1000 }).chain).toEqual(good);
    // Real samples may go in pairs.
    importWisdom(
      JSON.stringify({
        format: 'papilio wisdom 1',
        chains: { '1000 real forward f32 wasm simd 1': { kind: 'stages', n: 500, radices: [5, 5, 5, 4] } },
      }),
    );
    expect(describePlan({ n: 1000, input: 'real' }).chain.n).toBe(500);
  });
});
