/** Sums as one body: only where plain stores reach every element once. */
import { describe, expect, it } from 'vitest';
import { unrollReduction } from '../../src/compiler/unroll.ts';
import { argument, exprCarrier as k } from '../../src/ir/expr.ts';
import { constant, input, loop, type Loop, type Term } from '../../src/ir/graph.ts';

/** x [4, lanes] weighted by constants and summed over the first dimension, to addresses of the other. */
function sum(to: Term, size: number): Loop {
  const [tensor] = loop({
    label: 'sum',
    space: [4, 3, 2],
    loads: [
      { tensor: constant([4], [1, 0, 2, 0]), access: { offset: 0, terms: [1, 0, 0] } },
      { tensor: input('x', [4, 3, 2]), access: { offset: 0, terms: [6, 2, 1] } },
    ],
    body: [k.mul(argument(0), argument(1))],
    stores: [{ result: 0, access: { offset: 0, terms: [0, to, 1] }, combine: 'sum' }],
    shapes: [[size]],
  });
  if (tensor.source.kind !== 'loop') throw new Error('no loop');
  return tensor.source.loop;
}

describe('a short sum with constant coefficients', () => {
  it('is one body where every element is one sum', () => {
    expect(unrollReduction(sum(2, 6)).stores[0].combine).toBe('store');
    expect(unrollReduction(sum(Int32Array.of(4, 0, 2), 6)).stores[0].combine).toBe('store');
  });

  it('stays a sum where elements are left out, which are zero, or met twice', () => {
    for (const l of [sum(2, 8), sum(Int32Array.of(0, 0, 4), 6), sum(Int32Array.of(0, 2, 2), 4)])
      expect(unrollReduction(l)).toBe(l);
  });
});
