/** Suite embedded: papilio's C on boards, in instructions, flash and RAM, and natively in time, beside what else there is for them. */
import { PapilioError } from '../../src/index.ts';
import type { BenchOptions } from '../args.ts';
import type { Contender as Timed, Skip } from '../contender.ts';
import { boardNames, boards, unavailable, versionOf, type Board } from '../embedded/boards.ts';
import { quoted } from '../embedded/cmsis.ts';
import { papilio } from '../embedded/kernels.ts';
import { startNative } from '../embedded/native.ts';
import type { Peer } from '../embedded/peer.ts';
import { peers } from '../embedded/peers.ts';
import { checkCounter } from '../embedded/run.ts';
import {
  jobOf,
  levelsOf,
  logMelTask,
  measureOn,
  realTask,
  type Contender,
  type Measured,
  type Task,
} from '../embedded/task.ts';
import { defaultProtocol, measureInTurn } from '../protocol.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import type { Summary } from '../statistics.ts';
import type { Progress } from './transforms.ts';

const sizes = [256, 400, 480, 512, 1024, 2048];

interface Row extends Measured {
  readonly board: Board;
  readonly task: Task;
  readonly contender: Contender;
  /** Natively. */
  readonly time?: Summary;
}

const everyone: readonly Peer[] = [...papilio, ...peers];
const isOurs = ({ contender }: Row): boolean => contender.label === 'papilio';

const isSelected = ({ name, format }: Peer, { peers: names, dtype }: BenchOptions): boolean =>
  (names === undefined || name === 'papilio' || names.includes(name)) &&
  (dtype === undefined || format === dtype);

/** Those who do a task right on a board. */
function measureAll(board: Board, task: Task, options: BenchOptions, skipped: Skip[]): Row[] {
  const rows: Row[] = [];
  for (const peer of everyone) {
    if (peer.kind !== task.kind || !peer.runsOn(board) || !isSelected(peer, options)) continue;
    const skip = (why: string): unknown =>
      skipped.push({ label: `${peer.name} ${peer.format}`, what: `${task.title} on ${board.title}`, why });
    try {
      const contender = peer.make(task, board);
      const measured = measureOn(board, task, contender);
      if (measured.accuracy.every((a) => task.isRight(a, peer.format)))
        rows.push({ board, task, contender, ...measured });
      else skip(`its output is wrong: ${measured.accuracy.map(figure).join(' / ')} ${task.unit}`);
    } catch (error) {
      if (!(error instanceof PapilioError)) throw error;
      skip(error.message);
    }
  }
  return rows;
}

/** The same rows with times: all of them run in turn. */
async function timed(rows: readonly Row[], samples: number): Promise<Row[]> {
  const running: Timed[] = [];
  try {
    for (const { board, task, contender } of rows)
      running.push(startNative(board, contender.label, jobOf(task, contender)));
    const times = await measureInTurn(running, { ...defaultProtocol, samples });
    return rows.map((row, i) => ({ ...row, time: times[i] }));
  } finally {
    for (const c of running) c.close();
  }
}

const costOf = ({ run, time }: Row): number => time?.median ?? run.instructions;

/** What papilio's own row of a task and format costs over what this one does. */
function share(row: Row, rows: readonly Row[]): string {
  const ours = rows.find(
    (r) => isOurs(r) && r.task === row.task && r.contender.format === row.contender.format,
  );
  return ours === undefined || ours === row ? '' : figure(costOf(ours) / costOf(row));
}

const kilobytes = (bytes: number): string => (bytes === 0 ? '–' : figure(bytes / 1000));

function tableOf(board: Board, rows: readonly Row[]): Table {
  const isNative = board.tick === null;
  const compiler = `${versionOf(board.compiler) ?? board.compiler}, \`${board.flags.join(' ')}\``;
  const emulator = isNative ? '' : `, \`${board.emulator.slice(0, 3).join(' ')}\``;
  return {
    caption: `**${board.title}**: one call. ${compiler}${emulator}.`,
    header: [
      'task',
      'format',
      'by',
      isNative ? 'time' : 'instructions',
      'papilio / this',
      'flash kB',
      'RAM kB',
      ...(isNative ? [] : ['stack bytes']),
      'accuracy',
    ],
    rows: rows.map((row) => {
      const { task, contender, run, time, accuracy } = row;
      return [
        task.title,
        contender.format,
        contender.label,
        time === undefined ? String(run.instructions) : duration(time.median, time.spread),
        share(row, rows),
        kilobytes(run.flash),
        kilobytes(run.ram + run.buffers),
        ...(isNative ? [] : [String(run.stack)]),
        accuracy.map(figure).join(' / '),
      ];
    }),
  };
}

/** What was measured of CMSIS-DSP once, beside what papilio takes now. */
function quotedTable(rows: readonly Row[]): Table {
  const ours = rows.filter((r) => isOurs(r) && r.board.name === 'cortex-m4f');
  const line = (title: string, format: string, count: number): string[] => {
    const found = ours.find((r) => r.task.title === title && r.contender.format === format);
    return [title, format, String(count), found ? figure(found.run.instructions / count) : ''];
  };
  return {
    caption: `**Cortex-M4F, quoted**: CMSIS-DSP of ${quoted.date} as it was measured once, for where its source is not at hand.`,
    header: ['task', 'format', 'instructions', 'papilio / this'],
    rows: [
      ...Object.entries(quoted.real).flatMap(([format, bySize]) =>
        Object.entries(bySize).map(([n, count]) => line(realTask(Number(n)).title, format, count)),
      ),
      line(logMelTask.title, 'f32', quoted.logMel),
    ],
  };
}

const recordOf = ({ board, task, contender, run, accuracy, time }: Row): SuiteReport['records'][number] => ({
  board: board.name,
  task: task.title,
  format: contender.format,
  contender: contender.label,
  ...(time ? { ns: time.median, spread: time.spread } : { instructions: run.instructions, stack: run.stack }),
  flash: run.flash,
  ram: run.ram + run.buffers,
  ...Object.fromEntries(levelsOf(contender.format).map((level, i) => [`accuracy${level}`, accuracy[i]])),
});

export async function embeddedSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const tasks = [...(options.sizes ?? sizes).map(realTask), logMelTask];
  const tables: Table[] = [];
  const all: Row[] = [];
  const skipped: Skip[] = [];
  for (const name of options.boards ?? boardNames) {
    const board = boards[name];
    const why = unavailable(board) ?? (board.tick === null ? null : checkCounter(board));
    if (why !== null) {
      skipped.push({ label: board.title, what: 'everything', why });
      continue;
    }
    const rows: Row[] = [];
    for (const task of tasks) {
      progress(`embedded: ${board.title} ${task.title}`);
      const found = measureAll(board, task, options, skipped);
      rows.push(...(board.tick === null ? await timed(found, options.samples) : found));
    }
    tables.push(tableOf(board, rows));
    all.push(...rows);
  }
  tables.push(quotedTable(all));
  return { suite: 'embedded', tables, records: all.map(recordOf), skipped };
}
