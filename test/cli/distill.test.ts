/** papilio distill: files that agree with each other, from noise and from recordings, and what it refuses. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { correctorOf, distillCommand } from '../../src/cli/distill.ts';
import type { DistillReport } from '../../src/cli/distill-report.ts';
import { decodeModel, encodeModel } from '../../src/checkpoints/checkpoint.ts';
import { encodeTransform } from '../transform-file.ts';
import { chainModel, correctorOf as correctorIn } from '../../src/model/model.ts';
import { fftLoader } from '../../src/plans/module.ts';
import { gaussianSignals, spectraOf } from '../../src/distill/transform-spectra.ts';
import { initialize } from '../../src/model/initialize.ts';
import { gaussian, network } from '../helpers.ts';
import { runCommand, runLine } from '../hostile/helpers.ts';
import { papilio, smallCorpus, temporary } from './helpers.ts';

const n = 16;
const folder = temporary();
const teacher = join(folder, 'teacher.safetensors');
const reportOf = (out: string): DistillReport =>
  JSON.parse(readFileSync(join(out, 'distill.json'), 'utf8')) as DistillReport;

interface Kernel {
  readonly input: { readonly re: Float32Array };
  readonly output: { readonly re: Float32Array; readonly im: Float32Array };
  run(): void;
}

beforeAll(() => {
  const spec = network(n, { input: 'real', parametrization: 'twiddle' });
  const values = Object.fromEntries(
    Object.entries(initialize(spec, 'exact', 1)).map(([name, x], i) => [
      name,
      x.map((v, j) => v + 0.05 * gaussian(x.length, 40 + i)[j]),
    ]),
  );
  writeFileSync(teacher, encodeTransform({ network: spec, values }));
});

describe('papilio distill', () => {
  it('writes a student, a kernel that computes it, JSON and a page', async () => {
    const out = join(folder, 'dense');
    const run = await papilio(['distill', teacher, '--corrector', 'banded:1', '--out', out]);
    expect(run.code, run.stderr).toBe(0);
    const report = reportOf(out);
    expect(report.before).toBeGreaterThan(0.01);
    expect(report.after).toBeLessThan(report.before);
    expect(report.operations.student.mul).toBeGreaterThan(report.operations.exact.mul);
    expect(run.stdout).toContain('the student is no cheaper');
    const student = decodeModel(readFileSync(join(out, 'student.safetensors')), 'student');
    expect(correctorIn(student.model)).toEqual({ kind: 'banded', radius: 1 });
    const wasm = readFileSync(join(out, 'kernel.wasm'));
    expect(wasm.length).toBe(report.codeBytes);
    expect(readFileSync(join(out, 'kernel.js'), 'utf8')).toBe(fftLoader);
    const { load } = (await import(`data:text/javascript,${encodeURIComponent(fftLoader)}`)) as {
      load: (bytes: Uint8Array) => Promise<Kernel>;
    };
    const kernel = await load(wasm);
    const expected = spectraOf(student, gaussianSignals(8), 5, 4);
    const signals = new Float64Array(n * 4);
    gaussianSignals(8)(5, signals, null);
    kernel.input.re.set(Float32Array.from({ length: n }, (_, j) => signals[4 * j]));
    kernel.run();
    for (let b = 0; b <= n / 2; b++) {
      expect(Math.abs(kernel.output.re[b] - expected.re[4 * b])).toBeLessThan(1e-5);
      expect(Math.abs(kernel.output.im[b] - expected.im[4 * b])).toBeLessThan(1e-5);
    }
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('Error per bin');
    const compiled = await runLine([
      'compile',
      join(out, 'student.safetensors'),
      '--out',
      join(out, 'again'),
    ]);
    expect(compiled.code, compiled.stderr).toBe(0);
    expect(readFileSync(join(out, 'again', 'kernel.wasm'))).toEqual(wasm);
    const again = await runLine(['report', join(out, 'distill.json'), '--markdown']);
    expect(again.code, again.stderr).toBe(0);
    expect(readFileSync(join(out, 'distill.md'), 'utf8')).toContain('| exact kernel |');
  });

  it('trains a ternary student on recordings, and one student on another', async () => {
    const out = join(folder, 'ternary');
    const flags = ['--recordings', smallCorpus(), '--steps', '150', '--sparsity', '4', '--out', out];
    const run = await papilio(['distill', teacher, '--student', 'ternary', '--grain', 'run', ...flags]);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain('150/150');
    const report = reportOf(out);
    expect(report.signals).toMatch(/windowed frames of .*, 4 recordings to fit, 1 to measure/);
    expect(report.gates.flat()).toContain('skip');
    expect(report.operations.student.add).toBeLessThan(report.operations.teacher.add);
    const second = join(folder, 'second');
    const chain = await runLine([
      'distill',
      join(out, 'student.safetensors'),
      '--corrector',
      'identity',
      '--out',
      second,
    ]);
    expect(chain.code, chain.stderr).toBe(0);
    expect(reportOf(second).after).toBeGreaterThan(0.01);
  });

  describe('over results that are there already', () => {
    const [corpus, out, copy] = [smallCorpus(), join(folder, 'kept'), join(folder, 'copy.safetensors')];
    const args = [copy, '--student', 'ternary', '--steps', '0', '--recordings', corpus, '--out', out];
    beforeAll(async () => {
      writeFileSync(copy, readFileSync(teacher));
      const run = await runCommand(distillCommand, args);
      expect(run.code, run.stderr).toBe(0);
    });

    it.each([
      ['--grain', 'run', /grain "butterfly", not "run"/],
      ['--minutes', '4', /minutes 5, not 4/],
      ['--rate', '8000', /rate 16000, not 8000/],
      ['--channel', 'left', /channel "mix", not "left"/],
      ['--sparsity', '1', /sparsity 0, not 1/],
      ['--seed', '2', /seed 1, not 2/],
    ])('%s %s needs --force', async (flag, value, message) => {
      const before = readFileSync(join(out, 'distill.json'), 'utf8');
      const run = await runCommand(distillCommand, [...args, flag, value]);
      expect(run.stderr).toMatch(message);
      expect(run.stderr).toMatch(/distill\.json: made with [^\n]*; give another --out, or --force/);
      expect(run.code).toBe(2);
      expect(readFileSync(join(out, 'distill.json'), 'utf8')).toBe(before);
    });

    it('so does a result of another edition', async () => {
      const path = join(out, 'distill.json');
      const kept = readFileSync(path, 'utf8');
      writeFileSync(path, JSON.stringify({ ...(JSON.parse(kept) as object), papilio: undefined }));
      const run = await runCommand(distillCommand, args);
      writeFileSync(path, kept);
      expect(run.stderr).toMatch(/distill\.json: a job of papilio 0\.1, .*; give another --out, or --force/);
      expect(run.code).toBe(2);
    });

    it('so do files that no distill.json says it made; those of a run that was killed between them do not', async () => {
      for (const name of ['student.safetensors', 'kernel.js', 'report.html']) {
        const theirs = join(folder, `theirs-${name}`);
        mkdirSync(theirs);
        writeFileSync(join(theirs, name), 'theirs');
        const run = await runCommand(distillCommand, [...args.slice(0, -1), theirs]);
        expect(run.stderr).toContain(
          `${join(theirs, name)}: is there and would be replaced; give another --out`,
        );
        expect(run.code).toBe(2);
        expect(readdirSync(theirs)).toEqual([name]);
      }
      // A run that ends between its files: the page cannot be written.
      const cut = join(folder, 'cut');
      mkdirSync(join(cut, 'report.html'), { recursive: true });
      const again = [...args.slice(0, -1), cut];
      expect((await runCommand(distillCommand, [...again, '--force'])).code).toBe(2);
      expect(existsSync(join(cut, 'student.safetensors'))).toBe(true);
      rmSync(join(cut, 'report.html'), { recursive: true });
      const whole = await runCommand(distillCommand, again);
      expect(whole.code, whole.stderr).toBe(0);
    });

    it('so does another teacher of the same name, and the same settings do not', async () => {
      const same = await runCommand(distillCommand, args);
      expect(same.code, same.stderr).toBe(0);
      const spec = network(n, { input: 'real', parametrization: 'twiddle' });
      writeFileSync(copy, encodeTransform({ network: spec, values: initialize(spec, 'exact', 1) }));
      const run = await runCommand(distillCommand, args);
      expect(run.stderr).toMatch(/made with teacherHash "\w+\.\.\.", not "\w+/);
      expect(run.code).toBe(2);
      const forced = await runCommand(distillCommand, [...args, '--force']);
      expect(forced.code, forced.stderr).toBe(0);
    });
  });

  it('refuses by name what it cannot do, and writes nothing', async () => {
    const chains = join(folder, 'chains.safetensors');
    const spec = network(8, { parametrization: 'free' });
    const values = initialize(spec, 'exact', 1);
    writeFileSync(chains, encodeModel({ model: chainModel([spec], 'real'), values: values }));
    expect(decodeModel(readFileSync(chains), chains).model.head).toBe('real');
    const cases: [string[], RegExp][] = [
      [[], /no teacher given; expected one model\.safetensors/],
      [[join(folder, 'none.safetensors')], /none\.safetensors: no such file/],
      [[chains], /chains\.safetensors: holds a chain .*; expected a front end .* or a transform/],
      [
        [teacher, '--corrector', 'banded'],
        /--corrector is "banded"; expected identity, affine, banded:RADIUS/,
      ],
      [[teacher, '--corrector', 'banded:99'], /radius is 99; expected a whole number from 0 to 8/],
      [[teacher, '--student', 'tiny'], /--student is "tiny"; expected dense, gated, ternary/],
      [[teacher, '--student', 'gated'], /the teacher has no gates/],
    ];
    const out = join(folder, 'refused');
    for (const [args, message] of cases) {
      const run = await runLine(['distill', ...args, '--out', out]);
      expect([run.code, run.stderr.trim().split('\n').length]).toEqual([2, 1]);
      expect(run.stderr).toMatch(message);
    }
    expect(existsSync(join(out, 'distill.json'))).toBe(false);
  });

  it('reads correctors', () => {
    expect(correctorOf('low-rank:3')).toEqual({ kind: 'low-rank', rank: 3 });
    expect(correctorOf('banded:0')).toEqual({ kind: 'banded', radius: 0 });
    for (const wrong of ['', 'affine:1', 'banded:', 'banded:x', 'low-rank', 'banded:1:2'])
      expect(() => correctorOf(wrong)).toThrow('--corrector is');
  });
});
