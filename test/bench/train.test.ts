/** The trainers that suite train times do the same work: losses and gradients agree, and a wrong one is found out. */
import { describe, expect, it } from 'vitest';
import { lossError } from '../../bench/suites/train.ts';
import { handWrittenTrainer } from '../../bench/training/hand-written.ts';
import { papilioTrainer } from '../../bench/training/papilio.ts';
import { trainingTask, type Trainer } from '../../bench/training/task.ts';
import { InvalidArgumentError } from '../../src/index.ts';

/**
 * Each of log2 n stages rounds every value a few times, forward and backward, and errors add up as a random walk:
 * 4 sqrt(2 log2 n) units of 2^-24 for a gradient. (Measured: a third of that.)
 */
const rounding = (n: number): number => 4 * Math.sqrt(2 * Math.log2(n)) * 2 ** -24;

function relativeError(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    difference += (x[i] - y[i]) ** 2;
    size += y[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

/** Losses of a forward pass, a backward pass and some steps. */
const losses = (t: Trainer): number[] => [t.forward(), t.backward(), ...[0, 1, 2, 3, 4].map(() => t.step())];

describe.each([
  { n: 4, batch: 4 },
  { n: 64, batch: 12 },
  { n: 256, batch: 64 },
])('training n = $n, batch $batch', ({ n, batch }) => {
  const task = trainingTask(n, batch);

  it('the hand-written adjoint and papilio in float32 have the gradients of papilio in float64', () => {
    const exact = papilioTrainer(task, 'f64', false);
    const single = papilioTrainer(task, 'f32', false);
    const hand = handWrittenTrainer(task);
    const first = [exact, single, hand].map((t) => t.backward());
    for (const loss of first) expect(Math.abs(loss / first[0] - 1)).toBeLessThan(rounding(n));
    task.blocks.forEach((_, s) => {
      const expected = exact.gradients(s);
      expect(relativeError(single.gradients(s), expected)).toBeLessThan(rounding(n));
      const own = hand.gradients.subarray(s * 4 * n, (s + 1) * 4 * n);
      expect(relativeError(own, expected)).toBeLessThan(rounding(n));
    });
  });

  it('losses fall alike over the first steps', () => {
    const expected = losses(papilioTrainer(task, 'f64', false));
    expect(expected[1]).toBe(expected[2]);
    for (let i = 3; i < expected.length; i++) expect(expected[i]).toBeLessThan(expected[i - 1]);
    for (const trainer of [papilioTrainer(task, 'f32', false), handWrittenTrainer(task)])
      expect(lossError(trainer, expected)).toBeLessThan(2e-5);
  });
});

describe('the check before timing', () => {
  it('finds steps that do not learn, and losses that are no numbers', () => {
    const task = trainingTask(16, 4);
    const expected = losses(papilioTrainer(task, 'f64', false));
    const trainer = handWrittenTrainer(task);
    expect(lossError({ ...trainer, step: () => trainer.backward() }, expected)).toBeGreaterThan(1e-3);
    expect(lossError({ ...trainer, forward: () => NaN }, expected)).toBeNaN();
  });

  it('needs a power of two', () => {
    expect(() => trainingTask(48, 4)).toThrow(InvalidArgumentError);
    expect(() => trainingTask(48, 4)).toThrow(/^n is 48; the network to train needs a power of two/);
  });
});
