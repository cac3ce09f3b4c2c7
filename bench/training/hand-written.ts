/**
 * The training step as one writes it by hand in JavaScript: planar Float32Arrays with the batch innermost, the block of
 * a butterfly in registers while the batch runs by, the adjoint derived on paper, no allocation after the start.
 * The backward pass runs over the batch twice, sums first: with sums, cotangents and blocks in one loop V8 runs out of
 * registers and is a fifth slower; so is Math.fround around every operation, by half.
 */
import { digitReversal } from '../../src/numeric/digits.ts';
import { corrections, optimizer, type Trainer, type TrainingTask } from './task.ts';

interface Planar {
  readonly re: Float32Array;
  readonly im: Float32Array;
}
const planar = (size: number): Planar => ({ re: new Float32Array(size), im: new Float32Array(size) });

/** First elements of the rows that butterfly b reads and writes, and where its block lies. */
interface Stage {
  readonly from: readonly [Int32Array, Int32Array];
  readonly to: readonly [Int32Array, Int32Array];
  readonly block: number;
}

function stageOf(n: number, batch: number, s: number): Stage {
  const stride = 2 ** s;
  const rows = (leg: number, order?: Int32Array): Int32Array =>
    Int32Array.from({ length: n / 2 }, (_, b) => {
      const row = 2 * b - (b % stride) + leg * stride;
      return (order ? order[row] : row) * batch;
    });
  const order = s === 0 ? digitReversal(new Array<number>(Math.log2(n)).fill(2)) : undefined;
  return { from: [rows(0, order), rows(1, order)], to: [rows(0), rows(1)], block: s * 4 * n };
}

/** y = B x. */
function forwardStage(
  { from, to, block }: Stage,
  x: Planar,
  y: Planar,
  w: Float32Array,
  batch: number,
): void {
  const { re: xr, im: xi } = x;
  const { re: yr, im: yi } = y;
  const [from0, from1] = from;
  const [to0, to1] = to;
  for (let b = 0, at = block; b < from0.length; b++, at += 8) {
    const [ar, ai, br, bi] = [w[at], w[at + 1], w[at + 2], w[at + 3]];
    const [cr, ci, dr, di] = [w[at + 4], w[at + 5], w[at + 6], w[at + 7]];
    const [i0, i1, o0, o1] = [from0[b], from1[b], to0[b], to1[b]];
    for (let l = 0; l < batch; l++) {
      const x0 = xr[i0 + l];
      const y0 = xi[i0 + l];
      const x1 = xr[i1 + l];
      const y1 = xi[i1 + l];
      yr[o0 + l] = ar * x0 - ai * y0 + (br * x1 - bi * y1);
      yi[o0 + l] = ar * y0 + ai * x0 + (br * y1 + bi * x1);
      yr[o1 + l] = cr * x0 - ci * y0 + (dr * x1 - di * y1);
      yi[o1 + l] = cr * y0 + ci * x0 + (dr * y1 + di * x1);
    }
  }
}

/** dB = sum over the batch of g x^H, where g are the cotangents of y. */
function blockGradients(
  { from, to, block }: Stage,
  x: Planar,
  g: Planar,
  dw: Float32Array,
  batch: number,
): void {
  const { re: xr, im: xi } = x;
  const { re: gr, im: gi } = g;
  const [from0, from1] = from;
  const [to0, to1] = to;
  for (let b = 0, at = block; b < from0.length; b++, at += 8) {
    const [i0, i1, o0, o1] = [from0[b], from1[b], to0[b], to1[b]];
    let [ar, ai, br, bi, cr, ci, dr, di] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let l = 0; l < batch; l++) {
      const x0 = xr[i0 + l];
      const y0 = xi[i0 + l];
      const x1 = xr[i1 + l];
      const y1 = xi[i1 + l];
      const u0 = gr[o0 + l];
      const v0 = gi[o0 + l];
      const u1 = gr[o1 + l];
      const v1 = gi[o1 + l];
      ar += u0 * x0 + v0 * y0;
      ai += v0 * x0 - u0 * y0;
      br += u0 * x1 + v0 * y1;
      bi += v0 * x1 - u0 * y1;
      cr += u1 * x0 + v1 * y0;
      ci += v1 * x0 - u1 * y0;
      dr += u1 * x1 + v1 * y1;
      di += v1 * x1 - u1 * y1;
    }
    dw[at] = ar;
    dw[at + 1] = ai;
    dw[at + 2] = br;
    dw[at + 3] = bi;
    dw[at + 4] = cr;
    dw[at + 5] = ci;
    dw[at + 6] = dr;
    dw[at + 7] = di;
  }
}

/** g = B^H g in place: of every stage but the first, whose inputs are data. */
function cotangents({ to, block }: Stage, g: Planar, w: Float32Array, batch: number): void {
  const { re: gr, im: gi } = g;
  const [to0, to1] = to;
  for (let b = 0, at = block; b < to0.length; b++, at += 8) {
    const [ar, ai, br, bi] = [w[at], w[at + 1], w[at + 2], w[at + 3]];
    const [cr, ci, dr, di] = [w[at + 4], w[at + 5], w[at + 6], w[at + 7]];
    const [o0, o1] = [to0[b], to1[b]];
    for (let l = 0; l < batch; l++) {
      const u0 = gr[o0 + l];
      const v0 = gi[o0 + l];
      const u1 = gr[o1 + l];
      const v1 = gi[o1 + l];
      gr[o0 + l] = ar * u0 + ai * v0 + (cr * u1 + ci * v1);
      gi[o0 + l] = ar * v0 - ai * u0 + (cr * v1 - ci * u1);
      gr[o1 + l] = br * u0 + bi * v0 + (dr * u1 + di * v1);
      gi[o1 + l] = br * v0 - bi * u0 + (dr * v1 - di * u1);
    }
  }
}

/** factor sum |y - target|^2. */
function lossOf(y: Planar, target: Planar, factor: number): number {
  let sum = 0;
  for (let i = 0; i < y.re.length; i++) {
    const re = y.re[i] - target.re[i];
    const im = y.im[i] - target.im[i];
    sum += re * re + im * im;
  }
  return factor * sum;
}

/** The same, and its derivative by y in g. */
function lossAndCotangents(y: Planar, target: Planar, factor: number, g: Planar): number {
  let sum = 0;
  for (let i = 0; i < y.re.length; i++) {
    const re = y.re[i] - target.re[i];
    const im = y.im[i] - target.im[i];
    sum += re * re + im * im;
    g.re[i] = 2 * factor * re;
    g.im[i] = 2 * factor * im;
  }
  return factor * sum;
}

/** Adam's step t, the bias corrections taken into the rate and the second moment. */
function adamStep(w: Float32Array, dw: Float32Array, m: Float32Array, v: Float32Array, t: number): void {
  const { rate, beta1, beta2, epsilon } = optimizer;
  const [c1, c2] = corrections(t);
  const pace = rate / c1;
  const weight = 1 / c2;
  for (let i = 0; i < w.length; i++) {
    const g = dw[i];
    const m1 = beta1 * m[i] + (1 - beta1) * g;
    const v1 = beta2 * v[i] + (1 - beta2) * g * g;
    m[i] = m1;
    v[i] = v1;
    w[i] -= (pace * m1) / (Math.sqrt(weight * v1) + epsilon);
  }
}

export interface HandWrittenTrainer extends Trainer {
  /** Gradients of the last backward pass, stage after stage. */
  readonly gradients: Float32Array;
}

export function handWrittenTrainer(task: TrainingTask): HandWrittenTrainer {
  const { n, batch, factor } = task;
  const stages = task.blocks.map((_, s) => stageOf(n, batch, s));
  const single = (x: { re: Float64Array; im: Float64Array }): Planar => ({
    re: Float32Array.from(x.re),
    im: Float32Array.from(x.im),
  });
  const target = single(task.target);
  const levels = [single(task.input), ...stages.map(() => planar(n * batch))];
  const output = levels[stages.length];
  const w = new Float32Array(stages.length * 4 * n);
  task.blocks.forEach((blocks, s) => w.set(blocks, stages[s].block));
  const [dw, m, v] = [0, 0, 0].map(() => new Float32Array(w.length));
  const g = planar(n * batch);
  let t = 0;
  const chain = (): void => {
    for (let s = 0; s < stages.length; s++) forwardStage(stages[s], levels[s], levels[s + 1], w, batch);
  };
  const backward = (): number => {
    chain();
    const loss = lossAndCotangents(output, target, factor, g);
    for (let s = stages.length - 1; s >= 0; s--) {
      blockGradients(stages[s], levels[s], g, dw, batch);
      if (s > 0) cotangents(stages[s], g, w, batch);
    }
    return loss;
  };
  return {
    label: 'hand-written',
    gradients: dw,
    forward() {
      chain();
      return lossOf(output, target, factor);
    },
    backward,
    step() {
      const loss = backward();
      adamStep(w, dw, m, v, ++t);
      return loss;
    },
  };
}
