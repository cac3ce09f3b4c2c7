/** What a comparison says in words: no headline within the noise. */
import { describe, expect, it } from 'vitest';
import {
  compareReport,
  compareVerdict,
  type CompareRow,
  type Comparison,
} from '../../src/cli/compare-report.ts';
import { reportText } from '../../src/cli/report/report.ts';

const times = (p25: number, p50: number, p75: number) => ({ p5: 0.9 * p25, p25, p50, p75, p95: 1.1 * p75 });
const row = (name: string, change: Partial<CompareRow> = {}): CompareRow => ({
  name,
  source: 'model',
  error: 0.1,
  errorP95: 0.2,
  bandErrors: [0.1],
  mul: 500,
  add: 500,
  operations: 1000,
  loads: 10,
  stores: 10,
  ns: times(90, 100, 110),
  timeRatio: times(0.95, 1, 1.05),
  tableBytes: 10,
  codeBytes: 100,
  ...change,
});
const comparison = (rows: CompareRow[], timeNoise = 0.1): Comparison => ({
  kind: 'comparison',
  subject: 'a transform',
  unit: 'transform',
  signals: 'noise',
  errorIs: 'Errors are errors',
  samples: 21,
  timeNoise,
  places: { label: 'bin', at: [0] },
  rows: [row('exact kernel', { error: 0, source: 'exact' }), ...rows],
  command: 'papilio compare',
});

const compareText = (c: Comparison): string => reportText(compareReport(c, 'papilio report'));

describe('the verdict', () => {
  it('has no winner where times differ by less than those of equal kernels', () => {
    // Three files of one kernel on a busy machine.
    const same = [0.68, 0.92, 0.77].map((p50, i) => row(`same-${i}`, { timeRatio: times(0.6, p50, 1.1) }));
    expect(compareVerdict(comparison(same, 0.3))).toMatch(/use the exact kernel/);
    const near = [0.95, 0.93, 0.97].map((p50, i) =>
      row(`same-${i}`, { timeRatio: times(p50 - 0.01, p50, p50 + 0.01) }),
    );
    expect(compareVerdict(comparison(near, 0.1))).toMatch(/use the exact kernel/);
    const fewer = near.map((r) => ({ ...r, operations: 800 }));
    expect(compareVerdict(comparison(fewer, 0.1))).toMatch(
      /as fast \(0\.9\d, within the noise\).* None is faster/,
    );
  });

  it('calls nothing as fast that is far from 1, within a wide noise', () => {
    const wide = row('wide', { timeRatio: times(0.45, 0.49, 0.55), operations: 800 });
    expect(compareVerdict(comparison([wide], 0.6))).toMatch(/a time too noisy to tell \(0\.45 to 0\.55\)/);
  });

  it('names what is faster, and says which are equally fast', () => {
    const fast = [0.5, 0.51, 0.49].map((p50, i) =>
      row(`fast-${i}`, { timeRatio: times(p50 - 0.02, p50, p50 + 0.02), operations: 500 + i }),
    );
    const text = compareVerdict(comparison(fast, 0.05));
    expect(text).toMatch(
      /fast-0: error 0\.1000 at 50\.0 % of the exact kernel's operations and 0\.50 of its time/,
    );
    expect(text).toContain('3 of them are equally fast');
    const clear = compareVerdict(
      comparison([fast[0], row('slow', { timeRatio: times(0.8, 0.8, 0.8) })], 0.05),
    );
    expect(clear).not.toContain('equally fast');
  });

  it('shows quartiles', () => {
    expect(compareText(comparison([row('x', { timeRatio: times(0.7, 0.8, 0.9) })]))).toContain(
      '0.80 (0.70 to 0.90)',
    );
  });

  it('says that times are too noisy where their quartiles are on both sides of 1, and far off', () => {
    const noisy = compareText(comparison([row('x', { timeRatio: times(0.8, 2.36, 8.58), operations: 800 })]));
    expect(noisy).toContain('too noisy to tell (0.80 to 8.58)');
    expect(noisy).toContain('a time too noisy to tell');
    expect(noisy).not.toContain('2.36');
    // Equal kernels on a quiet machine.
    const quiet = compareText(comparison([row('x', { timeRatio: times(0.97, 1, 1.03) })]));
    expect(quiet).toContain('1.00 (0.97 to 1.03)');
  });
});
