import { expect, it } from 'vitest';
import { errors } from '../../examples/training-loop.ts';

it('the training loop of the example learns the DFT from a random start, to float64 rounding', () => {
  expect(errors[0]).toBeGreaterThan(0.5);
  // Exact stages leave 0.4 eps sqrt(log2 16) = 1.8e-16; ten times that is allowed.
  expect(errors[errors.length - 1]).toBeLessThan(2e-15);
});
