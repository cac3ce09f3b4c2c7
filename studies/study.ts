/**
 * The learnability study as data: its cells, the published figures beside them, and one row per cell. A row depends on its
 * cell alone, so a study resumes by skipping the cells whose rows are there.
 */
import { permutation as randomOrder } from '../src/numeric/random.ts';
import { withColumns } from '../src/numeric/matrix.ts';
import { inversePermutation } from '../src/numeric/digits.ts';
import { chainModel, networkOf } from '../src/model/model.ts';
import { initialize, type Start } from '../src/model/initialize.ts';
import type { NetworkSpec } from '../src/model/network.ts';
import type { Parametrization } from '../src/model/parametrization.ts';
import { identifyPermutation } from '../src/fit/identify.ts';
import { fit, type FitResult } from '../src/fit/fit.ts';
import { adam } from '../src/optimize/optimizers.ts';
import { recommendedPhases } from '../src/fit/recipe.ts';
import { spectrumError } from '../src/fit/spectrum-error.ts';
import { defaultRadices, targetModel, type TargetName } from '../src/fit/targets.ts';
import { train } from '../src/optimize/train.ts';
import { transformTask } from '../src/fit/transform-task.ts';

/**
 * learn: every target and size. examples: fewer and fewer pairs. note: the 512-point real FFT from ones. unknown: the order
 * of the samples is random and not given.
 */
export const studyTables = ['learn', 'examples', 'note', 'unknown'] as const;
type StudyTable = (typeof studyTables)[number];

export interface StudyCell {
  readonly table: StudyTable;
  readonly target: string;
  readonly n: number;
  readonly radices: readonly number[];
  readonly parametrization: Parametrization;
  readonly start: Start;
  readonly seed: number;
  /** Number of pairs, where it is not the default. */
  readonly pairs?: number;
}

export interface StudyRow extends StudyCell {
  readonly rmse: number | null;
  readonly relativeL2: number | null;
  readonly steps: number;
  readonly restarts: number;
  readonly seconds: number;
  /** How the permutation was found, or why not. */
  readonly note?: string;
  /** Of which edition of papilio; rows of 0.1 do not say. */
  readonly papilio?: string;
  /** The command line that measured it. */
  readonly command?: string;
}

/** Best RMSE of Dao, Gu, Eichhorn, Rudra & Re, Learning Fast Algorithms for Linear Transforms (2019), N = 8 .. 1024. */
const published: Readonly<Partial<Record<string, readonly number[]>>> = {
  dct2: [4.4e-6, 1.1e-5, 8.6e-6, 1.2e-5, 2.1e-5, 1.9e-5, 3.1e-5, 7.3e-5],
  dst2: [1.1e-6, 7.5e-6, 4.6e-5, 5.1e-5, 3.0e-5, 2.1e-5, 3.6e-5, 4.6e-5],
  convolution: [4.0e-6, 2.5e-5, 6.5e-5, 7.6e-5, 5.9e-5, 7.8e-5, 6.3e-5, 1.9e-2],
  hartley: [3.4e-6, 9.0e-6, 1.1e-5, 1.3e-5, 3.6e-5, 4.3e-5, 4.5e-5, 3.6e-5],
};

/** The published RMSE of a target and size, if there is one. */
export const publishedRmse = (target: string, n: number): number | undefined =>
  published[target]?.[Math.log2(n) - 3];

/** A name for a cell that two equal cells share. */
export const cellKey = (c: StudyCell): string =>
  [c.table, c.target, c.n, c.radices.join('x'), c.parametrization, c.start, c.seed, c.pairs ?? ''].join(' ');

const powers = [8, 16, 32, 64, 128, 256, 512, 1024];
const mixed = [400, 441, 480, 960];

export const studyTargets = ['dft', 'idft', 'hadamard', 'hartley', 'dct2', 'dst2', 'convolution'] as const;

interface StudyOptions {
  readonly targets: readonly string[];
  /** Sizes; by default all of the study. */
  readonly sizes?: readonly number[];
  readonly seeds: number;
}

const seedsUpTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Cells of the first table: by size, then seed, so that an interrupted study has the small sizes whole. */
function learnCells(o: StudyOptions): StudyCell[] {
  const cells: StudyCell[] = [];
  for (const n of o.sizes ?? [...powers, ...mixed])
    for (const target of o.targets) {
      const power = Number.isInteger(Math.log2(n));
      // Mixed sizes are a question about the DFT; other targets are compared at published sizes.
      if (!power && target !== 'dft' && target !== 'idft') continue;
      const family = target === 'dft' || target === 'idft' || target === 'hadamard';
      const real = target !== 'convolution' && !family;
      const list: Parametrization[] = real
        ? ['widely-linear']
        : family && power
          ? ['free', 'unitary']
          : ['free'];
      for (const parametrization of list)
        for (const seed of seedsUpTo(o.seeds))
          cells.push({
            table: 'learn',
            target,
            n,
            radices: defaultRadices(n),
            parametrization,
            start: 'random',
            seed,
          });
    }
  return cells;
}

const curve: Readonly<Record<number, readonly number[]>> = {
  64: [6, 8, 12, 16, 24, 32],
  256: [8, 16, 24, 32],
  1024: [12, 24, 48],
};

function exampleCells(o: StudyOptions): StudyCell[] {
  if (!o.targets.includes('dft')) return [];
  return Object.entries(curve).flatMap(([size, counts]) =>
    o.sizes && !o.sizes.includes(Number(size))
      ? []
      : counts.flatMap((pairs) =>
          seedsUpTo(Math.min(o.seeds, 5)).map((seed): StudyCell => ({
            table: 'examples',
            target: 'dft',
            n: Number(size),
            radices: defaultRadices(Number(size)),
            parametrization: 'free',
            start: 'random',
            seed,
            pairs,
          })),
        ),
  );
}

const noteSize = 512;

function noteCells(o: StudyOptions): StudyCell[] {
  if (o.sizes && !o.sizes.includes(noteSize)) return [];
  return seedsUpTo(Math.min(o.seeds, 5)).map((seed) => ({
    table: 'note',
    target: 'real dft',
    n: noteSize,
    radices: defaultRadices(noteSize / 2),
    parametrization: 'free',
    start: 'ones',
    seed,
    pairs: 16,
  }));
}

function unknownCells(o: StudyOptions): StudyCell[] {
  return (o.sizes ?? [8, 16, 32, 64, 128, 256])
    .filter((n) => Number.isInteger(Math.log2(n)) && n <= 256)
    .flatMap((n) =>
      o.targets
        .filter((target) => target !== 'convolution')
        .flatMap((target) =>
          seedsUpTo(Math.min(o.seeds, 5)).map((seed): StudyCell => ({
            table: 'unknown',
            target,
            n,
            radices: defaultRadices(n),
            parametrization: 'free',
            start: 'random',
            seed,
          })),
        ),
    );
}

/** All cells of a study, in the order in which they run. */
export const studyCells = (o: StudyOptions): StudyCell[] => [
  ...noteCells(o),
  ...exampleCells(o),
  ...unknownCells(o),
  ...learnCells(o),
];

interface StudyProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

/** One cell. */
export async function* runCell(cell: StudyCell): AsyncGenerator<StudyProgress, StudyRow> {
  switch (cell.table) {
    case 'note':
      return yield* runNote(cell);
    case 'unknown':
      return yield* runUnknown(cell);
    case 'learn':
    case 'examples': {
      const target = targetModel(cell.target, cell.radices, cell.parametrization);
      const result = yield* fit({
        model: target.model,
        target: { matrix: target.matrix },
        start: cell.start,
        seed: cell.seed,
        phases: recommendedPhases(target.model),
        restarts: 0,
        ...(cell.pairs === undefined ? {} : { pairs: cell.pairs }),
      });
      return rowOf(cell, result);
    }
    default:
      return cell.table satisfies never;
  }
}

const rowOf = (cell: StudyCell, r: FitResult, note?: string): StudyRow => ({
  ...cell,
  rmse: r.rmse,
  relativeL2: r.relativeL2,
  steps: r.steps,
  restarts: r.restarts,
  seconds: r.seconds,
  ...(note === undefined ? {} : { note }),
});

/**
 * The note's own set-up: Adam at 1e-2, batches of 16 fresh signals, 3000 steps, every parameter 1 + 0i at the start. What
 * breaks the symmetry is the target itself, whose rows differ; what keeps Adam from passing the saddles that follow is its
 * long memory of second moments, so the first half of the steps forgets ten times faster and the second half settles.
 */
const noteHalves = [0.9, 0.999] as const;
const noteSteps = 3000;

/** The network of the note: 256 complex points of free 2 x 2 blocks and a free split stage. */
const noteNetwork = (radices: readonly number[]): NetworkSpec => ({
  n: noteSize,
  input: 'real',
  direction: 'forward',
  norm: 'ortho',
  decimation: 'time',
  permutation: 'digit-reversal',
  stages: radices.map((radix) => ({ radix, parametrization: 'free' })),
  split: 'free',
});

async function* runNote(cell: StudyCell): AsyncGenerator<StudyProgress, StudyRow> {
  const begun = performance.now();
  const network = noteNetwork(cell.radices);
  const task = transformTask(network, cell.pairs ?? 16, cell.seed);
  let values = initialize(network, cell.start, cell.seed);
  const half = noteSteps / 2;
  for (const [i, beta2] of noteHalves.entries()) {
    const training = train({
      loss: task.loss,
      parameters: task.parameters,
      feed: (step, view) => task.feed(step + i * half, view),
      initial: values,
      steps: half,
      learningRate: 1e-2,
      optimizer: { ...adam, beta2 },
    });
    for await (const s of training)
      yield { step: s.step + i * half, steps: noteSteps, loss: Math.sqrt(s.loss) };
    values = Object.fromEntries(Object.keys(values).map((name) => [name, training.value(name)]));
    training.executable.dispose();
  }
  const relativeL2 = spectrumError(network, values, cell.seed);
  return {
    ...cell,
    // Of the unitary matrix: n columns of n / 2 + 1 bins.
    rmse: relativeL2 / Math.sqrt(noteSize),
    relativeL2,
    steps: noteSteps,
    restarts: 0,
    seconds: (performance.now() - begun) / 1000,
  };
}

async function* runUnknown(cell: StudyCell): AsyncGenerator<StudyProgress, StudyRow> {
  const begun = performance.now();
  const { matrix, model } = targetModel(cell.target as TargetName, cell.radices);
  const order = randomOrder(cell.n, cell.seed, 0);
  const shuffled = withColumns(matrix, inversePermutation(order));
  const found = identifyPermutation(shuffled, cell.radices);
  if (!found)
    return {
      ...cell,
      rmse: null,
      relativeL2: null,
      steps: 0,
      restarts: 0,
      seconds: (performance.now() - begun) / 1000,
      note: 'no order of the samples makes blocks of rank one',
    };
  const first = networkOf(model);
  const chain: NetworkSpec = {
    ...first,
    permutation: found,
    stages: first.stages.map((s) => ({ ...s, parametrization: cell.parametrization })),
  };
  const own = chainModel([chain]);
  const result = yield* fit({
    model: own,
    target: { matrix: shuffled },
    start: cell.start,
    seed: cell.seed,
    phases: recommendedPhases(own),
    restarts: 0,
  });
  return rowOf(cell, result, 'blocks of rank one');
}
