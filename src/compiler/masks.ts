/**
 * Marks of the elements of a tensor, one per `unit` neighbours that are alike: what is known of a loop is known of runs of
 * points, and large transforms have far fewer runs than points.
 */
import { rowMajor, sizeOf, type Access, type Loop, type Tensor, type Term } from '../ir/graph.ts';

export interface Mask {
  readonly unit: number;
  /** 1 where the elements from i unit on are marked. */
  readonly bits: Uint8Array;
}

/** Every mark for its own run of `unit` elements; null where elements of one run differ. */
export function bitsAt(mask: Mask, unit: number): Uint8Array | null {
  const { bits } = mask;
  if (unit === mask.unit) return bits;
  if (mask.unit % unit === 0) {
    const times = mask.unit / unit;
    const out = new Uint8Array(bits.length * times);
    for (let i = 0; i < bits.length; i++) if (bits[i] === 1) out.fill(1, i * times, (i + 1) * times);
    return out;
  }
  const times = unit / mask.unit;
  if (!Number.isInteger(times) || bits.length % times !== 0) return null;
  const out = new Uint8Array(bits.length / times);
  for (let i = 0, o = 0; i < bits.length; i += times, o++) {
    out[o] = bits[i];
    for (let j = 1; j < times; j++) if (bits[i + j] !== bits[i]) return null;
  }
  return out;
}

/** Finer marks, where those of another unit are to be set too. */
export function refined(mask: Mask, unit: number): Mask {
  if (unit % mask.unit === 0) return mask;
  const finer = mask.unit % unit === 0 ? unit : 1;
  return { unit: finer, bits: bitsAt(mask, finer) as Uint8Array };
}

/** Does every contribution of a term move whole runs? */
function isMultiple(t: Term, unit: number): boolean {
  if (unit === 1) return true;
  if (typeof t === 'number') return t % unit === 0;
  for (let i = 0; i < t.length; i++) if (t[i] % unit !== 0) return false;
  return true;
}

/** Does an access walk the dimensions from `from` on element by element, and the others in whole runs of `unit`? */
function walksRuns(a: Access, tensor: Tensor, space: readonly number[], from: number, unit: number): boolean {
  const strides = rowMajor(space);
  return (
    a.offset % unit === 0 &&
    tensor.size % unit === 0 &&
    a.terms.every((t, d) =>
      d < from ? isMultiple(t, unit) : t === strides[d] || (space[d] === 1 && typeof t === 'number'),
    )
  );
}

/** The dimensions, from `least` on, from which on the points of a loop are runs of every tensor but constants, which stay the same there. */
export function* runsOf(l: Loop, least: number): Generator<{ from: number; unit: number }> {
  for (let from = least; from <= l.space.length; from++) {
    const unit = sizeOf(l.space.slice(from));
    const alike =
      l.loads.every(({ tensor, access }) =>
        tensor.source.kind === 'constant'
          ? access.terms.every((t, d) => d < from || t === 0 || (l.space[d] === 1 && typeof t === 'number'))
          : walksRuns(access, tensor, l.space, from, unit),
      ) && l.stores.every((s) => walksRuns(s.access, l.results[s.result], l.space, from, unit));
    if (alike) yield { from, unit };
  }
}

const divided = (a: Access, from: number, unit: number): Access => ({
  offset: a.offset / unit,
  terms: a.terms
    .slice(0, from)
    .map((t) => (unit === 1 ? t : typeof t === 'number' ? t / unit : t.map((x) => x / unit))),
});

/** The loop over runs of `unit` points: its addresses are those of runs, but for constants. */
export const overRuns = (l: Loop, from: number, unit: number): Loop => ({
  ...l,
  space: l.space.slice(0, from),
  loads: l.loads.map((x) => ({
    ...x,
    access: divided(x.access, from, x.tensor.source.kind === 'constant' ? 1 : unit),
  })),
  stores: l.stores.map((s) => ({ ...s, access: divided(s.access, from, unit) })),
});
