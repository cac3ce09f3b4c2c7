/**
 * Places for programs in WebAssembly memories of fixed size: small programs share arenas, because engines reserve
 * gigabytes of addresses for each memory and hold few of them; large ones own theirs. Nothing ever grows, so views stay
 * attached. No place is ever given to a second program: a view of the first, or a view made from it with `subarray`,
 * may be alive, and JavaScript cannot tell. An arena goes as a whole, by garbage collection, with its last program and view.
 */
import { UnsupportedError } from '../../errors.ts';

const pageBytes = 65536;
const arenaPages = 64;
/** Larger programs get a memory of their own. */
const largestShared = (arenaPages * pageBytes) / 4;
/** A cache line, so that neighbours in an arena do not share one. */
const alignment = 64;

/** A range of zeroed bytes in a memory that nobody had before. */
export interface Place {
  readonly memory: WebAssembly.Memory;
  readonly pages: number;
  readonly from: number;
}

/** The arena that is being filled, and where its free bytes begin. */
let open: { readonly memory: WebAssembly.Memory; free: number } | null = null;

/** Throws UnsupportedError where the engine has no room for another memory. */
function newMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UnsupportedError(
      `this engine has no room for another WebAssembly memory of ${(pages * pageBytes) / 1024} KiB (${error.message}); let go of memories or plans that are not needed, or use backend: 'js'`,
    );
  }
}

/** A place of at least `bytes` bytes. Throws UnsupportedError where the engine has no room for another memory. */
export function takePlace(bytes: number): Place {
  const length = Math.ceil(Math.max(bytes, 1) / alignment) * alignment;
  if (length > largestShared) {
    const pages = Math.ceil(length / pageBytes);
    return { memory: newMemory(pages), pages, from: 0 };
  }
  const end = arenaPages * pageBytes;
  let arena = open;
  if (!arena || arena.free + length > end) {
    arena = { memory: newMemory(arenaPages), free: 0 };
    // The fuller of the two is left to those who live in it.
    if (!open || open.free > length) open = arena;
  }
  const from = arena.free;
  arena.free += length;
  return { memory: arena.memory, pages: arenaPages, from };
}
