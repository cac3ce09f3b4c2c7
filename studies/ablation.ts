/** Ablation: variants of one transform compared the same way, cell by cell; see `ablation-cells.ts` for what is varied. */
import { InvalidArgumentError } from '../src/errors.ts';
import * as shape from '../src/formats/shape.ts';
import { percentiles } from '../src/numeric/percentiles.ts';
import { bytesOf, operationsOf, type AblationBench, type Variant } from './ablation-bench.ts';
import {
  ablationGroups,
  groupCells,
  type AblationCell,
  type AblationGroup,
  type AblationSettings,
} from './ablation-cells.ts';

export const percentilesShape = shape.object(shape.each(['p5', 'p25', 'p50', 'p75', 'p95'], shape.finite));

export const ablationRowShape = shape.object({
  group: shape.oneOf(ablationGroups),
  name: shape.text,
  /** `samples`: seeds behind `error` and `operations`, and rounds behind the times. */
  ...shape.each(['samples', 'seconds'], shape.finite),
  /**
   * Over seeds: relative L2 of the deployed kernel's spectra against the exact ones in float64, on held-out signals; real operations
   * per transform, counted from the compiled program.
   */
  ...shape.each(['error', 'operations'], shape.orNull(percentilesShape)),
  /** Nanoseconds per transform of the seed with the median of operations, over interleaved samples; and over the exact kernel's. */
  ...shape.each(['nsPerTransform', 'timeRatio'], shape.orNull(percentilesShape)),
  /** `timeNoise`: what two exact kernels differed by in the same rounds, as a part of 1. */
  ...shape.each(['timeNoise', 'tableBytes', 'codeBytes'], shape.orNull(shape.finite)),
  failed: shape.orNull(shape.text),
});

/** One variant, measured. Plain data; a failed one has its message and no numbers. */
export type AblationRow = shape.ShapeOf<typeof ablationRowShape>;

export const ablationKey = ({ group, name }: Pick<AblationRow, 'group' | 'name'>): string =>
  `${group} ${name}`;

/** All cells of the groups. Throws InvalidArgumentError for settings that make no sense. */
export function ablationCells(settings: AblationSettings, groups: readonly AblationGroup[]): AblationCell[] {
  const { n, samples } = settings;
  if (!Number.isInteger(n) || n < 8 || n % 4 !== 0)
    throw new InvalidArgumentError(`n is ${n}; expected a multiple of 4, at least 8`);
  if (!Number.isInteger(samples) || samples < 1)
    throw new InvalidArgumentError(`samples is ${samples}; expected a positive integer`);
  return groups.flatMap((group) => groupCells(group, settings));
}

const empty = {
  error: null,
  operations: null,
  nsPerTransform: null,
  timeRatio: null,
  timeNoise: null,
  tableBytes: null,
  codeBytes: null,
} as const;

/** Measure a cell; yields the seeds done. What is thrown on the way is the row's `failed`. */
export async function* runAblationCell(
  cell: AblationCell,
  bench: AblationBench,
  { samples, seed }: Pick<AblationSettings, 'samples' | 'seed'>,
): AsyncGenerator<number, AblationRow> {
  const begun = performance.now();
  const { group, name } = cell;
  const seconds = (): number => Number(((performance.now() - begun) / 1000).toFixed(2));
  try {
    const made: { variant: Variant; error: number; operations: number }[] = [];
    for (let i = 0; i < samples; i++) {
      const variant = await cell.variant(bench, seed + i);
      made.push({ variant, error: bench.errorOf(variant, seed + i), operations: operationsOf(variant) });
      yield i + 1;
    }
    const operations = percentiles(made.map((m) => m.operations));
    const typical = made.find((m) => m.operations === operations.p50) ?? made[0];
    const { ns, timeRatio, timeNoise } = bench.timesOf(typical.variant, samples);
    return {
      group,
      name,
      samples,
      error: percentiles(made.map((m) => m.error)),
      operations,
      nsPerTransform: ns,
      timeRatio,
      timeNoise,
      ...bytesOf(typical.variant),
      failed: null,
      seconds: seconds(),
    };
  } catch (error) {
    const failed = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    return { group, name, samples, ...empty, failed, seconds: seconds() };
  }
}
