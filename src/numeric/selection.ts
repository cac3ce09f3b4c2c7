/** The largest of many numbers without sorting them all: a binary heap of places (Williams 1964). */
import { InvalidArgumentError } from '../errors.ts';

/** Does place a come before b: the larger value first, of equal ones the first place? */
const before = (values: ArrayLike<number>, a: number, b: number): boolean =>
  values[a] > values[b] || (values[a] === values[b] && a < b);

/** Moves the place at `from` down until no child in heap[0, size) comes before it; `last` turns the order round. */
function siftDown(
  heap: Int32Array,
  from: number,
  size: number,
  values: ArrayLike<number>,
  last: boolean,
): void {
  const place = heap[from];
  let hole = from;
  for (let child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
    const right = child + 1;
    if (right < size && before(values, heap[right], heap[child]) !== last) child = right;
    if (before(values, heap[child], place) === last) break;
    heap[hole] = heap[child];
    hole = child;
  }
  heap[hole] = place;
}

function heapify(heap: Int32Array, size: number, values: ArrayLike<number>, last: boolean): void {
  for (let i = (size >> 1) - 1; i >= 0; i--) siftDown(heap, i, size, values, last);
}

/** Up to so many places are kept in order by insertion, which takes half the time of a heap: its branches are foreseen more often. */
const mostInserted = 64;
const kept = /* @__PURE__ */ new Float64Array(mostInserted);

function refuse(place: number): never {
  throw new InvalidArgumentError(`value ${place} is NaN; expected a number`);
}

function selectByInsertion(
  values: ArrayLike<number>,
  from: number,
  to: number,
  places: Int32Array,
  bound: number,
): void {
  const last = places.length - 1;
  let size = 0;
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (value < bound) continue;
    if (size > last) {
      if (value <= kept[last]) continue;
    } else size++;
    if (Number.isNaN(value)) refuse(i - from);
    let hole = size - 1;
    for (; hole > 0 && kept[hole - 1] < value; hole--) {
      kept[hole] = kept[hole - 1];
      places[hole] = places[hole - 1];
    }
    kept[hole] = value;
    places[hole] = i - from;
  }
}

function selectByHeap(values: ArrayLike<number>, from: number, to: number, places: Int32Array): void {
  const k = places.length;
  for (let i = 0; i < k; i++) {
    if (Number.isNaN(values[from + i])) refuse(i);
    places[i] = from + i;
  }
  // The root is the last of those kept: what comes is held against it alone.
  heapify(places, k, values, true);
  let least = values[places[0]];
  for (let i = from + k; i < to; i++) {
    if (values[i] <= least) continue;
    if (Number.isNaN(values[i])) refuse(i - from);
    places[0] = i;
    siftDown(places, 0, k, values, true);
    least = values[places[0]];
  }
  for (let size = k - 1; size >= 0; size--) {
    const place = places[0];
    places[0] = places[size];
    places[size] = place - from;
    if (size > 1) siftDown(places, 0, size, values, true);
  }
}

/**
 * Fills `places`, k of them, with those of the k largest among values[from, to), counted from `from`, largest first; of equal ones,
 * the first. O(n log k) at worst, one comparison for most values; nothing is allocated. `to - from` must be at least k; `bound`, where
 * it is known, is a number that at least k of the values reach: few others are then looked at twice.
 * Throws InvalidArgumentError for NaN, which has no place in an order.
 */
export function selectLargest(
  values: ArrayLike<number>,
  from: number,
  to: number,
  places: Int32Array,
  bound = -Infinity,
): void {
  if (places.length === 0) return;
  if (places.length <= mostInserted) selectByInsertion(values, from, to, places, bound);
  else selectByHeap(values, from, to, places);
}

/** Places in the order of their values, largest first (of equal ones the first place), until `take` returns false. Overwrites `places`. */
export function eachFromLargest(
  values: ArrayLike<number>,
  places: Int32Array,
  take: (place: number) => boolean,
): void {
  heapify(places, places.length, values, false);
  for (let size = places.length; size > 0 && take(places[0]);) {
    places[0] = places[--size];
    siftDown(places, 0, size, values, false);
  }
}
