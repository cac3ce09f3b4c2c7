/** Suites fft, real and batch: times of exact transforms, one after another or in rows. */
import type { BenchOptions, SuiteName } from '../args.ts';
import type { Kind, Shape } from '../contender.ts';
import { measureShape, type ShapeResult } from '../measure-shape.ts';
import type { SuiteReport } from '../report.ts';
import { recordsOf, timesTable } from './pivot.ts';

export type Progress = (line: string) => void;

const powers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));
const fftSizes = [...powers(6, 14), 65536, 2 ** 18, 2 ** 20];
const realSizes = powers(8, 12);
const batchRows = 64;

const single = (kind: Kind, sizes: readonly number[]): Shape[] => sizes.map((n) => ({ kind, n, batch: 1 }));
const rowsOfMany = (kind: Kind, sizes: readonly number[]): Shape[] =>
  sizes.map((n) => ({ kind, n, batch: batchRows }));

const captionOf = ({ kind, batch }: Shape): string =>
  batch === 1
    ? `Single ${kind} transforms: time per transform, median ± half the interquartile range.`
    : `${batch} ${kind} transforms per run, row-major in and out: time per transform.`;

/** Measure shapes and group them in tables of one kind and batch. */
async function transforms(
  suite: SuiteName,
  shapes: readonly Shape[],
  options: BenchOptions,
  progress: Progress,
): Promise<SuiteReport> {
  const results: ShapeResult[] = [];
  for (const shape of shapes) {
    progress(`${suite}: ${shape.kind} n = ${shape.n}`);
    results.push(await measureShape(shape, options));
  }
  const captions = [...new Set(results.map((r) => captionOf(r.shape)))];
  return {
    suite,
    tables: captions.map((caption) =>
      timesTable(
        caption,
        results.filter((r) => captionOf(r.shape) === caption),
      ),
    ),
    records: recordsOf(results),
    skipped: results.flatMap((r) => r.skipped),
  };
}

export const fftSuite = (options: BenchOptions, progress: Progress): Promise<SuiteReport> =>
  transforms('fft', single('complex', options.sizes ?? fftSizes), options, progress);

export const realSuite = (options: BenchOptions, progress: Progress): Promise<SuiteReport> =>
  transforms('real', single('real', options.sizes ?? realSizes), options, progress);

export const batchSuite = (options: BenchOptions, progress: Progress): Promise<SuiteReport> =>
  transforms(
    'batch',
    [...rowsOfMany('real', options.sizes ?? [512]), ...rowsOfMany('complex', options.sizes ?? [256])],
    options,
    progress,
  );
