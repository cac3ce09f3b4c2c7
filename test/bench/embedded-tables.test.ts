/** Tables of boards: whose figure stands where, and that nothing stands where nobody was measured. */
import { expect, it } from 'vitest';
import { boards } from '../../bench/embedded/boards.ts';
import type { Format } from '../../bench/embedded/harness.ts';
import {
  boardTable,
  frontsTable,
  quotedTable,
  transformTable,
  type Row,
} from '../../bench/embedded/tables.ts';
import { frontTask, realTask, type Task } from '../../bench/embedded/task.ts';
import type { Table } from '../../bench/report.ts';
import { exactFrontEnd } from '../../src/front.ts';
import { featureHead } from '../../src/spectral/presets.ts';

const [m4f, m0] = [boards['cortex-m4f'], boards['cortex-m0plus']];
const real = realTask(512);
const exact = frontTask('log-mel 40 of 512', exactFrontEnd(featureHead('papilio')));
const learned = { ...exact, title: 'log-mel 40 of 512, learned' };
const entries = [
  { task: real, exact: real },
  { task: exact, exact },
  { task: learned, exact, error: 0.0448 },
];

function row(task: Task, label: string, format: Format, instructions: number, board = m4f): Row {
  const run = { stdout: '', instructions, stack: 100, flash: 4000, tables: 1000, ram: 2000, buffers: 500 };
  const call = { declarations: '', arrays: [], input: '', call: '', outputs: [] };
  const contender = { label, format, job: { sources: {} }, call, result: () => new Float64Array(0) };
  const accuracy = format === 'f32' ? [140] : [90, 80, 70];
  return { board, task, contender, accuracy, run };
}
const rows = [
  row(real, 'papilio', 'f32', 10000),
  row(real, 'papilio', 'q15', 12000),
  row(real, 'CMSIS-DSP', 'f32', 20000),
  row(real, 'kissfft', 'q15', 48000),
  row(exact, 'papilio', 'f32', 16000),
  row(exact, 'CMSIS-DSP', 'f32', 32000),
  row(learned, 'papilio', 'f32', 8000),
  row(exact, 'papilio', 'q15', 30000, m0),
  row(real, 'papilio', 'q15', 15000, m0),
];

/** Cells by their column; of columns with one name, the first. */
const cells = ({ header, rows: lines }: Table) =>
  lines.map((line) => Object.fromEntries(header.map((h, i) => [h, line[i]] as const).reverse()));

it('a board has a line for what papilio does in a format, beside others of the same format', () => {
  const table = boardTable(m4f, entries, rows);
  for (const line of table.rows) expect(line).toHaveLength(table.header.length);
  expect(cells(table)).toMatchObject([
    { task: 'real 512', format: 'f32', instructions: '10000', '/ CMSIS-DSP': '0.500', '/ kissfft': '–' },
    { task: 'real 512', format: 'q15', '/ CMSIS-DSP': '–', '/ kissfft': '0.250' },
    { task: 'log-mel 40 of 512', '/ CMSIS-DSP': '0.500' },
    // A learned front end stands in the place of the exact one.
    { task: 'log-mel 40 of 512, learned', '/ CMSIS-DSP': '0.250' },
  ]);
  expect(cells(table)[1]).toMatchObject({
    accuracy: '90.0 / 80.0 / 70.0',
    'of kissfft': '90.0 / 80.0 / 70.0',
    'of CMSIS-DSP': '–',
    'flash kB': '4.00',
    'of it tables': '1.00',
    'RAM kB': '2.50',
    'stack bytes': '100',
  });
});

it('libraries that did nothing on a board have no columns there', () => {
  const { header } = boardTable(
    m0,
    entries,
    rows.filter((r) => r.contender.label === 'papilio'),
  );
  expect(header.join()).not.toMatch(/CMSIS|kissfft/);
});

it('front ends of all boards are in the format that a board is quick in', () => {
  expect(cells(frontsTable([m4f, m0], entries, rows))).toEqual([
    {
      board: 'Cortex-M4F',
      'front end': 'log-mel 40 of 512',
      format: 'f32',
      'CMSIS-DSP': '32000',
      exact: '16000',
      learned: '8000',
      'exact / CMSIS-DSP': '0.500',
      'learned / exact': '0.500',
      'learned / CMSIS-DSP': '0.250',
      'error of learned': '0.0448',
    },
    {
      board: 'Cortex-M0+',
      'front end': 'log-mel 40 of 512',
      format: 'q15',
      'CMSIS-DSP': '–',
      exact: '30000',
      learned: '–',
      'exact / CMSIS-DSP': '–',
      'learned / exact': '–',
      'learned / CMSIS-DSP': '–',
      'error of learned': '–',
    },
  ]);
});

it('a transform on all boards has a column a format, and shares of others', () => {
  const table = transformTable([m4f, m0], real, rows);
  expect(table.header).toEqual([
    'board',
    'f32',
    'f32 / CMSIS-DSP',
    'f32 / kissfft',
    'q15',
    'q15 / CMSIS-DSP',
    'q15 / kissfft',
  ]);
  expect(table.rows).toEqual([
    ['Cortex-M4F', '10000', '0.500', '–', '12000', '–', '0.250'],
    ['Cortex-M0+', '–', '–', '–', '15000', '–', '–'],
  ]);
});

it('quoted figures stand beside what was measured of papilio', () => {
  const found = cells(quotedTable(rows, exact));
  expect(found).toContainEqual({
    task: 'real 512',
    format: 'f32',
    instructions: '24858',
    'papilio / this': '0.402',
  });
  expect(found.at(-1)).toMatchObject({ task: 'log-mel 40 of 512', 'papilio / this': '0.432' });
});
