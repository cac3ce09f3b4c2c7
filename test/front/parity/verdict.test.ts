/** The plainest of the heads that are right is told. */
import { expect, it } from 'vitest';
import { featureHead } from '../../../src/index.ts';
import { probeSignal } from '../../../src/front.ts';
import { verdictOf } from '../../../src/front/parity/verdict.ts';
import { examplesOf, powers } from './helpers.ts';

it('a range that is fitted to the one clip there is does not stand for a floor', () => {
  const head = featureHead('papilio', { hop: 200, bank: { bands: 23 } });
  const examples = examplesOf(head, [probeSignal(16000)]);
  const most = examples[0].values.reduce((a, b) => Math.max(a, b));
  // Levels end at -10, by the floor or by what is so far below the largest.
  const fitted = { ...head, log: { ...head.log!, floor: 1e-30, range: most + 10 } };
  const { verdict, head: told } = verdictOf({ head: fitted, difference: 1e-7, rms: 1e-8 }, examples, {
    powers,
    stop: () => false,
  });
  expect(verdict).toBe('exact');
  expect(told.log).toEqual(head.log);
});
