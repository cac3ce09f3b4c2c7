/** Functions of C for ops of 32-bit integers, with the instructions of ARM's DSP extension where there are any. Printed where they are used. */
/** A function: one instruction of the DSP extension, or of every machine that has that, or an expression. */
const single = (
  name: string,
  parameters: readonly string[],
  instruction: string,
  otherwise: string,
): string => {
  const list = parameters.map((p) => `int32_t ${p}`).join(', ');
  const operands = parameters.map((p) => `"r"(${p})`).join(', ');
  return `static inline int32_t ${name}(${list})
{
#ifdef PAPILIO_DSP
  int32_t y;
  __asm__("${instruction}" : "=r"(y) : ${operands});
  return y;
#else
  return ${otherwise};
#endif
}
`;
};

/** What all of these need: is there the extension; a product's words where there is no long multiplication. */
const integerPrelude = `#if defined(__GNUC__) && defined(__ARM_FEATURE_DSP) && !defined(__aarch64__) && !defined(PAPILIO_NO_ASM)
#define PAPILIO_DSP
#endif
`;

/** (a b + half) / 2^32, rounded down, by halves of the words. */
const words = `#if !defined(PAPILIO_DSP) && defined(__ARM_ARCH_6M__)
static inline int32_t papilio_high_word(int32_t a, int32_t b, uint32_t half)
{
  const uint32_t al = (uint32_t)a & 0xffff, bl = (uint32_t)b & 0xffff, low = al * bl;
  const int32_t ah = a >> 16, bh = b >> 16;
  const uint32_t word = low + half, carry = word < low;
  const int32_t middle = ah * (int32_t)bl + (int32_t)(word >> 16);
  const uint32_t rest = ((uint32_t)middle & 0xffff) + ((uint32_t)((int32_t)al * bh) & 0xffff);
  return ah * bh + (middle >> 16) + (((int32_t)al * bh) >> 16) + (int32_t)(rest >> 16) + (int32_t)carry;
}
#define PAPILIO_HIGH(a, b, half) papilio_high_word(a, b, half)
#else
#define PAPILIO_HIGH(a, b, half) (int32_t)(((int64_t)(a) * (b) + (int64_t)(half)) >> 32)
#endif
`;

const low16 = '(a >> 16) * b + (((a & 0xffff) * b) >> 16)';

/** Every function by its name. */
const functions: readonly (readonly [name: string, text: string])[] = [
  [
    'papilio_mul_high',
    `/* a b / 2^32, rounded to nearest, ties up. */
${single('papilio_mul_high', ['a', 'b'], 'smmulr %0, %1, %2', 'PAPILIO_HIGH(a, b, 0x80000000u)')}`,
  ],
  [
    'papilio_mul_high_down',
    `/* a b / 2^32, rounded to nearest, ties down. */
static inline int32_t papilio_mul_high_down(int32_t a, int32_t b)
{
  return PAPILIO_HIGH(a, b, 0x7fffffffu);
}
`,
  ],
  [
    'papilio_add_high',
    single(
      'papilio_add_high',
      ['c', 'a', 'b'],
      'smmlar %0, %2, %3, %1',
      'c + PAPILIO_HIGH(a, b, 0x80000000u)',
    ),
  ],
  [
    'papilio_sub_high',
    single(
      'papilio_sub_high',
      ['c', 'a', 'b'],
      'smmlsr %0, %2, %3, %1',
      'c - PAPILIO_HIGH(a, b, 0x7fffffffu)',
    ),
  ],
  [
    'papilio_mul_high16',
    `/* a b / 2^16, rounded down, of a b of 16 bits. */
${single('papilio_mul_high16', ['a', 'b'], 'smulwb %0, %1, %2', low16)}`,
  ],
  [
    'papilio_add_high16',
    // The sum fits; without the lower half of the product it may not.
    single(
      'papilio_add_high16',
      ['c', 'a', 'b'],
      'smlawb %0, %2, %3, %1',
      `(int32_t)((uint32_t)c + (uint32_t)((a >> 16) * b) + (uint32_t)(((a & 0xffff) * b) >> 16))`,
    ),
  ],
  [
    'papilio_shift_right',
    `/* x / 2^by, rounded down. */
${single('papilio_shift_right', ['x', 'by'], 'asr %0, %1, %2', 'x >> (by > 31 ? 31 : by)')}`,
  ],
  [
    'papilio_bit_length',
    `/* Bits of the larger magnitude. */
static inline int32_t papilio_bit_length(int32_t a, int32_t b)
{
  const uint32_t bits = ((uint32_t)(a ^ (a >> 31)) | (uint32_t)(b ^ (b >> 31))) << 1 | 1;
#ifdef __GNUC__
  return 31 - __builtin_clz(bits);
#else
  int32_t n = 0;
  while (bits >> n > 1) n++;
  return n;
#endif
}
`,
  ],
];

/** The functions that a text of C calls. */
export function integerHelpers(text: string): string {
  const called = functions.flatMap(([name, own]) => (text.includes(`${name}(`) ? [own] : [])).join('');
  if (called === '') return '';
  return `${integerPrelude}${called.includes('PAPILIO_HIGH(') ? words : ''}${called}`;
}
