/** The learnability study as Markdown and as a self-contained page, from its rows alone. */
import {
  count,
  each,
  finite,
  listOf,
  matches,
  object,
  oneOf,
  optional,
  orNull,
  text,
} from '../formats/shape.ts';
import { publishedRmse, studyTables, type StudyRow } from '../../studies/study.ts';
import { escapeHtml, lineOrNote } from './report/plots.ts';
import { htmlTable, page } from './report/page.ts';

const rowShape = object({
  table: oneOf(studyTables),
  ...each(['target', 'parametrization', 'start'], text),
  ...each(['n', 'seed', 'steps', 'restarts', 'seconds'], finite),
  radices: listOf(count),
  pairs: optional(finite),
  ...each(['rmse', 'relativeL2'], orNull(finite)),
  ...each(['note', 'command', 'papilio'], optional(text)),
});

/** Are these rows of a study? */
export const isStudy = (value: unknown): value is StudyRow[] => matches(listOf(rowShape, 1), value);

interface Table {
  readonly title: string;
  readonly text: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const power = (x: number | null | undefined): string =>
  x === null || x === undefined || !Number.isFinite(x) ? '-' : x === 0 ? '0' : x.toExponential(1);

/** Groups of rows in the order in which they appear. */
function groupBy(rows: readonly StudyRow[], key: (r: StudyRow) => string): StudyRow[][] {
  const groups = new Map<string, StudyRow[]>();
  for (const r of rows) groups.set(key(r), [...(groups.get(key(r)) ?? []), r]);
  return [...groups.values()];
}

const errors = (rows: readonly StudyRow[]): number[] =>
  rows.map((r) => r.rmse ?? Infinity).sort((a, b) => a - b);
const share = (rows: readonly StudyRow[], limit: number): string =>
  `${rows.filter((r) => (r.rmse ?? Infinity) <= limit).length}/${rows.length}`;
const mean = (rows: readonly StudyRow[], f: (r: StudyRow) => number): number =>
  rows.reduce((sum, r) => sum + f(r), 0) / rows.length;
const seconds = (x: number): string => x.toFixed(x < 10 ? 1 : 0);

const order = ['dft', 'idft', 'hadamard', 'hartley', 'dct2', 'dst2', 'convolution'];
const bySize = (a: StudyRow, b: StudyRow): number =>
  order.indexOf(a.target) - order.indexOf(b.target) ||
  a.parametrization.localeCompare(b.parametrization) ||
  a.n - b.n ||
  a.seed - b.seed;

function learnTable(all: readonly StudyRow[]): Table {
  const rows = all.filter((r) => r.table === 'learn').sort(bySize);
  return {
    title: 'Every target from random starts',
    text: [
      'RMSE over all entries of the learned matrix against the float64 matrix in its orthonormal scale. "Reached" counts seeds at 1e-12; a seed that ended elsewhere is in the count and in the worst column. Published: best trial of Dao et al. (2019), one butterfly factor (convolution: two), permutation learned as well.',
    ],
    head: [
      'target',
      'blocks',
      'N',
      'radices',
      'best RMSE',
      'median RMSE',
      'worst RMSE',
      'reached',
      'published RMSE',
      'steps',
      'seconds',
    ],
    rows: groupBy(rows, (r) => `${r.target} ${r.parametrization} ${r.n} ${r.radices.join()}`).map((g) => {
      const sorted = errors(g);
      const [first] = g;
      return [
        first.target,
        first.parametrization,
        String(first.n),
        first.radices.join(' '),
        power(sorted[0]),
        power(sorted[Math.floor(sorted.length / 2)]),
        power(sorted[sorted.length - 1]),
        share(g, 1e-12),
        power(publishedRmse(first.target, first.n)),
        mean(g, (r) => r.steps).toFixed(0),
        seconds(mean(g, (r) => r.seconds)),
      ];
    }),
  };
}

function exampleTable(all: readonly StudyRow[]): Table {
  const rows = all
    .filter((r) => r.table === 'examples')
    .sort((a, b) => a.n - b.n || (a.pairs ?? 0) - (b.pairs ?? 0));
  return {
    title: 'How few examples are enough',
    text: [
      'The DFT with free blocks from complex Gaussian pairs (x, X); the error is that of the whole matrix, which the pairs alone do not determine: there are fewer pairs than columns.',
    ],
    head: ['N', 'pairs', 'best RMSE', 'worst RMSE', 'reached', 'seconds'],
    rows: groupBy(rows, (r) => `${r.n} ${r.pairs}`).map((g) => {
      const sorted = errors(g);
      return [
        String(g[0].n),
        String(g[0].pairs),
        power(sorted[0]),
        power(sorted[sorted.length - 1]),
        share(g, 1e-12),
        seconds(mean(g, (r) => r.seconds)),
      ];
    }),
  };
}

function noteTable(all: readonly StudyRow[]): Table {
  return {
    title: "The note's own set-up",
    text: [
      'A 512-point real FFT, every parameter 1 + 0i at the start, Adam at 1e-2, batches of 16 fresh real Gaussian signals, 3000 steps. The network: 256 complex points, eight radix-2 stages of free 2 x 2 blocks in decimation in time with the digit reversal given, and a free split stage over the pairs (k, 256 - k); 18,448 real parameters. The target breaks the symmetry of the start, because its rows differ. With the usual memory of second moments (beta2 = 0.999) the same run ends at a relative error of 0.8; the first 1500 steps use 0.9, the last 1500 use 0.999 again, each half with a cosine to zero.',
    ],
    head: ['seed', 'relative L2', 'steps', 'seconds'],
    rows: all
      .filter((r) => r.table === 'note')
      .sort((a, b) => a.seed - b.seed)
      .map((r) => [String(r.seed), power(r.relativeL2), String(r.steps), seconds(r.seconds)]),
  };
}

function unknownTable(all: readonly StudyRow[]): Table {
  const rows = all.filter((r) => r.table === 'unknown').sort(bySize);
  return {
    title: 'The permutation not given',
    text: [
      'The samples come in a random order that nobody tells. Columns that agree up to a factor on every class of rows are joined stage by stage, which finds the order from the matrix; then the blocks are learned from a random start as above. The real targets have blocks of rank two, which this identification does not know.',
    ],
    head: ['target', 'N', 'order found', 'best RMSE', 'worst RMSE', 'reached'],
    rows: groupBy(rows, (r) => `${r.target} ${r.n}`).map((g) => {
      const sorted = errors(g);
      return [
        g[0].target,
        String(g[0].n),
        `${g.filter((r) => r.rmse !== null).length}/${g.length}`,
        power(sorted[0]),
        power(sorted[sorted.length - 1]),
        share(g, 1e-12),
      ];
    }),
  };
}

const tablesOf = (rows: readonly StudyRow[]): Table[] =>
  [learnTable(rows), exampleTable(rows), noteTable(rows), unknownTable(rows)].filter(
    (t) => t.rows.length > 0,
  );

/** The command lines that measured rows, and the one that renders them. */
const commandsOf = (rows: readonly StudyRow[], writtenBy: string): string[] => [
  ...new Set([...rows.flatMap((r) => r.command ?? []), writtenBy]),
];

const introduction = [
  'Learned transforms, from starts that are not the answer, in float64. Written by the command below from its rows; every row is one seed.',
  'How it is done. **Complex targets in one chain** (DFT, inverse DFT, Hadamard with P = identity): Adam with a cosine on one fixed set of pairs, 1000 steps (1500 where a radix is larger than 2), at 0.03 for free blocks and 0.1 for the angles of unitary ones; it stops when the error on held-out pairs is rounding. **Real targets** (Hartley, DCT-II, DST-II; real signals, loss on the real part): complex blocks get stuck from most starts. Two things free them. _Widely linear_ blocks, y = A x + B conj(x), are any real map of the pairs (re, im), so that a stage has rank two in real terms without the sign pattern of a complex product in the way; no start has been seen to get stuck in them. They hold more than the target needs, and what should vanish is a product of two factors whose gradient vanishes with them; _weight decay_ takes both to zero exponentially and is then taken away itself, by L-BFGS at each level. **Convolution** (a product of two chains): the same decay, small enough to spare the smallest value of the spectrum, then noise of 0.01 and Gauss-Newton.',
];

const cell = (text: string): string => text.replace(/\|/g, '\\|');

/** docs/learning.md. `writtenBy`: the command line that renders it. */
export function studyMarkdown(rows: readonly StudyRow[], writtenBy: string): string {
  const commands = commandsOf(rows, writtenBy);
  const lines = ['# Learning', '', ...introduction.flatMap((p) => [p, '']), '```sh', ...commands, '```', ''];
  for (const t of tablesOf(rows)) {
    lines.push(`## ${t.title}`, '', ...t.text.flatMap((p) => [p, '']));
    lines.push(`| ${t.head.map(cell).join(' | ')} |`, `| ${t.head.map(() => '---').join(' | ')} |`);
    for (const r of t.rows) lines.push(`| ${r.map(cell).join(' | ')} |`);
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Best RMSE by size, and the published one. */
function sizePlot(rows: readonly StudyRow[]): string {
  const points = groupBy(
    rows.filter((r) => r.table === 'learn'),
    (r) => `${r.target}, ${r.parametrization} ${r.n}`,
  ).flatMap((g) => {
    const [first] = g;
    const line = `${first.target}, ${first.parametrization}`;
    const [best] = errors(g);
    const known = publishedRmse(first.target, first.n);
    return [
      { size: first.n, error: best, line },
      ...(known === undefined ? [] : [{ size: first.n, error: known, line: `${first.target}, published` }]),
    ];
  });
  return lineOrNote(
    points.sort((a, b) => a.size - b.size),
    {
      x: 'size',
      y: 'error',
      color: 'line',
      xLabel: 'points N',
      yLabel: 'best RMSE',
      log: true,
      octaves: true,
    },
  );
}

const plain = (text: string): string => escapeHtml(text.replace(/\*\*|_/g, ''));

/** The page. `writtenBy`: the command line that renders it. */
export function studyHtml(rows: readonly StudyRow[], writtenBy: string): string {
  const sections = tablesOf(rows).map(
    (t) =>
      `<h2>${escapeHtml(t.title)}</h2>${t.text.map((p) => `<p class="note">${escapeHtml(p)}</p>`).join('')}${htmlTable(t.title, t.head, t.rows)}`,
  );
  return page(
    'Learning',
    `${introduction.map((p) => `<p>${plain(p)}</p>`).join('')}${sizePlot(rows)}${sections.join('')}`,
    { commands: commandsOf(rows, writtenBy) },
    true,
  );
}
