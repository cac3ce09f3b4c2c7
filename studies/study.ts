/**
 * The learnability study as data: its cells, the published figures beside them, and one row per cell. A row depends on its
 * cell alone, so a study resumes by skipping the cells whose rows are there.
 */
import * as shape from '../src/formats/shape.ts';
import type { Matrix } from '../src/numeric/matrix.ts';
import { chainModel, networkOf, type Model } from '../src/model/model.ts';
import { initialize, starts } from '../src/model/initialize.ts';
import { uniformNetwork, type NetworkSpec } from '../src/model/network.ts';
import { parametrizations, type Parametrization } from '../src/model/parametrization.ts';
import { identifyPermutation } from '../src/fit/identify.ts';
import { fit, type FitProgress } from '../src/fit/fit.ts';
import { adam } from '../src/optimize/optimizers.ts';
import { recommendedPhases } from '../src/fit/recipe.ts';
import { spectrumError } from '../src/fit/spectrum-error.ts';
import { defaultRadices, targetModel } from '../src/fit/targets.ts';
import { train } from '../src/optimize/train.ts';
import { transformTask } from '../src/fit/transform-task.ts';

/**
 * learn: every target and size. examples: fewer and fewer pairs. note: the 512-point real FFT from ones. unknown: the order
 * of the samples is random and not given.
 */
export const studyTables = ['learn', 'examples', 'note', 'unknown'] as const;

const cellShapes = {
  table: shape.oneOf(studyTables),
  target: shape.text,
  ...shape.each(['n', 'seed'], shape.finite),
  radices: shape.listOf(shape.count),
  parametrization: shape.oneOf(parametrizations),
  start: shape.oneOf(starts),
  /** Number of pairs, where it is not the default. */
  pairs: shape.optional(shape.finite),
};
const cellShape = shape.object(cellShapes);
export type StudyCell = shape.ShapeOf<typeof cellShape>;

const rowShape = shape.object({
  ...cellShapes,
  ...shape.each(['rmse', 'relativeL2'], shape.orNull(shape.finite)),
  ...shape.each(['steps', 'restarts', 'seconds'], shape.finite),
  /**
   * How the permutation was found, or why not; of which edition of papilio it is, which rows of 0.1 do not say; the command line that
   * measured it.
   */
  ...shape.each(['note', 'papilio', 'command'], shape.optional(shape.text)),
});
export type StudyRow = shape.ShapeOf<typeof rowShape>;

/** Are these rows of a study? */
export const isStudy = (value: unknown): value is StudyRow[] =>
  shape.matches(shape.listOf(rowShape, 1), value);

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

/** Cells of free blocks from random starts, one for every seed up to `count`. */
const seeded = (
  count: number,
  { table, target, n, ...rest }: Pick<StudyCell, 'table' | 'target' | 'n'> & Partial<StudyCell>,
): StudyCell[] =>
  Array.from({ length: count }, (_, i) => ({
    table,
    target,
    n,
    radices: defaultRadices(n),
    parametrization: 'free',
    start: 'random',
    seed: i + 1,
    ...rest,
  }));

/** Most seeds of the other tables. */
const fewSeeds = ({ seeds }: StudyOptions): number => Math.min(seeds, 5);

/** Blocks that a target is learned with at a size. Mixed sizes are a question about the DFT; other targets are compared at published sizes. */
function blocksOf(target: string, n: number): Parametrization[] {
  const isPower = Number.isInteger(Math.log2(n));
  if (target === 'dft' || target === 'idft') return isPower ? ['free', 'unitary'] : ['free'];
  if (!isPower) return [];
  if (target === 'hadamard') return ['free', 'unitary'];
  return target === 'convolution' ? ['free'] : ['widely-linear'];
}

/** Cells of the first table: by size, then seed, so that an interrupted study has the small sizes whole. */
const learnCells = ({ targets, sizes = [...powers, ...mixed], seeds }: StudyOptions): StudyCell[] =>
  sizes.flatMap((n) =>
    targets.flatMap((target) =>
      blocksOf(target, n).flatMap((parametrization) =>
        seeded(seeds, { table: 'learn', target, n, parametrization }),
      ),
    ),
  );

const curve: Readonly<Record<number, readonly number[]>> = {
  64: [6, 8, 12, 16, 24, 32],
  256: [8, 16, 24, 32],
  1024: [12, 24, 48],
};

function exampleCells(o: StudyOptions): StudyCell[] {
  const sizes = Object.keys(curve).map(Number);
  const wanted = o.targets.includes('dft') ? sizes.filter((n) => o.sizes?.includes(n) ?? true) : [];
  return wanted.flatMap((n) =>
    curve[n].flatMap((pairs) => seeded(fewSeeds(o), { table: 'examples', target: 'dft', n, pairs })),
  );
}

const noteSize = 512;

function noteCells(o: StudyOptions): StudyCell[] {
  if (o.sizes && !o.sizes.includes(noteSize)) return [];
  const radices = defaultRadices(noteSize / 2);
  const cell = { table: 'note', target: 'real dft', n: noteSize, radices, start: 'ones', pairs: 16 } as const;
  return seeded(fewSeeds(o), cell);
}

const unknownCells = (o: StudyOptions): StudyCell[] =>
  (o.sizes ?? powers)
    .filter((n) => Number.isInteger(Math.log2(n)) && n <= 256)
    .flatMap((n) =>
      o.targets
        .filter((target) => target !== 'convolution')
        .flatMap((target) => seeded(fewSeeds(o), { table: 'unknown', target, n })),
    );

/** All cells of a study, in the order in which they run. */
export const studyCells = (o: StudyOptions): StudyCell[] => [
  ...noteCells(o),
  ...exampleCells(o),
  ...unknownCells(o),
  ...learnCells(o),
];

type StudyProgress = Pick<FitProgress, 'step' | 'steps' | 'loss'>;

/** One cell. */
export async function* runCell(cell: StudyCell): AsyncGenerator<StudyProgress, StudyRow> {
  switch (cell.table) {
    case 'note':
      return yield* runNote(cell);
    case 'unknown':
      return yield* runUnknown(cell);
    case 'learn':
    case 'examples': {
      const { model, matrix } = targetModel(cell.target, cell.radices, cell.parametrization);
      return yield* fitted(cell, model, matrix);
    }
    default:
      return cell.table satisfies never;
  }
}

/** A row of what a model learned of a matrix. */
async function* fitted(
  cell: StudyCell,
  model: Model,
  matrix: Matrix,
  note?: string,
): AsyncGenerator<StudyProgress, StudyRow> {
  const { rmse, relativeL2, steps, restarts, seconds } = yield* fit({
    model,
    target: { matrix },
    start: cell.start,
    seed: cell.seed,
    phases: recommendedPhases(model),
    restarts: 0,
    ...(cell.pairs === undefined ? {} : { pairs: cell.pairs }),
  });
  return { ...cell, rmse, relativeL2, steps, restarts, seconds, ...(note === undefined ? {} : { note }) };
}

/**
 * The note's own set-up: Adam at 1e-2, batches of 16 fresh signals, 3000 steps, every parameter 1 + 0i at the start. What
 * breaks the symmetry is the target itself, whose rows differ; what keeps Adam from passing the saddles that follow is its
 * long memory of second moments, so the first half of the steps forgets ten times faster and the second half settles.
 */
const noteHalves = [0.9, 0.999] as const;
const noteSteps = 3000;

/** The network of the note: 256 complex points of free 2 x 2 blocks and a free split stage. */
const noteNetwork = (radices: readonly number[]): NetworkSpec =>
  uniformNetwork(radices, { parametrization: 'free' }, { input: 'real', norm: 'ortho', split: 'free' });

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
  const { matrix, model } = targetModel(cell.target, cell.radices, undefined, cell.seed);
  const permutation = identifyPermutation(matrix, cell.radices);
  if (!permutation)
    return {
      ...cell,
      rmse: null,
      relativeL2: null,
      steps: 0,
      restarts: 0,
      seconds: (performance.now() - begun) / 1000,
      note: 'no order of the samples makes blocks of rank one',
    };
  const stages = cell.radices.map((radix) => ({ radix, parametrization: cell.parametrization }));
  const chain = chainModel([{ ...networkOf(model), permutation, stages }]);
  return yield* fitted(cell, chain, matrix, 'blocks of rank one');
}
