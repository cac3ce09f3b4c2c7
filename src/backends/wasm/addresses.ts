/** Addresses of a kernel in WebAssembly: a pointer for every index variable of its statements, advanced by the loops. */
import { rangeOf, type Term } from '../../ir/graph.ts';
import { bytesOf } from '../../compiler/kernel.ts';
import type { IndexGroup, LoopStatement, Place } from '../../compiler/statements.ts';
import type { Writing } from './function-body.ts';

const lowest = (terms: readonly Term[], extents: readonly number[]): number =>
  terms.reduce((low: number, t, d) => low + rangeOf(t, extents[d])[0], 0);

export class Addresses {
  /** Pointer locals by group and depth. */
  private readonly locals: number[][];
  /** Per group, bytes added to the pointer and taken off every offset, so that pointers never go below zero. */
  private readonly biases: readonly number[];
  private readonly counters: number[] = [];
  private readonly writing: Writing;
  private readonly bytes: number;

  /** Starts the pointers of all groups. */
  constructor(writing: Writing, groups: readonly IndexGroup[]) {
    this.writing = writing;
    const bytes = (this.bytes = bytesOf(writing.program.dtype));
    this.biases = groups.map(({ terms }) => -lowest(terms, writing.kernel.extents) * bytes);
    const { out } = writing;
    this.locals = groups.map(({ shift }, group) => {
      if (shift) out.emit('local.get', shift === 'input' ? 0 : 1);
      out.emit('i32.const', this.biases[group]);
      if (shift) out.emit('i32.add');
      return [out.keep('i32')];
    });
  }

  /** Pointers that move with a loop get a local of their own inside it. */
  enterLoop({ loop, moves }: LoopStatement, counter: number): void {
    const { out } = this.writing;
    this.counters[loop] = counter;
    for (const { index, from } of moves) {
      out.emit('local.get', this.locals[from.group][from.depth]);
      this.locals[index.group][index.depth] = out.keep('i32');
    }
  }

  private loadTable(t: Int32Array, loop: number, lane: number): void {
    const { out, options } = this.writing;
    out.emit('local.get', this.counters[loop]);
    out.emit('i32.const', 2);
    out.emit('i32.shl');
    out.emit('i32.load', (options.tables.get(t) as number) + 4 * lane);
  }

  beginIteration({ loop, moves }: LoopStatement): void {
    const { out } = this.writing;
    for (const { index, from, term } of moves) {
      if (typeof term === 'number') continue;
      out.emit('local.get', this.locals[from.group][from.depth]);
      this.loadTable(term, loop, 0);
      out.emit('i32.add');
      out.emit('local.set', this.locals[index.group][index.depth]);
    }
  }

  endIteration({ moves, step }: LoopStatement): void {
    const { out } = this.writing;
    for (const { index, term } of moves) {
      if (typeof term !== 'number') continue;
      const pointer = this.locals[index.group][index.depth];
      out.emit('local.get', pointer);
      out.emit('i32.const', term * step * this.bytes);
      out.emit('i32.add');
      out.emit('local.set', pointer);
    }
  }

  /** Pushes the pointer of a place for one lane of the vector loop; returns the immediate offset that goes with it. */
  push(place: Place, lane = 0): number {
    const { out, kernel } = this.writing;
    const t = kernel.vector === null ? 0 : place.access.terms[kernel.vector];
    const offset = this.pushRow(place, typeof t === 'number' ? lane * t : 0);
    // A table along the vector loop: each lane looks up its own address.
    if (typeof t !== 'number') this.loadTable(t, kernel.vector as number, lane);
    else if (offset >= 0) return offset;
    else out.emit('i32.const', offset);
    out.emit('i32.add');
    return typeof t === 'number' ? 0 : offset;
  }

  /** `push` of the element so many behind the place, in the same vector. */
  pushRow({ access, index }: Place, elements: number): number {
    const { out, options, program } = this.writing;
    out.emit('local.get', this.locals[index.group][index.depth]);
    const place = program.buffers[access.buffer].offset + access.offset + elements;
    return options.base + place * this.bytes - this.biases[index.group];
  }
}
