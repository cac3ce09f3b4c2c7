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
  treeLevels,
} from '../../src/prune/structure.ts';
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
