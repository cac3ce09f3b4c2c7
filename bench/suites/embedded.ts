/** Suite embedded: papilio's C on emulated microcontrollers, in instructions, flash and RAM, beside what else there is for them. */
import { PapilioError } from '../../src/index.ts';
import type { BenchOptions } from '../args.ts';
import type { Skip } from '../contender.ts';
import { boardNames, boards, unavailable, type Board } from '../embedded/boards.ts';
import { frontTasks, logMelHead } from '../embedded/fronts.ts';
import { papilio } from '../embedded/kernels.ts';
import type { Peer } from '../embedded/peer.ts';
import { peers } from '../embedded/peers.ts';
import { rememberedRun } from '../embedded/remembered.ts';
import { checkCounter } from '../embedded/run.ts';
import {
  boardTable,
  frontsTable,
  quotedTable,
  transformTable,
  type Entry,
  type Row,
} from '../embedded/tables.ts';
import { complexTask, levelsOf, measureOn, realTask, type Task } from '../embedded/task.ts';
import { figure, type SuiteReport } from '../report.ts';
import type { Progress } from './transforms.ts';

/** The board that everything is measured on; others do some sizes. */
const whole: Board = boards['cortex-m4f'];
const sizes = { real: [256, 400, 480, 512, 1024, 2048], complex: [256, 512] };
const someSizes = { real: [256, 512], complex: [256] };
/** The transform that all boards are compared by. */
const shownSize = 512;

const everyone: readonly Peer[] = [...papilio, ...peers];

const isSelected = ({ name, format }: Peer, { peers: names, dtype }: BenchOptions): boolean =>
  (names === undefined || name === 'papilio' || names.includes(name)) &&
  (dtype === undefined || format === dtype);

/** Those who do a task right on a board. */
function measureAll(board: Board, task: Task, options: BenchOptions, skipped: Skip[]): Row[] {
  const rows: Row[] = [];
  for (const peer of everyone) {
    if (peer.kind !== task.kind || !peer.runsOn(board) || !isSelected(peer, options)) continue;
    const skip = (why: string, what = task.title): unknown =>
      skipped.push({ label: `${peer.name} ${peer.format}`, what, why });
    try {
      const contender = peer.make(task, board);
      const measured = measureOn(board, task, contender, rememberedRun);
      if (measured.accuracy.every((a) => task.isRight(a, peer.format)))
        rows.push({ board, task, contender, ...measured });
      else
        skip(
          `its output is wrong: ${measured.accuracy.map(figure).join(' / ')} ${task.unit}`,
          `${task.title} on ${board.title}`,
        );
    } catch (error) {
      if (!(error instanceof PapilioError)) throw error;
      skip(error.message);
    }
  }
  return rows;
}

/** Everything that some board does; sizes that are given are done in both kinds. */
function entriesOf({ sizes: given }: BenchOptions): Entry[] {
  const transforms = [
    ...(given ?? sizes.real).map(realTask),
    ...(given ?? sizes.complex).map(complexTask),
  ].map((task) => ({ task, exact: task }));
  const fronts = frontTasks().flatMap(({ exact, learned }): Entry[] => [
    { task: exact, exact },
    ...(learned ? [{ task: learned, exact, error: learned.error }] : []),
  ]);
  return [...transforms, ...fronts];
}

const isFor = (board: Board, { kind, n }: Task, { sizes: given }: BenchOptions): boolean =>
  board === whole || given !== undefined || kind === 'front end' || someSizes[kind].includes(n);

const recordOf = ({ board, task, contender, run, accuracy }: Row): SuiteReport['records'][number] => ({
  board: board.name,
  task: task.title,
  format: contender.format,
  contender: contender.label,
  instructions: run.instructions,
  stack: run.stack,
  flash: run.flash,
  tables: run.tables,
  ram: run.ram + run.buffers,
  ...Object.fromEntries(levelsOf(contender.format).map((level, i) => [`accuracy${level}`, accuracy[i]])),
});

/** All tables; quoted figures only where none were measured. */
function tablesOf(
  found: readonly Board[],
  entries: readonly Entry[],
  rows: readonly Row[],
): SuiteReport['tables'] {
  const transforms = entries.filter(({ task }) => task.kind === 'real').map(({ task }) => task);
  const shown = transforms.find(({ n }) => n === shownSize) ?? transforms[0];
  const logMel = entries.find(({ task }) => task.front?.head === logMelHead)?.task;
  const isQuoted = found.includes(whole) && !rows.some((r) => r.contender.label === 'CMSIS-DSP');
  return [
    frontsTable(found, entries, rows),
    transformTable(found, shown, rows),
    ...found.map((board) => boardTable(board, entries, rows)),
    ...(isQuoted && logMel ? [quotedTable(rows, logMel)] : []),
  ];
}

export async function embeddedSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const entries = entriesOf(options);
  const rows: Row[] = [];
  const found: Board[] = [];
  const skipped: Skip[] = [];
  for (const name of options.boards ?? boardNames) {
    const board = boards[name];
    const why = unavailable(board) ?? checkCounter(board);
    if (why !== null) {
      skipped.push({ label: board.title, what: 'everything', why });
      continue;
    }
    found.push(board);
    for (const { task } of entries.filter((e) => isFor(board, e.task, options))) {
      progress(`embedded: ${board.title} ${task.title}`);
      rows.push(...measureAll(board, task, options, skipped));
    }
  }
  return { suite: 'embedded', tables: tablesOf(found, entries, rows), records: rows.map(recordOf), skipped };
}
