/** Which stretch of the test recordings is shown, and which front ends. */
import { describe, expect, it } from 'vitest';
import { excerptOf, representatives } from '../../src/cli/front-examples.ts';
import type { FrontRow } from '../../src/cli/front-row.ts';

const row = (
  structure: string,
  kind: FrontRow['kind'],
  share: number,
  error: number,
  files = ['m'],
): FrontRow =>
  ({ structure, kind, fftOperations: share, exactFftOperations: 1, error, files }) as unknown as FrontRow;

describe('examples of a front', () => {
  it('are of the loudest stretch, as long as there is', () => {
    const quiet = Float64Array.from({ length: 40000 }, (_, i) => (i >= 24000 && i < 30000 ? 0.1 : 0.01));
    const loud = new Float64Array(9000).fill(0.02);
    const found = excerptOf(
      [loud, quiet].map((samples, i) => ({ name: `r${i}`, samples })),
      16000,
    );
    expect(found.name).toBe('r1');
    expect(found.samples.length).toBe(32000);
    expect(found.samples.filter((x) => x === 0.1).length).toBe(6000);
    expect(excerptOf([{ name: 'short', samples: loud }], 16000).samples.length).toBe(9000);
  });
  it('are of the exact front end, a middle and the cheapest learned one, and the best smaller transform', () => {
    const rows = [
      row('a', 'learned', 0.9, 0.01),
      row('exact', 'exact', 1, 0),
      row('b', 'learned', 0.6, 0.03),
      row('c', 'learned', 0.4, 0.08),
      row('half', 'baseline', 0.43, 0.2),
      row('quarter', 'baseline', 0.2, 0.4),
      row('every second', 'baseline', 0.5, 0.01, []),
    ];
    expect(representatives(rows).map((r) => r.structure)).toEqual(['exact', 'b', 'c', 'half']);
    expect(representatives(rows.slice(1, 2)).map((r) => r.structure)).toEqual(['exact']);
  });
});
