/** What is learned or looked at: a target, a model that can be it, and values of its parameters as text. */
import {
  chainModel,
  defaultRadices,
  exactParameters,
  matrixOf,
  modelShapes,
  targetModel,
  targets,
  uniformNetwork,
  type Matrix,
  type Model,
  type ParameterValues,
  type Parametrization,
} from 'papilio/learn';

/** Targets by name, and a matrix that the visitor typed. */
export const targetTitles = {
  dft: 'Fourier (DFT)',
  idft: 'inverse Fourier',
  dct2: 'cosine (DCT-II)',
  dct4: 'cosine (DCT-IV)',
  dst2: 'sine (DST-II)',
  hartley: 'Hartley',
  hadamard: 'Hadamard',
  convolution: 'convolution',
  matrix: 'your matrix',
} as const;
export type TargetName = keyof typeof targetTitles;
export const targetNames = Object.keys(targetTitles) as TargetName[];

export type Blocks = Extract<Parametrization, 'free' | 'twiddle' | 'unit-circle' | 'widely-linear'>;
export const blockTitles: Readonly<Record<Blocks, string>> = {
  free: 'free 2 × 2 blocks',
  twiddle: 'twiddles, free in the plane',
  'unit-circle': 'angles on the circle',
  'widely-linear': 'real maps of pairs',
};

/** Kinds of blocks that a target can be learned with, the best first. */
export function blocksOf(target: TargetName): Blocks[] {
  const all = target === 'matrix' ? (['free', 'widely-linear'] as const) : targets[target].parametrizations;
  return all.filter((p): p is Blocks => Object.hasOwn(blockTitles, p));
}

export interface Subject {
  readonly name: string;
  readonly model: Model;
  readonly matrix: Matrix;
}

/** Rows of numbers, complex ones as 0.5-2i. Throws Error that says what is wrong. */
export function matrixOfText(text: string): Matrix {
  const rows = text
    .split(/[\n;]/)
    .map((line) =>
      line
        .trim()
        .split(/[\s,]+/)
        .filter((x) => x !== ''),
    )
    .filter((row) => row.length > 0);
  const n = rows.length;
  if (n < 2 || n > 256 || (n & (n - 1)) !== 0) throw new Error(`${n} rows; expected 2, 4, 8, ... 256`);
  const bad = rows.findIndex((row) => row.length !== n);
  if (bad >= 0) throw new Error(`row ${bad + 1} has ${rows[bad].length} numbers; expected ${n}`);
  const entries = rows.map((row) => row.map(numberOfText));
  if (entries.every((row) => row.every(([re, im]) => re === 0 && im === 0)))
    throw new Error('every entry is zero');
  return matrixOf(n, (i, j) => entries[i][j]);
}

/** 2, -1.5, i, 0.5-2i. Throws Error for what is none. */
export function numberOfText(text: string): [re: number, im: number] {
  const number = String.raw`\d*\.?\d+(?:e[+-]?\d+)?|\d+\.`;
  const found = new RegExp(`^([+-]?(?:${number}))?(?:([+-]?(?:${number})?)[ij])?$`, 'i').exec(text);
  if (!found || text === '') throw new Error(`"${text}" is no number; expected one like 2, -0.5 or 1-2i`);
  const [, re, im] = found;
  // "2i" alone is read as a real 2 that an i follows.
  if (im === '' && re !== undefined) return [0, Number(re)];
  const part = im === undefined ? 0 : im === '' || im === '+' ? 1 : im === '-' ? -1 : Number(im);
  return [re === undefined ? 0 : Number(re), part];
}

export interface SubjectOptions {
  readonly target: TargetName;
  readonly n: number;
  readonly blocks: Blocks;
  /** Of target "matrix". */
  readonly matrix: string;
}

/** As `papilio fit` makes it of the same settings. Throws Error for a matrix that is none. */
export function subjectOf({ target, n, blocks, matrix }: SubjectOptions): Subject {
  if (target !== 'matrix') {
    const { name, model, matrix: own } = targetModel(target, defaultRadices(n), blocks);
    return { name, model, matrix: own };
  }
  const own = matrixOfText(matrix);
  const real = blocks === 'widely-linear';
  if (real && own.im.some((x) => x !== 0)) throw new Error('a complex matrix; expected free blocks for it');
  const network = uniformNetwork(
    defaultRadices(own.n),
    { parametrization: blocks },
    { norm: 'ortho', permutation: 'digit-reversal' },
  );
  const model = chainModel([network], real ? 'real' : 'complex');
  return { name: 'your matrix', model, matrix: own };
}

/** A target with its exact parameters; the Fourier transforms have NumPy's factors and constant twiddles. */
export function exactSubject(
  target: Exclude<TargetName, 'matrix'>,
  n: number,
): { subject: Subject; values: ParameterValues } {
  const blocks = blocksOf(target);
  const own = blocks.includes('twiddle') ? 'twiddle' : blocks[0];
  const subject = subjectOf({ target, n, blocks: own, matrix: '' });
  if (target !== 'dft' && target !== 'idft') return { subject, values: exactParameters(target, subject) };
  const direction = target === 'dft' ? 'forward' : 'inverse';
  const network = uniformNetwork(defaultRadices(n), { parametrization: 'exact' }, { direction });
  const factor = direction === 'forward' ? Math.sqrt(n) : 1 / Math.sqrt(n);
  const [re, im] = [subject.matrix.re, subject.matrix.im].map((x) => x.map((v) => v * factor));
  return { subject: { ...subject, model: chainModel([network]), matrix: { n, re, im } }, values: {} };
}

/** All parameters of a model in one text. */
export function packed(model: Model, values: ParameterValues): string {
  const all = Object.keys(modelShapes(model)).map((name) => values[name]);
  const numbers = new Float64Array(all.reduce((sum, x) => sum + x.length, 0));
  let at = 0;
  for (const x of all) {
    numbers.set(x, at);
    at += x.length;
  }
  let bytes = '';
  for (const byte of new Uint8Array(numbers.buffer)) bytes += String.fromCharCode(byte);
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Parameters of a text of `packed`; null where it holds others. */
export function unpacked(model: Model, text: string): ParameterValues | null {
  let bytes: string;
  try {
    bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return null;
  }
  if (bytes.length % 8 !== 0) return null;
  const numbers = new Float64Array(Uint8Array.from(bytes, (c) => c.charCodeAt(0)).buffer);
  const shapes = Object.entries(modelShapes(model)).map(
    ([name, shape]) => [name, shape.reduce((a, b) => a * b, 1)] as const,
  );
  if (shapes.reduce((sum, [, size]) => sum + size, 0) !== numbers.length || !numbers.every(Number.isFinite))
    return null;
  const values: ParameterValues = {};
  let at = 0;
  for (const [name, size] of shapes) values[name] = numbers.slice(at, (at += size));
  return values;
}
