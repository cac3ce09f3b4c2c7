/** An output is live exactly where switching it off changes what the network computes. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { input, parameter } from '../../src/ir/graph.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { rows } from '../../src/ir/view.ts';
import type { GateSpec } from '../../src/model/gates.ts';
import { initialize, type ParameterValues } from '../../src/model/initialize.ts';
import { spectrum, type NetworkSpec } from '../../src/model/network.ts';
import { liveOutputs, liveWork } from '../../src/prune/gate-work.ts';
import { gaussian, network } from '../helpers.ts';

function run(spec: NetworkSpec, values: ParameterValues): number[] {
  const source = { re: rows(input('re', [spec.n, 1]), 1), im: rows(input('im', [spec.n, 1]), 1) };
  const x = spectrum(spec, source, { lanes: 1, provide: (name, shape) => parameter(name, shape) });
  const signals = { re: gaussian(spec.n, 1), im: gaussian(spec.n, 2) };
  const out = interpret({ outputs: { a: x.re, b: x.im } }, { ...values, ...signals });
  return [...out.a, ...out.b].map((v) => v + 0);
}

describe('live outputs', () => {
  const cases: [string, NetworkSpec][] = (['time', 'frequency'] as const).flatMap((decimation) =>
    [
      [2, 2, 2],
      [3, 2],
      [2, 4],
    ].map((radices): [string, NetworkSpec] => {
      const gate: GateSpec = { kind: 'drop', mode: 'hard', grain: 'butterfly', threshold: 0.5 };
      const n = radices.reduce((a, b) => a * b);
      return [
        `${decimation} ${radices.join()}`,
        network(n, { radices, decimation, gate, parametrization: 'free' }),
      ];
    }),
  );
  it.each(cases)('of drop gates: %s', (_, spec) => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), (bits) => {
        const values = initialize(spec, 'random', 7);
        const names = spec.stages.map((_s, s) => `stage${s}.gate`);
        for (const name of names)
          values[name] = values[name].map(() =>
            bits.next().value === true || bits.next().value === true ? 1 : 0,
          );
        const live = liveOutputs(spec, values);
        const before = run(spec, values);
        names.forEach((name, s) =>
          values[name].forEach((g, at) => {
            if (g === 0) return expect(live[s][at]).toBe(0);
            values[name][at] = 0;
            const changed = run(spec, values).some((x, i) => x !== before[i]);
            values[name][at] = 1;
            return expect(live[s][at]).toBe(changed ? 1 : 0);
          }),
        );
        const total = live.reduce(
          (sum, stage, s) => sum + stage.filter((x) => x === 1).length / spec.stages[s].radix,
          0,
        );
        expect(liveWork(spec, values)).toBeCloseTo(total, 12);
      }),
      { numRuns: 8 },
    );
  });

  it('of skipped butterflies are handed on', () => {
    const gate: GateSpec = { kind: 'skip', mode: 'hard', grain: 'stage', threshold: 0.5 };
    const spec = network(8, { gate });
    const values = initialize(spec, 'exact', 1);
    values['stage1.gate'][0] = 0;
    expect(liveOutputs(spec, values).map((s) => [...new Set(s)])).toEqual([[1], [2], [1]]);
    expect(liveWork(spec, values)).toBe(8);
  });
});
