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

/** Steps in points. */
export interface Steps {
  readonly stride: number;
  readonly distance: number;
}

export interface BatchPlan {
  readonly count: number;
  readonly input: Steps;
  readonly output: Steps;
  /** Transforms side by side in memory that run as one program, vectorised across them. */
  readonly lanes: number;
}

/** Points of one end from first to last, over all transforms. */
export const extentOf = (steps: Steps, points: number, count: number): number =>
  (count - 1) * steps.distance + (points - 1) * steps.stride + 1;

/** Largest end in elements: what a page may allocate at once. */
const maximumElements = 2 ** 28;

const step = whole();

export const batchOptions: OptionTable<BatchOptions> = {
  batch: step,
  inputStride: step,
  inputDistance: step,
  outputStride: step,
  outputDistance: step,
};

/** Outputs that would overwrite each other make no batch. */
function validateOutput(steps: Steps, points: number, count: number): void {
  if (count === 1 || points === 1) {
    return;
  }
  const rowsApart = steps.distance >= (points - 1) * steps.stride + 1;
  const lanesApart = steps.stride >= (count - 1) * steps.distance + 1;
  // Interleaved grids that never meet: one step a multiple of the other's span, or both equal to a packing.
  if (!rowsApart && !lanesApart)
    throw new InvalidArgumentError(
      `outputDistance is ${steps.distance} with outputStride ${steps.stride}; ${count} transforms of ${points} points overlap`,
    );
}

/** Where checked options put a batch. Throws InvalidArgumentError for ends that are too large or overlap. */
export function validateBatch(
  options: BatchOptions,
  lengths: { readonly in: number; readonly out: number },
  planar: boolean,
): BatchPlan {
  const count = options.batch ?? 1;
  const steps = (end: 'input' | 'output', points: number): Steps => {
    const stride = options[`${end}Stride`] ?? 1;
    const distance = options[`${end}Distance`] ?? points * stride;
    if (extentOf({ stride, distance }, points, count) > maximumElements)
      throw new InvalidArgumentError(
        `batch is ${count} with ${end}Stride ${stride} and ${end}Distance ${distance}; expected at most ${maximumElements} elements`,
      );
    return { stride, distance };
  };
  const input = steps('input', lengths.in);
  const output = steps('output', lengths.out);
  validateOutput(output, lengths.out, count);
  return { count, input, output, lanes: planar ? lanesOf(count, input, output) : 1 };
}

/** Lanes of one program: transforms whose points lie next to each other, as many as divide the batch and stay in registers' reach. */
function lanesOf(count: number, input: Steps, output: Steps): number {
  if (count === 1 || input.distance !== 1 || output.distance !== 1) return 1;
  const lanes = [16, 8, 4, 2].find((l) => count % l === 0 && output.stride % l === 0);
  return lanes ?? 1;
}

/** Stride of the output points of a program in units of its lanes. */
export const strideInMemory = (steps: Steps, lanes: number): number => steps.stride / lanes;
