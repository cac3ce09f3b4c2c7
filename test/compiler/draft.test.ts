/** Small bodies with strided accesses: as many points as a vector has lanes at a time, squares of vectors instead of single lanes. */
import { describe, expect, it } from 'vitest';
import { jsBackend } from '../../src/backends/js.ts';
import { printModule } from '../../src/backends/wasm/emitter.ts';
import { wasmBackend, wasmModule } from '../../src/backends/wasm/wasm.ts';
import { repeatedBody, type Draft } from '../../src/compiler/draft.ts';
import { countProgram } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { argument, exprCarrier as k, type Expr } from '../../src/ir/expr.ts';
import { constant, input, loop, type Graph } from '../../src/ir/graph.ts';
import { gaussian, runOn } from '../helpers.ts';

/** [points, lanes] from lanes that lie 100 apart, windowed, to [points, lanes] or its transpose. */
function windowed(points: number, lanes: number, order: 'rows' | 'frames', body: (x: Expr) => Expr): Graph {
  const x = input('x', [100 * lanes]);
  const w = constant([points], gaussian(points, 2));
  const [y] = loop({
    label: 'windowed',
    space: [points, lanes],
    loads: [
      { tensor: x, access: { offset: 3, terms: [1, order === 'rows' ? 100 : points] } },
      { tensor: w, access: { offset: 0, terms: [1, 0] } },
    ],
    body: [body(k.mul(argument(0), argument(1)))],
    stores: [
      {
        result: 0,
        access: { offset: 0, terms: order === 'rows' ? [lanes, 1] : [1, points] },
        combine: 'store',
      },
    ],
    shapes: [order === 'rows' ? [points, lanes] : [lanes, points]],
  });
  return { outputs: { y } };
}

describe('strided accesses of a small body', () => {
  const same = (x: Expr): Expr => x;
  it.each([
    [40, 4],
    [40, 8],
    [63, 4],
    [64, 32],
  ])('%i points of %i lanes are transposed in registers, and counted once', (points, lanes) => {
    const graph = windowed(points, lanes, 'rows', same);
    const program = compileGraph(graph, { dtype: 'f32' });
    expect(printModule(wasmModule(program))).not.toMatch(/_lane/);
    // 63 points are 16 vectors.
    expect(countProgram(program).mul).toBe(lanes * 4 * Math.ceil(points / 4));
    const data = { x: gaussian(100 * lanes, 1) };
    const { y } = runOn(wasmBackend, graph, data, { dtype: 'f32' });
    const { y: oracle } = runOn(jsBackend, graph, data, { dtype: 'f32', vectors: false });
    expect(y).toEqual(oracle);
    expect(new Set(y).size).toBeGreaterThan(points);
  });

  it('points that would be computed twice make a rest of their own', () => {
    const graph = windowed(61, 8, 'rows', same);
    const program = compileGraph(graph, { dtype: 'f32' });
    expect(countProgram(program).mul).toBe(61 * 8);
    expect(program.kernels.map((kernel) => kernel.loads.length)).toContain(5);
    const data = { x: gaussian(800, 1) };
    expect(runOn(wasmBackend, graph, data, { dtype: 'f32' })).toEqual(
      runOn(jsBackend, graph, data, { dtype: 'f32', vectors: false }),
    );
  });

  it('few points, or many operations, stay as they are', () => {
    // Seven points would be eight.
    expect(compileGraph(windowed(7, 4, 'rows', same), { dtype: 'f32' }).kernels[0].loads).toHaveLength(2);
    const long = (x: Expr): Expr =>
      Array.from({ length: 600 }, (_, i) => i).reduce((y) => k.add(k.mul(y, x), x), x);
    expect(compileGraph(windowed(40, 4, 'rows', long), { dtype: 'f32' }).kernels[0].loads).toHaveLength(2);
  });
});

it('a body is not repeated where its points depend on each other, and loads what they share once', () => {
  const draft: Draft = {
    label: '',
    extents: [8, 4],
    reduced: [false, false],
    loads: [
      { buffer: 0, offset: 0, terms: [1, 10] },
      { buffer: 1, offset: 0, terms: [0, 1] },
    ],
    body: [k.add(argument(0), argument(1))],
    stores: [{ buffer: 2, offset: 0, terms: [1, 10], mode: 'write', combine: 'store' }],
  };
  const repeated = repeatedBody(draft, 0, 4) as Draft;
  expect(repeated.extents).toEqual([2, 4]);
  expect(repeated.loads.map((l) => l.offset)).toEqual([0, 0, 1, 2, 3]);
  expect(repeated.loads[0].terms).toEqual([4, 10]);
  expect(repeated.stores.map((s) => s.offset)).toEqual([0, 1, 2, 3]);
  expect(repeatedBody(draft, 1, 4)?.loads.map((l) => l.terms)).toEqual([
    [1],
    [0],
    [1],
    [0],
    [1],
    [0],
    [1],
    [0],
  ]);
  expect(repeatedBody({ ...draft, stores: [{ ...draft.stores[0], buffer: 0 }] }, 0, 4)).toBeNull();
  expect(repeatedBody({ ...draft, extents: [6, 4] }, 0, 4)).toBeNull();
  expect(repeatedBody({ ...draft, reduced: [false, true] }, 0, 4)).toBeNull();
});
