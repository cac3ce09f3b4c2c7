/** Measured plans: any candidate is the same transform; the winner is remembered, exported and imported. */
import { afterEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { FileFormatError, InvalidArgumentError } from '../../src/errors.ts';
import type { ChainPlan } from '../../src/model/exact.ts';
import { describePlan, planFftSync } from '../../src/plans/plan.ts';
import { candidateChains, validateChain } from '../../src/plans/strategy.ts';
import { exportWisdom, forgetWisdom, importWisdom } from '../../src/plans/wisdom.ts';
import { distance, gaussian } from '../helpers.ts';

afterEach(forgetWisdom);

describe('measured plans', () => {
  it('every candidate is the same transform', () => {
    for (const n of [8, 60, 37, 128, 210, 512, 1009]) {
      const chains = candidateChains(n);
      expect(chains.length).toBeGreaterThan(n === 8 ? 0 : 1);
      const [x, y] = [gaussian(n, 1), gaussian(n, 2)];
      const [first, ...rest] = chains.map((chain) => {
        const plan = planFftSync({ n, dtype: 'f64', chain });
        expect(plan.transform.chain).toEqual(chain);
        plan.input.re.set(x);
        plan.input.im?.set(y);
        plan.run();
        return Float64Array.from(plan.output.re);
      });
      for (const other of rest) expect(distance(other, first)).toBeLessThan(1e-14);
    }
  });

  it('effort measure picks one of them, once, and the winner travels as JSON', () => {
    const plan = planFftSync({ n: 96, effort: 'measure' });
    expect(candidateChains(96)).toContainEqual(plan.transform.chain);
    const text = exportWisdom();
    forgetWisdom();
    const [[key, chain]] = Object.entries((JSON.parse(text) as { chains: Record<string, ChainPlan> }).chains);
    expect(key).toBe('96 complex forward f32 wasm simd 1');
    expect(chain).toEqual(plan.transform.chain);
    // What was imported is used without being measured again, by plans of either effort.
    const other = candidateChains(96).find(
      (c) => c.radices.join() !== plan.transform.chain.radices.join(),
    ) as ChainPlan;
    const estimate = describePlan({ n: 96, dtype: 'f64' }).chain;
    importWisdom(JSON.stringify({ format: 'papilio wisdom 1', chains: { [key]: other } }));
    expect(describePlan({ n: 96 }).chain).toEqual(other);
    expect(planFftSync({ n: 96, effort: 'measure' }).transform.chain).toEqual(other);
    expect(describePlan({ n: 96, dtype: 'f64' }).chain).toEqual(estimate);
  });

  it('what is no wisdom is refused whole', () => {
    const good = { kind: 'stages', n: 8, radices: [2, 4] };
    const texts = [
      '',
      '{',
      'null',
      '[]',
      '{"format":"papilio wisdom 1"}',
      JSON.stringify({ format: 'papilio wisdom 2', chains: {} }),
      JSON.stringify({ format: 'papilio wisdom 1', chains: { a: good, b: { ...good, radices: [2, 2] } } }),
      JSON.stringify({ format: 'papilio wisdom 1', chains: { a: null } }),
    ];
    for (const text of texts) expect(() => importWisdom(text), text).toThrow(FileFormatError);
    expect(() => importWisdom(texts[5], 'kept.json')).toThrow(
      /^kept\.json: JSON\.format: expected papilio wisdom 1$/,
    );
    expect(() => importWisdom(texts[7], 'kept.json')).toThrow(/^kept\.json: "a": names no measurement$/);
    expect(() => importWisdom('['.repeat(65) + ']'.repeat(65))).toThrow(
      /^wisdom: JSON nested more than 64 deep/,
    );
    expect(exportWisdom()).toBe('{"format":"papilio wisdom 1","chains":{}}');
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => importWisdom(text)).toThrow(FileFormatError);
      }),
    );
  });

  it('impossible chains are named', () => {
    const bad: [unknown, RegExp][] = [
      [{ kind: 'stages', n: 8, radices: [8, 2] }, /expected radices that multiply to 8/],
      [{ kind: 'stages', n: 16, radices: [4, 4] }, /expected n to be 8/],
      [{ kind: 'stages', n: 8, radices: [8.5] }, /expected radices from 2 to 31/],
      [{ kind: 'chirp', n: 8, length: 8, radices: [8] }, /length of at least 14/],
      [{ kind: 'rader', n: 8, radices: [8] }, /expected kind/],
      [{ kind: 'stages', n: 8 }, /expected an object with radices/],
    ];
    for (const [chain, message] of bad) {
      expect(() => validateChain(chain as ChainPlan, [8])).toThrow(message);
      expect(() => planFftSync({ n: 8, chain: chain as ChainPlan })).toThrow(InvalidArgumentError);
    }
    expect(() => planFftSync({ n: 8, effort: 'much' as 'measure' })).toThrow(/effort is "much"/);
  });
});
