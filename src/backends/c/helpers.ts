/** Functions of C that ops without an operator call: no libm, no undefined behaviour, the bits of ir/expr.ts. Printed where they are used. */
import type { AnyProgram } from '../../compiler/kernel.ts';
import type { Dtype } from '../../compiler/number-format.ts';
import { leastMantissa } from '../../ir/expr.ts';
import { integerHelpers } from './integer-helpers.ts';
import { cTypes } from './numbers.ts';

/** The words of a floating-point format. */
interface Words {
  readonly word: string;
  readonly signed: string;
  readonly mantissa: number;
  readonly bias: number;
  /** Adding and taking it away rounds to integers, ties to even. */
  readonly whole: string;
  /** Instructions for square roots: condition, then text of a statement that sets y from x. */
  readonly roots: readonly (readonly [string, string])[];
}

const wordsOf: Readonly<Record<Dtype, Words>> = {
  f32: {
    word: 'uint32_t',
    signed: 'int32_t',
    mantissa: 23,
    bias: 127,
    whole: '8388608.0f',
    roots: [
      [
        'defined(__ARM_FP) && (__ARM_FP & 4) && !defined(__aarch64__)',
        '__asm__("vsqrt.f32 %0, %1" : "=t"(y) : "t"(x));',
      ],
      ['defined(__aarch64__)', '__asm__("fsqrt %s0, %s1" : "=w"(y) : "w"(x));'],
      ['defined(__SSE__)', '__asm__("sqrtss %1, %0" : "=x"(y) : "x"(x));'],
      ['defined(__riscv_flen)', '__asm__("fsqrt.s %0, %1" : "=f"(y) : "f"(x));'],
    ],
  },
  f64: {
    word: 'uint64_t',
    signed: 'int64_t',
    mantissa: 52,
    bias: 1023,
    whole: '4503599627370496.0',
    roots: [
      [
        'defined(__ARM_FP) && (__ARM_FP & 8) && !defined(__aarch64__)',
        '__asm__("vsqrt.f64 %P0, %P1" : "=w"(y) : "w"(x));',
      ],
      ['defined(__aarch64__)', '__asm__("fsqrt %d0, %d1" : "=w"(y) : "w"(x));'],
      ['defined(__SSE2__)', '__asm__("sqrtsd %1, %0" : "=x"(y) : "x"(x));'],
      ['defined(__riscv_flen) && __riscv_flen >= 64', '__asm__("fsqrt.d %0, %1" : "=f"(y) : "f"(x));'],
    ],
  },
};

type Helper = (type: string, dtype: Dtype, words: Words) => string;

/** The correctly rounded root of a number that is not negative, bit by bit, where no instruction makes it. */
const sqrt: Helper = (type, _, { word, signed, mantissa, bias, roots }) => {
  // clang warns of functions that nobody uses.
  const unused = ['bits', 'number', 'infinity'].map((name) => `(void)papilio_${name};`).join(' ');
  const choices = roots.map(
    ([condition, text], i) =>
      `#${i === 0 ? 'if' : 'elif'} defined(__GNUC__) && !defined(PAPILIO_NO_ASM) && ${condition}\n  ${type} y;\n  ${text}\n  ${unused}\n  return y;\n`,
  );
  return `/* The square root, correctly rounded. */
static inline ${type} papilio_sqrt(${type} x)
{
${choices.join('')}#else
  ${word} m, root = 0, bit, rest = 0;
  ${signed} e;
  int i;
  if (!(x > 0) || x == papilio_infinity()) return x < 0 ? papilio_infinity() - papilio_infinity() : x;
  m = papilio_bits(x);
  e = (${signed})(m >> ${mantissa});
  m &= ((${word})1 << ${mantissa}) - 1;
  if (e > 0) m |= (${word})1 << ${mantissa};
  else e = 1;
  while (!(m >> ${mantissa})) {
    m <<= 1;
    e--;
  }
  e -= ${bias};
  if (e & 1) {
    m <<= 1;
    e--;
  }
  /* ${mantissa + 2} bits of the root, two bits of m at a time; what is left says on which side of a half it lies. */
  for (i = 0; i < ${mantissa + 2}; i++) {
    bit = (m >> ${mantissa}) & 3;
    m = (m & (((${word})1 << ${mantissa}) - 1)) << 2;
    rest = (rest << 2) | bit;
    bit = (root << 2) | 1;
    root <<= 1;
    if (rest >= bit) {
      rest -= bit;
      root |= 1;
    }
  }
  root = (root >> 1) + (root & 1);
  return papilio_number((((${word})(e / 2 + ${bias})) << ${mantissa}) + root - ((${word})1 << ${mantissa}));
#endif
}
`;
};

/** Functions by the name behind `papilio_`, those that others call first. */
const helpers: Readonly<Record<string, Helper>> = {
  bits: (type, _, { word }) => `static inline ${word} papilio_bits(${type} x)
{
  ${word} w;
  memcpy(&w, &x, sizeof w);
  return w;
}
`,
  number: (type, _, { word }) => `static inline ${type} papilio_number(${word} w)
{
  ${type} x;
  memcpy(&x, &w, sizeof x);
  return x;
}
`,
  infinity: (type, _, { word, mantissa, bias }) => `static inline ${type} papilio_infinity(void)
{
  return papilio_number((${word})${2 * bias + 1} << ${mantissa});
}
`,
  nan: (type, _, { word, mantissa, bias }) => `static inline ${type} papilio_nan(void)
{
  return papilio_number((${word})${4 * bias + 3} << ${mantissa - 1});
}
`,
  sqrt,
  abs: (type, _, { word, mantissa }) => {
    const sign = mantissa === 23 ? 31 : 63;
    return `static inline ${type} papilio_abs(${type} x)
{
  return papilio_number(papilio_bits(x) & ~((${word})1 << ${sign}));
}
`;
  },
  min: (type) => `/* The smaller; NaN if either is, -0 below 0. */
static inline ${type} papilio_min(${type} a, ${type} b)
{
  return a < b ? a : b < a ? b : a == b ? papilio_number(papilio_bits(a) | papilio_bits(b)) : a + b;
}
`,
  max: (type) => `/* The larger; NaN if either is, 0 above -0. */
static inline ${type} papilio_max(${type} a, ${type} b)
{
  return a > b ? a : b > a ? b : a == b ? papilio_number(papilio_bits(a) & papilio_bits(b)) : a + b;
}
`,
  at_least: (
    type,
    _,
    { signed },
  ) => `/* The larger of a number and one above 0, NaN if the first is: positive numbers are in the order of their bits. */
static inline ${type} papilio_at_least(${type} x, ${type} least)
{
  if ((${signed})papilio_bits(x) >= (${signed})papilio_bits(least)) return x;
  return x != x ? x : least;
}
`,
  is_finite: (type, _, { word, mantissa, bias }) => `/* Of a number that is not negative. */
static inline int papilio_is_finite(${type} x)
{
  const int finite = papilio_bits(x) < ((${word})${2 * bias + 1} << ${mantissa});
#if defined(__GNUC__)
  return __builtin_expect(finite, 1) != 0;
#else
  return finite;
#endif
}
`,
  round: (type, _, { whole }) => `/* The nearest integer, ties to even. */
static inline ${type} papilio_round(${type} x)
{
  if (x > 0) return x < ${whole} ? (x + ${whole}) - ${whole} : x;
  return x < 0 && x > -${whole} ? -((-x + ${whole}) - ${whole}) : x;
}
`,
  power: (
    type,
    _,
    { word, signed, mantissa, bias },
  ) => `/* The exponent as an integer: of mantissas from about the root of 1/2. */
static inline ${signed} papilio_power(${type} x)
{
  return (${signed})(papilio_bits(x) - ((${word})${leastMantissa - ((1023 - bias) << 20)} << ${mantissa - 20})) >> ${mantissa};
}
`,
  exponent: (type) => `/* The integer nearest to log2 x of a normal number x > 0. */
static inline ${type} papilio_exponent(${type} x)
{
  return (${type})papilio_power(x);
}
`,
  mantissa: (type, _, { word, mantissa }) => `/* x over 2 to its exponent. */
static inline ${type} papilio_mantissa(${type} x)
{
  return papilio_number(papilio_bits(x) - ((${word})papilio_power(x) << ${mantissa}));
}
`,
  power_of_two: (type, _, { word, signed, mantissa, bias }) => `/* 2 to an integer, of a normal result. */
static inline ${type} papilio_power_of_two(${type} x)
{
  return papilio_number((${word})((${signed})x + ${bias}) << ${mantissa});
}
`,
};

/** The helpers that the text of some programs of one dtype calls, in an order in which each is there before it is called. */
export function helpersText(programs: readonly AnyProgram[], text: string): string {
  const dtype = programs[0]?.dtype ?? 'f32';
  if (dtype === 'i32') return integerHelpers(text);
  const list = Object.entries(helpers).map(([name, helper]) => ({
    name,
    text: helper(cTypes[dtype].name, dtype, wordsOf[dtype]),
  }));
  const used = new Set<string>();
  const calls = (where: string): void => {
    for (const { name, text: own } of list) {
      if (used.has(name) || !where.includes(`papilio_${name}(`)) continue;
      used.add(name);
      calls(own);
    }
  };
  calls(text);
  return list.flatMap(({ name, text: own }) => (used.has(name) ? [own] : [])).join('');
}
