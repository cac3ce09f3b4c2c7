/** js and wasm give the bits of the kernel interpreter; the interpreter gives the graph's numbers to rounding. */
import { describe, expect, it } from 'vitest';
import { jsBackend } from '../../src/backends/js.ts';
import { referenceBackend } from '../../src/backends/reference.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import type { Program } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { gradient } from '../../src/ir/grad.ts';
import { argument, exprCarrier } from '../../src/ir/expr.ts';
import { access, constant, input, loop, parameter, type Graph, type Tensor } from '../../src/ir/graph.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { rows } from '../../src/ir/view.ts';
import { initialize } from '../../src/model/initialize.ts';
import { binCount, parameterShapes, spectrum, type NetworkSpec } from '../../src/model/network.ts';
import type { GateSpec } from '../../src/model/parametrization.ts';
import { spectrumLoss } from '../../src/optimize/losses.ts';
import { distance, gaussian, network, norm, runOn, runProgram } from '../helpers.ts';

const lanes = 8;

/** Outputs, loss and all gradients of a network; parameters are leaves, or constants when `frozen`. */
function wholeGraph(
  spec: NetworkSpec,
  values: Readonly<Record<string, Float64Array>>,
  frozen: boolean,
): Graph {
  const leaves = new Map<string, Tensor>();
  const provide = (name: string, shape: readonly number[]): Tensor => {
    const made = leaves.get(name) ?? (frozen ? constant(shape, values[name]) : parameter(name, shape));
    leaves.set(name, made);
    return made;
  };
  const re = input('re', [spec.n, lanes]);
  const source =
    spec.input === 'real'
      ? { re: rows(re, lanes) }
      : { re: rows(re, lanes), im: rows(input('im', [spec.n, lanes]), lanes) };
  const x = spectrum(spec, source, { lanes, provide });
  const bins = binCount(spec);
  const target = { re: input('targetRe', [bins, lanes]), im: input('targetIm', [bins, lanes]) };
  const loss = spectrumLoss(x, target, bins, lanes, 2);
  const outputs: Record<string, Tensor> = { loss, outRe: x.re, outIm: x.im };
  const wanted = frozen ? [] : [...leaves.values()];
  const names = frozen ? [] : [...leaves.keys()];
  // The gradient with respect to the input exercises the scatter of split and framing.
  gradient(loss, [...wanted, re]).forEach((g, i) => (outputs[`d ${names[i] ?? 're'}`] = g));
  return { outputs };
}

const gate = (kind: GateSpec['kind'], mode: GateSpec['mode'], grain: GateSpec['grain']): GateSpec => ({
  kind,
  mode,
  grain,
  threshold: 0.5,
});

const specs: NetworkSpec[] = [
  network(16, { parametrization: 'free' }),
  network(16, { parametrization: 'free', decimation: 'frequency' }),
  network(16, { parametrization: 'twiddle', decimation: 'frequency' }),
  network(16, { parametrization: 'unit-circle' }),
  network(32, { parametrization: 'free', input: 'real', split: 'free' }),
  network(32, { parametrization: 'twiddle', input: 'real', split: 'twiddle', decimation: 'frequency' }),
  network(12, { radices: [3, 4], parametrization: 'free' }),
  network(12, { radices: [3, 4], parametrization: 'twiddle', decimation: 'frequency' }),
  network(16, { radices: [4, 4], parametrization: 'unit-circle' }),
  network(8, { parametrization: 'unitary' }),
  network(6, { radices: [3, 2], parametrization: 'unitary', decimation: 'frequency' }),
  network(8, { parametrization: 'widely-linear', permutation: [3, 0, 7, 1, 5, 2, 6, 4] }),
  network(8, { parametrization: 'free', decimation: 'frequency', permutation: [3, 0, 7, 1, 5, 2, 6, 4] }),
  ...(['butterfly', 'run', 'block', 'stage'] as const).flatMap((grain) =>
    (['skip', 'drop'] as const).flatMap((kind) => [
      network(16, { gate: gate(kind, 'soft', grain), parametrization: 'twiddle' }),
      network(32, { gate: gate(kind, 'hard', grain), decimation: 'frequency', input: 'real' }),
    ]),
  ),
  ...(['butterfly', 'run', 'block', 'stage'] as const).flatMap((grain) => [
    network(16, { gate: gate('ternary', 'soft', grain), parametrization: 'twiddle' }),
    network(32, { gate: gate('ternary', 'hard', grain), decimation: 'frequency', input: 'real' }),
    network(8, { gate: gate('ternary', 'hard-concrete', grain), decimation: 'frequency' }),
    network(8, { gate: gate('skip', 'hard-concrete', grain), parametrization: 'twiddle' }),
    network(8, {
      gate: { ...gate('drop', 'hard-concrete', grain), sampled: true, temperature: 'input' },
      parametrization: 'twiddle',
    }),
  ]),
  network(8, { gate: { ...gate('skip', 'soft', 'butterfly'), temperature: 'input' } }),
];

/** Random values that are no transform, gates anywhere from closed to open. */
function valuesOf(spec: NetworkSpec): Record<string, Float64Array> {
  const values: Record<string, Float64Array> = { ...initialize(spec, 'random', 5) };
  Object.keys(parameterShapes(spec)).forEach((name, i) => {
    if (name.endsWith('gate'))
      values[name] = gaussian(values[name].length, 50 + i).map((g) =>
        Math.abs(g) < 0.5 ? 0 : Math.abs(g) > 1.2 ? 1 : 0.4 + g / 3,
      );
  });
  spec.stages.forEach((stage, s) => {
    if (!stage.gate?.sampled) return;
    values[`stage${s}.noise`] = gaussian(values[`stage${s}.gate`].length, 70 + s);
  });
  const bins = binCount(spec);
  return {
    ...values,
    temperature: Float64Array.of(0.6),
    re: gaussian(spec.n * lanes, 1),
    im: gaussian(spec.n * lanes, 2),
    targetRe: gaussian(bins * lanes, 3),
    targetIm: gaussian(bins * lanes, 4),
  };
}

interface Interpreted {
  readonly graph: Graph;
  readonly values: Record<string, Float64Array>;
  readonly program: Program;
  readonly reference: Record<string, Float64Array>;
}
const interpreted = new Map<string, Interpreted>();
/** What the kernel interpreter makes of a network, once for all that is compared with it. */
function interpretedOf(spec: NetworkSpec, frozen: boolean, dtype: 'f32' | 'f64'): Interpreted {
  const key = JSON.stringify([spec, frozen, dtype]);
  const known = interpreted.get(key);
  if (known) return known;
  const values = valuesOf(spec);
  const graph = wholeGraph(spec, values, frozen);
  const program = compileGraph(graph, { dtype });
  const made = { graph, values, program, reference: runProgram(referenceBackend, program, values) };
  interpreted.set(key, made);
  return made;
}

describe.each([jsBackend, wasmBackend])('$name equals the kernel interpreter bitwise', (backend) => {
  it.each(['f64', 'f32'] as const)('values and gradients, %s', (dtype) => {
    for (const spec of specs) {
      for (const frozen of [false, true]) {
        const { graph, values, program, reference } = interpretedOf(spec, frozen, dtype);
        const own = runProgram(backend, program, values);
        for (const name of Object.keys(graph.outputs))
          expect(own[name], `${name} of ${JSON.stringify(spec)} frozen ${frozen}`).toEqual(reference[name]);
      }
    }
  });
});

describe.each([jsBackend, wasmBackend])('$name equals the kernel interpreter bitwise', (backend) => {
  const runs = gate('skip', 'hard', 'run');
  const singles = [
    ...(['time', 'frequency'] as const).flatMap((decimation) => [
      network(64, { parametrization: 'twiddle', gate: runs, decimation }),
      network(64, { radices: [8, 4, 2], decimation }),
      network(128, { radices: [2, 4, 2, 8], parametrization: 'unit-circle', decimation }),
    ]),
    network(64, { parametrization: 'free', gate: runs }),
    network(64, { parametrization: 'twiddle', gate: gate('drop', 'hard', 'butterfly') }),
    network(64, { input: 'real', parametrization: 'twiddle', gate: runs }),
    network(60, { radices: [4, 3, 5], parametrization: 'twiddle' }),
  ];
  it.each(['f64', 'f32'] as const)('single transforms in place, %s', (dtype) => {
    for (const spec of singles) {
      const values = valuesOf(spec);
      const source = { re: rows(input('re', [spec.n, 1]), 1), im: rows(input('im', [spec.n, 1]), 1) };
      const provide = (name: string, shape: readonly number[]): Tensor => constant(shape, values[name]);
      const x = spectrum(spec, source, { lanes: 1, provide });
      const graph = { outputs: { outRe: x.re, outIm: x.im } };
      const inputs = { re: values.re.slice(0, spec.n), im: values.im.slice(0, spec.n) };
      const reference = runOn(referenceBackend, graph, inputs, { dtype });
      const what = JSON.stringify(spec);
      expect(runOn(backend, graph, inputs, { dtype }), what).toEqual(reference);
      if (dtype === 'f32') continue;
      const expected = interpret(graph, inputs);
      for (const name of ['outRe', 'outIm'])
        expect(
          distance(reference[name].slice(0, binCount(spec)), expected[name].slice(0, binCount(spec))),
          what,
        ).toBeLessThan(64 * 2 ** -52);
    }
  });

  it('sums inside lanes that look up their addresses', () => {
    const [x, w] = [input('x', [64]), input('w', [24])];
    const start = Int32Array.of(0, 7, 9, 20, 31, 11, 5, 40);
    const [y] = loop({
      label: 'bands',
      space: [8, 3],
      loads: [
        { tensor: x, access: access(0, start, 1) },
        { tensor: w, access: access(0, 3, 1) },
      ],
      body: [exprCarrier.mul(argument(0), argument(1))],
      stores: [{ result: 0, access: access(0, 1, 0), combine: 'sum' }],
      shapes: [[8]],
    });
    const values = { x: gaussian(64, 1), w: gaussian(24, 2) };
    const run = (b: typeof backend): Float64Array => runOn(b, { outputs: { y } }, values, { dtype: 'f32' }).y;
    expect(run(backend)).toEqual(run(referenceBackend));
  });
});

describe('frozen equals trained', () => {
  const grains = ['butterfly', 'run', 'block', 'stage'] as const;
  const cases = (['skip', 'drop', 'ternary'] as const).flatMap((kind) =>
    (['time', 'frequency'] as const).flatMap((decimation) =>
      (['complex', 'real'] as const).map((input) => ({ kind, decimation, input })),
    ),
  );
  // Parameters of random networks leave nothing to rearrange: shares of 0 and 1 are exact, so the bits are those of the
  // training graph. Exact twiddles add c x + c y = c (x + y): 8 eps.
  it.each(cases)(
    'hard $kind gates, $decimation, $input: the bits of the training graph',
    ({ kind, ...options }) => {
      for (const grain of grains)
        for (const parametrization of ['twiddle', 'free', 'exact'] as const) {
          const n = options.input === 'real' ? 32 : 16;
          const spec = network(n, { ...options, parametrization, gate: gate(kind, 'hard', grain) });
          const values = valuesOf(spec);
          const [trained, frozen] = [false, true].map((f) =>
            runOn(wasmBackend, wholeGraph(spec, values, f), values, { dtype: 'f32' }),
          );
          for (const name of ['outRe', 'outIm']) {
            const rowsOf = (a: Float64Array): Float64Array =>
              a.slice(0, binCount(spec) * lanes).map((x) => x + 0);
            const what = `${name} of ${JSON.stringify(spec.stages[0])}`;
            const [a, b] = [trained, frozen].map((out) => rowsOf(out[name]));
            if (parametrization !== 'exact') expect(b, what).toEqual(a);
            else if (a.some((x) => x !== 0)) expect(distance(b, a), what).toBeLessThan(8 * 2 ** -23);
            else expect(b.every((x) => x === 0)).toBe(true);
          }
        }
    },
  );
});

describe('kernel interpreter', () => {
  it('equals the graph to float64 rounding, specialized or not', () => {
    for (const spec of specs) {
      for (const frozen of [false, true]) {
        const { graph, values, reference } = interpretedOf(spec, frozen, 'f64');
        const expected = interpret(graph, values);
        const plain = runOn(referenceBackend, graph, values, { dtype: 'f64', specialize: false });
        const bins = binCount(spec);
        for (const own of [reference, plain])
          for (const name of Object.keys(graph.outputs)) {
            const length = name.startsWith('out') ? bins * lanes : expected[name].length;
            const what = `${name} of ${JSON.stringify(spec)} frozen ${frozen}, specialized ${own === reference}`;
            if (expected[name].every((x) => x === 0)) expect(norm(own[name]), what).toBe(0);
            // Sums of up to 16 x 8 terms: 64 eps.
            else
              expect(
                distance(own[name].slice(0, length), expected[name].slice(0, length)),
                what,
              ).toBeLessThan(64 * 2 ** -52);
          }
      }
    }
  });
});
