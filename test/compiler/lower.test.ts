/** Single transforms in place: every stage works on whole vectors, whatever runs of four are skipped. */
import { describe, expect, it } from 'vitest';
import { printModule } from '../../src/backends/wasm/emitter.ts';
import { wasmModule } from '../../src/backends/wasm/wasm.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { constant, input, type Graph } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { initialize } from '../../src/model/initialize.ts';
import { spectrum, type NetworkSpec } from '../../src/model/network.ts';
import type { GateSpec } from '../../src/model/parametrization.ts';
import { gaussian, network } from '../helpers.ts';

const run: GateSpec = { kind: 'skip', mode: 'hard', grain: 'run', threshold: 0.5 };

function single(spec: NetworkSpec): Graph {
  const source = { re: rows(input('re', [spec.n, 1]), 1), im: rows(input('im', [spec.n, 1]), 1) };
  const values = initialize(spec, 'random', 7);
  const provide = (name: string, shape: readonly number[]) =>
    constant(
      shape,
      name.endsWith('gate') ? gaussian(values[name].length, 3).map((g) => (g < 0 ? 0 : 1)) : values[name],
    );
  const x = spectrum(spec, source, { lanes: 1, provide });
  return { outputs: { re: x.re, im: x.im } };
}

describe('a single transform in place', () => {
  const specs = [
    network(64, { parametrization: 'twiddle' }),
    network(64, { parametrization: 'twiddle', gate: run }),
    network(64, { parametrization: 'twiddle', gate: run, decimation: 'frequency' }),
    network(64, { parametrization: 'free', gate: run }),
    network(64, { radices: [4, 4, 4] }),
    network(64, { radices: [8, 2, 4] }),
  ];
  it.each(specs.flatMap((spec) => (['f32', 'f64'] as const).map((dtype) => ({ spec, dtype }))))(
    'loads and stores whole vectors: $dtype $spec.decimation $spec.stages.0',
    ({ spec, dtype }) => {
      const program = compileGraph(single(spec), { dtype });
      expect(program.kernels.map((k) => k.vector)).not.toContain(null);
      expect(printModule(wasmModule(program))).not.toMatch(/_lane|load(32|64)_zero/);
    },
  );

  it('no operation is computed for a skipped run, not even to save a loop', () => {
    const gates = (open: (s: number, b: number) => boolean) => {
      const spec = network(64, { parametrization: 'twiddle', gate: run });
      const source = { re: rows(input('re', [64, 1]), 1), im: rows(input('im', [64, 1]), 1) };
      const provide = (name: string, shape: readonly number[]) => {
        const s = Number(/\d+/.exec(name)?.[0]);
        const values = gaussian(
          shape.reduce((a, b) => a * b, 1),
          s,
        );
        return constant(shape, name.endsWith('gate') ? values.map((_, b) => (open(s, b) ? 1 : 0)) : values);
      };
      const x = spectrum(spec, source, { lanes: 1, provide });
      return compileGraph({ outputs: { re: x.re, im: x.im } }, { dtype: 'f32' });
    };
    const reversal = gates(() => false);
    expect(reversal.kernels.map((k) => k.label)).toEqual(['digit reversal']);
    for (let s = 0; s < 6; s++) {
      const one = gates((stage, b) => stage === s && b === 5);
      expect(one.kernels).toHaveLength(2);
      // One run of four butterflies with a general twiddle: one vector, no gate read.
      expect(one.kernels[1].extents.reduce((a, b) => a * b, 1)).toBe(4);
      expect(one.kernels[1].loads).toHaveLength(6);
      const others = gates((stage, b) => stage !== s || b !== 5);
      const own = others.kernels.filter((k) => k.label.startsWith(`stage ${s} `));
      expect(own.reduce((sum, k) => sum + k.extents.reduce((a, b) => a * b, 1), 0)).toBe(28);
    }
  });
});
