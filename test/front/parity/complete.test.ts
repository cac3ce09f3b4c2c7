/** Guesses become heads: framed by what stands at the ends of clips, with their levels. */
import { describe, expect, it } from 'vitest';
import { featureHead, type HeadConfig } from '../../../src/index.ts';
import { completed, type Completion } from '../../../src/front/parity/complete.ts';
import { startOf } from '../../../src/front/parity/framing.ts';
import type { Guess } from '../../../src/front/parity/guess.ts';
import type { SearchTask } from '../../../src/front/parity/scorer.ts';
import { clipsOf, examplesOf, powers } from './helpers.ts';

const rate = 16000;
const clips = clipsOf(2);

/** What a search would have found of a head of 320 points. */
const guessOf = (head: HeadConfig): Guess => ({
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
  bands: 64,
  scale: 'htk',
  axis: 'hz',
  norm: 'none',
  fMin: 0,
  fMax: rate / 2,
  energy: 'none',
  offset: 0,
});

function completedOf(head: HeadConfig, own: Partial<Completion> = {}) {
  const examples = examplesOf(head, clips);
  const task: SearchTask = {
    examples,
    width: 64,
    rate,
    behind: { isCepstrum: false, isLinear: false },
    bands: 64,
    hasEnergy: false,
    pcen: null,
  };
  const by: Completion = {
    deltas: null,
    whole: examples,
    powers,
    stop: () => false,
    telling: null,
    ...own,
  };
  return completed({ guess: guessOf(head), residual: 0 }, task, by);
}

describe('a guess is completed', () => {
  it.each(['reflect', 'edge', 'constant'] as const)('what stands beside clips is told: %s', (padding) => {
    const head = featureHead('gigaam', { framing: 'centered', padding });
    const [found] = completedOf(head);
    expect(found.head).toMatchObject({ framing: 'centered', padding, nFft: 320, hop: 160 });
    expect(found.residual).toBeLessThan(1e-6);
  });

  it('gains, logarithms and floors are found', () => {
    const log = { kind: 'log10', floor: 1e-3, offset: 0, range: null, reference: 1 } as const;
    const head = featureHead('gigaam', { gain: 32768, log, affine: { multiply: 2, add: 1 } });
    const [found] = completedOf(head);
    expect(found.head).toMatchObject({ framing: 'inside', log: { kind: 'log10' } });
    expect(found.residual).toBeLessThan(1e-6);
  });

  it('a wrong guess leaves more', () => {
    const [found] = completedOf(featureHead('gigaam', { windowKind: 'symmetric' }));
    expect(found.residual).toBeGreaterThan(1e-6);
  });
});
