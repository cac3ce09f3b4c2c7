/** Random container headers: whatever the fields of a WAV file say, it is read by them or refused by name. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeWav } from '../../src/files.ts';
import { decodesOrRefuses } from '../formats/hostile.ts';

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const bytesOf = (value: number, size: number, big: boolean): number[] => {
  const bytes = Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
  return big ? bytes.reverse() : bytes;
};

const header = fc.record({
  riff: fc.constantFrom('RIFF', 'RIFX', 'RF64', 'BW64', 'FORM'),
  codec: fc.constantFrom(1, 3, 6, 7, 0xfffe, 0x55),
  channels: fc.constantFrom(0, 1, 2, 3, 8, 65535),
  rate: fc.constantFrom(0, 1, 8000, 16000, 0xffffffff),
  bits: fc.constantFrom(0, 1, 8, 12, 16, 20, 24, 32, 64, 65535),
  align: fc.constantFrom<number | null>(null, 0, 1, 3, 65535),
  fmtSize: fc.constantFrom(14, 16, 18, 40),
  declared: fc.constantFrom<number | null>(null, 0, 1, 7, 0xffffffff, 0x7fffffff),
  before: fc.constantFrom('', 'LIST', 'ds64', 'fact'),
  data: fc.uint8Array({ maxLength: 64 }),
});

it('random headers', () => {
  let read = 0;
  fc.assert(
    fc.property(header, (h) => {
      const big = h.riff === 'RIFX';
      const u = (value: number, size: number): number[] => bytesOf(value, size, big);
      const chunk = (id: string, body: readonly number[], size = body.length): number[] => [
        ...ascii(id),
        ...u(size, 4),
        ...body,
        ...(body.length % 2 ? [0] : []),
      ];
      const sampleBytes = Math.ceil(h.bits / 8);
      const align = h.align ?? (h.channels * sampleBytes) % 65536;
      const fields = [h.codec, h.channels].flatMap((x) => u(x, 2));
      const fmt = [...fields, ...u(h.rate, 4), ...u(0, 4), ...u(align, 2), ...u(h.bits, 2)];
      const guid = [...u(1, 4), ...u(0, 2), ...u(16, 2), 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
      const body = [...fmt, ...u(22, 2), ...u(h.bits, 2), ...u(0, 4), ...guid].slice(0, h.fmtSize);
      const bytes = Uint8Array.from([
        ...ascii(h.riff),
        ...u(0, 4),
        ...ascii('WAVE'),
        ...(h.before === ''
          ? []
          : chunk(
              h.before,
              Array.from({ length: 28 }, () => 0),
            )),
        ...chunk('fmt ', body),
        ...chunk('data', [...h.data], h.declared ?? h.data.length),
      ]);
      if (!decodesOrRefuses((name) => decodeWav(bytes, name, { finite: false }))) return;
      read++;
      const wav = decodeWav(bytes, 'a.wav', { finite: false });
      // No sample is made up: as many whole frames as there are bytes for, at most (and the pad byte of an odd chunk).
      expect(wav.samples.length).toBeGreaterThan(0);
      expect(wav.samples.length * h.channels * sampleBytes).toBeLessThanOrEqual(h.data.length + 1);
      expect(wav).toMatchObject({ sampleRate: h.rate, channels: h.channels, bitsPerSample: h.bits });
    }),
    { numRuns: 4000, seed: 5 },
  );
  expect(read).toBeGreaterThan(20);
});
