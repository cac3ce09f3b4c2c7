/** What surrounds a measured function: arrays for its arguments, its input, its call, and its output printed and read again. */
import type { Files } from './run.ts';

/** Number types of arguments: their name in C, their bytes, and what stands for 1. */
export const formats = {
  f32: { type: 'float', bytes: 4, one: 1 },
  f64: { type: 'double', bytes: 8, one: 1 },
  q15: { type: 'int16_t', bytes: 2, one: 2 ** 15 },
  q31: { type: 'int32_t', bytes: 4, one: 2 ** 31 },
} as const;
export type Format = keyof typeof formats;

const isFixed = (format: Format): boolean => formats[format].one > 1;

/** An array that a caller provides. */
export interface CallerArray {
  readonly name: string;
  readonly format: Format;
  readonly length: number;
}

/** How a function is called, in C. */
export interface Call {
  /** Lines before everything: includes, and variables that the caller keeps. */
  readonly declarations: string;
  readonly arrays: readonly CallerArray[];
  /** The array that gets fresh samples before every call. */
  readonly input: string;
  /** Statements that run once at the start. */
  readonly setup?: string;
  readonly call: string;
  /** Arrays to print. */
  readonly outputs: readonly string[];
}

/** Numbers in [-1, 1) as a format has them: rounded, and integers in fixed point, saturated. */
export function encode(values: ArrayLike<number>, format: Format): number[] {
  const { one } = formats[format];
  return Array.from(values, (x) => {
    if (isFixed(format)) return Math.min(Math.max(Math.round(x * one), -one), one - 1);
    return format === 'f32' ? Math.fround(x) : x;
  });
}

/** A literal; the least integer has none. */
function literal(x: number, format: Format): string {
  if (isFixed(format)) return x === -(2 ** 31) ? '-2147483647 - 1' : String(x);
  const text = format === 'f32' ? String(Number(x.toPrecision(9))) : String(x);
  return `${/[.e]/.test(text) ? text : `${text}.0`}${format === 'f32' ? 'f' : ''}`;
}

/** The lines of a table of constants. */
export function tableText(name: string, values: ArrayLike<number>, format: Format): string {
  const numbers = encode(values, format).map((x) => literal(x, format));
  return `static const ${formats[format].type} ${name}[${numbers.length}] = {${numbers.join(', ')}};\n`;
}

/** The file that calls a function with inputs of numbers in [-1, 1), each of the same length; the first one is what is timed. */
export function harnessOf(call: Call, inputs: readonly ArrayLike<number>[]): Files {
  const { declarations, arrays, input, setup = '', outputs } = call;
  const array = (name: string): CallerArray => {
    const found = arrays.find((a) => a.name === name);
    if (!found)
      throw new RangeError(`no array ${name}; expected one of ${arrays.map((a) => a.name).join(', ')}`);
    return found;
  };
  const { length } = inputs[0];
  // A function may read fewer samples than a frame has.
  const taken = Math.min(length, array(input).length);
  const text = `#include "board.h"
${declarations}
${tableText('given', Float64Array.of(...inputs.flatMap((x) => Array.from(x))), array(input).format)}${arrays.map((a) => `static ${formats[a.format].type} ${a.name}[${a.length}];`).join('\n')}

static int which;

void setup(void) { ${setup} }
void prepare(void) {
  for (int i = 0; i < ${taken}; i++) ${input}[i] = given[${length} * which + i];
}
void call(void) { ${call.call} }
void report(void) {
  for (;;) {
${outputs.map((name) => `    print_elements("${name}", ${name}, ${array(name).length}, sizeof *${name});`).join('\n')}
    if (++which == ${inputs.length}) break;
    prepare();
    call();
  }
  which = 0;
}
`;
  return { 'harness.c': text };
}

/** The numbers that `print_elements` printed under a name, once for every input; fixed point as fractions. */
export function printed(stdout: string, name: string, format: Format): Float64Array[] {
  const { bytes, one } = formats[format];
  const view = new DataView(new ArrayBuffer(8));
  const read: Readonly<Record<Format, () => number>> = {
    f32: () => view.getFloat32(0),
    f64: () => view.getFloat64(0),
    q15: () => view.getInt16(0),
    q31: () => view.getInt32(0),
  };
  const element = (digits: string): number => {
    for (let b = 0; b < bytes; b++) view.setUint8(b, parseInt(digits.slice(2 * b, 2 * b + 2), 16));
    return read[format]() / one;
  };
  const lines = [...stdout.matchAll(new RegExp(`^${name} ([0-9a-f]*)$`, 'gm'))];
  return lines.map(([, digits]) =>
    Float64Array.from({ length: digits.length / (2 * bytes) }, (_, i) =>
      element(digits.slice(2 * bytes * i, 2 * bytes * (i + 1))),
    ),
  );
}
