/** Splits by name: every file in one part, pieces of a recording together, the same for the same seed. */
import { featureHead } from '../../src/spectral/presets.ts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { splitNames, splitRecordings } from '../../src/front/corpus.ts';

describe('splitNames', () => {
  it('puts every file in one part, and all pieces of a recording in the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 40 }),
        fc.nat(99),
        (pieces, seed) => {
          const names = pieces.flatMap((count, r) =>
            count === 1 ? [`a/r${r}.wav`] : Array.from({ length: count }, (_, i) => `a/r${r}.0${i}.wav`),
          );
          const split = splitNames(names, seed);
          const parts = [split.train, split.validation, split.test];
          expect(parts.flat().sort()).toEqual([...names].sort());
          for (const part of parts) expect(part.length).toBeGreaterThan(0);
          const partOf = (name: string): number => parts.findIndex((p) => p.includes(name));
          pieces.forEach((_, r) => {
            const own = names.filter((n) => n === `a/r${r}.wav` || n.startsWith(`a/r${r}.0`));
            expect(new Set(own.map(partOf)).size).toBe(1);
          });
          expect(splitNames([...names].reverse(), seed)).toEqual(split);
        },
      ),
    );
  });
  it('needs five recordings, not five pieces', () =>
    expect(() => splitNames(['a.00.wav', 'a.01.wav', 'b.wav', 'c.wav', 'd.wav'], 0)).toThrow(
      InvalidArgumentError,
    ));
  it('is the split of recordings that are read already, pieces of a recording included', () => {
    const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } });
    const names = Array.from({ length: 14 }, (_, i) => `r${i >> 1}.0${i & 1}.wav`);
    const read = names.map((name) => ({ name, samples: new Float64Array(100) }));
    for (const seed of [0, 1, 7]) {
      const [byName, whole] = [splitNames(names, seed), splitRecordings(read, seed, head)];
      for (const part of ['train', 'validation', 'test'] as const)
        expect(whole[part].map((r) => r.name)).toEqual([...byName[part]].sort());
    }
  });
});
