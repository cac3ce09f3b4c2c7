/** Helpers for hostile bytes: what a decoder may do with them, and how to build them. */

import fc from 'fast-check';
import { expect } from 'vitest';
import { FileFormatError } from '../../src/errors.ts';

/** Runs a decoder that must refuse; returns the message after checking its kind, its file name and its one line. */
export function refusal(decode: (name: string) => unknown): string {
  let caught: unknown;
  try {
    decode('bad.file');
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(FileFormatError);
  const { message } = caught as FileFormatError;
  expect(message).toMatch(/^bad\.file: [^\n\r\u2028\u2029]+$/);
  return message;
}

/** True if the decoder returned, or refused with a FileFormatError of one line; anything else is thrown on. */
export function decodesOrRefuses(decode: (name: string) => unknown): boolean {
  try {
    decode('bad.file');
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    expect(error.message).toMatch(/^bad\.file: [^\n\r\u2028\u2029]+$/);
    return false;
  }
  return true;
}

/** Bytes of one of `valid`, cut short or with up to 8 bytes overwritten. */
export function damaged(valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc.constantFrom(...valid).chain((bytes) => {
    const at = fc.nat(bytes.length - 1);
    // Headers are short: half of the edits fall into the first 160 bytes.
    const edit = fc.tuple(fc.oneof(at, fc.nat(Math.min(159, bytes.length - 1))), fc.nat(255));
    const mutated = fc.array(edit, { minLength: 1, maxLength: 8 }).map((edits) => {
      const copy = bytes.slice();
      for (const [index, value] of edits) copy[index] = value;
      return copy;
    });
    return fc.oneof(
      mutated,
      fc.nat(bytes.length - 1).map((length) => bytes.slice(0, length)),
      fc.tuple(mutated, fc.nat(bytes.length)).map(([copy, length]) => copy.slice(0, length)),
    );
  });
}

/** The same bytes inside a larger buffer, at an odd offset. */
export function unaligned(bytes: Uint8Array): Uint8Array {
  const outer = new Uint8Array(bytes.length + 16).fill(0xaa);
  outer.set(bytes, 3);
  return outer.subarray(3, 3 + bytes.length);
}
