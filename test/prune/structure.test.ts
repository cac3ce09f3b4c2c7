/** Trees of dropped residues in networks of any size: the bins that are left are the exact ones, the others zero. */
import { describe, expect, it } from 'vitest';
import { jsBackend } from '../../src/backends/js.ts';
import { constant, input } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { regroup } from '../../src/model/canonicalize.ts';
import { spectrum } from '../../src/model/network.ts';
import { realDft } from '../../src/numeric/dft.ts';
import {
  enumerateStructures,
  exactBase,
  liveBins,
  structuredNetwork,
  structureName,
  treeLevels,
} from '../../src/prune/structure.ts';
import { activeButterflies, gateMap } from '../../src/prune/gate-map.ts';
import { fittedTreeBank } from '../../src/prune/structure-models.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import { frameSet } from '../../src/front/corpus.ts';
import { exactFrontEnd } from '../../src/front/front-end.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { gaussian, runOn } from '../helpers.ts';

describe('trees', () => {
  it('have levels of radix-2 stages alone', () => {
    expect([16, 40, 100, 30, 400, 512].map(treeLevels)).toEqual([2, 2, 1, 0, 3, 7]);
  });

  it.each([32, 40, 100])('of %d points give the live bins of the DFT', (n) => {
    const signal = gaussian(n, 1);
    const exact = realDft(signal);
    for (const structure of enumerateStructures(Math.min(2, treeLevels(n)))) {
      const pruned = structuredNetwork(exactBase(n), structure);
      const { spec, values } = regroup(pruned.network, pruned.values);
      const x = spectrum(
        spec,
        { re: rows(input('re', [n, 1]), 1) },
        { lanes: 1, provide: (name, shape) => constant(shape, values[name]) },
      );
      const out = runOn(
        jsBackend,
        { outputs: { outRe: x.re, outIm: x.im } },
        { re: signal },
        { dtype: 'f64' },
      );
      liveBins(n, structure).forEach((live, k) => {
        expect(Math.abs(out.outRe[k] - (live ? exact.re[k] : 0))).toBeLessThan(1e-12);
        expect(Math.abs(out.outIm[k] - (live ? exact.im[k] : 0))).toBeLessThan(1e-12);
      });
    }
  });
});

describe('structures', () => {
  it('are closed under negation, keep something, and are each listed once', () => {
    const all = enumerateStructures(3);
    expect(all.length).toBe(31);
    expect(new Set(all.map((s) => s.dropped.join())).size).toBe(31);
    for (const { dropped } of all) for (const r of dropped) expect(dropped).toContain((8 - r) % 8);
    expect(structureName({ depth: 3, dropped: [1, 3, 5, 7] })).toBe('bins 0 mod 2');
    expect(structureName({ depth: 3, dropped: [] })).toBe('all bins');
  });
  it('leave the butterflies that live bins need', () => {
    const half = structuredNetwork(exactBase(64), { depth: 3, dropped: [1, 3, 5, 7] });
    // Only the top stage has gates; the stages below can be merged.
    expect(Object.keys(half.values)).toEqual(['stage4.gate']);
    const map = gateMap(half.network, half.values);
    expect(map[0].every((s) => s === 'drop-difference')).toBe(true);
    expect(activeButterflies(map)).toEqual({ active: 16 + 4 * 8, total: 80 });
    expect(liveBins(64, { depth: 1, dropped: [1] }).filter(Boolean).length).toBe(17);
  });
  it('that leave no bin have a filterbank of zeros, and features on the floor', async () => {
    const head = featureHead('papilio', { nFft: 32, windowLength: 32, hop: 16, bank: { bands: 4 } });
    const samples = gaussian(600, 1);
    const set = frameSet([{ name: 'noise', samples }], head, 16, 0);
    const live = new Array<boolean>(17).fill(false);
    const bank = await fittedTreeBank(head, live, { ...set, power: new Float32Array(17 * set.lanes) }, 5);
    expect(bank.weights.every((w) => w === 0)).toBe(true);
    const none = compileFrontEnd({ ...exactFrontEnd(head), bank: { kind: 'weights', ...bank } }, jsBackend);
    expect([...new Set(none.features(samples))]).toEqual([-10]);
  });
});
