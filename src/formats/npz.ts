/** Names and places of the members of a ZIP archive, as numpy.savez writes: PKWARE's APPNOTE, sections 4.3.12 and 4.3.16. */
import { FileFormatError } from '../errors.ts';

/** A member of an archive: its bytes as they are stored. */
interface ZipMember {
  readonly name: string;
  readonly deflated: boolean;
  readonly bytes: Uint8Array;
  /** Bytes that it unfolds to. */
  readonly size: number;
}

const [endMark, centralMark, localMark] = [0x06054b50, 0x02014b50, 0x04034b50];
/** Bytes of the records without their names. */
const [endLength, centralLength, localLength] = [22, 46, 30];

/** Members in the order of the directory. Throws FileFormatError, naming the file, for what is no such archive. */
export function zipMembers(bytes: Uint8Array, file: string): ZipMember[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (problem: string): never => {
    throw new FileFormatError(`${file}: ${problem}`);
  };
  let end = bytes.length - endLength;
  while (end >= 0 && view.getUint32(end, true) !== endMark) end--;
  if (end < 0) fail('no archive of NumPy arrays (.npz)');
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const members: ZipMember[] = [];
  for (let i = 0; i < count; i++) {
    if (at + centralLength > bytes.length || view.getUint32(at, true) !== centralMark)
      fail('the directory of the archive is damaged');
    const method = view.getUint16(at + 10, true);
    const [stored, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => view.getUint16(at + o, true));
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(
      bytes.subarray(at + centralLength, at + centralLength + nameLength),
    );
    if (method !== 0 && method !== 8)
      fail(`${name} is packed by method ${method}; expected stored or deflated`);
    if (local + localLength > bytes.length || view.getUint32(local, true) !== localMark)
      fail(`${name}: the archive is damaged`);
    const from = local + localLength + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    if (from + stored > bytes.length) fail(`${name}: the archive ends early`);
    members.push({ name, deflated: method === 8, bytes: bytes.subarray(from, from + stored), size });
    at += centralLength + nameLength + extra + comment;
  }
  return members;
}
