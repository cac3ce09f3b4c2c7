/** Files of a zip archive (games keep their sounds in .pk3), stored or deflated. Source: PKWARE APPNOTE 6.3. */
import { inflateRawSync } from 'node:zlib';
import { FileFormatError } from '../../src/errors.ts';

/** Largest file that is unpacked; no sound needs more. */
const largest = 256 * 2 ** 20;

/** Names and contents, folders left out. Throws FileFormatError naming the archive. */
export function* unzip(bytes: Uint8Array, name: string): Generator<{ path: string; data: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (what: string): never => {
    throw new FileFormatError(`${name}: no zip archive that can be read: ${what}`);
  };
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) fail('there is no end of central directory');
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50)
      fail(`entry ${i} of the directory is missing`);
    const [method, size, whole] = [10, 20, 24].map((o) =>
      o === 10 ? view.getUint16(at + o, true) : view.getUint32(at + o, true),
    );
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => view.getUint16(at + o, true));
    const header = view.getUint32(at + 42, true);
    const path = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at += 46 + nameLength + extra + comment;
    if (path.endsWith('/')) continue;
    if (header + 30 > bytes.length) fail(`${path} lies outside`);
    const from = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
    if (from + size > bytes.length || whole > largest) fail(`${path} lies outside or is too large`);
    const data = bytes.subarray(from, from + size);
    if (method !== 0 && method !== 8) fail(`${path} is compressed by method ${method}; expected 0 or 8`);
    let content = data;
    if (method === 8) {
      try {
        content = inflateRawSync(data, { maxOutputLength: largest });
      } catch (error) {
        fail(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    yield { path, data: content };
  }
}
