/**
 * WebAssembly code of a kernel, statement by statement: 128-bit vectors along the kernel's vector loop, scalars otherwise.
 * Ops map to instructions in ops.ts.
 */
import type { Combine } from '../../ir/graph.ts';
import { argument, type Expr } from '../../ir/expr.ts';
import {
  bytesOf,
  type AnyProgram,
  type Format,
  type Kernel,
  type KernelAccess,
} from '../../compiler/kernel.ts';
import { numberFormats } from '../../compiler/number-format.ts';
import { contractions } from '../../compiler/contract.ts';
import {
  nestOf,
  rowOf,
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
import { folds, integerOps, opTables, vectorLiteral } from './ops.ts';

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
  private readonly type: 'v128' | Format;
  private readonly shape: 'f32x4' | 'f64x2' | Format;

  private readonly kernel: Kernel;
  private readonly dtype: Format;
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
    this.shape = (this.vector && numberFormats[dtype].vector) || dtype;
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
        out.emit('i8x16.shuffle', ...folds[bytesOf(this.dtype)][s.by]);
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
    // Where a maximum of integers begins.
    else this.out.emit(`${dtype}.const`, dtype === 'i32' ? Math.max(value, -(2 ** 31)) : value);
  }

  private push(e: Expr): void {
    const local = this.values.get(e);
    if (local !== undefined) this.out.emit('local.get', local);
    else this.literal(e.value);
  }

  private combine(combine: Combine): void {
    const { out, shape } = this;
    if (combine !== 'max') return out.emit(`${shape}.add`);
    if (shape !== 'i32') return out.emit(`${shape}.max`);
    const operands = [out.keep('i32'), out.keep('i32')];
    this.emitInteger('max', (i) => out.emit('local.get', operands[i]));
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
    if (shape === 'i32') this.emitInteger(op, (i) => this.push(e.args[i]));
    else if (fused) {
      for (const x of [fused.a, fused.b, fused.c]) this.push(x);
      out.emit(`${shape as 'f32x4' | 'f64x2'}.relaxed_${fused.negative ? 'nmadd' : 'madd'}`);
    } else {
      const [first, ...others] = e.args;
      // A select takes its condition last.
      for (const a of op === 'select' ? [...others, first] : e.args) this.push(a);
      for (const i of rowOf(opTables[shape], op, `${this.dtype} in wasm`)) out.body.push(i);
    }
    const predicate = op === 'less' || op === 'equal';
    this.values.set(e, out.keep(predicate && !this.vector ? 'i32' : this.type));
  }

  private emitInteger(op: KernelOp, push: (operand: number) => void): void {
    for (const i of rowOf(integerOps, op, 'i32 in wasm'))
      if (typeof i === 'number') push(i);
      else this.out.body.push(i);
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
  program: AnyProgram,
  options: CodeOptions,
  out: FunctionBody,
): FunctionBody {
  new KernelCode({ kernel, program, options, out }).write();
  return out;
}
