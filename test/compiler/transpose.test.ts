/** Which accesses are served by whole vectors and exchanges of lanes. */
import { describe, expect, it } from 'vitest';
import type { Term } from '../../src/ir/graph.ts';
import { laneGroups } from '../../src/compiler/transpose.ts';

const at = (offsets: readonly number[], lane: Term, outer: Term = 8) =>
  offsets.map((offset) => ({ buffer: 0, offset, terms: [outer, lane] }));
const groups = (accesses: ReturnType<typeof at>, extent = 4) => laneGroups(accesses, 1, extent, 4);

describe('laneGroups', () => {
  it('pairs of stride 2 are the even and odd elements of two vectors', () => {
    expect(groups(at([10, 11], 2), 12)).toEqual([
      {
        members: [0, 1],
        rows: [0, 4],
        pattern: [
          [0, 2, 4, 6],
          [1, 3, 5, 7],
        ],
      },
    ]);
  });

  it('lanes that leave gaps pair with those that fill them', () => {
    expect(groups(at([2, 0], Int32Array.of(0, 1, 4, 5)))).toEqual([
      {
        members: [1, 0],
        rows: [0, 4],
        pattern: [
          [0, 1, 4, 5],
          [2, 3, 6, 7],
        ],
      },
    ]);
    expect(groups(at([4, 6], Int32Array.of(1, 0, -3, -4)))[0]).toEqual({
      members: [0, 1],
      rows: [-4, 0],
      pattern: [
        [5, 4, 1, 0],
        [7, 6, 3, 2],
      ],
    });
  });

  it('consecutive offsets are the columns of a square whose rows are anywhere', () => {
    expect(groups(at([3, 4, 5, 6], 16), 8)).toEqual([{ members: [0, 1, 2, 3], rows: [0, 16, 32, 48] }]);
    expect(groups(at([7, 6, 5, 4], Int32Array.of(0, 32, 16, 48)))).toEqual([
      { members: [3, 2, 1, 0], rows: [0, 32, 16, 48] },
    ]);
  });

  it('nothing is grouped across buffers, terms or missing members', () => {
    expect(groups(at([0, 1], 16))).toEqual([]);
    expect(groups(at([0, 3], 2))).toEqual([]);
    expect(groups(at([0, 1, 2], Int32Array.of(0, 1, 4, 5)))).toHaveLength(1);
    expect(groups([...at([0], 2), ...at([1], 2, 16)])).toEqual([]);
    expect(groups([...at([0], 2), { buffer: 1, offset: 1, terms: [8, 2] }])).toEqual([]);
    // A table whose vectors may differ is not known lane by lane.
    expect(groups(at([0, 2], Int32Array.of(0, 1, 4, 5, 9, 10, 13, 14)), 8)).toEqual([]);
  });
});
