/** Statistics, the order of samples, and the check that keeps wrong transforms from being timed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Contender, Shape } from '../../bench/contender.ts';
import { measureInTurn, timedLoop } from '../../bench/protocol.ts';
import { binsToCheck, checkerOf, naiveBins, noise, signalOf, tolerance } from '../../bench/signal.ts';
import { gigaflops, median, quantile, summarize } from '../../bench/statistics.ts';
import { nextPowerOfTwo } from '../../bench/suites/sizes.ts';
import { planFftSync } from '../../src/index.ts';
import { dft } from '../../src/numeric/dft.ts';

describe('statistics', () => {
  it('median and quartiles interpolate and leave their argument alone', () => {
    const values = [4, 1, 3, 2];
    expect([median(values), quantile(values, 0.25), quantile(values, 0), quantile(values, 1)]).toEqual([
      2.5, 1.75, 1, 4,
    ]);
    expect(values).toEqual([4, 1, 3, 2]);
    expect(summarize([10, 1, 2, 3, 4])).toEqual({ median: 3, spread: 1, samples: 5 });
    expect(median([])).toBeNaN();
  });

  it('rates follow the convention', () => {
    expect(gigaflops(1024, 'complex', 1000)).toBeCloseTo(51.2, 12);
    expect(gigaflops(1024, 'real', 1000)).toBeCloseTo(25.6, 12);
    expect([37, 64, 400, 1021, 4093].map(nextPowerOfTwo)).toEqual([64, 64, 512, 1024, 4096]);
  });
});

describe('protocol', () => {
  it('a loop runs as often as it is told', () => {
    let runs = 0;
    timedLoop(() => void runs++)(7);
    expect(runs).toBe(7);
  });

  it('warms everyone, then rotates, with samples of at least the length asked for', async () => {
    const order: string[] = [];
    const sampled: number[] = [];
    const contender = (label: string, nsPerRun: number): Contender => ({
      label,
      sample: (repetitions) => {
        order.push(label);
        sampled.push((repetitions * nsPerRun) / 1e6);
        return (repetitions * nsPerRun) / 1e6;
      },
      read: () => [],
      close: () => {},
    });
    const three = [contender('a', 50), contender('b', 700), contender('c', 3e7)];
    const result = await measureInTurn(three, { samples: 4, sampleMs: 20, warmMs: 200 });
    expect(result.map((r) => r.samples)).toEqual([4, 4, 4]);
    [50, 700, 3e7].forEach((ns, i) => expect(result[i].median / ns).toBeCloseTo(1, 9));
    expect(order.slice(-12).join('')).toBe('abcbcacababc');
    expect(Math.min(...sampled.slice(-12))).toBeGreaterThanOrEqual(20);
    for (const label of 'abc') {
      const warm = sampled.slice(0, -12).filter((_, i) => order[i] === label);
      expect(warm.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(200);
    }
  });
});

/** A contender around given output; `flaw` changes one bin. */
function contenderOf(shape: Shape, flaw: number): Contender {
  const plan = planFftSync({ n: shape.n, batch: shape.batch, input: shape.kind });
  const signal = signalOf(shape);
  plan.input.re.set(signal.re);
  plan.input.im?.set(signal.im);
  const { re, im } = plan.output;
  const length = re.length / shape.batch;
  return {
    label: 'x',
    sample: () => {
      plan.run();
      re[1] += flaw;
      return 0;
    },
    read: (row, bins) => bins.map((k) => [re[row * length + k], im?.[row * length + k] ?? NaN]),
    close: () => {},
  };
}

describe('check', () => {
  it('noise is that of bench/fftw.c: exact in float32, never the same twice', () => {
    const x = noise(1000, 1);
    expect(x.every((v) => Math.fround(v) === v && v >= -1 && v < 1)).toBe(true);
    expect(new Set(x).size).toBe(1000);
    expect(x[0]).toBe(((Math.imul(1, 1664525) + 1013904223) >>> 8) / 2 ** 23 - 1);
  });

  it('bins by the definition are those of the reference', () => {
    const shape: Shape = { kind: 'complex', n: 60, batch: 2 };
    const signal = signalOf(shape);
    const row = dft({ re: signal.re.slice(60), im: signal.im.slice(60) });
    naiveBins(shape, signal, 1, binsToCheck(shape)).forEach(([re, im], k) => {
      expect(re).toBeCloseTo(row.re[k], 10);
      expect(im).toBeCloseTo(row.im[k], 10);
    });
  });

  it.each<Shape>([
    { kind: 'complex', n: 64, batch: 1 },
    { kind: 'real', n: 64, batch: 3 },
    { kind: 'complex', n: 2048, batch: 1 },
  ])('lets a right transform pass and no wrong one: %j', async (shape) => {
    const check = checkerOf(shape, signalOf(shape));
    expect(await check(contenderOf(shape, 0))).toBeLessThan(1e-6);
    expect(await check(contenderOf(shape, 0.1))).toBeGreaterThan(tolerance);
    expect(await check(contenderOf(shape, NaN))).not.toBeLessThanOrEqual(tolerance);
  });
});

describe('packages', () => {
  it('the lock of the peers holds no registry addresses, and they are none of papilio’s', () => {
    const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(file('bench/package-lock.json')).not.toContain('"resolved"');
    const root = JSON.parse(file('package.json')) as Record<string, unknown>;
    expect(root.workspaces).toBeUndefined();
    expect(root.dependencies).toBeUndefined();
  });
});
