/** Selecting the largest gives what sorting gives, ties included. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { topBins } from '../../src/numeric/peaks.ts';
import { eachFromLargest, selectLargest } from '../../src/numeric/selection.ts';

/** Places in the order of the values, of equal ones the first. */
const sortedPlaces = (x: readonly number[]): number[] =>
  x.map((_, i) => i).sort((a, b) => (x[a] === x[b] ? a - b : x[a] > x[b] ? -1 : 1));

/** Numbers with many ties, infinities and both zeros among them. */
const numbers = (length: number) =>
  fc.array(
    fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.double({ noNaN: true }),
      fc.constantFrom(Infinity, -Infinity, 0, -0),
    ),
    { minLength: 1, maxLength: length },
  );

// Beyond 64 places a heap does it.
it.each([40, 300])('the k largest of up to %d values are those that a sort puts first', (length) => {
  fc.assert(
    fc.property(numbers(length), fc.nat(), fc.nat(5), fc.boolean(), (x, seed, before, bounded) => {
      const k = seed % (x.length + 1);
      const expected = sortedPlaces(x).slice(0, k);
      expect(topBins(x, k)).toEqual(expected.map((bin) => ({ bin, value: x[bin] })));
      const values = Float64Array.from([...new Array<number>(before).fill(NaN), ...x, NaN]);
      const places = new Int32Array(k);
      const bound = bounded && k > 0 ? x[expected[k - 1]] : -Infinity;
      selectLargest(values, before, before + x.length, places, bound);
      expect([...places]).toEqual(expected);
      const all: number[] = [];
      eachFromLargest(
        x,
        Int32Array.from(x, (_, i) => x.length - 1 - i),
        (i) => {
          all.push(i);
          return all.length < k;
        },
      );
      expect(all).toEqual(sortedPlaces(x).slice(0, Math.max(1, k)));
    }),
    { numRuns: 200 },
  );
});

it('NaN has no place in an order', () => {
  for (const k of [1, 2, 4]) {
    expect(() => topBins([1, 2, 3, NaN], k)).toThrow(/value 3 is NaN; expected a number/);
    expect(() => topBins([1, 2, 3, NaN], k)).toThrow(InvalidArgumentError);
  }
  const long = Float64Array.from({ length: 200 }, (_, i) => (i === 150 ? NaN : i));
  for (const k of [1, 64, 65, 200]) expect(() => topBins(long, k)).toThrow(/value 150 is NaN/);
});
