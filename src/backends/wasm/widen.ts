/**
 * Quantised constants become numbers once, when a module is made an instance: reading codes in the loops would cost several
 * instructions for every load of one. The codes lie at the end of the place their numbers take, so that no number overwrites
 * a code that is still to be read (codes are no longer than numbers), and the memory is that of a program without codes.
 */
import { bytesOf, type Dtype, type Program } from '../../compiler/kernel.ts';
import { q8Steps, type LimbFormat, type StoredTable } from '../../ir/stored.ts';
import type { Instruction, ValueType, WasmFunction } from './emitter.ts';

/** Byte address of the codes of a constant. */
export function codesAddress(program: Program, id: number): number {
  const { offset, size } = program.buffers[id];
  const { codes } = program.stored.get(id) as StoredTable;
  return (offset + size) * bytesOf(program.dtype) - codes.byteLength;
}

/** Parameters of a widening function: the address of a code, of a number, of the end of the numbers; then the peaks. */
const [from, to, end, firstPeak] = [0, 1, 2, 3];

/** Pushes the code at `from` + offset as a float64; `limbValue` of ir/stored.ts, operation by operation. `code`: an i32 local. */
function pushLimb(format: LimbFormat, limb: number, code: number): Instruction[] {
  switch (format) {
    case 'q8':
      return [
        ['local.get', from],
        ['i32.load8_s', limb],
        ['f64.convert_i32_s'],
        ['f64.const', q8Steps],
        ['f64.div'],
        ['local.get', firstPeak + limb],
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

/** widen(from, to, end, peaks...): the loop over the elements of a table of this kind. */
function widenTable({ format, limbs, codes, peaks }: StoredTable, dtype: Dtype): WasmFunction {
  const advance = (local: number, by: number): Instruction[] => [
    ['local.get', local],
    ['i32.const', by],
    ['i32.add'],
  ];
  const parameters: ValueType[] = ['i32', 'i32', 'i32', ...peaks.map(() => 'f64' as const)];
  const values = Array.from({ length: limbs }, (_, l): Instruction[] => [
    ...pushLimb(format, l, parameters.length),
    ...(l > 0 ? ([['f64.add']] as const) : []),
  ]);
  return {
    name: `widen ${format} ${limbs}`.replace(/[^a-z0-9]+/g, '_'),
    exported: false,
    parameters,
    results: [],
    locals: ['i32'],
    body: [
      ['loop'],
      ['local.get', to],
      ...values.flat(),
      ...(dtype === 'f32' ? ([['f32.demote_f64']] as const) : []),
      [`${dtype}.store`, 0],
      ...advance(from, limbs * codes.BYTES_PER_ELEMENT),
      ['local.set', from],
      ...advance(to, bytesOf(dtype)),
      ['local.tee', to],
      ['local.get', end],
      ['i32.lt_u'],
      ['br_if', 0],
      ['end'],
    ],
  };
}

/** Functions, numbered from `first` on, the last of which widens every quantised constant; none where there are none. */
export function widenFunctions(program: Program, first: number): WasmFunction[] {
  const kinds = new Map<string, number>();
  const functions: WasmFunction[] = [];
  const body: Instruction[] = [];
  for (const [id, stored] of program.stored) {
    const kind = `${stored.format} ${stored.limbs}`;
    const at = kinds.get(kind) ?? functions.push(widenTable(stored, program.dtype)) - 1;
    kinds.set(kind, at);
    const { offset, size } = program.buffers[id];
    body.push(
      ['i32.const', codesAddress(program, id)],
      ['i32.const', offset * bytesOf(program.dtype)],
      ['i32.const', (offset + size) * bytesOf(program.dtype)],
      ...stored.peaks.map((peak) => ['f64.const', peak] as const),
      ['call', first + at],
    );
  }
  if (body.length === 0) return [];
  return [...functions, { name: 'widen', exported: false, parameters: [], results: [], locals: [], body }];
}
