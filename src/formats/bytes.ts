/** What every decoder takes: the bytes of a whole file. */
import { InvalidArgumentError } from '../errors.ts';

const isShared = (buffer: ArrayBufferLike): boolean =>
  Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';

/**
 * A Uint8Array (Node's Buffer is one), or the bytes of an ArrayBuffer, as `fetch` and `File` give it, of any realm. Shared bytes
 * are copied: text decoders refuse them, and another thread could change them. Throws InvalidArgumentError, naming the file, for
 * anything else.
 */
export function bytesOf(value: unknown, name: string): Uint8Array {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (ArrayBuffer.isView(value) && tag === 'Uint8Array') {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return isShared(value.buffer) ? bytes.slice() : value instanceof Uint8Array ? value : bytes;
  }
  if (tag === 'ArrayBuffer') return new Uint8Array(value as ArrayBuffer);
  if (tag === 'SharedArrayBuffer') return new Uint8Array(value as SharedArrayBuffer).slice();
  const what =
    typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'an object') : String(value);
  throw new InvalidArgumentError(
    `${name}: its bytes are ${what}; expected a Uint8Array or an ArrayBuffer of the whole file`,
  );
}
