/** The nest of a kernel as data: order of statements, partial sums, index variables and separate buffers. */
import { describe, expect, it } from 'vitest';
import type { Program } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { nestOf, type Statement } from '../../src/compiler/statements.ts';
import { argument, exprCarrier as k, node } from '../../src/ir/expr.ts';
import { access, constant, input, loop, type Graph } from '../../src/ir/graph.ts';
import { gaussian } from '../helpers.ts';

/** y[i] = sum over j of x[i + j] c[j] */
function banded(rows: number, terms: number): Graph {
  const c = constant([terms], gaussian(terms, 1));
  const [y] = loop({
    label: 'band',
    space: [rows, terms],
    loads: [
      { tensor: input('x', [rows + terms]), access: access(0, 1, 1) },
      { tensor: c, access: access(0, 0, 1) },
    ],
    body: [k.mul(argument(0), argument(1))],
    stores: [{ result: 0, access: access(0, 1, 0), combine: 'sum' }],
    shapes: [[rows]],
  });
  return { outputs: { y } };
}

/** Kinds in order, inner ones in brackets. */
const outline = (statements: readonly Statement[]): string =>
  statements
    .map((s) => (s.kind === 'loop' ? `${s.from}:${s.extent}:${s.step} [${outline(s.body)}]` : s.kind))
    .join(' ');

const compiled = (rows: number, terms: number): Program =>
  compileGraph(banded(rows, terms), { dtype: 'f32', specialize: false });

describe('the statements of a kernel', () => {
  it('keep the partial sums of a reduction in their own loops, and fold them pairwise', () => {
    const program = compiled(3, 8);
    expect(program.kernels[0]).toMatchObject({ extents: [3, 8], vector: 1, reduceFrom: 1 });
    const lane = (l: number): string => `${l}:8:4 [load load let accumulate]`;
    const points = nestOf(program.kernels[0], program).statements;
    expect(outline(points)).toBe(`0:3:1 [start ${lane(0)} ${lane(1)} ${lane(2)} ${lane(3)} fold fold store]`);
    const [rows] = points;
    const inner = rows.kind === 'loop' ? rows.body : [];
    expect(inner.flatMap((s) => (s.kind === 'fold' ? [s.by] : []))).toEqual([2, 1]);
    const vectors = nestOf(program.kernels[0], program, true).statements;
    expect(outline(vectors)).toBe(`0:3:1 [start 0:8:4 [load load let accumulate] fold fold store]`);
  });

  it('place values by buffer, and move an index variable only where its loop does', () => {
    const program = compiled(3, 8);
    const { groups, statements } = nestOf(program.kernels[0], program);
    expect(groups.map((g) => g.shift)).toEqual(['input', null, 'output']);
    const [rows] = statements;
    if (rows.kind !== 'loop') throw new Error('expected a loop');
    // The constants stay where they are while the rows go on.
    expect(rows.moves.map((m) => m.index)).toEqual([
      { group: 0, depth: 1 },
      { group: 2, depth: 1 },
    ]);
    const places = rows.body.flatMap((s) => (s.kind === 'store' ? [s.place] : []));
    expect(places).toMatchObject([
      { access: { buffer: program.outputs['y'] }, index: { group: 2, depth: 1 } },
    ]);
  });

  it('refuse what no backend computes', () => {
    const program = compiled(3, 8);
    const body = [node('exp', [argument(0)])];
    expect(() => nestOf({ ...program.kernels[0], body }, program)).toThrow('internal: exp');
  });
});
