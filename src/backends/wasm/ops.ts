/** Scalar ops as WebAssembly instructions, in two tables: vector and scalar, per dtype. */
import { lanesOf, newArray, type Format } from '../../compiler/number-format.ts';
import { leastMantissa } from '../../ir/expr.ts';
import type { IntegerOp, RealOp } from '../../compiler/statements.ts';
import type { Instruction } from './emitter.ts';

const bytesOfArray = (a: ArrayBufferView): number[] => [...new Uint8Array(a.buffer)];
const splat32 = (x: number): number[] => bytesOfArray(new Uint32Array(4).fill(x));
const splat64 = (low: number, high: number): number[] => bytesOfArray(Uint32Array.of(low, high, low, high));

/** The 16 bytes of a vector of one number. */
export const vectorLiteral = (value: number, dtype: Format): number[] =>
  bytesOfArray(newArray(dtype, lanesOf(dtype)).fill(value));

/** Bytes of a shuffle that takes these lanes, of so many bytes, of two vectors; those of the second are counted on. */
export const laneBytes = (lanes: readonly number[], bytes: number): number[] =>
  lanes.flatMap((lane) => Array.from({ length: bytes }, (_, i) => lane * bytes + i));

type Instructions = readonly Instruction[];
/** Instructions that replace the operands on the stack by the result. */
type OpTable = { readonly [K in RealOp]: Instructions };

const ring = <P extends 'f32' | 'f64' | 'f32x4' | 'f64x2'>(p: P) =>
  ({
    add: [[`${p}.add`]],
    sub: [[`${p}.sub`]],
    mul: [[`${p}.mul`]],
    neg: [[`${p}.neg`]],
    div: [[`${p}.div`]],
    sqrt: [[`${p}.sqrt`]],
    abs: [[`${p}.abs`]],
    min: [[`${p}.min`]],
    max: [[`${p}.max`]],
    round: [[`${p}.nearest`]],
    less: [[`${p}.lt`]],
    equal: [[`${p}.eq`]],
  }) satisfies Partial<Record<RealOp, Instructions>>;
const selects = { scalar: [['select']], vector: [['v128.bitselect']] } as const;

/** The bits of the least mantissa; biases of exponents are 127 and 1023. */
const least32 = (leastMantissa - ((1023 - 127) << 20)) << 3;
const least64: Instructions = [['i64.const', leastMantissa], ['i64.const', 32], ['i64.shl']];

/** The high words of two 64-bit lanes into the first two 32-bit lanes; low ones back with zeros between. */
const highWords = laneBytes([1, 3, 1, 3], 4);
const widen = [0, 1, 2, 3, 16, 16, 16, 16, 4, 5, 6, 7, 16, 16, 16, 16];
export const zeroVector: Instruction = ['v128.const', ...new Array<number>(16).fill(0)];

export const opTables: Record<'f32' | 'f64' | 'f32x4' | 'f64x2', OpTable> = {
  f32: {
    ...ring('f32'),
    select: selects.scalar,
    exponent: [
      ['i32.reinterpret_f32'],
      ['i32.const', least32],
      ['i32.sub'],
      ['i32.const', 23],
      ['i32.shr_s'],
      ['f32.convert_i32_s'],
    ],
    mantissa: [
      ['i32.reinterpret_f32'],
      ['i32.const', least32],
      ['i32.sub'],
      ['i32.const', 0x7fffff],
      ['i32.and'],
      ['i32.const', least32],
      ['i32.add'],
      ['f32.reinterpret_i32'],
    ],
    powerOfTwo: [
      ['i32.trunc_sat_f32_s'],
      ['i32.const', 127],
      ['i32.add'],
      ['i32.const', 23],
      ['i32.shl'],
      ['f32.reinterpret_i32'],
    ],
  },
  f64: {
    ...ring('f64'),
    select: selects.scalar,
    exponent: [
      ['i64.reinterpret_f64'],
      ...least64,
      ['i64.sub'],
      ['i64.const', 52],
      ['i64.shr_s'],
      ['f64.convert_i64_s'],
    ],
    mantissa: [
      ['i64.reinterpret_f64'],
      ...least64,
      ['i64.sub'],
      // The 52 bits of the fraction.
      ['i64.const', -1],
      ['i64.const', 12],
      ['i64.shr_u'],
      ['i64.and'],
      ...least64,
      ['i64.add'],
      ['f64.reinterpret_i64'],
    ],
    powerOfTwo: [
      ['i64.trunc_sat_f64_s'],
      ['i64.const', 1023],
      ['i64.add'],
      ['i64.const', 52],
      ['i64.shl'],
      ['f64.reinterpret_i64'],
    ],
  },
  f32x4: {
    ...ring('f32x4'),
    select: selects.vector,
    exponent: [
      ['v128.const', ...splat32(least32)],
      ['i32x4.sub'],
      ['i32.const', 23],
      ['i32x4.shr_s'],
      ['f32x4.convert_i32x4_s'],
    ],
    mantissa: [
      ['v128.const', ...splat32(least32)],
      ['i32x4.sub'],
      ['v128.const', ...splat32(0x7fffff)],
      ['v128.and'],
      ['v128.const', ...splat32(least32)],
      ['i32x4.add'],
    ],
    powerOfTwo: [
      ['i32x4.trunc_sat_f32x4_s'],
      ['v128.const', ...splat32(127)],
      ['i32x4.add'],
      ['i32.const', 23],
      ['i32x4.shl'],
    ],
  },
  f64x2: {
    ...ring('f64x2'),
    select: selects.vector,
    exponent: [
      zeroVector,
      ['i8x16.shuffle', ...highWords],
      ['v128.const', ...splat32(leastMantissa)],
      ['i32x4.sub'],
      ['i32.const', 20],
      ['i32x4.shr_s'],
      ['f64x2.convert_low_i32x4_s'],
    ],
    mantissa: [
      ['v128.const', ...splat64(0, leastMantissa)],
      ['i64x2.sub'],
      ['v128.const', ...splat64(0xffffffff, 0xfffff)],
      ['v128.and'],
      ['v128.const', ...splat64(0, leastMantissa)],
      ['i64x2.add'],
    ],
    powerOfTwo: [
      ['i32x4.trunc_sat_f64x2_s_zero'],
      ['v128.const', ...splat32(1023)],
      ['i32x4.add'],
      zeroVector,
      ['i8x16.shuffle', ...widen],
      ['i32.const', 52],
      ['i64x2.shl'],
    ],
  },
};

const product: readonly (number | Instruction)[] = [
  0,
  ['i64.extend_i32_s'],
  1,
  ['i64.extend_i32_s'],
  ['i64.mul'],
];
const highWord = (half: number): readonly (number | Instruction)[] => [
  ...product,
  ['i64.const', half],
  ['i64.add'],
  ['i64.const', 32],
  ['i64.shr_s'],
  ['i32.wrap_i64'],
];

/** Ops of 32-bit integers: a number pushes that operand. */
export const integerOps: { readonly [K in IntegerOp]: readonly (number | Instruction)[] } = {
  add: [0, 1, ['i32.add']],
  sub: [0, 1, ['i32.sub']],
  mul: [0, 1, ['i32.mul']],
  neg: [['i32.const', 0], 0, ['i32.sub']],
  abs: [
    0,
    0,
    ['i32.const', 31],
    ['i32.shr_s'],
    ['i32.xor'],
    0,
    ['i32.const', 31],
    ['i32.shr_s'],
    ['i32.sub'],
  ],
  min: [0, 1, 0, 1, ['i32.lt_s'], ['select']],
  max: [0, 1, 1, 0, ['i32.lt_s'], ['select']],
  less: [0, 1, ['i32.lt_s']],
  equal: [0, 1, ['i32.eq']],
  select: [1, 2, 0, ['select']],
  mulHigh: highWord(2 ** 31),
  mulHighDown: highWord(2 ** 31 - 1),
  mulHigh16: [...product, ['i64.const', 16], ['i64.shr_s'], ['i32.wrap_i64']],
  shiftRight: [0, 1, ['i32.const', 31], 1, ['i32.const', 31], ['i32.lt_s'], ['select'], ['i32.shr_s']],
  shiftLeft: [0, 1, ['i32.shl']],
  bitLength: [
    ['i32.const', 32],
    ...[0, 1].flatMap((x): (number | Instruction)[] => [x, x, ['i32.const', 31], ['i32.shr_s'], ['i32.xor']]),
    ['i32.or'],
    ['i32.clz'],
    ['i32.sub'],
  ],
};

export const reverse = { 4: laneBytes([3, 2, 1, 0], 4), 8: laneBytes([1, 0], 8) };

/** By bytes of a lane: shuffles of a vector that is to be added to itself: every lane meets the one so many behind it. */
export const folds: Record<4 | 8, Readonly<Record<number, readonly number[]>>> = {
  4: { 2: laneBytes([2, 3, 0, 1], 4), 1: laneBytes([1, 0, 3, 2], 4) },
  8: { 1: laneBytes([1, 0], 8) },
};

/** Shuffles of two vectors, by bytes of a lane: lanes and halves interleaved. */
export const shuffles = {
  lowLanes: { 4: laneBytes([0, 4, 1, 5], 4), 8: laneBytes([0, 2], 8) },
  highLanes: { 4: laneBytes([2, 6, 3, 7], 4), 8: laneBytes([1, 3], 8) },
  lowHalves: laneBytes([0, 2], 8),
  highHalves: laneBytes([1, 3], 8),
} as const;
