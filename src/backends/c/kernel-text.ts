/** One kernel as a function of C: its statements, printed over pointers to the caller's arrays and over named tables. */
import { argument, type Expr, type Op } from '../../ir/expr.ts';
import { addresses, type Term } from '../../ir/graph.ts';
import { contractions, type Products } from '../../compiler/contract.ts';
import type { AnyProgram, Kernel, KernelAccess } from '../../compiler/kernel.ts';
import type { Schedule } from '../../compiler/schedule.ts';
import {
  nestOf,
  rowOf,
  type Index,
  type IntegerOp,
  type KernelOp,
  type Move,
  type Nest,
  type Place,
  type RealOp,
} from '../../compiler/statements.ts';
import { cNumber, cTypes, elementType } from './numbers.ts';
import { groupsAlong, hasVectors, type CGroup } from './vectors.ts';
import { indexName, startedSums, StatementText, sumName, type StatementOf } from '../statement-text.ts';

/** Ops of real numbers as text on printed operands; `papilio_` functions are those of helpers.ts. */
const realTexts: { readonly [K in RealOp]: (...args: string[]) => string } = {
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  neg: (a) => `-${a}`,
  sqrt: (a) => `papilio_sqrt(${a})`,
  abs: (a) => `papilio_abs(${a})`,
  min: (a, b) => `papilio_min(${a}, ${b})`,
  max: (a, b) => `papilio_max(${a}, ${b})`,
  less: (a, b) => `${a} < ${b}`,
  equal: (a, b) => `${a} == ${b}`,
  select: (condition, a, b) => `${condition} ? ${a} : ${b}`,
  round: (a) => `papilio_round(${a})`,
  exponent: (a) => `papilio_exponent(${a})`,
  mantissa: (a) => `papilio_mantissa(${a})`,
  powerOfTwo: (a) => `papilio_power_of_two(${a})`,
};

/** Ops of integers that are those of real numbers need no function. */
const integerTextsOf = (
  real: typeof realTexts,
): { readonly [K in IntegerOp]: (...args: string[]) => string } => ({
  add: real.add,
  sub: real.sub,
  mul: real.mul,
  neg: real.neg,
  less: real.less,
  equal: real.equal,
  select: real.select,
  abs: (a) => `${a} < 0 ? -${a} : ${a}`,
  min: (a, b) => `${a} < ${b} ? ${a} : ${b}`,
  max: (a, b) => `${a} > ${b} ? ${a} : ${b}`,
  mulHigh: (a, b) => `papilio_mul_high(${a}, ${b})`,
  mulHighDown: (a, b) => `papilio_mul_high_down(${a}, ${b})`,
  mulHigh16: (a, b) => `papilio_mul_high16(${a}, ${b})`,
  shiftRight: (a, b) => (/^\d+$/.test(b) ? `${a} >> ${b}` : `papilio_shift_right(${a}, ${b})`),
  shiftLeft: (a, b) => `(int32_t)((uint32_t)${a} << ${b})`,
  bitLength: (a, b) => `papilio_bit_length(${a}, ${b})`,
});
const integerTexts = /* @__PURE__ */ integerTextsOf(realTexts);

/** Sums that take a product along: functions of helpers.ts. */
const integerSums: Readonly<Record<string, string>> = {
  mulHigh: 'papilio_add_high',
  mulHighDown: 'papilio_sub_high',
  mulHigh16: 'papilio_add_high16',
};
const integerProducts: Products = { mulHigh: 'add', mulHighDown: 'sub', mulHigh16: 'add' };

/** Names of what kernels read and write. */
interface CNames {
  /** Of buffers: pointers of the caller, or tables. */
  readonly buffers: readonly string[];
  /** Of offset tables. */
  readonly offsets: ReadonlyMap<Int32Array, string>;
  /** Numbers of the longest vectors; 1: none. */
  readonly lanes: number;
}

/** Pointers that the function of a kernel takes, as buffers. */
export const pointersOf = (kernel: Kernel, { constants }: AnyProgram): number[] =>
  [...new Set([...kernel.loads, ...kernel.stores].map((a) => a.buffer))].filter((id) => !constants.has(id));

const written = (kernel: Kernel): Set<number> => new Set(kernel.stores.map((s) => s.buffer));

/** Characters of a value that stands in another's, and of a line of a sum; where that goes on in the next. */
const [longestInside, longestLine] = [64, 96];
const lineBreak = '\u0000';

/** How tightly the outermost operator of a text binds. */
const binding = { sum: 1, product: 2, sign: 3, whole: 4 } as const;
type Binding = (typeof binding)[keyof typeof binding];
const bindings: { readonly [K in Op]?: Binding } = {
  add: binding.sum,
  sub: binding.sum,
  mul: binding.product,
  div: binding.product,
  neg: binding.sign,
};

/**
 * Values whose one use is in a sum, product or store inside the same loops: they need no name. Their text is so long at most, but for
 * sums that go on in another or are stored.
 */
function namelessOf({ levels, body, depth }: Schedule): Map<Expr, number> {
  const uses = new Map<Expr, number>();
  const inside = new Map<Expr, number>();
  const all = levels.flat();
  for (const e of all)
    for (const a of e.args) {
      uses.set(a, (uses.get(a) ?? 0) + 1);
      const goesOn =
        bindings[a.op] === binding.sum && (e.op === 'add' || (e.op === 'sub' && a === e.args[0]));
      if (bindings[e.op] !== undefined && depth.get(a) === depth.get(e))
        inside.set(a, goesOn ? Infinity : longestInside);
    }
  for (const e of body) {
    uses.set(e, (uses.get(e) ?? 0) + 1);
    if (depth.get(e) === levels.length - 1)
      inside.set(e, bindings[e.op] === binding.sum ? Infinity : longestInside);
  }
  return new Map([...inside].filter(([e]) => uses.get(e) === 1));
}

/** Is a value above zero, unless it is NaN? */
const isPositive = ({ op, args }: Expr): boolean =>
  op === 'max' && args.some((a) => a.op === 'literal' && a.value > 0);

/** A sum or difference, in a new line where the one of its first operand is full. */
function sumText(first: string, sign: string, second: string): string {
  const line = first.length - first.lastIndexOf(lineBreak) + second.length;
  return `${first}${line > longestLine ? lineBreak : ' '}${sign} ${second}`;
}

/** What differs where points are computed as vectors. */
interface Vectors {
  /** The vector loop. */
  readonly loop: number;
  readonly loads: ReadonlyMap<KernelAccess, CGroup>;
  readonly stores: ReadonlyMap<KernelAccess, CGroup>;
}

/** Null where points are computed one by one. */
function vectorsOf(kernel: Kernel, lanes: number): Vectors | null {
  const { vector, loads, stores } = kernel;
  if (vector === null || !hasVectors(kernel, lanes)) return null;
  const [from, to] = [loads, stores].map((accesses) => groupsAlong(accesses, kernel, lanes));
  return { loop: vector, loads: from, stores: to };
}

class KernelText extends StatementText {
  protected readonly counter = 'int';
  private readonly values = new Map<Expr, string>();
  /** Of the text of values that have no name. */
  private readonly bindings = new Map<Expr, Binding>();
  private count = 0;
  private readonly nameless: ReadonlyMap<Expr, number>;
  /** Buffers that are written. */
  private readonly written: ReadonlySet<number>;
  /** Loop counters that are an index themselves, by the name of the index. */
  private readonly counters = new Map<string, string>();
  /** Values and sums that are vectors. */
  private readonly wide = new Set<Expr | number>();
  /** Members of groups whose turn to be stored has come. */
  private readonly stored = new Set<KernelAccess>();
  private readonly vectors: Vectors | null;
  private readonly nest: Nest;
  private readonly texts: { readonly [K in KernelOp]?: (...args: string[]) => string };
  private readonly contracted: ReturnType<typeof contractions> | null;
  private readonly kernel: Kernel;
  private readonly program: AnyProgram;
  private readonly names: CNames;
  private readonly type: string;

  constructor(kernel: Kernel, program: AnyProgram, names: CNames) {
    super();
    this.kernel = kernel;
    this.program = program;
    this.names = names;
    this.type = cTypes[program.dtype].name;
    this.vectors = vectorsOf(kernel, names.lanes);
    this.nest = nestOf(kernel, program, this.vectors !== null);
    this.written = written(kernel);
    const { schedule } = this.nest;
    const isInteger = program.dtype === 'i32';
    this.texts = isInteger ? integerTexts : realTexts;
    this.contracted = isInteger ? contractions(schedule, integerProducts) : null;
    this.nameless = isInteger ? new Map() : namelessOf(schedule);
  }

  body(): string {
    const lines = this.statements(this.nest.statements, '  ').split('\n');
    // A sum goes on further in than it begins.
    return lines.map((l) => l.replaceAll(lineBreak, `\n${/^ */.exec(l)?.[0]}    `)).join('\n');
  }

  /** The text of a value. */
  private text(e: Expr): string {
    return e.op === 'literal' ? cNumber(e.value, this.program.dtype) : (this.values.get(e) as string);
  }

  protected value(e: Expr): string {
    return this.operand(e, binding.product);
  }

  /** A value as an operand of what binds at least so tightly. */
  private operand(e: Expr, least: Binding): string {
    const text = this.text(e);
    return (this.bindings.get(e) ?? binding.whole) < least ? `(${text})` : text;
  }

  /** A value under a name, or, where it needs none, as the text that stands for it. */
  private named(e: Expr, type: string, text: string, mayStandInside: boolean, indent: string): string {
    if (mayStandInside && text.length <= (this.nameless.get(e) ?? -1)) {
      this.values.set(e, text);
      this.bindings.set(e, bindings[e.op] ?? binding.whole);
      return '';
    }
    const name = `v${this.count++}`;
    this.values.set(e, name);
    return `${indent}const ${type} ${name} = ${text};\n`;
  }

  /** Sums, products and signs, with brackets only where C needs them. */
  private arithmetic({ op, args }: Expr, own: Binding): string {
    const [a, b] = args;
    if (own === binding.sign) return `-${this.operand(a, binding.whole)}`;
    const isSum = (e: Expr): boolean => this.bindings.get(e) === binding.sum;
    const isConstant = (e: Expr): boolean =>
      e.op === 'literal' ||
      (e.op === 'argument' && this.program.constants.has(this.kernel.loads[e.value].buffer));
    // What is added to a sum stands behind it, and so does a constant.
    const turns =
      (op === 'add' && isSum(b) && !isSum(a)) || (op === 'mul' && isConstant(a) && !isConstant(b));
    const [first, second] = turns ? [b, a] : [a, b];
    const [left, right] = [this.operand(first, own), this.operand(second, (own + 1) as Binding)];
    if (own === binding.sum) return sumText(left, op === 'add' ? '+' : '-', right);
    return `${left} ${op === 'mul' ? '*' : '/'} ${right}`;
  }

  /** What lies so many elements behind a place. */
  private element({ access, index }: Place, further = 0): string {
    const { buffer } = access;
    const offset = access.offset + further;
    const moving = index.depth === 0 ? '' : this.index(index);
    const sign = offset < 0 ? '-' : '+';
    const at =
      moving === '' ? String(offset) : offset === 0 ? moving : `${moving} ${sign} ${Math.abs(offset)}`;
    return `${this.names.buffers[buffer]}[${at}]`;
  }

  private index(index: Index): string {
    const name = indexName(index);
    return this.counters.get(name) ?? name;
  }

  protected move({ index, from, term }: Move, counter: string): string {
    if (term === 1 && from.depth === 0) {
      this.counters.set(indexName(index), counter);
      return '';
    }
    const table = typeof term === 'number' ? '' : (this.names.offsets.get(term) as string);
    const step =
      typeof term === 'number' ? (term === 1 ? counter : `${counter} * ${term}`) : `${table}[${counter}]`;
    return `const int ${indexName(index)} = ${from.depth === 0 ? '' : `${this.index(from)} + `}${step};`;
  }

  protected op(op: KernelOp, ...args: string[]): string {
    return rowOf(this.texts, op, `${this.program.dtype} in C`)(...args);
  }

  /** The larger or smaller of a number and one that is neither 0 nor NaN: one comparison tells. */
  private bounded({ op, args }: Expr): string | null {
    const bound = args.find((a) => a.op === 'literal' && a.value !== 0 && !Number.isNaN(a.value));
    if (!bound || (op !== 'max' && op !== 'min')) return null;
    const [own, other] = [bound, args[0] === bound ? args[1] : args[0]].map((a) => this.value(a));
    if (op === 'max' && bound.value > 0 && this.program.dtype !== 'i32')
      return `papilio_at_least(${other}, ${own})`;
    return `${other} ${op === 'max' ? '<' : '>'} ${own} ? ${own} : ${other}`;
  }

  /** Is a number finite that is not negative? */
  private finite({ op, args: [a, b] }: Expr): string | null {
    const isBound = op === 'less' && b.op === 'literal' && b.value === Infinity;
    return isBound && isPositive(a) ? `papilio_is_finite(${this.value(a)})` : null;
  }

  private computed(e: Expr, op: KernelOp): string {
    const fused = this.contracted?.fused.get(e);
    if (!fused) {
      const own = bindings[op];
      if (own !== undefined) return this.arithmetic(e, own);
      return this.bounded(e) ?? this.finite(e) ?? this.op(op, ...e.args.map((a) => this.value(a)));
    }
    const [c, a, b] = [fused.c, fused.a, fused.b].map((x) => this.value(x));
    return `${integerSums[fused.op]}(${c}, ${a}, ${b})`;
  }

  protected next(i: string, { loop, step }: StatementOf<'loop'>): string {
    if (loop === this.vectors?.loop) return `${i} += PAPILIO_LANES`;
    return step === 1 ? `${i}++` : `${i} += ${step}`;
  }

  protected define(value: Expr, op: KernelOp, indent: string): string {
    if (this.contracted?.absorbed.has(value)) return '';
    const type = op === 'less' || op === 'equal' ? 'int' : this.typeOf(value);
    return this.named(value, type, this.computed(value, op), bindings[op] !== undefined, indent);
  }

  protected start(s: StatementOf<'start'>, indent: string): string {
    const first = cNumber(s.combine === 'max' ? -Infinity : 0, this.program.dtype);
    if (!this.vectors) return `${indent}${this.type} ${startedSums(s, first)};\n`;
    this.wide.add(s.sum);
    return `${indent}papilio_v ${startedSums(s, `papilio_splat(${first})`)};\n`;
  }

  /** The type of a value of operands that were met. */
  private typeOf(value: Expr): string {
    if (!value.args.some((a) => this.wide.has(a))) return this.type;
    this.wide.add(value);
    return 'papilio_v';
  }

  /** How an access moves from lane to lane. */
  private lane({ terms }: KernelAccess): Term {
    return this.vectors ? terms[this.vectors.loop] : 0;
  }

  protected load(value: Expr, place: Place, indent: string): string {
    const group = this.vectors?.loads.get(place.access);
    if (group) return this.wide.has(value) ? '' : this.loadGroup(group, place, indent);
    const [at, t] = [this.element(place), this.lane(place.access)];
    // What a kernel writes it may write before the value is used.
    const mayStandInside = !this.written.has(place.access.buffer);
    if (t === 0) return this.named(value, this.type, at, mayStandInside, indent);
    this.wide.add(value);
    if (typeof t !== 'number') {
      const lanes = `&${this.names.offsets.get(t)}[i${this.vectors?.loop}]`;
      return this.named(value, 'papilio_v', `PAPILIO_GATHER(&${at}, ${lanes})`, false, indent);
    }
    const call =
      t === 1
        ? `papilio_load(&${at})`
        : t === -1
          ? `papilio_reversed(&${at})`
          : `papilio_strided(&${at}, ${t})`;
    return this.named(value, 'papilio_v', call, mayStandInside, indent);
  }

  /** All members of a group, loaded with the first of them that is met. */
  private loadGroup({ members, stride }: CGroup, { access, index }: Place, indent: string): string {
    const { loads } = this.kernel;
    const names = members.map((i) => {
      const [own, name] = [argument(i), `v${this.count++}`];
      // Two groups may share members.
      if (!this.wide.has(own)) this.values.set(own, name);
      this.wide.add(own);
      return name;
    });
    const at = this.element({ access, index }, loads[members[0]].offset - access.offset);
    const call = `papilio_load${members.length}(&${at}, ${stride}, ${names.map((x) => `&${x}`).join(', ')})`;
    return `${indent}papilio_v ${names.join(', ')};\n${indent}${call};\n`;
  }

  protected store({ place, combine, value }: StatementOf<'store'>, indent: string): string {
    const [at, t] = [this.element(place), this.lane(place.access)];
    if (t === 0) {
      const text =
        typeof value === 'number'
          ? sumName(value)
          : combine === 'store'
            ? this.text(value)
            : this.value(value);
      return `${indent}${at} = ${this.combined(combine, at, text)};\n`;
    }
    const group = typeof value === 'number' ? undefined : this.vectors?.stores.get(place.access);
    if (group) return this.storeGroup(group, place, indent);
    const x = this.vector(value);
    if (t === 1) return `${indent}papilio_store(&${at}, ${x});\n`;
    if (t === -1) return `${indent}papilio_store_reversed(&${at}, ${x});\n`;
    return `${indent}papilio_store_strided(&${at}, ${t as number}, ${x});\n`;
  }

  private vector(value: Expr | number): string {
    const text = typeof value === 'number' ? sumName(value) : this.text(value);
    return this.wide.has(value) ? text : `papilio_splat(${text})`;
  }

  /** A group is stored with its last member. */
  private storeGroup({ members, stride }: CGroup, { access, index }: Place, indent: string): string {
    const { stores } = this.kernel;
    this.stored.add(access);
    if (!members.every((i) => this.stored.has(stores[i]))) return '';
    const at = this.element({ access, index }, stores[members[0]].offset - access.offset);
    const values = members.map((i) => this.vector(this.nest.schedule.body[i]));
    return `${indent}papilio_store${members.length}(&${at}, ${stride}, ${values.join(', ')});\n`;
  }
}

/** What a kernel is, in how many points, and where its results lie: parts of one loop differ in that. */
function kernelComment({ label, extents, stores }: Kernel, buffers: readonly string[]): string {
  const ends = new Map<string, [low: number, high: number]>();
  for (const s of stores)
    for (const at of addresses(s, extents)) {
      const [low, high] = ends.get(buffers[s.buffer]) ?? [at, at];
      ends.set(buffers[s.buffer], [Math.min(low, at), Math.max(high, at)]);
    }
  const results = [...ends].map(
    ([name, [low, high]]) => `${name}[${low}]${high > low ? ` to [${high}]` : ''}`,
  );
  const points = extents.length > 0 ? `, ${extents.join(' x ')} points` : '';
  return `${label}${points}: ${results.join(', ')}`;
}

/** The function of a kernel. */
export function kernelText(kernel: Kernel, program: AnyProgram, names: CNames, name: string): string {
  const stores = written(kernel);
  const pointers = pointersOf(kernel, program).map(
    (id) =>
      `${stores.has(id) ? '' : 'const '}${elementType(program.buffers[id], program.dtype)} *PAPILIO_RESTRICT ${names.buffers[id]}`,
  );
  const body = new KernelText(kernel, program, names).body();
  return `/* ${kernelComment(kernel, names.buffers)} */\nstatic void ${name}(${pointers.join(', ')})\n{\n${body}}\n`;
}
