/** What a model reads: samples as floats or integers of 16 bits, at the rate of the head or another. */
import type { GraphBuilder, Length, Value } from '../../backends/onnx/builder.ts';
import { elementTypes } from '../../backends/onnx/model.ts';
import { UnsupportedError } from '../../errors.ts';
import { polyphaseFilter } from '../../numeric/resample.ts';
import type { HeadConfig } from '../../spectral/head.ts';
import { columnsBehind, cutToLens, framesInTurns, type Signals } from './signal.ts';

/** How signals come. */
export interface SignalOptions {
  /** One signal of so many samples, all shapes known; without it batch and samples are what the caller brings. */
  readonly samples?: number;
  /** Samples are integers of 16 bits, 32768 being 1. Default false. */
  readonly int16?: boolean;
  /** Hz of the samples, where that is not the head's rate: they are resampled, as `resample` does. */
  readonly rate?: number;
}

/** Most numbers of the filters of a rate, 64 MB. */
const mostTaps = 2 ** 24;

/** x up / down samples, rounded up. */
const resampled = (g: GraphBuilder, x: Length, up: number, down: number): Length =>
  g.quotient(g.add(g.times(x, up), down - 1), down);

/** Signals at another rate: the phases of a polyphase filter as one product. Throws UnsupportedError for rates whose filters are too many. */
function atRate(g: GraphBuilder, signals: Signals, from: number, to: number): Signals {
  const { up, down, half, taps, base } = polyphaseFilter({ from, to });
  if (up === down) return signals;
  const { batch, samples, lens } = signals;
  const rows = base[up - 1] + 2 * half;
  if (up * rows > mostTaps)
    throw new UnsupportedError(
      `rate is ${from}: the filters to ${to} Hz are ${up * rows} numbers; expected at most ${mostTaps}, as rates of larger common factors have`,
    );
  const matrix = new Float64Array(up * rows);
  for (let p = 0; p < up; p++)
    matrix.set(taps.subarray(p * 2 * half, (p + 1) * 2 * half), p * rows + base[p]);
  const count = resampled(g, samples, up, down);
  const blocks = g.quotient(g.add(count, up - 1), up);
  const shape = { rows, hop: down, turns: 1 };
  const all = g.add(blocks, columnsBehind(shape));
  const total = g.times(all, down);
  const behind = g.sub(g.sub(total, half - 1), samples);
  const padded = g.node('Pad', [cutToLens(g, signals), g.lengths([0, half - 1, 0, behind])]);
  const [columns] = framesInTurns(g, padded, shape, g.times(all, batch));
  const phases = g.node('MatMul', [g.reals([up, rows], matrix), columns]);
  const cube = g.transpose(g.reshape(phases, [up, batch, -1]), [1, 2, 0]);
  const x = g.slice(g.reshape(cube, [0, -1]), { axis: 1, start: 0, end: count });
  return { x, batch, samples: count, lens: lens === null ? null : g.lengths([resampled(g, lens, up, down)]) };
}

/** The inputs of a model. */
export function inputSignals(
  g: GraphBuilder,
  head: HeadConfig,
  { samples, int16 = false, rate = head.sampleRate }: SignalOptions,
): Signals {
  const dims = samples === undefined ? (['batch', 'N'] as const) : ([1, samples] as const);
  const given = g.input('waveforms', int16 ? 'int16' : 'float', dims);
  const x = int16
    ? g.node('Mul', [g.node('Cast', [given], { to: elementTypes.float }), g.scalar(1 / 32768)])
    : given;
  if (samples !== undefined) return atRate(g, { x, batch: 1, samples, lens: null }, rate, head.sampleRate);
  const shape = g.node('Shape', [given]);
  const [batch, length] = [0, 1].map((i): Value => g.slice(shape, { axis: 0, start: i, end: i + 1 }));
  const lens = g.input('waveforms_lens', 'int64', ['batch']);
  return atRate(g, { x, batch, samples: length, lens }, rate, head.sampleRate);
}
