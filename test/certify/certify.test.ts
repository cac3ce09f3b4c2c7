/**
 * Certificates against an oracle that shares nothing with them: the double-double DFT of test/oracle.ts and the network
 * evaluated on the number-pair carrier of the one butterfly.
 */
import { networkOf } from '../../src/model/model.ts';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError, PapilioError, UnsupportedError } from '../../src/errors.ts';
import { viewOf } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { tabulateCoefficients } from '../../src/compiler/coefficients.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { argument, exprCarrier } from '../../src/ir/expr.ts';
import { constant, input, loop, map, type Graph } from '../../src/ir/graph.ts';
import { widen } from '../../src/ir/widen.ts';
import { butterfly } from '../../src/model/butterfly.ts';
import { initialize, type ParameterValues, type TransformModel } from '../../src/model/initialize.ts';
import type { NetworkSpec } from '../../src/model/network.ts';
import type { GateSpec, Parametrization } from '../../src/model/parametrization.ts';
import { numberArithmetic, type Complex } from '../../src/numeric/arithmetic.ts';
import { digitReversal } from '../../src/numeric/digits.ts';
import { pairArithmetic, type DoubleDouble } from '../../src/numeric/double-double.ts';
import { certify, type Certificate } from '../../src/certify/certify.ts';
import { fit } from '../../src/fit/fit.ts';
import { roundingBound } from '../../src/certify/rounding-bound.ts';
import { recommendedPhases } from '../../src/fit/recipe.ts';
import { targetModel } from '../../src/fit/targets.ts';
import { closedForm, type ClosedForm } from '../../src/fit/closed/closed-form.ts';
import { decodeTransform } from '../transform-file.ts';
import { frozenGraph } from '../../src/certify/error-operator.ts';
import { gaussian, network } from '../helpers.ts';
import { emptyColumns, oracle } from '../oracle.ts';

interface Signal {
  re: Float64Array;
  im: Float64Array;
}
type Wide = Complex<DoubleDouble>;

const normOf = (x: Signal): number =>
  Math.sqrt(x.re.reduce((s, v) => s + v * v, 0) + x.im.reduce((s, v) => s + v * v, 0));

/** Free radix-2 blocks, exact ones disturbed by `size`. */
function disturbed(n: number, size: number, seed = 1): TransformModel {
  const spec = network(n, { parametrization: 'free' });
  const values = initialize(spec, 'exact', 0);
  return { network: spec, values: shaken(values, size, seed) };
}

/** A closed form of one chain as a transform. */
const single = ({ model, values }: ClosedForm): TransformModel => ({ network: networkOf(model), values });

function shaken(values: ParameterValues, size: number, seed: number): ParameterValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, v], i) => {
      const z = gaussian(v.length, i, seed);
      return [name, v.map((x, j) => x + size * z[j])];
    }),
  );
}

const doubles = pairArithmetic(numberArithmetic);

/** A network of free stages in time decimation on one signal, in double-double. */
function runWide({ network: spec, values }: TransformModel, x: Signal, round: (v: number) => number): Wide[] {
  const reversed = digitReversal(spec.stages.map((s) => s.radix));
  let state = Array.from(reversed, (j): Wide => ({ re: [x.re[j], 0], im: [x.im[j], 0] }));
  let stride = 1;
  spec.stages.forEach(({ radix: r }, s) => {
    const table = values[`stage${s}.block`];
    const next = [...state];
    for (let b = 0; b < spec.n / r; b++) {
      const first = (b - (b % stride)) * r + (b % stride);
      const at = (j: number, a: number): number => 2 * ((b * r + j) * r + a);
      const block = Array.from({ length: r }, (_, j) =>
        Array.from({ length: r }, (_, a): Wide => ({
          re: [round(table[at(j, a)]), 0],
          im: [round(table[at(j, a) + 1]), 0],
        })),
      );
      const inputs = Array.from({ length: r }, (_, a) => state[first + a * stride]);
      butterfly(doubles, block, inputs).forEach((y, j) => (next[first + j * stride] = y));
    }
    state = next;
    stride *= r;
  });
  return state;
}

/** (network - DFT) x to float64. */
function errorOf(model: TransformModel, x: Signal, round: (v: number) => number = (v) => v): Signal {
  const { n } = model.network;
  const own = runWide(model, x, round);
  const columns = { ...emptyColumns(n, 1), reHi: x.re.slice(), imHi: x.im.slice() };
  const exact = oracle(columns, n);
  const minus = (a: DoubleDouble, hi: number, lo: number): number => doubles.sub(a, [hi, lo])[0];
  return {
    re: Float64Array.from(own, (y, k) => minus(y.re, exact.reHi[k], exact.reLo[k])),
    im: Float64Array.from(own, (y, k) => minus(y.im, exact.imHi[k], exact.imLo[k])),
  };
}

/** Random and adversarial inputs of n points: noise, pulses, tones, signs, steps, and the attaining input disturbed. */
function* inputs(n: number, count: number, worst: Certificate['attainedBy']): Generator<Signal> {
  for (let i = 0; i < count; i++) {
    const noise = { re: gaussian(n, 2 * i, 99), im: gaussian(n, 2 * i + 1, 99) };
    const kind = i % 6;
    if (kind === 0) yield noise;
    else if (kind === 1) yield { re: noise.re.map(Math.sign), im: noise.im.map(Math.sign) };
    else if (kind === 2) yield { re: noise.re.map((v, j) => (j === i % n ? v : 0)), im: new Float64Array(n) };
    else if (kind === 3) {
      const tone = (j: number): number => (2 * Math.PI * i * j) / (6 * n);
      yield { re: noise.re.map((_, j) => Math.cos(tone(j))), im: noise.im.map((_, j) => Math.sin(tone(j))) };
    } else if (kind === 4)
      yield { re: noise.re.map((_, j) => (j <= i % n ? 1 : 0)), im: new Float64Array(n) };
    else {
      const size = 10 ** -(i % 7);
      yield {
        re: noise.re.map((v, j) => worst.re[j] + size * v),
        im: noise.im.map((v, j) => worst.im[j] + size * v),
      };
    }
  }
}

describe('certify', () => {
  it.each([
    ['a learned network of error 1e-4', disturbed(32, 1e-5), 'f64'],
    ['one of error 1e-13', disturbed(32, 1e-14), 'f64'],
    ['exact blocks, float64 tables', disturbed(32, 0), 'f64'],
    ['exact blocks, float32 tables', disturbed(32, 0), 'f32'],
    ['radices 3, 4, 5', { ...mixed([3, 4, 5]) }, 'f64'],
  ] as const)('%s: attained by its input, never exceeded', (_, model, dtype) => {
    const c = certify(model, { dtype });
    const round = dtype === 'f32' ? Math.fround : (v: number) => v;
    expect(c.tau).toBeLessThanOrEqual(1.05 * c.attained);
    const v = { re: Float64Array.from(c.attainedBy.re), im: Float64Array.from(c.attainedBy.im) };
    const attained = errorOf(model, v, round);
    expect(normOf(attained) / normOf(v) / c.attained).toBeCloseTo(1, 7);
    let worst = 0;
    for (const x of inputs(model.network.n, 300, c.attainedBy)) {
      const e = errorOf(model, x, round);
      const size = normOf(x);
      expect(normOf(e)).toBeLessThanOrEqual(c.tau * size);
      worst = Math.max(worst, normOf(e) / size);
      for (let k = 0; k < e.re.length; k++)
        expect(Math.hypot(e.re[k], e.im[k])).toBeLessThanOrEqual(c.worstBinError * size * (1 + 1e-12));
    }
    expect(worst).toBeGreaterThan(0.9 * c.attained);
  });

  it('10,000 inputs do not exceed it, by the matrix of the errors of all unit vectors', () => {
    const model = disturbed(16, 1e-3);
    const { n } = model.network;
    const c = certify(model);
    const unit = Array.from({ length: n }, (_, j) => {
      const x = { re: new Float64Array(n), im: new Float64Array(n) };
      x.re[j] = 1;
      return errorOf(model, x);
    });
    let worst = 0;
    for (const x of inputs(n, 10_000, c.attainedBy)) {
      const y = { re: new Float64Array(n), im: new Float64Array(n) };
      unit.forEach((e, j) => {
        for (let k = 0; k < n; k++) {
          y.re[k] += e.re[k] * x.re[j] - e.im[k] * x.im[j];
          y.im[k] += e.re[k] * x.im[j] + e.im[k] * x.re[j];
        }
      });
      worst = Math.max(worst, normOf(y) / normOf(x));
    }
    expect(worst).toBeLessThanOrEqual(c.tau);
    expect(worst).toBeGreaterThan(0.99 * c.attained);
  });

  const gates: GateSpec[] = [
    { kind: 'skip', mode: 'soft', grain: 'butterfly', threshold: 0.5 },
    { kind: 'drop', mode: 'hard', grain: 'run', threshold: 0.5 },
  ];
  const variants: [string, NetworkSpec][] = [
    ...(['exact', 'twiddle', 'unit-circle', 'free'] as const).map(
      (p: Parametrization): [string, NetworkSpec] => [p, network(16, { parametrization: p, norm: 'ortho' })],
    ),
    ...gates.map((gate): [string, NetworkSpec] => [
      `${gate.mode} ${gate.kind} gates`,
      network(16, { parametrization: 'twiddle', gate, decimation: 'frequency' }),
    ]),
    ['inverse', network(12, { radices: [3, 4], direction: 'inverse' })],
    ['real input', network(24, { input: 'real', radices: [3, 4], parametrization: 'free', split: 'free' })],
    ['real input, exact', network(32, { input: 'real' })],
  ];
  it.each(variants)('%s: the compiled program is within both bounds', (_, spec) => {
    const values = shaken(initialize(spec, 'exact', 1), 1e-3, 2);
    for (const dtype of ['f32', 'f64'] as const) {
      const model = { network: spec, values };
      const c = certify(model, { dtype });
      const lanes = 4;
      const e = wasmBackend.instantiate(compileGraph(frozenGraph(model, lanes), { dtype }));
      const { n } = spec;
      const [re, im] = [gaussian(n * lanes, 1), gaussian(n * lanes, 2)];
      if (spec.input === 'real') im.fill(0);
      viewOf(e, 're').set(re);
      if (spec.input === 'complex') viewOf(e, 'im').set(im);
      const signals = {
        reHi: Float64Array.from(viewOf(e, 're')),
        imHi: im.map((v) => (dtype === 'f32' ? Math.fround(v) : v)),
      };
      e.run();
      const inverse = spec.direction === 'inverse';
      const sign = inverse ? -1 : 1;
      const exact = oracle(
        { ...emptyColumns(n, lanes), reHi: signals.reHi, imHi: signals.imHi.map((v) => sign * v) },
        n,
      );
      const scale = spec.norm === 'ortho' ? 1 / Math.sqrt(n) : inverse ? 1 / n : 1;
      const [outRe, outIm] = [viewOf(e, 'outRe'), viewOf(e, 'outIm')];
      const bins = spec.input === 'real' ? n / 2 + 1 : n;
      for (let l = 0; l < lanes; l++) {
        let [difference, size] = [0, 0];
        for (let j = 0; j < n; j++)
          size += signals.reHi[j * lanes + l] ** 2 + signals.imHi[j * lanes + l] ** 2;
        for (let k = 0; k < bins; k++) {
          const at = k * lanes + l;
          difference +=
            (outRe[at] - scale * exact.reHi[at]) ** 2 + (outIm[at] - scale * sign * exact.imHi[at]) ** 2;
        }
        expect(Math.sqrt(difference / size)).toBeLessThanOrEqual(c.tau + c.roundingBound);
      }
    }
  });

  it('is within 30 times of what occurs in a network learned from a random start', async () => {
    const n = 32;
    const { model, matrix } = targetModel('dft', [2, 2, 2, 2, 2], 'free');
    const phases = recommendedPhases(model);
    const run = fit({ model, target: { matrix }, start: 'random', seed: 3, phases, restarts: 2 });
    let step = await run.next();
    while (!step.done) step = await run.next();
    const learned = { network: networkOf(model), values: step.value.values };
    const bound = certify(learned, { dtype: 'f32' }).roundingBound;
    const lanes = 256;
    const [single, double] = (['f32', 'f64'] as const).map((dtype) => {
      const e = wasmBackend.instantiate(compileGraph(frozenGraph(learned, lanes), { dtype }));
      for (const [i, name] of ['re', 'im'].entries())
        viewOf(e, name).set(Float32Array.from(gaussian(n * lanes, 5 + i)));
      e.run();
      return e;
    });
    let worst = 0;
    for (let l = 0; l < lanes; l++) {
      let [difference, size] = [0, 0];
      for (let at = l; at < n * lanes; at += lanes)
        for (const [from, to] of [
          ['re', 'outRe'],
          ['im', 'outIm'],
        ]) {
          difference += (viewOf(single, to)[at] - viewOf(double, to)[at]) ** 2;
          size += viewOf(double, from)[at] ** 2;
        }
      worst = Math.max(worst, Math.sqrt(difference / size));
    }
    expect(worst).toBeGreaterThan(2 ** -25);
    expect(bound).toBeGreaterThan(worst);
    expect(bound).toBeLessThan(30 * worst);
  });

  it('counts every sum of paths, also where two blocks are alike', () => {
    const [a, b] = [argument(1), argument(2)].map((c) => exprCarrier.mul(c, argument(0)));
    // y = a x - b x: B is 1 in both points, and the paths of one are a million times as large.
    const graph = (large: number): Graph => ({
      outputs: {
        y: loop({
          label: 'paths',
          space: [2],
          loads: [
            { tensor: input('x', [2]), access: { offset: 0, terms: [1] } },
            ...[1, 0].map((more) => ({
              tensor: constant(
                [2],
                [0, 1].map((p) => more + (p === large ? 1e6 : 0)),
              ),
              access: { offset: 0, terms: [1] },
            })),
          ],
          body: [exprCarrier.sub(a, b)],
          stores: [{ result: 0, access: { offset: 0, terms: [1] }, combine: 'store' }],
          shapes: [[2]],
        })[0],
      },
    });
    const [first, second] = [0, 1].map((large) => roundingBound(graph(large), 2 ** -24).bound);
    expect(first).toBe(second);
    expect(first).toBeGreaterThan(2e6 * 2 ** -24);
  });

  it('is refused for loops that read more than the one before', () => {
    const x = input('x', [2]);
    const twice = map('twice', [x], [exprCarrier.add(argument(0), argument(0))])[0];
    const graph = { outputs: { y: map('both', [twice, x], [exprCarrier.add(argument(0), argument(1))])[0] } };
    expect(() => roundingBound(graph, 2 ** -24)).toThrow(UnsupportedError);
  });

  it.each([
    // The literals of a 3-point DFT are rounded too.
    { n: 3, parametrization: 'exact' as const },
    ...(['twiddle', 'unit-circle', 'free'] as const).map((parametrization) => ({ n: 4, parametrization })),
    ...gates.map((gate) => ({ n: 4, parametrization: 'unit-circle' as const, gate })),
  ])(
    '%j: one stage on unit vectors shows that the tables are those of the program, bit for bit',
    ({ n, ...options }) => {
      const spec = network(n, { radices: [n], ...options });
      const model = { network: spec, values: shaken(initialize(spec, 'exact', 1), 0.1, 4) };
      const graph = frozenGraph(model, n);
      const e = wasmBackend.instantiate(compileGraph(graph, { dtype: 'f32' }));
      const wide = wasmBackend.instantiate(
        compileGraph(widen(tabulateCoefficients(graph, 'f32')), { dtype: 'f64', specialize: false }),
      );
      for (const x of [e, wide]) {
        viewOf(x, 'im').fill(0);
        for (let j = 0; j < n; j++) viewOf(x, 're')[j * n + j] = 1;
        x.run();
      }
      // A coefficient times one, plus zeros, has no rounding; only the signs of zeros may differ.
      const numbers = (v: ArrayLike<number>): number[] => Array.from(v, (x) => x + 0);
      for (const name of ['outRe', 'outIm'])
        expect(numbers(viewOf(e, name))).toEqual(numbers(viewOf(wide, `${name}.hi`)));
    },
  );

  it('targets with a real head: closed forms, and the wrong target', () => {
    for (const name of ['hadamard', 'hartley', 'dct2', 'dct3', 'dct4', 'dst2', 'idft'] as const) {
      const c = certify(single(closedForm(name, 16)), { target: name });
      expect(c.relativeTau).toBeLessThan(2e-15);
      // Rows of norm sqrt 16; those of cosines of odd angles alone have half the energy.
      expect(c.targetNorm).toBeCloseTo(name === 'dct4' ? Math.SQRT2 * 2 : 4, 14);
      expect(c.head).toBe(['hadamard', 'idft'].includes(name) ? 'complex' : 'real');
    }
    expect(certify(single(closedForm('hadamard', 16)), { target: 'dft' }).relativeTau).toBeGreaterThan(1);
  });

  it('an exact network has the error of nothing but the proof', () => {
    const spec = network(4, { permutation: 'identity', parametrization: 'exact', radices: [2, 2] });
    const c = certify({ network: spec, values: {} }, { target: 'dft' });
    expect(c.attained).toBeGreaterThan(1);
    const exact = certify({ network: network(4), values: {} });
    expect(exact.attained).toBe(0);
    expect(exact.tau).toBeLessThan(1e-28);
    expect(exact.tau).toBeGreaterThan(0);
  });

  const nan = disturbed(8, 0);
  nan.values['stage1.block'][3] = NaN;
  it.each<[string, () => unknown, typeof PapilioError, RegExp]>([
    [
      'beyond 4096 points',
      () => certify({ network: network(8192), values: {} }),
      InvalidArgumentError,
      /n is 8192; certificates go up to 4096/,
    ],
    ['a NaN', () => certify(nan), InvalidArgumentError, /stage1\.block holds a number that is not finite/],
    [
      'an unknown target',
      () => certify(disturbed(8, 0), { target: 'dct9' as 'dft' }),
      InvalidArgumentError,
      /target is "dct9"/,
    ],
    [
      'an unknown dtype',
      () => certify(disturbed(8, 0), { dtype: 'f16' as 'f32' }),
      InvalidArgumentError,
      /dtype is "f16"/,
    ],
    ['Hadamard of 12', () => certify(mixed([3, 4]), { target: 'hadamard' }), InvalidArgumentError, /n is 12/],
    [
      'a real network as idft',
      () => certify({ network: network(8, { input: 'real' }), values: {} }, { target: 'idft' }),
      InvalidArgumentError,
      /real input is compared with dft/,
    ],
    [
      'a real inverse network',
      () => certify({ network: network(8, { input: 'real', direction: 'inverse' }), values: {} }),
      UnsupportedError,
      /real inverse/,
    ],
  ])('refuses %s', (_, act, type, message) => {
    expect(act).toThrow(type);
    expect(act).toThrow(message);
  });
});

function mixed(radices: number[]): TransformModel {
  const n = radices.reduce((a, b) => a * b, 1);
  const spec = network(n, { radices, parametrization: 'free' });
  return { network: spec, values: shaken(initialize(spec, 'exact', 0), 1e-6, 3) };
}

describe('what scripts/certify.py verified', () => {
  const folder = join(import.meta.dirname, '../fixtures/certificates');
  const bytes = readFileSync(join(folder, 'transform.safetensors'));
  const read = (name: string) =>
    JSON.parse(readFileSync(join(folder, name), 'utf8')) as Certificate & { sha256: string };
  const verdict = readFileSync(join(folder, 'verdict.txt'), 'utf8');

  it.each(['f32', 'f64'] as const)(
    'the %s certificate of the fixture is made again, claim by claim',
    (dtype) => {
      const fixture = read(`certificate-${dtype}.json`);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(fixture.sha256);
      const c = certify(decodeTransform(bytes, 'transform.safetensors'), { dtype });
      for (const key of ['tau', 'attained', 'worstBinError', 'roundingBound', 'targetNorm'] as const)
        expect(c[key] / fixture[key]).toBeCloseTo(1, 9);
      for (const key of ['n', 'target', 'worstBin', 'dtype', 'norm', 'head'] as const)
        expect(c[key]).toBe(fixture[key]);
      expect(verdict).toContain(
        `dft, ${dtype}: tau ${fixture.tau.toExponential(6).replace(/e([+-])(\d)$/, 'e$10$2')}`,
      );
    },
  );

  it('every claim was verified, and a claim of half the bound refuted', () => {
    expect(verdict.match(/^verified$/gm)?.length).toBe(2);
    expect(verdict).toMatch(/tau: DOES NOT HOLD[\s\S]*REFUTED/);
  });
});
