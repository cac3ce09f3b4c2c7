/** Views of plans: whoever holds one keeps its numbers, and cannot touch anybody else's. */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { cases } from '../helpers.ts';
import { backends } from '../../src/plans/compiled.ts';
import {
  viewOf,
  type BackendName,
  type HostExecutable,
  type FloatArray,
} from '../../src/backends/backend.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { InvalidArgumentError, UnsupportedError } from '../../src/errors.ts';
import { planFftSync, rfft, type Plan } from '../../src/index.ts';
import { planGraph } from '../../src/compiler.ts';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Garbage collection, and the turn of the event loop in which engines notice what it collected. */
async function collect(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await sleep(1);
  }
}

const { graph } = planGraph({ n: 32, input: 'real' });
const program = compileGraph(graph, { dtype: 'f32', vectors: true });
const small = (backend: BackendName = 'wasm'): HostExecutable => backends[backend].instantiate(program);
/** The same with 800 kB of input: a dozen of them need more than one arena. */
const wideProgram = compileGraph(graph, { dtype: 'f32', vectors: true, reserve: { inputRe: 200_000 } });
const wide = (): HostExecutable => backends.wasm.instantiate(wideProgram);

/** What a function keeps that makes a plan of its own and returns the first ten bins of a step of height h. */
function binsOf(height: number, keep: (bins: FloatArray) => FloatArray): FloatArray {
  const plan = planFftSync({ n: 64, input: 'real' });
  plan.input.re.fill(height);
  plan.run();
  return keep(plan.output.re);
}

describe('views of plans', () => {
  // What other tests left behind would be taken first.
  beforeEach(collect);

  it.each([
    ['the view', (bins: FloatArray) => bins],
    ['a sub-view', (bins: FloatArray) => bins.subarray(0, 10)],
    ['a sub-view of a sub-view', (bins: FloatArray) => bins.subarray(0, 20).subarray(0, 10)],
    ['a view made from the buffer', (b: FloatArray) => new Float32Array(b.buffer, b.byteOffset, 10)],
  ])('%s keeps its numbers after its plan was forgotten', async (_, keep) => {
    const held = Array.from({ length: 5 }, (_, i) => binsOf(i + 1, keep));
    await collect();
    const next = Array.from({ length: 80 }, () => small());
    for (const { arena } of next) arena.fill(NaN);
    held.forEach((bins, i) => {
      expect(Array.from(bins.subarray(0, 10))).toEqual([64 * (i + 1), 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    });
  });

  it('a view of a disposed plan cannot touch the next one', async () => {
    const first = planFftSync({ n: 64, input: 'real' });
    const held = [first.input.re, first.output.re];
    first.dispose();
    await collect();
    const next = Array.from({ length: 80 }, () => small());
    for (const e of next) viewOf(e, 'inputRe').fill(1);
    for (const view of held) view.fill(7);
    for (const e of next) {
      e.run();
      for (const view of held) view.fill(7);
      expect(viewOf(e, 'outputRe')[0]).toBe(32);
    }
  });

  it('every kept view keeps its numbers, whatever is made, disposed, forgotten and collected', () => {
    const step = fc.tuple(fc.constantFrom('keep', 'forget', 'dispose', 'collect'), fc.nat(7));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const kept: { view: FloatArray; mark: number }[] = [];
        steps.forEach(([what, from], mark) => {
          if (what === 'collect') return collectGarbage();
          const e = small();
          const input = viewOf(e, 'inputRe');
          e.arena.fill(-1);
          input.fill(mark);
          if (what === 'keep' || from % 2 === 0) kept.push({ view: input.subarray(from), mark });
          if (what === 'dispose') e.dispose();
        });
        for (const { view, mark } of kept) expect(view.every((x) => x === mark)).toBe(true);
      }),
      { numRuns: cases(6, 12) },
    );
  });
});

describe('memory is let go', () => {
  /** Is the memory of a plan gone while the plan itself is still held? */
  async function isGone(plan: Plan): Promise<boolean> {
    const buffer = new WeakRef(plan.input.re.buffer);
    plan.dispose();
    await collect();
    return buffer.deref() === undefined;
  }

  it('with a large plan that was disposed', async () => {
    const plan = planFftSync({ n: 2 ** 17 });
    expect(await isGone(plan)).toBe(true);
    expect(() => plan.run()).toThrow(InvalidArgumentError);
  });

  it('with the last of small programs, once another arena is open', async () => {
    const arenas: WeakRef<ArrayBufferLike>[] = [];
    for (let i = 0; i < 18; i++) {
      const { buffer } = wide().arena;
      if (arenas.at(-1)?.deref() !== buffer) arenas.push(new WeakRef(buffer));
    }
    await collect();
    // The first may hold programs of others; the last is open.
    expect(arenas.length).toBeGreaterThan(2);
    expect(arenas.slice(1).filter((a) => a.deref()).length).toBeLessThanOrEqual(1);
  });
});

describe('an engine that has no room for another memory', () => {
  /** What V8 does once a process holds some 13,000 of them. */
  function withoutMemories(run: () => void): void {
    const { Memory } = WebAssembly;
    function refuse(): never {
      throw new RangeError('WebAssembly.Memory(): could not allocate memory');
    }
    WebAssembly.Memory = refuse as unknown as typeof Memory;
    try {
      run();
    } finally {
      WebAssembly.Memory = Memory;
    }
  }

  it('is named, with what would help', () => {
    withoutMemories(() => {
      const large = () => planFftSync({ n: 2 ** 17 });
      expect(large).toThrow(UnsupportedError);
      expect(large).toThrow(
        /no room for another WebAssembly memory of \d+ KiB .*; let go of .* or use backend: 'js'/,
      );
      expect(() => {
        for (let i = 0; i < 12; i++) wide();
      }).toThrow(UnsupportedError);
    });
  });

  it('still runs small plans in the arena that is open, and all in JavaScript', () => {
    small();
    withoutMemories(() => {
      expect(rfft([1, 2, 3]).re[0]).toBe(6);
      const plan = planFftSync({ n: 2 ** 10, backend: 'js' });
      plan.input.re.fill(1);
      plan.run();
      expect(plan.output.re[0]).toBe(1024);
    });
  });
});
