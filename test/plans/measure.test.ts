/** Timing on a clock of its own: equal contenders come out equal, whatever befalls the first of a round or slow code. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { differs, measure, noiseOf, orderOf, ratioOf, type Contender } from '../../src/plans/measure.ts';

afterEach(() => void vi.restoreAllMocks());

/** A clock that only what runs moves on, in milliseconds. */
function clock(): { tick: (ms: number) => void } {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  return { tick: (ms) => (now += ms) };
}

describe('the order of rounds', () => {
  it('gives everyone every place, and no one always the same neighbour', () => {
    for (const count of [2, 3, 5]) {
      const rounds = Array.from({ length: 2 * count }, (_, r) => orderOf(r, count));
      for (let i = 0; i < count; i++) {
        const places = rounds.map((o) => o.indexOf(i));
        for (let place = 0; place < count; place++) expect(places.filter((p) => p === place).length).toBe(2);
        const before = new Set(rounds.map((o) => o[o.indexOf(i) - 1]));
        before.delete(undefined as unknown as number);
        expect(before.size).toBe(Math.min(2, count - 1));
      }
    }
  });
});

describe('measure', () => {
  it('charges what befalls the first of a round to all alike', () => {
    const { tick } = clock();
    let calls = 0;
    let measuring = false;
    // Every third sample begins with a pause, as the collector of garbage might take one.
    const contender = (name: string): Contender => ({
      name,
      units: 1,
      run: () => tick(measuring && calls++ % 3 === 0 ? 2 : 1),
    });
    const contenders = ['a', 'b', 'c'].map(contender);
    const list = measure(contenders, { samples: 30, sampleMs: 1, warmupMs: 4 });
    measuring = true;
    expect(list.map((t) => t.ns)).toEqual([1e6, 1e6, 1e6]);
    const [a, b, c] = measure(contenders, { samples: 60, sampleMs: 1, warmupMs: 4 });
    for (const t of [b, c]) expect(ratioOf(t, a).p50).toBe(1);
  });

  it('waits until late compilers are done', () => {
    const { tick } = clock();
    let runs = 0;
    // Ten times as slow for its first 100 ms, then halfway, then as fast as the other.
    const late: Contender = {
      name: 'late',
      units: 1,
      run: () => tick([10, 5, 1][Math.min(2, Math.floor(runs++ / 8))]),
    };
    const steady: Contender = { name: 'steady', units: 1, run: () => tick(1) };
    const [a, b] = measure([late, steady], { samples: 21, sampleMs: 5, warmupMs: 40 });
    expect(a.ns).toBe(b.ns);
  });

  it('tells apart what differs by more than equal contenders do', () => {
    const timing = (name: string, values: number[]) => ({
      name,
      ns: 0,
      spread: 0,
      samples: values.length,
      values,
    });
    const exact = timing('exact', [10, 10, 10, 10, 10, 10, 10, 10]);
    const twin = timing('twin', [8, 9, 9.5, 10, 10, 10.5, 11, 12]);
    const noise = noiseOf(ratioOf(twin, exact));
    expect(noise).toBeCloseTo(0.1, 12);
    const ratio = (...values: number[]) => ratioOf(timing('x', values), exact);
    expect(differs(ratio(9, 9, 9.2, 9.2, 9.2, 9.2, 9.3, 9.5), noise)).toBe(false);
    expect(differs(ratio(6, 6, 6.2, 6.2, 6.2, 6.2, 6.3, 9.5), noise)).toBe(true);
    expect(differs(ratio(12, 12, 13, 13, 13, 13, 14, 9.5), noise)).toBe(true);
    // Fast now and then is not fast.
    expect(differs(ratio(5, 5, 5, 10, 10, 10, 10, 10), noise)).toBe(false);
  });
});
