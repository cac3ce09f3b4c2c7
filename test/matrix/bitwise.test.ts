/** js and wasm give the bits of the kernel interpreter; the interpreter gives the graph's numbers to rounding. */
import { describe, expect, it } from 'vitest';
import { jsBackend } from '../../src/backends/js.ts';
import { referenceBackend } from '../../src/backends/reference.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { gradient } from '../../src/ir/grad.ts';
import { constant, input, parameter, type Graph, type Tensor } from '../../src/ir/graph.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { rows } from '../../src/ir/view.ts';
import { initialize } from '../../src/model/initialize.ts';
import { binCount, parameterShapes, spectrum, type NetworkSpec } from '../../src/model/network.ts';
import type { GateSpec } from '../../src/model/parametrization.ts';
import { spectrumLoss } from '../../src/training/losses.ts';
import { distance, gaussian, network, runOn } from '../helpers.ts';

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
  const bins = binCount(spec);
  return {
    ...values,
    re: gaussian(spec.n * lanes, 1),
    im: gaussian(spec.n * lanes, 2),
    targetRe: gaussian(bins * lanes, 3),
    targetIm: gaussian(bins * lanes, 4),
  };
}

describe.each([jsBackend, wasmBackend])('$name equals the kernel interpreter bitwise', (backend) => {
  it.each(['f64', 'f32'] as const)('values and gradients, %s', (dtype) => {
    for (const spec of specs) {
      const values = valuesOf(spec);
      for (const frozen of [false, true]) {
        const graph = wholeGraph(spec, values, frozen);
        const reference = runOn(referenceBackend, graph, values, { dtype });
        const own = runOn(backend, graph, values, { dtype });
        for (const name of Object.keys(graph.outputs))
          expect(own[name], `${name} of ${JSON.stringify(spec)} frozen ${frozen}`).toEqual(reference[name]);
      }
    }
  });
});

describe('kernel interpreter', () => {
  it.each([true, false])('equals the graph to float64 rounding, specialize %s', (specialize) => {
    for (const spec of specs) {
      const values = valuesOf(spec);
      for (const frozen of [false, true]) {
        const graph = wholeGraph(spec, values, frozen);
        const expected = interpret(graph, values);
        const own = runOn(referenceBackend, graph, values, { dtype: 'f64', specialize });
        const bins = binCount(spec);
        for (const name of Object.keys(graph.outputs)) {
          const length = name.startsWith('out') ? bins * lanes : expected[name].length;
          if (expected[name].every((x) => x === 0))
            expect(
              own[name].every((x) => x === 0),
              name,
            ).toBe(true);
          // Sums of up to 16 x 8 terms: 64 eps.
          else
            expect(
              distance(own[name].slice(0, length), expected[name].slice(0, length)),
              `${name} of ${JSON.stringify(spec)} frozen ${frozen}`,
            ).toBeLessThan(64 * 2 ** -52);
        }
      }
    }
  });
});
