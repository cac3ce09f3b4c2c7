import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { decodeWav, encodeWav } from '../../src/formats/wav.ts';
import { damaged, decodesOrRefuses, refusal, unaligned } from './hostile.ts';

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
const chunk = (id: string, body: number[], size = body.length): number[] => [
  ...ascii(id),
  ...u32(size),
  ...body,
  ...(body.length % 2 ? [0] : []),
];
const riff = (...chunks: number[][]): Uint8Array => {
  const body = [...ascii('WAVE'), ...chunks.flat()];
  return Uint8Array.from([...ascii('RIFF'), ...u32(body.length), ...body]);
};

interface FmtFields {
  codec: number;
  channels: number;
  rate: number;
  bits: number;
  blockAlign: number;
}
const fmtBody = (fields: Partial<FmtFields> = {}): number[] => {
  const { codec, channels, rate, bits, ...rest } = {
    codec: 1,
    channels: 1,
    rate: 16000,
    bits: 16,
    ...fields,
  };
  const blockAlign = rest.blockAlign ?? (channels * bits) / 8;
  return [
    ...u16(codec),
    ...u16(channels),
    ...u32(rate),
    ...u32(rate * blockAlign),
    ...u16(blockAlign),
    ...u16(bits),
  ];
};
const GUID_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
const extensibleBody = (
  codec: number,
  fields: Partial<FmtFields>,
  validBits: number,
  tail = GUID_TAIL,
): number[] => [
  ...fmtBody({ ...fields, codec: 0xfffe }),
  ...u16(22),
  ...u16(validBits),
  ...u32(0),
  ...u16(codec),
  ...tail,
];
const fmt = (fields?: Partial<FmtFields>): number[] => chunk('fmt ', fmtBody(fields));

/** Little-endian bytes of one sample of full scale 1. */
const stored = (x: number, codec: number, bits: number): number[] => {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (codec === 3 && bits === 32) view.setFloat32(0, x, true);
  else if (codec === 3) view.setFloat64(0, x, true);
  else if (bits === 8) view.setUint8(0, 128 + x * 128);
  else view.setInt32(0, x * 2 ** (bits - 1), true);
  return [...bytes.subarray(0, bits / 8)];
};

const LAYOUTS = [
  { codec: 1, bits: 8 },
  { codec: 1, bits: 16 },
  { codec: 1, bits: 24 },
  { codec: 1, bits: 32 },
  { codec: 3, bits: 32 },
  { codec: 3, bits: 64 },
];
/** Exact in all of the layouts, the two ends of the PCM range included. */
const VALUES = [0, 0.5, -0.5, -1, 127 / 128, 1 / 128, -127 / 128];
const wavOf = ({ codec, bits }: { codec: number; bits: number }): Uint8Array =>
  riff(
    fmt({ codec, bits }),
    chunk(
      'data',
      VALUES.flatMap((x) => stored(x, codec, bits)),
    ),
  );

describe('decodeWav', () => {
  it.each(LAYOUTS)('decodes codec $codec of $bits bits exactly', (layout) => {
    const wav = decodeWav(wavOf(layout), 'a.wav');
    expect([...wav.samples]).toEqual(VALUES);
    expect(wav).toMatchObject({ sampleRate: 16000, channels: 1, bitsPerSample: layout.bits });
    expect(wav.encoding).toBe(layout.codec === 1 ? 'pcm' : 'float');
  });

  it.each(LAYOUTS)('mixes channels of codec $codec, $bits bits to their mean', ({ codec, bits }) => {
    const frames = [
      [0.5, -0.25, 0.5],
      [-1, -1, 0.5],
    ];
    const data = frames.flat().flatMap((x) => stored(x, codec, bits));
    const wav = decodeWav(riff(fmt({ codec, bits, channels: 3 }), chunk('data', data)), 'a.wav');
    expect([...wav.samples]).toEqual([0.25, -0.5]);
    expect(wav.channels).toBe(3);
  });

  it.each(LAYOUTS)('unwraps WAVE_FORMAT_EXTENSIBLE around codec $codec, $bits bits', ({ codec, bits }) => {
    const data = VALUES.flatMap((x) => stored(x, codec, bits));
    const wav = decodeWav(
      riff(chunk('fmt ', extensibleBody(codec, { bits }, bits)), chunk('data', data)),
      'a.wav',
    );
    expect([...wav.samples]).toEqual(VALUES);
  });

  it('scales by the container where fewer bits are valid (20 in 24, left-justified)', () => {
    const body = extensibleBody(1, { bits: 24 }, 20);
    const wav = decodeWav(riff(chunk('fmt ', body), chunk('data', stored(0.25, 1, 24))), 'a.wav');
    expect([...wav.samples]).toEqual([0.25]);
  });

  it('skips other chunks, the pad byte after an odd one, and whatever follows the samples', () => {
    const bytes = riff(
      chunk('LIST', ascii('INFOISFT5')),
      fmt(),
      chunk('fact', [1, 2, 3]),
      chunk('data', stored(0.5, 1, 16)),
      ascii('ID3 rubbish'),
    );
    expect([...decodeWav(bytes, 'a.wav').samples]).toEqual([0.5]);
  });

  it('reads a view at any byte offset and keeps none of its memory', () => {
    const bytes = unaligned(wavOf({ codec: 3, bits: 64 }));
    const { samples } = decodeWav(bytes, 'a.wav');
    bytes.fill(0xff);
    expect([...samples]).toEqual(VALUES);
  });

  it('keeps float samples beyond full scale', () => {
    const bytes = riff(fmt({ codec: 3, bits: 32 }), chunk('data', stored(-3.5, 3, 32)));
    expect([...decodeWav(bytes, 'a.wav').samples]).toEqual([-3.5]);
  });
});

describe('bytes', () => {
  it('may come as an ArrayBuffer', () => {
    const { buffer } = wavOf({ codec: 1, bits: 16 });
    expect([...decodeWav(buffer as ArrayBuffer, 'a.wav').samples]).toEqual(VALUES);
  });
});

describe('channels', () => {
  const of = (...channels: number[][]): Uint8Array =>
    riff(
      fmt({ channels: channels.length }),
      chunk(
        'data',
        channels[0].flatMap((_, i) => channels.flatMap((c) => stored(c[i], 1, 16))),
      ),
    );
  const [left, right] = [
    [0.5, -0.25, 1 / 128],
    [-0.5, 0.5, 0.75],
  ];

  it.each([
    ['left', left],
    ['right', right],
    [1, left],
    [2, right],
    ['mix', left.map((x, i) => (x + right[i]) / 2)],
  ] as const)('%s', (channel, expected) => {
    expect([...decodeWav(of(left, right), 'a.wav', { channel }).samples]).toEqual(expected);
  });

  it('left and right of a mono file are its one channel', () => {
    for (const channel of ['left', 'right', 'mix', 1] as const)
      expect([...decodeWav(of(left), 'a.wav', { channel }).samples]).toEqual(left);
  });

  it('refuses a channel that is not there, and one that is no channel', () => {
    expect(refusal((name) => decodeWav(of(left, right), name, { channel: 3 }))).toMatch(/channel 3 of 2/);
    for (const channel of [0, -1, 1.5, NaN, 'center' as 'left'])
      expect(() => decodeWav(of(left), 'a.wav', { channel })).toThrow(InvalidArgumentError);
  });

  it('says where the channels cancel, and only there', () => {
    const noise = Array.from({ length: 64 }, (_, i) => Math.round(100 * Math.sin(i * i)) / 128);
    const other = noise.toReversed();
    const opposite = noise.map((x) => -x);
    const cancels = (...channels: number[][]): boolean => decodeWav(of(...channels), 'a.wav').cancels;
    expect(cancels(noise, opposite)).toBe(true);
    expect(
      cancels(
        noise,
        opposite.map((x) => Math.round(x * 0.95 * 128) / 128),
      ),
    ).toBe(true);
    expect(cancels(noise, noise)).toBe(false);
    expect(cancels(noise, other)).toBe(false);
    expect(
      cancels(
        noise,
        noise.map(() => 0),
      ),
    ).toBe(false);
    expect(cancels(noise)).toBe(false);
    expect(
      cancels(
        noise.map(() => 0),
        noise.map(() => 0),
      ),
    ).toBe(false);
    expect(decodeWav(of(noise, opposite), 'a.wav', { channel: 'left' }).cancels).toBe(false);
  });
});

describe('decodeWav refuses', () => {
  const two = chunk('data', [0, 0, 0, 0]);
  const cases: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /the file is empty; a WAV file starts with 'RIFF'/],
    ['a file of 5 bytes', Uint8Array.from(ascii('RIFF!')), /should start with 'RIFF', a size and 'WAVE'/],
    ['another format', Uint8Array.from(ascii('OggS00000000000000')), /should start with 'RIFF'/],
    ['RIFF that is not WAVE', Uint8Array.from([...ascii('RIFF'), 4, 0, 0, 0, ...ascii('AVI ')]), /'WAVE'/],
    ['no fmt', riff(chunk('LIST', [1, 2])), /there is no 'fmt ' chunk/],
    ['no data', riff(fmt()), /there is no 'data' chunk/],
    ['data before fmt', riff(two, fmt()), /'data' chunk comes before the 'fmt ' chunk/],
    ['two fmt chunks', riff(fmt(), fmt(), two), /two 'fmt ' chunks/],
    [
      'a short fmt',
      riff(chunk('fmt ', fmtBody().slice(0, 14)), two),
      /'fmt ' chunk has 14 bytes; expected at least 16/,
    ],
    [
      'a truncated chunk',
      riff(fmt(), chunk('LI\nT', [0, 0], 400)),
      /chunk "LI\\nT" declares 400 bytes .* only 2 more/,
    ],
    [
      'an empty data chunk',
      riff(fmt(), chunk('data', [])),
      /'data' holds 0 bytes; expected at least one frame of 2 bytes/,
    ],
    [
      'an empty data chunk before others',
      riff(fmt(), chunk('data', []), chunk('LIST', [1, 2])),
      /'data' holds 0 bytes/,
    ],
    [
      'less than a frame',
      riff(fmt({ channels: 2 }), chunk('data', [1, 2, 3])),
      /'data' holds 3 bytes; expected at least one frame of 4 bytes/,
    ],
    [
      'a wrong block align',
      riff(fmt({ channels: 2, blockAlign: 2 }), two),
      /block align is 2 bytes; .* make 4/,
    ],
    ['no channels', riff(fmt({ channels: 0 }), two), /number of channels is 0; expected at least 1/],
    ['a sample rate of 0', riff(fmt({ rate: 0 }), two), /sample rate is 0 Hz/],
    [
      'MP3 in WAV',
      riff(fmt({ codec: 0x55 }), two),
      /codec 0x0055 \(MPEG layer 3\) is not supported; expected PCM/,
    ],
    ['an unknown codec', riff(fmt({ codec: 0x1234 }), two), /codec 0x1234 \(unknown\)/],
    ['4-bit PCM', riff(fmt({ bits: 4, blockAlign: 1 }), two), /pcm samples of 4 bits .* 8 to 32/],
    ['64-bit PCM', riff(fmt({ bits: 64 }), two), /pcm samples of 64 bits/],
    ['16-bit float', riff(fmt({ codec: 3 }), two), /float samples of 16 bits .* 32, 64/],
    [
      'a short extensible fmt',
      riff(fmt({ codec: 0xfffe }), two),
      /extensible 'fmt ' chunk has 16 bytes; expected at least 40/,
    ],
    [
      'a short extension',
      riff(chunk('fmt ', [...fmtBody({ codec: 0xfffe }), ...Array.from({ length: 24 }, () => 0)]), two),
      /extension has 0 bytes; expected at least 22/,
    ],
    [
      'too many valid bits',
      riff(chunk('fmt ', extensibleBody(1, {}, 20)), two),
      /20 valid bits do not fit in samples of 16 bits/,
    ],
    [
      'a foreign sub-format',
      riff(chunk('fmt ', extensibleBody(1, {}, 16, GUID_TAIL.toReversed())), two),
      /sub-format GUID is not one of PCM, IEEE float, A-law or mu-law/,
    ],
    [
      'an extensible codec',
      riff(chunk('fmt ', extensibleBody(2, {}, 16)), two),
      /codec 0x0002 \(Microsoft ADPCM\)/,
    ],
    [
      'A-law of 16 bits',
      riff(chunk('fmt ', extensibleBody(6, {}, 16)), two),
      /a-law samples of 16 bits .* expected 8/,
    ],
  ];
  it.each(cases)('%s', (_what, bytes, message) => {
    expect(refusal((name) => decodeWav(bytes, name))).toMatch(message);
  });

  it.each([
    [NaN, 32],
    [Infinity, 32],
    [NaN, 64],
    [-Infinity, 64],
  ])('%d in a float file of %d bits, naming the first bad sample', (bad, bits) => {
    const data = [0, 1, bad, 2, NaN].flatMap((x) => stored(x, 3, bits));
    const bytes = riff(fmt({ codec: 3, bits }), chunk('data', data));
    expect(refusal((name) => decodeWav(bytes, name))).toMatch(
      new RegExp(`sample 2 \\(0\\.000 s\\) is ${bad}; every sample must be finite`),
    );
  });

  it('NaN in a second channel, by frame', () => {
    const data = [0, 0, 0, NaN].flatMap((x) => stored(x, 3, 32));
    const bytes = riff(fmt({ codec: 3, bits: 32, channels: 2 }), chunk('data', data));
    expect(refusal((name) => decodeWav(bytes, name))).toMatch(/sample 1 \(0\.000 s\) is NaN/);
  });

  it('damaged files, or decodes them; never anything else', () => {
    const valid = [
      ...LAYOUTS.map(wavOf),
      riff(
        chunk('LIST', [1, 2, 3]),
        chunk('fmt ', extensibleBody(1, { channels: 2 }, 16)),
        chunk('data', [0, 0, 0, 0]),
      ),
    ];
    let decoded = 0;
    let refused = 0;
    fc.assert(
      fc.property(damaged(valid), (bytes) => {
        if (decodesOrRefuses((name) => decodeWav(bytes, name))) decoded++;
        else refused++;
      }),
      { numRuns: 4000 },
    );
    expect(Math.min(decoded, refused)).toBeGreaterThan(100); // the property saw both sides
  });

  it('a file cut before its first frame, and reads the whole frames of one cut later', () => {
    const bytes = wavOf({ codec: 1, bits: 24 });
    for (let length = 0; length < 44 + 3; length++)
      refusal((name) => decodeWav(bytes.subarray(0, length), name));
    for (let length = 47; length <= bytes.length; length++) {
      const { samples } = decodeWav(bytes.subarray(0, length), 'a.wav');
      expect([...samples]).toEqual(VALUES.slice(0, Math.floor((length - 44) / 3)));
    }
  });

  it.each([undefined, null, 'RIFF', 5, [82, 73], {}, new Float32Array(4)])(
    '%s, which are no bytes',
    (value) => {
      const decode = (): unknown => decodeWav(value as unknown as Uint8Array, 'a.wav');
      expect(decode).toThrow(InvalidArgumentError);
      expect(decode).toThrow(/^a\.wav: its bytes are .*; expected a Uint8Array or an ArrayBuffer/);
    },
  );

  it('random bytes after a good signature, quickly', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
        const bytes = Uint8Array.from([...ascii('RIFF'), 0, 0, 0, 0, ...ascii('WAVE'), ...tail]);
        decodesOrRefuses((name) => decodeWav(bytes, name));
      }),
    );
  });
});

describe('encodeWav', () => {
  const sample = fc.double({ min: -1, max: 1, noNaN: true });

  it('float32: decodes to the float32 rounding of every sample', () => {
    const samples = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 2 ** 30 - 1 }), (values, rate) => {
        const wav = decodeWav(encodeWav(Float64Array.from(values), rate, { format: 'float32' }), 'a.wav');
        expect([...wav.samples]).toEqual(values);
        expect(wav).toMatchObject({ sampleRate: rate, channels: 1, bitsPerSample: 32, encoding: 'float' });
      }),
    );
  });

  it('pcm16: decodes within half a step, and encodes what it decoded to the same bytes', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1 }), (values) => {
        const bytes = encodeWav(Float64Array.from(values), 16000, { format: 'pcm16' });
        const wav = decodeWav(bytes, 'a.wav');
        expect(wav).toMatchObject({ sampleRate: 16000, channels: 1, bitsPerSample: 16, encoding: 'pcm' });
        values.forEach((x, i) => {
          // half a step of 2^-15; between the two top values the clamp to 32767 may cost a whole one
          expect(Math.abs(wav.samples[i] - x)).toBeLessThanOrEqual(x > 32767 / 32768 ? 2 ** -15 : 2 ** -16);
        });
        expect(encodeWav(wav.samples, 16000, { format: 'pcm16' })).toEqual(bytes);
      }),
    );
  });

  it('stores the ends of the range: -1 as -32768, 1 as 32767', () => {
    const bytes = encodeWav(Float32Array.of(-1, 1), 8000, { format: 'pcm16' });
    expect([...decodeWav(bytes, 'a.wav').samples]).toEqual([-1, 32767 / 32768]);
    expect(bytes.length).toBe(44 + 4);
  });

  it.each([
    [[0.5, 1.001], 16000, 'pcm16', /sample 1 is 1\.001; pcm16 holds values from -1 to 1/],
    [[NaN], 16000, 'pcm16', /sample 0 is NaN/],
    [[0, Infinity], 16000, 'float32', /sample 1 is Infinity; expected a finite float32/],
    [[1e39], 16000, 'float32', /sample 0 is 1e\+39; expected a finite float32/],
    [[], 16000, 'pcm16', /samples is empty/],
    [[0], 0, 'pcm16', /sampleRate is 0/],
    [[0], 22050.5, 'float32', /sampleRate is 22050\.5/],
    [[0], 2 ** 30, 'float32', /sampleRate is 1073741824/],
  ] as const)('refuses %j at %d Hz as %s', (values, rate, format, message) => {
    const encode = (): Uint8Array => encodeWav(Float64Array.from(values), rate, { format });
    expect(encode).toThrow(InvalidArgumentError);
    expect(encode).toThrow(message);
  });
});
