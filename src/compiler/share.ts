/**
 * Memory for callers who bring their own: temporaries lie in the outputs before those are written, in the inputs once those are read,
 * and what fits nowhere in one scratch array. Who lies where is decided by element: two buffers share an address where the last use of
 * one comes before the first use of the other, so that a stage that writes where it reads needs no second array.
 */
import { addresses } from '../ir/graph.ts';
import type { Buffer, Kernel, KernelAccess, AnyProgram, Format, Program } from './kernel.ts';

/** First and last use of every element of a buffer, as times that grow along a run; untouched ones have the span [Infinity, -Infinity]. */
interface Uses {
  readonly first: Float64Array;
  readonly last: Float64Array;
  /** The touched elements lie in [low, high). */
  low: number;
  high: number;
}

/** Points of a kernel are fewer than this. */
const pointsPerKernel = 2 ** 30;

/** When each element of each buffer is used. Loads of a point come before its stores; a sum is stored behind its last point. */
function usesOf({ kernels, buffers }: AnyProgram): ReadonlyMap<number, Uses> {
  const uses = new Map<number, Uses>();
  const touch = (kernel: Kernel, step: number, a: KernelAccess, phase: number): void => {
    const { size } = buffers[a.buffer];
    let own = uses.get(a.buffer);
    if (!own) {
      own = {
        first: new Float64Array(size).fill(Infinity),
        last: new Float64Array(size).fill(-Infinity),
        low: size,
        high: 0,
      };
      uses.set(a.buffer, own);
    }
    const points = addresses(a, kernel.extents);
    // Points that are computed together, as vectors, are no order.
    const together = kernel.vector !== null;
    for (let p = 0; p < points.length; p++) {
      const [at, time] = [points[p], step * pointsPerKernel + 2 * p + phase];
      own.first[at] = Math.min(own.first[at], together ? step * pointsPerKernel : time);
      own.last[at] = Math.max(own.last[at], together ? (step + 1) * pointsPerKernel - 1 : time);
      own.low = Math.min(own.low, at);
      own.high = Math.max(own.high, at + 1);
    }
  };
  kernels.forEach((kernel, step) => {
    for (const a of kernel.loads) touch(kernel, step, a, 0);
    for (const a of kernel.stores) touch(kernel, step, a, 1);
  });
  return uses;
}

/** Elements up to the last one that is used, by buffer. */
export const usedSizes = (program: AnyProgram): ReadonlyMap<number, number> =>
  new Map([...usesOf(program)].map(([id, { high }]) => [id, high]));

/** Times before and behind every run. */
const [before, behind] = [-1, Infinity];

/** An array with what lies in it. */
interface Host {
  /** The input or output; null: the scratch array. */
  readonly buffer: number | null;
  readonly size: number;
  readonly guests: { readonly uses: Uses; readonly offset: number }[];
}

/** May `uses`, moved by `offset`, lie in a host? */
function fits({ size, guests }: Host, uses: Uses, offset: number): boolean {
  if (offset + uses.low < 0 || offset + uses.high > size) return false;
  return guests.every((guest) => {
    const from = Math.max(offset + uses.low, guest.offset + guest.uses.low);
    const to = Math.min(offset + uses.high, guest.offset + guest.uses.high);
    for (let at = from; at < to; at++) {
      const [own, other] = [at - offset, at - guest.offset];
      const apart = uses.last[own] < guest.uses.first[other] || guest.uses.last[other] < uses.first[own];
      if (!apart) return false;
    }
    return true;
  });
}

/** Lowest offset at which a buffer may lie in a host: its first touched element at the start, or behind what another touches. */
function offsetIn(host: Host, uses: Uses): number | null {
  const starts = [0, ...host.guests.map((g) => g.offset + g.uses.high)].sort((a, b) => a - b);
  const start = starts.find((from) => fits(host, uses, from - uses.low));
  return start === undefined ? null : start - uses.low;
}

interface Place {
  readonly host: Host;
  readonly offset: number;
}

/** Arrangements that are tried at most. */
const mostTried = 3000;

/** Places of temporaries with the smallest scratch array, by trying them in turn in every host. */
function arranged(
  ids: readonly number[],
  uses: ReadonlyMap<number, Uses>,
  hosts: readonly Host[],
): Map<number, Place> {
  const scratch = hosts[hosts.length - 1];
  const used = (): number => scratch.guests.reduce((most, g) => Math.max(most, g.offset + g.uses.high), 0);
  let best = Infinity;
  let tried = 0;
  let found = new Map<number, Place>();
  const places = new Map<number, Place>();
  const place = (i: number): void => {
    if (used() >= best || tried > mostTried) return;
    if (i === ids.length) {
      [best, found] = [used(), new Map(places)];
      return;
    }
    const own = uses.get(ids[i]) as Uses;
    for (const host of hosts) {
      const offset = offsetIn(host, own);
      if (offset === null) continue;
      tried += i === ids.length - 1 ? 1 : 0;
      host.guests.push({ uses: own, offset });
      places.set(ids[i], { host, offset });
      place(i + 1);
      host.guests.pop();
      if (best === 0) return;
    }
  };
  place(0);
  return found;
}

/** The program, its temporaries in as few further elements as were found: one temporary buffer, if any. `overwrite`: inputs may be written over. */
export function shareMemory<F extends Format>(program: Program<F>, overwrite: boolean): Program<F> {
  const { buffers } = program;
  const uses = usesOf(program);
  const whole = (id: number, ends: Partial<Record<'first' | 'last', number>>): Uses => {
    const { size } = buffers[id];
    const own = uses.get(id) ?? {
      first: new Float64Array(size).fill(behind),
      last: new Float64Array(size).fill(before),
    };
    const { first = null, last = null } = ends;
    return {
      first: first === null ? own.first : own.first.map(() => first),
      last: last === null ? own.last : own.last.map(() => last),
      low: 0,
      high: size,
    };
  };
  const hosts = buffers.flatMap(({ kind, size, fixed }, buffer): Host[] => {
    if (kind === 'output')
      return [{ buffer, size, guests: [{ uses: whole(buffer, { last: behind }), offset: 0 }] }];
    // Short samples have no room for what is longer.
    if (kind !== 'input' || !overwrite || fixed?.bits === 16) return [];
    return [{ buffer, size, guests: [{ uses: whole(buffer, { first: before }), offset: 0 }] }];
  });
  const ids = [...uses.keys()].filter((id) => buffers[id].kind === 'temporary');
  if (ids.length === 0) return program;
  const scratch: Host = { buffer: null, size: Infinity, guests: [] };
  const places = arranged(ids, uses, [...hosts, scratch]);
  const size = [...places].reduce(
    (most, [id, { host, offset }]) =>
      host === scratch ? Math.max(most, offset + (uses.get(id) as Uses).high) : most,
    0,
  );
  const shared: Buffer = { name: 'scratch', kind: 'temporary', size, offset: program.arena };
  const move = <A extends KernelAccess>(a: A): A => {
    const place = places.get(a.buffer);
    if (!place) return a;
    return { ...a, buffer: place.host.buffer ?? buffers.length, offset: a.offset + place.offset };
  };
  return {
    ...program,
    buffers: [...buffers, shared],
    kernels: program.kernels.map((k) => ({ ...k, loads: k.loads.map(move), stores: k.stores.map(move) })),
    arena: program.arena + size,
  };
}
