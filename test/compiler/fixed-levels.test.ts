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

/** Mean magnitude of the error of a preset's features over frames of a voice, by level in dB of full scale. */
function meanErrors(preset: PresetName, name: FixedName, levels: readonly number[]): number[] {
  const length = 512;
  const graph = featureGraph({ ...featureHead(preset), fit: null }, length);
  const { program, report } = fixedOf(graph, name);
  const exactly = compileGraph(graph, { dtype: 'f64', vectors: false });
  const full = name === 'q15' ? 2 ** 15 : 2 ** 31;
  const scale = 2 ** report.outputs.features.fraction;
  return levels.map((level) => {
    const samples = voice(8 * length, level).map((v) =>
      Math.max(-full, Math.min(full - 1, Math.round(v * full))),
    );
    let [sum, count] = [0, 0];
    for (let at = 0; at < samples.length; at += length) {
      const values = { samples: samples.slice(at, at + length) };
      const found = runProgram(jsBackend, program, values).features;
      const exact = runProgram(jsBackend, exactly, asNumbers(values, name)).features;
      exact.forEach((x, i) => (sum += Math.abs(found[i] / scale - x)));
      count += exact.length;
    }
    return sum / count;
  });
}

/** Every error is below what is stated for its level. */
function expectErrors(preset: PresetName, name: FixedName, most: Readonly<Record<number, number>>): void {
  const levels = Object.keys(most).map(Number);
  meanErrors(preset, name, levels).forEach((error, i) =>
    expect(error, `${preset}, ${name}, ${levels[i]} dBFS`).toBeLessThan(most[levels[i]]),
  );
}

describe('levels of a voice', () => {
  it('log-mel in q15: far within the 0.02 and 0.05 log10 of tables of 16 bits', () => {
    expectErrors('papilio', 'q15', { [-20]: 1e-3, [-40]: 1e-3 });
  });
  it('log-mel in q31: within 1e-4 log10 from -60 dBFS on', () => {
    expectErrors('papilio', 'q31', { [-20]: 1e-4, [-40]: 1e-4, [-60]: 1e-4 });
  });
  it('below the largest of the clip', () => {
    expectErrors('whisper', 'q31', { [-20]: 1e-5 });
  });
  it('without the mean of a frame, in the unit of 16-bit samples, natural logarithms', () => {
    expectErrors('kaldi', 'q15', { [-20]: 2e-4, [-40]: 1e-3 });
    expectErrors('kaldi', 'q31', { [-20]: 1e-4, [-60]: 5e-3 });
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
const sumOfSquares = (factors: readonly number[]) =>
  factors
    .map((c) => k.mul(argument(0), literal(c)))
    .map((x) => k.mul(x, x))
    .reduce((sum, x) => k.add(sum, x));

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

describe('energies', () => {
  /** Roots of energies that a program finds, from natural logarithms, beside exact ones. */
  const rootsOf = (found: ArrayLike<number>, fraction: number): number[] =>
    Array.from(found, (x) => Math.exp(x / 2 ** fraction / 2));

  it('have roots that are off by no more than the noise that is stated', () => {
    const value = k.add(k.mul(argument(0), literal(0.3)), k.mul(argument(1), literal(0.61)));
    const graph: Graph = {
      outputs: {
        y: map('own', [input('x', [512]), input('z', [512])], [k.log(k.mul(value, value))])[0],
      },
    };
    for (const name of ['q15', 'q31'] as const) {
      const { program, report } = fixedOf(graph, name);
      const { noise, worst } = report.energies ?? { noise: NaN, worst: NaN };
      expect(worst).toBeCloseTo(0.91 ** 2);
      let most = 0;
      for (const values of fullScale(program, name, 5)) {
        const found = rootsOf(runProgram(jsBackend, program, values).y, report.outputs.y.fraction);
        const { x, z } = asNumbers(values, name);
        found.forEach((root, i) => {
          const exact = Math.abs(0.3 * x[i] + 0.61 * z[i]);
          const error = Math.abs(root - exact);
          // A power keeps 20 bits.
          expect(error).toBeLessThan(Math.sqrt(noise) + 2 ** -20 * exact + 1e-12);
          most = Math.max(most, error);
        });
      }
      if (name === 'q15') expect(most).toBeGreaterThan(0.3 * Math.sqrt(noise));
    }
  });
  it('of levels have noise far below the largest', () => {
    for (const [what, graph] of frontGraphs().slice(0, 4)) {
      const { noise, worst } = fixedOf(graph, 'q31').report.energies ?? { noise: NaN, worst: NaN };
      expect(noise / worst, what).toBeLessThan(1e-11);
      expect(noise, what).toBeGreaterThan(0);
    }
  });
});

describe('what is refused', () => {
  it.each([
    ['powers without a logarithm', square, /output y of powers/],
    ['roots', k.sqrt(square), /sqrt in fixed point/],
    ['logarithms of samples', k.log(argument(0)), /of a value/],
    ['differences of powers', k.log(k.sub(square, k.mul(square, literal(0.5)))), /difference/],
    ['sums of five squares', k.log(sumOfSquares([0.1, 0.2, 0.3, 0.4, 0.5])), /a sum of 5 squares/],
    ['products of powers', k.mul(square, k.add(square, square)), /fixed point/],
  ])('%s', (_, body, message) => {
    expect(() => fixedOf(own([body], 4), 'q15')).toThrow(message);
    expect(() => fixedOf(own([body], 4), 'q15')).toThrow(UnsupportedError);
  });
});
