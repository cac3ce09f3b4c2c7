/** Loads and stores of a kernel in WebAssembly: scalars, vectors of neighbours, and vectors whose lanes are exchanged in registers. */
import { bytesOf, lanesOf, type Format, type Kernel, type KernelAccess } from '../../compiler/kernel.ts';
import type { Index, Place } from '../../compiler/statements.ts';
import { laneGroups, type LaneGroup } from '../../compiler/transpose.ts';
import type { Addresses } from './addresses.ts';
import type { Writing } from './function-body.ts';
import { laneBytes, reverse, shuffles, zeroVector } from './ops.ts';

/** Lanes of two values that make up one of the vectors they were taken from by `pattern`. */
function rowOf(pattern: readonly (readonly number[])[], row: number): number[] {
  const taken = pattern.flat();
  const lanes = pattern[0].length;
  return Array.from({ length: lanes }, (_, l) => taken.indexOf(row * lanes + l));
}

/** The group of whole vectors that a load comes from, and those that a store belongs to. */
export function groupsOf(
  { loads, stores, vector, extents }: Kernel,
  dtype: Format,
): { loads: Map<KernelAccess, LaneGroup>; stores: Map<KernelAccess, LaneGroup[]> } {
  const groups = { loads: new Map<KernelAccess, LaneGroup>(), stores: new Map<KernelAccess, LaneGroup[]>() };
  if (vector === null) return groups;
  const along = (accesses: readonly KernelAccess[]): LaneGroup[] =>
    laneGroups(accesses, vector, extents[vector], lanesOf(dtype));
  for (const g of along(loads))
    for (const i of g.members) if (!groups.loads.has(loads[i])) groups.loads.set(loads[i], g);
  const writes = stores.map((s) => (s.mode === 'write' ? s : { ...s, terms: s.terms.map(() => 0) }));
  for (const g of along(writes))
    for (const i of g.members) groups.stores.set(stores[i], [...(groups.stores.get(stores[i]) ?? []), g]);
  return groups;
}

export class Accesses {
  private readonly writing: Writing;
  private readonly addresses: Addresses;
  private readonly dtype: Format;
  private readonly bytes: 4 | 8;
  private readonly lanes: number;
  private readonly bits: 32 | 64;

  constructor(writing: Writing, addresses: Addresses) {
    this.writing = writing;
    this.addresses = addresses;
    this.dtype = writing.program.dtype;
    this.bytes = bytesOf(this.dtype);
    this.lanes = lanesOf(this.dtype);
    this.bits = this.bytes === 4 ? 32 : 64;
  }

  /** Pushes what lies at an access, at one point or at those of a vector. */
  load(place: Place): void {
    const { addresses, lanes, bits } = this;
    const { out, kernel } = this.writing;
    if (kernel.vector === null) {
      out.emit(`${this.dtype}.load`, addresses.push(place));
      return;
    }
    const t = place.access.terms[kernel.vector];
    if (t === 0 || t === 1) {
      out.emit(t === 0 ? `v128.load${bits}_splat` : 'v128.load', addresses.push(place));
    } else if (t === -1) {
      out.emit('v128.load', addresses.push(place, lanes - 1));
      this.reverse();
    } else {
      out.emit(`v128.load${bits}_zero`, addresses.push(place));
      const gathered = out.keep('v128');
      for (let lane = 1; lane < lanes; lane++) {
        const offset = addresses.push(place, lane);
        out.emit('local.get', gathered);
        out.emit(`v128.load${bits}_lane`, offset, lane);
        out.emit('local.set', gathered);
      }
      out.emit('local.get', gathered);
    }
  }

  /** Stores what `push` leaves on the stack; of a vector that does not move, as a sum of its lanes, the first lane. */
  store(place: Place, push: () => void): void {
    const { addresses, lanes, bits } = this;
    const { out, kernel } = this.writing;
    if (kernel.vector === null) {
      const offset = addresses.push(place);
      push();
      out.emit(`${this.dtype}.store`, offset);
      return;
    }
    const t = place.access.terms[kernel.vector];
    if (t === 1 || t === -1) {
      const offset = addresses.push(place, t === 1 ? 0 : lanes - 1);
      push();
      if (t === -1) this.reverse();
      out.emit('v128.store', offset);
      return;
    }
    push();
    const value = out.keep('v128');
    for (let lane = 0; lane < (t === 0 ? 1 : lanes); lane++) {
      const offset = addresses.push(place, lane);
      out.emit('local.get', value);
      out.emit(`v128.store${bits}_lane`, offset, lane);
    }
  }

  private reverse(): void {
    const { out } = this.writing;
    out.body.push(zeroVector);
    out.emit('i8x16.shuffle', ...reverse[this.bytes]);
  }

  private shuffled(a: number, b: number, lanes: readonly number[]): number {
    const { out } = this.writing;
    out.emit('local.get', a);
    out.emit('local.get', b);
    out.emit('i8x16.shuffle', ...lanes);
    return out.keep('v128');
  }

  /** Transpose of a square of vectors held in locals; its own inverse. */
  private transposed(x: readonly number[]): number[] {
    const { lowLanes, highLanes, lowHalves, highHalves } = shuffles;
    const { bytes } = this;
    const low = this.shuffled(x[0], x[1], lowLanes[bytes]);
    const high = this.shuffled(x[0], x[1], highLanes[bytes]);
    if (x.length === 2) return [low, high];
    const low2 = this.shuffled(x[2], x[3], lowLanes[bytes]);
    const high2 = this.shuffled(x[2], x[3], highLanes[bytes]);
    return [
      this.shuffled(low, low2, lowHalves),
      this.shuffled(low, low2, highHalves),
      this.shuffled(high, high2, lowHalves),
      this.shuffled(high, high2, highHalves),
    ];
  }

  /** Locals with the values of all members of a group of loads, which move as `index` does. */
  loadGroup({ members, rows, pattern }: LaneGroup, index: Index): number[] {
    const { out, kernel } = this.writing;
    const first = { access: kernel.loads[members[0]], index };
    const vectors = rows.map((row) => {
      out.emit('v128.load', this.addresses.pushRow(first, row));
      return out.keep('v128');
    });
    return pattern
      ? pattern.map((lanes) => this.shuffled(vectors[0], vectors[1], laneBytes(lanes, this.bytes)))
      : this.transposed(vectors);
  }

  /** Stores all members of a group, whose values are in these locals. */
  storeGroup({ members, rows, pattern }: LaneGroup, index: Index, values: readonly number[]): void {
    const { out, kernel } = this.writing;
    const first = { access: kernel.stores[members[0]], index };
    const vectors = pattern
      ? rows.map((_, row) => this.shuffled(values[0], values[1], laneBytes(rowOf(pattern, row), this.bytes)))
      : this.transposed(values);
    vectors.forEach((local, row) => {
      const offset = this.addresses.pushRow(first, rows[row]);
      out.emit('local.get', local);
      out.emit('v128.store', offset);
    });
  }
}
