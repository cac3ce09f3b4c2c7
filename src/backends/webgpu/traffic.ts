/** What a row reads from global memory and writes to it, counted from the statements that a shader prints. */
import type { Kernel, KernelAccess, Program } from '../../compiler/kernel.ts';
import { sharedLoops } from '../../compiler/phases.ts';

/** Bytes of one row. */
export interface Traffic {
  /** Of inputs and parameters. */
  readonly read: number;
  /** Of outputs and parameters. */
  readonly written: number;
  /** Of constants and offset tables, which caches hold. */
  readonly tables: number;
}

/** How often an access is made: at every shared point, and in every other loop down to the last one that moves it. */
function timesOf(kernel: Kernel, { terms }: KernelAccess): number {
  const depth = Math.max(sharedLoops(kernel), terms.findLastIndex((t) => t !== 0) + 1);
  return kernel.extents.slice(0, depth).reduce((a, b) => a * b, 1);
}

/** Bytes of 32-bit numbers that a run of a program moves to and from global memory. */
export function globalTraffic({ kernels, buffers }: Program): Traffic {
  let [read, written, tables] = [0, 0, 0];
  for (const kernel of kernels) {
    for (const a of kernel.loads) {
      const { kind } = buffers[a.buffer];
      if (kind === 'constant') tables += timesOf(kernel, a);
      else if (kind !== 'temporary') read += timesOf(kernel, a);
      tables += a.terms.filter((t) => typeof t !== 'number').length * timesOf(kernel, a);
    }
    for (const s of kernel.stores) {
      if (buffers[s.buffer].kind === 'temporary') continue;
      // A sum is stored once, behind its loops; other stores that combine read what they combine with.
      const times = timesOf(kernel, s);
      written += times;
      if (s.mode === 'scatter') read += times;
    }
  }
  return { read: 4 * read, written: 4 * written, tables: 4 * tables };
}
