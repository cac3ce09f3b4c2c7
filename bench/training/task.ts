/**
 * What is trained: the free-block radix-2 network of n points on one batch of complex signals, towards their exact
 * spectra, by Adam on the mean squared error. Every contender starts at the same blocks and sees the same numbers.
 */
import { InvalidArgumentError } from '../../src/index.ts';
import { complexArray, type ComplexArray } from '../../src/numeric/complex.ts';
import { dft } from '../../src/numeric/dft.ts';
import { initialize } from '../../src/model/initialize.ts';
import type { NetworkSpec } from '../../src/model/network.ts';
import { isPowerOfTwo } from '../contender.ts';
import { noise } from '../signal.ts';

/** Kingma & Ba (2015), at a constant rate. */
export const optimizer = { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

export interface TrainingTask {
  readonly n: number;
  readonly batch: number;
  readonly spec: NetworkSpec;
  /** Signals and spectra, planar [n, batch], exact in float32 as far as signals go. */
  readonly input: ComplexArray;
  readonly target: ComplexArray;
  /** Per stage, blocks [n / 2, 2, 2, 2] by butterfly, output, input, part: sqrt 2 times random unitary. */
  readonly blocks: readonly Float64Array[];
  /** loss = factor sum |output - target|^2: the squared relative L2 error to be expected. */
  readonly factor: number;
}

/** A way to do the task; each run goes on from the last. */
export interface Trainer {
  readonly label: string;
  /** The loss. */
  readonly forward: () => number;
  /** The loss, and gradients of every block. */
  readonly backward: () => number;
  /** The loss before the update, and the update. */
  readonly step: () => number;
}

/** Transform of n signals of unit variance per part, a batch of them side by side. */
export function trainingTask(n: number, batch: number, seed = 1): TrainingTask {
  if (!isPowerOfTwo(n) || n < 4)
    throw new InvalidArgumentError(`n is ${n}; the network to train needs a power of two of at least 4`);
  const spec: NetworkSpec = {
    n,
    input: 'complex',
    direction: 'forward',
    norm: 'backward',
    decimation: 'time',
    permutation: 'digit-reversal',
    stages: Array.from({ length: Math.log2(n) }, () => ({ radix: 2, parametrization: 'free' })),
    split: 'exact',
  };
  const input = { re: noise(n * batch, 2 * seed), im: noise(n * batch, 2 * seed + 1) };
  const values = initialize(spec, 'random', seed);
  return {
    n,
    batch,
    spec,
    input,
    target: spectra(n, batch, input),
    blocks: spec.stages.map((_, s) => values[`stage${s}.block`]),
    factor: 1 / (n * batch * n * (2 / 3)),
  };
}

/** The DFT of every column by its definition in float64. */
function spectra(n: number, batch: number, input: ComplexArray): ComplexArray {
  const out = complexArray(n * batch);
  for (let lane = 0; lane < batch; lane++) {
    const column = (x: Float64Array): Float64Array =>
      Float64Array.from({ length: n }, (_, j) => x[j * batch + lane]);
    const y = dft({ re: column(input.re), im: column(input.im) });
    for (let k = 0; k < n; k++) {
      out.re[k * batch + lane] = y.re[k];
      out.im[k * batch + lane] = y.im[k];
    }
  }
  return out;
}

/** 1 - beta^t: the bias corrections of step t = 1, 2, ... */
export const corrections = (t: number): readonly [number, number] => [
  1 - optimizer.beta1 ** t,
  1 - optimizer.beta2 ** t,
];
