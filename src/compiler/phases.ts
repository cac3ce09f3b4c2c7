/**
 * A program for many invocations that share a small memory: its kernels in phases with a barrier between them, and places for what
 * lies in that memory. Points of one phase meet in no element, so their order is free.
 */
import { addresses, rangeOf, sizeOf } from '../ir/graph.ts';
import type { AnyProgram, Kernel, KernelAccess } from './kernel.ts';

/** Kernels whose points may run in any order. */
export interface Phase {
  readonly kernels: readonly Kernel[];
  /** Results lie where operands of the same phase do: all points load, then all store. */
  readonly held: boolean;
}

/** A program in phases. */
export interface PhasedProgram {
  readonly phases: readonly Phase[];
  /** First element in shared memory of each temporary, less the first one of it that is touched. */
  readonly places: ReadonlyMap<number, number>;
  /** Elements of shared memory. */
  readonly size: number;
}

/** Loops of a kernel that are shared out to invocations: all but reductions; none where points meet in memory, in order. */
export const sharedLoops = (kernel: Kernel): number =>
  kernel.stores.some((s) => s.mode === 'scatter') ? 0 : kernel.reduceFrom;

/** Points of a kernel that are shared out. */
export const sharedPoints = (kernel: Kernel): number => sizeOf(kernel.extents.slice(0, sharedLoops(kernel)));

/** Elements that kernels since the last barrier have read and written. */
class Touched {
  private readonly read = new Map<number, Set<number>>();
  private readonly written = new Map<number, Set<number>>();

  private elements(a: KernelAccess, kernel: Kernel): Int32Array {
    return addresses(a, kernel.extents);
  }

  /** Does a kernel need what those before it leave, or leave what those before it need? */
  meets(kernel: Kernel): boolean {
    const hits = (known: Map<number, Set<number>>, list: readonly KernelAccess[]): boolean =>
      list.some((a) => {
        const own = known.get(a.buffer);
        return own !== undefined && this.elements(a, kernel).some((x) => own.has(x));
      });
    return hits(this.written, [...kernel.loads, ...kernel.stores]) || hits(this.read, kernel.stores);
  }

  take(kernel: Kernel): void {
    const note = (known: Map<number, Set<number>>, list: readonly KernelAccess[]): void => {
      for (const a of list) {
        const own = known.get(a.buffer) ?? new Set<number>();
        known.set(a.buffer, own);
        for (const x of this.elements(a, kernel)) own.add(x);
      }
    };
    note(this.read, kernel.loads);
    note(this.written, kernel.stores);
  }
}

/** Kernels in as few groups as the order of their elements allows. */
function groupsOf(kernels: readonly Kernel[]): Kernel[][] {
  const groups: Kernel[][] = [];
  let touched = new Touched();
  for (const kernel of kernels) {
    if (groups.length === 0 || touched.meets(kernel)) {
      groups.push([]);
      touched = new Touched();
    }
    groups[groups.length - 1].push(kernel);
    touched.take(kernel);
  }
  return groups;
}

/** A temporary: the elements of it that are touched, and the phases in which they are. */
interface Span {
  low: number;
  high: number;
  first: number;
  last: number;
}

function spansOf({ buffers }: AnyProgram, groups: readonly (readonly Kernel[])[]): Map<number, Span> {
  const spans = new Map<number, Span>();
  groups.forEach((kernels, phase) => {
    for (const kernel of kernels)
      for (const a of [...kernel.loads, ...kernel.stores]) {
        if (buffers[a.buffer].kind !== 'temporary') continue;
        let [low, high] = [a.offset, a.offset + 1];
        a.terms.forEach((t, d) => {
          const [least, most] = rangeOf(t, kernel.extents[d]);
          low += least;
          high += most;
        });
        const own = spans.get(a.buffer);
        if (own) {
          own.low = Math.min(own.low, low);
          own.high = Math.max(own.high, high);
          own.last = phase;
        } else spans.set(a.buffer, { low, high, first: phase, last: phase });
      }
  });
  return spans;
}

/** May all points of a group load before any stores? */
const mayHold = (kernels: readonly Kernel[]): boolean =>
  kernels.every((k) => k.reduceFrom === k.extents.length && k.stores.every((s) => s.mode === 'write'));

/** Lowest places in shared memory; where `holds` says so, a temporary may lie where one that is read for the last time does. */
function placed(spans: ReadonlyMap<number, Span>, holds: (phase: number) => boolean): Map<number, number> {
  const starts = new Map<number, number>();
  const order = [...spans].sort(([, a], [, b]) => a.first - b.first);
  for (const [id, own] of order) {
    const rivals = order.filter(([other, x]) => {
      if (!starts.has(other)) return false;
      return x.last > own.first || (x.last === own.first && !holds(own.first));
    });
    const taken = rivals
      .map(([other, x]) => ({ from: starts.get(other) as number, length: x.high - x.low }))
      .sort((a, b) => a.from - b.from);
    let from = 0;
    for (const t of taken)
      if (t.from < from + own.high - own.low && from < t.from + t.length) from = t.from + t.length;
    starts.set(id, from);
  }
  return starts;
}

/**
 * The phases of a program, and its temporaries in shared memory of `limit` elements where they fit; else in as little as phases that
 * load before they store allow.
 */
export function phased(program: AnyProgram, limit: number): PhasedProgram {
  const groups = groupsOf(program.kernels);
  const spans = spansOf(program, groups);
  const sizeIn = (starts: ReadonlyMap<number, number>): number =>
    [...spans].reduce((most, [id, s]) => Math.max(most, (starts.get(id) as number) + s.high - s.low), 0);
  const apart = placed(spans, () => false);
  const fits = sizeIn(apart) <= limit;
  const holdable = groups.map(mayHold);
  const starts = fits ? apart : placed(spans, (phase) => holdable[phase]);
  const places = new Map([...spans].map(([id, s]) => [id, (starts.get(id) as number) - s.low]));
  return {
    phases: groups.map((kernels, phase) => ({ kernels, held: meetsIn(phase, spans, starts) })),
    places,
    size: sizeIn(starts),
  };
}

/** Does a temporary that begins in a phase lie where one that ends in it does? */
function meetsIn(
  phase: number,
  spans: ReadonlyMap<number, Span>,
  starts: ReadonlyMap<number, number>,
): boolean {
  const range = ([id, s]: [number, Span]): [number, number] => {
    const from = starts.get(id) as number;
    return [from, from + s.high - s.low];
  };
  const [begin, end] = [
    [...spans].filter(([, s]) => s.first === phase),
    [...spans].filter(([, s]) => s.first < phase && s.last === phase),
  ];
  return begin.some((a) =>
    end.some((b) => {
      const [x, y] = [range(a), range(b)];
      return x[0] < y[1] && y[0] < x[1];
    }),
  );
}
