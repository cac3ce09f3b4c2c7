/** Floors, offsets and ranges are found wherever they lie, few values as they may touch. */
import { expect, it } from 'vitest';
import { goodResidual, leastBetween, RuleFit } from '../../../src/front/parity/fit.ts';
import { leveled, ruledValues, type Leveled, type LevelRule } from '../../../src/front/parity/levels.ts';
import { cepstrumMatrix } from '../../../src/numeric/cepstrum.ts';
import { gaussian } from '../../helpers.ts';

const plain: LevelRule = {
  floor: 1e-30,
  offset: 0,
  range: null,
  isRelative: false,
  over: 'clip',
  isLinear: false,
  unit: 1,
  shift: 0,
  cepstrum: null,
  deltas: null,
  normalize: null,
};

/** Energies of 30 frames of 20 bands over about 8 nepers, one clip louder, and what a rule makes of them, stored in float32. */
function clipsOf(rule: LevelRule): Leveled[] {
  return [1, 2].map((seed) => {
    const energies = gaussian(600, seed).map((x) => Math.exp(2 * x + 2 * seed));
    const blank = leveled(energies, { samples: energies, values: energies, frames: 30 });
    const values = ruledValues(rule, blank).map((y) => Math.fround(0.3 * y + 2));
    return leveled(energies, { samples: energies, values, frames: 30 });
  });
}

/** Between the largest and the least of a clip, the least of them. */
const span = (clips: readonly Leveled[]): number =>
  Math.min(...clips.map((clip) => most([clip]) - least([clip])));
const most = (clips: readonly Leveled[]): number => Math.max(...clips.flatMap(({ logs }) => [...logs]));
const least = (clips: readonly Leveled[]): number => Math.min(...clips.flatMap(({ logs }) => [...logs]));

it.each<[string, (clips: readonly Leveled[]) => Partial<LevelRule>]>([
  // Wherever between places of the grid it lies.
  ...[0.1, 0.2, 0.3, 0.4, 0.5, 0.6].map((by): [string, (clips: readonly Leveled[]) => Partial<LevelRule>] => [
    `a range that clips values by ${by} at most`,
    (c) => ({ range: span(c) - by }),
  ]),
  ['a floor under all but few', (c) => ({ floor: Math.exp(least(c) + 0.3) })],
  ['an offset far below all energies', (c) => ({ offset: 3e-3 * Math.exp(least(c)) })],
  ['a range that clips many', (c) => ({ range: span(c) - 4 })],
])('%s', (_, of) => {
  const rule = { ...plain, ...of(clipsOf(plain)) };
  const fit = new RuleFit(clipsOf(rule), null, () => false);
  expect(fit.at(plain).line.residual).toBeGreaterThan(2 * goodResidual);
  const { rule: found, line } = fit.from(plain);
  expect(line.residual).toBeLessThan(goodResidual);
  if (rule.offset > 0) expect(Math.abs(found.offset / rule.offset - 1)).toBeLessThan(0.01);
});

it('the least place before a level that a number keeps', () => {
  for (const x of [0.1, 0.4, 0.7, 0.9, 0.95]) {
    const range = (at: number): number => (at > x + 0.02 ? 1 : 50 * Math.abs(at - x));
    expect(Math.abs(leastBetween(range, 0, 2) - x)).toBeLessThan(1e-6);
    const floor = (at: number): number => range(-at);
    expect(Math.abs(leastBetween(floor, -2, 0) + x)).toBeLessThan(1e-6);
  }
});

const never = (): boolean => false;

it('a rule that is right leaves nothing but its line', () => {
  const { line } = new RuleFit(clipsOf(plain), null, never).at(plain);
  expect([line.slope, line.add]).toEqual([expect.closeTo(0.3, 5), expect.closeTo(2, 5)]);
  expect(line.residual).toBeLessThan(goodResidual);
});

it('a range below the largest of each frame', () => {
  const found = new RuleFit(clipsOf({ ...plain, range: 4, over: 'frame' }), null, never).from(plain);
  expect(found.rule).toMatchObject({ over: 'frame', range: expect.closeTo(4, 5) as number });
  expect(found.line.residual).toBeLessThan(10 * goodResidual);
});

it('a shift under a normalisation over all of a cepstrum', () => {
  const own: LevelRule = {
    ...plain,
    cepstrum: cepstrumMatrix({ count: 6, norm: 'ortho', lifter: null }, 20),
    normalize: { over: 'clip', mean: true, deviation: true, ddof: 0, offset: 1e-5, varianceOffset: 0 },
  };
  const found = new RuleFit(clipsOf({ ...own, shift: 7 }), null, never).from(own);
  expect(found.line.residual).toBeLessThan(10 * goodResidual);
  expect(found.rule.shift).toBeCloseTo(7, 4);
});

it('energies as they are have nothing to turn, and a search that is over turns nothing', () => {
  const clips = clipsOf({ ...plain, floor: 0.3 });
  expect(new RuleFit(clips, null, never).from({ ...plain, isLinear: true }).rule.floor).toBe(plain.floor);
  expect(new RuleFit(clips, null, () => true).from(plain).rule).toEqual(plain);
});
