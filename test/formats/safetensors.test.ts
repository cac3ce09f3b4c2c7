import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../helpers.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { MAX_HEADER_BYTES, decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import type { Tensor } from '../../src/formats/safetensors.ts';
import { damaged, decodesOrRefuses, refusal, unaligned } from './hostile.ts';

const f32 = (shape: number[], ...values: number[]): Tensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});

const MODEL: Record<string, Tensor> = {
  mask: { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 1, 255) },
  twiddles: f32([2, 2], 1, -0, 0.5, NaN),
  gain: { dtype: 'F64', shape: [2, 1], data: Float64Array.of(1 / 3, -Infinity) },
  order: { dtype: 'I32', shape: [], data: Int32Array.of(-2147483648) },
  empty: f32([0, 7]),
  'sp\u00e9cial \u{1f98b} "name"': f32([1], 2),
};
const METADATA = { n: '512', note: 'line 1\nline 2 \u2028 \\ "quoted"', '': 'empty key' };

/** A file with this header text (or bytes) and this many bytes of data. */
function file(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

/** Header text of entries `[name, dtype, shape, [begin, end]]`, in this order. */
const header = (...entries: [string, string, number[], number[]][]): string =>
  `{${entries
    .map(
      ([name, dtype, shape, data_offsets]) =>
        `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets })}`,
    )
    .join(',')}}`;

const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';

describe('safetensors', () => {
  it('gives back every tensor, bit for bit, and the metadata', () => {
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(MODEL, METADATA), 'm.safetensors');
    expect(Object.fromEntries(tensors)).toEqual(MODEL);
    expect({ ...metadata }).toEqual(METADATA);
  });

  it('gives back any tensors', () => {
    const shape = fc.array(fc.nat(4), { maxLength: 3 });
    const data = (dtype: Tensor['dtype'], count: number): fc.Arbitrary<Tensor['data']> => {
      const exact = { minLength: count, maxLength: count };
      if (dtype === 'F64') return fc.float64Array(exact);
      if (dtype === 'F32') return fc.float32Array(exact);
      return dtype === 'I32' ? fc.int32Array(exact) : fc.uint8Array(exact);
    };
    const tensor = fc.tuple(fc.constantFrom('F64', 'F32', 'I32', 'U8'), shape).chain(([dtype, extents]) => {
      const count = extents.reduce((product, extent) => product * extent, 1);
      return data(dtype, count).map((values): Tensor => ({ dtype, shape: extents, data: values }));
    });
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    const name = text.filter((s) => s !== '__proto__' && s !== '__metadata__');
    const options = { noNullPrototype: true };
    fc.assert(
      fc.property(
        fc.dictionary(name, tensor, options),
        fc.dictionary(name, text, options),
        (tensors, metadata) => {
          const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata), 'm.safetensors');
          expect(Object.fromEntries(decoded.tensors)).toEqual(tensors);
          expect({ ...decoded.metadata }).toEqual(metadata);
        },
      ),
      { numRuns: cases(100, 300) },
    );
  });

  it('writes the same bytes whatever the order of the keys', () => {
    const reversed = Object.fromEntries(Object.entries(MODEL).reverse());
    const reversedMetadata = Object.fromEntries(Object.entries(METADATA).reverse());
    expect(encodeSafetensors(reversed, reversedMetadata)).toEqual(encodeSafetensors(MODEL, METADATA));
  });

  it('pads the header to 8 bytes and aligns every tensor to its element', () => {
    for (let length = 1; length < 10; length++) {
      const bytes = encodeSafetensors({ ...MODEL, ['x'.repeat(length)]: f32([1], 1) }, {});
      const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect(headerBytes % 8).toBe(0);
      const text = new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes));
      expect(text).toMatch(/^\{.*\} *$/);
      const entries = JSON.parse(text) as Record<string, { dtype: string; data_offsets: [number, number] }>;
      for (const { dtype, data_offsets } of Object.values(entries)) {
        expect(data_offsets[0] % { F64: 8, F32: 4, I32: 4, U8: 1 }[dtype]!).toBe(0);
      }
    }
  });

  it('writes little endian, pinned byte by byte', () => {
    const bytes = encodeSafetensors(
      { b: { dtype: 'U8', shape: [1], data: Uint8Array.of(7) }, a: f32([1], 1) },
      {},
    );
    const text =
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}';
    expect(text.length).toBe(106);
    expect([...bytes.subarray(0, 8)]).toEqual([112, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 120))).toBe(text.padEnd(112));
    expect([...bytes.subarray(120)]).toEqual([0, 0, 0x80, 0x3f, 7]);
  });

  it('numbers of 16 bits and of 64 bit integers, pinned byte by byte', () => {
    const tensors: Record<string, Tensor> = {
      half: { dtype: 'F16', shape: [3], data: Float32Array.of(1, -5, 2 ** -24) },
      brain: { dtype: 'BF16', shape: [3], data: Float32Array.of(1, -3.140625, Infinity) },
      short: { dtype: 'I16', shape: [2], data: Int16Array.of(-32768, 7) },
      long: { dtype: 'I64', shape: [2], data: Float64Array.of(-2, 2 ** 40) },
    };
    const bytes = encodeSafetensors(tensors, {});
    const body = bytes.subarray(bytes.length - 16 - 6 - 6 - 4);
    expect(Buffer.from(body).toString('hex')).toBe(
      'feffffffffffffff0000000000010000803f49c0807f003c00c5010000800700',
    );
    const back = decodeSafetensors(bytes).tensors;
    for (const [name, { data }] of Object.entries(tensors)) expect(back.get(name)?.data).toEqual(data);
    expect(() =>
      encodeSafetensors({ long: { dtype: 'I64', shape: [1], data: Float64Array.of(0.5) } }, {}),
    ).toThrow(/"long": a number of dtype I64 is not a whole one/);
  });

  it('encodes a view into a larger buffer', () => {
    const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const { tensors } = decodeSafetensors(
      encodeSafetensors({ a: { dtype: 'F32', shape: [2], data } }, {}),
      'm',
    );
    expect([...tensors.get('a')!.data]).toEqual([1, 2]);
  });

  it('reads a view at any byte offset and keeps none of its memory', () => {
    const bytes = unaligned(encodeSafetensors(MODEL, METADATA));
    const { tensors } = decodeSafetensors(bytes, 'm.safetensors');
    bytes.fill(0xff);
    expect(Object.fromEntries(tensors)).toEqual(MODEL);
    const buffers = [...tensors.values()].map(({ data }) => data.buffer);
    expect(new Set(buffers).size).toBe(buffers.length);
  });

  it('reads a header in any order and with white space, and a file without tensors', () => {
    const text = `\t${header(['b', 'U8', [2], [4, 6]], ['a', 'F32', [1], [0, 4]])}`.trim() + ' \n ';
    expect([...decodeSafetensors(file(text, 6), 'm').tensors.keys()]).toEqual(['b', 'a']);
    expect(decodeSafetensors(file('{}'), 'm')).toEqual({ tensors: new Map(), metadata: {} });
  });

  it('accepts tensors of no elements at any boundary', () => {
    const entries = header(
      ['zero c', 'F64', [0], [12, 12]],
      ['a', 'F32', [1], [0, 4]],
      ['zero a', 'F32', [3, 0], [0, 0]],
      ['zero b1', 'U8', [0], [4, 4]],
      ['zero b2', 'I32', [0, 2], [4, 4]],
      ['b', 'F64', [1], [4, 12]],
    );
    expect(decodeSafetensors(file(entries, 12), 'm').tensors.get('zero b2')).toEqual({
      dtype: 'I32',
      shape: [0, 2],
      data: new Int32Array(0),
    });
  });

  it('takes names of Object.prototype as names', () => {
    const entries = header(['constructor', 'U8', [1], [0, 1]], ['hasOwnProperty', 'U8', [1], [1, 2]]);
    const text = entries.replace('{', '{"__metadata__":{"toString":"x"},');
    const { tensors, metadata } = decodeSafetensors(file(text, 2), 'm');
    expect([...tensors.keys()]).toEqual(['constructor', 'hasOwnProperty']);
    expect(Object.keys(metadata)).toEqual(['toString']);
    expect(metadata['valueOf']).toBeUndefined();
  });
});

describe('decodeSafetensors refuses', () => {
  const sized = (size: bigint, total: number): Uint8Array => {
    const bytes = new Uint8Array(total);
    new DataView(bytes.buffer).setBigUint64(0, size, true);
    return bytes;
  };
  const one = (dtype: string, shape: string, offsets: string): string =>
    `{"a":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;
  const big = 2 ** 53 - 1;
  const cases: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /the file has 0 bytes; a safetensors file starts with 8 bytes/],
    ['a file of 7 bytes', new Uint8Array(7), /the file has 7 bytes/],
    ['a header of 0 bytes', sized(0n, 8), /the header size is 0 bytes; expected at least 2/],
    ['a header of 1 byte', file('{'), /the header size is 1 bytes; expected at least 2/],
    [
      'a huge header',
      sized(BigInt(MAX_HEADER_BYTES) + 1n, 100),
      /the header size is 16777217 bytes; expected at most 16777216/,
    ],
    [
      'a header of 2^64 - 1 bytes',
      sized(2n ** 64n - 1n, 100),
      /the header size is 18446744073709551615 bytes; expected at most/,
    ],
    [
      'a header beyond the file',
      sized(93n, 100),
      /is 93 bytes but the file holds only 92 after it; it is truncated/,
    ],
    ['invalid UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /not valid UTF-8/],
    ['overlong UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d)), /not valid UTF-8/],
    ['a byte order mark', file('\ufeff{}'), /does not start with '{'/],
    ['leading space', file(' {}'), /does not start with '{'/],
    ['an array', file('[]'), /does not start with '{'; expected a JSON object/],
    ['broken JSON', file('{"a":'), /not strict JSON: a value is missing/],
    ['text after the object', file('{} {}'), /not strict JSON: text follows the end/],
    ['a trailing comma', file('{"__metadata__":{},}'), /not strict JSON: a key in double quotes is missing/],
    ['a missing colon', file('{"a" 1}'), /':' is missing after key "a"/],
    ['an open object', file('{"a":{}'), /',' or '}' is missing/],
    ['an open array', file('{"a":[1 '), /',' or '\]' is missing/],
    ['an open string', file('{"a'), /a string is not closed/],
    ['a raw control character', file('{"a\n":1}'), /a string holds a control character/],
    ['an unknown escape', file('{"\\x41":1}'), /unknown escape/],
    ['a broken \\u escape', file('{"\\u00g0":1}'), /four hexadecimal digits/],
    ['half of a surrogate pair', file('{"\\ud83e":1}'), /half of a surrogate pair/],
    ['a leading zero', file('{"a":01}'), /not an integer/],
    ['deep nesting', file(`{"a":${'['.repeat(100000)}`), /nested more than 16 deep/],
    ['a key twice', file(`{"a":${entry},"a":${entry}}`, 4), /key "a" appears twice/],
    ['a key twice, once escaped', file(`{"a":${entry},"\\u0061":${entry}}`, 4), /key "a" appears twice/],
    ['dtype twice', file(`{"a":${entry.replace('{', '{"dtype":"F64",')}}`, 4), /key "dtype" appears twice/],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), /key "__metadata__" appears twice/],
    ['a metadata key twice', file('{"__metadata__":{"n":"1","n":"2"}}'), /key "n" appears twice/],
    [
      '__proto__ as a tensor',
      file(`{"__proto__":${entry}}`, 4),
      /'__proto__' is not allowed as a tensor name/,
    ],
    [
      '__proto__, escaped',
      file(`{"\\u005f_proto__":${entry}}`, 4),
      /'__proto__' is not allowed as a tensor name/,
    ],
    [
      '__proto__ in metadata',
      file('{"__metadata__":{"__proto__":"x"}}'),
      /'__proto__' is not allowed as a key of __meta/,
    ],
    ['metadata that is a list', file('{"__metadata__":["x"]}'), /__metadata__ is not an object/],
    ['a number in metadata', file('{"__metadata__":{"n":512}}'), /__metadata__ "n" is not a string/],
    ['null in metadata', file('{"__metadata__":{"n":null}}'), /__metadata__ "n" is not a string/],
    ['an object in metadata', file('{"__metadata__":{"n":{}}}'), /__metadata__ "n" is not a string/],
    [
      'a tensor that is a number',
      file('{"a":4}'),
      /tensor "a": it is not an object of dtype, shape, data_offsets/,
    ],
    ['a tensor that is a list', file('{"a":[]}'), /tensor "a": it is not an object/],
    ['no dtype', file('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4), /tensor "a": dtype is missing/],
    ['no shape', file('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4), /tensor "a": shape is missing/],
    ['no offsets', file('{"a":{"dtype":"F32","shape":[1]}}', 4), /tensor "a": data_offsets is missing/],
    ['an unknown key', file(`{"a":${entry.replace('{', '{"x":1,')}}`, 4), /tensor "a": key "x" is unknown/],
    [
      'dtype U64',
      file(one('"U64"', '[2]', '[0,16]'), 16),
      /tensor "a": dtype is "U64"; expected one of F64, I64, F32, I32, F16, BF16, I16, U8/,
    ],
    [
      'dtype of a prototype',
      file(one('"constructor"', '[1]', '[0,4]'), 4),
      /dtype is "constructor"; expected one of/,
    ],
    [
      'dtype null',
      file(one('null', '[1]', '[0,4]'), 4),
      /tensor "a": dtype is not a string; expected one of/,
    ],
    ['shape that is a number', file(one('"F32"', '1', '[0,4]'), 4), /tensor "a": shape is not an array/],
    ['a negative shape', file(one('"F32"', '[-1,-1]', '[0,4]'), 4), /tensor "a": shape is not an array/],
    ['a shape of minus zero', file(one('"F32"', '[-0]', '[0,0]')), /tensor "a": shape is not an array/],
    [
      'a shape beyond 2^53',
      file(one('"F32"', '[9007199254740993]', '[0,4]'), 4),
      /tensor "a": shape is not an array/,
    ],
    ['a string in shape', file(one('"F32"', '["1"]', '[0,4]'), 4), /tensor "a": shape is not an array/],
    [
      'a fraction in shape',
      file(one('"F32"', '[1.5]', '[0,4]'), 4),
      /not strict JSON: .* a number is not an integer/,
    ],
    ['an exponent in shape', file(one('"F32"', '[1e0]', '[0,4]'), 4), /a number is not an integer/],
    [
      'a product beyond 2^53',
      file(one('"F32"', `[${big},${big}]`, '[0,4]'), 4),
      /tensor "a": the product of shape over/,
    ],
    [
      'a product hidden by 0',
      file(one('"F32"', `[${big},${big},0]`, '[0,0]')),
      /the product of shape overflows/,
    ],
    ['too many bytes', file(one('"F64"', `[${big}]`, '[0,8]'), 8), /the product of shape overflows/],
    ['a span too short', file(one('"F32"', '[2]', '[0,4]'), 4), /span 4 bytes; 2 elements of F32 make 8/],
    ['a span too long', file(one('"F32"', '[1]', '[0,8]'), 8), /span 8 bytes; 1 elements of F32 make 4/],
    [
      'a span of no elements',
      file(one('"F32"', '[0]', '[0,4]'), 4),
      /span 4 bytes; 0 elements of F32 make 0/,
    ],
    ['a fraction in offsets', file(one('"F32"', '[1]', '[0,4.0]'), 4), /a number is not an integer/],
    [
      'a string in offsets',
      file(one('"F32"', '[1]', '[0,"4"]'), 4),
      /tensor "a": data_offsets is not two integers/,
    ],
    ['one offset', file(one('"F32"', '[1]', '[4]'), 4), /tensor "a": data_offsets is not two integers/],
    [
      'three offsets',
      file(one('"F32"', '[1]', '[0,4,4]'), 4),
      /tensor "a": data_offsets is not two integers/,
    ],
    [
      'negative offsets',
      file(one('"F32"', '[1]', '[-4,0]'), 4),
      /tensor "a": data_offsets is not two integers/,
    ],
    [
      'reversed offsets',
      file(one('"F32"', '[1]', '[4,0]'), 4),
      /tensor "a": data_offsets \[4, 0\] are reversed/,
    ],
    [
      'offsets beyond the data',
      file(one('"F32"', '[2]', '[0,8]'), 4),
      /data_offsets \[0, 8\] reach beyond the 4 bytes/,
    ],
    ['huge offsets', file(one('"F32"', '[1]', `[${big - 4},${big}]`), 4), /reach beyond the 4 bytes of data/],
    ['a truncated file', file(header(['a', 'F32', [2], [0, 8]]), 7), /reach beyond the 7 bytes/],
    [
      'an overlap',
      file(header(['a', 'F32', [2], [0, 8]], ['b', 'F32', [2], [4, 12]]), 12),
      /tensor "b": data_offsets \[4, 12\] overlap a tensor that ends at 8/,
    ],
    [
      'two tensors on the same bytes',
      file(header(['a', 'F32', [1], [0, 4]], ['b', 'I32', [1], [0, 4]]), 4),
      /tensor "b": data_offsets \[0, 4\] overlap/,
    ],
    [
      'a hole',
      file(header(['a', 'F32', [1], [0, 4]], ['b', 'F32', [1], [8, 12]]), 12),
      /tensor "b": data_offsets \[8, 12\] leave a hole; expected begin 4/,
    ],
    [
      'a hole at the start',
      file(header(['a', 'F32', [1], [4, 8]]), 8),
      /tensor "a": .* leave a hole; expected begin 0/,
    ],
    ['trailing bytes', file(header(['a', 'F32', [1], [0, 4]]), 5), /1 bytes of data belong to no tensor/],
    ['data without tensors', file('{}', 3), /3 bytes of data belong to no tensor/],
    [
      'an empty tensor inside another',
      file(header(['a', 'F32', [2], [0, 8]], ['zero', 'F32', [0], [4, 4]]), 8),
      /tensor "zero": data_offsets \[4, 4\] overlap/,
    ],
    [
      'an overlap behind empty tensors',
      file(header(['a', 'F32', [2], [0, 8]], ['zero', 'F32', [0], [8, 8]], ['b', 'F32', [2], [4, 12]]), 12),
      /tensor "b": data_offsets \[4, 12\] overlap/,
    ],
    [
      'an empty tensor in a hole',
      file(header(['a', 'F32', [1], [0, 4]], ['zero', 'F32', [0], [6, 6]], ['b', 'F32', [1], [8, 12]]), 12),
      /tensor "zero": data_offsets \[6, 6\] leave a hole/,
    ],
    [
      'an empty tensor beyond the data',
      file(header(['zero', 'U8', [0], [9, 9]])),
      /reach beyond the 0 bytes/,
    ],
    [
      'a name of many lines and letters',
      file(`{${JSON.stringify(`a\nb${'x'.repeat(500)}`)}:4}`),
      /tensor "a\\nbx{54}\.\.\.": it is not an object/,
    ],
  ];
  it.each(cases)('%s', (_what, bytes, message) => {
    expect(refusal((name) => decodeSafetensors(bytes, name))).toMatch(message);
  });

  it('nothing pollutes Object.prototype', () => {
    refusal((name) => decodeSafetensors(file('{"__metadata__":{"__proto__":{"polluted":"x"}}}'), name));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('every truncation of a valid file', () => {
    const bytes = encodeSafetensors(MODEL, METADATA);
    for (let length = 0; length < bytes.length; length++) {
      refusal((name) => decodeSafetensors(bytes.subarray(0, length), name));
    }
  });

  it('damaged files, or decodes them; never anything else', () => {
    const wide: Tensor = { dtype: 'I32', shape: [500], data: new Int32Array(500) }; // mostly data: some edits spare the header
    const valid = [encodeSafetensors(MODEL, METADATA), encodeSafetensors({ wide }, {}), file('{}')];
    let decoded = 0;
    let refused = 0;
    fc.assert(
      fc.property(damaged(valid), (bytes) => {
        if (decodesOrRefuses((name) => decodeSafetensors(bytes, name))) decoded++;
        else refused++;
      }),
      { numRuns: 4000 },
    );
    expect(Math.min(decoded, refused)).toBeGreaterThan(50); // the property saw both sides
  });

  it('any header text, or decodes it as JSON.parse reads it', () => {
    const text = fc.oneof(fc.json({ maxDepth: 4 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(text, (json) => {
        const decodes = decodesOrRefuses((name) =>
          decodeSafetensors(file(`{"__metadata__":{"k":${json}}}`), name),
        );
        if (decodes) expect(typeof JSON.parse(json)).toBe('string');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('encodeSafetensors refuses', () => {
  const own = <T>(key: string, value: T): Record<string, T> => Object.fromEntries([[key, value]]);
  const cases: [string, Record<string, Tensor>, Record<string, string>, RegExp][] = [
    [
      '__metadata__ as a tensor',
      own('__metadata__', f32([1], 1)),
      {},
      /tensor "__metadata__": the name is reserved/,
    ],
    ['__proto__ as a tensor', own('__proto__', f32([1], 1)), {}, /tensor "__proto__": the name is reserved/],
    ['half of a surrogate pair', own('\ud83e', f32([1], 1)), {}, /not well-formed text/],
    [
      'a dtype unlike its data',
      { a: { ...f32([1], 1), dtype: 'F64' } },
      {},
      /data is not the typed array of dtype F64/,
    ],
    ['a shape unlike its data', { a: f32([2, 2], 1, 2, 3) }, {}, /shape \[2, 2\] does not match 3 elements/],
    ['a fractional shape', { a: f32([0.5], 1) }, {}, /shape is not an array of integers/],
    ['a negative shape', { a: f32([-1, -1], 1) }, {}, /shape is not an array of integers/],
    ['__proto__ in metadata', {}, own('__proto__', 'x'), /metadata "__proto__"/],
    ['ill-formed metadata', {}, { n: '\udc00' }, /metadata "n"/],
  ];
  it.each(cases)('%s', (_what, tensors, metadata, message) => {
    expect(() => encodeSafetensors(tensors, metadata)).toThrow(InvalidArgumentError);
    expect(() => encodeSafetensors(tensors, metadata)).toThrow(message);
  });

  it('a header that decodeSafetensors would refuse', () => {
    const metadata = { note: 'x'.repeat(MAX_HEADER_BYTES) };
    expect(() => encodeSafetensors({}, metadata)).toThrow(
      /the header would have \d+ bytes; expected at most 16777216/,
    );
  });
});
