/** Shared twiddles from a few pairs, and per-stage least squares, both started away from the answer. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { initialize, type ParameterValues } from '../../src/model/initialize.ts';
import type { NetworkSpec } from '../../src/model/network.ts';
import { complexArray, relativeL2, type ComplexArray } from '../../src/numeric/complex.ts';
import { dft } from '../../src/numeric/dft.ts';
import { applyChain } from '../../src/fit/chain.ts';
import { gaussianSignals } from '../../src/fit/pairs.ts';
import { solveSharedTwiddles } from '../../src/fit/closed/shared-twiddles.ts';
import { refineStages } from '../../src/fit/closed/stage-least-squares.ts';
import { gaussian, network } from '../helpers.ts';

/** The direct transform of every lane of [n, lanes]. */
function spectra(x: ComplexArray, n: number, lanes: number, inverse = false): ComplexArray {
  const out = complexArray(n * lanes);
  for (let l = 0; l < lanes; l++) {
    const pick = (part: Float64Array): Float64Array =>
      Float64Array.from({ length: n }, (_, j) => part[j * lanes + l]);
    const y = dft({ re: pick(x.re), im: pick(x.im) }, { inverse });
    for (let k = 0; k < n; k++) {
      out.re[k * lanes + l] = y.re[k];
      out.im[k * lanes + l] = y.im[k];
    }
  }
  return out;
}

const plusNoise = (y: ComplexArray, size: number): ComplexArray => {
  const z = { re: gaussian(y.re.length, 50), im: gaussian(y.re.length, 51) };
  return { re: y.re.map((v, i) => v + size * z.re[i]), im: y.im.map((v, i) => v + size * z.im[i]) };
};

/** Relative L2 distance of parameters from the exact ones. */
function distance(values: ParameterValues, exact: ParameterValues): number {
  let [difference, total] = [0, 0];
  for (const [name, e] of Object.entries(exact)) {
    expect(values[name].length).toBe(e.length);
    e.forEach((v, i) => {
      difference += (v - values[name][i]) ** 2;
      total += v * v;
    });
  }
  return Math.sqrt(difference / total);
}

describe('shared twiddles', () => {
  it.each([
    [[2, 2, 2, 2, 2, 2, 2, 2], false],
    [[5, 4, 3], false],
    [[2, 7, 3], true],
  ])('radices %j, inverse %s: one pair gives the exact twiddles', (radices, inverse) => {
    const n = radices.reduce((a, b) => a * b, 1);
    const spec = network(n, {
      radices,
      parametrization: 'twiddle',
      direction: inverse ? 'inverse' : 'forward',
    });
    const x = gaussianSignals(n, 1, 2, 0);
    const found = solveSharedTwiddles(spec, x, spectra(x, n, 1, inverse), 1);
    expect(found.residual).toBeLessThan(1e-14);
    expect(distance(found.values, initialize(spec, 'exact', 0))).toBeLessThan(1e-13 * found.condition);
  });

  it('n = 4096 from four pairs; a wrong number in one pair is seen', () => {
    const [n, lanes] = [4096, 4];
    const spec = network(n, { parametrization: 'twiddle' });
    const exact = initialize(spec, 'exact', 0);
    const x = gaussianSignals(n, lanes, 2, 0);
    const freeSpec = network(n, { parametrization: 'free' });
    const y = applyChain(freeSpec, initialize(freeSpec, 'exact', 0), x, lanes);
    const found = solveSharedTwiddles(spec, x, y, lanes);
    expect(found.residual).toBeLessThan(1e-14);
    expect(distance(found.values, exact)).toBeLessThan(1e-14);
    y.re[5] += 300;
    expect(solveSharedTwiddles(spec, x, y, lanes).residual).toBeGreaterThan(1e-3);
  });

  it('averages noise: sweeps over all groups beat the first solution, and both the noise', () => {
    const [n, lanes] = [256, 16];
    const spec = network(n, { parametrization: 'twiddle' });
    const x = gaussianSignals(n, lanes, 2, 0);
    const clean = spectra(x, n, lanes);
    const noisy = plusNoise(clean, 1e-2 * Math.sqrt(n));
    const noise = relativeL2(noisy, clean);
    const error = (sweeps: number): number =>
      distance(solveSharedTwiddles(spec, x, noisy, lanes, { sweeps }).values, initialize(spec, 'exact', 0));
    expect(error(0)).toBeLessThan(noise);
    expect(error(4)).toBeLessThan(error(0) / 1.5);
    expect(error(4)).toBeLessThan(noise / 4);
  });

  const spec = network(8, { parametrization: 'twiddle' });
  const x = gaussianSignals(8, 1, 1, 0);
  const withNaN = { re: x.re.map((v, i) => (i === 3 ? NaN : v)), im: x.im };
  it.each<[string, () => unknown, RegExp]>([
    [
      'zero signals',
      () => solveSharedTwiddles(spec, complexArray(8), x, 1),
      /do not determine twiddle 1 .* stage 0/,
    ],
    ['a NaN', () => solveSharedTwiddles(spec, x, withNaN, 1), /y\.re\[3\] is NaN/],
    ['another length', () => solveSharedTwiddles(spec, x, x, 2), /x\.re has 8 numbers; expected 8 x 2/],
    ['no pairs', () => solveSharedTwiddles(spec, x, x, 0), /number of pairs is 0/],
    [
      'free stages',
      () => solveSharedTwiddles(network(8, { parametrization: 'free' }), x, x, 1),
      /stage 0 is free/,
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(InvalidArgumentError);
    expect(act).toThrow(message);
  });

  it('finite numbers of any size give twiddles or an InvalidArgumentError', () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    const signal = fc.array(value, { minLength: 8, maxLength: 8 }).map((a) => Float64Array.from(a));
    fc.assert(
      fc.property(signal, signal, signal, (re, im, other) => {
        try {
          solveSharedTwiddles(spec, { re, im }, { re: other, im: re }, 1, { sweeps: 1 });
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgumentError);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('per-stage least squares', () => {
  /** Gaussian blocks, which are far from unitary. */
  const shaken = (spec: NetworkSpec, seed: number): ParameterValues =>
    Object.fromEntries(
      Object.entries(initialize(spec, 'exact', 0)).map(([name, v], i) => [name, gaussian(v.length, i, seed)]),
    );

  /** Exact blocks with Gaussian noise of deviation 0.1. */
  const started = (radices: readonly number[], seed: number) => {
    const n = radices.reduce((a, b) => a * b, 1);
    const spec = network(n, { radices, parametrization: 'free', norm: 'ortho' });
    return { n, spec, exact: initialize(spec, 'exact', 0), start: initialize(spec, 'noise', seed) };
  };

  it.each([[[2, 2, 2, 2]], [[3, 4]]])('radices %j: finishes to the last digits, never rising', (radices) => {
    const { n, spec, exact, start } = started(radices, 3);
    const lanes = 3 * n;
    const x = gaussianSignals(n, lanes, 1, 0);
    const y = applyChain(spec, exact, x, lanes);
    const result = refineStages(spec, start, x, y, lanes, { sweeps: 40, tolerance: 1e-13 });
    expect(result.before).toBeGreaterThan(0.1);
    expect(result.residual).toBeLessThan(1e-12);
    let last = result.before;
    for (const u of result.updates) {
      expect(u.residual).toBeLessThanOrEqual(last);
      last = u.residual;
    }
    const unseen = gaussianSignals(n, 4, 9, 0);
    expect(
      relativeL2(applyChain(spec, result.values, unseen, 4), applyChain(spec, exact, unseen, 4)),
    ).toBeLessThan(1e-11);
  });

  it('one stage is solved exactly: the gradient with respect to its blocks vanishes', () => {
    const { n, spec, exact, start } = started([2, 2, 2], 4);
    const x = gaussianSignals(n, 12, 1, 0);
    const y = plusNoise(applyChain(spec, exact, x, 12), 0.05);
    const { values, residual } = refineStages({ ...spec }, start, x, y, 12, { sweeps: 1 });
    // Stage 0 was last: no small change of its blocks lowers the residual.
    const error = (change: number, at: number): number => {
      const block = values['stage0.block'].slice();
      block[at] += change;
      return relativeL2(applyChain(spec, { ...values, 'stage0.block': block }, x, 12), y);
    };
    for (let at = 0; at < values['stage0.block'].length; at += 5) {
      expect(error(1e-4, at)).toBeGreaterThan(residual);
      expect(error(-1e-4, at)).toBeGreaterThan(residual);
    }
  });

  it('badly conditioned stages above are solved in as many steps as there are unknowns', () => {
    const { n, spec } = started([2, 2, 2], 4);
    const start = shaken(spec, 7);
    const x = gaussianSignals(n, 24, 1, 0);
    const { updates } = refineStages(spec, start, x, gaussianSignals(n, 24, 2, 0), 24, { iterations: 1000 });
    for (const u of updates) expect(u.iterations).toBeLessThan(40);
    expect(Math.max(...updates.map((u) => u.outputCondition))).toBeGreaterThan(3);
  });

  it('fewer pairs than legs, and signals with zeros, stay finite', () => {
    const { n, spec, exact, start } = started([2, 2, 2], 5);
    const x = complexArray(n);
    x.re[3] = 1;
    const y = applyChain(spec, exact, x, 1);
    const { values, residual } = refineStages(spec, start, x, y, 1, { sweeps: 2 });
    expect(residual).toBeLessThan(1e-12);
    for (const v of Object.values(values)) expect(v.every(Number.isFinite)).toBe(true);
  });

  const { spec, start } = started([2, 2, 2], 6);
  const x = gaussianSignals(8, 1, 1, 0);
  it.each<[string, () => unknown, RegExp]>([
    ['another length', () => refineStages(spec, start, x, x, 3), /8 x 3 finite numbers/],
    [
      'an infinity',
      () => refineStages(spec, start, x, { re: x.re.map(() => Infinity), im: x.im }, 1),
      /finite/,
    ],
    ['missing blocks', () => refineStages(spec, {}, x, x, 1), /stage0\.block has no values; expected 32/],
    [
      'gates',
      () =>
        refineStages(
          network(8, {
            parametrization: 'free',
            gate: { kind: 'skip', mode: 'soft', grain: 'stage', threshold: 0.5 },
          }),
          start,
          x,
          x,
          1,
        ),
      /with gates/,
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(InvalidArgumentError);
    expect(act).toThrow(message);
  });
});
