/** Structures of branches: filters that suppress images, fitted banks, and front ends that compute what was fitted. */
import { featureHead } from '../../src/spectral/presets.ts';
import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { shapeOf } from '../../src/front/spectral-head.ts';
import {
  branchStructureName,
  enumerateBranchStructures,
  structureMeasurements,
} from '../../src/prune/branch-structures.ts';
import { validateBranches } from '../../src/spectral/branches.ts';
import { frameSet, framesOfSet, type FrameSet } from '../../src/front/corpus.ts';
import { bankError } from '../../src/front/refit.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import {
  fittedBank,
  Measurements,
  nameOfStructure,
  structureModel,
} from '../../src/prune/structure-models.ts';
import { gaussian } from '../helpers.ts';

const head = featureHead('papilio', { nFft: 128, windowLength: 100, hop: 40, bank: { bands: 12 } });
const shape = shapeOf(head);

/** Noise that falls by 6 dB an octave. */
function brown(length: number, stream: number): Float64Array {
  let low = 0;
  return Float64Array.from(gaussian(length, stream), (x) => (low = 0.9 * low + 0.02 * x) + 0.002 * x);
}

describe('structures of branches', () => {
  const recordings = [{ name: 'noise', samples: brown(16000, 5) }];
  const check: FrameSet = frameSet([{ name: 'other', samples: brown(16000, 6) }], head, 256, 1);
  const frames = framesOfSet(check, head);
  const measured = new Measurements(head, frameSet(recordings, head, 256, 0));
  const checked = new Measurements(head, check);
  const all = enumerateBranchStructures(shape, measured.spectra());

  it('are valid, have different names, and fit hops that they do not divide by leaving streams out', () => {
    for (const { branches } of all) expect(() => validateBranches(shape, branches)).not.toThrow();
    const names = all.map((s) => branchStructureName(s, shape));
    expect(new Set(names).size).toBe(names.length);
    expect(all.some((s) => s.branches.length === 2)).toBe(true);
    const odd = enumerateBranchStructures({ ...shape, hop: 41 }, measured.spectra());
    expect(odd.every((s) => s.branches.length === 1)).toBe(true);
  });

  it('the compiled front end has the features of the fitted bank on what was measured', async () => {
    for (const structure of [all[2], all[all.length - 3]]) {
      const data = checked.of(structure);
      const bank = await fittedBank(head, structure, measured.of(structure), 20);
      const { model } = structureModel(head, structure, bank);
      expect(data.power.length).toBe(structureMeasurements(structure, shape) * data.lanes);
      const front = compileFrontEnd(model, wasmBackend);
      for (const lane of [0, 101, 255]) {
        const frame = Float64Array.from({ length: head.nFft }, (_, j) => frames[j * check.lanes + lane]);
        const logs = front.features(frame);
        for (let m = 0; m < 12; m++) {
          let energy = 0;
          for (let j = 0; j < bank.bands.width; j++)
            energy +=
              bank.weights[m * bank.bands.width + j] *
              (data.power[(bank.bands.start[m] + j) * data.lanes + lane] ?? 0);
          // Two float32 computations of sums of some hundred terms.
          expect(
            Math.abs(logs[m] - Math.log10(Math.max(energy, 1e-10))),
            nameOfStructure(structure, head),
          ).toBeLessThan(1e-5);
        }
      }
    }
  });

  it('virtual bins and odd bins of a stream bring a fold closer to the exact features', async () => {
    const errorOf = async (index: number): Promise<number> => {
      const bank = await fittedBank(head, all[index], measured.of(all[index]), 200);
      return bankError(head, bank.bands, bank.weights, checked.of(all[index]));
    };
    const second = all.findIndex((s) => s.branches[1]?.filters.length === 1);
    const [fold, virtual, stream] = [await errorOf(0), await errorOf(4), await errorOf(second)];
    expect(fold).toBeGreaterThan(0.03);
    expect(virtual).toBeLessThan(0.9 * fold);
    expect(stream).toBeLessThan(0.5 * fold);
  });
});
