/** Readers of files that somebody else wrote, damaged or made up: a value, or a named error of one line; never a hang. */
import { featureHead } from '../../src/spectral/presets.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ablateCommand } from '../../src/cli/ablate.ts';
import { fitCommand } from '../../src/cli/fit.ts';
import { reportCommand } from '../../src/cli/report-command.ts';
import { roundtripCommand } from '../../src/cli/roundtrip.ts';
import { FileFormatError, InvalidArgumentError } from '../../src/errors.ts';
import {
  decodeModel,
  decodeJob,
  decodeFrontEnd,
  decodeNpy,
  decodeSafetensors,
  decodeTables,
  encodeModel,
  encodeJob,
  encodeFrontEnd,
  encodeNpy,
  encodeSafetensors,
  type TrainingReport,
} from '../../src/files.ts';
import { exactFrontEnd, mergedOnnxFiles } from '../../src/front.ts';
import { chainModel, initialize, transformModel, type NetworkSpec } from '../../src/learn.ts';
import { refusal } from '../formats/hostile.ts';
import { network } from '../helpers.ts';
import { Random } from '../../scripts/fuzz/random.ts';
import { jobSample } from '../../scripts/fuzz/samples.ts';
import { targets } from '../../scripts/fuzz/targets.ts';
import { temporary } from '../cli/helpers.ts';
import { runCommand } from './helpers.ts';

const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } });
const transform = encodeModel(transformModel(network(8), {}));
const front = encodeFrontEnd(exactFrontEnd(head));

/** A file with metadata changed. */
function altered(bytes: Uint8Array, changes: Readonly<Record<string, string>>): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes, 'x');
  return encodeSafetensors(Object.fromEntries(tensors), { ...metadata, ...changes });
}
const deep = '['.repeat(50_000);
const spec = (change: object): string => JSON.stringify({ ...network(8), ...change });

/** The spec of the front end with members as the given JSON. */
function frontSpec(changes: Readonly<Record<string, string>>): string {
  const own = JSON.parse(decodeSafetensors(front, 'x').metadata['spec']) as object;
  const members = Object.entries({ ...own, ...changes }).map(([key, value]) => {
    return `${JSON.stringify(key)}:${key in changes ? value : JSON.stringify(value)}`;
  });
  return `{${members.join()}}`;
}

describe('checkpoints', () => {
  it.each([
    ['no stages', spec({ n: 1, stages: [] }), /a network without stages/],
    [
      'radix 4096',
      spec({ n: 4096, stages: [{ radix: 4096, parametrization: 'exact' }] }),
      /stages\[0\]\.radix is 4096/,
    ],
    ['a null stage', spec({ stages: [null, null, null] }), /options of stage 0 are null/],
    [
      'a null gate',
      spec({ stages: network(8).stages.map((s) => ({ ...s, gate: null })) }),
      /stages\[0\]\.gate is null/,
    ],
    ['null', 'null', /options of a network are null/],
    ['deep JSON', deep, /nested more than 64 deep/],
    ['an absurd size', spec({ n: 1e300 }), /n is 1e\+300/],
    ['a fractional radix', spec({ stages: [{ radix: 2.5, parametrization: 'exact' }] }), /radix is 2\.5/],
  ])('a network of %s', (_, json, message) => {
    const parts = `{"parts":[{"kind":"network","network":${json}}],"head":"complex"}`;
    expect(refusal((name) => decodeModel(altered(transform, { spec: parts }), name))).toMatch(message);
    const frontEnd = frontSpec({ transform: `{"kind":"network","network":${json}}` });
    expect(refusal((name) => decodeFrontEnd(altered(front, { spec: frontEnd }), name))).toMatch(message);
  });

  it.each([
    ['null', /options of a head are null/],
    ['{}', /sampleRate is undefined/],
    [deep, /nested more than 64 deep/],
    [JSON.stringify({ ...head, spectrum: 'complex' }), /a bank over a complex spectrum/],
    [
      JSON.stringify({ ...head, average: 'mean', fit: 64 + 32 * 2 ** 40 }),
      /fit is 35184372088896; expected a whole number from 1 to/,
    ],
  ])('a head of %.30s', (json, message) => {
    expect(
      refusal((name) => decodeFrontEnd(altered(front, { spec: frontSpec({ head: json }) }), name)),
    ).toMatch(message);
  });

  it.each([
    { spec: 'null' },
    { spec: '{"parts":null,"head":"complex"}' },
    { spec: '{"parts":[null],"head":"complex"}' },
    { spec: '{"parts":[{"kind":"corrector"}],"head":"real"}' },
    { spec: '{"parts":[{"kind":"toString"}],"head":"real"}' },
    { report: 'null' },
    { report: '[]' },
    ...['chains', 'encoder-decoder', 'corrected-transform', 'transform'].map((kind) => ({
      papilio: '1',
      kind,
      model: 'null',
      network: 'null',
      corrector: 'null',
    })),
  ])('a model that says %j', (changes) => {
    expect(refusal((name) => decodeModel(altered(transform, changes), name))).not.toMatch(/propert/);
  });

  it('nothing is encoded that would be refused', () => {
    const unread: [NetworkSpec, Record<string, Float64Array>][] = [
      [network(1, { radices: [] }), {}],
      [network(256, { radices: [256] }), {}],
      [network(8, { parametrization: 'free' }), {}],
      [{ ...network(8), n: 16 }, {}],
    ];
    for (const [spec, values] of unread)
      expect(() => encodeModel(transformModel(spec, values))).toThrow(InvalidArgumentError);
    const free = network(8, { parametrization: 'free' });
    const values = initialize(free, 'random', 1);
    values['stage1.block'][3] = NaN;
    expect(() => encodeModel(transformModel(free, values))).toThrow(/"stage1\.block" holds NaN at 3/);
    expect(() => encodeModel({ model: chainModel([], 'real'), values: {} })).toThrow(InvalidArgumentError);
    expect(() => encodeModel(transformModel(network(8), {}), null as unknown as TrainingReport)).toThrow(
      InvalidArgumentError,
    );
  });
});

describe('unfinished jobs', () => {
  const job = jobSample();
  const bytes = encodeJob(job, { 'a.wav': 'hash' });

  it('come back as they were', () => {
    expect(decodeJob(bytes, 'j')).toEqual({ checkpoint: job, files: { 'a.wav': 'hash' } });
  });

  const { progress } = job;
  const { arrays: _, ...rest } = job;
  const spec = { ...rest, files: {} };
  const candidate = progress.screened[0];
  it.each([
    { files: null },
    { files: { 'a.wav': 1 } },
    { progress: null },
    { progress: {} },
    { progress: { ...progress, phase: 'lunch' } },
    { progress: { ...progress, screened: [null] } },
    { progress: { ...progress, screened: [{ ...candidate, structure: null }] } },
    {
      progress: {
        ...progress,
        screened: [{ ...candidate, structure: { branches: [null] } }],
      },
    },
    {
      progress: {
        ...progress,
        screened: [{ ...candidate, structure: { depth: 60, dropped: [] } }],
      },
    },
    { progress: { ...progress, spectrumCurve: 5 } },
    { options: null },
    { options: { head: null } },
    { step: -1 },
  ])('%j', (changes) => {
    const damaged = altered(bytes, { spec: JSON.stringify({ ...spec, ...changes }) });
    expect(refusal((name) => decodeJob(damaged, name))).not.toMatch(/propert/);
    expect(() => decodeJob(damaged, 'job.bin')).toThrow(/^job\.bin: (?!.*job\.bin)/);
  });
});

describe('arrays', () => {
  it('of NumPy: what is encoded is decoded, nothing and many dimensions included', () => {
    const shape = fc.array(fc.nat(4), { maxLength: 6 });
    fc.assert(
      fc.property(shape, fc.boolean(), (extents, wide) => {
        const size = extents.reduce((a, b) => a * b, 1);
        const thirds = Array.from({ length: size }, (_, i) => i / 3);
        const data = wide ? Float64Array.from(thirds) : Float32Array.from(thirds);
        const back = decodeNpy(encodeNpy(data, extents), 'a.npy');
        expect(back).toEqual({ shape: extents, re: Float64Array.from(data) });
      }),
      { numRuns: 60 },
    );
  });

  const npy = (header: string): Uint8Array => {
    const bytes = encodeNpy(Float64Array.of(1, 2), [2]);
    bytes.set(new TextEncoder().encode(header.padEnd(117)), 10);
    return bytes;
  };
  it.each([
    [
      "{'descr': 'constructor', 'fortran_order': False, 'shape': (2,), }",
      /dtype "constructor"; expected <f4/,
    ],
    ["{'descr': '__proto__', 'fortran_order': False, 'shape': (2,), }", /dtype "__proto__"/],
    ["{'descr': '<f8', 'fortran_order': 1, 'shape': (2,), }", /fortran_order .* neither True nor False/],
    ["{'descr': '<f8', 'shape': (2,), }", /fortran_order/],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (2e0, 1e300), }", /shape/],
  ])('%s', (header, message) => {
    expect(refusal((name) => decodeNpy(npy(header), name))).toMatch(message);
  });

  // Text, and bytes that a caller has checked.
  const others = ['json tables', 'manifest', 'report', 'wisdom', 'head', 'kernel', 'npz', 'csv', 'onnx'];
  it.each(targets.filter(({ format }) => !others.includes(format)))(
    '$format of what is no bytes',
    ({ read }) => {
      for (const value of [undefined, null, 'text', 5, {}, [1, 2], new Float32Array(2)])
        expect(() => read(value as unknown as Uint8Array, new Random(1))).toThrow(
          /^a\.\w+: its bytes are .*; expected a Uint8Array/,
        );
    },
  );

  it('a model to be merged that is no bytes', () => {
    for (const value of [undefined, null, 'text', new Float32Array(2)])
      expect(() =>
        mergedOnnxFiles(
          exactFrontEnd(head),
          { name: 'a' },
          { bytes: value as unknown as Uint8Array, name: 'a.onnx' },
        ),
      ).toThrow(/^a\.onnx: its bytes are .*; expected a Uint8Array/);
  });

  it('of JSON that is deep, ragged or no object', () => {
    for (const text of [deep, '[[1],[1,2]]', 'null', '5', '"x"', '[[null]]', '{"re": {}}'])
      expect(() => decodeTables(new TextEncoder().encode(text), 'a.json', ['matrix'])).toThrow(
        FileFormatError,
      );
    expect(() => decodeTables(new TextEncoder().encode('[]'), 'a.json', ['input', 'output'])).toThrow(
      /a\.json/,
    );
  });
});

describe('JSON of commands', () => {
  const folder = temporary();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const ablation = { kind: 'ablation', settings: {}, rows: [] };
  it.each([
    ['report', reportCommand, [file('deep.json', deep)], /deep\.json: JSON nested more than 64 deep/],
    [
      'report',
      reportCommand,
      [file('rows.json', JSON.stringify({ ...ablation, rows: [null] }))],
      /rows of no known/,
    ],
    [
      'report',
      reportCommand,
      [file('null.json', JSON.stringify({ ...ablation, settings: null }))],
      /rows of no known/,
    ],
    [
      'report',
      reportCommand,
      [file('d.json', '{"kind":"distillation","operations":null}')],
      /rows of no known/,
    ],
    ['report', reportCommand, [file('c.json', '{"kind":"comparison","rows":[null]}')], /rows of no known/],
    ['report', reportCommand, [file('text.json', 'text')], /text\.json: no JSON; expected what pareto/],
    ['fit', fitCommand, [file('deep.json', deep)], /deep\.json: JSON nested/],
    ['roundtrip', roundtripCommand, ['--response', file('deep.json', deep)], /deep\.json: JSON nested/],
  ])('%s %s', async (_, command, args, message) => {
    const run = await runCommand(command, args);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(message);
  });

  it('ablate onto what it did not write', async () => {
    const out = temporary();
    writeFileSync(join(out, 'ablation.json'), JSON.stringify({ ...ablation, settings: null }));
    const run = await runCommand(ablateCommand, ['--groups', 'backend', '--out', out]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/ablation\.json: not what papilio ablate wrote/);
  });
});
