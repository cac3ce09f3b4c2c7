/** JSON of files: bounded, and refused by the file's name. */
import { FileFormatError } from '../errors.ts';

/** Deepest nesting that is read; nothing that papilio writes has more than a dozen levels. */
const maxJsonDepth = 64;
/** Longest text that is read, in bytes or characters. */
const maxJsonLength = 1 << 28;

/** Does a text nest arrays and objects deeper than `maxJsonDepth`? Brackets in strings do not count. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x5b || c === 0x7b) {
      if (++depth > maxJsonDepth) return true;
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
  return false;
}

/**
 * The value of a JSON text, or of its bytes in UTF-8. What it holds is not checked. Throws FileFormatError, naming the file, for
 * a text that is no JSON, nests more than 64 deep or has more than 256 Mi characters.
 */
export function parseJson(source: Uint8Array | string, name: string): unknown {
  if (typeof source !== 'string' && !ArrayBuffer.isView(source))
    throw new FileFormatError(`${name}: no text and no bytes; expected JSON`);
  if (source.length > maxJsonLength)
    throw new FileFormatError(`${name}: ${source.length} bytes of JSON; expected at most ${maxJsonLength}`);
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  if (isTooDeep(text))
    throw new FileFormatError(
      `${name}: JSON nested more than ${maxJsonDepth} deep; expected what papilio wrote, or arrays of numbers`,
    );
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FileFormatError(`${name}: no JSON`);
  }
}
