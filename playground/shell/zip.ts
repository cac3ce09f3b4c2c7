/** Several files in one: a zip archive that stores them as they are (APPNOTE.TXT 6.3, method 0). */

const table = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = (c >>> 8) ^ table[(c ^ byte) & 0xff];
  return ~c >>> 0;
}

/** Numbers of 2 or 4 bytes, the lowest first. */
function record(...fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of fields)
    for (let i = 0; i < bytes; i++) out[at++] = Math.floor(value / 2 ** (8 * i)) & 0xff;
  return out;
}

/** 1 January 1980, so that the same files are the same bytes. */
const date = 0x21;

/** An archive of files by name. */
export function zip(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const encoder = new TextEncoder();
  const [local, central]: [Uint8Array[], Uint8Array[]] = [[], []];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = encoder.encode(path);
    const bytes = typeof content === 'string' ? encoder.encode(content) : content;
    // Names are UTF-8 (bit 11).
    const common: (readonly [2 | 4, number])[] = [
      [2, 20],
      [2, 0x800],
      [2, 0],
      [2, 0],
      [2, date],
      [4, crc32(bytes)],
      [4, bytes.length],
      [4, bytes.length],
      [2, name.length],
      [2, 0],
    ];
    const head = record([4, 0x04034b50], ...common);
    central.push(
      record([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]),
      name,
    );
    local.push(head, name, bytes);
    offset += head.length + name.length + bytes.length;
  }
  const size = central.reduce((sum, x) => sum + x.length, 0);
  const count = Object.keys(files).length;
  const end = record([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]);
  const all = [...local, ...central, end];
  const out = new Uint8Array(all.reduce((sum, x) => sum + x.length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
