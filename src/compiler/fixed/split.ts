/**
 * Buffers that hold one kind of thing: where a kernel works in place, what it leaves is a buffer of its own, at the same place. Values that
 * one access may meet stay together, as those of a stage and the ones that it skips.
 */
import { addresses } from '../../ir/graph.ts';
import type { Buffer, Kernel, KernelAccess, Program } from '../kernel.ts';

/** Numbers that are joined into sets; a set is known by its least. */
class Sets {
  private readonly parents: number[] = [];

  add(): number {
    return this.parents.push(this.parents.length) - 1;
  }

  find(x: number): number {
    let at = x;
    while (this.parents[at] !== at) at = this.parents[at];
    this.parents[x] = at;
    return at;
  }

  join(x: number, y: number): void {
    const [a, b] = [this.find(x), this.find(y)];
    this.parents[Math.max(a, b)] = Math.min(a, b);
  }
}

class Splitting {
  private readonly sets = new Sets();
  /** Per buffer, what wrote each element last. */
  private readonly writers: number[][];
  /** What lay there before. */
  private readonly first: readonly number[];
  /** What an access meets. */
  private readonly met = new Map<KernelAccess, number>();
  private readonly program: Program;

  constructor(program: Program) {
    this.program = program;
    this.first = program.buffers.map(() => this.sets.add());
    this.writers = program.buffers.map(({ size }, id) => new Array<number>(size).fill(this.first[id]));
    for (const kernel of program.kernels) this.kernel(kernel);
  }

  /** Everything that lies at some elements is of one kind. */
  private read(buffer: number, at: Iterable<number>): number | null {
    let first: number | null = null;
    for (const a of at) {
      const writer = this.writers[buffer][a];
      if (first !== null && writer !== first) this.sets.join(writer, first);
      first ??= writer;
    }
    return first;
  }

  private kernel({ loads, stores, extents }: Kernel): void {
    for (const a of loads) this.met.set(a, this.read(a.buffer, addresses(a, extents)) as number);
    const made = new Map<number, number>();
    for (const s of stores) {
      const own = made.get(s.buffer) ?? this.sets.add();
      made.set(s.buffer, own);
      this.met.set(s, own);
      const at = addresses(s, extents);
      if (s.mode === 'scatter') this.sets.join(own, this.read(s.buffer, at) as number);
    }
    for (const s of stores)
      for (const a of addresses(s, extents)) this.writers[s.buffer][a] = made.get(s.buffer) as number;
  }

  result(): Program {
    const { buffers, kernels } = this.program;
    const split: Buffer[] = [...buffers];
    const ids = new Map<number, number>();
    // Leaves keep their numbers, and outputs as what lies there in the end.
    buffers.forEach(({ kind }, id) => {
      if (kind === 'temporary') return;
      const written = this.writers[id].flatMap((writer, at) => (writer === this.first[id] ? [] : [at]));
      ids.set(this.sets.find(this.read(id, written) ?? this.first[id]), id);
    });
    const known = new Set(ids.values());
    const move = <A extends KernelAccess>(a: A): A => {
      const set = this.sets.find(this.met.get(a) as number);
      const { size, offset } = buffers[a.buffer];
      const made: Buffer = { name: 'temporary', kind: 'temporary', size, offset };
      const id = ids.get(set) ?? (known.has(a.buffer) ? split.push(made) - 1 : a.buffer);
      ids.set(set, id);
      known.add(id);
      return id === a.buffer ? a : { ...a, buffer: id };
    };
    return {
      ...this.program,
      buffers: split,
      kernels: kernels.map((k) => ({ ...k, loads: k.loads.map(move), stores: k.stores.map(move) })),
    };
  }
}

/** The same program with a buffer for every kind of thing. */
export const splitBuffers = (program: Program): Program => new Splitting(program).result();
