/**
 * Programs as one C file and its header: C99 that is C++, too. No memory of its own but constant tables, no library, no recursion; a
 * function per program over the caller's arrays, a static function per kernel. Equal tables of a file are one.
 */
import { UnsupportedError } from '../../errors.ts';
import {
  countProgram,
  tablesOf,
  bytesOf,
  type AnyProgram,
  type Kernel,
  type OperationCount,
} from '../../compiler/kernel.ts';
import type { FixedReport } from '../../compiler/fixed/fixed.ts';
import { packConstants } from '../../compiler/pack.ts';
import { shareMemory, usedSizes } from '../../compiler/share.ts';
import { withoutTightLoops } from '../../compiler/tight.ts';
import { helpersText } from './helpers.ts';
import { kernelText, pointersOf } from './kernel-text.ts';
import { cNumber, cTypes, elementType } from './numbers.ts';
import { requireIdentifier } from './names.ts';
import { hasVectors, vectorsText } from './vectors.ts';

/** An input or output of a program as a parameter of its function. */
interface CParameter {
  /** Of the program. */
  readonly buffer: string;
  /** In C. */
  readonly name: string;
  /** What lies in it, in words. */
  readonly is: string;
  /** Elements, where the program has a longer buffer: rows behind those that count. */
  readonly count?: number;
}

/** A program as a function. */
export interface CFunction {
  readonly name: string;
  /** What it computes: lines of a comment. */
  readonly summary: readonly string[];
  readonly program: AnyProgram;
  readonly parameters: readonly CParameter[];
  /** May it write over its inputs? */
  readonly overwrite?: boolean;
  /** Numbers of the vectors that its program was compiled for; default 1: none. */
  readonly lanes?: number;
  /** What is proven of a program in fixed point. */
  readonly proven?: FixedReport | null;
}

/** More of a test than calls of functions: arrays, functions that may call papilio_compare, and statements. */
export interface TestPart {
  /** Types whose papilio_fill_ is called. */
  readonly fills: readonly string[];
  readonly arrays: string;
  readonly functions: string;
  readonly check: string;
}

export interface CFile {
  /** Of the files, and what the names of their tables begin with. */
  readonly name: string;
  /** First lines of both files, a comment. */
  readonly title: readonly string[];
  /** More of what it is, for the header and README.md. */
  readonly about?: string;
  readonly functions: readonly CFunction[];
  /** More of the header, behind the functions, and of the source. */
  readonly declarations?: string;
  readonly definitions?: string;
  /** Of what the definitions are, if they are a stream: bytes of its state, instructions beside those of the functions, how it is used in C. */
  readonly stream?: { readonly bytes: number; readonly text: number; readonly use: string };
  /** More of the self-test. */
  readonly test?: TestPart;
}

/** What a function needs. */
export interface CReport {
  readonly name: string;
  /** Elements of scratch. */
  readonly scratch: number;
  readonly operations: OperationCount;
  readonly kernels: number;
}

interface CText {
  readonly header: string;
  readonly source: string;
  /** Bytes of tables. */
  readonly tableBytes: number;
  readonly functions: readonly CReport[];
}

/** The narrowest type of C that holds whole numbers. */
function offsetType(table: Int32Array): readonly [type: string, bytes: number] {
  const [low, high] = table.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [0, 0]);
  if (low >= 0) return high < 256 ? ['uint8_t', 1] : high < 65536 ? ['uint16_t', 2] : ['int32_t', 4];
  return low >= -128 && high < 128
    ? ['int8_t', 1]
    : low >= -32768 && high < 32768
      ? ['int16_t', 2]
      : ['int32_t', 4];
}

const rows = (numbers: readonly string[]): string => {
  const lines: string[] = [];
  for (let i = 0; i < numbers.length; i += 8) lines.push(`  ${numbers.slice(i, i + 8).join(', ')},\n`);
  return `{\n${lines.join('')}}`;
};

/** Tables of a file, equal ones once. */
class Tables {
  bytes = 0;
  text = '';
  private readonly prefix: string;
  private readonly known = new Map<string, string>();
  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** The name of a table of so many bytes a number. */
  of(type: string, numbers: readonly string[], bytes: number): string {
    const body = rows(numbers);
    const key = `${type} ${body}`;
    const known = this.known.get(key);
    if (known) return known;
    const name = `${this.prefix}_t${this.known.size}`;
    this.known.set(key, name);
    this.bytes += bytes * numbers.length;
    this.text += `static const ${type} ${name}[${numbers.length}] = ${body};\n`;
    return name;
  }
}

const prelude = `#if defined(__cplusplus)
#define PAPILIO_RESTRICT __restrict
#elif defined(__GNUC__) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 199901L)
#define PAPILIO_RESTRICT restrict
#else
#define PAPILIO_RESTRICT
#endif
`;

/** A line of text as lines of 110 characters at most, where its words allow that. */
const wrapped = (line: string): string[] => line.match(/\S.{0,108}\S(?=\s|$)|\S+/g) ?? [''];

/** Text without the begin and end of a comment. */
const apart = (text: string): string => text.replaceAll('*/', '* /').replaceAll('/*', '/ *');

/** Lines as a comment of C, which does not end within them. */
export const comment = (lines: readonly string[]): string =>
  lines.length === 1
    ? `/* ${apart(lines[0])} */\n`
    : `/*\n${lines
        .map(apart)
        .flatMap(wrapped)
        .map((l) => (l === '' ? ' *\n' : ` * ${l}\n`))
        .join('')} */\n`;

/** A program in the form that C prints: constants in reading order, temporaries in the caller's arrays. */
export const preparedProgram = ({ program, overwrite = false, lanes = 1 }: CFunction): AnyProgram => {
  const isWide = (kernel: Kernel): boolean => hasVectors(kernel, lanes);
  return shareMemory(packConstants(withoutTightLoops(program, isWide)), overwrite);
};

/** A function whose program has buffers as long as its parameters say: callers bring no more. */
export function fitted(f: CFunction): CFunction {
  const { program, parameters } = f;
  const used = usedSizes(program);
  const counts = new Map(
    parameters.flatMap(({ buffer, count }) => {
      const id = program.inputs[buffer] ?? program.outputs[buffer];
      if (count === undefined) return [];
      if ((used.get(id) ?? 0) > count)
        throw new Error(`internal: ${f.name} uses ${used.get(id)} elements of ${buffer}, not ${count}`);
      return [[id, count] as const];
    }),
  );
  const buffers = program.buffers.map((b, id) => ({ ...b, size: counts.get(id) ?? b.size }));
  return { ...f, program: { ...program, buffers } };
}

/** Throws UnsupportedError for programs that C has no arrays for. */
function requirePrintable({ name, program }: CFunction): void {
  requireIdentifier(name);
  const [held] = Object.keys(program.parameters);
  if (held !== undefined)
    throw new UnsupportedError(`parameter ${held} in C; expected a program of inputs, outputs and constants`);
}

/** What the integers of parameters in fixed point stand for: fraction bits as macros, and conversions of outputs. */
function fractionsText({ name, program, parameters }: CFunction): string {
  const lines = parameters.map(({ buffer, name: own }) => {
    const { fixed } = program.buffers[program.inputs[buffer] ?? program.outputs[buffer]];
    if (!fixed) return '';
    const macro = `${name}_${own}_fraction`.toUpperCase();
    const define = `#define ${macro} ${fixed.fraction} /* an integer k of ${own} is k / 2^${fixed.fraction} */\n`;
    if (buffer in program.inputs) return define;
    const unit = cNumber(2 ** -fixed.fraction, 'f32');
    return `${define}static inline float ${name}_${own}_to_float(int32_t k) { return (float)k * ${unit}; }\n`;
  });
  return lines.join('');
}

/** Names of the functions of kernels: those of their stages, without what is in brackets, and a number from the second on. */
function kernelNames(name: string, kernels: readonly Kernel[]): string[] {
  const taken = new Set<string>();
  return kernels.map(({ label }) => {
    const words = label
      .replace(/\(.*\)/, '')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? ['kernel'];
    const first = [name, ...words].join('_');
    let own = first;
    for (let i = 2; taken.has(own); i++) own = `${first}_${i}`;
    taken.add(own);
    return own;
  });
}

/** Kernels of a function, the function itself, and its prototype. */
function functionText(f: CFunction, tables: Tables) {
  const { dtype } = f.program;
  const program = preparedProgram(f);
  const typeOf = (id: number): string => elementType(program.buffers[id], dtype);
  const offsets = new Map(
    tablesOf(program).map((t): [Int32Array, string] => {
      const [own, bytes] = offsetType(t);
      return [t, tables.of(own, Array.from(t, String), bytes)];
    }),
  );
  const buffers = program.buffers.map(({ name, fixed }, id) => {
    const data = program.constants.get(id);
    if (data)
      return tables.of(
        typeOf(id),
        Array.from(data, (x) => cNumber(x, dtype)),
        fixed ? fixed.bits / 8 : bytesOf(dtype),
      );
    return f.parameters.find((p) => p.buffer === name)?.name ?? 'scratch';
  });
  const names = { buffers, offsets, lanes: f.lanes ?? 1 };
  const own = kernelNames(f.name, program.kernels);
  const kernels = program.kernels.map((k, i) => kernelText(k, program, names, own[i]));
  const calls = program.kernels.map(
    (k, i) =>
      `  ${own[i]}(${pointersOf(k, program)
        .map((id) => buffers[id])
        .join(', ')});\n`,
  );
  const stored = new Set(program.kernels.flatMap((k) => k.stores.map((s) => buffers[s.buffer])));
  const used = new Set(program.kernels.flatMap((k) => pointersOf(k, program).map((id) => buffers[id])));
  const scratch = program.buffers.find((b) => b.name === 'scratch')?.size ?? 0;
  const list = [
    ...f.parameters.map(
      ({ name, buffer }) =>
        `${stored.has(name) ? '' : 'const '}${typeOf(program.inputs[buffer] ?? program.outputs[buffer])} *${name}`,
    ),
    `${cTypes[dtype].name} *scratch`,
  ].join(', ');
  const unused = ['scratch', ...f.parameters.map((p) => p.name)].filter((name) => !used.has(name));
  const prototype = `void ${f.name}(${list})`;
  const about = [
    ...f.summary,
    ...f.parameters.map(({ name, is, buffer }) => {
      const overwritten = stored.has(name) && program.inputs[buffer] !== undefined;
      // An output may have room for more than its results.
      const { size } = program.buffers[program.inputs[buffer] ?? program.outputs[buffer]];
      const text = `${name}[${size}]: ${is}${overwritten ? '; overwritten' : ''}`;
      return text.endsWith('...') ? text : `${text}.`;
    }),
    scratch > 0 ? `scratch: ${scratch} numbers, whatever they are.` : 'scratch: not used, may be null.',
  ];
  const macro = f.name.toUpperCase();
  return {
    header: `#define ${macro}_SCRATCH ${scratch} /* numbers */\n${fractionsText(f)}${comment(about)}${prototype};\n`,
    kernels: kernels.join('\n'),
    body: `${prototype}\n{\n${unused.map((name) => `  (void)${name};\n`).join('')}${calls.join('')}}\n`,
    report: { name: f.name, scratch, operations: countProgram(program), kernels: kernels.length },
  };
}

/** What holds for all functions of a header. */
const contract = [
  '',
  'Generated by papilio. Functions keep nothing between calls: threads and interrupts may call them at once on arrays of their own. ' +
    'Arrays of one call do not overlap; they are aligned as their numbers are.',
] as const;

/** The two files. Throws InvalidArgumentError for names that are none in C, UnsupportedError for programs with parameters. */
export function printC({ functions, ...given }: CFile): CText {
  const file = { ...given, functions: functions.map(fitted) };
  requireIdentifier(file.name);
  for (const f of file.functions) requirePrintable(f);
  const tables = new Tables(file.name);
  const parts = file.functions.map((f) => functionText(f, tables));
  const kernels = parts.map((p) => `${p.kernels}\n${p.body}`).join('\n');
  const helpers = helpersText(
    file.functions.map((f) => f.program),
    kernels,
  );
  const [{ program }] = file.functions;
  const lanes = Math.max(...file.functions.map((f) => f.lanes ?? 1));
  const vectors = vectorsText(kernels, cTypes[program.dtype].name, program.dtype, lanes);
  const guard = `${file.name.toUpperCase()}_H`;
  const head = comment([...file.title, '', 'Generated by papilio.']);
  const about = comment([...file.title, ...(file.about ? [file.about] : []), ...contract]);
  const header = `${about}#ifndef ${guard}
#define ${guard}
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

${parts.map((p) => p.header).join('\n')}${file.declarations ?? ''}
#ifdef __cplusplus
}
#endif
#endif
`;
  const include = `#include "${file.name}.h"\n${helpers + vectors === '' ? '' : '#include <string.h>\n'}`;
  const sections = [include, prelude, helpers, vectors, tables.text, kernels].filter((text) => text !== '');
  const source = `${head}${sections.join('\n')}${file.definitions ?? ''}`;
  return { header, source, tableBytes: tables.bytes, functions: parts.map((p) => p.report) };
}
