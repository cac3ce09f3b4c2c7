/** A front in words: the advice follows the figures. */
import { describe, expect, it } from 'vitest';
import { frontTable, summaries, verdict, type Summary } from '../../src/cli/front-summary.ts';
import type { FrontRow } from '../../src/cli/front-row.ts';

const summary = (change: Partial<Summary>): Summary => ({
  structure: 's',
  kind: 'learned',
  seeds: 1,
  error: 0.04,
  worst: 0.05,
  p95: 0.1,
  fft: 0.5,
  transform: 0.5,
  whole: 0.5,
  time: 0.7,
  codeBytes: 1024,
  ...change,
});
const exact = summary({ kind: 'exact', error: 1e-6, fft: 1, time: 1 });

describe('verdict', () => {
  it('says use it where nothing beats the exact kernel', () => {
    expect(verdict([exact])).toMatch(/exact kernel: use it/);
    expect(verdict([exact, summary({ error: 0.2 })])).toMatch(/Not worth it/);
  });
  it('weighs time before operations', () => {
    expect(verdict([exact, summary({})])).toMatch(
      /Worth it where an error of 0.0400 is allowed: 0.70 of the time/,
    );
    expect(verdict([exact, summary({ time: 0.9 })])).toMatch(/operations are what is paid for: 50.0 %/);
    expect(verdict([exact, summary({ time: NaN })])).toMatch(/operations are what is paid for/);
    expect(verdict([exact, summary({ time: 0.9, fft: 0.8 })])).toMatch(/Not worth it/);
  });
  it('compares with the best cheap way at its cost, whoever wins', () => {
    const cheap = summary({ kind: 'baseline', structure: 'small', error: 0.1, fft: 0.49 });
    expect(verdict([exact, summary({}), cheap])).toMatch(
      /cheap way, small \(49.0 %, error 0.1000\), a learned one is at 0.0400/,
    );
    expect(verdict([exact, summary({}), { ...cheap, error: 0.01 }])).toMatch(/small is better at its cost/);
    // Fewer bits save no operations: nothing to be set against.
    expect(verdict([exact, summary({}), { ...cheap, fft: 1 }])).not.toMatch(/small/);
  });
});

describe('summaries', () => {
  const row = (change: Partial<FrontRow>): FrontRow => ({
    feature: 'peaks',
    nFft: 64,
    mels: 0,
    structure: 'a',
    kind: 'learned',
    seed: 0,
    error: 0.1,
    errorP95: 0.2,
    validationError: 0.1,
    bandErrors: [],
    operations: 50,
    exactOperations: 100,
    transformOperations: 40,
    exactTransformOperations: 100,
    fftOperations: 30,
    exactFftOperations: 100,
    nsPerFrame: null,
    exactNsPerFrame: null,
    tableBytes: 1,
    codeBytes: 2048,
    files: [],
    ...change,
  });
  const peaks = (missed: number) => ({
    peaks: 10,
    missed,
    extra: 0,
    frequency: { mean: 2, p95: 3 },
    level: null,
  });

  it('are means over seeds, with the worst; what was not timed has no time', () => {
    const [s] = summaries([row({}), row({ seed: 1, error: 0.3, nsPerFrame: 3, exactNsPerFrame: 4 })]);
    expect(s).toMatchObject({ seeds: 2, worst: 0.3, fft: 0.3, time: 0.75 });
    expect(s.error).toBeCloseTo(0.2, 12);
    expect(summaries([row({})])[0].time).toBeNaN();
  });
  it('tell of peaks where there are any, a dash for what none was found of', () => {
    const tableOf = (...rows: FrontRow[]) => frontTable('a front', summaries(rows), () => 'model');
    const { head, rows } = tableOf(row({ peaks: peaks(1) }), row({ seed: 1, peaks: peaks(3) }));
    expect(head.slice(-4, -1)).toEqual(['peaks missed', 'off by, Hz', 'off by, dB']);
    expect(rows[0].slice(-4)).toEqual(['20.0 %', '2.00', '-', 'model']);
    expect(tableOf(row({})).head).not.toContain('peaks missed');
  });
});
