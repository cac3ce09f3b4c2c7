/**
 * Refitting a positive filterbank on the log error: given the power of the bins that are left, the weights that bring
 * log10 of the band energies closest to the exact ones. Weights are squares, so they stay positive.
 */
import { bankLevels } from './graphs.ts';
import type { HeadConfig } from '../spectral/head.ts';
import { bandCount, headWidth, type Bank } from '../spectral/banks.ts';
import { argument, exprCarrier as k } from '../ir/expr.ts';
import { constant, input, map, parameter, type Tensor } from '../ir/graph.ts';
import type { FloatArray } from '../backends/backend.ts';
import { levelOf } from '../spectral/features.ts';
import { rowsOf } from '../spectral/rows.ts';
import { smoothAbsoluteLoss } from '../optimize/losses.ts';
import { cepstraOf, logUnit } from './spectral-head.ts';
import { train, type Training } from '../optimize/train.ts';

/** Curvature width of the smoothed absolute error, in log10. */
export const smoothing = 0.005;

export const squares = (roots: Tensor): Tensor =>
  map('squares', [roots], [k.mul(argument(0), argument(0))])[0];

/** Power spectra [bins, lanes], averaged where the head averages, and exact features [width, lanes]. */
export interface RefitData {
  readonly lanes: number;
  readonly power: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  /** Exact levels of the bands [bands, lanes]: the targets, but for a cepstrum. */
  readonly levels: ArrayLike<number>;
  /** Weight of each error [width, lanes]. */
  readonly weights: ArrayLike<number>;
}

/** The data of some lanes, in this order. */
export function lanesOf(data: RefitData, at: readonly number[]): RefitData {
  const taken = (x: ArrayLike<number>): Float64Array => {
    const rows = x.length / data.lanes;
    const out = new Float64Array(rows * at.length);
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < at.length; i++) out[row * at.length + i] = x[row * data.lanes + at[i]];
    return out;
  };
  const { power, targets, levels, weights } = data;
  return {
    lanes: at.length,
    power: taken(power),
    targets: taken(targets),
    levels: taken(levels),
    weights: taken(weights),
  };
}

/**
 * Starting weights on live bins: those of the exact bank, scaled so that each band keeps its sum; dead bins get none,
 * live bins beside the band a small part. A band without live bins starts from those around it.
 */
export function startWeights({ bands, weights: exact }: Bank, live: readonly boolean[]): Bank {
  const { start, width } = bands;
  const out = new Float64Array(exact.length);
  for (let m = 0; m < start.length; m++) {
    const own = exact.subarray(m * width, (m + 1) * width);
    const total = own.reduce((a, b) => a + b, 0);
    const peak = own.reduce((a, b) => Math.max(a, b), 0);
    const nonzero = [...own].flatMap((w, j) => (w > 0 ? [j] : []));
    const [first, last] = [nonzero[0] ?? 0, nonzero[nonzero.length - 1] ?? width - 1];
    // Bands of few bins lean on their neighbours, wide ones do not need them.
    const reach = Math.max(1, 3 - Math.floor((last - first) / 4));
    const weights = own.map((w, j) => {
      if (!live[start[m] + j]) return 0;
      if (w > 0) return w;
      return j >= first - reach && j <= last + reach ? 0.02 * peak : 0;
    });
    const sum = weights.reduce((a, b) => a + b, 0);
    for (let j = 0; j < width; j++) out[m * width + j] = sum > 0 ? (weights[j] * total) / sum : 0;
  }
  return { bands, weights: out };
}

/** Weights below this part of their band's largest are dropped: they cost two operations and change nothing. */
const negligible = 1e-3;

const bandPeaks = (weights: Float64Array, width: number): Float64Array =>
  Float64Array.from({ length: weights.length / width }, (_, m) =>
    weights.subarray(m * width, (m + 1) * width).reduce((a, b) => Math.max(a, b), 0),
  );

/** The refit as a training of `bank.root`: square roots of the weights of each band, over that of its largest at the start. */
function refitTraining(head: HeadConfig, { bands, weights }: Bank, data: RefitData, steps: number): Training {
  const { lanes } = data;
  const bins = data.power.length / lanes;
  const { width } = bands;
  const count = bandCount(head);
  const outputs = headWidth(head);
  const unit = logUnit(head);
  const peaks = bandPeaks(weights, width);
  const scale = Float64Array.from(weights, (_, i) => peaks[Math.floor(i / width)]);
  const roots = parameter('bank.root', [count, width]);
  const [bank] = map(
    'weights',
    [squares(roots), constant([count, width], scale)],
    [k.mul(argument(0), argument(1))],
  );
  const power = input('power', [bins, lanes]);
  const targets = input('targets', [outputs, lanes]);
  const output = bankLevels(head, rowsOf(power, bins, lanes), bank, bands);
  const total = Float64Array.from(data.weights).reduce((sum, w) => sum + w, 0);
  const importance = input('importance', [outputs, lanes]);
  const loss = smoothAbsoluteLoss(output, targets, importance, smoothing * unit, 1 / (total * unit));
  return train({
    loss,
    parameters: [{ tensor: roots, rate: 1 }],
    initial: { 'bank.root': weights.map((w, i) => (w > 0 ? Math.sqrt(w / scale[i]) : 0)) },
    feed(step, view: (name: string) => FloatArray) {
      if (step > 0) return;
      view('power').set(data.power);
      view('targets').set(data.targets);
      view('importance').set(data.weights);
    },
    steps,
    learningRate: 0.03,
    dtype: 'f32',
  });
}

/** The weights that bring the log energies of `data` closest to its targets, from those of `start` on, in so many steps. */
export async function refittedBank(
  head: HeadConfig,
  start: Bank,
  data: RefitData,
  steps: number,
): Promise<Bank> {
  // Where no measurement is left, nothing can be fitted.
  if (start.weights.every((w) => w === 0)) return start;
  const training = refitTraining(head, start, data, steps);
  for await (const _ of training);
  const { bands } = start;
  const { width } = bands;
  const peaks = bandPeaks(start.weights, width);
  const weights = training.value('bank.root').map((v, i) => v * v * peaks[Math.floor(i / width)]);
  const largest = bandPeaks(weights, width);
  return {
    bands,
    weights: weights.map((w, i) => (w < negligible * largest[Math.floor(i / width)] ? 0 : w)),
  };
}

/** Mean |feature - target| of weights on power spectra, in log10. */
export function bankError(head: HeadConfig, { bands, weights }: Bank, data: RefitData): number {
  const { lanes, power, targets } = data;
  const count = bandCount(head);
  const level = levelOf(head);
  const levels = new Float64Array(count * lanes);
  const energy = new Float64Array(lanes);
  for (let m = 0; m < count; m++) {
    energy.fill(0);
    for (let j = 0; j < bands.width; j++) {
      const w = weights[m * bands.width + j];
      const at = (bands.start[m] + j) * lanes;
      if (w !== 0) for (let l = 0; l < lanes; l++) energy[l] += w * power[at + l];
    }
    for (let l = 0; l < lanes; l++) levels[m * lanes + l] = level(energy[l]);
  }
  const features = cepstraOf(head, levels, lanes);
  let [sum, total] = [0, 0];
  for (let i = 0; i < features.length; i++) {
    const weight = data.weights[i];
    if (weight !== 0) sum += weight * Math.abs(features[i] - targets[i]);
    total += weight;
  }
  return sum / (total * logUnit(head));
}
