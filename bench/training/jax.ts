/**
 * @jax-js/jax on its WebAssembly device: jit around the loss, around valueAndGrad of it, and around valueAndGrad and Adam
 * together. A stage is one broadcast product of blocks [groups, 2, 2, stride, 1] and signals [groups, 1, 2, stride, batch],
 * summed over the inputs; jit fuses product and sum. Of five ways that was the fastest: halves that are split and summed without a
 * reduction, or the batch as first dimension, take half as long again, einsum (which in 0.1.25 needs Node 22) three times as
 * long, halves that are concatenated again five times.
 */
import { digitReversal } from '../../src/numeric/digits.ts';
import { importPeer } from '../peers/load.ts';
import { corrections, optimizer, type Trainer, type TrainingTask } from './task.ts';

interface JaxArray {
  /** One reference more: a function gives up those it is passed. */
  readonly ref: JaxArray;
  readonly shape: number[];
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray): JaxArray;
  sum(axis?: number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  dataSync(): Float32Array;
  dispose(): void;
}
type Arrays = JaxArray[];
type Loss = (w: Arrays, data: Arrays) => JaxArray;
type LossAndGradients = (w: Arrays, data: Arrays) => [JaxArray, Arrays];
type Step = (
  w: Arrays,
  m: Arrays,
  v: Arrays,
  data: Arrays,
  scalars: Arrays,
) => [JaxArray, Arrays, Arrays, Arrays];
interface Jax {
  init(device: string): Promise<unknown>;
  defaultDevice(device: string): unknown;
  jit<F>(f: F): F;
  valueAndGrad(f: Loss): LossAndGradients;
  readonly numpy: {
    array(data: Float32Array | number): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    square(a: JaxArray): JaxArray;
    sqrt(a: JaxArray): JaxArray;
  };
}

const refs = (list: Arrays): Arrays => list.map((a) => a.ref);

/** Loss of blocks (re and im per stage) on [re, im, target re, target im]. */
function lossOf({ numpy: np }: Jax, { n, batch, factor }: TrainingTask): Loss {
  return (w, [inputRe, inputIm, targetRe, targetIm]) => {
    let [re, im] = [inputRe, inputIm];
    for (let s = 0; 2 * s < w.length; s++) {
      const shape = [n / 2 ** (s + 1), 1, 2, 2 ** s, batch];
      const [xr, xi] = [re.reshape(shape), im.reshape(shape)];
      const [wr, wi] = [w[2 * s], w[2 * s + 1]];
      re = wr.ref.mul(xr.ref).sub(wi.ref.mul(xi.ref)).sum(2);
      im = wr.mul(xi).add(wi.mul(xr)).sum(2);
    }
    const flat = [n, batch];
    const errors = [re.reshape(flat).sub(targetRe), im.reshape(flat).sub(targetIm)].map((e) => np.square(e));
    return errors[0].add(errors[1]).sum().mul(factor);
  };
}

function stepOf(jax: Jax, loss: Loss): Step {
  const { numpy: np } = jax;
  const { beta1, beta2, epsilon } = optimizer;
  const lossAndGradients = jax.valueAndGrad(loss);
  return (w, m, v, data, [rate, c1, c2]) => {
    const [value, g] = lossAndGradients(refs(w), data);
    const m1 = m.map((a, i) => a.mul(beta1).add(g[i].ref.mul(1 - beta1)));
    const v1 = v.map((a, i) => a.mul(beta2).add(np.square(g[i]).mul(1 - beta2)));
    const next = w.map((p, i) => {
      const direction = m1[i].ref.div(c1.ref).div(np.sqrt(v1[i].ref.div(c2.ref)).add(epsilon));
      return p.sub(rate.ref.mul(direction));
    });
    for (const a of [rate, c1, c2]) a.dispose();
    return [value, next, m1, v1];
  };
}

/** Blocks of a stage as [groups, 2, 2, stride, 1], real and imaginary parts. */
function blockArrays({ numpy: np }: Jax, { n, blocks }: TrainingTask): Arrays {
  return blocks.flatMap((block, s) => {
    const stride = 2 ** s;
    return [0, 1].map((part) => {
      const out = new Float32Array(2 * n);
      for (let b = 0; b < n / 2; b++)
        for (let e = 0; e < 4; e++) {
          const [g, k] = [Math.floor(b / stride), b % stride];
          out[(g * 4 + e) * stride + k] = block[8 * b + 2 * e + part];
        }
      return np.array(out).reshape([n / (2 * stride), 2, 2, stride, 1]);
    });
  });
}

function dataArrays({ numpy: np }: Jax, { n, batch, input, target }: TrainingTask): Arrays {
  const order = digitReversal(new Array<number>(Math.log2(n)).fill(2));
  const shaped = (x: Float64Array, row: (i: number) => number): JaxArray =>
    np
      .array(Float32Array.from(x, (_, i) => x[row(Math.floor(i / batch)) * batch + (i % batch)]))
      .reshape([n, batch]);
  return [
    ...[input.re, input.im].map((x) => shaped(x, (i) => order[i])),
    ...[target.re, target.im].map((x) => shaped(x, (i) => i)),
  ];
}

export async function jaxTrainer(task: TrainingTask): Promise<Trainer> {
  const jax = await importPeer<Jax>('@jax-js/jax');
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const { numpy: np } = jax;
  const loss = lossOf(jax, task);
  const [forward, backward, step] = [
    jax.jit(loss),
    jax.jit(jax.valueAndGrad(loss)),
    jax.jit(stepOf(jax, loss)),
  ];
  const data = dataArrays(jax, task);
  let w = blockArrays(jax, task);
  let [m, v] = [0, 0].map(() => w.map((a) => np.zeros(a.shape)));
  let t = 0;
  return {
    label: 'jax-js',
    forward: () => forward(refs(w), refs(data)).dataSync()[0],
    backward() {
      const [value, gradients] = backward(refs(w), refs(data));
      // Reading is what executes.
      for (const g of gradients) g.dataSync();
      return value.dataSync()[0];
    },
    step() {
      let value: JaxArray;
      const scalars = [optimizer.rate, ...corrections(++t)].map((x) => np.array(x));
      [value, w, m, v] = step(w, m, v, refs(data), scalars);
      return value.dataSync()[0];
    },
  };
}
