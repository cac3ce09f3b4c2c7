/** Steps over the frames of a clip as nodes of ONNX, on features [width, batch, frames]: deltas, normalisation. */
import { afterLast, type GraphBuilder, type Length, type Value } from '../../backends/onnx/builder.ts';
import { deltaRows, type DeltaOptions } from '../../numeric/deltas.ts';
import type { NormalizeOptions } from '../../numeric/normalize.ts';
import { before } from './signal.ts';

/** How many frames the features of a batch have: all of them, or of each clip its own. */
export interface FrameCounts {
  readonly frames: Length;
  readonly frameLens: Value | null;
}

/** The first and last frames of each clip once more, `count` of them at each end, and behind the last one of a shorter clip. */
function heldAtEnds(g: GraphBuilder, x: Value, { frames, frameLens }: FrameCounts, count: number): Value {
  const all = g.reals([1, 1, count], new Float64Array(count).fill(1));
  // No frames stay none.
  const ones =
    typeof frames === 'number' ? all : g.slice(all, { axis: 2, start: 0, end: g.times(frames, count) });
  const again = (frame: Value): Value => g.node('Mul', [frame, ones]);
  const first = again(g.slice(x, { axis: 2, start: 0, end: 1 }));
  if (frameLens === null)
    return g.concat([first, x, again(g.slice(x, { axis: 2, start: -1, end: afterLast }))], 2);
  const mask = (lens: Value): Value => before(g, frames, lens, [1, -1, 1]);
  const isOwn = mask(frameLens);
  const alone = g.node('Where', [mask(g.lengths([g.add(frameLens, -1)])), g.scalar(0), x]);
  const last = g.node('ReduceSum', [g.node('Where', [isOwn, alone, g.scalar(0)]), g.ints([2])], {
    keepdims: 1,
  });
  return g.concat([first, g.node('Where', [isOwn, x, last]), again(last)], 2);
}

/** sum_j kernel[j] x[t + j] for all frames t that have all of these. */
function correlated(g: GraphBuilder, x: Value, frames: Length, kernel: ArrayLike<number>): Value {
  const terms = Array.from(kernel).flatMap((weight, j) => {
    const shifted = g.slice(x, { axis: 2, start: j, end: g.add(frames, j) });
    return weight === 0 ? [] : [g.node('Mul', [shifted, g.scalar(weight)])];
  });
  return terms.reduce((a, b) => g.node('Add', [a, b]));
}

/** Features with their deltas below them. */
export function withDeltas(g: GraphBuilder, x: Value, count: FrameCounts, options: DeltaOptions): Value {
  const { frames, frameLens } = count;
  const { kind, width } = options;
  const half = (width - 1) / 2;
  // In the middle of many frames the weights are those of the kernel.
  const many = 4 * width + 1;
  const kernels = deltaRows(options, many).map((rows) => rows[2 * width].weights);
  const parts = [x];
  for (const [order, kernel] of kernels.entries()) {
    const reach = (kernel.length - 1) / 2;
    if (kind === 'librosa') {
      const inner = correlated(g, x, g.add(frames, -2 * reach), kernel);
      const fewer = {
        frames: g.add(frames, -2 * reach),
        frameLens: frameLens && g.lengths([g.add(frameLens, -2 * reach)]),
      };
      parts.push(heldAtEnds(g, inner, fewer, reach));
    } else if (kind === 'torchaudio' && order === 1)
      parts.push(correlated(g, heldAtEnds(g, parts[1], count, half), frames, deltaKernel(options)));
    else parts.push(correlated(g, heldAtEnds(g, x, count, reach), frames, kernel));
  }
  return g.concat(parts, 0);
}

/** The weights of a slope. */
const deltaKernel = (options: DeltaOptions): ArrayLike<number> =>
  deltaRows({ ...options, order: 1 }, 4 * options.width + 1)[0][2 * options.width].weights;

/** Frames of each clip as real numbers, [1, batch or 1, 1]. */
export function counts(g: GraphBuilder, { frames, frameLens }: FrameCounts): Value {
  if (frameLens === null && typeof frames === 'number') return g.scalar(frames);
  return g.node('Cast', [g.reshape(frameLens ?? g.lengths([frames]), [1, -1, 1])], { to: 1 });
}

/** (x - mean) / deviation as `numeric/normalize.ts` has it, over the frames that each clip has. */
export function normalized(
  g: GraphBuilder,
  x: Value,
  count: FrameCounts,
  width: number,
  options: NormalizeOptions,
): Value {
  const { ddof, over, offset, varianceOffset } = options;
  const { frames, frameLens } = count;
  const all = over === 'feature' ? counts(g, count) : g.node('Mul', [counts(g, count), g.scalar(width)]);
  const total = (y: Value): Value => {
    const own =
      frameLens === null ? y : g.node('Where', [before(g, frames, frameLens, [1, -1, 1]), y, g.scalar(0)]);
    return g.node('ReduceSum', [own, g.ints(over === 'feature' ? [2] : [0, 2])], { keepdims: 1 });
  };
  const centred = g.node('Sub', [x, g.node('Div', [total(x), all])]);
  const shifted = options.mean ? centred : x;
  if (!options.deviation) return shifted;
  const free = ddof === 0 ? all : g.node('Sub', [all, g.scalar(ddof)]);
  const variance = g.node('Div', [total(g.node('Mul', [centred, centred])), free]);
  const root = g.node('Sqrt', [
    varianceOffset === 0 ? variance : g.node('Add', [variance, g.scalar(varianceOffset)]),
  ]);
  return g.node('Div', [shifted, offset === 0 ? root : g.node('Add', [root, g.scalar(offset)])]);
}
