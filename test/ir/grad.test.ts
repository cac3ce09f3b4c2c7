/** Gradients against central differences in float64, norm-wise <= 1e-6, through the public building blocks. */
import { bandsOf } from '../../src/spectral/banks.ts';
import { trainingOutput } from '../../src/front/graphs.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { describe, expect, it } from 'vitest';
import { argument, exprCarrier as k, literal, type Expr } from '../../src/ir/expr.ts';
import { constant, input, loop, map, parameter, type Tensor } from '../../src/ir/graph.ts';
import { gradient } from '../../src/ir/grad.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { rows } from '../../src/ir/view.ts';
import { IllegalGraphError } from '../../src/errors.ts';
import { initialize } from '../../src/model/initialize.ts';
import { binCount, spectrum } from '../../src/model/network.ts';
import type { GateSpec } from '../../src/model/parametrization.ts';
import { gateShareTensor } from '../../src/model/gates.ts';
import { smoothAbsoluteLoss, spectrumLoss } from '../../src/optimize/losses.ts';
import { squares } from '../../src/front/refit.ts';
import { namedLeaves } from '../../src/fit/transform-task.ts';
import { dft } from '../../src/numeric/dft.ts';
import { centralDifferences, distance, gaussian, network, norm } from '../helpers.ts';

const tolerance = 1e-6;

function sum(t: Tensor): Tensor {
  return loop({
    label: 'sum',
    space: [t.size],
    loads: [{ tensor: t, access: { offset: 0, terms: [1] } }],
    body: [argument(0)],
    stores: [{ result: 0, access: { offset: 0, terms: [0] }, combine: 'sum' }],
    shapes: [[1]],
  })[0];
}

/** Check d loss / d each parameter at `values`. */
function check(
  loss: Tensor,
  leaves: ReadonlyMap<string, Tensor>,
  values: Record<string, Float64Array>,
  label: string,
): void {
  const names = [...leaves.keys()];
  const gradients = interpret(
    { outputs: Object.fromEntries(gradient(loss, [...leaves.values()]).map((g, i) => [names[i], g])) },
    values,
  );
  for (const name of names) {
    const expected = centralDifferences((v) => interpret({ outputs: { loss } }, v).loss[0], values, name);
    expect(distance(gradients[name], expected), `${label}: ${name}`).toBeLessThan(tolerance);
  }
}

describe('scalar adjoints', () => {
  const unary: Record<string, (x: Expr) => Expr> = {
    neg: k.neg,
    sqrt: (x) => k.sqrt(k.abs(x)),
    abs: k.abs,
    exp: k.exp,
    log: (x) => k.log(k.abs(x)),
    sin: k.sin,
    cos: k.cos,
    mantissa: (x) => k.mantissa(k.abs(x)),
    'select less': (x) => k.select(k.less(x, literal(0.3)), k.mul(x, x), k.exp(x)),
  };
  const binary: Record<string, (a: Expr, b: Expr) => Expr> = {
    add: k.add,
    sub: k.sub,
    mul: k.mul,
    div: k.div,
    min: k.min,
    max: k.max,
  };
  it.each(Object.keys(unary))('%s', (name) => {
    const x = parameter('x', [7]);
    check(
      sum(map(name, [x], [unary[name](argument(0))])[0]),
      new Map([['x', x]]),
      { x: gaussian(7, 1) },
      name,
    );
  });
  it.each(Object.keys(binary))('%s', (name) => {
    const [x, y] = [parameter('x', [7]), parameter('y', [7])];
    const loss = sum(map(name, [x, y], [binary[name](argument(0), argument(1))])[0]);
    check(
      loss,
      new Map([
        ['x', x],
        ['y', y],
      ]),
      { x: gaussian(7, 1), y: gaussian(7, 2) },
      name,
    );
  });
  it('max reductions send the cotangent to the maximum', () => {
    const x = parameter('x', [5]);
    const [m] = loop({
      label: 'max',
      space: [5],
      loads: [{ tensor: x, access: { offset: 0, terms: [1] } }],
      body: [argument(0)],
      stores: [{ result: 0, access: { offset: 0, terms: [0] }, combine: 'max' }],
      shapes: [[1]],
    });
    check(m, new Map([['x', x]]), { x: gaussian(5, 3) }, 'max');
  });
  it('stopGradient and integers have none', () => {
    const x = parameter('x', [3]);
    const stopped = map(
      'stop',
      [x],
      [k.add(k.stopGradient(k.mul(argument(0), argument(0))), k.round(argument(0)))],
    )[0];
    const [g] = gradient(sum(stopped), [x]);
    expect([...interpret({ outputs: { g } }, { x: [1, 2, 3] }).g]).toEqual([0, 0, 0]);
  });
  it('refuses a loss that is no scalar', () => {
    const x = parameter('x', [3]);
    expect(() => gradient(x, [x])).toThrow(IllegalGraphError);
  });
});

const lanes = 2;

describe('every parametrisation', () => {
  for (const parametrization of ['twiddle', 'unit-circle', 'free', 'unitary', 'widely-linear'] as const)
    for (const decimation of ['time', 'frequency'] as const)
      for (const kind of ['complex', 'real'] as const)
        for (const radices of [
          [2, 2, 2],
          [4, 2],
          [3, 2],
        ])
          it(`${parametrization}, ${decimation}, ${kind}, radices ${radices}`, () => {
            const chain = radices.reduce((a, b) => a * b);
            const n = kind === 'real' ? 2 * chain : chain;
            const split = parametrization === 'free' ? 'free' : 'twiddle';
            const spec = network(n, { radices, parametrization, decimation, input: kind, split });
            checkSpec(spec);
          });
  const gates: GateSpec[] = (['butterfly', 'run', 'block', 'stage'] as const).flatMap((grain) =>
    (['skip', 'drop'] as const).map((gateKind) => ({
      kind: gateKind,
      mode: 'soft' as const,
      grain,
      threshold: 0.5,
    })),
  );
  const grains = ['butterfly', 'run', 'block', 'stage'] as const;
  const trained: Pick<GateSpec, 'kind' | 'mode' | 'temperature' | 'sampled'>[] = [
    { kind: 'skip', mode: 'soft', temperature: 'input' },
    { kind: 'drop', mode: 'soft', temperature: 0.8 },
    { kind: 'ternary', mode: 'soft' },
    { kind: 'ternary', mode: 'soft', temperature: 'input' },
    ...(['skip', 'drop', 'ternary'] as const).flatMap((kind) => [
      { kind, mode: 'hard-concrete' as const },
      { kind, mode: 'hard-concrete' as const, sampled: true, temperature: 'input' as const },
    ]),
  ];
  for (const own of trained)
    it.each(grains)(`${own.mode} ${own.kind} ${JSON.stringify(own)} by %s`, (grain) => {
      const gate: GateSpec = { ...own, grain, threshold: 0.45 };
      checkSpec(network(8, { parametrization: 'twiddle', gate }));
      checkSpec(network(8, { parametrization: 'twiddle', gate, decimation: 'frequency', input: 'real' }));
    });
  it('ternary gates of a radix other than two', () => {
    const gate: GateSpec = { kind: 'ternary', mode: 'soft', grain: 'block', threshold: 0.5 };
    checkSpec(network(6, { radices: [3, 2], parametrization: 'free', gate }));
  });
  it.each(gates)('soft $kind gates by $grain', (gate) => {
    checkSpec(network(8, { parametrization: 'twiddle', gate }));
    checkSpec(network(8, { parametrization: 'free', gate, decimation: 'frequency' }));
  });
});

function checkSpec(spec: ReturnType<typeof network>): void {
  const { provide, leaves } = namedLeaves();
  const source = {
    re: rows(input('re', [spec.n, lanes]), lanes),
    ...(spec.input === 'complex' ? { im: rows(input('im', [spec.n, lanes]), lanes) } : {}),
  };
  const x = spectrum(spec, source, { lanes, provide });
  const bins = binCount(spec);
  const target = { re: input('targetRe', [bins, lanes]), im: input('targetIm', [bins, lanes]) };
  const start = initialize(spec, 'random', 3);
  // Gates away from the kinks of their clamp; what they read beside is differentiated too.
  for (const [name, t] of leaves) {
    if (name.endsWith('gate')) start[name] = gaussian(t.size, 9).map((g) => 0.5 + 0.1 * g);
    if (name.endsWith('noise')) start[name] = gaussian(t.size, 10).map((g) => 0.3 * g);
    if (name === 'temperature') start[name] = Float64Array.of(0.7);
  }
  vanishesAtTheAnswer(spec);
  const values = {
    ...start,
    re: gaussian(spec.n * lanes, 1),
    im: gaussian(spec.n * lanes, 2),
    targetRe: gaussian(bins * lanes, 3),
    targetIm: gaussian(bins * lanes, 4),
  };
  check(spectrumLoss(x, target, bins, lanes, 1), leaves, values, JSON.stringify(spec.stages[0]));
}

/** Against the DFT by its definition, loss and gradient are zero at the exact parameters (all gates open) and only there. */
function vanishesAtTheAnswer(spec: ReturnType<typeof network>): void {
  const { provide, leaves } = namedLeaves();
  const source = {
    re: rows(input('re', [spec.n, 1]), 1),
    ...(spec.input === 'complex' ? { im: rows(input('im', [spec.n, 1]), 1) } : {}),
  };
  const bins = binCount(spec);
  const target = { re: input('targetRe', [bins, 1]), im: input('targetIm', [bins, 1]) };
  const loss = spectrumLoss(spectrum(spec, source, { lanes: 1, provide }), target, bins, 1, spec.n);
  const re = gaussian(spec.n, 21);
  const im = spec.input === 'complex' ? gaussian(spec.n, 22) : new Float64Array(spec.n);
  const expected = dft({ re, im });
  const gradients = gradient(loss, [...leaves.values()]);
  const names = [...leaves.keys()];
  const graph = {
    outputs: { loss, ...Object.fromEntries(names.map((name, i) => [`d ${name}`, gradients[i]])) },
  };
  const signals = { re, im, targetRe: expected.re.slice(0, bins), targetIm: expected.im.slice(0, bins) };
  const at = (start: 'exact' | 'random'): number => {
    const values = initialize(spec, start, 2);
    spec.stages.forEach(({ gate }, s) => {
      const logits = values[`stage${s}.gate`];
      // A softmax is open only far away: exp(-60) is below the rounding of 1.
      if (gate?.kind === 'ternary' && gate.mode === 'soft') logits.forEach((z, i) => (logits[i] = 12 * z));
    });
    for (const [name, t] of leaves)
      if (!values[name]) values[name] = new Float64Array(t.size).fill(name === 'temperature' ? 0.7 : 0);
    return Object.values(interpret(graph, { ...values, ...signals })).reduce((sum, x) => sum + norm(x), 0);
  };
  expect(at('exact')).toBeLessThan(1e-12);
  if (names.some((name) => !/gate|noise|temperature/.test(name))) expect(at('random')).toBeGreaterThan(0.01);
}

describe('straight-through gates', () => {
  it('have the value of the threshold and the derivative of their surrogate', () => {
    const gate: GateSpec = { kind: 'skip', mode: 'hard', grain: 'butterfly', threshold: 0.5 };
    const p = parameter('p', [4]);
    const value = gateShareTensor(gate, 2, p);
    const weighted = map(
      'weights',
      [value, constant([4], [1, 2, 3, 4])],
      [k.mul(argument(0), argument(1))],
    )[0];
    const [g] = gradient(sum(weighted), [p]);
    const out = interpret({ outputs: { value, g } }, { p: [0.1, 0.49, 0.5, 1.3] });
    expect(Array.from(out.value, (x) => x + 0)).toEqual([0, 0, 1, 1]);
    // The surrogate is the identity.
    expect([...out.g]).toEqual([1, 2, 3, 4]);
  });

  it('of three take the largest logit, forward before reverse before skip, with the derivative of their surrogate', () => {
    const gate: GateSpec = { kind: 'ternary', mode: 'hard', grain: 'butterfly', threshold: 0.5 };
    const p = parameter('p', [5, 3]);
    const value = gateShareTensor(gate, 2, p);
    const weights = Float64Array.from({ length: 15 }, (_, i) => i);
    const weighted = map('weights', [value, constant([5, 3], weights)], [k.mul(argument(0), argument(1))])[0];
    const [g] = gradient(sum(weighted), [p]);
    const logits = [
      [3, 2, 1],
      [-1, 0, -2],
      [0, 0.1, 0.2],
      [1, 1, 1],
      [2, 1, 2],
    ].flat();
    const out = interpret({ outputs: { value, g } }, { p: logits });
    expect(Array.from(out.value, (x) => x + 0)).toEqual(
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [0, 1, 0],
        [0, 0, 1],
      ].flat(),
    );
    expect([...out.g]).toEqual([...weights]);
  });
});

describe('log-mel head', () => {
  it.each(['skip', 'drop'] as const)('window, %s gates, gain, mel weights and logarithm', (kind) => {
    const head = featureHead('papilio', { nFft: 32, windowLength: 24, hop: 16, bank: { bands: 6 } });
    const gate: GateSpec = { kind, mode: 'soft', grain: 'butterfly', threshold: 0.5 };
    const spec = network(32, { input: 'real', decimation: 'frequency', gate });
    const { bands } = bandsOf(head, 32, 2);
    const { provide, leaves } = namedLeaves();
    const output = trainingOutput({ head, network: spec, bands }, lanes, provide, squares);
    const loss = smoothAbsoluteLoss(output, input('targets', [6, lanes]), constant([1], [1]), 0.005, 1);
    const values: Record<string, Float64Array> = {
      frames: gaussian(32 * lanes, 1),
      targets: gaussian(6 * lanes, 2),
    };
    let stream = 10;
    for (const [name, t] of leaves) {
      const draw = gaussian(t.size, stream++);
      values[name] = draw.map((g) =>
        name.endsWith('gate') ? 0.5 + 0.1 * g : name === 'bank.root' ? 0.5 + 0.2 * Math.abs(g) : g,
      );
    }
    check(loss, leaves, values, kind);
  });
});
