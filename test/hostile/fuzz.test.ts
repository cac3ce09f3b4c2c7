/** A small slice of npm run fuzz, the same every time: no reader breaks, and every format is both read and refused. */
import { describe, expect, it } from 'vitest';
import { noCounts, runCase } from '../../scripts/fuzz/run.ts';
import { reportSamples } from '../../scripts/fuzz/samples.ts';
import { targets } from '../../scripts/fuzz/targets.ts';
import { isDistillation } from '../../src/cli/distill-report.ts';
import { reportOf } from '../../src/cli/report-command.ts';

describe('hostile files', () => {
  it.each(targets)('$format', (target) => {
    const counts = noCounts();
    for (let i = 0; i < 40 * target.weight; i++) runCase(target, 7, i, counts);
    expect(counts.read).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(0);
  });

  it('a count of bins that a report does not have costs nothing', () => {
    const sample = reportSamples().find((r) => isDistillation(r));
    expect(reportOf({ ...(sample as object), bins: 2 ** 31 }, 'a.json', []).title).toBe(
      'A distilled transform',
    );
  });
});
