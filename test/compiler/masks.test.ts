/** Marks of runs of elements: the same marks at any length of run that does not mix them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bitsAt, overRuns, refined, runsOf, type Mask } from '../../src/compiler/masks.ts';
import { argument } from '../../src/ir/expr.ts';
import { addresses, input, loop, type Loop } from '../../src/ir/graph.ts';

const marks = fc.record({
  unit: fc.constantFrom(1, 2, 3, 4, 6),
  bits: fc.array(fc.constantFrom(0, 1), { minLength: 12, maxLength: 12 }).map((b) => Uint8Array.from(b)),
});

/** Element by element. */
const each = ({ unit, bits }: Mask): number[] => [...bits].flatMap((b) => new Array<number>(unit).fill(b));

it('other runs mean the same elements, or are refused', () => {
  fc.assert(
    fc.property(marks, fc.constantFrom(1, 2, 3, 4, 6, 8, 12), (mask, unit) => {
      const bits = bitsAt(mask, unit);
      if (bits) expect(each({ unit, bits })).toEqual(each(mask));
      else if (unit % mask.unit === 0) {
        const runs = Array.from({ length: (12 * mask.unit) / unit }, (_, i) =>
          each(mask).slice(i * unit, (i + 1) * unit),
        );
        const mixed = runs.some((r) => r.includes(0) && r.includes(1));
        expect(mixed || !Number.isInteger(runs.length) || (12 * mask.unit) % unit !== 0).toBe(true);
      }
    }),
  );
});

it('finer marks mean the same elements and take those of the other unit', () => {
  fc.assert(
    fc.property(marks, fc.constantFrom(1, 2, 3, 4, 6, 8, 12), (mask, unit) => {
      const finer = refined(mask, unit);
      expect(each(finer)).toEqual(each(mask));
      expect(unit % finer.unit).toBe(0);
    }),
  );
});

it('runs of a loop cover its addresses, longest first', () => {
  // Rows 3 k + 1 of four elements, read in order and stored backwards.
  const [y] = loop({
    label: 'rows',
    space: [5, 4],
    loads: [{ tensor: input('x', [15, 4]), access: { offset: 4, terms: [12, 1] } }],
    body: [argument(0)],
    stores: [{ result: 0, combine: 'store', access: { offset: 16, terms: [-4, 1] } }],
    shapes: [[5, 4]],
  });
  const l = (y.source as { loop: Loop }).loop;
  const found = [...runsOf(l, 0)];
  expect(found).toEqual([
    { from: 1, unit: 4 },
    { from: 2, unit: 1 },
  ]);
  const runs = overRuns(l, 1, 4);
  expect([...addresses(runs.loads[0].access, runs.space)]).toEqual([1, 4, 7, 10, 13]);
  expect([...addresses(runs.stores[0].access, runs.space)]).toEqual([4, 3, 2, 1, 0]);
  expect([...runsOf(l, 2)]).toEqual([{ from: 2, unit: 1 }]);
});
