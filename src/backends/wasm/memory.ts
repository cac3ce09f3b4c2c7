/**
 * Places for programs in WebAssembly memories of fixed size: small programs share arenas, because engines reserve
 * gigabytes of addresses for each memory; large ones own theirs. Nothing ever grows, so views stay attached.
 */

const pageBytes = 65536;
const arenaPages = 64;
/** Larger programs get a memory of their own. */
const largestShared = (arenaPages * pageBytes) / 4;
/** A cache line, so that neighbours in an arena do not share one. */
const alignment = 64;

/** A range of bytes in a memory. */
export interface Place {
  readonly memory: WebAssembly.Memory;
  readonly pages: number;
  readonly from: number;
  readonly bytes: number;
  /** Gives the range back; harmless when repeated. */
  release(): void;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

class SharedArena {
  readonly memory = new WebAssembly.Memory({ initial: arenaPages, maximum: arenaPages });
  /** Taken ranges, by address. */
  private readonly taken: Range[] = [];

  /** First gap that is wide enough, or null. */
  take(bytes: number): Range | null {
    let from = 0;
    let at = 0;
    while (at < this.taken.length && this.taken[at].from - from < bytes) from = this.taken[at++].to;
    if (from + bytes > arenaPages * pageBytes) return null;
    const range = { from, to: from + bytes };
    this.taken.splice(at, 0, range);
    return range;
  }

  release(range: Range): void {
    const at = this.taken.indexOf(range);
    if (at >= 0) this.taken.splice(at, 1);
  }

  get isEmpty(): boolean {
    return this.taken.length === 0;
  }
}

const arenas: SharedArena[] = [];

/** A place of at least `bytes` zeroed bytes. */
export function takePlace(bytes: number): Place {
  const length = Math.ceil(Math.max(bytes, 1) / alignment) * alignment;
  if (length > largestShared) {
    const pages = Math.ceil(length / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    return { memory, pages, from: 0, bytes: length, release: () => undefined };
  }
  for (const arena of arenas) {
    const range = arena.take(length);
    if (range) return placeIn(arena, range);
  }
  const arena = new SharedArena();
  arenas.push(arena);
  return placeIn(arena, arena.take(length) as Range);
}

function placeIn(arena: SharedArena, range: Range): Place {
  new Uint8Array(arena.memory.buffer, range.from, range.to - range.from).fill(0);
  return {
    memory: arena.memory,
    pages: arenaPages,
    from: range.from,
    bytes: range.to - range.from,
    release() {
      arena.release(range);
      // One empty arena is kept for the next plan.
      if (arena.isEmpty && arenas.length > 1) arenas.splice(arenas.indexOf(arena), 1);
    },
  };
}

/** Gives places back whose executables were forgotten rather than disposed. */
export const forgotten = new FinalizationRegistry<() => void>((release) => release());
