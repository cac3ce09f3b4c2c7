/** Of the heads that guesses complete to the closest is taken, whichever guess it is of and whichever framing. */
import { expect, it } from 'vitest';
import { featureHead } from '../../../src/index.ts';
import { closestOf } from '../../../src/front/parity/closest.ts';
import { reframed } from '../../../src/front/parity/complete.ts';
import { startOf } from '../../../src/front/parity/framing.ts';
import type { Guess } from '../../../src/front/parity/guess.ts';
import type { SearchTask } from '../../../src/front/parity/scorer.ts';
import { clipsOf, examplesOf, powers } from './helpers.ts';

const rate = 16000;
const head = featureHead('papilio', {
  nFft: 320,
  windowLength: null,
  framing: 'centered',
  dropLast: true,
  bank: { bands: 24, scale: 'htk', norm: 'none', fMin: 0 },
});
const examples = examplesOf(head, clipsOf(2));
const task: SearchTask = {
  examples,
  width: 24,
  rate,
  behind: { isCepstrum: false, isLinear: false },
  bands: 24,
  hasEnergy: false,
  pcen: null,
};
const right: Guess = {
  nFft: 320,
  length: 320,
  hop: 160,
  start: startOf(head),
  window: 'hann',
  kind: 'periodic',
  emphasis: 0,
  perFrame: false,
  detrend: 'none',
  wide: false,
  magnitude: false,
  under: 0,
  bands: 24,
  scale: 'htk',
  axis: 'hz',
  norm: 'none',
  fMin: 0,
  fMax: rate / 2,
  energy: 'none',
  offset: 0,
};
const by = { deltas: null, whole: examples, powers, stop: () => false, telling: null };

it('a guess that no framing stands for says nothing of the one behind it', () => {
  const nowhere = { ...right, start: -(2 ** 21) };
  const list = [nowhere, right].map((guess, i) => ({ task, scored: { guess, residual: i } }));
  expect(closestOf(list.slice(0, 1), examples, by)).toBeNull();
  expect(closestOf(list, examples, by)?.difference).toBeLessThan(1e-6);
});

it('a head of one framing is tried in the others that begin where it does', () => {
  const other = { ...head, dropLast: false, fit: 15999 };
  const tried = reframed(other, { guess: right, residual: 0 }, task, powers);
  expect(tried).toContainEqual(expect.objectContaining({ framing: 'centered', dropLast: true, fit: null }));
  for (const own of tried)
    expect({ ...own, bank: null }).toMatchObject({ nFft: 320, hop: 160, log: head.log });
});
