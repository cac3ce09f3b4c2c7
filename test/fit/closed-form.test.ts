/** Closed forms against the definitions of the transforms, computed here by sine and cosine of reduced angles. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { input } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { initialize } from '../../src/model/initialize.ts';
import { chainModel, modelOutput } from '../../src/model/model.ts';
import { constant } from '../../src/ir/graph.ts';
import { chainTargetNames, type ChainTargetName } from '../../src/numeric/chain-targets.ts';
import { complexArray, relativeL2, type ComplexArray } from '../../src/numeric/complex.ts';
import { matrixOf, zeroMatrix, type Matrix } from '../../src/numeric/matrix.ts';
import { chainMatrix } from '../../src/fit/chain-task.ts';
import { applyChain } from '../../src/fit/chain.ts';
import { applyClosedForm, closedForm, closedFormConvolution } from '../../src/fit/closed/closed-form.ts';
import { factorizeOperator } from '../../src/fit/closed/peel.ts';
import { factorizeMatrix } from '../../src/fit/closed/rank-one.ts';
import { planFftSync } from '../../src/index.ts';
import { gaussian, network, runOn } from '../helpers.ts';

/** cos and sin of 2 pi m / q for an integer m. */
const angle = (m: number, q: number): number => (2 * Math.PI * (((m % q) + q) % q)) / q;

/** Entry (k, j) of each target by its definition. */
const definitions: {
  readonly [K in ChainTargetName]: (k: number, j: number, n: number) => [number, number];
} = {
  dft: (k, j, n) => [Math.cos(angle(j * k, n)), -Math.sin(angle(j * k, n))],
  idft: (k, j, n) => [Math.cos(angle(j * k, n)), Math.sin(angle(j * k, n))],
  hadamard: (k, j) => [(k & j).toString(2).replaceAll('0', '').length % 2 === 0 ? 1 : -1, 0],
  hartley: (k, j, n) => [Math.cos(angle(j * k, n)) + Math.sin(angle(j * k, n)), 0],
  dct2: (k, j, n) => [Math.cos(angle(k * (2 * j + 1), 4 * n)), 0],
  dct3: (k, j, n) => [Math.cos(angle(j * (2 * k + 1), 4 * n)), 0],
  dct4: (k, j, n) => [Math.cos(angle((2 * k + 1) * (2 * j + 1), 8 * n)), 0],
  dst2: (k, j, n) => [Math.sin(angle((k + 1) * (2 * j + 1), 4 * n)), 0],
};

const identity = (n: number): Matrix => matrixOf(n, (k, j) => [k === j ? 1 : 0, 0]);

/** The matrix of a map as the images of the unit vectors, [n, n]. */
const definitionOf = (name: ChainTargetName, n: number): Matrix =>
  matrixOf(n, (k, j) => definitions[name](k, j, n));

const free = (n: number, radices?: readonly number[]) =>
  network(n, { parametrization: 'free', ...(radices ? { radices } : {}) });

describe('known transforms', () => {
  it.each(chainTargetNames)('%s', (name) => {
    for (const n of [2, 8, 32, 128]) {
      const form = closedForm(name, n);
      expect(form.residual).toBeLessThan(1e-13);
      expect(relativeL2(applyClosedForm(form, identity(n), n), definitionOf(name, n))).toBeLessThan(1e-14);
    }
    if (name === 'hadamard') return;
    for (const radices of [[5, 3, 4], [2, 3], [3, 3, 5], [7]]) {
      const n = radices.reduce((a, b) => a * b);
      const form = closedForm(name, n, radices);
      expect(relativeL2(applyClosedForm(form, identity(n), n), definitionOf(name, n))).toBeLessThan(1e-14);
    }
  });

  it('circular convolution as a product of two chains', () => {
    for (const n of [8, 60, 128]) {
      const h = { re: gaussian(n, 1), im: gaussian(n, 2) };
      const circulant = matrixOf(n, (k, j) => [h.re[(k - j + n) % n], h.im[(k - j + n) % n]]);
      const form = closedFormConvolution(h);
      expect(form.model.parts.length).toBe(2);
      expect(relativeL2(applyClosedForm(form, identity(n), n), circulant)).toBeLessThan(1e-14);
    }
  });

  it('the values run in the compiled network', () => {
    const n = 60;
    const lanes = 4;
    const { model, values } = closedForm('dft', n, [3, 4, 5]);
    const source = { re: rows(input('re', [n, lanes]), lanes), im: rows(input('im', [n, lanes]), lanes) };
    const x = { re: gaussian(n * lanes, 1), im: gaussian(n * lanes, 2) };
    const y = modelOutput(model, source, { lanes, provide: (name, shape) => constant(shape, values[name]) });
    const out = runOn(
      wasmBackend,
      { outputs: { outRe: y.re, ...(y.im ? { outIm: y.im } : {}) } },
      { ...x },
      { dtype: 'f64' },
    );
    const own = applyClosedForm(closedForm('dft', n, [3, 4, 5]), x, lanes);
    expect(relativeL2({ re: out.outRe, im: out.outIm }, own)).toBeLessThan(1e-15);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['an unknown target', () => closedForm('dct5' as ChainTargetName, 8), /target is "dct5"/],
    ['Hadamard of 12', () => closedForm('hadamard', 12), /n is 12/],
    ['one point', () => closedForm('dft', 1), /n is 1;/],
    ['a fraction', () => closedForm('dft', 7.5), /n is 7\.5/],
    ['too many points', () => closedForm('dft', 1 << 20), /n is 1048576/],
    ['radices of another product', () => closedForm('dft', 8, [2, 2]), /radices \[2, 2\] multiply to 4/],
    [
      'a complex signal into a real head',
      () =>
        applyClosedForm(
          closedForm('dct2', 4),
          { re: new Float64Array(4), im: Float64Array.of(0, 1, 0, 0) },
          1,
        ),
      /dct2 takes real signals/,
    ],
    [
      'a NaN filter',
      () => closedFormConvolution({ re: Float64Array.of(1, NaN), im: new Float64Array(2) }),
      /not finite/,
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(InvalidArgumentError);
    expect(act).toThrow(message);
  });
});

describe('factorisation of a matrix', () => {
  /** Radices with a product up to 64. */
  const chains = fc
    .array(fc.constantFrom(2, 3, 4, 5), { minLength: 1, maxLength: 3 })
    .filter((r) => r.reduce((a, b) => a * b, 1) <= 64);

  it('any product of blocks is found again, with any permutation and factor', () => {
    fc.assert(
      fc.property(
        chains,
        fc.constantFrom('time' as const, 'frequency' as const),
        fc.nat(1000),
        fc.constantFrom('digit-reversal' as const, 'identity' as const, 'shuffled' as const),
        fc.constantFrom('backward' as const, 'ortho' as const, 'forward' as const),
        (radices, decimation, seed, order, norm) => {
          const n = radices.reduce((a, b) => a * b, 1);
          const keys = gaussian(n, seed);
          const permutation =
            order === 'shuffled' ? [...keys.keys()].sort((a, b) => keys[a] - keys[b]) : order;
          const spec = { ...free(n, radices), decimation, permutation, norm };
          const original = initialize(spec, 'random', seed);
          const matrix = { n, ...applyChain(spec, original, identity(n), n) };
          const compiled = chainMatrix(chainModel([spec]), original);
          expect(relativeL2(matrix, compiled)).toBeLessThan(1e-14);
          const found = factorizeMatrix(spec, matrix);
          expect(found.residual).toBeLessThan(1e-13);
          expect(found.defect).toBeLessThan(1e-7);
          const again = applyChain(spec, found.values, identity(n), n);
          expect(relativeL2(again, matrix)).toBeLessThan(1e-13);
          if (decimation === 'frequency') return;
          let at = 0;
          const operator = (x: ComplexArray) => (at++, applyChain(spec, original, x, 1));
          const asked = factorizeOperator(spec, operator);
          expect(asked.residual).toBeLessThan(1e-10);
          expect(asked.queries).toBe(at);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('one wrong entry, and a matrix that is no chain, show in residual and defect', () => {
    const n = 16;
    const m = definitionOf('dft', n);
    m.re[37] += 0.01;
    const wrong = factorizeMatrix(free(n), m);
    expect(wrong.defect).toBeGreaterThan(1e-4);
    expect(wrong.residual).toBeGreaterThan(1e-4);
    const hartley = factorizeMatrix(free(n), definitionOf('hartley', n));
    expect(hartley.defect).toBeGreaterThan(0.1);
    expect(hartley.residual).toBeGreaterThan(0.1);
  });

  it('a noisy chain comes out less noisy: a chain has fewer numbers than a matrix', () => {
    const n = 64;
    const exact = definitionOf('dft', n);
    const noise = gaussian(2 * n * n, 3);
    const noisy = {
      re: exact.re.map((v, i) => v + 1e-3 * noise[i]),
      im: exact.im.map((v, i) => v + 1e-3 * noise[n * n + i]),
    };
    const { values } = factorizeMatrix(free(n), { n, ...noisy });
    const own = applyChain(free(n), values, identity(n), n);
    expect(relativeL2(own, exact)).toBeLessThan(relativeL2(noisy, exact) / 2);
  });

  it('the zero matrix is a chain', () => {
    const { values, residual } = factorizeMatrix(free(8), zeroMatrix(8));
    expect(residual).toBe(0);
    expect(applyChain(free(8), values, identity(8), 8).re.every((v) => v === 0)).toBe(true);
  });

  it('an operator is asked a logarithmic number of times', () => {
    const n = 512;
    const plan = planFftSync({ n, dtype: 'f64' });
    const fft = (x: ComplexArray): ComplexArray => {
      plan.input.re.set(x.re);
      plan.input.im!.set(x.im);
      plan.run();
      return { re: Float64Array.from(plan.output.re), im: Float64Array.from(plan.output.im!) };
    };
    const found = factorizeOperator(free(n), fft);
    plan.dispose();
    expect(found.queries).toBe(3 * 2 * 8 + 2 + 1);
    expect(found.residual).toBeLessThan(1e-14);
    expect(found.condition).toBeCloseTo(1, 10);
  });

  const m8 = zeroMatrix(8);
  const bad = zeroMatrix(8);
  bad.im[13] = Infinity;
  const zero = (x: ComplexArray): ComplexArray => complexArray(x.re.length);
  it.each<[string, () => unknown, RegExp]>([
    ['another size', () => factorizeMatrix(free(16), m8), /the matrix is 8 x 8; expected 16 x 16/],
    ['an infinite entry', () => factorizeMatrix(free(8), bad), /entry \(1, 5\) is not finite/],
    [
      'arrays that do not fill it',
      () => factorizeMatrix(free(8), { ...m8, re: new Float64Array(5) }),
      /re has 5/,
    ],
    ['exact stages', () => factorizeMatrix(network(8), m8), /stage 0 is exact/],
    [
      'real input',
      () => factorizeMatrix(network(8, { input: 'real', parametrization: 'free' }), m8),
      /input is "real"/,
    ],
    [
      'frequency decimation',
      () => factorizeOperator({ ...free(8), decimation: 'frequency' }, zero),
      /decimation/,
    ],
    [
      'no permutation',
      () => factorizeMatrix({ ...free(8), permutation: new Array<number>(8).fill(0) }, m8),
      /permutation is no order/,
    ],
    ['a singular operator', () => factorizeOperator(free(8), zero), /stage 2, butterfly 0 is singular/],
    [
      'a short operator',
      () => factorizeOperator(free(8), () => complexArray(3)),
      /operator's answer\.re has 3 numbers/,
    ],
    ['no probes', () => factorizeOperator(free(8), zero, { probes: 0 }), /probes is 0/],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(InvalidArgumentError);
    expect(act).toThrow(message);
  });
});
