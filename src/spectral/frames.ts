/** Frames as transforms read them: trend off, pre-emphasis, window. A frame per lane. */
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { constant, loop, type Tensor } from '../ir/graph.ts';
import { rows, shared, type View } from '../ir/view.ts';
import { frameLength, type HeadConfig } from './head.ts';
import { rowLoop } from './rows.ts';

/** The samples of a frame from `start` on, as many as `window` is long, times it. */
export interface FrameWindow {
  readonly window: Float64Array;
  readonly start: number;
}

/** Where samples come from: `shared` is a signal whose frames begin every `lane` samples, so that they can share a stream. */
export interface FrameSource {
  readonly view: View;
  readonly shared: boolean;
}

/** Frames behind a window; null: as they are. */
export type Frames = (window: FrameWindow | null) => FrameSource;

/** A view of frames through a window: a factor of the first loads. */
function through(view: View, window: FrameWindow | null): View {
  if (!window) return view;
  const scale = shared(constant([window.window.length], window.window));
  return { ...view, offset: window.start * view.stride, scale };
}

/** Frames of a signal [samples] whose frame f starts at sample f hop, without padding. */
export function signalFrames(head: HeadConfig, signal: Tensor, lanes: number): Frames {
  const isPlain = head.detrend === 'none' && head.preEmphasis === 0;
  if (isPlain)
    return (window) => ({
      view: through({ tensor: signal, offset: 0, stride: 1, lane: head.hop }, window),
      shared: true,
    });
  return (window) => ({ view: rows(conditioned(head, signal, window, lanes), lanes), shared: false });
}

/** Frames that lie in columns [nFft, lanes], trend and pre-emphasis done. */
export const columnFrames =
  (columns: Tensor, lanes: number): Frames =>
  (window) => ({ view: through(rows(columns, lanes), window), shared: false });

/**
 * Sums per lane of the samples of its frame, and of t x with t = j - (L - 1) / 2, scaled to mean and slope of the least-squares line:
 * slope = sum t x / sum t^2, sum t^2 = L (L^2 - 1) / 12.
 */
function trend(head: HeadConfig, signal: Tensor, length: number, lanes: number): readonly Tensor[] {
  const linear = head.detrend === 'linear' && length > 1;
  const weight = linear ? 12 / (length * (length * length - 1)) : 0;
  const slopes = Float64Array.from({ length }, (_, j) => (j - (length - 1) / 2) * weight);
  const body = [
    k.mul(argument(0), literal(1 / length)),
    ...(linear ? [k.mul(argument(0), argument(1))] : []),
  ];
  return loop({
    label: 'trend',
    space: [length, lanes],
    loads: [
      { tensor: signal, access: { offset: 0, terms: [1, head.hop] } },
      ...(linear ? [{ tensor: constant([length], slopes), access: { offset: 0, terms: [1, 0] } }] : []),
    ],
    body,
    stores: body.map((_, result) => ({ result, access: { offset: 0, terms: [0, 1] }, combine: 'sum' })),
    shapes: body.map(() => [lanes]),
  });
}

/** A frame as it is: ones over its samples, zeros behind them. */
const whole = (head: HeadConfig): FrameWindow => ({
  window: new Float64Array(head.nFft).fill(1, 0, frameLength(head)),
  start: 0,
});

/**
 * Frames [window.length, lanes] of a signal after trend, pre-emphasis and window: (y_j - c y_{j-1}) w_j with y = x - trend and
 * y_{-1} = y_0. A frame has frameLength(head) samples; zeros of the window stand behind them.
 */
function conditioned(head: HeadConfig, signal: Tensor, wanted: FrameWindow | null, lanes: number): Tensor {
  const { window, start } = wanted ?? whole(head);
  const length = frameLength(head);
  const points = window.length;
  const index = (shift: number): Int32Array =>
    Int32Array.from({ length: points }, (_, j) => Math.max(0, Math.min(j + start, length - 1) - shift));
  const times = (at: Int32Array): Tensor =>
    constant(
      [points],
      Float64Array.from(at, (j) => j - (length - 1) / 2),
    );
  const sums = head.detrend === 'none' ? [] : trend(head, signal, length, lanes);
  const perLane = sums.map((tensor) => ({ tensor, access: { offset: 0, terms: [0, 1] } }));
  const [mean, slope] = [argument(1), argument(2)];
  const first = 1 + sums.length;
  const perRow = { offset: 0, terms: [1, 0] };
  /** Sample without the trend: the sample is argument x, its time argument t. */
  const level = (x: number, t: number): ReturnType<typeof argument> => {
    const centred = sums.length > 0 ? k.sub(argument(x), mean) : argument(x);
    return sums.length > 1 ? k.sub(centred, k.mul(slope, argument(t))) : centred;
  };
  const [now, before] = [index(0), index(1)];
  const value = k.sub(level(0, first + 1), k.mul(literal(head.preEmphasis), level(first + 2, first + 3)));
  const loads = [
    { tensor: signal, access: { offset: 0, terms: [now, head.hop] } },
    ...perLane,
    { tensor: constant([points], window), access: perRow },
    { tensor: times(now), access: perRow },
    { tensor: signal, access: { offset: 0, terms: [before, head.hop] } },
    { tensor: times(before), access: perRow },
  ];
  return rowLoop('conditioning', [points, lanes], { loads }, [k.mul(value, argument(first))])[0];
}
