/** A small slice of npm run fuzz, the same every time: no reader breaks, and every format is both read and refused. */
import { describe, expect, it } from 'vitest';
import { noCounts, runCase } from '../../scripts/fuzz/run.ts';
import { targets } from '../../scripts/fuzz/targets.ts';

describe('hostile files', () => {
  it.each(targets)('$format', (target) => {
    const counts = noCounts();
    for (let i = 0; i < 40 * target.weight; i++) runCase(target, 7, i, counts);
    expect(counts.read).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(0);
  });
});
