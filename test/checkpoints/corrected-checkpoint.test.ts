/** Students of a distillation survive a file, and files that are none are refused by name. */
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { initialize } from '../../src/model/initialize.ts';
import { decodeCorrected, encodeCorrected } from '../../src/checkpoints/corrected-checkpoint.ts';
import type { CorrectedTransform } from '../../src/distill/corrected-transform.ts';
import { gaussian, network } from '../helpers.ts';

const spec = network(16, { input: 'real', parametrization: 'twiddle' });
const student: CorrectedTransform = {
  network: spec,
  values: initialize(spec, 'exact', 1),
  corrector: {
    spec: { kind: 'low-rank', rank: 2 },
    bins: 9,
    values: { 'corrector.left': gaussian(36, 1), 'corrector.right': gaussian(36, 2) },
  },
  mask: Uint8Array.of(1, 1, 0, 1, 1, 1, 1, 1, 0),
};

describe('checkpoints of corrected transforms', () => {
  it('give back what was stored', () => {
    const { report, ...read } = decodeCorrected(encodeCorrected(student, { seed: 3 }), 'x');
    expect(read).toEqual(student);
    expect(report).toEqual({ seed: 3 });
    const { mask: _, ...whole } = student;
    expect(decodeCorrected(encodeCorrected(whole), 'x')).not.toHaveProperty('mask');
  });

  it('refuse damage by name', () => {
    const { tensors, metadata } = decodeSafetensors(encodeCorrected(student), 'x');
    const file = (change: (t: typeof tensors) => void, meta: object = {}): Uint8Array => {
      const own = new Map(tensors);
      change(own);
      return encodeSafetensors(Object.fromEntries(own), { ...metadata, ...meta });
    };
    const cases: [Uint8Array, string][] = [
      [file((t) => t.delete('corrector.left')), 'tensor "corrector.left" is missing'],
      [
        file((t) => t.set('mask', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 0, 1) })),
        'tensor "mask" must hold 9 U8 numbers of 0 and 1',
      ],
      [file(() => {}, { corrector: '{"kind":"low-rank","rank":99}' }), 'rank is 99; expected 1 to 9'],
      [file(() => {}, { kind: 'transform' }), 'holds a transform; expected a corrected-transform'],
    ];
    for (const [bytes, message] of cases) expect(() => decodeCorrected(bytes, 'x')).toThrow(`x: ${message}`);
  });
});
