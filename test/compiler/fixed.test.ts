/** Fixed point: no overflow, noise within its bound, worst cases that inputs attain, and the figures of issue H. */
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference.ts';
import { toFixed, type FixedName } from '../../src/compiler/fixed/fixed.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { OverflowError, UnsupportedError } from '../../src/errors.ts';
import { argument, exprCarrier as k, literal } from '../../src/ir/expr.ts';
import { input, map, parameter, type Graph } from '../../src/ir/graph.ts';
import { planGraph } from '../../src/plans/plan.ts';
import { asNumbers, fixedOf, fullScale, linearGraphs, realProgram } from '../fixed.ts';
import { cases, gaussian, runProgram } from '../helpers.ts';

const names = ['q15', 'q31'] as const;

describe.each(names)('%s', (name) => {
  // The interpreter throws where a value leaves 32 bits.
  it.each(linearGraphs())('nothing overflows and no error is above its bound: %s', (_, graph) => {
    const real = realProgram(graph);
    const { program, report } = toFixed(real, name);
    for (const values of fullScale(program, name, cases(5, 100))) {
      const found = runProgram(referenceBackend, program, values);
      const exact = runProgram(referenceBackend, real, asNumbers(values, name));
      for (const [output, { fraction, noise }] of Object.entries(report.outputs)) {
        let most = 0;
        found[output].forEach(
          (x, i) => (most = Math.max(most, Math.abs(x - exact[output][i] * 2 ** fraction))),
        );
        // Exact numbers have rounding of their own.
        expect(most).toBeLessThanOrEqual(noise * (1 + 1e-9) + 1e-6);
      }
    }
  });

  it('worst cases are attained, and leave less than two bits', () => {
    const graph = planGraph({ n: 64, input: 'real' }).graph;
    const { program, report } = fixedOf(graph, name);
    const { fraction, worst } = report.outputs.outputRe;
    expect(worst).toBe(64);
    expect(64 * 2 ** fraction).toBeGreaterThanOrEqual(2 ** 29);
    const full = name === 'q15' ? 2 ** 15 : 2 ** 31;
    const values = { inputRe: new Float64Array(64).fill(-full) };
    const found = runProgram(referenceBackend, program, values).outputRe[0];
    expect(found / 2 ** fraction).toBeCloseTo(-64, 3);
    // Signs of another row.
    const signs = Float64Array.from({ length: 64 }, (_, i) =>
      Math.cos((2 * Math.PI * 5 * i) / 64) < 0 ? -full : full - 1,
    );
    expect(() => runProgram(referenceBackend, program, { inputRe: signs })).not.toThrow();
  });
});

// Twice the second input, once the others.
it.each(names)('%s worst cases are attained by sums that share inputs', (name) => {
  const [first, second] = [k.add(argument(0), argument(1)), k.add(argument(1), argument(2))];
  const inputs = ['x', 'y', 'z'].map((at) => input(at, [1]));
  const graph: Graph = {
    outputs: { sum: map('sum', inputs, [k.mul(k.add(first, second), literal(0.75))])[0] },
  };
  expect(fixedOf(graph, name).report.outputs.sum.worst).toBe(3);
});

/** 20 log10 of signal over error for white noise of a level, in dB of full scale. */
function snrOf(n: number, name: FixedName, level: number): number {
  const graph = planGraph({ n, input: 'real' }).graph;
  const real = realProgram(graph);
  const { program, report } = toFixed(real, name);
  const full = name === 'q15' ? 2 ** 15 : 2 ** 31;
  // 0 dBFS: the power of a sine of full scale.
  const size = full * Math.SQRT1_2 * 10 ** (level / 20);
  const samples = gaussian(n, 11).map((g) => Math.max(-full, Math.min(full - 1, Math.round(g * size))));
  const found = runProgram(referenceBackend, program, { inputRe: samples });
  const exact = runProgram(referenceBackend, real, asNumbers({ inputRe: samples }, name));
  let [signal, error] = [0, 0];
  for (const [output, { fraction }] of Object.entries(report.outputs))
    exact[output].forEach((x, i) => {
      signal += x * x;
      error += (found[output][i] / 2 ** fraction - x) ** 2;
    });
  return 10 * Math.log10(signal / error);
}

describe('signal to noise of real 512', () => {
  it('q15: at least 85 dB at 0, -20 and -40 dBFS, where the tables round', () => {
    for (const level of [0, -20, -40]) expect(snrOf(512, 'q15', level)).toBeGreaterThan(85);
  });
  it('q31: at least 140, 120 and 100 dB', () => {
    expect(snrOf(512, 'q31', 0)).toBeGreaterThan(140);
    expect(snrOf(512, 'q31', -20)).toBeGreaterThan(120);
    expect(snrOf(512, 'q31', -40)).toBeGreaterThan(100);
  });
});

describe('the interpreter', () => {
  it('refuses what leaves 32 bits', () => {
    const graph: Graph = {
      outputs: { y: map('sum', [input('x', [1])], [k.add(argument(0), argument(0))])[0] },
    };
    const program = compileGraph(graph, { dtype: 'f64', vectors: false });
    const careless = { ...program, dtype: 'i32' as const };
    expect(runProgram(referenceBackend, careless, { x: [2 ** 30 - 1] }).y[0]).toBe(2 ** 31 - 2);
    expect(() => runProgram(referenceBackend, careless, { x: [2 ** 30] })).toThrow(OverflowError);
  });
});

describe('what is refused', () => {
  const graphOf = (body: Parameters<typeof map>[2]): Graph => ({
    outputs: { y: map('own', [input('x', [3]), input('z', [3])], body)[0] },
  });
  it('products of values, ops and parameters that fixed point has not', () => {
    expect(() => fixedOf(graphOf([k.mul(argument(0), argument(1))]), 'q15')).toThrow(UnsupportedError);
    expect(() => fixedOf(graphOf([k.sin(argument(0))]), 'q15')).toThrow(/sin in fixed point/);
    const held: Graph = { outputs: { y: map('own', [parameter('p', [3])], [k.neg(argument(0))])[0] } };
    expect(() => fixedOf(held, 'q15')).toThrow(/parameter p in fixed point/);
  });
  it('vectors', () => {
    const program = compileGraph(graphOf([k.add(argument(0), argument(1))]), { dtype: 'f64' });
    if (program.kernels.some((x) => x.vector !== null))
      expect(() => toFixed(program, 'q15')).toThrow(/vectors/);
  });
});
