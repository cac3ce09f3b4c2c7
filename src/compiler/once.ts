/** Loads of one element at a point as one load: of memory far away each element is read once. */
import { rebuildBody } from '../ir/bodies.ts';
import { argument, exprCarrier } from '../ir/expr.ts';
import { rangeOf, sameAccess, sizeOf } from '../ir/graph.ts';
import type { Buffer, Kernel, KernelAccess, Program } from './kernel.ts';

/** The kernel without loads that another one makes. */
function loadedOnce(kernel: Kernel): Kernel {
  const loads: KernelAccess[] = [];
  const places = kernel.loads.map((a) => {
    const known = loads.findIndex((b) => a.buffer === b.buffer && sameAccess(a, b));
    return known < 0 ? loads.push(a) - 1 : known;
  });
  if (loads.length === kernel.loads.length) return kernel;
  const body = rebuildBody(kernel.body, (e, args) => {
    if (e.op === 'argument') return argument(places[e.value]);
    return e.op === 'literal' ? e : exprCarrier[e.op](...args);
  });
  return { ...kernel, loads, body };
}

/** An input that is read this many times as often as it has elements is worth a copy. */
const worthCopying = 1.25;

/** Loads of a kernel at all its points. */
const loadsOf = (kernel: Kernel, buffer: number): number =>
  kernel.loads.filter((a) => a.buffer === buffer).length * sizeOf(kernel.extents);

/** First and last element of a buffer that is read. */
function rangeRead({ kernels }: Program, buffer: number): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { loads, extents } of kernels)
    for (const { terms, offset, buffer: own } of loads) {
      if (own !== buffer) continue;
      const ranges = terms.map((t, d) => rangeOf(t, extents[d]));
      low = Math.min(low, offset + ranges.reduce((sum, [least]) => sum + least, 0));
      high = Math.max(high, offset + ranges.reduce((sum, [, most]) => sum + most, 0));
    }
  return [low, high];
}

/** The program with inputs that several kernels read copied first, into a temporary that is read in their place. */
export function copiedOnce(program: Program): Program {
  const kernels = program.kernels.map(loadedOnce);
  const buffers: Buffer[] = [...program.buffers];
  const copies: Kernel[] = [];
  const copyOf = new Map<number, number>();
  for (const [name, id] of Object.entries(program.inputs)) {
    const [low, high] = rangeRead(program, id);
    const size = high - low + 1;
    const times = kernels.reduce((sum, k) => sum + loadsOf(k, id), 0);
    if (times < worthCopying * size) continue;
    const copy = buffers.push({ name, kind: 'temporary', size: buffers[id].size, offset: -1 }) - 1;
    copyOf.set(id, copy);
    const at = { offset: low, terms: [1] };
    copies.push({
      label: `copy of ${name}`,
      extents: [size],
      reduceFrom: 1,
      vector: null,
      loads: [{ buffer: id, ...at }],
      body: [argument(0)],
      stores: [{ buffer: copy, ...at, mode: 'write', combine: 'store' }],
    });
  }
  const moved = kernels.map((k) => ({
    ...k,
    loads: k.loads.map((a) => ({ ...a, buffer: copyOf.get(a.buffer) ?? a.buffer })),
  }));
  return { ...program, buffers, kernels: [...copies, ...moved] };
}
