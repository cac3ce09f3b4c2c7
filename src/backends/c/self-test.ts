/** NAME_test.c: calls the functions of a C file on fixed inputs and compares what they give with what the interpreter gave. */
import type { AnyProgram, Buffer } from '../../compiler/kernel.ts';
import { numberFormats, type ArrayOf, type Format } from '../../compiler/number-format.ts';
import { viewOf } from '../backend.ts';
import { referenceBackend } from '../reference.ts';
import { comment, type CFunction, type TestPart } from './c.ts';
import { cNumber, cTypes, elementType } from './numbers.ts';

/** Numbers of a linear congruential generator's state (Numerical Recipes), by type: in C, and here. */
const samples: Readonly<Record<string, { readonly text: string; readonly of: (state: number) => number }>> = {
  // The upper 24 bits in [-1, 1).
  float: {
    text: `(float)((int32_t)(state >> 8) - 8388608) * ${cNumber(2 ** -23, 'f32')}`,
    of: (state) => ((state >>> 8) - 2 ** 23) / 2 ** 23,
  },
  double: {
    text: `(double)((int32_t)(state >> 8) - 8388608) * ${cNumber(2 ** -23, 'f64')}`,
    of: (state) => ((state >>> 8) - 2 ** 23) / 2 ** 23,
  },
  int16_t: { text: '(int16_t)((int32_t)(state >> 16) - 32768)', of: (state) => (state >>> 16) - 2 ** 15 },
  int32_t: { text: '(int32_t)(state >> 1) - 1073741824', of: (state) => (state >>> 1) - 2 ** 30 },
};

/** What papilio_fill_TYPE in C gives. */
export function testSamples(type: string, seed: number, count: number): Float64Array {
  let state = seed >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return samples[type].of(state);
  });
}

/** Outputs of a program by name, its inputs filled by `testSamples` with seeds 1, 2, ... */
function testOutputs(program: AnyProgram): Record<string, ArrayOf<Format>> {
  const executable = referenceBackend.instantiate(program);
  Object.keys(program.inputs).forEach((name, i) => {
    const buffer = program.buffers[program.inputs[name]];
    viewOf(executable, name).set(testSamples(elementType(buffer, program.dtype), i + 1, buffer.size));
  });
  executable.run();
  return Object.fromEntries(
    Object.keys(program.outputs).map((name) => [name, viewOf(executable, name).slice()]),
  );
}

/** What numbers of papilio's own make in C, in a constant, where <math.h> is included. */
const infinite: Readonly<Record<string, string>> = {
  Infinity: 'INFINITY',
  '-Infinity': '-INFINITY',
  NaN: 'NAN',
};
export const numberText = (x: number, dtype: Format): string =>
  (dtype === 'i32' ? undefined : infinite[String(numberFormats[dtype].round(x))]) ?? cNumber(x, dtype);

/** NAME_expected, a table. */
export function expectedText(name: string, numbers: ArrayLike<number>, dtype: Format): string {
  const text = Array.from(numbers, (x) => numberText(x, dtype))
    .join(', ')
    .replace(/(.{100,}?), /g, '$1,\n  ');
  return `static const ${cTypes[dtype].name} ${name}_expected[${numbers.length}] = {\n  ${text}\n};\n`;
}

/** Largest error of a test, as a part of the largest number: what fused products and other orders of rounding may make. */
const tolerated = 2 ** 9;

/** One function's part of the test: arrays, and a block of statements. */
function functionTest(f: CFunction): { arrays: string; check: string } {
  const { program, name, parameters } = f;
  const { dtype } = program;
  const { name: type } = cTypes[dtype];
  const bufferOf = (buffer: string): Buffer =>
    program.buffers[program.inputs[buffer] ?? program.outputs[buffer]];
  const size = (buffer: string): number => bufferOf(buffer).size;
  const typeOf = (buffer: string): string => elementType(bufferOf(buffer), dtype);
  const found = testOutputs(program);
  const array = (p: string): string => `${name}_${p}`;
  const arrays = parameters
    .map(({ buffer, name: p }) => {
      const own = `static ${typeOf(buffer)} ${array(p)}[${size(buffer)}];\n`;
      const expected = found[buffer];
      return expected ? own + expectedText(array(p), expected, dtype) : own;
    })
    .join('');
  const inputs = parameters.filter((p) => p.buffer in program.inputs);
  const fills = inputs
    .map(({ buffer, name: p }) => {
      const seed = 1 + Object.keys(program.inputs).indexOf(buffer);
      return `  papilio_fill_${typeOf(buffer)}(${array(p)}, ${size(buffer)}, ${seed}u);\n`;
    })
    .join('');
  const compares = parameters
    .filter((p) => p.buffer in program.outputs)
    .map(({ buffer, name: p }) => `  papilio_compare(${array(p)}, ${array(p)}_expected, ${size(buffer)});\n`)
    .join('');
  const list = [...parameters.map((p) => array(p.name)), `${name}_scratch`].join(', ');
  return {
    arrays: `${arrays}static ${type} ${name}_scratch[${name.toUpperCase()}_SCRATCH + 1];\n`,
    check: `${fills}  ${name}(${list});\n${compares}`,
  };
}

/** Functions that fill inputs of each type. */
function fillTexts(functions: readonly CFunction[], more: readonly string[]): string[] {
  const types = functions.flatMap(({ program: { inputs, buffers, dtype } }) =>
    Object.values(inputs).map((id) => elementType(buffers[id], dtype)),
  );
  return [...new Set([...types, ...more])].map(
    (own) => `static void papilio_fill_${own}(${own} *x, int count, uint32_t state)
{
  for (int i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = ${samples[own].text};
  }
}
`,
  );
}

/** The text of NAME_test.c. `name`_test() returns how many numbers are wrong; main prints that. */
export function selfTest(name: string, functions: readonly CFunction[], more: TestPart | null): string {
  const [{ program }] = functions;
  const { dtype } = program;
  const { name: type } = cTypes[dtype];
  const parts = functions.map(functionTest);
  const arrays = parts.map((p) => p.arrays).join('') + (more?.arrays ?? '');
  const isReal = dtype !== 'i32';
  const isFinite = isReal ? ' && size - size == 0' : '';
  const bothNaN = isReal ? ' || (found[i] != found[i] && expected[i] != expected[i])' : '';
  const bound = cNumber(tolerated * numberFormats[dtype].roundoff, dtype);
  return `${comment([
    `Test of ${name}.c: its functions${more ? ', and a stream,' : ''} on fixed inputs against numbers of papilio's interpreter.`,
    `${name}_test() returns how many numbers are off by more than ${tolerated} roundoffs of the largest; with`,
    `${name.toUpperCase()}_TEST_NO_MAIN there is no main and no stdio. Compiled without contraction of products (gcc and clang:`,
    '-ffp-contract=off) every bit is equal.',
  ])}#include "${name}.h"
#ifndef ${name.toUpperCase()}_TEST_NO_MAIN
#include <stdio.h>
#endif
${/\b(INFINITY|NAN)\b/.test(arrays) ? '#include <math.h>\n' : ''}
${arrays}
/* Numbers that are wrong, and numbers whose bits are not equal. */
static int papilio_wrong, papilio_unequal;

${fillTexts(functions, more?.fills ?? []).join('\n')}
static void papilio_compare(const ${type} *found, const ${type} *expected, int count)
{
  ${type} largest = 0;
  for (int i = 0; i < count; i++) {
    const ${type} size = expected[i] < 0 ? -expected[i] : expected[i];
    if (size > largest${isFinite}) largest = size;
  }
  for (int i = 0; i < count; i++) {
    const ${type} off = found[i] < expected[i] ? expected[i] - found[i] : found[i] - expected[i];
    if (found[i] == expected[i]${bothNaN}) continue;
    papilio_unequal++;
    if (!(off <= largest * ${bound})) papilio_wrong++;
  }
}
${more?.functions ?? ''}
int ${name}_test(void);

int ${name}_test(void)
{
  papilio_wrong = papilio_unequal = 0;
${parts.map((p) => p.check).join('')}${more?.check ?? ''}  return papilio_wrong;
}

#ifndef ${name.toUpperCase()}_TEST_NO_MAIN
int main(void)
{
  const int failed = ${name}_test();
  printf("${name}: %d wrong%s\\n", failed, papilio_unequal == 0 ? ", every bit equal" : "");
  return failed != 0;
}
#endif
`;
}
