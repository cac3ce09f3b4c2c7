/** Front ends and transforms as ONNX in float16, every number of which the interpreter rounds: errors, sizes, no overflow. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint } from '../../../src/files.ts';
import { frontProgram } from '../../../src/front/compile.ts';
import { exactFrontEnd, type FrontEnd } from '../../../src/front/front-end.ts';
import { frontEndOnnx } from '../../../src/front/onnx/front-end.ts';
import { features } from '../../../src/plans/features.ts';
import { fftOnnx } from '../../../src/plans/onnx-module.ts';
import { planFftSync } from '../../../src/plans/plan.ts';
import { featureHead, type PresetName } from '../../../src/spectral/presets.ts';
import { gaussian } from '../../helpers.ts';
import { readOnnx, runOnnx, type ReadModel, type Values } from '../../onnx.ts';

const model = (front: FrontEnd, f16 = true): ReadModel =>
  readOnnx(frontEndOnnx(front, { name: 'front', f16 }).bytes);

function run(read: ReadModel, x: Float64Array): Values {
  const feeds = {
    waveforms: { dims: [1, x.length], data: x },
    waveforms_lens: { dims: [1], data: Float64Array.of(x.length) },
  };
  return runOnnx(read, feeds)['features'];
}

/** The mean and the largest difference of features from papilio's. */
function differences(front: FrontEnd, x: Float64Array): { mean: number; most: number; largest: number } {
  const { data, frames, width } = features(frontProgram(front), { dtype: 'f64' }).run(x);
  const found = run(model(front), x);
  expect(found.dims).toEqual([1, width, frames]);
  const all = Array.from(found.data, (value, i) =>
    Math.abs(value - data[(i % frames) * width + Math.floor(i / frames)]),
  );
  const largest = Array.from(data).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return { mean: all.reduce((a, b) => a + b) / all.length, most: Math.max(...all), largest };
}

const signal = (level: number): Float64Array =>
  gaussian(1700, 3).map((v, i) => Math.fround(level * (0.1 * v + 0.6 * Math.sin(i / 9))));

describe('ONNX in float16', () => {
  it.each([
    ['papilio', 2e-3],
    ['kaldi', 3e-3],
    ['nemo', 6e-3],
    ['cmsis-mfcc', 3e-3],
  ] as const)('%s: mean errors below %f of levels, loud and quiet', (name: PresetName, tolerance) => {
    const front = exactFrontEnd(featureHead(name));
    for (const level of [1, 1e-3]) expect(differences(front, signal(level)).mean).toBeLessThan(tolerance);
  });

  it('powers are within 2e-3 of the largest', () => {
    const front = exactFrontEnd(featureHead('scipy-spectrogram'));
    const { most, largest } = differences(front, signal(1));
    expect(most).toBeLessThan(2e-3 * largest);
  });

  it.each(['spectral-free', 'spectral-streams', 'made-by-learn'])('a learned front end: %s', (name) => {
    const found = decodeCheckpoint(readFileSync(`test/fixtures/v1/${name}.safetensors`), name);
    if (found.kind !== 'front-end') throw new Error('no front end');
    const { mean, largest } = differences(found.front, signal(1));
    expect(mean).toBeLessThan(2e-3 * largest);
  });

  it('nothing overflows at full scale, with the gain of 16-bit integers and conditioned frames', () => {
    for (const name of ['kaldi', 'papilio', 'openwakeword'] as const) {
      const { sampleRate } = featureHead(name);
      for (const period of [8, sampleRate]) {
        const square = Float64Array.from({ length: 1000 }, (_, i) => (i % period < period / 2 ? 1 : -1));
        expect(run(model(exactFrontEnd(featureHead(name))), square).data.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('the file is smaller and says so', () => {
    const front = exactFrontEnd(featureHead('papilio'));
    const [small, whole] = [true, false].map((f16) => frontEndOnnx(front, { name: 'front', f16 }));
    expect(small.bytes.length).toBeLessThan(0.75 * whole.bytes.length);
    expect(small.metadata['papilio.numbers']).toContain('float16');
    expect(small.metadata['papilio.bound']).toContain('2^-14');
  });

  it.each([{ n: 64 }, { n: 60 }, { n: 128, input: 'real' as const }])('a transform %o', (options) => {
    const read = readOnnx(fftOnnx(options, { name: 'model', f16: true }).bytes);
    const { n, input = 'complex' } = options as { n: number; input?: 'real' | 'complex' };
    const values = (stream: number): Values => ({
      dims: [1, n],
      data: gaussian(n, stream).map((v) => Math.fround(v / 8)),
    });
    const [re, im] = [values(1), values(2)];
    const plan = planFftSync({ ...options, dtype: 'f64' });
    const { input: from, output: to } = plan;
    from.re.set(re.data);
    if ('im' in from) from.im.set(im.data);
    plan.run();
    const { outRe } = runOnnx(read, input === 'real' ? { re } : { re, im });
    const norm = (x: Float64Array): number => Math.hypot(...x);
    expect(norm(outRe.data.map((x, i) => x - to.re[i]))).toBeLessThan(2e-3 * norm(Float64Array.from(to.re)));
  });
});
