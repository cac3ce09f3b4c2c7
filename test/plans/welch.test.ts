/** Welch plans: the numbers of `welch`, whatever the batch, the lanes and the backend; the largest bins as a sort finds them. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { topBins } from '../../src/numeric/peaks.ts';
import { welch } from '../../src/plans/periodogram.ts';
import { planWelch, type WelchPlanOptions } from '../../src/plans/welch.ts';
import { gaussian } from '../helpers.ts';

/** Signals of a batch: noise on a level, and one of silence. */
const signal = (samples: number, b: number): Float64Array =>
  b === 2 ? new Float64Array(samples) : gaussian(samples, 40 + b).map((v) => v + b);

function planned(options: WelchPlanOptions) {
  const plan = planWelch(options);
  const { samples, batch = 1 } = options;
  for (let b = 0; b < batch; b++) plan.input.set(signal(samples, b), b * samples);
  plan.run();
  return plan;
}

const shapes: WelchPlanOptions[] = [
  { samples: 1024, nperseg: 128 },
  { samples: 1000, nperseg: 100, noverlap: 30, nfft: 104, detrend: 'none' },
  { samples: 576, nperseg: 128, detrend: 'linear', scaling: 'spectrum', fs: 8000 },
  { samples: 300, nperseg: 300, window: 'boxcar' },
  { samples: 100 },
  { samples: 700, nperseg: 64, noverlap: 0, oneSided: false },
  { samples: 40, nperseg: 8, noverlap: 7, window: ['kaiser', 6] },
  { samples: 9000, nperseg: 2048, noverlap: 1500 },
];

describe('planWelch', () => {
  it('gives the densities of welch', () => {
    for (const options of shapes)
      for (const [batch, dtype] of [
        [1, 'f64'],
        [3, 'f32'],
      ] as const) {
        const plan = planned({ ...options, batch, dtype });
        const width = plan.frequencies.length;
        for (let b = 0; b < batch; b++) {
          const { samples, ...rest } = options;
          const expected = welch(signal(samples, b), rest);
          expect(plan.frequencies).toEqual(expected.frequencies);
          const largest = Math.max(1e-300, ...expected.power);
          // A transform rounds to a few eps of the largest bin, a mean taken off to eps of itself (up to 8 here): 1e-5 of a power.
          const bound = dtype === 'f32' ? 1e-5 : 1e-13;
          expected.power.forEach((p, i) =>
            expect(
              Math.abs(plan.power[b * width + i] - p) / largest,
              JSON.stringify([options, batch, dtype, b, i]),
            ).toBeLessThan(bound),
          );
        }
        plan.dispose();
      }
  });

  it('gives the same bits in any batch', () => {
    for (const options of shapes.slice(0, 6)) {
      const reference = planned({ ...options, batch: 20 });
      const width = reference.frequencies.length;
      for (const batch of [1, 3, 17]) {
        const plan = planned({ ...options, batch });
        expect(plan.power).toEqual(reference.power.slice(0, batch * width));
        plan.dispose();
      }
      reference.dispose();
    }
  });

  it('js gives the bits of wasm where no mean is taken off', () => {
    const options = { samples: 1000, nperseg: 100, detrend: 'none', batch: 2 } as const;
    expect(planned({ ...options, backend: 'js' }).power).toEqual(planned(options).power);
  });

  it('picks the largest bins as a sort does, in every batch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 300 }),
        fc.constantFrom(1, 3, 4, 16),
        fc.constantFrom('f32' as const, 'f64' as const),
        fc.nat(),
        (nperseg, batch, dtype, seed) => {
          const width = Math.floor(nperseg / 2) + 1;
          const count = seed % (width + 1);
          const plan = planned({ samples: 2 * nperseg, nperseg, batch, topBins: count, dtype });
          for (let b = 0; b < batch; b++) {
            const row = plan.power.subarray(b * width, (b + 1) * width);
            const found = Array.from({ length: count }, (_, i) => ({
              bin: plan.top.bins[b * count + i],
              value: plan.top.power[b * count + i],
            }));
            expect(found).toEqual(topBins(row, count));
          }
          plan.dispose();
        },
      ),
      { numRuns: 8 },
    );
  });

  it('a signal that is not finite is named, and does not touch its neighbours behind zero padding', () => {
    for (const batch of [2, 4]) {
      const options = { samples: 256, nperseg: 64, nfft: 68, detrend: 'none', batch } as const;
      const plan = planned({ ...options, topBins: 3 });
      const before = plan.power.slice();
      plan.input.fill(NaN, 256, 512);
      expect(() => plan.run()).toThrow(/^the power of signal 1 is NaN; expected finite samples/);
      expect(() => plan.run()).toThrow(InvalidArgumentError);
      expect(plan.power.slice(0, 35)).toEqual(before.slice(0, 35));
      plan.dispose();
    }
  });

  it('counts the operations of a signal', () => {
    const one = planned({ samples: 1024, nperseg: 128 }).report;
    const many = planned({ samples: 1024, nperseg: 128, batch: 16 }).report;
    expect(many.lanes).toBe(16);
    // 15 segments, each about 2.5 n log2 n real operations and some more.
    for (const { perSignal } of [one, many]) {
      expect(perSignal.mul + perSignal.add).toBeGreaterThan(15 * 128 * 7);
      expect(perSignal.mul + perSignal.add).toBeLessThan(2.5 * 15 * 2.5 * 128 * 7);
    }
  });

  it('refuses impossible options, and to run when disposed', () => {
    const bad: [Partial<Record<keyof WelchPlanOptions, unknown>>, RegExp][] = [
      [{ samples: 0 }, /samples is 0; expected a whole number from 1/],
      [{ samples: undefined }, /samples is undefined/],
      [{ batch: 0 }, /batch is 0; expected a whole number/],
      [{ batch: 2 ** 40 }, /batch is 1099511627776/],
      [{ topBins: 66 }, /topBins is 66; expected 0 to the count of bins, 65/],
      [{ topBins: 1.5 }, /topBins is 1.5/],
      [{ nperseg: 0 }, /nperseg is 0/],
      [{ noverlap: 128 }, /noverlap is 128; expected 0 to nperseg - 1/],
      [{ dtype: 'f16' }, /dtype is "f16"/],
      [{ backend: 'gpu' }, /backend is "gpu"/],
      [{ window: 'han' }, /window/],
    ];
    for (const [options, message] of bad) {
      const attempt = () =>
        planWelch({ samples: 1024, nperseg: 128, ...options } as unknown as WelchPlanOptions);
      expect(attempt, message.source).toThrow(message);
      expect(attempt).toThrow(InvalidArgumentError);
    }
    const plan = planned({ samples: 1024, nperseg: 128 });
    plan.dispose();
    plan.dispose();
    expect(() => plan.run()).toThrow(/disposed/);
    expect(plan.input).toHaveLength(0);
    expect(plan.power).toHaveLength(0);
  });
});
