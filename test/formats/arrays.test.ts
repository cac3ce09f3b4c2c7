/** Matrices and pairs from .npy, .safetensors and .json, and what is wrong with a file in one line that names it. */
import { describe, expect, it } from 'vitest';
import { FileFormatError } from '../../src/errors.ts';
import { decodeTables } from '../../src/formats/arrays.ts';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';

/** A NumPy file as numpy.lib.format writes it: header padded to 64 bytes. */
function npy(descr: string, shape: string, data: ArrayBuffer, fortran = false): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  bytes.set(new TextEncoder().encode(`${header.padEnd(length - 1)}\n`), 10);
  bytes.set(new Uint8Array(data), 10 + length);
  return bytes;
}
const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('.npy', () => {
  it('writes what it reads, aligned as NumPy does', () => {
    for (const shape of [[1], [7], [2, 3], [2, 3, 4], [100_000, 1]]) {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 7 - 1);
      for (const own of [data, Float64Array.from(data, (x) => x / 3)]) {
        const bytes = encodeNpy(own, shape);
        expect((bytes.length - own.byteLength) % 64).toBe(0);
        expect(new TextDecoder().decode(bytes.subarray(6, 8))).toBe('\u0001\u0000');
        const back = decodeNpy(bytes, 'x');
        expect(back.shape).toEqual(shape);
        expect(back.re).toEqual(Float64Array.from(own));
      }
    }
    expect(() => encodeNpy(new Float32Array(3), [2])).toThrow(
      /3 numbers; expected as many as the shape \[2\]/,
    );
    expect(() => encodeNpy(new Float32Array(3), [1.5, 2])).toThrow(/shape/);
  });
  it('reads float64, float32, complex and integers', () => {
    expect([...decodeNpy(npy('<f8', '(2, 2)', Float64Array.of(1, 2, 3, 4).buffer), 'x').re]).toEqual([
      1, 2, 3, 4,
    ]);
    expect([...decodeNpy(npy('<f4', '(2,)', Float32Array.of(0.5, -1).buffer), 'x').re]).toEqual([0.5, -1]);
    expect([...decodeNpy(npy('<i8', '(2,)', BigInt64Array.of(-7n, 9n).buffer), 'x').re]).toEqual([-7, 9]);
    expect([...decodeNpy(npy('<f2', '(3,)', Uint16Array.of(0x3c00, 0xc500, 1).buffer), 'x').re]).toEqual([
      1,
      -5,
      2 ** -24,
    ]);
    expect([...decodeNpy(npy('<i2', '(2,)', Int16Array.of(-7, 9).buffer), 'x').re]).toEqual([-7, 9]);
    expect([...decodeNpy(npy('|u1', '(2,)', Uint8Array.of(250, 9).buffer), 'x').re]).toEqual([250, 9]);
    expect([...decodeNpy(npy('|i1', '(2,)', Int8Array.of(-6, 9).buffer), 'x').re]).toEqual([-6, 9]);
    const c = decodeNpy(npy('<c16', '(1, 2)', Float64Array.of(1, 2, 3, 4).buffer), 'x');
    expect([[...c.re], [...(c.im ?? [])], c.shape]).toEqual([
      [1, 3],
      [2, 4],
      [1, 2],
    ]);
  });
  it('turns Fortran order into C order', () => {
    const { re } = decodeNpy(npy('<f8', '(2, 3)', Float64Array.of(1, 4, 2, 5, 3, 6).buffer, true), 'x');
    expect([...re]).toEqual([1, 2, 3, 4, 5, 6]);
  });
  it.each([
    [npy('>f8', '(1,)', new ArrayBuffer(8)), /x: dtype ">f8"; expected/],
    [npy('|O', '(1,)', new ArrayBuffer(8)), /x: dtype "\|O"/],
    [npy('<f8', '(3,)', new ArrayBuffer(8)), /x: 8 bytes of data; expected 24/],
    [npy('<f8', '(-1, 2)', new ArrayBuffer(0)), /x: the shape in the NumPy header is damaged/],
    [Uint8Array.of(1, 2, 3), /x: no NumPy file/],
  ])('refuses what it cannot read', (bytes, message) => {
    expect(() => decodeNpy(bytes, 'x')).toThrow(message);
    expect(() => decodeNpy(bytes, 'x')).toThrow(FileFormatError);
  });
});

describe('tables', () => {
  it('come from .json, real or complex', () => {
    const { matrix } = decodeTables(
      text([
        [1, 2],
        [3, 4],
      ]),
      'm.json',
      ['matrix'],
    );
    expect([[...matrix.re], [...matrix.im], matrix.shape]).toEqual([
      [1, 2, 3, 4],
      [0, 0, 0, 0],
      [2, 2],
    ]);
    const pairs = decodeTables(text({ input: { re: [[1, 2]], im: [[0, 1]] }, output: [[5, 6]] }), 'p.json', [
      'input',
      'output',
    ]);
    expect([[...pairs.input.im], [...pairs.output.re]]).toEqual([
      [0, 1],
      [5, 6],
    ]);
  });
  it('come from .safetensors, as pairs or as two tensors', () => {
    const t = (shape: number[], ...data: number[]) => ({
      dtype: 'F64' as const,
      shape,
      data: Float64Array.from(data),
    });
    const pairs = encodeSafetensors({ matrix: t([1, 2, 2], 1, 2, 3, 4) }, {});
    expect([...decodeTables(pairs, 'm.safetensors', ['matrix']).matrix.im]).toEqual([2, 4]);
    const two = encodeSafetensors({ 'matrix.re': t([1, 2], 1, 3), 'matrix.im': t([1, 2], 2, 4) }, {});
    expect(decodeTables(two, 'm.safetensors', ['matrix'])).toEqual(
      decodeTables(pairs, 'm.safetensors', ['matrix']),
    );
    expect(() => decodeTables(two, 'm.safetensors', ['input'])).toThrow(
      /no tensor "input" or "input.re"; there are/,
    );
  });
  it.each([
    ['m.json', text([[1, 2], [3]]), /m.json: rows of different length/],
    [
      'm.json',
      text([
        [1, [2]],
        [3, 4],
      ]),
      /m.json: rows of different length/,
    ],
    ['m.json', text([[1, 'x']]), /m.json: expected nested lists/],
    ['m.json', text([1, 2]), /m.json: an array of shape \[2\]; expected two dimensions/],
    ['m.json', Uint8Array.of(123), /m.json: no JSON/],
    ['m.csv', Uint8Array.of(1), /m.csv: expected a .npy, .safetensors or .json file/],
    ['m.npy', npy('<f8', '(1, 1)', Float64Array.of(NaN).buffer), /m.npy: a number that is not finite/],
  ])('%s: what is wrong', (name, bytes, message) => {
    expect(() => decodeTables(bytes, name, ['matrix'])).toThrow(message);
    expect(() => decodeTables(bytes, name, ['matrix'])).toThrow(FileFormatError);
  });
});
