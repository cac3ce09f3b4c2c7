/** Every kind of file that papilio writes, given to the commands that take models: it is taken, or the kinds that are taken are named. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { certifyCommand } from '../../src/cli/certify.ts';
import { compareCommand } from '../../src/cli/compare.ts';
import { compileCommand } from '../../src/cli/compile.ts';
import { distillCommand } from '../../src/cli/distill.ts';
import { evalCommand } from '../../src/cli/eval.ts';
import { allKinds, readModelFile } from '../../src/cli/model-file.ts';
import { encodeWav } from '../../src/formats/wav.ts';
import { inspectCommand } from '../../src/cli/inspect.ts';
import { initialize } from '../../src/model/initialize.ts';
import { encoderDecoder } from '../../src/model/encoder-decoder.ts';
import { initializeModel, modelShapes, networksOf, networkValues } from '../../src/model/model.ts';
import { dct } from '../../src/plans/dct.ts';
import { encodeFrontEnd, encodeModel } from '../../src/checkpoints/checkpoint.ts';
import { encodeTransform } from '../transform-file.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { exactFrontEnd } from '../../src/front/front-end.ts';
import { startParameters, targetModel } from '../../src/fit/targets.ts';
import { hasCompiler, strict } from '../backends/c/native.ts';
import { gaussian, network } from '../helpers.ts';
import { runCommand } from '../hostile/helpers.ts';
import { temporary } from './helpers.ts';

const folder = temporary();
const path = (name: string): string => join(folder, `${name}.safetensors`);
const n = 16;

beforeAll(async () => {
  const spec = network(n, { parametrization: 'free' });
  writeFileSync(path('transform'), encodeTransform({ network: spec, values: initialize(spec, 'exact', 1) }));
  for (const target of ['dct2', 'convolution']) {
    const subject = targetModel(target, [2, 2, 2, 2]);
    const values = startParameters(target, subject, 'exact', 1);
    expect(Object.keys(values)).toEqual(Object.keys(modelShapes(subject.model)));
    writeFileSync(path(target), encodeModel({ model: subject.model, values: values }, { target }));
  }
  for (const input of ['complex', 'real'] as const) {
    const model = encoderDecoder(input === 'real' ? [2, 2, 2] : [2, 2, 2, 2], { input });
    const values = initializeModel(model, 'exact', 1);
    writeFileSync(path(`pair-${input}`), encodeModel({ model, values }));
    writeFileSync(
      path(`decoder-${input}`),
      encodeTransform({ network: networksOf(model)[1], values: networkValues(model, values, 1) }),
    );
  }
  writeFileSync(path('front'), encodeFrontEnd(exactFrontEnd({ ...namedFeature('log-mel-4', 32).head })));
  const distilled = await runCommand(distillCommand, [path('transform'), '--out', join(folder, 'student')]);
  expect(distilled.stderr).not.toMatch(/^papilio distill:/m);
  writeFileSync(path('student'), readFileSync(join(folder, 'student', 'student.safetensors')));
});

const all = [
  'transform',
  'student',
  'dct2',
  'convolution',
  'pair-complex',
  'pair-real',
  'decoder-complex',
  'decoder-real',
  'front',
] as const;

interface Ends {
  readonly input: Readonly<Record<string, Float32Array>>;
  readonly output: Readonly<Record<string, Float32Array>>;
  run(): void;
}

/** What a kernel makes of a real signal, as WebAssembly and as JavaScript. */
async function runs(name: string): Promise<Ends[]> {
  const out = join(folder, `kernel-${name}`);
  for (const to of ['wasm', 'esm']) {
    const made = await runCommand(compileCommand, [path(name), '--to', to, '--out', out]);
    expect(made.code, made.stderr).toBe(0);
  }
  const { load } = (await import(join(out, 'kernel.js'))) as { load: (b: Uint8Array) => Promise<Ends> };
  const { create } = (await import(join(out, 'kernel.mjs'))) as { create: () => Ends };
  return [await load(readFileSync(join(out, 'kernel.wasm'))), create()];
}

const signal = gaussian(n, 4);

describe('compile', () => {
  it.each([
    ['an exact transform', ['--n', '48', '--input', 'real', '--overwrite']],
    ['a preset', ['--preset', 'kaldi']],
    ['a transform in fixed point', ['--n', '40', '--format', 'q15']],
    ['a preset in fixed point', ['--preset', 'papilio', '--format', 'q31', '--layout', 'plain']],
    ...all.map((name): [string, string[]] => [name, [path(name)]]),
  ])('to C: %s', async (name, source) => {
    const out = join(folder, `c-${name}`);
    const args = [...source, '--to', 'c', '--name', 'own', '--out', out];
    const run = await runCommand(compileCommand, args);
    expect(run.code, run.stderr).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['README.md', 'own.c', 'own.h', 'own_test.c']);
    // Of fixed point too, whose instructions are not counted yet.
    const [needs] = run.stdout.match(
      /^For Cortex-M4 with FPU(: about \d+ instructions a result, |, whose instructions are counted).*/m,
    ) ?? ['none'];
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain(needs);
    // The same again is no offence; a file of others is.
    expect((await runCommand(compileCommand, args)).code).toBe(0);
    writeFileSync(join(out, 'own.h'), 'theirs');
    expect((await runCommand(compileCommand, args)).stderr).toMatch(
      /own\.h: is another file; give another --out/,
    );
    if (!hasCompiler('gcc')) return console.log('skipped: no gcc');
    expect((await runCommand(compileCommand, [...args, '--force'])).code).toBe(0);
    const [c, test] = ['own.c', 'own_test.c'].map((file) => join(out, file));
    execFileSync('gcc', ['-std=c99', '-O1', ...strict, c, test, '-o', join(out, 'run')]);
    expect(execFileSync(join(out, 'run'), { encoding: 'utf8' })).toBe('own: 0 wrong, every bit equal\n');
  });

  it.each(all)('takes %s to every format, in tables of fewer bits too', async (name) => {
    for (const args of [
      ['--to', 'wasm', '--tables', 'f16'],
      ['--to', 'wat'],
      ['--to', 'js'],
    ]) {
      const run = await runCommand(compileCommand, [
        path(name),
        ...args,
        '--out',
        join(folder, `to-${name}`),
      ]);
      expect(run.code, run.stderr).toBe(0);
    }
  });

  it('a cosine transform is that of SciPy with norm ortho, to the rounding of float32', async () => {
    const want = dct(signal, 2, 'ortho');
    for (const kernel of await runs('dct2')) {
      kernel.input['re'].set(signal);
      kernel.run();
      // log2 n stages of 2 x 4 products each, every one rounded: 4 eps sqrt(n) of the largest values, which are about 2.
      kernel.output['re'].forEach((x, k) => expect(Math.abs(x - want[k])).toBeLessThan(4 * 2 ** -23 * 4 * 2));
    }
  });

  it.each(['pair-complex', 'pair-real'])('%s gives its samples back', async (name) => {
    for (const kernel of await runs(name)) {
      kernel.input['re'].set(signal);
      kernel.run();
      kernel.output['re'].forEach((x, k) =>
        expect(Math.abs(x - signal[k])).toBeLessThan(4 * 2 ** -23 * 4 * 2),
      );
    }
  });

  it('a real inverse network takes half a spectrum and gives samples', async () => {
    for (const kernel of await runs('decoder-real')) {
      expect([kernel.input['re'].length, kernel.input['im'].length]).toEqual([n / 2 + 1, n / 2 + 1]);
      expect(kernel.output['re'].length).toBe(n);
      // A constant spectrum of 1 in ortho scale is an impulse of sqrt n at 0.
      kernel.input['re'].fill(1);
      kernel.run();
      kernel.output['re'].forEach((x, k) => expect(x).toBeCloseTo(k === 0 ? Math.sqrt(n) : 0, 5));
    }
  });
});

describe('inspect', () => {
  it.each(all)('says what %s holds', async (name) => {
    const run = await runCommand(inspectCommand, [path(name), '--json', '-']);
    expect(run.code, run.stderr).toBe(0);
    const { kind, operations } = JSON.parse(run.stdout) as { kind: string; operations: { mul: number } };
    expect(kind).toMatch(/^(front end|transform|chain|encoder-decoder)$/);
    expect(operations.mul).toBeGreaterThanOrEqual(0);
    expect(run.stderr).toMatch(/^per (frame|transform): /m);
  });

  it('counts butterflies of mixed radices', async () => {
    const spec = network(12, { radices: [2, 3, 2], parametrization: 'free' });
    writeFileSync(path('mixed'), encodeTransform({ network: spec, values: initialize(spec, 'exact', 1) }));
    const run = await runCommand(inspectCommand, [path('mixed')]);
    expect(run.stdout).toMatch(/^butterflies: 16 of 16 active$/m);
  });

  it('says what a file is that is no model', async () => {
    const foreign: [string, string | Uint8Array, RegExp][] = [
      [
        'tone.wav',
        encodeWav(new Float64Array(8), 8000),
        /tone\.wav: is a WAV file; expected a \.safetensors/,
      ],
      ['kernel.mjs', 'export const n = 8;', /kernel\.mjs: is a JavaScript file; expected a \.safetensors/],
      ['notes', 'these are notes', /notes: is a text file; expected/],
      ['array.npy', Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0]), /is a NumPy file; expected/],
    ];
    for (const [name, bytes, message] of foreign) {
      writeFileSync(join(folder, name), bytes);
      expect(() => readModelFile(join(folder, name), allKinds)).toThrow(message);
    }
  });

  it('and eval warns of recordings whose upper bands are empty', async () => {
    const low = join(folder, 'low.wav');
    writeFileSync(
      low,
      encodeWav(
        gaussian(4000, 9).map((x) => 0.1 * x),
        8000,
      ),
    );
    const run = await runCommand(evalCommand, [path('front'), low]);
    expect(run.stderr).toMatch(
      /papilio: warning: 1 of 1 recording has 8000 samples a second: above 4000 Hz it is empty at 16000 Hz/,
    );
  });

  it('is short, and says what is counted for a block of frames and what for one', async () => {
    const run = await runCommand(inspectCommand, [path('front')]);
    expect(run.stdout).toMatch(/^program, with counts for (one frame|a block of \d+ frames):$/m);
    const facts = run.stdout.slice(0, run.stdout.indexOf('program, with'));
    // The names of facts, 240 characters of each and the word of --json.
    for (const line of facts.split('\n')) expect(line.length).toBeLessThan(300);
  });

  it('says what a kernel computes', async () => {
    for (const [name, text] of [
      ['front', /front end: 4 numbers, n_fft 32, hop 10, 16000 Hz/],
      ['transform', /Fourier transform, forward, norm .*: 16 complex points, f32/],
      ['dct2', /dct2: 16 real points, f32/],
    ] as const) {
      const out = join(folder, `inspected-${name}`);
      await runCommand(compileCommand, [path(name), '--out', out]);
      const run = await runCommand(inspectCommand, [join(out, 'kernel.wasm')]);
      expect(run.code, run.stderr).toBe(0);
      expect(run.stdout).toMatch(/kernel\.wasm: a kernel compiled by papilio, \d+ bytes/);
      expect(run.stdout).toMatch(text);
    }
  });
});

describe('certify', () => {
  it.each([
    ['transform', /16 points, complex input, dft/],
    ['student', /with a corrector or a mask|16 points, complex input, dft/],
    ['dct2', /16 points, complex input, dct2/],
    ['pair-complex', /proven: \|\|D E x - x\|\| <= /],
    ['pair-real', /proven: \|\|D E x - x\|\| <= /],
    ['convolution', /a product of 2 chains; expected one network/],
    ['decoder-real', /a real inverse network has no certificate/],
    ['front', /holds a front end .*; expected a transform .* or a chain .* or an encoder-decoder/],
  ])('%s', async (name, text) => {
    const run = await runCommand(certifyCommand, [path(name)]);
    expect(run.stdout + run.stderr).toMatch(text);
    expect(run.stderr.split('\n').length).toBeLessThan(3);
  });
});

describe('commands for some kinds', () => {
  it.each([
    [evalCommand, 'transform', /holds a transform .*; expected a front end/],
    [evalCommand, 'dct2', /holds a chain .*; expected a front end/],
    [compareCommand, 'dct2', /holds a chain .*; expected a front end .* or a transform/],
    [compareCommand, 'pair-real', /holds an encoder-decoder .*; expected a front end .* or a transform/],
  ] as const)('name those they take', async (command, name, text) => {
    const run = await runCommand(command, [path(name)]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(text);
  });
  it('compare refuses the kernel of what has no exact kernel', async () => {
    const out = join(folder, 'dct2-kernel');
    await runCommand(compileCommand, [path('dct2'), '--out', out]);
    const run = await runCommand(compareCommand, [join(out, 'kernel.wasm')]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/kernel\.wasm: computes dct2; expected a Fourier transform or a front end/);
  });
});
