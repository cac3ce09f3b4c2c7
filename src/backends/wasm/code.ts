/**
 * WebAssembly code of a kernel, statement by statement: 128-bit vectors along the kernel's vector loop, scalars otherwise.
 * Ops map to instructions in ops.ts.
 */
import type { Combine } from '../../ir/graph.ts';
import { argument, type Expr } from '../../ir/expr.ts';
import type { Dtype, Kernel, KernelAccess, Program } from '../../compiler/kernel.ts';
import { numberFormats } from '../../compiler/number-format.ts';
import { contractions } from '../../compiler/contract.ts';
import {
  nestOf,
  type KernelOp,
  type LoopStatement,
  type Nest,
  type Place,
  type Statement,
} from '../../compiler/statements.ts';
import type { LaneGroup } from '../../compiler/transpose.ts';
import { Accesses, groupsOf } from './accesses.ts';
import { Addresses } from './addresses.ts';
import type { CodeOptions, FunctionBody, Writing } from './function-body.ts';
import { folds, opTables, vectorLiteral } from './ops.ts';

/** Writes one kernel into a function. */
class KernelCode {
  private readonly values = new Map<Expr, number>();
  private readonly sums: number[] = [];
  private readonly stored = new Set<KernelAccess>();
  private readonly nest: Nest;
  private readonly contracted: ReturnType<typeof contractions> | null;
  private readonly groups: ReturnType<typeof groupsOf>;
  private readonly vector: boolean;
  /** The type of a value, and the prefix of its instructions. */
  private readonly type: 'v128' | 'f32' | 'f64';
  private readonly shape: 'f32x4' | 'f64x2' | 'f32' | 'f64';

  private readonly kernel: Kernel;
  private readonly dtype: Dtype;
  private readonly out: FunctionBody;
  private readonly addresses: Addresses;
  private readonly accesses: Accesses;

  constructor(writing: Writing) {
    const { kernel, program, options, out } = writing;
    const { dtype } = program;
    [this.kernel, this.dtype, this.out] = [kernel, dtype, out];
    out.beginKernel();
    this.nest = nestOf(kernel, program, true);
    this.vector = kernel.vector !== null;
    this.type = this.vector ? 'v128' : dtype;
    this.shape = this.vector ? numberFormats[dtype].vector : dtype;
    this.contracted = options.fma && this.vector ? contractions(this.nest.schedule) : null;
    this.groups = groupsOf(kernel, dtype);
    this.addresses = new Addresses(writing, this.nest.groups);
    this.accesses = new Accesses(writing, this.addresses);
  }

  write(): void {
    if (this.vector) this.startLiterals();
    for (const s of this.nest.statements) this.statement(s);
  }

  /** Vectors of a literal take several instructions: each is made once, before the loops. */
  private startLiterals(): void {
    const start = (e: Expr): void => {
      if (e.op !== 'literal' || this.values.has(e)) return;
      this.literal(e.value);
      this.values.set(e, this.out.keep('v128'));
    };
    const { levels, body } = this.nest.schedule;
    for (const level of levels) for (const e of level) e.args.forEach(start);
    body.forEach(start);
  }

  private statement(s: Statement): void {
    const { out, sums } = this;
    switch (s.kind) {
      case 'loop':
        return this.loop(s);
      case 'load':
        return this.load(s.value, s.place);
      case 'let':
        return this.compute(s.value, s.op);
      case 'start':
        this.literal(s.combine === 'max' ? -Infinity : 0);
        sums[s.sum] = out.keep(this.type);
        return;
      case 'accumulate':
        out.emit('local.get', sums[s.sum]);
        this.push(s.value);
        this.combine(s.combine);
        out.emit('local.set', sums[s.sum]);
        return;
      case 'fold':
        for (let i = 0; i < 3; i++) out.emit('local.get', sums[s.sum]);
        out.emit('i8x16.shuffle', ...folds[this.dtype][s.by]);
        this.combine(s.combine);
        out.emit('local.set', sums[s.sum]);
        return;
      case 'store':
        return this.store(s.place, s.combine, s.value);
      default:
        s satisfies never;
    }
  }

  private literal(value: number): void {
    const { dtype } = this;
    if (this.vector) this.out.emit('v128.const', ...vectorLiteral(value, dtype));
    else this.out.emit(`${dtype}.const`, value);
  }

  private push(e: Expr): void {
    const local = this.values.get(e);
    if (local !== undefined) this.out.emit('local.get', local);
    else this.literal(e.value);
  }

  private combine(combine: Combine): void {
    this.out.emit(`${this.shape}.${combine === 'max' ? 'max' : 'add'}`);
  }

  private load(e: Expr, place: Place): void {
    if (this.values.has(e)) return; // a member of a group that was loaded
    const group = this.groups.loads.get(place.access);
    if (!group) {
      this.accesses.load(place);
      this.values.set(e, this.out.keep(this.type));
      return;
    }
    const values = this.accesses.loadGroup(group, place.index);
    group.members.forEach((load, i) => this.values.set(argument(load), values[i]));
  }

  private compute(e: Expr, op: KernelOp): void {
    const { out, shape, contracted } = this;
    if (contracted?.absorbed.has(e)) return;
    const fused = contracted?.fused.get(e);
    if (fused) {
      for (const x of [fused.a, fused.b, fused.c]) this.push(x);
      out.emit(`${numberFormats[this.dtype].vector}.relaxed_${fused.negative ? 'nmadd' : 'madd'}`);
    } else {
      const [first, ...others] = e.args;
      // A select takes its condition last.
      for (const a of op === 'select' ? [...others, first] : e.args) this.push(a);
      for (const i of opTables[shape][op]) out.body.push(i);
    }
    const predicate = op === 'less' || op === 'equal';
    this.values.set(e, out.keep(predicate && !this.vector ? 'i32' : this.type));
  }

  private store(place: Place, combine: Combine, value: Expr | number): void {
    const { accesses } = this;
    const groups = this.groups.stores.get(place.access);
    if (typeof value === 'number') accesses.store(place, () => this.out.emit('local.get', this.sums[value]));
    else if (groups) this.storeGroups(groups, place);
    else
      accesses.store(place, () => {
        if (combine !== 'store') accesses.load(place);
        this.push(value);
        if (combine !== 'store') this.combine(combine);
      });
  }

  /** A group is stored with its last member. */
  private storeGroups(groups: readonly LaneGroup[], { access, index }: Place): void {
    const { stores } = this.kernel;
    this.stored.add(access);
    for (const g of groups) {
      if (!g.members.every((i) => this.stored.has(stores[i]))) continue;
      const values = g.members.map((i) => {
        this.push(this.nest.schedule.body[i]);
        return this.out.keep('v128');
      });
      this.accesses.storeGroup(g, index, values);
    }
  }

  private loop(s: LoopStatement): void {
    const { out, addresses } = this;
    const counter = out.take('i32');
    addresses.enterLoop(s, counter);
    const once = s.extent === s.step;
    out.emit('i32.const', 0);
    out.emit('local.set', counter);
    if (!once) out.emit('loop');
    addresses.beginIteration(s);
    for (const x of s.body) this.statement(x);
    if (once) return;
    addresses.endIteration(s);
    out.emit('local.get', counter);
    out.emit('i32.const', s.step);
    out.emit('i32.add');
    out.emit('local.tee', counter);
    out.emit('i32.const', s.extent);
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
