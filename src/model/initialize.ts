/** Starting values of a network's parameters: exact, exact + noise, random, ones. Random starts are not the answer. */
import { numberArithmetic, complex, type Complex } from '../numeric/arithmetic.ts';
import { fillGaussian, fillUniform } from '../numeric/random.ts';
import { twiddle } from '../numeric/twiddle.ts';
import { dftBlock, transpose, type Block } from './butterfly.ts';
import { parameterShapes, type NetworkSpec } from './network.ts';
import { splitPoints, splitTwiddle } from './parametrization.ts';

/**
 * exact: the DFT itself. noise: exact plus Gaussian noise of deviation 0.1. ones: every entry (1, 0).
 * random: sqrt(r) times unitary blocks (Haar) for free, the scale of the exact ones, uniform on the disc of radius 1 for twiddle, uniform angles for unit circle.
 */
export type Start = 'exact' | 'noise' | 'random' | 'ones';

export type ParameterValues = Record<string, Float64Array>;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Values for every parameter of a network, by name. Gates start at 1 (open) whatever the start. */
export function initialize(spec: NetworkSpec, start: Start, seed: number): ParameterValues {
  const values: ParameterValues = {};
  Object.entries(parameterShapes(spec)).forEach(([name, shape], stream) => {
    const out = new Float64Array(sizeOf(shape));
    const kind = name.split('.')[1];
    const stage = Number(/^stage(\d+)/.exec(name)?.[1] ?? -1);
    if (kind === 'gate') out.fill(1);
    else if (start === 'random') fillRandom(out, kind, shape, seed, stream);
    else if (start === 'ones') fillOnes(out, kind);
    else fillExact(out, kind, spec, stage);
    if (start === 'noise' && kind !== 'gate') addNoise(out, seed, stream);
    values[name] = out;
  });
  return values;
}

function addNoise(out: Float64Array, seed: number, stream: number): void {
  const noise = new Float64Array(out.length);
  fillGaussian(noise, seed, stream);
  for (let i = 0; i < out.length; i++) out[i] += 0.1 * noise[i];
}

function fillOnes(out: Float64Array, kind: string): void {
  if (kind === 'angle') return;
  for (let i = 0; i < out.length; i += 2) out[i] = 1;
}

function fillRandom(
  out: Float64Array,
  kind: string,
  shape: readonly number[],
  seed: number,
  stream: number,
): void {
  if (kind === 'angle') {
    fillUniform(out, seed, stream);
    for (let i = 0; i < out.length; i++) out[i] *= Math.PI;
    return;
  }
  if (kind === 'twiddle') {
    // Uniform in the unit disc: rejection-free through radius sqrt(u) and angle, from two uniforms.
    fillUniform(out, seed, stream);
    for (let i = 0; i < out.length; i += 2) {
      const radius = Math.sqrt((out[i] + 1) / 2);
      const [re, im] = twiddle(Math.floor(((out[i + 1] + 1) / 2) * 2 ** 24), 2 ** 24);
      [out[i], out[i + 1]] = [radius * re, radius * im];
    }
    return;
  }
  fillGaussian(out, seed, stream);
  const r = shape[1];
  for (let at = 0; at < out.length; at += 2 * r * r) orthonormalize(out.subarray(at, at + 2 * r * r), r);
}

/** Modified Gram-Schmidt on the rows of an r x r complex matrix: Gaussian entries become sqrt(r) times a Haar unitary matrix. */
function orthonormalize(m: Float64Array, r: number): void {
  for (let i = 0; i < r; i++) {
    const row = m.subarray(2 * i * r, 2 * (i + 1) * r);
    for (let j = 0; j < i; j++) {
      const other = m.subarray(2 * j * r, 2 * (j + 1) * r);
      let [re, im] = [0, 0];
      for (let c = 0; c < 2 * r; c += 2) {
        re += other[c] * row[c] + other[c + 1] * row[c + 1];
        im += other[c] * row[c + 1] - other[c + 1] * row[c];
      }
      for (let c = 0; c < 2 * r; c += 2) {
        const [a, b] = [other[c], other[c + 1]];
        row[c] -= re * a - im * b;
        row[c + 1] -= re * b + im * a;
      }
    }
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    for (let c = 0; c < 2 * r; c++) row[c] *= Math.sqrt(r) / norm;
  }
}

/** Twiddle w_a(k) of a stage as number pair, conjugated for the inverse. */
function stageTwiddle(spec: NetworkSpec, stage: number, a: number, k: number): Complex<number> {
  const stride = spec.stages.slice(0, stage).reduce((p, s) => p * s.radix, 1);
  const [re, im] = twiddle(a * k, spec.stages[stage].radix * stride);
  return { re, im: spec.direction === 'inverse' ? -im : im };
}

/** The exact block of butterfly (g, k): DFT times twiddles, transposed in frequency decimation. */
export function exactBlock(spec: NetworkSpec, stage: number, k: number): Block<number> {
  const r = spec.stages[stage].radix;
  const block = dftBlock(numberArithmetic, r, spec.direction === 'inverse').map((row) =>
    row.map((e, a) => complex.mul(numberArithmetic, e, stageTwiddle(spec, stage, a, k))),
  );
  return spec.decimation === 'time' ? block : transpose(block);
}

function fillExact(out: Float64Array, kind: string, spec: NetworkSpec, stage: number): void {
  if (stage < 0) {
    fillExactSplit(out, kind, spec);
    return;
  }
  const r = spec.stages[stage].radix;
  const stride = spec.stages.slice(0, stage).reduce((p, s) => p * s.radix, 1);
  const per = kind === 'block' ? 2 * r * r : kind === 'angle' ? r - 1 : 2 * (r - 1);
  for (let b = 0; b < out.length / per; b++) {
    const k = b % stride;
    const at = b * per;
    if (kind === 'block') {
      exactBlock(spec, stage, k)
        .flat()
        .forEach((e, i) => out.set([e.re, e.im], at + 2 * i));
      continue;
    }
    for (let a = 1; a < r; a++) {
      if (kind === 'angle')
        out[at + a - 1] = ((spec.direction === 'inverse' ? 2 : -2) * Math.PI * a * k) / (r * stride);
      else {
        const w = stageTwiddle(spec, stage, a, k);
        out.set([w.re, w.im], at + 2 * (a - 1));
      }
    }
  }
}

function fillExactSplit(out: Float64Array, kind: string, spec: NetworkSpec): void {
  for (let k = 0; k < splitPoints(spec.n); k++) {
    const [re, im] = splitTwiddle(k, spec.n, spec.direction === 'inverse');
    if (kind === 'twiddle') out.set([re, im], 2 * k);
    // X = (P + v Q) / 2 with P, Q the sum and difference of the pair.
    else
      out.set(
        [(1 + re) / 2, im / 2, (1 - re) / 2, -im / 2, (1 - re) / 2, -im / 2, (1 + re) / 2, im / 2],
        8 * k,
      );
  }
}
