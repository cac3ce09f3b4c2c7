/** Addresses of a kernel in WebAssembly: one pointer per group of addresses that move together, advanced by its loops. */
import { rangeOf } from '../../ir/graph.ts';
import { bytesOf, type KernelAccess } from '../../compiler/kernel.ts';
import type { Writing } from './function-body.ts';

/** Addresses whose terms agree: one pointer local per loop level that moves it. */
interface Group {
  readonly terms: KernelAccess['terms'];
  readonly shift: 'input' | 'output' | null;
  /** Bytes added to the pointer and taken off every offset, so that pointers never go below zero. */
  readonly bias: number;
  /** Pointer local after d loops. */
  readonly locals: number[];
}

/** Equal tables of a program are one object. */
function sameMove(a: KernelAccess['terms'], b: KernelAccess['terms']): boolean {
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return true;
}

const lowest = (terms: KernelAccess['terms'], extents: readonly number[]): number =>
  terms.reduce((low: number, t, d) => low + rangeOf(t, extents[d])[0], 0);

export class Addresses {
  private readonly groups: Group[] = [];
  private readonly groupsOf = new Map<KernelAccess, Group>();
  private readonly counters: number[] = [];
  private readonly writing: Writing;
  private readonly bytes: number;

  /** Starts the pointers of all loads and stores. */
  constructor(writing: Writing) {
    this.writing = writing;
    this.bytes = bytesOf(writing.options.dtype);
    for (const a of [...writing.kernel.loads, ...writing.kernel.stores]) this.join(a);
    for (const g of this.groups) this.startPointer(g);
  }

  /** Puts an access into the group it moves with. */
  private join(a: KernelAccess): void {
    const { kernel, program } = this.writing;
    const { kind } = program.buffers[a.buffer];
    const shift = kind === 'input' || kind === 'output' ? kind : null;
    let group = this.groups.find((g) => g.shift === shift && sameMove(g.terms, a.terms));
    if (!group) {
      const bias = -lowest(a.terms, kernel.extents) * this.bytes;
      group = { terms: a.terms, shift, bias, locals: [] };
      this.groups.push(group);
    }
    this.groupsOf.set(a, group);
  }

  private startPointer(g: Group): void {
    const { out } = this.writing;
    if (g.shift) out.emit('local.get', g.shift === 'input' ? 0 : 1);
    out.emit('i32.const', g.bias);
    if (g.shift) out.emit('i32.add');
    g.locals[0] = out.keep('i32');
  }

  /** Does loop d move the pointer of a group? Not where every lane of a vector looks up its own address. */
  private moves(g: Group, d: number): boolean {
    return g.terms[d] !== 0 && (typeof g.terms[d] === 'number' || d !== this.writing.kernel.vector);
  }

  /** Pointers that move with loop d get a local of their own inside it. */
  enterLoop(d: number, counter: number): void {
    const { out } = this.writing;
    this.counters[d] = counter;
    for (const g of this.groups) {
      if (!this.moves(g, d)) {
        g.locals[d + 1] = g.locals[d];
        continue;
      }
      out.emit('local.get', g.locals[d]);
      g.locals[d + 1] = out.keep('i32');
    }
  }

  private loadTable(t: Int32Array, d: number, lane: number): void {
    const { out, options } = this.writing;
    out.emit('local.get', this.counters[d]);
    out.emit('i32.const', 2);
    out.emit('i32.shl');
    out.emit('i32.load', (options.tables.get(t) as number) + 4 * lane);
  }

  beginIteration(d: number): void {
    const { out } = this.writing;
    for (const g of this.groups) {
      const t = g.terms[d];
      if (typeof t === 'number' || !this.moves(g, d)) continue;
      out.emit('local.get', g.locals[d]);
      this.loadTable(t, d, 0);
      out.emit('i32.add');
      out.emit('local.set', g.locals[d + 1]);
    }
  }

  endIteration(d: number, step: number): void {
    const { out } = this.writing;
    for (const g of this.groups) {
      const t = g.terms[d];
      if (typeof t !== 'number' || t === 0) continue;
      out.emit('local.get', g.locals[d + 1]);
      out.emit('i32.const', t * step * this.bytes);
      out.emit('i32.add');
      out.emit('local.set', g.locals[d + 1]);
    }
  }

  /** Pushes the pointer of an access for one lane of the vector loop; returns the immediate offset that goes with it. */
  push(a: KernelAccess, depth: number, lane = 0): number {
    const { out, kernel } = this.writing;
    const v = kernel.vector;
    const t = v === null || v >= depth ? 0 : a.terms[v];
    const offset = this.pushRow(a, depth, typeof t === 'number' ? lane * t : 0);
    if (typeof t !== 'number') {
      // A table along the vector loop: each lane looks up its own address.
      this.loadTable(t, v as number, lane);
    } else if (offset >= 0) return offset;
    else out.emit('i32.const', offset);
    out.emit('i32.add');
    return typeof t === 'number' ? 0 : offset;
  }

  /** `push` of the element so many behind the access, in the same vector. */
  pushRow(a: KernelAccess, depth: number, elements: number): number {
    const { out, options, program } = this.writing;
    const g = this.groupsOf.get(a) as Group;
    out.emit('local.get', g.locals[depth]);
    const place = program.buffers[a.buffer].offset + a.offset + elements;
    return options.base + place * this.bytes - g.bias;
  }
}
