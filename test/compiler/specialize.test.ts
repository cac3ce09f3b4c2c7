/** Gates pay: what the compiled program computes, counted. */
import { describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { countProgram, type OperationCount } from '../../src/compiler/kernel.ts';
import { constant, input, type Graph } from '../../src/ir/graph.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { rows } from '../../src/ir/view.ts';
import { powerSpectrum, spectrum, type NetworkSpec } from '../../src/model/network.ts';
import type { GateSpec } from '../../src/model/parametrization.ts';
import type { ParameterValues } from '../../src/model/initialize.ts';
import { exactBase, structuredNetwork } from '../../src/prune/structure.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { filterbank, rowsOf } from '../../src/spectral/rows.ts';
import { allBackends, distance, gaussian, network, runOn } from '../helpers.ts';

const lanes = 4;
const skip: GateSpec = { kind: 'skip', mode: 'hard', grain: 'butterfly', threshold: 0.5 };

function frozen(spec: NetworkSpec, values: ParameterValues): Graph {
  const source = {
    re: rows(input('re', [spec.n, lanes]), lanes),
    ...(spec.input === 'complex' ? { im: rows(input('im', [spec.n, lanes]), lanes) } : {}),
  };
  const x = spectrum(spec, source, { lanes, provide: (name, shape) => constant(shape, values[name]) });
  return { outputs: { outRe: x.re, outIm: x.im } };
}
const perTransform = (graph: Graph): OperationCount => {
  const count = countProgram(compileGraph(graph, { dtype: 'f32' }));
  return Object.fromEntries(
    Object.entries(count).map(([key, value]) => [key, value / lanes]),
  ) as unknown as OperationCount;
};

describe('specialize', () => {
  it('a skipped butterfly costs nothing, an open gate nothing extra', () => {
    const spec = network(16, { gate: skip });
    const gates = (f: (s: number, b: number) => number): ParameterValues =>
      Object.fromEntries(
        [0, 1, 2, 3].map((s) => [`stage${s}.gate`, Float64Array.from({ length: 8 }, (_, b) => f(s, b))]),
      );
    const plain = perTransform(frozen(network(16), {}));
    const open = perTransform(
      frozen(
        spec,
        gates(() => 1),
      ),
    );
    expect([open.mul, open.add]).toEqual([plain.mul, plain.add]);
    const closed = perTransform(
      frozen(
        spec,
        gates(() => 0),
      ),
    );
    expect([closed.mul, closed.add]).toEqual([0, 0]);
    // One butterfly with a general twiddle less: 4 multiplications and 6 additions.
    const one = perTransform(
      frozen(
        spec,
        gates((s, b) => (s === 3 && b === 3 ? 0 : 1)),
      ),
    );
    expect([plain.mul - one.mul, plain.add - one.add]).toEqual([4, 6]);
  });

  it('exact twiddles: 1 and -i cost no multiplication, (1 - i)/sqrt 2 two', () => {
    // N = 8, radix 2: 12 butterflies x 4 additions, two with w = (1 -+ i)/sqrt 2 at 2 mul and 2 add more.
    const { mul, add } = perTransform(frozen(network(8), {}));
    expect([mul, add]).toEqual([4, 52]);
  });

  it('a dropped sub-block disappears with everything that only it feeds', () => {
    const whole = structuredNetwork(exactBase(64), { depth: 0, dropped: [] });
    const half = structuredNetwork(exactBase(64), { depth: 1, dropped: [1] });
    const costs = [whole, half].map(({ network: spec, values }) => perTransform(frozen(spec, values)));
    expect((costs[1].mul + costs[1].add) / (costs[0].mul + costs[0].add)).toBeLessThan(0.5);
    const x = gaussian(64 * lanes, 1);
    const [all, even] = [whole, half].map(
      ({ network: spec, values }) =>
        runOn(wasmBackend, frozen(spec, values), { re: x }, { dtype: 'f64' }).outRe,
    );
    for (let k = 0; k <= 32; k++)
      for (let l = 0; l < lanes; l++) {
        if (k % 2 === 0) expect(Math.abs(even[k * lanes + l] - all[k * lanes + l])).toBeLessThan(1e-13);
        else expect(even[k * lanes + l] + 0).toBe(0);
      }
  });

  it('bins that no band weights are not computed', () => {
    const spec = network(64, { input: 'real' });
    const source = { re: rows(input('re', [64, lanes]), lanes) };
    const cost = (weights: Float64Array): number => {
      const p = powerSpectrum(spec, source, { lanes, provide: () => constant([1], [1]) });
      const one = { start: Int32Array.of(0), width: 33 };
      const bank = filterbank(rowsOf(p, 33, lanes), constant([1, 33], weights), one).tensor;
      return perTransform({ outputs: { bank } }).mul;
    };
    const few = new Float64Array(33);
    few[4] = 1;
    expect(cost(few)).toBeLessThan(0.3 * cost(new Float64Array(33).fill(0.7)));
  });

  it('gives what the unspecialised program gives', () => {
    const { network: spec, values } = structuredNetwork(exactBase(64), { depth: 3, dropped: [1, 2, 6, 7] });
    const x = gaussian(64 * lanes, 2);
    const graph = frozen(spec, values);
    const rowsOf = (a: Float64Array): Float64Array => a.slice(0, 33 * lanes);
    for (const dtype of ['f64', 'f32'] as const) {
      const fast = runOn(wasmBackend, graph, { re: x }, { dtype });
      const plain = runOn(wasmBackend, graph, { re: x }, { dtype, specialize: false });
      expect(distance(rowsOf(fast.outRe), rowsOf(plain.outRe))).toBeLessThan(dtype === 'f64' ? 1e-15 : 5e-7);
    }
  });

  it('few points that meet zeros nobody stores do not join those that read them', () => {
    const spec = network(64, { parametrization: 'twiddle', gate: { ...skip, kind: 'drop' } });
    const source = { re: rows(input('re', [64, 1]), 1), im: rows(input('im', [64, 1]), 1) };
    const provide = (name: string, shape: readonly number[]) => {
      const values = gaussian(
        shape.reduce((a, b) => a * b, 1),
        Number(/\d+/.exec(name)?.[0]),
      );
      // Sums of four butterflies are dropped, differences wanted: where the sums would be, their operands stay.
      const open = (i: number): number =>
        name === 'stage2.gate' && i >= 16 && i < 24 && i % 2 === 0 ? 0 : 1;
      return constant(shape, name.endsWith('gate') ? values.map((_, i) => open(i)) : values);
    };
    const x = spectrum(spec, source, { lanes: 1, provide });
    const graph = { outputs: { outRe: x.re, outIm: x.im } };
    const values = { re: gaussian(64, 8), im: gaussian(64, 9) };
    const expected = interpret(graph, values);
    for (const backend of allBackends)
      expect(distance(runOn(backend, graph, values, { dtype: 'f64' }).outRe, expected.outRe)).toBeLessThan(
        1e-14,
      );
  });
});
