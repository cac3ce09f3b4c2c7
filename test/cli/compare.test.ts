/** papilio compare: rows against the exact kernel, models and kernels alike, and what does not compare. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isComparison, type Comparison } from '../../src/cli/compare-report.ts';
import { initialize } from '../../src/model/initialize.ts';
import { encodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { encodeTransform } from '../transform-file.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { bankOf, exactFrontEnd } from '../../src/front/front-end.ts';
import { gaussian, network } from '../helpers.ts';
import { runLine } from '../hostile/helpers.ts';
import { papilio, smallCorpus, temporary } from './helpers.ts';

const folder = temporary();
const [front, other, transform, hadamard] = ['front', 'other', 'transform', 'hadamard'].map((name) =>
  join(folder, `${name}.safetensors`),
);
const n = 16;

/** The exact front end with one band 10 times as loud: log10 of it is off by one. */
function loudBand(): Uint8Array {
  const model = exactFrontEnd(namedFeature('log-mel-8', 64).head);
  const { bands, weights } = bankOf(model);
  const { width } = bands;
  const louder = weights.map((w, i) => (Math.floor(i / width) === 3 ? 10 * w : w));
  return encodeFrontEnd({ ...model, bank: { kind: 'weights', bands, weights: louder } });
}

beforeAll(async () => {
  writeFileSync(front, loudBand());
  writeFileSync(other, encodeFrontEnd(exactFrontEnd(namedFeature('log-mel-9', 64).head)));
  const spec = network(n, { input: 'real', parametrization: 'twiddle' });
  const values = initialize(spec, 'exact', 1);
  values['stage1.twiddle'] = values['stage1.twiddle'].map((w, i) => w + 0.1 * gaussian(64, 1)[i]);
  writeFileSync(transform, encodeTransform({ network: spec, values }));
  const plain = network(8, { parametrization: 'free' });
  const moved = { ...plain, permutation: 'identity' as const };
  writeFileSync(hadamard, encodeTransform({ network: moved, values: initialize(plain, 'exact', 1) }));
  const compiled = await runLine(['compile', front, '--out', folder]);
  expect(compiled.code, compiled.stderr).toBe(0);
});

describe('papilio compare', () => {
  it('measures front ends and their kernels on recordings', async () => {
    const out = join(folder, 'fronts.json');
    const kernel = join(folder, 'kernel.wasm');
    const run = await papilio(['compare', front, kernel, smallCorpus(), '--json', out]);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain('exact kernel');
    const data = JSON.parse(readFileSync(out, 'utf8')) as Comparison;
    expect(isComparison(data)).toBe(true);
    const [exact, model, compiled] = data.rows;
    expect(data.rows.map((r) => r.source)).toEqual(['exact', 'model', 'kernel']);
    expect(exact.error).toBeLessThan(1e-4);
    const worst = Math.max(...model.bandErrors.map((e) => e ?? 0));
    expect(worst).toBeCloseTo(1, 2);
    expect(model.bandErrors.indexOf(worst)).toBe(3);
    expect(run.stdout).toMatch(/\(\d+ Hz\)/);
    expect(model.error).toBeCloseTo(1 / 8, 2);
    // The kernel is the model's: all but the times agree.
    const { name: _, source: __, ns: ___, timeRatio: ____, ...rest } = compiled;
    expect(model).toMatchObject(rest);
    for (const r of data.rows) {
      expect(r.ns.p5 > 0 && r.ns.p5 <= r.ns.p50 && r.ns.p50 <= r.ns.p95).toBe(true);
      expect(r.codeBytes).toBeGreaterThan(r.tableBytes);
      expect(r.operations).toBe(exact.operations);
    }
    const page = await runLine(['report', out]);
    expect(page.code, page.stderr).toBe(0);
    expect(readFileSync(join(folder, 'fronts.html'), 'utf8')).toContain('Error by band');
  });

  it('measures transforms on noise', async () => {
    const run = await papilio(['compare', transform]);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain('forward transform of 16 real points');
    const [exact, own] = run.stdout.split('\n').slice(2);
    expect(Number(exact.split(/\s{2,}/)[1])).toBeLessThan(1e-6);
    expect(Number(own.split(/\s{2,}/)[1])).toBeGreaterThan(0.01);
  });

  it('computes a network that was learned to be the exact one by exact stages, and says so', async () => {
    const learned = join(folder, 'learned.safetensors');
    const spec = network(32, { parametrization: 'free' });
    const values = initialize(spec, 'exact', 1);
    // Rounding of a training.
    for (const name of Object.keys(values)) {
      const noise = gaussian(values[name].length, 3);
      values[name] = values[name].map((x, i) => x + 1e-15 * noise[i]);
    }
    writeFileSync(learned, encodeTransform({ network: spec, values }));
    const run = await papilio(['compare', learned, '--json', '-']);
    expect(run.code, run.stderr).toBe(0);
    const [exact, own] = (JSON.parse(run.stdout) as Comparison).rows;
    expect(own.name).toContain('(its blocks are the exact ones)');
    expect(own.source).toBe('model');
    expect(own.error).toBeLessThan(1e-6);
    // Free blocks take 14 operations each and more: 5 stages of 16 are three times the exact kernel.
    expect(own.operations).toBeLessThan(1.25 * exact.operations);
  });

  it('refuses by name what does not compare', async () => {
    const junk = join(folder, 'junk.wasm');
    const loud = join(folder, 'KERNEL.WASM');
    for (const path of [junk, loud]) writeFileSync(path, 'no module');
    const cases: [string[], RegExp][] = [
      [[], /no models given/],
      [
        [front, other],
        /front\.safetensors and .*other\.safetensors compute different things: bank.bands \d+, not \d+/,
      ],
      [[front, transform], /front\.safetensors and .*transform\.safetensors are a front end and a transform/],
      [[hadamard], /hadamard\.safetensors: no Fourier transform/],
      [[junk], /junk\.wasm: no WebAssembly module; expected a kernel\.wasm/],
      [[loud], /KERNEL\.WASM: no WebAssembly module; expected a kernel\.wasm/],
      [[front, '--samples', '5'], /--samples is "5"; expected a whole number from 21 to 10000/],
      [[join(folder, 'none.wasm')], /none\.wasm: no such file/],
    ];
    for (const [args, message] of cases) {
      const run = await runLine(['compare', ...args]);
      expect([run.code, run.stderr.trim().split('\n').length]).toEqual([2, 1]);
      expect(run.stderr).toMatch(message);
    }
  });
});
