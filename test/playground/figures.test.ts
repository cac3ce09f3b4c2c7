/** What rooms say of their figures. */
import { describe, expect, it } from 'vitest';
import { editsOf } from '../../playground/butterflies/edits.ts';
import { editedModel } from '../../playground/butterflies/network.ts';
import { numbersOf } from '../../playground/butterflies/signal.ts';
import { drawnOf, readState } from '../../playground/butterflies/state.ts';
import emit from '../../playground/tasks/emit.ts';
import { isNoisy, ratioText, sharesOf, timeText } from '../../playground/race/figures.ts';
import type { Runner } from '../../playground/tasks/race.ts';

const runner = (ns: number | null, spread = 0): Runner => ({
  name: 'x',
  error: 0,
  right: ns !== null,
  ns,
  spread: ns === null ? null : spread,
});

describe('figures of a race', () => {
  it('no ratio where either spreads over more than a third of its median', () => {
    const [sure, noisy] = [runner(500, 100), runner(3550, 4980)];
    expect([sure, noisy, runner(null)].map(isNoisy)).toEqual([false, true, false]);
    expect(ratioText(sure, runner(1000, 10))).toBe('0.50');
    expect(ratioText(noisy, sure)).toBe('too noisy to tell');
    expect(ratioText(sure, noisy)).toBe('too noisy to tell');
    expect(ratioText(sure, undefined)).toBe('–');
    expect(ratioText(runner(null), sure)).toBe('–');
  });

  it('bars are parts of the fastest that is sure', () => {
    expect(sharesOf([runner(100, 90), runner(200, 2), runner(400, 2), runner(null)])).toEqual([
      100, 100, 50, 0,
    ]);
    expect(sharesOf([runner(100, 90), runner(200, 190)])).toEqual([100, 50]);
  });

  it('a time has its spread to its own last digit', () => {
    expect(timeText(3550, 4980)).toBe('3550 ± 4980 ns');
    expect(timeText(0, 0)).toBe('below the clock');
  });
});

describe('numbers of a visitor', () => {
  it('what overflows is refused by name', () => {
    expect(numbersOf('1 -2i 1e6', 4).re).toEqual(Float64Array.of(1, 0, 1e6, 0));
    for (const text of ['1e308', '2-1e7i'])
      expect(() => numbersOf(text, 4)).toThrow(`"${text}" is too large`);
  });
});

describe('operations of a network', () => {
  it('are told with those of the network without edits, where they are not known', async () => {
    const d = drawnOf(readState({ n: 16 }));
    const [edits, none] = [editsOf('1.3:drop', 4, 8), editsOf('', 4, 8)];
    const exact = editedModel(d, none);
    const context = { progress: () => undefined, said: () => null, breathe: () => Promise.resolve() };
    const own = await emit({ ...editedModel(d, edits), name: undefined, code: null, exact }, context);
    const alone = await emit({ ...exact, name: undefined, code: null, exact: null }, context);
    expect(own.exact).toMatchObject({ mul: alone.mul, add: alone.add });
    expect(alone.exact).toBe(null);
  });
});
