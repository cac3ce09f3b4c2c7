/**
 * Quantised constants become numbers once, when a module is made an instance: reading codes in the loops would cost several
 * instructions for every load of one. The codes lie at the end of the place their numbers take, so that no number overwrites
 * a code that is still to be read (codes are no longer than numbers), and the memory is that of a program without codes.
 */
import { bytesOf, type Dtype, type Program } from '../../compiler/kernel.ts';
import { q8Steps, type StoredTable } from '../../ir/stored.ts';
import type { Instruction, WasmFunction } from './emitter.ts';

/** Byte address of the codes of a constant. */
export function codesAddress(program: Program, id: number, base: number): number {
  const { offset, size } = program.buffers[id];
  const { codes } = program.stored.get(id) as StoredTable;
  return base + (offset + size) * bytesOf(program.dtype) - codes.byteLength;
}

/** Locals: the address of a code, that of a number, the code itself. */
const [from, to, code] = [0, 1, 2];

/** Pushes the code at `from` + offset as a float64; `limbValue` of ir/stored.ts, operation by operation. */
function pushLimb({ format, peaks }: StoredTable, limb: number): Instruction[] {
  switch (format) {
    case 'q8':
      return [
        ['local.get', from],
        ['i32.load8_s', limb],
        ['f64.convert_i32_s'],
        ['f64.const', q8Steps],
        ['f64.div'],
        ['f64.const', peaks[limb]],
        ['f64.mul'],
      ];
    case 'f16':
      // The bits as a float32 with the exponent of a binary16: 2^112 makes up for the bias, in subnormal numbers too.
      return [
        ['local.get', from],
        ['i32.load16_u', 2 * limb],
        ['local.tee', code],
        ['i32.const', 0x7fff],
        ['i32.and'],
        ['i32.const', 13],
        ['i32.shl'],
        ['f32.reinterpret_i32'],
        ['f32.const', 2 ** 112],
        ['f32.mul'],
        ['local.get', code],
        ['i32.const', 16],
        ['i32.shl'],
        ['f32.reinterpret_i32'],
        ['f32.copysign'],
        ['f64.promote_f32'],
      ];
    case 'power-of-two':
      // Exponent + 64 to exponent + 1023, the sign to bit 63; the code 0 is no power.
      return [
        ['local.get', from],
        ['i32.load8_u', limb],
        ['local.tee', code],
        ['i32.const', 127],
        ['i32.and'],
        ['i32.const', 1023 - 64],
        ['i32.add'],
        ['local.get', code],
        ['i32.const', 128],
        ['i32.and'],
        ['i32.const', 4],
        ['i32.shl'],
        ['i32.or'],
        ['i64.extend_i32_u'],
        ['i64.const', 52],
        ['i64.shl'],
        ['f64.reinterpret_i64'],
        ['f64.const', 0],
        ['local.get', code],
        ['select'],
      ];
    default:
      return format satisfies never;
  }
}

/** The loop that widens one constant of `elements` numbers. */
function widenLoop(stored: StoredTable, address: number, start: number, dtype: Dtype): Instruction[] {
  const { codes, limbs } = stored;
  const size = bytesOf(dtype);
  const elements = codes.length / limbs;
  const advance = (local: number, by: number): Instruction[] => [
    ['local.get', local],
    ['i32.const', by],
    ['i32.add'],
  ];
  const values = Array.from({ length: limbs }, (_, l): Instruction[] => [
    ...pushLimb(stored, l),
    ...(l > 0 ? ([['f64.add']] as const) : []),
  ]);
  return [
    ['i32.const', address],
    ['local.set', from],
    ['i32.const', start],
    ['local.set', to],
    ['loop'],
    ['local.get', to],
    ...values.flat(),
    ...(dtype === 'f32' ? ([['f32.demote_f64']] as const) : []),
    [`${dtype}.store`, 0],
    ...advance(from, codes.byteLength / elements),
    ['local.set', from],
    ...advance(to, size),
    ['local.tee', to],
    ['i32.const', start + elements * size],
    ['i32.lt_u'],
    ['br_if', 0],
    ['end'],
  ];
}

/** widen(): the codes of every quantised constant as numbers of the dtype; null where there are none. */
export function widenFunction(program: Program, base: number): WasmFunction | null {
  if (program.stored.size === 0) return null;
  const body = [...program.stored].flatMap(([id, stored]) =>
    widenLoop(
      stored,
      codesAddress(program, id, base),
      base + program.buffers[id].offset * bytesOf(program.dtype),
      program.dtype,
    ),
  );
  return {
    name: 'widen',
    exported: false,
    parameters: [],
    results: [],
    locals: ['i32', 'i32', 'i32'],
    body,
  };
}
