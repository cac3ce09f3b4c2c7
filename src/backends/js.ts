/** The JavaScript backend: prints the statements of every kernel over one typed array and compiles them with `new Function`. */
import { leastMantissa, topological, type Expr, type Op } from '../ir/expr.ts';
import { tablesOf, type AnyProgram, type Kernel } from '../compiler/kernel.ts';
import { newArray } from '../compiler/number-format.ts';
import {
  nestOf,
  rowOf,
  type IntegerOp,
  type KernelOp,
  type Move,
  type Place,
  type RealOp,
} from '../compiler/statements.ts';
import { hostExecutable, repeated, type Backend } from './backend.ts';
import { indexName, startedSums, StatementText, sumName, type StatementOf } from './statement-text.ts';
import { functionRefusal, requireScope } from './scope.ts';

const number = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));

type OpText = (f: (x: string) => string, ...args: string[]) => string;

/** Ops of real numbers as text on printed operands; those that round do so with `f`. */
const realTexts: { readonly [K in RealOp]: OpText } = {
  add: (f, a, b) => f(`${a} + ${b}`),
  sub: (f, a, b) => f(`${a} - ${b}`),
  mul: (f, a, b) => f(`${a} * ${b}`),
  div: (f, a, b) => f(`${a} / ${b}`),
  neg: (_, a) => `-${a}`,
  sqrt: (f, a) => f(`Math.sqrt(${a})`),
  abs: (_, a) => `Math.abs(${a})`,
  min: (_, a, b) => `Math.min(${a}, ${b})`,
  max: (_, a, b) => `Math.max(${a}, ${b})`,
  less: (_, a, b) => `${a} < ${b}`,
  equal: (_, a, b) => `${a} === ${b}`,
  select: (_, condition, a, b) => `(${condition}) ? ${a} : ${b}`,
  round: (f, a) => f(`round(${a})`),
  exponent: (f, a) => f(`exponent(${a})`),
  mantissa: (f, a) => f(`mantissa(${a})`),
  powerOfTwo: (f, a) => f(`powerOfTwo(${a})`),
};

const integer = (x: string): string => `(${x} | 0)`;

/** Ops of integers; `f` takes what leaves 32 bits back. */
const integerTexts: { readonly [K in IntegerOp]: OpText } = {
  add: realTexts.add,
  sub: realTexts.sub,
  mul: (_, a, b) => `Math.imul(${a}, ${b})`,
  neg: (f, a) => f(`-${a}`),
  abs: realTexts.abs,
  min: realTexts.min,
  max: realTexts.max,
  less: realTexts.less,
  equal: realTexts.equal,
  select: realTexts.select,
  mulHigh: (f, a, b) => f(`high(${a}, ${b}, 0x80000000)`),
  mulHighDown: (f, a, b) => f(`high(${a}, ${b}, 0x7fffffff)`),
  mulHigh16: (f, a, b) => f(`Math.imul(${a} >> 16, ${b}) + ((${a} & 0xffff) * ${b} >> 16)`),
  shiftRight: (_, a, b) => `${a} >> (${b} > 31 ? 31 : ${b})`,
  shiftLeft: (_, a, b) => `${a} << ${b}`,
  bitLength: (_, a, b) => `32 - Math.clz32((${a} ^ (${a} >> 31)) | (${b} ^ (${b} >> 31)))`,
};

/** floor((a b + half) / 2^32), by halves of the words: every sum is exact in float64. */
const highText = `const high = (a, b, half) => {
  const [ah, al, bh, bl] = [a >> 16, a & 0xffff, b >> 16, b & 0xffff];
  return ah * bh + Math.floor(((ah * bl + al * bh) * 65536 + al * bl + half) / 4294967296);
};
`;

/** Prints the statements of one kernel. */
class KernelText extends StatementText {
  protected readonly counter = 'let';
  private readonly names = new Map<Expr, string>();
  private readonly program: AnyProgram;
  private readonly texts: { readonly [K in RealOp | IntegerOp]?: OpText };
  private readonly tables: ReadonlyMap<Int32Array, string>;
  private readonly round: (x: string) => string;

  constructor(program: AnyProgram, tables: ReadonlyMap<Int32Array, string>, relaxed: boolean) {
    super();
    this.program = program;
    this.tables = tables;
    // Relaxed float32 rounds where it is stored, by the array itself.
    const rounds = program.dtype === 'f32' && !relaxed;
    const integers = program.dtype === 'i32';
    this.texts = integers ? integerTexts : realTexts;
    this.round = integers ? integer : (x) => (rounds ? `f(${x})` : `(${x})`);
  }

  function(kernel: Kernel, id: number): string {
    const { groups, schedule, statements } = nestOf(kernel, this.program);
    for (const e of schedule.levels.flat()) this.names.set(e, `v${this.names.size}`);
    const starts = groups.map(({ shift }, group) => {
      const start = shift === null ? '0' : `${shift}Shift`;
      return `  const ${indexName({ group, depth: 0 })} = ${start};\n`;
    });
    const body = this.statements(statements, '  ');
    const title = `${kernel.label} [${kernel.extents.join(' x ')}]`;
    return `// ${title}\nfunction kernel${id}(inputShift, outputShift) {\n${starts.join('')}${body}}\n`;
  }

  protected value(e: Expr): string {
    return e.op === 'literal' ? this.round(number(e.value)) : (this.names.get(e) as string);
  }

  private element({ access, index }: Place): string {
    const offset = this.program.buffers[access.buffer].offset + access.offset;
    return `M[(${indexName(index)} + ${offset}) | 0]`;
  }

  protected move({ index, from, term }: Move, counter: string): string {
    const step = typeof term === 'number' ? `${counter} * ${term}` : `${this.tables.get(term)}[${counter}]`;
    return `const ${indexName(index)} = (${indexName(from)} + ${step}) | 0;`;
  }

  protected op(op: KernelOp, ...args: string[]): string {
    return rowOf(this.texts, op, `${this.program.dtype} in js`)(this.round, ...args);
  }

  protected next(i: string, { step }: { readonly step: number }): string {
    return `${i} += ${step}`;
  }

  protected load(value: Expr, place: Place, indent: string): string {
    return `${indent}const ${this.value(value)} = ${this.element(place)};\n`;
  }

  protected define(value: Expr, op: KernelOp, indent: string): string {
    const args = value.args.map((a) => this.value(a));
    return `${indent}const ${this.value(value)} = ${this.op(op, ...args)};\n`;
  }

  protected start(s: StatementOf<'start'>, indent: string): string {
    return `${indent}let ${startedSums(s, s.combine === 'max' ? '-Infinity' : '0')};\n`;
  }

  protected store({ place, combine, value }: StatementOf<'store'>, indent: string): string {
    const at = this.element(place);
    const x = typeof value === 'number' ? sumName(value) : this.value(value);
    return `${indent}${at} = ${this.combined(combine, at, x)};\n`;
  }
}

const formatOps = new Set<Op>(['round', 'exponent', 'mantissa', 'powerOfTwo']);

/** What `ir/expr.ts` says of these ops, as text: ties go to even where numbers have no digits left behind the point. */
const formatText = `const word = new Float64Array(1);
const words = new Int32Array(word.buffer);
const exponent = (x) => ((word[0] = x), (words[1] - ${leastMantissa}) >> 20);
const mantissa = (x) => ((word[0] = x), (words[1] = ((words[1] - ${leastMantissa}) & 0xfffff) + ${leastMantissa}), word[0]);
const powerOfTwo = (x) => 2 ** x;
const even = (x) => (x > 0 ? x + 2 ** 52 - 2 ** 52 : x);
const round = (x) => (Math.abs(x) < 2 ** 52 ? (x < 0 ? -even(-x) : even(x)) : x);
`;

/** JavaScript source of a program: the body of a function of (M, tables, f), memory, offset tables and `Math.fround`, returning `run`. */
export function printJavaScript(program: AnyProgram, relaxed = false): string {
  const tables = new Map(tablesOf(program).map((t, i): [Int32Array, string] => [t, `T${i}`]));
  const used = new Set(topological(program.kernels.flatMap((k) => k.body)).map((e) => e.op));
  const needed = program.dtype !== 'i32' && [...formatOps].some((op) => used.has(op));
  const high = used.has('mulHigh') || used.has('mulHighDown');
  const declarations = [...tables.values()].map((name, i) => `const ${name} = tables[${i}];\n`);
  const kernels = program.kernels.map((k, i) => new KernelText(program, tables, relaxed).function(k, i));
  const calls = program.kernels.map((_, i) => `  kernel${i}(inputShift, outputShift);\n`);
  const run = `return function run(inputShift, outputShift) {\n${calls.join('')}};\n`;
  return [
    "'use strict';\n",
    needed ? formatText : '',
    high ? highText : '',
    ...declarations,
    ...kernels,
    run,
  ].join('');
}

export const jsBackend: Backend = {
  name: 'js',
  instantiate(program, { relaxed = false } = {}) {
    requireScope('js', functionRefusal());
    const arena = newArray(program.dtype, program.arena);
    const source = printJavaScript(program, relaxed);
    const run = new Function('M', 'tables', 'f', source)(arena, tablesOf(program), Math.fround) as (
      inputShift: number,
      outputShift: number,
    ) => void;
    const made = { codeBytes: source.length, simd: 1, fma: false, run: repeated(run) };
    return hostExecutable(program, arena, { backend: 'js', ...made });
  },
};
