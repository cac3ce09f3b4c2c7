/** Students of a distillation survive a file, and files that are none are refused by name. */
import { mapEnds, mapModule, mapOf, mapProgram } from '../../src/distill/transform-module.ts';
import type { NetworkSpec } from '../../src/model/network.ts';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { initialize } from '../../src/model/initialize.ts';
import { decodeModel, encodeModel } from '../../src/checkpoints/checkpoint.ts';
import {
  endsOf,
  initializeModel,
  keptBins,
  transformModel,
  type Model,
  type Part,
} from '../../src/model/model.ts';
import { gaussian, network } from '../helpers.ts';

const spec = network(16, { input: 'real', parametrization: 'twiddle' });
const kept = [1, 1, 0, 1, 1, 1, 1, 1, 0];
const student = transformModel(spec, initialize(spec, 'exact', 1), {
  corrector: {
    spec: { kind: 'low-rank', rank: 2 },
    values: { 'corrector.left': gaussian(36, 1), 'corrector.right': gaussian(36, 2) },
  },
  kept,
});

describe('checkpoints of models of several parts', () => {
  it('give back what was stored', () => {
    const { report, ...read } = decodeModel(encodeModel(student, { seed: 3 }), 'x');
    expect(read).toEqual(student);
    expect(report).toEqual({ seed: 3 });
    expect(keptBins(decodeModel(encodeModel(student), 'x').model)).toEqual(kept);
  });

  it('compile whatever their parts are called', () => {
    const part = (network: NetworkSpec, name: string) => ({ kind: 'network' as const, name, network });
    const forward = network(16, { input: 'real', parametrization: 'free', split: 'free' });
    const models: Model[] = [
      { parts: [part(forward, 'own')], head: 'complex' },
      { parts: [part({ ...forward, direction: 'inverse' }, 'own')], head: 'complex' },
      {
        parts: [part(forward, 'a'), { kind: 'diagonal' }, part({ ...forward, direction: 'inverse' }, 'b')],
        head: 'complex',
      },
    ];
    for (const model of models) {
      const read = decodeModel(encodeModel({ model, values: initializeModel(model, 'exact', 1) }), 'x');
      const map = mapOf(read);
      const { from, to } = endsOf(model);
      const { inputs, outputs } = mapProgram(map, 1);
      expect([Object.keys(inputs).length, map.inputs]).toEqual([from.real ? 1 : 2, from.count]);
      expect([Object.keys(outputs).length, map.outputs]).toEqual([to.real ? 1 : 2, to.count]);
      expect(mapEnds(map).input.length).toBe(from.real ? 1 : 2);
      expect(WebAssembly.validate(Uint8Array.from(mapModule(map)))).toBe(true);
    }
  });

  it('refuse damage by name', () => {
    const { tensors, metadata } = decodeSafetensors(encodeModel(student), 'x');
    const file = (change: (t: typeof tensors) => void, meta: object = {}): Uint8Array => {
      const own = new Map(tensors);
      change(own);
      return encodeSafetensors(Object.fromEntries(own), { ...metadata, ...meta });
    };
    const withPart = (change: (parts: readonly Part[]) => unknown, at: number): Uint8Array => {
      const { parts, head } = student.model;
      return file(() => {}, {
        spec: JSON.stringify({ parts: parts.map((p, i) => (i === at ? change(parts) : p)), head }),
      });
    };
    const cases: [Uint8Array, string][] = [
      [file((t) => t.delete('corrector.left')), 'tensor "corrector.left" is missing'],
      [
        withPart((p) => ({ ...p[1], corrector: { kind: 'low-rank', rank: 99 } }), 1),
        'rank is 99; expected a whole number from 1 to 9',
      ],
      [withPart((p) => ({ ...p[2], kept: [1, 0, 1] }), 2), 'kept is no list of 9 numbers of 0 and 1'],
      [
        withPart(() => ({ kind: 'mirror' }), 2),
        'a part of kind "mirror"; expected network, diagonal, corrector',
      ],
      [withPart((p) => p[2], 0), 'the first part is a diagonal; expected a network'],
      [withPart((p) => p[0], 1), 'a network of 16 real numbers behind 9 complex numbers; expected the same'],
      [
        withPart((p) => p[1], 2),
        'two parts have a parameter "corrector.left"; expected parts of different names',
      ],
      [withPart((p) => ({ ...p[1], name: 'a.b' }), 1), 'a part is named "a.b"; expected letters and digits'],
      [file(() => {}, { kind: 'front-end' }), 'holds a front-end; expected a model'],
      [file(() => {}, { kind: 'cake' }), 'holds "cake"; expected model, front-end, learn-job'],
      [file(() => {}, { papilio: '3' }), 'format version 3; this papilio reads versions 1 and 2'],
      [file(() => {}, { papilio: '{"settings":{}}' }), 'holds features, no model'],
    ];
    for (const [bytes, message] of cases) expect(() => decodeModel(bytes, 'x')).toThrow(`x: ${message}`);
  });
});
