/**
 * The permutation of a chain from its matrix, by algebra: in decimation in time the columns that meet in a butterfly of
 * stage s agree up to a factor on every class of rows that the later stages do not mix with others. Groups of columns are
 * joined stage by stage; each group keeps, for every class of rows, the one direction that its columns share.
 * (The rank-one blocks are those of the butterfly factorisation: Zheng, Riccietti & Gribonval, 2022.)
 */
import { copyOf, norm, type ComplexArray } from '../numeric/complex.ts';
import { requireMatrix, type Matrix } from '../numeric/matrix.ts';
import { checkArgument, matching } from '../options.ts';

interface Group {
  /** Columns in the order of their positions. */
  readonly columns: readonly number[];
  /** The direction of every row class: class j of a group of d columns holds the rows k = j mod d. */
  readonly classes: readonly ComplexArray[];
}

/** 1 - |<a, b>| below this is one direction. */
const tolerance = 1e-9;

/** Rows of a class as a vector of norm 1, or zero. */
function normalized(x: ComplexArray): ComplexArray {
  const size = norm(x);
  return copyOf(x, size > 0 ? 1 / size : 0);
}

/** Every r-th number from `phase` on. */
const every = (x: Float64Array, r: number, phase: number): Float64Array =>
  x.filter((_, i) => i % r === phase);

function parallel(a: ComplexArray, b: ComplexArray): boolean {
  let [re, im, normA, normB] = [0, 0, 0, 0];
  for (let i = 0; i < a.re.length; i++) {
    re += a.re[i] * b.re[i] + a.im[i] * b.im[i];
    im += a.re[i] * b.im[i] - a.im[i] * b.re[i];
    normA += a.re[i] ** 2 + a.im[i] ** 2;
    normB += b.re[i] ** 2 + b.im[i] ** 2;
  }
  // A zero vector agrees with everything.
  if (normA < 1e-20 || normB < 1e-20) return true;
  return Math.hypot(re, im) > (1 - tolerance) * Math.sqrt(normA * normB);
}

/** The classes of a group, each cut into r: rows j + d q become classes j + d (q mod r). */
const split = (group: Group, r: number): ComplexArray[] => {
  const d = group.classes.length;
  return Array.from({ length: d * r }, (_, j) => {
    const from = group.classes[j % d];
    const phase = Math.floor(j / d);
    return normalized({ re: every(from.re, r, phase), im: every(from.im, r, phase) });
  });
};

/** Join groups r at a time; null if some group finds no r - 1 partners. */
function joined(groups: readonly Group[], r: number): Group[] | null {
  const cut = groups.map((g) => split(g, r));
  const free = new Set(groups.keys());
  const result: Group[] = [];
  for (const i of groups.keys()) {
    if (!free.delete(i)) continue;
    const members = [i];
    for (const j of free) {
      if (members.length === r) break;
      if (cut[i].every((direction, c) => parallel(direction, cut[j][c]))) members.push(j);
    }
    if (members.length < r) return null;
    for (const j of members) free.delete(j);
    // A zero direction says nothing; another member may.
    const classes = cut[i].map(
      (_, c) =>
        members.map((m) => cut[m][c]).find((x) => x.re.some((v) => v !== 0) || x.im.some((v) => v !== 0)) ??
        cut[i][c],
    );
    result.push({ columns: members.flatMap((m) => groups[m].columns), classes });
  }
  return result;
}

const radicesRule = matching<readonly number[]>(
  'whole numbers of at least 1',
  (x) => Array.isArray(x) && x.every((r) => Number.isSafeInteger(r) && r >= 1),
);

/**
 * A table P such that the matrix is a chain of these radices (decimation in time, outputs in natural order) on x[P], or
 * null if there is none.
 */
export function identifyPermutation(matrix: Matrix, radices: readonly number[]): number[] | null {
  requireMatrix(matrix);
  checkArgument('radices', radices, radicesRule);
  const { n } = matrix;
  let groups: Group[] = Array.from({ length: n }, (_, j) => ({
    columns: [j],
    classes: [normalized({ re: every(matrix.re, n, j), im: every(matrix.im, n, j) })],
  }));
  for (const r of radices) {
    const next = joined(groups, r);
    if (!next) return null;
    groups = next;
  }
  return [...groups[0].columns];
}
