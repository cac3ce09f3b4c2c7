/** Clips and what an unknown front end made of them, brought to one form: frames of as many numbers for every clip. */
import { InvalidArgumentError } from '../../errors.ts';

/** Numbers as a file holds them, in C order. */
export interface ParityTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A clip's samples and its features [frames, width]. */
export interface Example {
  readonly samples: Float64Array;
  readonly values: Float64Array;
  readonly frames: number;
}

/** How the tensors lay: which axis the frames were. */
export interface Examples {
  readonly list: readonly Example[];
  readonly width: number;
  readonly framesFirst: boolean;
}

const withoutOnes = (shape: readonly number[]): number[] => {
  const rest = shape.filter((n) => n !== 1);
  return rest.length < 2 ? [...rest, ...new Array<number>(2 - rest.length).fill(1)] : rest;
};

/** One tensor of all clips, as one for each. Throws InvalidArgumentError where its first axis is no batch of so many. */
function unbatched(tensor: ParityTensor, clips: number): ParityTensor[] {
  const { shape, data } = tensor;
  if (clips === 1) return [tensor];
  const [batch, ...rest] = shape;
  if (batch !== clips || rest.length < 1)
    throw new InvalidArgumentError(
      `one tensor of shape [${shape.join(', ')}] for ${clips} clips; expected [${clips}, ..], or a tensor for each clip`,
    );
  const size = rest.reduce((a, b) => a * b, 1);
  return Array.from({ length: clips }, (_, i) => ({
    shape: rest,
    data: Float64Array.from({ length: size }, (__, j) => data[i * size + j]),
  }));
}

/** Numbers of a frame that people take. */
const widths = [
  12, 13, 20, 23, 24, 26, 32, 39, 40, 60, 64, 72, 80, 96, 100, 120, 128, 160, 201, 229, 240, 256, 257, 513,
];
/** More of them are rare. */
const mostWidth = 1100;

/** How unlikely frames of such a width are: octaves of the hop from 10 ms, and what the width adds. */
const unlikely = (samples: number, [frames, width]: readonly number[], rate: number): number =>
  Math.abs(Math.log2(samples / frames / rate / 0.01)) +
  (widths.includes(width) ? 0 : 1) +
  (width > mostWidth ? 3 : 0);

/** Of two axes that may both be frames, one that is so much less likely is not. */
const surely = 1.5;

/** Are frames the first of the two axes? By what differs between clips, else by what makes a usual hop: the likelier answer first. */
function whichAreFrames(shapes: readonly number[][], lengths: readonly number[], rate: number): boolean[] {
  const isSame = (axis: 0 | 1): boolean => shapes.every((s) => s[axis] === shapes[0][axis]);
  if (!isSame(0) && !isSame(1))
    throw new InvalidArgumentError(
      `tensors of shapes ${shapes.map((s) => `[${s.join(', ')}]`).join(' and ')}; expected one axis of the same length for all clips`,
    );
  if (!isSame(0)) return [true];
  if (!isSame(1)) return [false];
  // Clips that are filled up to one length have as many frames as the longest, or more.
  const longest = Math.max(...lengths);
  const [[a, b]] = shapes;
  const more = unlikely(longest, [b, a], rate) - unlikely(longest, [a, b], rate);
  const first = more >= 0;
  return Math.abs(more) < surely ? [first, !first] : [first];
}

/** Throws InvalidArgumentError for features that are alike in every frame of every clip: nothing follows from them. */
function requireVaried(list: readonly Example[], width: number): void {
  const [{ values: first }] = list;
  const isAlike = list.every(({ values }) => values.every((y, i) => y === first[i % width]));
  if (!isAlike || list.reduce((sum, { frames }) => sum + frames, 0) < 2) return;
  const isOne = first.every((y) => y === first[0]);
  throw new InvalidArgumentError(
    `the tensor of clip 0 ${isOne ? `is ${first[0]} all over` : 'is alike in every frame'}, and so is every other; expected features that follow the clips`,
  );
}

/** What tensors may be of clips, the likelier first. Throws InvalidArgumentError, naming the clip, for those that are no features of them. */
export function parityExamples(
  clips: readonly ArrayLike<number>[],
  tensors: readonly ParityTensor[],
  rate: number,
): Examples[] {
  if (clips.length === 0) throw new InvalidArgumentError('no clips; expected at least one and its features');
  const each = tensors.length === 1 ? unbatched(tensors[0], clips.length) : tensors;
  if (each.length !== clips.length)
    throw new InvalidArgumentError(
      `${clips.length} clips and ${each.length} tensors; expected one tensor for each clip`,
    );
  const empty = each.findIndex(({ data }) => data.length === 0);
  if (empty >= 0)
    throw new InvalidArgumentError(
      `the tensor of clip ${empty} has no numbers; expected frames and features`,
    );
  const shapes = each.map((t) => withoutOnes(t.shape));
  const odd = shapes.findIndex((s) => s.length !== 2);
  if (odd >= 0)
    throw new InvalidArgumentError(
      `the tensor of clip ${odd} has the shape [${each[odd].shape.join(', ')}]; expected frames and features`,
    );
  const bad = each.findIndex(({ data }) => !Array.prototype.every.call(data, Number.isFinite));
  if (bad >= 0) throw new InvalidArgumentError(`the tensor of clip ${bad} holds a number that is not finite`);
  const lengths = clips.map((c) => c.length);
  const ways = whichAreFrames(shapes, lengths, rate);
  const possible = ways.filter((first) => shapes[0][Number(first)] >= 2);
  if (possible.length === 0)
    throw new InvalidArgumentError(
      `tensors of ${shapes[0][Number(ways[0])]} number a frame: clip 0 has [${each[0].shape.join(', ')}]; expected at least 2`,
    );
  const found = possible.map((framesFirst) => ({
    list: each.map((tensor, i) => exampleOf(clips[i], tensor, shapes[i], framesFirst)),
    width: shapes[0][Number(framesFirst)],
    framesFirst,
  }));
  requireVaried(found[0].list, found[0].width);
  return found;
}

function exampleOf(
  clip: ArrayLike<number>,
  { data }: ParityTensor,
  [rows, columns]: readonly number[],
  framesFirst: boolean,
): Example {
  const [frames, width] = framesFirst ? [rows, columns] : [columns, rows];
  const at = (f: number, m: number): number => (framesFirst ? f * width + m : m * frames + f);
  const values = Float64Array.from(
    { length: frames * width },
    (_, j) => data[at(Math.floor(j / width), j % width)],
  );
  return { samples: Float64Array.from(clip), values, frames };
}
