/** The learnability study as a report, from its rows alone. */
import { publishedRmse, studyTables, type StudyRow } from '../../studies/study.ts';
import { groupBy, mean } from './report/figures.ts';
import { plot } from './report/plots.ts';
import { section, tableOf, type Columns, type Report, type Section } from './report/report.ts';

const power = (x: number | null | undefined): string =>
  x === null || x === undefined || !Number.isFinite(x) ? '-' : x === 0 ? '0' : x.toExponential(1);
const seconds = (x: number): string => x.toFixed(x < 10 ? 1 : 0);

/** Errors of a group of seeds, those that failed last. */
const errors = (rows: readonly StudyRow[]): number[] =>
  rows.map((r) => r.rmse ?? Infinity).sort((a, b) => a - b);

type Seeds = readonly StudyRow[];
const [target, size, best, worst, reached, duration]: ((g: Seeds) => string)[] = [
  ([r]) => r.target,
  ([r]) => String(r.n),
  (g) => power(errors(g)[0]),
  (g) => power(errors(g)[g.length - 1]),
  (g) => `${errors(g).filter((e) => e <= 1e-12).length}/${g.length}`,
  (g) => seconds(mean(g.map((r) => r.seconds))),
];

const order = ['dft', 'idft', 'hadamard', 'hartley', 'dct2', 'dst2', 'convolution'];
const bySize = (a: StudyRow, b: StudyRow): number =>
  order.indexOf(a.target) - order.indexOf(b.target) ||
  a.parametrization.localeCompare(b.parametrization) ||
  a.n - b.n ||
  a.seed - b.seed;

/** A table of the study: the rows that make a line of it, and what stands in it. */
interface StudyTable {
  readonly title: string;
  readonly note: string;
  readonly key: (r: StudyRow) => string;
  readonly sort: (a: StudyRow, b: StudyRow) => number;
  readonly columns: Columns<Seeds>;
}

const tables: Readonly<Record<StudyRow['table'], StudyTable>> = {
  learn: {
    title: 'Every target from random starts',
    note: 'RMSE over all entries of the learned matrix against the float64 matrix in its orthonormal scale. "Reached" counts seeds at 1e-12; a seed that ended elsewhere is in the count and in the worst column. Published: best trial of Dao et al. (2019), one butterfly factor (convolution: two), permutation learned as well.',
    key: (r) => `${r.target} ${r.parametrization} ${r.n} ${r.radices.join()}`,
    sort: bySize,
    columns: {
      target,
      blocks: ([r]) => r.parametrization,
      N: size,
      radices: ([r]) => r.radices.join(' '),
      'best RMSE': best,
      'median RMSE': (g) => power(errors(g)[Math.floor(g.length / 2)]),
      'worst RMSE': worst,
      reached,
      'published RMSE': ([r]) => power(publishedRmse(r.target, r.n)),
      steps: (g) => mean(g.map((r) => r.steps)).toFixed(0),
      seconds: duration,
    },
  },
  examples: {
    title: 'How few examples are enough',
    note: 'The DFT with free blocks from complex Gaussian pairs (x, X); the error is that of the whole matrix, which the pairs alone do not determine: there are fewer pairs than columns.',
    key: (r) => `${r.n} ${r.pairs}`,
    sort: (a, b) => a.n - b.n || (a.pairs ?? 0) - (b.pairs ?? 0),
    columns: {
      N: size,
      pairs: ([r]) => String(r.pairs),
      'best RMSE': best,
      'worst RMSE': worst,
      reached,
      seconds: duration,
    },
  },
  note: {
    title: "The note's own set-up",
    note: 'A 512-point real FFT, every parameter 1 + 0i at the start, Adam at 1e-2, batches of 16 fresh real Gaussian signals, 3000 steps. The network: 256 complex points, eight radix-2 stages of free 2 x 2 blocks in decimation in time with the digit reversal given, and a free split stage over the pairs (k, 256 - k); 18,448 real parameters. The target breaks the symmetry of the start, because its rows differ. With the usual memory of second moments (beta2 = 0.999) the same run ends at a relative error of 0.8; the first 1500 steps use 0.9, the last 1500 use 0.999 again, each half with a cosine to zero.',
    key: (r) => String(r.seed),
    sort: (a, b) => a.seed - b.seed,
    columns: {
      seed: ([r]) => String(r.seed),
      'relative L2': ([r]) => power(r.relativeL2),
      steps: ([r]) => String(r.steps),
      seconds: duration,
    },
  },
  unknown: {
    title: 'The permutation not given',
    note: 'The samples come in a random order that nobody tells. Columns that agree up to a factor on every class of rows are joined stage by stage, which finds the order from the matrix; then the blocks are learned from a random start as above. The real targets have blocks of rank two, which this identification does not know.',
    key: (r) => `${r.target} ${r.n}`,
    sort: bySize,
    columns: {
      target,
      N: size,
      'order found': (g) => `${g.filter((r) => r.rmse !== null).length}/${g.length}`,
      'best RMSE': best,
      'worst RMSE': worst,
      reached,
    },
  },
};

const introduction = [
  'Learned transforms, from starts that are not the answer, in float64. Written by the command below from its rows; every row is one seed.',
  'How it is done. **Complex targets in one chain** (DFT, inverse DFT, Hadamard with P = identity): Adam with a cosine on one fixed set of pairs, 1000 steps (1500 where a radix is larger than 2), at 0.03 for free blocks and 0.1 for the angles of unitary ones; it stops when the error on held-out pairs is rounding. **Real targets** (Hartley, DCT-II, DST-II; real signals, loss on the real part): complex blocks get stuck from most starts. Two things free them. **Widely linear** blocks, y = A x + B conj(x), are any real map of the pairs (re, im), so that a stage has rank two in real terms without the sign pattern of a complex product in the way; no start has been seen to get stuck in them. They hold more than the target needs, and what should vanish is a product of two factors whose gradient vanishes with them; **weight decay** takes both to zero exponentially and is then taken away itself, by L-BFGS at each level. **Convolution** (a product of two chains): the same decay, small enough to spare the smallest value of the spectrum, then noise of 0.01 and Gauss-Newton.',
];

/** Best RMSE by size, and the published one. */
function pointsOf(rows: readonly StudyRow[]) {
  const points = groupBy(rows, (r) => `${r.target}, ${r.parametrization} ${r.n}`).flatMap((g) => {
    const [{ target: name, n: x, parametrization }] = g;
    const known = publishedRmse(name, x);
    const own = { x, y: errors(g)[0], series: `${name}, ${parametrization}` };
    return known === undefined ? [own] : [own, { x, y: known, series: `${name}, published` }];
  });
  return points.sort((a, b) => a.x - b.x);
}

/** docs/learning.md, or a page. `writtenBy`: the command line that renders it. */
export function studyReport(rows: readonly StudyRow[], writtenBy: string): Report {
  const sections = studyTables.flatMap((name): Section[] => {
    const { title, note, key, sort, columns } = tables[name];
    const own = rows.filter((r) => r.table === name).sort(sort);
    if (own.length === 0) return [];
    const labels = { xLabel: 'points N', yLabel: 'best RMSE', scale: 'log', along: 'octaves' } as const;
    const picture = name === 'learn' ? [plot(pointsOf(own), labels)] : [];
    return [section(title, note, ...picture, tableOf(title, groupBy(own, key), columns))];
  });
  return {
    title: 'Learning',
    verdict: introduction,
    sections,
    commands: [...rows.flatMap((r) => r.command ?? []), writtenBy],
  };
}
