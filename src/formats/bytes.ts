/** What every decoder takes: the bytes of a whole file. */
import { InvalidArgumentError } from '../errors.ts';

/**
 * A Uint8Array (Node's Buffer is one), or the bytes of an ArrayBuffer, as `fetch` and `File` give it. Throws
 * InvalidArgumentError, naming the file, for anything else.
 */
export function bytesOf(value: unknown, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  const what =
    typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'an object') : String(value);
  throw new InvalidArgumentError(
    `${name}: its bytes are ${what}; expected a Uint8Array or an ArrayBuffer of the whole file`,
  );
}
