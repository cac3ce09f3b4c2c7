/** exp, log, sin and cos on the compiled path against Math, in units in the last place of the result. */
import { describe, expect, it } from 'vitest';
import { countProgram } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { argument, exprCarrier as k, literal, type Expr } from '../../src/ir/expr.ts';
import { input, map } from '../../src/ir/graph.ts';
import { fillUniform } from '../../src/numeric/random.ts';
import { jsBackend } from '../../src/backends/js.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { runOn } from '../helpers.ts';

const count = 40_000;

interface Case {
  op: (x: Expr) => Expr;
  exact: (x: number) => number;
  argument: (u: number) => number;
  /** Bound in ulps. */
  ulps: number;
  /** Smallest magnitude whose ulp counts: absolute error near zeros. */
  floor: number;
}

const cases: Record<string, Case> = {
  log: { op: k.log, exact: Math.log, argument: (u) => 2 ** (60 * u), ulps: 2, floor: 1e-3 },
  exp: { op: k.exp, exact: Math.exp, argument: (u) => 60 * u, ulps: 2, floor: 0 },
  sin: { op: k.sin, exact: Math.sin, argument: (u) => 1000 * u, ulps: 2, floor: 0.5 },
  cos: { op: k.cos, exact: Math.cos, argument: (u) => 1000 * u, ulps: 2, floor: 0.5 },
};

describe.each(['f64', 'f32'] as const)('%s', (dtype) => {
  const round = dtype === 'f32' ? Math.fround : (x: number): number => x;
  const epsilon = dtype === 'f32' ? 2 ** -23 : 2 ** -52;
  it.each(Object.keys(cases))('%s', (name) => {
    const { op, exact, argument: from, ulps, floor } = cases[name];
    const x = new Float64Array(count);
    fillUniform(x, 3, 1);
    for (let i = 0; i < count; i++) x[i] = round(from(x[i]));
    const graph = { outputs: { y: map(name, [input('x', [count])], [op(argument(0))])[0] } };
    const y = runOn(wasmBackend, graph, { x }, { dtype }).y;
    let worst = 0;
    for (let i = 0; i < count; i++) {
      const e = exact(x[i]);
      const ulp = epsilon * 2 ** Math.floor(Math.log2(Math.max(Math.abs(e), floor)));
      worst = Math.max(worst, Math.abs(y[i] - e) / ulp);
    }
    expect(worst).toBeLessThan(ulps);
    expect(runOn(jsBackend, graph, { x }, { dtype }).y).toEqual(y);
  });

  it('the logarithm of what is at least a normal number is the same, in fewer operations', () => {
    const x = Float64Array.of(0, -1, Infinity, NaN, 1, 1e-40, 3e4, 0.7);
    const graphOf = (least: number) => ({
      outputs: { y: map('log', [input('x', [8])], [k.log(k.max(argument(0), literal(least)))])[0] },
    });
    const [normal, any] = [1e-10, -1].map((least) => {
      const { mul, add, other } = countProgram(compileGraph(graphOf(least), { dtype }));
      return { y: runOn(wasmBackend, graphOf(least), { x }, { dtype }).y, count: mul + add + other };
    });
    expect(normal.y[0]).toBeCloseTo(-10 * Math.LN10, 4);
    expect(normal.y[1]).toBe(normal.y[0]);
    for (const i of [2, 3, 4, 6, 7]) expect(normal.y[i]).toBe(any.y[i]);
    expect(normal.y[3]).toBeNaN();
    expect(normal.count).toBeLessThan(any.count - 5 * 8);
  });

  it('knows the special values', () => {
    const x = Float64Array.of(0, -1, Infinity, NaN, 1, 1e-40, -0, 2);
    const graph = { outputs: { y: map('log', [input('x', [8])], [k.log(argument(0))])[0] } };
    const { y } = runOn(wasmBackend, graph, { x }, { dtype });
    expect(Array.from(y.subarray(0, 5))).toEqual([-Infinity, NaN, Infinity, NaN, 0]);
    expect(y[5]).toBeCloseTo(Math.log(round(1e-40)), 4);
    const exponential = { outputs: { y: map('exp', [input('x', [4])], [k.exp(argument(0))])[0] } };
    expect([...runOn(wasmBackend, exponential, { x: [1000, -1000, 0, NaN] }, { dtype }).y]).toEqual([
      Infinity,
      0,
      1,
      NaN,
    ]);
  });
});
