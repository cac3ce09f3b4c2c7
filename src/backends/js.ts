/** The JavaScript backend: prints every kernel as a loop nest over one typed array and compiles it with `new Function`. */
import { roundTiesToEven, type Expr } from '../ir/expr.ts';
import type { Kernel, KernelAccess, KernelStore, Program } from '../compiler/kernel.ts';
import { tablesOf } from '../compiler/kernel.ts';
import { newArray } from '../compiler/number-format.ts';
import { accessDepth, scheduleKernel, type Schedule } from '../compiler/schedule.ts';
import {
  fillConstants,
  letGo,
  partialSums,
  repeat,
  type Backend,
  type Executable,
  type FloatArray,
} from './backend.ts';
import { functionRefusal, requireScope } from './scope.ts';

const number = (x: number): string =>
  Object.is(x, -0) ? '-0' : x === Infinity ? 'Infinity' : x === -Infinity ? '-Infinity' : String(x);

/** Text of one op on already printed operands; `r` rounds to the dtype. */
function printOp(e: Expr, a: readonly string[], r: (x: string) => string): string {
  switch (e.op) {
    case 'literal':
      return number(e.value);
    case 'add':
      return r(`${a[0]} + ${a[1]}`);
    case 'sub':
      return r(`${a[0]} - ${a[1]}`);
    case 'mul':
      return r(`${a[0]} * ${a[1]}`);
    case 'div':
      return r(`${a[0]} / ${a[1]}`);
    case 'neg':
      return `-${a[0]}`;
    case 'sqrt':
      return r(`Math.sqrt(${a[0]})`);
    case 'abs':
    case 'min':
    case 'max':
      return `Math.${e.op}(${a.join(', ')})`;
    case 'less':
      return `${a[0]} < ${a[1]}`;
    case 'equal':
      return `${a[0]} === ${a[1]}`;
    case 'select':
      return `(${a[0]}) ? ${a[1]} : ${a[2]}`;
    case 'round':
    case 'exponent':
    case 'mantissa':
    case 'powerOfTwo':
      return r(`${e.op}(${a[0]})`);
    case 'argument':
    case 'stopGradient':
    case 'exp':
    case 'log':
    case 'sin':
    case 'cos':
      throw new Error(`internal: ${e.op} reaches the printer`);
    default:
      return e.op satisfies never;
  }
}

/** Addresses that move together share one index variable per loop level. */
class Pointers {
  readonly groups: { key: string; terms: KernelAccess['terms']; shift: string }[] = [];
  private readonly program: Program;
  private readonly tables: Map<Int32Array, string>;
  constructor(program: Program, tables: Map<Int32Array, string>) {
    this.program = program;
    this.tables = tables;
  }

  private group(a: KernelAccess): number {
    const kind = this.program.buffers[a.buffer].kind;
    const shift = kind === 'input' ? 'inputShift' : kind === 'output' ? 'outputShift' : '0';
    const key = `${shift};${a.terms.map((t) => (typeof t === 'number' ? t : this.tables.get(t))).join()}`;
    const at = this.groups.findIndex((g) => g.key === key);
    return at >= 0 ? at : this.groups.push({ key, terms: a.terms, shift }) - 1;
  }

  /** Element index of an access inside `depth` loops. */
  index(a: KernelAccess, depth = accessDepth(a)): string {
    const base = this.program.buffers[a.buffer].offset + a.offset;
    return `(p${this.group(a)}_${depth} + ${base}) | 0`;
  }

  /** Declarations of the index variables that change in loop d - 1, or before all loops (d = 0). */
  declare(d: number, indent: string): string {
    return this.groups
      .map((g, i) => {
        if (d === 0) return `${indent}const p${i}_0 = ${g.shift};\n`;
        const t = g.terms[d - 1];
        const step =
          typeof t === 'number'
            ? t === 0
              ? ''
              : ` + i${d - 1} * ${t}`
            : ` + ${this.tables.get(t)}[i${d - 1}]`;
        return `${indent}const p${i}_${d} = (p${i}_${d - 1}${step}) | 0;\n`;
      })
      .join('');
  }
}

interface Context {
  kernel: Kernel;
  schedule: Schedule;
  pointers: Pointers;
  lanes: number;
  round: (x: string) => string;
  names: Map<Expr, string>;
}

function value(c: Context, e: Expr): string {
  return e.op === 'literal' ? c.round(number(e.value)) : (c.names.get(e) as string);
}

/** Statements computing one level of the schedule, and the stores that follow its values. */
function level(c: Context, d: number, indent: string): string {
  return c.schedule.levels[d]
    .map((e) => {
      const text =
        e.op === 'argument'
          ? `M[${c.pointers.index(c.kernel.loads[e.value])}]`
          : printOp(
              e,
              e.args.map((a) => value(c, a)),
              c.round,
            );
      const stores = (c.schedule.early.get(e) ?? [])
        .map((i) => writeAt(c, c.kernel.stores[i], i, indent))
        .join('');
      return `${indent}const ${c.names.get(e)} = ${text};\n${stores}`;
    })
    .join('');
}

function combined(c: Context, s: KernelStore, a: string, b: string): string {
  return s.combine === 'max' ? `Math.max(${a}, ${b})` : c.round(`${a} + ${b}`);
}

/** The store of result i at a point. */
function writeAt(c: Context, s: KernelStore, i: number, indent: string): string {
  const x = value(c, c.schedule.body[i]);
  const at = `M[${c.pointers.index(s, c.kernel.extents.length)}]`;
  return `${indent}${at} = ${s.mode === 'write' ? x : combined(c, s, at, x)};\n`;
}

/** Stores at a point that did not follow their values; `lane` names the partial sum. */
function pointStores(c: Context, lane: number, indent: string): string {
  const early = new Set([...c.schedule.early.values()].flat());
  return c.kernel.stores
    .map((s, i) => {
      if (early.has(i)) return '';
      if (s.mode !== 'reduce') return writeAt(c, s, i, indent);
      return `${indent}s${i}_${lane} = ${combined(c, s, `s${i}_${lane}`, value(c, c.schedule.body[i]))};\n`;
    })
    .join('');
}

function finishReductions(c: Context, d: number, indent: string): string {
  return c.kernel.stores
    .map((s, i) => {
      if (s.mode !== 'reduce') return '';
      let parts = Array.from({ length: c.lanes }, (_, l) => `s${i}_${l}`);
      while (parts.length > 1) {
        const half = parts.length / 2;
        parts = parts.slice(0, half).map((p, j) => combined(c, s, p, parts[j + half]));
      }
      return `${indent}M[${c.pointers.index(s, d)}] = ${parts[0]};\n`;
    })
    .join('');
}

function nest(c: Context, d: number): string {
  const { kernel } = c;
  const indent = '  '.repeat(d + 1);
  const innermost = d === kernel.extents.length;
  let text = level(c, d, indent);
  const reductions = kernel.stores.flatMap((s, i) => (s.mode === 'reduce' ? [{ s, i }] : []));
  if (d === kernel.reduceFrom)
    for (const { s, i } of reductions)
      for (let l = 0; l < c.lanes; l++)
        text += `${indent}let s${i}_${l} = ${s.combine === 'max' ? '-Infinity' : '0'};\n`;
  if (innermost) {
    text += pointStores(c, 0, indent);
  } else {
    const strided = d === kernel.extents.length - 1 && c.lanes > 1;
    for (let lane = 0; lane < (strided ? c.lanes : 1); lane++) {
      text += `${indent}for (let i${d} = ${lane}; i${d} < ${kernel.extents[d]}; i${d} += ${strided ? c.lanes : 1}) {\n`;
      text += c.pointers.declare(d + 1, `${indent}  `);
      text += strided ? level(c, d + 1, `${indent}  `) + pointStores(c, lane, `${indent}  `) : nest(c, d + 1);
      text += `${indent}}\n`;
    }
  }
  if (d === kernel.reduceFrom) text += finishReductions(c, d, indent);
  return text;
}

function printKernel(
  kernel: Kernel,
  id: number,
  program: Program,
  tables: Map<Int32Array, string>,
  relaxed: boolean,
): string {
  const schedule = scheduleKernel(kernel);
  const names = new Map<Expr, string>();
  for (const e of schedule.levels.flat()) names.set(e, `v${names.size}`);
  const pointers = new Pointers(program, tables);
  // Relaxed float32 rounds where it is stored, by the array itself.
  const rounds = program.dtype === 'f32' && !relaxed;
  const round = rounds ? (x: string): string => `f(${x})` : (x: string): string => `(${x})`;
  const context: Context = {
    kernel,
    schedule,
    pointers,
    lanes: partialSums(kernel, program.dtype),
    round,
    names,
  };
  nest(context, 0); // collects the pointer groups
  const body = nest(context, 0);
  return `// ${kernel.label} [${kernel.extents.join(' x ')}]\nfunction kernel${id}(inputShift, outputShift) {\n${pointers.declare(0, '  ')}${body}}\n`;
}

/** JavaScript source of a program: the body of a function of (M, tables, f, round, exponent, mantissa, powerOfTwo) returning `run`. */
export function printJavaScript(program: Program, relaxed = false): string {
  const tables = new Map(tablesOf(program).map((t, i): [Int32Array, string] => [t, `T${i}`]));
  const declarations = [...tables.values()].map((name, i) => `const ${name} = tables[${i}];\n`).join('');
  const kernels = program.kernels.map((k, i) => printKernel(k, i, program, tables, relaxed)).join('');
  const calls = program.kernels.map((_, i) => `  kernel${i}(inputShift, outputShift);\n`).join('');
  return `'use strict';\n${declarations}${kernels}return function run(inputShift, outputShift) {\n${calls}};\n`;
}

const word = new Float64Array(1);
const words = new Int32Array(word.buffer);
const exponent = (x: number): number => {
  word[0] = x;
  return ((words[1] >>> 20) & 0x7ff) - 1023;
};
const mantissa = (x: number): number => {
  word[0] = x;
  words[1] = (words[1] & 0x800fffff) | 0x3ff00000;
  return word[0];
};
const powerOfTwo = (x: number): number => 2 ** x;

export const jsBackend: Backend = {
  name: 'js',
  instantiate(program, { relaxed = false } = {}) {
    requireScope('js', functionRefusal());
    const arena: FloatArray = newArray(program.dtype, program.arena);
    fillConstants(program, arena);
    const source = printJavaScript(program, relaxed);
    const make = new Function('M', 'tables', 'f', 'round', 'exponent', 'mantissa', 'powerOfTwo', source);
    const run = make(
      arena,
      tablesOf(program),
      Math.fround,
      roundTiesToEven,
      exponent,
      mantissa,
      powerOfTwo,
    ) as (inputShift: number, outputShift: number) => void;
    const executable: Executable = {
      backend: 'js',
      program,
      arena,
      codeBytes: source.length,
      simd: 1,
      fma: false,
      run: (inputShift = 0, outputShift = 0) => run(inputShift, outputShift),
      runOnce: () => run(0, 0),
      runMany: repeat(run),
      dispose: () => letGo(executable),
    };
    return executable;
  },
};
