/** Powers and logarithms in fixed point: errors of levels against float64, and of the logarithm itself. */
import { describe, expect, it } from 'vitest';
import { jsBackend } from '../../src/backends/js.ts';
import { referenceBackend } from '../../src/backends/reference.ts';
import type { FixedName } from '../../src/compiler/fixed/fixed.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { UnsupportedError } from '../../src/errors.ts';
import { argument, exprCarrier as k, literal } from '../../src/ir/expr.ts';
import { input, map, type Graph } from '../../src/ir/graph.ts';
import { featureGraph } from '../../src/plans/feature-graphs.ts';
import { featureHead, type PresetName } from '../../src/spectral/presets.ts';
import { asNumbers, fixedOf, frontGraphs, fullScale } from '../fixed.ts';
import { gaussian, runProgram } from '../helpers.ts';

/** What a voice is: harmonics that fall by 12 dB an octave, louder and softer, and a little noise; of a level in dB of full scale. */
function voice(samples: number, level: number): Float64Array {
  const noise = gaussian(samples, 1);
  const x = noise.map((g, i) => {
    const size = 0.55 + 0.45 * Math.sin((2 * Math.PI * i) / 4000);
    let sum = 3e-3 * g;
    for (let h = 1; h <= 30; h++) sum += (size / h ** 2) * Math.sin(2 * Math.PI * h * 0.0085 * i + h * h);
    return sum;
  });
  const rms = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / samples);
  return x.map((v) => (v / rms) * 10 ** (level / 20));
}

/** Mean magnitude of the error of a preset's features. */
function meanError(preset: PresetName, name: FixedName, level: number): number {
  const samples = 1600;
  const graph = featureGraph({ ...featureHead(preset), fit: null }, samples);
  const { program, report } = fixedOf(graph, name);
  const full = name === 'q15' ? 2 ** 15 : 2 ** 31;
  const values = {
    samples: voice(samples, level).map((v) => Math.max(-full, Math.min(full - 1, Math.round(v * full)))),
  };
  const found = runProgram(jsBackend, program, values).features;
  const exact = runProgram(
    jsBackend,
    compileGraph(graph, { dtype: 'f64', vectors: false }),
    asNumbers(values, name),
  ).features;
  const scale = 2 ** report.outputs.features.fraction;
  return exact.reduce((sum, x, i) => sum + Math.abs(found[i] / scale - x), 0) / exact.length;
}

describe('log-mel of a voice', () => {
  it('q15: within 0.02 and 0.05 log10 at -20 and -40 dBFS', () => {
    expect(meanError('papilio', 'q15', -20)).toBeLessThan(1e-3);
    expect(meanError('papilio', 'q15', -40)).toBeLessThan(1e-3);
  });
  it('q31: within 1e-4 log10 from -60 dBFS on', () => {
    for (const level of [-20, -40, -60]) expect(meanError('papilio', 'q31', level)).toBeLessThan(1e-4);
  });
  it('levels of other presets: below the largest of the clip, of frames without their mean', () => {
    expect(meanError('whisper', 'q31', -20)).toBeLessThan(1e-5);
    expect(meanError('kaldi', 'q31', -20)).toBeLessThan(1e-4);
    expect(meanError('kaldi', 'q15', -20)).toBeLessThan(0.02);
  });
});

describe('front ends', () => {
  // The interpreter throws where a value leaves 32 bits.
  it.each(frontGraphs())('nothing overflows: %s', (_, graph) => {
    for (const name of ['q15', 'q31'] as const) {
      const { program } = fixedOf(graph, name);
      for (const values of fullScale(program, name, 5)) runProgram(referenceBackend, program, values);
    }
  });
});

const own = (body: Parameters<typeof map>[2], size: number): Graph => ({
  outputs: { y: map('own', [input('x', [size])], body)[0] },
});
const square = k.mul(argument(0), argument(0));

describe('the logarithm', () => {
  it('of a square is off by at most the noise that is stated', () => {
    const xs = Array.from({ length: 4000 }, (_, i) => Math.round(2 ** (4 + (i * 27) / 4000) - 1));
    const { program, report } = fixedOf(own([k.log(square)], xs.length), 'q31');
    const { fraction, noise } = report.outputs.y;
    const found = runProgram(referenceBackend, program, { x: xs }).y;
    xs.forEach((x, i) => {
      // Words hold 23 bits beside the exponent; samples lose two bits before they are squared.
      const bits = 2 ** -22 + 4.5 / x;
      const exact = 2 * Math.log(x / 2 ** 31);
      expect(Math.abs(found[i] / 2 ** fraction - exact)).toBeLessThan(noise / 2 ** fraction + bits);
    });
  });
  it('of 0 is that of the smallest power, or of the floor', () => {
    const floored = k.log(k.max(square, literal(1e-10)));
    for (const [body, least, most] of [
      [k.log(square), -90, -40],
      [floored, Math.log(1e-10) - 1e-6, Math.log(1e-10) + 1e-6],
    ] as const) {
      const { program, report } = fixedOf(own([body], 3), 'q15');
      const found =
        runProgram(referenceBackend, program, { x: [0, 0, 0] }).y[0] / 2 ** report.outputs.y.fraction;
      expect(found).toBeGreaterThan(least);
      expect(found).toBeLessThan(most);
    }
  });
});

describe('what is refused', () => {
  it.each([
    ['powers without a logarithm', square, /output y of powers/],
    ['roots', k.sqrt(square), /sqrt in fixed point/],
    ['logarithms of samples', k.log(argument(0)), /of a value/],
    ['products of powers', k.mul(square, k.add(square, square)), /fixed point/],
  ])('%s', (_, body, message) => {
    expect(() => fixedOf(own([body], 4), 'q15')).toThrow(message);
    expect(() => fixedOf(own([body], 4), 'q15')).toThrow(UnsupportedError);
  });
});
