/** papilio study learnability: every target from random starts, beside the published figures; resumes where it was stopped. */
import { InvalidArgumentError } from '../errors.ts';
import { finite, oneOf, whole } from '../options.ts';
import {
  cellKey,
  isStudy,
  runCell,
  studyCells,
  studyTables,
  studyTargets,
  type StudyCell,
  type StudyRow,
} from '../../studies/study.ts';
import { flag, known, type Command, type FlagsOf } from './args.ts';
import { commandLine } from './command-line.ts';
import { writeAtomic } from './files.ts';
import { follow, jobKey, readRows, refuseOtherEdition, updateFile } from './job.ts';
import type { Output } from './output.ts';
import { announceStops, endIfStopped } from './stop.ts';
import { number } from './report/figures.ts';
import { pageOf } from './report/page.ts';
import { reportMarkdown, rowsText } from './report/report.ts';
import { studyReport } from './study-report.ts';

function oldRows(path: string): StudyRow[] {
  const rows = readRows(path, isStudy, 'a study');
  for (const { papilio } of rows) refuseOtherEdition(path, papilio, 'give another --json or remove the file');
  return rows;
}

/** Adds a row to a file, and takes the rows that other runs have added to it meanwhile. */
const addRow = (path: string, rows: Map<string, StudyRow>, row: StudyRow): StudyRow[] =>
  updateFile(
    path,
    () => {
      rows.set(cellKey(row), row);
      for (const other of oldRows(path)) if (!rows.has(cellKey(other))) rows.set(cellKey(other), other);
      return [...rows.values()];
    },
    rowsText,
  );

const describe = (c: StudyCell): string =>
  `${c.table} ${c.target} n ${c.n} ${c.parametrization} seed ${c.seed}${c.pairs === undefined ? '' : ` pairs ${c.pairs}`}`;

async function run(operands: string[], flags: Flags, output: Output): Promise<void> {
  if (operands[0] !== 'learnability' || operands.length > 1)
    throw new InvalidArgumentError(`study is ${JSON.stringify(operands.join(' '))}; expected learnability`);
  const { targets, sizes, seeds, tables, html, docs } = flags;
  const cells = studyCells({ targets, seeds, ...known({ sizes }) });
  for (const n of sizes ?? [])
    for (const target of targets)
      if (!cells.some((c) => c.n === n && c.target === target))
        output.warn(
          `papilio study: no cell for ${target} at ${n}: sizes that are no power of two are studied for dft and idft; papilio fit ${target} --n ${n} fits one`,
        );
  const wanted = cells.filter((c) => tables.includes(c.table));
  const json = flags.json === '-' ? null : flags.json;
  const rows = new Map((json === null ? [] : oldRows(json)).map((r) => [cellKey(r), r]));
  const budget = (flags.minutes ?? Infinity) * 60_000;
  const command = commandLine();
  const begun = performance.now();
  const missing = wanted.filter((c) => !rows.has(cellKey(c)));
  announceStops(
    json === null
      ? 'nothing is kept without a file for --json'
      : 'finished cells are kept; the same command goes on with the others',
  );
  output.note(`${wanted.length} cells, ${wanted.length - missing.length} already in ${json ?? 'no file'}`);
  for (const [i, cell] of missing.entries()) {
    endIfStopped();
    if (performance.now() - begun > budget) {
      output.warn(`stopped; the same command goes on with the ${missing.length - i} cells that are left`);
      process.exitCode = 1;
      break;
    }
    const row = jobKey({ ...(await follow(runCell(cell))), command });
    if (json === null) rows.set(cellKey(cell), row);
    else addRow(json, rows, row);
    output.print(
      `${describe(cell)}: RMSE ${number(row.rmse)}, ${row.steps} steps, ${row.seconds.toFixed(1)} s${row.note ? `, ${row.note}` : ''}`,
    );
  }
  const all = [...rows.values()];
  if (json === null) output.json(all);
  if (html !== undefined) writeAtomic(html, pageOf(studyReport(all, command)));
  if (docs !== undefined) writeAtomic(docs, reportMarkdown(studyReport(all, command)));
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  targets: flag.list('targets, as in dft,dct2', oneOf(studyTargets), studyTargets),
  sizes: flag.list('sizes, as in 8,16 (default 8 to 1024, 400, 441, 480, 960)', whole(0)),
  seeds: flag.of('random starts per target and size', whole(1, 1000), 20),
  tables: flag.list('tables of the study', oneOf(studyTables), studyTables),
  json: flag.text(
    'rows after every cell; continues an old file; - for stdout at the end',
    'learnability.json',
  ),
  html: flag.text('report, opens offline'),
  docs: flag.text('the report as Markdown (docs/learning.md)'),
  minutes: flag.of('begin no cell after so many minutes', finite({ minimum: 0 })),
};

export const studyCommand: Command<typeof flags> = {
  name: 'study',
  operands: 'learnability',
  operandLimit: 1,
  summary: 'learn every target from random starts and set the errors beside the published ones',
  examples: [
    'study learnability --targets dft,dct2 --sizes 8,16 --seeds 3 --json rows.json',
    'study learnability --minutes 60 --html learnability.html',
  ],
  flags,
  run,
};
