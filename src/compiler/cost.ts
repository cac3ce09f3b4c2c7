/** What a program costs on a machine: instructions, from the statements of its kernels and a table of costs per kind. */
import type { Expr, Op } from '../ir/expr.ts';
import { sizeOf } from '../ir/graph.ts';
import { bytesOf, type AnyProgram, type Kernel, type KernelAccess } from './kernel.ts';
import type { InstructionCosts, VectorCosts } from './machines.ts';
import { scheduleKernel, type Schedule } from './schedule.ts';
import { laneGroups } from './transpose.ts';

/** Products of a body that are added or subtracted once by a sum that takes them along, and used nowhere else. */
function fusedProducts({ levels, body }: Schedule, products: InstructionCosts['fused']): Set<Expr> {
  const uses = new Map<Expr, number>();
  const use = (e: Expr): void => void uses.set(e, (uses.get(e) ?? 0) + 1);
  const all = levels.flat();
  for (const e of all) e.args.forEach(use);
  body.forEach(use);
  const fused = new Set<Expr>();
  for (const e of all) {
    if (e.op !== 'add' && e.op !== 'sub') continue;
    const takes = (a: Expr): boolean => products[a.op] === 'both' || products[a.op] === e.op;
    const product = e.args.find((a) => takes(a) && uses.get(a) === 1);
    if (product) fused.add(product);
  }
  return fused;
}

/** Values that live at once in the innermost part of a kernel, at most, and those of them that come from outside its last loop. */
function pressure({ levels, depth }: Schedule): { all: number; kept: number } {
  const order = levels.flat().filter((e) => e.op !== 'literal');
  const innermost = levels.length - 1;
  const last = new Map<Expr, number>();
  order.forEach((e, i) => e.args.forEach((a) => last.set(a, i)));
  let [live, all, kept] = [0, 0, 0];
  order.forEach((e, i) => {
    all = Math.max(all, ++live);
    if (depth.get(e) !== innermost) kept++;
    else if (!last.has(e)) live--;
    for (const a of new Set(e.args)) if (last.get(a) === i && depth.get(a) === innermost) live--;
  });
  return { all, kept };
}

/** Pointers of an innermost loop: accesses that move together, apart where they lie further than an address reaches. */
function pointersOf(kernel: Kernel, depth: number, c: InstructionCosts, bytes: number): number {
  const groups = new Map<string, number[]>();
  for (const a of [...kernel.loads, ...kernel.stores]) {
    if (a.terms.slice(0, depth).every((t) => t === 0)) continue;
    // An address that moves by one element moves with the load or store itself.
    if (Math.abs(Number(a.terms[depth - 1])) === 1 && c.walking) continue;
    const key = `${a.buffer} ${a.terms.map((t) => (typeof t === 'number' ? t : `T${t.length}.${t[1]}`)).join()}`;
    groups.set(key, [...(groups.get(key) ?? []), a.offset * bytes]);
  }
  let count = 0;
  for (const offsets of groups.values()) {
    offsets.sort((a, b) => a - b);
    let from = -Infinity;
    for (const at of offsets) if (at - from > c.reach) [count, from] = [count + 1, at];
  }
  return count;
}

/** Addresses that an innermost loop looks up in offset tables. */
const lookupsOf = ({ loads, stores }: Kernel): number =>
  new Set(
    [...loads, ...stores].map((a) => a.terms.at(-1)).filter((t) => t !== undefined && typeof t !== 'number'),
  ).size;

/** Instructions that run, and that are there. */
interface ProgramCost {
  readonly run: number;
  readonly text: number;
}

/** What the accesses of a vector cost beside its loads and stores. */
function exchanges(kernel: Kernel, v: number, c: VectorCosts, lanes: number): number {
  const side = (accesses: readonly KernelAccess[]): number => {
    const own = new Map<KernelAccess, number>();
    for (const { members, pattern } of laneGroups(accesses, v, kernel.extents[v], lanes))
      for (const i of members) own.set(accesses[i], pattern ? c.pair : c.column);
    return accesses.reduce((sum, a) => {
      const t = a.terms[v];
      if (t === 0 || t === 1) return sum;
      return sum + (t === -1 ? 1 : (own.get(a) ?? c.lane * lanes));
    }, 0);
  };
  return side(kernel.loads) + side(kernel.stores);
}

function kernelCost(kernel: Kernel, c: InstructionCosts, bytes: number): ProgramCost {
  const schedule = scheduleKernel(kernel);
  const fused = fusedProducts(schedule, c.fused);
  const { extents, stores, reduceFrom, vector } = kernel;
  const depth = extents.length;
  const lanes = c.vectors && vector !== null ? c.vectors.bytes / bytes : 1;
  let [run, text] = [0, 0];
  /** How often what is inside so many loops runs. */
  const times = Array.from({ length: depth + 1 }, (_, loops) => {
    const points = sizeOf(extents.slice(0, loops));
    return loops > (vector ?? depth) ? points / lanes : points;
  });
  /** Some instructions inside so many loops; `there`: those that are in this place. */
  const add = (instructions: number, loops: number, there = instructions): void => {
    run += instructions * times[loops];
    text += there;
  };
  const addOp = (op: Op, loops: number): void => {
    const own = c.ops[op] ?? c.other;
    add(own, loops, c.inPlace ?? own);
  };
  schedule.levels.forEach((level, d) => {
    for (const e of level)
      if (e.op === 'argument') add(c.load, d);
      else if (!fused.has(e)) addOp(e.op, d);
  });
  for (const s of stores) {
    add(c.store, s.mode === 'reduce' ? reduceFrom : depth);
    if (s.mode !== 'write') addOp('add', depth);
  }
  if (c.vectors && vector !== null) add(exchanges(kernel, vector, c.vectors, lanes), depth);
  const pointers = pointersOf(kernel, depth, c, bytes);
  add(c.call + c.setup * pointers, 0);
  for (let d = 1; d < depth; d++) add(c.outer + c.setup * pointers, d);
  if (depth > 0) add(c.loop + c.pointer * pointers, depth);
  const { all, kept } = pressure(schedule);
  const spilled = Math.max(0, all - c.registers);
  // What comes from outside is loaded again, not stored.
  const again = Math.min(spilled, kept);
  add(again * c.load + (spilled - again) * c.spill, depth);
  add(c.lookup * lookupsOf(kernel), depth);
  return { run, text };
}

/** Of one call of a program, as it is printed in C. */
export function programCost(program: AnyProgram, costs: InstructionCosts): ProgramCost {
  const parts = program.kernels.map((k) => kernelCost(k, costs, bytesOf(program.dtype)));
  const total = (key: keyof ProgramCost): number => parts.reduce((sum, p) => sum + p[key], 0);
  return { run: total('run'), text: total('text') };
}
