/** Where the transforms of a batch lie in memory, and how many of them run together as lanes of one program. */
import { InvalidArgumentError } from '../errors.ts';
import { whole, type OptionTable } from '../options.ts';

export interface BatchOptions {
  /** Transforms per run. Default 1. */
  readonly batch?: number;
  /** Points from one input point to the next; default 1. */
  readonly inputStride?: number;
  /** Points from the start of one input to the start of the next; default (points in) * inputStride. */
  readonly inputDistance?: number;
  readonly outputStride?: number;
  readonly outputDistance?: number;
}

/** What lies at one end of a transform. */
export interface EndSpec {
  /** Names of the graph's inputs or outputs by what a plan calls them, in the order re, im. */
  readonly names: Readonly<Record<string, string>>;
  /** Of one transform. */
  readonly points: number;
  /** Elements per point: 2 for interleaved complex numbers. */
  readonly width: number;
}

/** One end of a batch: from point to point, and from transform to transform, in points. */
export interface BatchEnd extends EndSpec {
  readonly stride: number;
  readonly distance: number;
}

/** A batch in memory. */
export interface Batch {
  readonly count: number;
  readonly input: BatchEnd;
  readonly output: BatchEnd;
  /** Transforms side by side in memory that run as one program, vectorised across them. */
  readonly lanes: number;
}

/** Elements of one end from first to last, over all transforms. */
export const elementsOf = ({ width, points, stride, distance }: BatchEnd, count: number): number =>
  width * ((count - 1) * distance + (points - 1) * stride + 1);

/** Largest end in points: what a page may allocate at once. */
const maximumPoints = 2 ** 28;

const step = whole();

export const batchOptions: OptionTable<BatchOptions> = {
  batch: step,
  inputStride: step,
  inputDistance: step,
  outputStride: step,
  outputDistance: step,
};

/** Outputs that would overwrite each other make no batch. */
function validateOutput({ stride, distance, points }: BatchEnd, count: number): void {
  if (count === 1 || points === 1) return;
  const rowsApart = distance >= (points - 1) * stride + 1;
  const lanesApart = stride >= (count - 1) * distance + 1;
  // Interleaved grids that never meet: one step a multiple of the other's span, or both equal to a packing.
  if (!rowsApart && !lanesApart)
    throw new InvalidArgumentError(
      `outputDistance is ${distance} with outputStride ${stride}; ${count} transforms of ${points} points overlap`,
    );
}

/** Where checked options put a batch. Throws InvalidArgumentError for ends that are too large or overlap. */
export function batchOf(options: BatchOptions, ends: Readonly<Record<'input' | 'output', EndSpec>>): Batch {
  const count = options.batch ?? 1;
  const place = (name: 'input' | 'output'): BatchEnd => {
    const stride = options[`${name}Stride`] ?? 1;
    const end = { ...ends[name], stride, distance: options[`${name}Distance`] ?? ends[name].points * stride };
    if (elementsOf(end, count) > end.width * maximumPoints)
      throw new InvalidArgumentError(
        `batch is ${count} with ${name}Stride ${stride} and ${name}Distance ${end.distance}; expected at most ${maximumPoints} elements`,
      );
    return end;
  };
  const [input, output] = [place('input'), place('output')];
  validateOutput(output, count);
  return { count, input, output, lanes: lanesOf(count, input, output) };
}

/** Lanes of one program: transforms whose points lie next to each other, as many as divide the batch and stay in registers' reach. */
function lanesOf(count: number, input: BatchEnd, output: BatchEnd): number {
  if (count === 1 || [input, output].some((end) => end.distance !== 1 || end.width !== 1)) return 1;
  return [16, 8, 4, 2].find((l) => count % l === 0 && output.stride % l === 0) ?? 1;
}
