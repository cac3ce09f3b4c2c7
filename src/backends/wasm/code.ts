/**
 * WebAssembly code of a kernel: a loop nest, 128-bit vectors along the kernel's vector loop, scalars otherwise.
 * Ops map to instructions in ops.ts.
 */
import type { Combine } from '../../ir/graph.ts';
import { argument, type Expr } from '../../ir/expr.ts';
import { lanesOf, type Kernel, type Program } from '../../compiler/kernel.ts';
import { numberFormats } from '../../compiler/number-format.ts';
import { contractions } from '../../compiler/contract.ts';
import { scheduleKernel, type Schedule } from '../../compiler/schedule.ts';
import type { LaneGroup } from '../../compiler/transpose.ts';
import { Accesses, groupsOf } from './accesses.ts';
import { Addresses } from './addresses.ts';
import type { CodeOptions, FunctionBody, Writing } from './function-body.ts';
import { folds, opTables, vectorLiteral, type OpTable } from './ops.ts';

/** Writes one kernel into a function. */
class KernelCode {
  private readonly values = new Map<Expr, number>();
  private readonly accumulators: number[] = [];
  private readonly stored = new Set<number>();
  private readonly schedule: Schedule;
  private readonly contracted: ReturnType<typeof contractions> | null;
  private readonly groups: ReturnType<typeof groupsOf>;
  private readonly vector: boolean;
  /** The type of a value, and the prefix of its instructions. */
  private readonly type: 'v128' | 'f32' | 'f64';
  private readonly shape: 'f32x4' | 'f64x2' | 'f32' | 'f64';

  private readonly kernel: Kernel;
  private readonly options: CodeOptions;
  private readonly out: FunctionBody;
  private readonly addresses: Addresses;
  private readonly accesses: Accesses;

  constructor(writing: Writing) {
    const { kernel, options, out } = writing;
    [this.kernel, this.options, this.out] = [kernel, options, out];
    out.beginKernel();
    this.schedule = scheduleKernel(kernel);
    this.vector = kernel.vector !== null;
    this.type = this.vector ? 'v128' : options.dtype;
    this.shape = this.vector ? numberFormats[options.dtype].vector : options.dtype;
    this.contracted = options.fma && this.vector ? contractions(this.schedule) : null;
    this.groups = groupsOf(kernel, options.dtype);
    this.addresses = new Addresses(writing);
    this.accesses = new Accesses(writing, this.addresses);
  }

  write(): void {
    if (this.vector) this.startLiterals();
    this.nest(0);
  }

  /** Vectors of a literal take several instructions: each is made once, before the loops. */
  private startLiterals(): void {
    const start = (e: Expr): void => {
      if (e.op !== 'literal' || this.values.has(e)) return;
      this.out.emit('v128.const', ...vectorLiteral(e.value, this.options.dtype));
      this.values.set(e, this.out.keep('v128'));
    };
    for (const level of this.schedule.levels) for (const e of level) e.args.forEach(start);
    this.schedule.body.forEach(start);
  }

  private pushValue(e: Expr): void {
    const local = this.values.get(e);
    if (local !== undefined) this.out.emit('local.get', local);
    else this.out.emit(`${this.options.dtype}.const`, e.value);
  }

  private compute(e: Expr): void {
    const { out, shape } = this;
    if (this.values.has(e)) return; // a member of a transposed group
    if (this.contracted?.absorbed.has(e)) return;
    const fused = this.contracted?.fused.get(e);
    const group = e.op === 'argument' ? this.groups.loads.get(e.value) : undefined;
    if (group) {
      const values = this.accesses.loadGroup(group);
      group.members.forEach((load, i) => this.values.set(argument(load), values[i]));
      return;
    }
    if (e.op === 'argument') this.accesses.load(this.kernel.loads[e.value]);
    else if (fused) {
      for (const x of [fused.a, fused.b, fused.c]) this.pushValue(x);
      out.emit(`${numberFormats[this.options.dtype].vector}.relaxed_${fused.negative ? 'nmadd' : 'madd'}`);
    } else if (e.op === 'select') {
      for (const a of [e.args[1], e.args[2], e.args[0]]) this.pushValue(a);
      out.emit(this.vector ? 'v128.bitselect' : 'select');
    } else {
      for (const a of e.args) this.pushValue(a);
      for (const i of opTables[shape][e.op as keyof OpTable]) out.body.push(i);
    }
    const predicate = e.op === 'less' || e.op === 'equal';
    this.values.set(e, out.keep(predicate && !this.vector ? 'i32' : this.type));
  }

  private combine(combine: Combine): void {
    this.out.emit(`${this.shape}.${combine === 'max' ? 'max' : 'add'}`);
  }

  /** Stores of the innermost loop that are not done yet. */
  private pointStores(): void {
    this.kernel.stores.forEach((_, i) => this.storeOnce(i));
  }

  /** Store i at a point; a transposed group waits for its last member. */
  private storeOnce(i: number): void {
    if (this.stored.has(i)) return;
    this.stored.add(i);
    const { out, accesses } = this;
    const depth = this.kernel.extents.length;
    const s = this.kernel.stores[i];
    const value = this.schedule.body[i];
    const groups = this.groups.stores.get(i);
    if (s.mode === 'reduce') {
      out.emit('local.get', this.accumulators[i]);
      this.pushValue(value);
      this.combine(s.combine);
      out.emit('local.set', this.accumulators[i]);
    } else if (groups) {
      for (const g of groups) if (g.members.every((j) => this.stored.has(j))) this.storeGroup(g);
    } else if (s.mode === 'write') {
      accesses.store(s, depth, () => this.pushValue(value));
    } else {
      accesses.store(s, depth, () => {
        out.emit(this.vector ? 'v128.load' : `${this.options.dtype}.load`, this.addresses.push(s, depth));
        this.pushValue(value);
        this.combine(s.combine);
      });
    }
  }

  private storeGroup(g: LaneGroup): void {
    const values = g.members.map((i) => {
      this.pushValue(this.schedule.body[i]);
      return this.out.keep('v128');
    });
    this.accesses.storeGroup(g, values);
  }

  private startReductions(): void {
    this.kernel.stores.forEach((s, i) => {
      if (s.mode !== 'reduce') return;
      const start = s.combine === 'max' ? -Infinity : 0;
      if (this.vector) this.out.emit('v128.const', ...vectorLiteral(start, this.options.dtype));
      else this.out.emit(`${this.options.dtype}.const`, start);
      this.accumulators[i] = this.out.keep(this.type);
    });
  }

  private finishReductions(): void {
    const { out, kernel } = this;
    const strided = kernel.vector !== null && kernel.vector >= kernel.reduceFrom;
    kernel.stores.forEach((s, i) => {
      if (s.mode !== 'reduce') return;
      const sum = this.accumulators[i];
      for (const shuffle of strided ? folds[this.options.dtype] : []) {
        out.emit('local.get', sum);
        out.emit('local.get', sum);
        out.emit('local.get', sum);
        out.emit('i8x16.shuffle', ...shuffle);
        this.combine(s.combine);
        out.emit('local.set', sum);
      }
      this.accesses.store(s, kernel.reduceFrom, () => out.emit('local.get', sum));
    });
  }

  private nest(d: number): void {
    const { kernel } = this;
    for (const e of this.schedule.levels[d]) {
      this.compute(e);
      for (const i of this.schedule.early.get(e) ?? []) this.storeOnce(i);
    }
    if (d === kernel.reduceFrom) this.startReductions();
    if (d === kernel.extents.length) this.pointStores();
    else this.loop(d);
    if (d === kernel.reduceFrom) this.finishReductions();
  }

  private loop(d: number): void {
    const { out, addresses } = this;
    const step = d === this.kernel.vector ? lanesOf(this.options.dtype) : 1;
    const counter = out.take('i32');
    addresses.enterLoop(d, counter);
    const once = this.kernel.extents[d] === step;
    out.emit('i32.const', 0);
    out.emit('local.set', counter);
    if (!once) out.emit('loop');
    addresses.beginIteration(d);
    this.nest(d + 1);
    if (once) return;
    addresses.endIteration(d, step);
    out.emit('local.get', counter);
    out.emit('i32.const', step);
    out.emit('i32.add');
    out.emit('local.tee', counter);
    out.emit('i32.const', this.kernel.extents[d]);
    out.emit('i32.lt_u');
    out.emit('br_if', 0);
    out.emit('end');
  }
}

/** Appends the code of a kernel to a function. */
export function writeKernel(
  kernel: Kernel,
  program: Program,
  options: CodeOptions,
  out: FunctionBody,
): FunctionBody {
  new KernelCode({ kernel, program, options, out }).write();
  return out;
}
