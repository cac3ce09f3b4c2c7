/** What a race says of times that spread. */
import { describe, expect, it } from 'vitest';
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
