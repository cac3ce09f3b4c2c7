/** Checkpoints are untrusted input: every damage is a FileFormatError naming the file. */
import { bandsOf } from '../../src/spectral/banks.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { FileFormatError } from '../../src/errors.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { decodeFrontEnd, encodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { decodeTransform } from '../transform-file.ts';
import { decodeJob } from '../../src/checkpoints/job-checkpoint.ts';
import { exactFrontEnd, withGain, type FrontEnd } from '../../src/front/front-end.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import { bandsOfMeasurements, type BranchStructure } from '../../src/prune/branch-structures.ts';
import { frameSet } from '../../src/front/corpus.ts';
import { Measurements, structureModel } from '../../src/prune/structure-models.ts';
import { exactBase, structuredNetwork } from '../../src/prune/structure.ts';
import { gaussian } from '../helpers.ts';

const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } });

function pruned(): FrontEnd {
  const tree = structuredNetwork(exactBase(64), { depth: 2, dropped: [1, 3] });
  const gain = Float64Array.from({ length: 66 }, (_, i) => 1 + 0.01 * i);
  const bank = withGain(bandsOf(head, 64, 2), gain);
  return { head, transform: { kind: 'network', ...tree }, bank: { kind: 'weights', ...bank } };
}

function branched(): FrontEnd {
  const structure = {
    branches: [
      { filters: [], points: 32, bins: 'all', below: 8000, between: { taps: [1], below: 4000 } },
      { filters: [[0.5, 1, 0.5]], points: 32, bins: 'odd', below: 2000 },
    ],
  } satisfies BranchStructure;
  const measured = new Measurements(
    head,
    frameSet([{ name: 'noise', samples: gaussian(4000, 2) }], head, 16, 0),
  );
  const bank = bandsOfMeasurements(head, structure, measured.of(structure));
  return structureModel(head, structure, bank).model;
}

describe('spectral models', () => {
  it.each([
    ['exact', exactFrontEnd(head)],
    ['pruned with gains', pruned()],
    ['branches', branched()],
  ])('%s: what is loaded computes the same bits', (_, model) => {
    const read = decodeFrontEnd(encodeFrontEnd(model, { seed: 1 }), 'm.safetensors');
    expect(read.report).toEqual({ seed: 1 });
    const x = gaussian(2000, 1);
    expect(compileFrontEnd(read, wasmBackend).features(x)).toEqual(
      compileFrontEnd(model, wasmBackend).features(x),
    );
  });

  it('equal models give equal bytes', () =>
    expect(encodeFrontEnd(pruned())).toEqual(encodeFrontEnd(pruned())));

  it.each([
    ['beyond the bins', (start: Int32Array) => start.with(0, 1000)],
    ['before the first bin', (start: Int32Array) => start.with(0, -1)],
    ['of too few bands', (start: Int32Array) => start.slice(1)],
  ])('bands %s are not written', (_, change) => {
    const { bank, ...rest } = pruned();
    if (bank.kind !== 'weights') throw new Error('no weights');
    const bands = { ...bank.bands, start: change(bank.bands.start) };
    expect(() => encodeFrontEnd({ ...rest, bank: { ...bank, bands } })).toThrow(/"bands.start"/);
  });

  const bytes = encodeFrontEnd(pruned());
  /** The file with tensors or metadata changed. */
  const changed = (
    edit: (tensors: Record<string, Tensor>, metadata: Record<string, string>) => void,
  ): Uint8Array => {
    const { tensors, metadata } = decodeSafetensors(bytes, 'x');
    const [t, m] = [Object.fromEntries(tensors), { ...metadata }];
    edit(t, m);
    return encodeSafetensors(t, m);
  };
  /** The spec with something else in the place of a text that it has. */
  const edited = (m: Record<string, string>, from: string | RegExp, to: string): void => {
    const other = m['spec'].replace(from, to);
    expect(other).not.toBe(m['spec']);
    m['spec'] = other;
  };
  const damages: [string, (t: Record<string, Tensor>, m: Record<string, string>) => void][] = [
    ['a missing tensor', (t) => delete t['bank.weights']],
    [
      'another shape',
      (t) => (t['bank.weights'] = { ...t['bank.weights'], shape: [t['bank.weights'].data.length] }),
    ],
    ['a NaN', (t) => (t['bank.weights'].data[3] = NaN)],
    ['an integer tensor', (t) => (t['bank.weights'] = { dtype: 'U8', shape: [1], data: Uint8Array.of(1) })],
    ['bands beyond the bins', (t) => (t['bands.start'].data[0] = 1000)],
    ['no metadata', (_, m) => delete m['papilio']],
    ['a newer version', (_, m) => (m['papilio'] = '99')],
    ['another kind', (_, m) => (m['kind'] = 'learn-job')],
    ['a spec that is no JSON', (_, m) => (m['spec'] = '{')],
    ['an impossible head', (_, m) => edited(m, '"hop":32', '"hop":0')],
    [
      'a null transform',
      (_, m) => (m['spec'] = JSON.stringify({ head, transform: null, bank: { width: 1 } })),
    ],
    ['a network without stages', (_, m) => edited(m, /"stages":\[[^\]]*\]/, '"stages":[]')],
    ['radices of another size', (_, m) => edited(m, '"n":64', '"n":128')],
    ['an unknown parametrisation', (_, m) => edited(m, '"exact"', '"magic"')],
    ['an absurd size', (_, m) => edited(m, '"n":64', '"n":1e300')],
    ['a band width beyond the bins', (_, m) => edited(m, /"width":\d+/, '"width":1e9')],
  ];
  it.each(damages)('%s', (_, edit) => {
    expect(() => decodeFrontEnd(changed(edit), 'm.safetensors')).toThrow(FileFormatError);
    expect(() => decodeFrontEnd(changed(edit), 'm.safetensors')).toThrow(/^m\.safetensors: /);
  });

  it('a file without a name is called by what it should be', () =>
    expect(() => decodeFrontEnd(new Uint8Array(3))).toThrow(/^the front end: the file has 3 bytes/));

  it('cut anywhere, or with any byte changed, it is a model or a FileFormatError', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, value, cut) => {
        const damaged = cut ? bytes.slice(0, at) : bytes.map((b, i) => (i === at ? value : b));
        for (const decode of [decodeFrontEnd, decodeTransform, decodeJob])
          try {
            decode(damaged, 'm.safetensors');
          } catch (error) {
            expect(error).toBeInstanceOf(FileFormatError);
          }
      }),
      { numRuns: 300 },
    );
  });
});
