/** Frames of recordings as signals: windowed, from the part of the split that a stream belongs to; and the network they come from. */
import { networkOf, transformModel } from '../../src/model/model.ts';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference.ts';
import { distill } from '../../src/distill/distill.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import { frameSignals } from '../../src/distill/frame-signals.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { exactFrontEnd, type FrontEnd } from '../../src/front/front-end.ts';
import { spectralTeacher, withStudent } from '../../src/distill/spectral-teacher.ts';
import { heldOutStream } from '../../src/fit/pairs.ts';
import type { GateSpec } from '../../src/model/gates.ts';
import { gaussian, network } from '../helpers.ts';

const recording = (name: string, value: number): { name: string; samples: Float64Array } => ({
  name,
  samples: new Float64Array(40).fill(value),
});

describe('frames of recordings', () => {
  const cut = { start: 2, hop: 4, window: Float64Array.of(1, 2, 3, 4, 0, 0, 0, 0) };
  const signals = frameSignals([recording('a', 1), recording('b', 2)], [recording('c', 5)], cut, 3);

  it('come from the part that a stream belongs to, under the window', () => {
    const re = new Float64Array(8 * 16);
    const im = new Float64Array(8 * 16).fill(9);
    for (const [stream, levels] of [
      [0, [1, 2]],
      [2 ** 30, [1, 2]],
      [heldOutStream, [5]],
      [heldOutStream + 7, [5]],
    ] as const) {
      signals(stream, re, im);
      const first = new Set(re.subarray(0, 16));
      expect([...first].sort()).toEqual([...levels]);
      for (let lane = 0; lane < 16; lane++)
        for (let j = 0; j < 8; j++) expect(re[j * 16 + lane]).toBe(cut.window[j] * re[lane]);
      expect(im.every((x) => x === 0)).toBe(true);
    }
  });

  it('refuse silence and short recordings by name', () => {
    expect(() => frameSignals([recording('a', 1)], [recording('z', 0)], cut, 1)).toThrow(
      'z: no frame of 8 samples that is not silent',
    );
    expect(() => frameSignals([], [recording('a', 1)], cut, 1)).toThrow('no recordings: no frame');
  });
});

describe('front ends as teachers', () => {
  /** A front end whose first stage in frequency drops every odd bin. */
  function pruned(): FrontEnd {
    const exact = exactFrontEnd(namedFeature('log-mel-8', 64).head);
    const drop: GateSpec = { kind: 'drop', mode: 'hard', grain: 'stage', threshold: 0.5 };
    const open = network(64, { input: 'real', decimation: 'frequency' });
    const last = open.stages.length - 1;
    const stages = open.stages.map((stage, s) => (s === last ? { ...stage, gate: drop } : stage));
    const values = { [`stage${last}.gate`]: Float64Array.of(1, 0) };
    return { ...exact, transform: { kind: 'network', network: { ...open, stages }, values } };
  }

  it('give ternary students that are front ends again, of the same features for no more operations', async () => {
    const model = pruned();
    const { teacher, cut } = spectralTeacher(model);
    expect(cut.window.length).toBe(64);
    const { unmerged, after } = await distill(teacher, {
      student: 'ternary',
      corrector: { kind: 'identity' },
      steps: 0,
      seed: 1,
    });
    expect(after).toBeLessThan(1e-13);
    const student = withStudent(model, unmerged) as FrontEnd;
    const [own, old] = [student, model].map((m) => compileFrontEnd(m, referenceBackend, 'f64'));
    const x = gaussian(500, 4);
    const [a, b] = [own.features(x), old.features(x)];
    expect(a.every((v, i) => Math.abs(v - b[i]) < 1e-9)).toBe(true);
    expect(own.perFrame.mul + own.perFrame.add).toBeLessThanOrEqual(old.perFrame.mul + old.perFrame.add);
    const corrector = { spec: { kind: 'affine' as const }, values: {} };
    const wide = transformModel(networkOf(unmerged.model), unmerged.values, { corrector });
    expect(withStudent(model, wide)).toBeNull();
  });

  it('of branches are refused', () => {
    expect(() => spectralTeacher({ ...pruned(), transform: { kind: 'branches', branches: [] } })).toThrow(
      'leave nothing to distil',
    );
  });
});
