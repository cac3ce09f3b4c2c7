/** A small classifier of vectors, one hidden layer, trained by papilio's own `train`: its graph, gradient and kernel. */
import { train, type TrainOptions } from '../../src/learn.ts';
import { argument, exprCarrier as k, literal } from '../../src/ir/expr.ts';
import { input, loop, map, parameter, type Tensor } from '../../src/ir/graph.ts';
import { fillGaussian, fillUniform } from '../../src/numeric/random.ts';
import { filterbank, rowsOf, sumRows, type Rows } from '../../src/spectral/rows.ts';
import { sumOver } from '../../src/optimize/losses.ts';

export interface Classifier {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  /** Of the inputs, over the training set. */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  readonly values: Readonly<Record<'w1' | 'b1' | 'w2' | 'b2', Float64Array>>;
}

export interface Examples {
  /** [count, inputs] */
  readonly vectors: readonly Float32Array[];
  readonly labels: readonly number[];
}

export interface Recipe {
  readonly hidden: number;
  readonly classes: number;
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Half the factor of the sum of squares of the weights. */
  readonly decay: number;
  readonly seed: number;
}

/** W x + b per lane; W [count, x.count], b [count]. */
function affine(x: Rows, weights: Tensor, bias: Tensor, positive: boolean): Rows {
  const [count] = bias.shape;
  const product = filterbank(x, weights, { start: new Int32Array(count), width: x.count });
  const sum = k.add(argument(0), argument(1));
  const [tensor] = loop({
    label: positive ? 'bias, positive part' : 'bias',
    space: [count, x.lanes],
    loads: [
      { tensor: product.tensor, access: { offset: 0, terms: [x.lanes, 1] } },
      { tensor: bias, access: { offset: 0, terms: [1, 0] } },
    ],
    body: [positive ? k.max(sum, literal(0)) : sum],
    stores: [{ result: 0, access: { offset: 0, terms: [x.lanes, 1] }, combine: 'store' }],
    shapes: [[count, x.lanes]],
  });
  return rowsOf(tensor, count, x.lanes);
}

/** Mean cross-entropy of `labels` [classes, lanes] (ones and zeros) and half the decay times the squares of the weights. */
function lossOf(
  inputs: number,
  { hidden, classes, batch, decay }: Recipe,
): Pick<TrainOptions, 'loss' | 'parameters'> {
  const w1 = parameter('w1', [hidden, inputs]);
  const b1 = parameter('b1', [hidden]);
  const w2 = parameter('w2', [classes, hidden]);
  const b2 = parameter('b2', [classes]);
  const x = rowsOf(input('vectors', [inputs, batch]), inputs, batch);
  const labels = input('labels', [classes, batch]);
  const scores = affine(affine(x, w1, b1, true), w2, b2, false);
  const [total] = sumRows('sum of exponentials', scores, [], [k.exp(argument(0))]);
  const norm = sumOver('log of sums', [total.tensor], k.mul(k.log(argument(0)), literal(1 / batch)));
  const hits = sumOver(
    'scores of the labels',
    [scores.tensor, labels],
    k.mul(k.mul(argument(0), argument(1)), literal(1 / batch)),
  );
  const square = k.mul(k.mul(argument(0), argument(0)), literal(decay / 2));
  const [loss] = map(
    'cross-entropy',
    [norm, hits, sumOver('squares', [w1], square), sumOver('squares', [w2], square)],
    [k.add(k.sub(argument(0), argument(1)), k.add(argument(2), argument(3)))],
  );
  return { loss, parameters: [w1, b1, w2, b2].map((tensor) => ({ tensor })) };
}

/** Train on examples, drawn at random for each step. */
export async function trainClassifier({ vectors, labels }: Examples, recipe: Recipe): Promise<Classifier> {
  const { hidden, classes, batch, seed } = recipe;
  const inputs = vectors[0].length;
  const mean = new Float64Array(inputs);
  const squares = new Float64Array(inputs);
  for (const v of vectors)
    for (let i = 0; i < inputs; i++) {
      mean[i] += v[i] / vectors.length;
      squares[i] += (v[i] * v[i]) / vectors.length;
    }
  const scale = squares.map((s, i) => 1 / Math.sqrt(Math.max(s - mean[i] ** 2, 1e-6)));
  const random = (count: number, width: number, stream: number): Float64Array => {
    const out = new Float64Array(count);
    fillGaussian(out, seed, stream);
    return out.map((x) => x * Math.sqrt(2 / width));
  };
  const draw = new Float64Array(batch);
  const training = train({
    ...lossOf(inputs, recipe),
    initial: {
      w1: random(hidden * inputs, inputs, 1),
      b1: new Float64Array(hidden),
      w2: random(classes * hidden, hidden, 2),
      b2: new Float64Array(classes),
    },
    feed(step, view) {
      fillUniform(draw, seed, 2 ** 20 + step);
      const [x, y] = [view('vectors'), view('labels')];
      y.fill(0);
      for (let lane = 0; lane < batch; lane++) {
        const at = Math.min(vectors.length - 1, Math.floor(((draw[lane] + 1) / 2) * vectors.length));
        for (let i = 0; i < inputs; i++) x[i * batch + lane] = (vectors[at][i] - mean[i]) * scale[i];
        y[labels[at] * batch + lane] = 1;
      }
    },
    steps: recipe.steps,
    learningRate: recipe.learningRate,
    clip: 5,
    dtype: 'f32',
  });
  for await (const _ of training);
  const value = (name: string): Float64Array => training.value(name);
  const values = { w1: value('w1'), b1: value('b1'), w2: value('w2'), b2: value('b2') };
  return { inputs, hidden, classes, mean, scale, values };
}

/** The class of the largest score. */
export function decide(
  { inputs, hidden, classes, mean, scale, values }: Classifier,
  vector: Float32Array,
): number {
  const x = mean.map((m, i) => (vector[i] - m) * scale[i]);
  const inner = values.b1.map((b, h) => {
    let sum = b;
    for (let i = 0; i < inputs; i++) sum += values.w1[h * inputs + i] * x[i];
    return Math.max(0, sum);
  });
  let [best, most] = [0, -Infinity];
  for (let c = 0; c < classes; c++) {
    let sum = values.b2[c];
    for (let h = 0; h < hidden; h++) sum += values.w2[c * hidden + h] * inner[h];
    if (sum > most) [best, most] = [c, sum];
  }
  return best;
}
