/** Fronts of a search: what they state of each front end is what its compiled program does, gates and all. */
import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { defaultLogMel } from '../../src/numeric/log-mel.ts';
import { featureError } from '../../src/training/corpus.ts';
import { compileSpectralModel } from '../../src/training/front-end.ts';
import { referenceFeatures } from '../../src/training/reference-features.ts';
import { StructureSearch } from '../../src/training/search.ts';
import { logMelHead } from '../../src/training/spectral-head.ts';
import { gaussian } from '../helpers.ts';

describe('fronts', () => {
  it('are not beaten, count and measure what is compiled; with gates, networks of trees are gated', async () => {
    const head = logMelHead({ ...defaultLogMel, nFft: 32, windowLength: 32, hop: 16, mels: 4 });
    const noise = (stream: number) => ({
      name: String(stream),
      samples: gaussian(3000, stream).map((x) => 0.1 * x),
    });
    const split = { train: [noise(1)], validation: [noise(2)] };
    const run = new StructureSearch({ head, budget: Infinity, seed: 0 }, split, []).front({ gates: true });
    const phases = new Set<string>();
    let next = await run.next();
    for (; !next.done; next = await run.next()) phases.add(next.value.phase);
    expect([...phases]).toEqual(['structures', 'refit', 'gates']);
    const points = next.value;
    expect(points[0].candidate.name).toBe('all bins');
    const targets = split.validation.map((r) => referenceFeatures(head, r.samples));
    for (const { model, candidate } of points) {
      const front = compileSpectralModel(model, wasmBackend);
      const { mul, add } = front.perFrame;
      expect(mul + add).toBe(candidate.operations);
      const own = split.validation.map((r) => front.features(r.samples));
      expect(featureError(split.validation, own, targets, head).mean).toBeCloseTo(
        candidate.validationError,
        9,
      );
      const gated = model.network.stages.some((s) => s.gate !== undefined);
      if (candidate.gates === 'none' && !candidate.name.includes('mod')) expect(gated).toBe(false);
      for (const other of points)
        expect(
          other.candidate.cost < candidate.cost &&
            other.candidate.validationError < candidate.validationError,
        ).toBe(false);
    }
  });
});
