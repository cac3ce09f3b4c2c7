/** papilio ablate on tiny settings: rows, failed cells, exact resume after kills at random moments, wrong flags. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ablateCommand } from '../../src/cli/ablate.ts';
import { ablationCsv, ablationReport, isAblation, type Ablation } from '../../src/cli/ablate-report.ts';
import { pageOf } from '../../src/cli/report/page.ts';
import type { AblationRow } from '../../studies/ablation.ts';
import { runCommand, runLine } from '../hostile/helpers.ts';
import { changed, papilio, smallCorpus, temporary } from './helpers.ts';

const trial = ['--samples', '2', '--n', '16'] as const;
const ablationOf = (out: string): Ablation =>
  JSON.parse(readFileSync(join(out, 'ablation.json'), 'utf8')) as Ablation;
/** All of a row that does not depend on the clock. */
const untimed = ({
  nsPerTransform: _,
  timeRatio: __,
  timeNoise: ___,
  seconds: ____,
  ...rest
}: AblationRow): object => rest;
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('papilio ablate', () => {
  const whole = temporary();
  const groups = ['--groups', 'network,quantization'] as const;

  it('writes rows that agree with what they are rows of, a table and a page', async () => {
    const run = await papilio(['ablate', ...groups, ...trial, '--out', whole]);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain('a trial: 2 samples per cell, fewer than 20');
    expect(run.stderr).toMatch(/left/);
    const data = ablationOf(whole);
    expect(isAblation(data)).toBe(true);
    const row = (name: string): AblationRow => data.rows.find((r) => r.name === name) as AblationRow;
    const exact = row('exact kernel (plan)');
    expect(exact.error?.p95).toBeLessThan(1e-6);
    expect(row('exact kernel, q8, per stage').error?.p50).toBeGreaterThan(1e-4);
    expect(row('exact kernel, q8, per stage').tableBytes).toBeLessThan(exact.tableBytes as number);
    expect(row('decimation in time, stages as they are').operations?.p50).toBeGreaterThan(
      exact.operations?.p50 as number,
    );
    // Eight complex points are no power of 4.
    const failed = data.rows.filter((r) => r.failed !== null);
    expect(failed.map((r) => [r.name, r.failed, r.error])).toEqual(
      ['time', 'frequency'].map((d) => [
        `decimation in ${d}, radix 4 only`,
        '8 complex points are no power of 4',
        null,
      ]),
    );
    const csv = readFileSync(join(whole, 'ablation.csv'), 'utf8').trim().split('\n');
    expect(csv.length).toBe(data.rows.length + 1);
    expect(csv.find((line) => line.includes('radix 4 only'))).toMatch(/,8 complex points are no power of 4$/);
    const page = readFileSync(join(whole, 'report.html'), 'utf8');
    expect(page).toContain(`<pre>papilio ablate ${groups.join(' ')} ${trial.join(' ')} --out ${whole}</pre>`);
    expect(page).toContain('failed: 8 complex points');
    expect(page).toContain('a trial: fewer than 20 say little');
    const report = await runLine(['report', join(whole, 'ablation.json'), '--markdown']);
    expect(report.code, report.stderr).toBe(0);
    expect(readFileSync(join(whole, 'ablation.md'), 'utf8')).toContain('## Quantisations');
  });

  it('goes on after kills with no row lost or doubled', async () => {
    const out = temporary();
    let killed = 0;
    for (let attempt = 0; attempt < 12; attempt++) {
      const before = existsSync(join(out, 'ablation.json')) ? ablationOf(out).rows.length : 0;
      const run = await papilio(['ablate', ...groups, ...trial, '--out', out], (kill) => {
        // At a moment drawn anew each time, not when a row is done.
        if (attempt < 3) void sleep(500 + 700 * Math.random()).then(() => kill('SIGKILL'));
      });
      if (existsSync(join(out, 'ablation.json')))
        expect(ablationOf(out).rows.length).toBeGreaterThanOrEqual(before);
      if (run.code === 0) break;
      killed++;
    }
    expect(killed).toBeGreaterThan(0);
    expect(ablationOf(out).rows.map(untimed)).toEqual(ablationOf(whole).rows.map(untimed));
    // Nothing is left to do, and nothing is done.
    const again = await papilio(['ablate', ...groups, ...trial, '--out', out]);
    expect(again.stderr).toContain('22 cells of 2 samples, 22 already in');
    expect(ablationOf(out).rows.length).toBe(22);
  });

  it('searches gates and solves correctors on recordings', async () => {
    const out = temporary();
    const settings = ['--n', '24', '--samples', '1', '--steps', '90', '--budget', '0.9', '--out', out];
    const run = await papilio(['ablate', smallCorpus(), '--groups', 'corrector,gates', ...settings]);
    expect(run.code, run.stderr).toBe(0);
    const { rows, settings: kept } = ablationOf(out);
    expect(kept.signals).toMatch(/windowed frames of .* at 16000 Hz, 4 recordings to fit, 1 to measure/);
    const row = (name: string): AblationRow => rows.find((r) => r.name === name) as AblationRow;
    expect(row('skipped block, banded:2').error?.p50).toBeLessThan(
      row('skipped block, identity').error?.p50 as number,
    );
    const gates = rows.filter((r) => r.group === 'gates');
    expect(gates.length).toBe(36);
    expect(gates.every((r) => r.failed === null)).toBe(true);
    // Something closes within so large a budget, and is cheaper.
    const most = Math.max(...gates.map((r) => r.operations?.p50 ?? 0));
    expect(row('skip, hard, butterfly').operations?.p50).toBeLessThan(most);
    expect(row('skip, hard, butterfly').error?.p50).toBeGreaterThan(0.01);
  });

  it('goes on with rows of the same sounds only', async () => {
    const [corpus, out] = [smallCorpus(), temporary()];
    const args = [
      corpus,
      '--groups',
      'backend',
      '--n',
      '8',
      '--samples',
      '1',
      '--minutes',
      '1',
      '--out',
      out,
    ];
    const rows = await papilio(['ablate', ...args]);
    expect(rows.code, rows.stderr).toBe(0);
    // As many recordings either way.
    const longer = await runCommand(ablateCommand, changed(args, '--minutes', '2'));
    expect(longer.stderr).toMatch(/ablation\.json: made with minutes 1, not 2; give another --out/);
    const left = await runCommand(ablateCommand, [...args, '--channel', 'left']);
    expect(left.stderr).toMatch(/ablation\.json: made with channel "mix", not "left"/);
    const path = join(corpus, 'noise-0.wav');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    const other = await runCommand(ablateCommand, args);
    expect(other.stderr).toMatch(/ablation\.json: made with recordings "5 files, \w+", not "5 files, \w+"/);
    expect([longer.code, left.code, other.code]).toEqual([2, 2, 2]);
  }, 60_000);

  it('refuses wrong flags and files by name', async () => {
    const junk = temporary();
    writeFileSync(join(junk, 'ablation.json'), '{"kind": "ablation"}');
    const cases: [string[], RegExp][] = [
      [['--groups', 'colour'], /--groups names "colour"; expected network, backend/],
      [['--samples', '0'], /--samples is "0"; expected a whole number from 1 to /],
      [['--n', '18'], /n is 18; expected a multiple of 4/],
      [['--groups', 'network', ...trial, '--out', junk], /ablation\.json: not what papilio ablate wrote/],
      [
        [...groups, '--samples', '3', '--n', '16', '--out', whole],
        /made with samples 2, not 3; give another/,
      ],
      [['/nowhere'], /\/nowhere: no such file or folder/],
    ];
    for (const [args, message] of cases) {
      const run = await runCommand(ablateCommand, args);
      expect([run.code, run.stderr.trim().split('\n').length]).toEqual([2, 1]);
      expect(run.stderr).toMatch(message);
    }
  });
});

describe('reports of ablations', () => {
  it('escape what they are given', () => {
    const row = { ...ablationOfOne, failed: '<b>, "x"' };
    const data: Ablation = { kind: 'ablation', settings: settingsOfOne, commands: [], rows: [row] };
    expect(pageOf(ablationReport(data, 'papilio ablate'))).toContain('&lt;b&gt;');
    expect(ablationCsv(data)).toContain('"<b>, ""x"""');
  });
});

const settingsOfOne = {
  n: 16,
  samples: 20,
  seed: 1,
  steps: 1,
  sparsity: 1,
  budget: 0.1,
  decimation: 'time',
  signals: 'noise',
} as const;
const ablationOfOne: AblationRow = {
  group: 'gates',
  name: 'skip, hard, run',
  samples: 20,
  error: null,
  operations: null,
  nsPerTransform: null,
  timeRatio: null,
  timeNoise: null,
  tableBytes: null,
  codeBytes: null,
  failed: null,
  seconds: 0,
};
