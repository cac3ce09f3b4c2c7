/** Kernels as folders: whatever is written is said how to use and has types that a strict user compiles against. */
import { featureHead } from '../../src/spectral/presets.ts';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeKernel, writeModule } from '../../src/cli/kernel-files.ts';
import { exactFrontEnd, frontEndModule, standaloneModule } from '../../src/front.ts';
import { fftEnds, fftModule, fftWasm } from '../../src/compiler.ts';
import { secondOnnx } from '../../scripts/fuzz/second-onnx.ts';
import { runLine } from '../hostile/helpers.ts';

const root = mkdtempSync(join(tmpdir(), 'papilio-kernels-'));
afterAll(() => rmSync(root, { recursive: true }));

const user = `
import { load, loadSync } from './fft/kernel.js';
import { create } from './fft/kernel.mjs';
import { load as loadFrontEnd } from './front/kernel.js';
import { features } from './front/kernel.mjs';
declare const bytes: Uint8Array;
const { input, output, run } = await load(bytes);
input.re.set([1]);
run();
export const a: Float64Array = output.im;
// @ts-expect-error real samples have no imaginary part
input.im;
// @ts-expect-error a path is no kernel
loadSync('kernel.wasm');
export const b: Float64Array = create().output.re;
export const c: Float32Array = (await loadFrontEnd(bytes)).features([1, 2]);
export const d: Float32Array = features(new Float32Array(5));
`;

describe('kernels in a folder', () => {
  beforeAll(() => {
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(root, 'user.ts'), user);
    for (const name of ['fft', 'front']) mkdirSync(join(root, name));
    const options = { n: 60, input: 'real', dtype: 'f64' } as const;
    const model = exactFrontEnd(featureHead('papilio', { bank: { bands: 10 } }));
    expect([
      ...writeKernel(join(root, 'fft'), fftWasm(options), fftEnds(options)),
      ...writeModule(join(root, 'fft'), fftModule(options), fftEnds(options)),
    ]).toEqual(['kernel.wasm', 'kernel.js', 'kernel.d.ts', 'kernel.mjs', 'kernel.d.mts']);
    writeKernel(join(root, 'front'), standaloneModule(model), 'front end');
    writeModule(join(root, 'front'), frontEndModule(model), 'front end');
  });

  it.each([['nodenext', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext]])(
    'have types, resolved as %s',
    (_, module, moduleResolution) => {
      const program = ts.createProgram([join(root, 'user.ts')], {
        module,
        moduleResolution,
        strict: true,
        noEmit: true,
        skipDefaultLibCheck: true,
        types: [],
        // Without DOM: a kernel asks for no global type.
        lib: ['lib.es2022.d.ts'],
        target: ts.ScriptTarget.ES2022,
      });
      const problems = ts
        .getPreEmitDiagnostics(program)
        .map((d) => ts.flattenDiagnosticMessageText(d.messageText, ' '));
      expect(problems).toEqual([]);
    },
  );

  it('say first what they are and how they are used', () => {
    for (const [file, use] of [
      ['fft/kernel.js', 'input.re.set(samples); run(); output.re'],
      ['fft/kernel.mjs', 'input.re.set(samples); run(); output.re'],
      ['front/kernel.js', 'features(samples)'],
      ['front/kernel.mjs', 'features(samples)'],
    ]) {
      const lines = readFileSync(join(root, file), 'utf8').split('\n');
      const comment = lines
        .slice(
          0,
          lines.findIndex((line) => !line.startsWith('//')),
        )
        .join('\n');
      expect(comment, file).toContain(use);
      expect(comment, file).toContain(`from './${file.split('/')[1]}'`);
    }
  });
});

it('a preset is compiled with its changes', async () => {
  const out = join(root, 'changed');
  const words = ['compile', '--preset', 'kaldi', '--options', '{"bank": {"bands": 31}}', '--to', 'onnx'];
  expect(await runLine([...words, '--name', 'kaldi', '--out', out])).toMatchObject({ code: 0 });
  expect(readFileSync(join(out, 'kaldi.md'), 'utf8')).toContain('"bands": 31');
});

it('two models of ONNX share a folder; the line says what each reads and gives', async () => {
  const out = join(root, 'two');
  const onnx = ['compile', '--to', 'onnx', '--out', out];
  const second = join(root, 'second.onnx');
  writeFileSync(second, secondOnnx({ dims: ['N', 'T', 80], kept: 'tokens' }));
  const one = await runLine([...onnx, '--preset', 'whisper', '--name', 'one', '--merge', second]);
  expect(one).toMatchObject({ code: 0, stderr: '' });
  expect(one.stdout).toContain(
    'reads waveforms (float32 [N, papilio_N]), waveforms_lens (int64 [N]), tokens (int64 [N, ?]); gives y (float32 [N, T, 80])',
  );
  expect(readFileSync(join(out, 'one.md'), 'utf8')).toMatch(/\| in \| `tokens` *\| int64 \[N, \?\] /);
  expect(await runLine([...onnx, '--n', '8', '--name', 'two'])).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(out).toSorted()).toEqual([
    'one.md',
    'one.onnx',
    'two.md',
    'two.onnx',
    'two.safetensors',
  ]);
});
