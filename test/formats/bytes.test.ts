/** Bytes of files, however they come: from another realm, from memory that threads share. */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { decodeWav, encodeWav } from '../../src/files.ts';
import { InvalidArgumentError } from '../../src/index.ts';
import { bytesOf } from '../../src/formats/bytes.ts';

const file = encodeWav(Float32Array.of(0, 0.5, -0.25), 8000, { format: 'float32' });

/** The bytes of the file in a buffer of another kind, three bytes into it. */
function inside<B extends ArrayBufferLike>(buffer: B): Uint8Array<B> {
  const view = new Uint8Array(buffer, 3, file.length);
  view.set(file);
  return view;
}

describe('bytes of a file', () => {
  const other = runInNewContext('({ ArrayBuffer, Uint8Array })') as {
    ArrayBuffer: ArrayBufferConstructor;
    Uint8Array: Uint8ArrayConstructor;
  };
  const shared = (): Uint8Array<SharedArrayBuffer> => inside(new SharedArrayBuffer(file.length + 5));

  it.each<[string, () => unknown]>([
    ['a Buffer', () => Buffer.from(file)],
    ['an ArrayBuffer', () => Uint8Array.from(file).buffer],
    ['a Uint8Array of another realm', () => other.Uint8Array.from(file)],
    ['an ArrayBuffer of another realm', () => other.Uint8Array.from(file).buffer],
    ['a view of shared memory', shared],
    ['shared memory', () => shared().slice().buffer],
  ])('%s', (_, make) => {
    const wav = decodeWav(make() as Uint8Array, 'a.wav');
    expect(wav.sampleRate).toBe(8000);
    expect([...wav.samples]).toEqual([0, 0.5, -0.25]);
  });

  it('does not move own bytes, and copies shared ones', () => {
    expect(bytesOf(file, 'a')).toBe(file);
    const bytes = bytesOf(shared(), 'a');
    expect(bytes.buffer).toBeInstanceOf(ArrayBuffer);
    expect([...bytes]).toEqual([...file]);
  });

  it.each<[unknown]>([[new Float32Array(4)], [new DataView(new ArrayBuffer(4))], ['text'], [null], [[1, 2]]])(
    'refuses %s',
    (value) => {
      expect(() => decodeWav(value as Uint8Array, 'a.wav')).toThrow(InvalidArgumentError);
    },
  );
});
