/** Transforms and learned maps as models of ONNX: what their files say that they compute, and what the plans compute. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint } from '../../src/files.ts';
import { decodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import { argument, exprCarrier as k } from '../../src/ir/expr.ts';
import { input, map, type Graph } from '../../src/ir/graph.ts';
import { mapOf, mapOnnx } from '../../src/learn.ts';
import { fftOnnx, linearOnnx, type OnnxModelFile } from '../../src/plans/onnx-module.ts';
import { planFftSync } from '../../src/plans/plan.ts';
import { gaussian } from '../helpers.ts';
import { readOnnx, runOnnx } from '../onnx.ts';

/** Largest difference of a run of the model from its own vectors, over their largest number. */
function offBy({ files, bytes }: OnnxModelFile): number {
  const { tensors, metadata } = decodeSafetensors(files['model.safetensors'] as Uint8Array);
  const values = Object.fromEntries(
    [...tensors].map(([key, { shape, data }]) => [
      key,
      { dims: shape, data: Float64Array.from(data, Number) },
    ]),
  );
  const found = runOnnx(readOnnx(bytes), values);
  let [difference, largest] = [0, 0];
  for (const [key, { data }] of Object.entries(found)) {
    expect(data.length).toBe(values[key].data.length);
    const within = Number(metadata[`within.${key}`]);
    data.forEach((x, i) => {
      expect(Math.abs(x - values[key].data[i])).toBeLessThanOrEqual(within);
      difference = Math.max(difference, Math.abs(x - values[key].data[i]));
      largest = Math.max(largest, Math.abs(values[key].data[i]));
    });
  }
  return difference / largest;
}

describe('linear maps as ONNX', () => {
  it.each([
    { n: 1 },
    { n: 16 },
    { n: 60, norm: 'ortho' as const },
    { n: 37 },
    { n: 64, input: 'real' as const },
    { n: 45, input: 'real' as const },
    { n: 64, input: 'real' as const, inverse: true },
    { n: 96, inverse: true },
    { n: 82, input: 'real' as const, inverse: true },
    { n: 131 },
    { n: 262, input: 'real' as const },
    { n: 262, input: 'real' as const, inverse: true },
    { n: 8192, input: 'real' as const },
    { n: 8192, inverse: true },
  ])('a transform %o', (options) => {
    const file = fftOnnx(options, { name: 'model' });
    expect(offBy(file)).toBeLessThan(1e-6);
    const plan = planFftSync({ ...options, dtype: 'f64' });
    const { input: from, output: to } = plan;
    const re = gaussian(from.re.length, 5);
    const im = 'im' in from ? gaussian(from.re.length, 6) : null;
    // Bins that are real numbers have no imaginary part.
    if (im && options.input === 'real') [im[0], im[im.length - 1]] = [0, 0];
    from.re.set(re);
    if (im && 'im' in from) from.im.set(im);
    plan.run();
    const values = (data: Float64Array) => ({ dims: [1, data.length], data });
    const { outRe } = runOnnx(readOnnx(file.bytes), { re: values(re), ...(im ? { im: values(im) } : {}) });
    outRe.data.forEach((x, i) => expect(Math.abs(x - to.re[i])).toBeLessThan(options.n > 1000 ? 1e-4 : 1e-5));
  });

  it('a large prime factor in float16: within a thousandth of the norm', () => {
    const { files, bytes } = fftOnnx({ n: 4099, inverse: true }, { name: 'model', f16: true });
    const { tensors } = decodeSafetensors(files['model.safetensors'] as Uint8Array);
    const values = (key: string) => {
      const { shape, data } = tensors.get(key) as Tensor;
      return { dims: shape, data: Float64Array.from(data, Number) };
    };
    const { outRe } = runOnnx(readOnnx(bytes), { re: values('re'), im: values('im') });
    const norm = (x: Float64Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
    const wanted = values('outRe').data;
    expect(norm(wanted.map((v, i) => v - outRe.data[i]))).toBeLessThan(1e-3 * norm(wanted));
  });

  it('products of two factors: 256 points are smaller than a dense matrix', () => {
    const { bytes, metadata } = fftOnnx({ n: 256 }, { name: 'model' });
    expect(bytes.length).toBeLessThan((4 * 512 * 512) / 8);
    expect(metadata['papilio.computes']).toBe('DFT of 256 complex samples, norm backward');
  });

  it.each([
    'fit-dct2',
    'fit-dft',
    'chains-product',
    'encoder-decoder-real-mask',
    'corrected-banded-2',
    'transform-gates-skip-hard',
  ])('a learned map: %s', (name) => {
    const path = join(import.meta.dirname, `../fixtures/v1/${name}.safetensors`);
    const found = decodeCheckpoint(readFileSync(path), name);
    if (found.kind !== 'model') throw new Error('no model');
    expect(offBy(mapOnnx(mapOf(found), { name: 'model' }))).toBeLessThan(1e-6);
  });

  it('names are those of files', () =>
    expect(() => fftOnnx({ n: 8 }, { name: '../model' })).toThrow(
      'name is "../model"; expected letters, digits, _, - and .',
    ));

  it('what is not linear is named', () => {
    const x = input('re', [4]);
    const graph: Graph = { outputs: { outRe: map('squares', [x], [k.mul(argument(0), argument(0))])[0] } };
    expect(() => linearOnnx('test', { graph, results: 4, about: 'squares' }, { name: 'model' })).toThrow(
      /"a product" of what depends on the input; expected a linear graph/,
    );
  });
});
