/** One kernel as a function of C: its statements, printed over pointers to the caller's arrays and over named tables. */
import type { Expr } from '../../ir/expr.ts';
import type { Combine } from '../../ir/graph.ts';
import type { Kernel, Program } from '../../compiler/kernel.ts';
import { numberFormats, type Dtype } from '../../compiler/number-format.ts';
import {
  nestOf,
  type Index,
  type KernelOp,
  type Move,
  type Place,
  type Statement,
} from '../../compiler/statements.ts';

/** A number type of C. */
interface CType {
  readonly name: string;
  /** Of its literals. */
  readonly suffix: string;
  /** Significant digits that tell its numbers apart. */
  readonly digits: number;
}

export const cTypes: Readonly<Record<Dtype, CType>> = {
  f32: { name: 'float', suffix: 'f', digits: 9 },
  f64: { name: 'double', suffix: '', digits: 17 },
};

/** The shortest text that C reads as this number. */
export function cNumber(x: number, dtype: Dtype): string {
  const { suffix, digits } = cTypes[dtype];
  const { round } = numberFormats[dtype];
  const value = round(x);
  if (Number.isNaN(value)) return 'papilio_nan()';
  if (Math.abs(value) === Infinity) return `${value < 0 ? '-' : ''}papilio_infinity()`;
  let text = Object.is(value, -0) ? '-0' : '0';
  for (let d = 1; round(Number(text)) !== value && d <= digits; d++)
    text = String(Number(value.toPrecision(d)));
  return `${/[.e]/.test(text) ? text : `${text}.0`}${suffix}`;
}

/** Ops as text on printed operands; `papilio_` functions are those of helpers.ts. */
const opTexts: { readonly [K in KernelOp]: (...args: string[]) => string } = {
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

const indexName = ({ group, depth }: Index): string => `p${group}_${depth}`;
const sumName = (sum: number, partial = 0): string => `s${sum}_${partial}`;

/** Names of what kernels read and write. */
interface CNames {
  /** Of buffers: pointers of the caller, or tables. */
  readonly buffers: readonly string[];
  /** Of offset tables. */
  readonly offsets: ReadonlyMap<Int32Array, string>;
}

/** Pointers that the function of a kernel takes, as buffers. */
export const pointersOf = (kernel: Kernel, { constants }: Program): number[] =>
  [...new Set([...kernel.loads, ...kernel.stores].map((a) => a.buffer))].filter((id) => !constants.has(id));

const written = (kernel: Kernel): Set<number> => new Set(kernel.stores.map((s) => s.buffer));

class KernelText {
  private readonly values = new Map<Expr, string>();
  private readonly program: Program;
  private readonly names: CNames;
  private readonly type: string;

  constructor(program: Program, names: CNames) {
    this.program = program;
    this.names = names;
    this.type = cTypes[program.dtype].name;
  }

  body(kernel: Kernel): string {
    const { schedule, statements } = nestOf(kernel, this.program);
    for (const e of schedule.levels.flat()) this.values.set(e, `v${this.values.size}`);
    return statements.map((s) => this.statement(s, '  ')).join('');
  }

  private value(e: Expr): string {
    return e.op === 'literal' ? cNumber(e.value, this.program.dtype) : (this.values.get(e) as string);
  }

  private element({ access, index }: Place): string {
    const { offset, buffer } = access;
    const moving = index.depth === 0 ? '' : indexName(index);
    const sign = offset < 0 ? '-' : '+';
    const at =
      moving === '' ? String(offset) : offset === 0 ? moving : `${moving} ${sign} ${Math.abs(offset)}`;
    return `${this.names.buffers[buffer]}[${at}]`;
  }

  private move({ index, from, term }: Move, counter: string): string {
    const table = typeof term === 'number' ? '' : (this.names.offsets.get(term) as string);
    const step =
      typeof term === 'number' ? (term === 1 ? counter : `${counter} * ${term}`) : `${table}[${counter}]`;
    return `const int ${indexName(index)} = ${from.depth === 0 ? '' : `${indexName(from)} + `}${step};`;
  }

  private combined(combine: Combine, a: string, b: string): string {
    return combine === 'store' ? b : opTexts[combine === 'max' ? 'max' : 'add'](a, b);
  }

  private statement(s: Statement, indent: string): string {
    switch (s.kind) {
      case 'loop': {
        const [inner, i] = [`${indent}  `, `i${s.loop}`];
        const next = s.step === 1 ? `${i}++` : `${i} += ${s.step}`;
        const head = `${indent}for (int ${i} = ${s.from}; ${i} < ${s.extent}; ${next}) {\n`;
        const moves = s.moves.map((m) => `${inner}${this.move(m, i)}\n`).join('');
        return `${head}${moves}${s.body.map((x) => this.statement(x, inner)).join('')}${indent}}\n`;
      }
      case 'load':
        return `${indent}const ${this.type} ${this.value(s.value)} = ${this.element(s.place)};\n`;
      case 'let': {
        const type = s.op === 'less' || s.op === 'equal' ? 'int' : this.type;
        const args = s.value.args.map((a) => this.value(a));
        return `${indent}const ${type} ${this.value(s.value)} = ${opTexts[s.op](...args)};\n`;
      }
      case 'start': {
        const start = cNumber(s.combine === 'max' ? -Infinity : 0, this.program.dtype);
        const sums = Array.from({ length: s.partials }, (_, p) => `${sumName(s.sum, p)} = ${start}`);
        return `${indent}${this.type} ${sums.join(', ')};\n`;
      }
      case 'accumulate': {
        const sum = sumName(s.sum, s.partial);
        return `${indent}${sum} = ${this.combined(s.combine, sum, this.value(s.value))};\n`;
      }
      case 'fold':
        return Array.from({ length: s.by }, (_, p) => {
          const [sum, other] = [sumName(s.sum, p), sumName(s.sum, p + s.by)];
          return `${indent}${sum} = ${this.combined(s.combine, sum, other)};\n`;
        }).join('');
      case 'store': {
        const at = this.element(s.place);
        const x = typeof s.value === 'number' ? sumName(s.value) : this.value(s.value);
        return `${indent}${at} = ${this.combined(s.combine, at, x)};\n`;
      }
      default:
        return s satisfies never;
    }
  }
}

/** The function of a kernel. */
export function kernelText(kernel: Kernel, program: Program, names: CNames, name: string): string {
  const stores = written(kernel);
  const { name: type } = cTypes[program.dtype];
  const pointers = pointersOf(kernel, program).map(
    (id) => `${stores.has(id) ? '' : 'const '}${type} *PAPILIO_RESTRICT ${names.buffers[id]}`,
  );
  const count = kernel.extents.length > 0 ? `: ${kernel.extents.join(' x ')}` : '';
  const body = new KernelText(program, names).body(kernel);
  return `/* ${kernel.label}${count} */\nstatic void ${name}(${pointers.join(', ')})\n{\n${body}}\n`;
}
