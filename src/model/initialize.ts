/** Starting values of a network's parameters. Random, Gaussian and ones are not the answer. */
import { checkArgument, oneOf, whole } from '../options.ts';
import { numberArithmetic, complex, type Complex } from '../numeric/arithmetic.ts';
import { atan2, cos, sin } from '../numeric/elementary.ts';
import { addGaussian, fillGaussian, fillUniform } from '../numeric/random.ts';
import { twiddle } from '../numeric/twiddle.ts';
import { sizeOf } from '../ir/graph.ts';
import { blockNumbers, dftBlock, readBlock, rotationPairs, transpose, type Block } from './butterfly.ts';
import { openGates } from './gates.ts';
import { parameterStage, radicesOf, stageSize } from './geometry.ts';
import { parameterShapes, validateNetwork, type NetworkSpec } from './network.ts';
import { splitPoints } from './exact-stage.ts';
import { splitTwiddle } from './parametrization.ts';

/** Where training starts. */
export const starts = [
  /** The DFT itself. */
  'exact',
  /** Exact plus Gaussian noise of deviation 0.1. */
  'noise',
  /** sqrt(r) times Haar unitary (or, widely linear, orthogonal) blocks, the scale of the exact ones; twiddles uniform on the unit disc, angles uniform. */
  'random',
  /** Gaussian entries of the same expected squared modulus as the exact ones; angles of deviation 1. */
  'gaussian',
  /** Every entry (1, 0), every angle 0. */
  'ones',
] as const;
/** A name of `starts`. */
export type Start = (typeof starts)[number];

/** Values of parameters by name, each in row-major order of its shape (`parameterShapes`). */
export type ParameterValues = Record<string, Float64Array>;

/** A transform network with its parameters. */
export interface TransformModel {
  readonly network: NetworkSpec;
  readonly values: ParameterValues;
}

/** A start by name: a misspelt one is an error and never the exact answer. */
export const startRule = oneOf(starts);
/** Seeds of starts, signals and noise. */
export const seedRule = whole(0, 2 ** 48);

/**
 * Values for every parameter of a network, by name. Gates start open whatever the start. Throws InvalidArgumentError for what is no
 * network, start or seed.
 */
export function initialize(spec: NetworkSpec, start: Start, seed: number): ParameterValues {
  validateNetwork(spec);
  checkArgument('start', start, startRule);
  checkArgument('seed', seed, whole(0));
  const values: ParameterValues = {};
  Object.entries(parameterShapes(spec)).forEach(([name, shape], stream) => {
    const out = new Float64Array(sizeOf(shape));
    const { s: stage, kind } = parameterStage(name);
    const gate = spec.stages[stage]?.gate;
    if (kind === 'gate' && gate) out.set(openGates(gate, out.length));
    else if (start === 'random') fillRandom(out, kind, shape, seed, stream);
    else if (start === 'gaussian') fillScaledGaussian(out, kind, seed, stream);
    else if (start === 'ones') fillOnes(out, kind);
    else fillExact(out, kind, spec, stage);
    if (start === 'noise' && kind !== 'gate') addGaussian(out, 0.1, seed, stream);
    values[name] = out;
  });
  return values;
}

const isAngles = (kind: string): boolean => kind === 'angle' || kind === 'unitary';

function fillScaledGaussian(out: Float64Array, kind: string, seed: number, stream: number): void {
  fillGaussian(out, seed, stream);
  // Entries of A and B share the unit modulus of an exact entry.
  const scale = isAngles(kind) ? 1 : kind === 'widely' ? 0.5 : Math.SQRT1_2;
  for (let i = 0; i < out.length; i++) out[i] *= scale;
}

function fillOnes(out: Float64Array, kind: string): void {
  if (isAngles(kind)) return;
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
  const r = kind === 'unitary' ? Math.round(Math.sqrt(shape[1])) : shape[1];
  const blocks = kind === 'unitary' ? new Float64Array(2 * out.length) : out;
  fillGaussian(blocks, seed, stream);
  for (let b = 0, size = kind === 'widely' ? 4 * r * r : 2 * r * r; b < blocks.length / size; b++) {
    const block = blocks.subarray(b * size, (b + 1) * size);
    if (kind === 'widely') toWidelyLinear(block, r);
    else orthonormalize(block, r, Math.sqrt(r));
    if (kind === 'unitary') out.set(unitaryAngles(readBlock(block, 0, r)), b * r * r);
  }
}

/** Modified Gram-Schmidt on the rows of an r x r complex matrix: Gaussian entries become `size` times a Haar unitary matrix. */
function orthonormalize(m: Float64Array, r: number, size: number): void {
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
    for (let c = 0; c < 2 * r; c++) row[c] *= size / norm;
  }
}

/**
 * Gaussian numbers to A and B of y = A x + B conj(x) [r, 2 r, 2] that together are sqrt(r) times an orthogonal map of
 * the 2r real parts: complex rows are made orthonormal, then half of the rows is conjugated.
 */
function toWidelyLinear(m: Float64Array, r: number): void {
  const width = 2 * r;
  const real = Float64Array.from({ length: 2 * width * width }, (_, i) => (i % 2 === 0 ? m[i / 2] : 0));
  orthonormalize(real, width, Math.sqrt(r));
  // Rows j, r + j are re and im of output j; columns a, r + a those of input a.
  for (let j = 0; j < r; j++)
    for (let a = 0; a < r; a++) {
      const at = (row: number, column: number): number => real[2 * (row * width + column)];
      const [rr, ri, ir, ii] = [at(j, a), at(j, r + a), at(r + j, a), at(r + j, r + a)];
      m.set([(rr + ii) / 2, (ir - ri) / 2], 2 * (j * width + a));
      m.set([(rr - ii) / 2, (ir + ri) / 2], 2 * (j * width + r + a));
    }
}

/** `Math.hypot` is the engine's. */
const modulus = ({ re, im }: Complex<number>): number => Math.sqrt(re * re + im * im);

/** Angles t of `unitaryBlock` for a block that is a multiple of a unitary one: each rotation nulls one entry. */
function unitaryAngles(block: Block<number>): Float64Array {
  const k = numberArithmetic;
  const r = block.length;
  const u = block.map((row) => [...row]);
  const angles = new Float64Array(r * r);
  rotationPairs(r).forEach(([i, j], m) => {
    const [a, b] = [u[j][i], u[j][j]];
    const theta = atan2(modulus(a), modulus(b));
    const phi = atan2(a.im, a.re) - atan2(b.im, b.re);
    angles.set([theta, phi], r + 2 * m);
    // Columns i and j times the adjoint of [[e c, -s], [e s, c]].
    const [c, s] = [cos(theta), sin(theta)];
    const adjoint = { re: cos(phi), im: -sin(phi) };
    for (const row of u) {
      const x = complex.mul(k, adjoint, row[i]);
      const y = row[j];
      row[i] = { re: c * x.re - s * y.re, im: c * x.im - s * y.im };
      row[j] = { re: s * x.re + c * y.re, im: s * x.im + c * y.im };
    }
  });
  u.forEach((row, j) => (angles[j] = atan2(row[j].im, row[j].re)));
  return angles;
}

/** Twiddle w_a(k) of a stage as number pair, conjugated for the inverse. */
function stageTwiddle(spec: NetworkSpec, stage: number, a: number, k: number): Complex<number> {
  const { r, stride } = stageSize(radicesOf(spec), stage);
  const [re, im] = twiddle(a * k, r * stride);
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

/** Numbers of butterfly (g, k) of the exact transform for a kind of parameter. */
function exactNumbers(kind: string, spec: NetworkSpec, stage: number, k: number): ArrayLike<number> {
  const { r, stride } = stageSize(radicesOf(spec), stage);
  const legs = Array.from({ length: r - 1 }, (_, a) => a + 1);
  switch (kind) {
    case 'block':
      return blockNumbers(exactBlock(spec, stage, k));
    case 'widely':
      return exactBlock(spec, stage, k).flatMap((row) => [
        ...blockNumbers([row]),
        ...new Array<number>(2 * r).fill(0),
      ]);
    case 'unitary':
      return unitaryAngles(exactBlock(spec, stage, k));
    case 'angle':
      return legs.map((a) => ((spec.direction === 'inverse' ? 2 : -2) * Math.PI * a * k) / (r * stride));
    default:
      return blockNumbers([legs.map((a) => stageTwiddle(spec, stage, a, k))]);
  }
}

function fillExact(out: Float64Array, kind: string, spec: NetworkSpec, stage: number): void {
  if (stage < 0) {
    fillExactSplit(out, kind, spec);
    return;
  }
  const { stride, count } = stageSize(radicesOf(spec), stage);
  for (let b = 0; b < count; b++)
    out.set(exactNumbers(kind, spec, stage, b % stride), (b * out.length) / count);
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
