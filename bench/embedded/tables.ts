/** Tables of suite embedded: what learning and papilio's transforms save on every board, and a board in full. */
import { figure, type Table } from '../report.ts';
import { versionOf, type Board } from './boards.ts';
import { quoted } from './cmsis.ts';
import type { Format } from './harness.ts';
import { realTask, type Contender, type Measured, type Task } from './task.ts';

export interface Row extends Measured {
  readonly board: Board;
  readonly task: Task;
  readonly contender: Contender;
}

/** What is measured, and in whose place it stands: those who do that are what it is compared with. */
export interface Entry {
  readonly task: Task;
  /** The task itself, or the exact front end of a learned one. */
  readonly exact: Task;
  /** The mean difference of a learned front end from the exact one, in log10, on recordings of its own. */
  readonly error?: number;
}

const libraries = ['CMSIS-DSP', 'kissfft'] as const;
type Label = (typeof libraries)[number] | 'papilio';

/** Who did a task on a board in a format. */
const finder =
  (rows: readonly Row[], board: Board) =>
  (label: Label, task: Task, format: Format): Row | undefined =>
    rows.find(
      (r) =>
        r.board === board && r.task === task && r.contender.label === label && r.contender.format === format,
    );

/** A figure of one over that of another; a dash where one of them is missing or nothing. */
function share(a: Row | undefined, b: Row | undefined, of: (row: Row) => number): string {
  return a && b && of(b) > 0 ? figure(of(a) / of(b)) : '–';
}

const instructions = ({ run }: Row): number => run.instructions;
const flash = ({ run }: Row): number => run.flash;
const ram = ({ run }: Row): number => run.ram + run.buffers;

const kilobytes = (bytes: number): string => figure(bytes / 1000);
/** Decibels, or differences that may be tiny. */
const accuracyText = (x: number): string => (x < 1e-3 ? x.toExponential(1) : figure(x));
const accuracyOf = (row: Row | undefined): string => row?.accuracy.map(accuracyText).join(' / ') ?? '–';

const formatsOf = (rows: readonly Row[]): Format[] => [...new Set(rows.map((r) => r.contender.format))];

/** A column: what stands above it, and its cell of a line. */
type Column<L> = readonly [header: string, cell: (line: L) => string];

const tableOf = <L>(caption: string, columns: readonly Column<L>[], lines: readonly L[]): Table => ({
  caption,
  header: columns.map(([header]) => header),
  rows: lines.map((line) => columns.map(([, cell]) => cell(line))),
});

/** What papilio does, and others in the same format. */
interface Line {
  readonly own: Row;
  readonly beside: readonly (Row | undefined)[];
}

/** Everything of a board, a line for what papilio does in a format. */
export function boardTable(board: Board, entries: readonly Entry[], rows: readonly Row[]): Table {
  const find = finder(rows, board);
  const others = libraries.filter((label) =>
    rows.some((r) => r.board === board && r.contender.label === label),
  );
  const lines = entries.flatMap(({ task, exact }) =>
    formatsOf(rows).flatMap((format): Line[] => {
      const own = find('papilio', task, format);
      return own ? [{ own, beside: others.map((label) => find(label, exact, format)) }] : [];
    }),
  );
  const over = (of: (row: Row) => number): Column<Line>[] =>
    others.map((label, i) => [`/ ${label}`, ({ own, beside }) => share(own, beside[i], of)]);
  const columns: Column<Line>[] = [
    ['task', ({ own }) => own.task.title],
    ['format', ({ own }) => own.contender.format],
    ['instructions', ({ own }) => String(instructions(own))],
    ...over(instructions),
    ['accuracy', ({ own }) => accuracyOf(own)],
    // What others do for the exact front end says nothing of the rounding of a learned one.
    ...others.map((label, i): Column<Line> => [
      `of ${label}`,
      ({ own, beside }) => accuracyOf(beside[i]?.task === own.task ? beside[i] : undefined),
    ]),
    ['flash kB', ({ own }) => kilobytes(flash(own))],
    ['of it tables', ({ own }) => kilobytes(own.run.tables)],
    ...over(flash),
    ['RAM kB', ({ own }) => kilobytes(ram(own))],
    ...over(ram),
    ['stack bytes', ({ own }) => String(own.run.stack)],
  ];
  const compiler = `${versionOf(board.compiler) ?? board.compiler}, \`${board.flags.join(' ')}\``;
  const emulator = board.emulator.slice(0, 3).join(' ');
  return tableOf(`**${board.title}**: one call. ${compiler}, \`${emulator}\`.`, columns, lines);
}

/** The format that a board is quick in. */
const native = (board: Board): Format => (board.hasFpu ? 'f32' : 'q15');

/** A front end as the vendor's library, papilio and what it learned do it. */
interface FrontLine {
  readonly exact: Row;
  readonly vendor: Row | undefined;
  readonly learned: Row | undefined;
  readonly error: number;
}

const instructionsText = (row: Row | undefined): string => (row ? String(instructions(row)) : '–');

const frontColumns: readonly Column<FrontLine>[] = [
  ['board', ({ exact }) => exact.board.title],
  ['front end', ({ exact }) => exact.task.title],
  ['format', ({ exact }) => exact.contender.format],
  ['CMSIS-DSP', ({ vendor }) => instructionsText(vendor)],
  ['exact', ({ exact }) => instructionsText(exact)],
  ['learned', ({ learned }) => instructionsText(learned)],
  ['exact / CMSIS-DSP', ({ exact, vendor }) => share(exact, vendor, instructions)],
  ['learned / exact', ({ exact, learned }) => share(learned, exact, instructions)],
  ['learned / CMSIS-DSP', ({ vendor, learned }) => share(learned, vendor, instructions)],
  ['error of learned', ({ error }) => figure(error)],
];

/** Front ends on all boards. */
export function frontsTable(
  boards: readonly Board[],
  entries: readonly Entry[],
  rows: readonly Row[],
): Table {
  const heads = entries.filter(({ task, exact }) => task.kind === 'front end' && task === exact);
  const lines = boards.flatMap((board) => {
    const [find, format] = [finder(rows, board), native(board)];
    return heads.flatMap(({ exact: task }): FrontLine[] => {
      const exact = find('papilio', task, format);
      if (!exact) return [];
      const other = entries.find((e) => e.exact === task && e.task !== task);
      const learned = other && find('papilio', other.task, format);
      const error = learned ? (other?.error ?? NaN) : NaN;
      return [{ exact, vendor: find('CMSIS-DSP', task, format), learned, error }];
    });
  });
  return tableOf('**Front ends**: instructions of a frame.', frontColumns, lines);
}

/** One transform on all boards. */
export function transformTable(boards: readonly Board[], task: Task, rows: readonly Row[]): Table {
  const formats = formatsOf(rows);
  return {
    caption: `**${task.title[0].toUpperCase()}${task.title.slice(1)}**: instructions of papilio and over those of others.`,
    header: [
      'board',
      ...formats.flatMap((format) => [format, ...libraries.map((label) => `${format} / ${label}`)]),
    ],
    rows: boards.map((board) => {
      const find = finder(rows, board);
      return [
        board.title,
        ...formats.flatMap((format) => {
          const own = find('papilio', task, format);
          const others = libraries.map((label) => share(own, find(label, task, format), instructions));
          return [own ? String(own.run.instructions) : '–', ...others];
        }),
      ];
    }),
  };
}

/** What was measured of CMSIS-DSP once, beside what papilio takes now. */
export function quotedTable(rows: readonly Row[], logMel: Task): Table {
  const ours = rows.filter((r) => r.contender.label === 'papilio' && r.board.name === 'cortex-m4f');
  const line = (title: string, format: string, count: number): string[] => {
    const found = ours.find((r) => r.task.title === title && r.contender.format === format);
    return [title, format, String(count), found ? figure(found.run.instructions / count) : '–'];
  };
  return {
    caption: `**Cortex-M4F, quoted**: CMSIS-DSP of ${quoted.date} as it was measured once, for where its source is not at hand.`,
    header: ['task', 'format', 'instructions', 'papilio / this'],
    rows: [
      ...Object.entries(quoted.real).flatMap(([format, bySize]) =>
        Object.entries(bySize).map(([n, count]) => line(realTask(Number(n)).title, format, count)),
      ),
      line(logMel.title, 'f32', quoted.logMel),
    ],
  };
}
