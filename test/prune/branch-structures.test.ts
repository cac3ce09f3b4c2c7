/** Structures of branches: filters that suppress images, fitted banks, and front ends that compute what was fitted. */
import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import {
  betweenTaps,
  branchStructureName,
  enumerateBranchStructures,
} from '../../src/prune/branch-structures.ts';
import { measurementOrder, validateBranches } from '../../src/spectral/branches.ts';
import { headWindow } from '../../src/spectral/head.ts';
import { featureHead } from '../../src/spectral/presets.ts';
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
  const all = enumerateBranchStructures(head, measured.spectra());

  it('are valid and have different names, whatever the hop', () => {
    for (const { branches } of all) expect(() => validateBranches(head, branches)).not.toThrow();
    const names = all.map((s) => branchStructureName(s, head));
    expect(new Set(names).size).toBe(names.length);
    expect(all.some((s) => s.branches.length === 2)).toBe(true);
    expect(enumerateBranchStructures({ ...head, hop: 41 }, measured.spectra())).toEqual(all);
  });

  it('are there for every even size and every window; odd bins where a quarter of the points is whole', () => {
    const power = new Float64Array(4 * 1025).fill(1);
    const halvings: Readonly<Record<number, number[]>> = {
      52: [],
      400: [1, 2],
      480: [1, 2, 3],
      960: [1, 2, 3],
      2048: [1, 2, 3],
    };
    for (const [size, expected] of Object.entries(halvings)) {
      const nFft = Number(size);
      const some = featureHead('kaldi', { nFft, windowLength: (3 * nFft) / 4, hop: 7 });
      const list = enumerateBranchStructures(some, { power: power.subarray(0, 2 * nFft + 4), lanes: 4 });
      for (const { branches } of list) expect(() => validateBranches(some, branches)).not.toThrow();
      const streams = list.flatMap((s) => s.branches.slice(1));
      expect([...new Set(streams.map((b) => b.filters.length))].sort(), size).toEqual(expected);
      expect(list.some((s) => s.branches[0].between)).toBe(true);
    }
    expect(enumerateBranchStructures({ ...head, nFft: 127, windowLength: 127 }, { power, lanes: 4 })).toEqual(
      [],
    );
  });

  it('taps of virtual bins leave the least of the window, by search', () => {
    for (const [window, windowKind] of [
      ['hann', 'periodic'],
      ['povey', 'symmetric'],
      [['kaiser', 8], 'symmetric'],
    ] as const) {
      const some = { ...head, window, windowKind } as const;
      const samples = headWindow(some);
      const middle = windowKind === 'periodic' ? 64 : 63;
      const left = (taps: readonly number[]): number => {
        const made = samples.map((w, j) =>
          taps.reduce(
            (s, c, i) => s + 2 * c * Math.cos((2 * Math.PI * (i + 0.5) * (j - middle)) / 64) * w,
            0,
          ),
        );
        const [own, cross] = [made, samples].map((x) => x.reduce((s, v, j) => s + v * made[j], 0));
        // The best factor is cross / own.
        return samples.reduce((s, w, j) => s + (w - (cross / own) * made[j]) ** 2, 0);
      };
      const fold = all[0].branches[0];
      expect(betweenTaps(some, fold, 1)).toEqual([1]);
      const taps = betweenTaps(some, fold, 2) ?? [];
      expect(taps[0]).toBe(1);
      for (const step of [-0.01, 0.01]) expect(left(taps)).toBeLessThan(left([1, taps[1] + step]));
      expect(left(taps)).toBeLessThan(left([1]));
    }
  });

  it('a rectangular window has no virtual bins', () => {
    const rectangular = { ...head, window: 'boxcar', windowLength: null } as const;
    const list = enumerateBranchStructures(rectangular, measured.spectra());
    expect(list.every((s) => s.branches.every((b) => !b.between))).toBe(true);
    expect(list.length).toBeGreaterThan(2);
  });

  it('the compiled front end has the features of the fitted bank on what was measured', async () => {
    for (const structure of [all[2], all[all.length - 3]]) {
      const data = checked.of(structure);
      const bank = await fittedBank(head, structure, measured.of(structure), 20);
      const { model } = structureModel(head, structure, bank);
      expect(data.power.length).toBe(
        measurementOrder(head, structure.branches).frequencies.length * data.lanes,
      );
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

  it('frames without their mean, with pre-emphasis and a window at their start have streams of their own', async () => {
    const kaldi = featureHead('kaldi', { nFft: 128, windowLength: 100, hop: 40, bank: { bands: 12 } });
    const set = frameSet(recordings, kaldi, 64, 1);
    const data = new Measurements(kaldi, set);
    const list = enumerateBranchStructures(kaldi, data.spectra());
    const structure = list.find((s) => s.branches[1]?.filters.length === 2) ?? list[0];
    const bank = await fittedBank(kaldi, structure, data.of(structure), 200);
    expect(bankError(kaldi, bank, data.of(structure))).toBeLessThan(0.03);
    const front = compileFrontEnd(structureModel(kaldi, structure, bank).model, wasmBackend);
    const { power, lanes } = data.of(structure);
    for (const lane of [0, 17, 63]) {
      const { samples, at } = set.starts[lane];
      const levels = front.features(Float64Array.from({ length: 100 }, (_, j) => samples[at + j]));
      bank.bands.start.forEach((first, m) => {
        let energy = 0;
        for (let j = 0; j < bank.bands.width; j++)
          energy += bank.weights[m * bank.bands.width + j] * (power[(first + j) * lanes + lane] ?? 0);
        // Two float32 computations, of means over 100 samples of 10^4 too.
        expect(Math.abs(levels[m] - Math.log(energy))).toBeLessThan(1e-4);
      });
    }
  });

  it('virtual bins and odd bins of a stream bring a fold closer to the exact features', async () => {
    const errorOf = async (index: number): Promise<number> => {
      const bank = await fittedBank(head, all[index], measured.of(all[index]), 200);
      return bankError(head, bank, checked.of(all[index]));
    };
    const second = all.findIndex((s) => s.branches[1]?.filters.length === 1);
    const [fold, virtual, stream] = [await errorOf(0), await errorOf(4), await errorOf(second)];
    expect(fold).toBeGreaterThan(0.03);
    expect(virtual).toBeLessThan(0.9 * fold);
    expect(stream).toBeLessThan(0.5 * fold);
  });
});
