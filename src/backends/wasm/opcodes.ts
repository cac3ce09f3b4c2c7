/**
 * The WebAssembly instructions that kernels are made of, by their text-format names: encoding and kind of immediates.
 * Source: WebAssembly Core Specification 2.0, appendix A.7, and the relaxed SIMD proposal. Checked against wabt in the tests.
 */

/** What follows the opcode. */
export type Immediate =
  | 'none'
  | 'index'
  | 'block'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'memory'
  | 'memory-lane'
  | 'vector'
  | 'shuffle';

export interface Opcode {
  /** 0 for plain opcodes, 0xfd for vector, 0xfc for saturating conversions. */
  readonly prefix: number;
  readonly code: number;
  readonly immediate: Immediate;
  /** log2 of the natural alignment of a memory access. */
  readonly align?: number;
}

const plain = (code: number, immediate: Immediate = 'none', align?: number): Opcode => ({
  prefix: 0,
  code,
  immediate,
  ...(align === undefined ? {} : { align }),
});
const vector = (code: number, immediate: Immediate = 'none', align?: number): Opcode => ({
  ...plain(code, immediate, align),
  prefix: 0xfd,
});
const saturating = (code: number): Opcode => ({ ...plain(code), prefix: 0xfc });

export const opcodes = {
  // control and locals
  loop: plain(0x03, 'block'),
  end: plain(0x0b),
  br_if: plain(0x0d, 'index'),
  call: plain(0x10, 'index'),
  select: plain(0x1b),
  'local.get': plain(0x20, 'index'),
  'local.set': plain(0x21, 'index'),
  'local.tee': plain(0x22, 'index'),
  // memory
  'i32.load': plain(0x28, 'memory', 2),
  'f32.load': plain(0x2a, 'memory', 2),
  'f64.load': plain(0x2b, 'memory', 3),
  'i32.load8_s': plain(0x2c, 'memory', 0),
  'i32.load8_u': plain(0x2d, 'memory', 0),
  'i32.load16_u': plain(0x2f, 'memory', 1),
  'i32.store': plain(0x36, 'memory', 2),
  'f32.store': plain(0x38, 'memory', 2),
  'f64.store': plain(0x39, 'memory', 3),
  // constants
  'i32.const': plain(0x41, 'i32'),
  'i64.const': plain(0x42, 'i64'),
  'f32.const': plain(0x43, 'f32'),
  'f64.const': plain(0x44, 'f64'),
  // comparisons
  'i32.eq': plain(0x46),
  'i32.lt_s': plain(0x48),
  'i32.lt_u': plain(0x49),
  'f32.eq': plain(0x5b),
  'f32.lt': plain(0x5d),
  'f64.eq': plain(0x61),
  'f64.lt': plain(0x63),
  // integers
  'i32.clz': plain(0x67),
  'i32.add': plain(0x6a),
  'i32.sub': plain(0x6b),
  'i32.mul': plain(0x6c),
  'i32.and': plain(0x71),
  'i32.or': plain(0x72),
  'i32.xor': plain(0x73),
  'i32.shl': plain(0x74),
  'i32.shr_s': plain(0x75),
  'i32.shr_u': plain(0x76),
  'i64.add': plain(0x7c),
  'i64.sub': plain(0x7d),
  'i64.mul': plain(0x7e),
  'i64.and': plain(0x83),
  'i64.or': plain(0x84),
  'i64.shl': plain(0x86),
  'i64.shr_s': plain(0x87),
  'i64.shr_u': plain(0x88),
  // floats
  'f32.abs': plain(0x8b),
  'f32.neg': plain(0x8c),
  'f32.nearest': plain(0x90),
  'f32.sqrt': plain(0x91),
  'f32.add': plain(0x92),
  'f32.sub': plain(0x93),
  'f32.mul': plain(0x94),
  'f32.div': plain(0x95),
  'f32.min': plain(0x96),
  'f32.max': plain(0x97),
  'f32.copysign': plain(0x98),
  'f64.abs': plain(0x99),
  'f64.neg': plain(0x9a),
  'f64.nearest': plain(0x9e),
  'f64.sqrt': plain(0x9f),
  'f64.add': plain(0xa0),
  'f64.sub': plain(0xa1),
  'f64.mul': plain(0xa2),
  'f64.div': plain(0xa3),
  'f64.min': plain(0xa4),
  'f64.max': plain(0xa5),
  // conversions
  'i32.wrap_i64': plain(0xa7),
  'i64.extend_i32_s': plain(0xac),
  'i64.extend_i32_u': plain(0xad),
  'f32.convert_i32_s': plain(0xb2),
  'f32.demote_f64': plain(0xb6),
  'f64.convert_i32_s': plain(0xb7),
  'f64.convert_i64_s': plain(0xb9),
  'f64.promote_f32': plain(0xbb),
  'i32.reinterpret_f32': plain(0xbc),
  'i64.reinterpret_f64': plain(0xbd),
  'f32.reinterpret_i32': plain(0xbe),
  'f64.reinterpret_i64': plain(0xbf),
  'i32.trunc_sat_f32_s': saturating(0),
  'i64.trunc_sat_f64_s': saturating(6),
  // vectors: memory
  'v128.load': vector(0, 'memory', 4),
  'v128.load32_splat': vector(9, 'memory', 2),
  'v128.load64_splat': vector(10, 'memory', 3),
  'v128.store': vector(11, 'memory', 4),
  'v128.const': vector(12, 'vector'),
  'i8x16.shuffle': vector(13, 'shuffle'),
  'v128.load32_lane': vector(86, 'memory-lane', 2),
  'v128.load64_lane': vector(87, 'memory-lane', 3),
  'v128.store32_lane': vector(90, 'memory-lane', 2),
  'v128.store64_lane': vector(91, 'memory-lane', 3),
  'v128.load32_zero': vector(92, 'memory', 2),
  'v128.load64_zero': vector(93, 'memory', 3),
  // vectors: comparisons and bits
  'f32x4.eq': vector(65),
  'f32x4.lt': vector(67),
  'f64x2.eq': vector(71),
  'f64x2.lt': vector(73),
  'v128.and': vector(78),
  'v128.or': vector(80),
  'v128.bitselect': vector(82),
  // vectors: floats
  'f32x4.nearest': vector(106),
  'f64x2.nearest': vector(148),
  'f32x4.abs': vector(224),
  'f32x4.neg': vector(225),
  'f32x4.sqrt': vector(227),
  'f32x4.add': vector(228),
  'f32x4.sub': vector(229),
  'f32x4.mul': vector(230),
  'f32x4.div': vector(231),
  'f32x4.min': vector(232),
  'f32x4.max': vector(233),
  'f64x2.abs': vector(236),
  'f64x2.neg': vector(237),
  'f64x2.sqrt': vector(239),
  'f64x2.add': vector(240),
  'f64x2.sub': vector(241),
  'f64x2.mul': vector(242),
  'f64x2.div': vector(243),
  'f64x2.min': vector(244),
  'f64x2.max': vector(245),
  // vectors: integers and conversions
  'i32x4.shl': vector(171),
  'i32x4.shr_s': vector(172),
  'i32x4.shr_u': vector(173),
  'i32x4.add': vector(174),
  'i32x4.sub': vector(177),
  'i64x2.shl': vector(203),
  'i64x2.shr_u': vector(205),
  'i64x2.add': vector(206),
  'i64x2.sub': vector(209),
  'i32x4.trunc_sat_f32x4_s': vector(248),
  'f32x4.convert_i32x4_s': vector(250),
  'i32x4.trunc_sat_f64x2_s_zero': vector(252),
  'f64x2.convert_low_i32x4_s': vector(254),
  // relaxed SIMD: fused multiply-add where the engine has it
  'f32x4.relaxed_madd': vector(0x105),
  'f32x4.relaxed_nmadd': vector(0x106),
  'f64x2.relaxed_madd': vector(0x107),
  'f64x2.relaxed_nmadd': vector(0x108),
} as const satisfies Record<string, Opcode>;

export type OpName = keyof typeof opcodes;
