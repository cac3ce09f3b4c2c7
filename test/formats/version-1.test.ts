import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allKinds, readModelFile } from '../../src/cli/model-file.ts';
import { decodeJob, decodeSafetensors, encodeFrontEnd, encodeModel } from '../../src/files.ts';
import { UnsupportedError } from '../../src/errors.ts';
import { exportWisdom, forgetWisdom, importWisdom, readPeakCalibration } from '../../src/compiler.ts';
import {
  compute,
  computeKernel,
  fixtures,
  float32Of,
  float64Of,
  folder,
  type Bits,
  type Expected,
} from '../version-1.ts';

/** Every `kind` that version 1 wrote in a model. */
const kindsOfModels = ['chains', 'corrected-transform', 'encoder-decoder', 'spectral-model', 'transform'];
/** What version 1 could say in a network, a corrector, a branch. */
const words: Readonly<Record<string, readonly string[]>> = {
  parametrization: ['exact', 'twiddle', 'unit-circle', 'free', 'unitary', 'widely-linear'],
  split: ['exact', 'twiddle', 'free'],
  input: ['complex', 'real'],
  direction: ['forward', 'inverse'],
  norm: ['backward', 'ortho', 'forward'],
  decimation: ['time', 'frequency'],
  permutation: ['digit-reversal', 'identity'],
  mode: ['soft', 'hard', 'hard-concrete'],
  grain: ['butterfly', 'run', 'block', 'stage'],
  kind: ['skip', 'drop', 'ternary', 'identity', 'affine', 'banded', 'low-rank', 'mel', 'bands'],
  bins: ['all', 'odd'],
  average: ['none', 'mean'],
  head: ['complex', 'real'],
};

const models = fixtures('', '.safetensors');
const kernels = fixtures('kernels', '.wasm');
const pathOf = (name: string): string => join(folder, `${name}.safetensors`);
const json = <T>(name: string): T => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as T;

/** The float32 numbers of a fixture by name. */
const inputOf =
  (input: Bits) =>
  (name: string): Float32Array =>
    float32Of(input[name]);

/** Are numbers the same but for some units in the last place of the largest: two of singles, eight of doubles? */
function expectNear(found: Bits, expected: Bits, dtype: 'f32' | 'f64'): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  const [read, part] = dtype === 'f32' ? [float32Of, 2 ** -22] : [float64Of, 2 ** -49];
  for (const [name, bits] of Object.entries(expected)) {
    const [own, other] = [read(found[name]), read(bits)];
    expect(own.length).toBe(other.length);
    const peak = Math.max(...Array.from(other, Math.abs));
    own.forEach((x, i) => expect(Math.abs(x - other[i]), name).toBeLessThanOrEqual(part * peak));
  }
}

/** A model as it was loaded, written again. */
function writtenAgain(path: string): Uint8Array {
  const file = readModelFile(path, allKinds);
  return file.kind === 'front end' ? encodeFrontEnd(file.model, file.report) : encodeModel(file, file.report);
}

/** Everything that the metadata of the fixtures says, by key. */
function saidBy(names: readonly string[]): Map<string, Set<unknown>> {
  const said = new Map<string, Set<unknown>>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      said.set(key, (said.get(key) ?? new Set()).add(inner));
      walk(inner);
    }
  };
  for (const name of names)
    for (const [key, text] of Object.entries(decodeSafetensors(readFileSync(pathOf(name)), name).metadata))
      if (/^[[{]/.test(text) && key !== 'report' && key !== 'conventions') walk(JSON.parse(text));
  return said;
}

describe('the fixtures of version 1', () => {
  it('have a model of every kind that version 1 wrote, and of every kind that is loaded', () => {
    expect([...new Set(models.map((name) => json<Expected>(name).kind))].sort()).toEqual(kindsOfModels);
    expect([...new Set(models.map((name) => readModelFile(pathOf(name), allKinds).kind))].sort()).toEqual(
      [...allKinds].sort(),
    );
  });

  const said = saidBy(models);
  it.each(Object.entries(words))('have every %s that version 1 knew', (key, known) => {
    expect(known.filter((word) => !said.get(key)?.has(word))).toEqual([]);
  });

  it('are described beside, each of them', () => {
    expect(fixtures('', '.json')).toEqual(models);
    expect(fixtures('kernels', '.json')).toEqual(kernels);
  });
});

describe.each(models)('%s.safetensors', (name) => {
  const path = pathOf(name);
  const expected = json<Expected>(name);

  it('holds the tensors and the report that were written', () => {
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
    expect(metadata['papilio']).toBe('1');
    expect(metadata['kind']).toBe(expected.kind);
    expect(Object.fromEntries([...tensors].map(([key, t]) => [key, t.shape]))).toEqual(expected.tensors);
    expect(readModelFile(path, allKinds).report).toEqual(expected.report);
  });

  it.each(['f32', 'f64'] as const)('gives the same numbers in %s, interpreted and compiled', (dtype) => {
    const { outputs, operations, input } = expected;
    const interpreted = compute(path, inputOf(input), dtype, 'reference').outputs;
    for (const backend of ['reference', 'wasm'] as const) {
      const computed = compute(path, inputOf(input), dtype, backend);
      // Logarithms of singles take fewer operations than they did, and differ in the last bit. So do doubles of angles and gates:
      // sines and exponentials were those of the engine, and are rounded correctly now.
      const isShorter = dtype === 'f32' && expected.kind === 'spectral-model';
      if (isShorter || dtype === 'f64') expectNear(computed.outputs, outputs[dtype], dtype);
      else expect(computed.outputs, backend).toEqual(outputs[dtype]);
      if (dtype === 'f64') expect(computed.outputs, backend).toEqual(interpreted);
      if (dtype !== 'f32') continue;
      if (!isShorter) expect(computed.operations).toEqual(operations);
      for (const kind of ['mul', 'add', 'other'] as const)
        expect(computed.operations[kind]).toBeLessThanOrEqual(operations[kind]);
    }
  });
});

describe('a model of version 1 that is written again', () => {
  let place = '';
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), 'papilio-version-1-'));
  });
  afterAll(() => rmSync(place, { recursive: true }));

  it.each(models)('loads to the same bits: %s', (name) => {
    const again = join(place, `${name}.safetensors`);
    writeFileSync(again, writtenAgain(pathOf(name)));
    const expected = json<Expected>(name);
    const [own, first] = [again, pathOf(name)].map((path) =>
      compute(path, inputOf(expected.input), 'f64', 'wasm'),
    );
    expect(own.outputs).toEqual(first.outputs);
    expect(readModelFile(again, allKinds).report).toEqual(expected.report);
  });
});

describe('a kernel of version 0.1', () => {
  it.each(kernels)('is read and gives the same bits: %s.wasm', (name) => {
    const { input, outputs, operations } = json<{ input: Bits; outputs: Bits; operations: object }>(
      `kernels/${name}`,
    );
    const computed = computeKernel(join(folder, 'kernels', `${name}.wasm`), inputOf(input));
    expect(computed).toEqual({ outputs, operations });
  });
});

describe('what was measured with version 0.1', () => {
  const text = (name: string): string => readFileSync(join(folder, 'jobs', name), 'utf8');

  it('is taken as wisdom, all of it', () => {
    forgetWisdom();
    importWisdom(text('wisdom.json'));
    expect(JSON.parse(exportWisdom())).toEqual(JSON.parse(text('wisdom.json')));
    forgetWisdom();
  });

  it('is taken as a calibration of peaks, all of it', () => {
    expect(readPeakCalibration(text('calibration.json'))).toEqual(JSON.parse(text('calibration.json')));
  });
});

describe('the unfinished jobs of version 0.1', () => {
  const job = (name: string): string => join(folder, 'jobs', name);
  const jobs = ['learn-transform', 'learn-structures', 'learn-refit'].map((name) =>
    job(`${name}/checkpoint.safetensors`),
  );

  it.each(jobs)('of learn are refused by the name of the file: %s', (path) => {
    const refused = () => decodeJob(readFileSync(path), path);
    expect(refused).toThrow(UnsupportedError);
    expect(refused).toThrow(`${path}: an unfinished job of papilio 0.1 (format version 1)`);
    expect(() => readModelFile(path, allKinds)).toThrow(/finish it with papilio 0\.1, or begin it anew/);
  });

  it('are there, each with the command that made it', () => {
    const readme = readFileSync(join(folder, 'jobs/README.md'), 'utf8');
    const named = [...readme.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
    expect(named.filter((name) => !existsSync(join(folder, 'jobs', name)))).toEqual([]);
    const there = readdirSync(join(folder, 'jobs'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'README.md')
      .map((entry) => relative(join(folder, 'jobs'), join(entry.parentPath, entry.name)));
    expect(there.filter((file) => !file.startsWith('recordings')).sort()).toEqual(named.sort());
  });
});
