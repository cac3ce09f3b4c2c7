/**
 * Learning a product of two chains from the outside in: A = L_{S-1} .. L_0 R_0 .. R_{S-1}, where both outermost stages join
 * the positions of the largest stride. At every level two unitary stages are learned, by gradients from random angles, that
 * leave nothing outside the diagonal blocks of U A V; the blocks are then matrices of the same kind with the next stride.
 * Each level is two stages deep whatever the depth of the product, so that it does not get stuck where the whole does.
 */
import { InvalidArgumentError } from '../errors.ts';
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { adjointInPlace } from '../numeric/blocks.ts';
import { complexArray, type ComplexArray } from '../numeric/complex.ts';
import type { Matrix } from '../numeric/matrix.ts';
import { exprCarrier as k, type Expr } from '../ir/expr.ts';
import { access, input, loop, parameter, type Store, type Tensor } from '../ir/graph.ts';
import { LoadList, planarOutputs, shared, type View } from '../ir/view.ts';
import { fillUniform } from '../numeric/random.ts';
import { butterfly, transpose, unitaryBlock, type Block } from '../model/butterfly.ts';
import { unitaryBlocks } from '../model/parametrization.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { networkOf, networksOf, pointsOf, type Model } from '../model/model.ts';
import { evaluate } from '../optimize/evaluation.ts';
import { lbfgs } from '../optimize/finishers.ts';
import { compileObjective } from '../optimize/objective.ts';
import { parameterName } from '../model/geometry.ts';

/** Blocks [n / m, m, m] on the diagonal of an n x n matrix. */
interface Blocks extends ComplexArray {
  readonly m: number;
}

/** Is this a product that `outsideIn` knows: a chain in frequency, then one in time, free blocks, no permutation? */
export function isOutsideIn(model: Model): boolean {
  const chains = networksOf(model);
  const [first, second] = chains;
  return (
    chains.length === 2 &&
    model.parts.length === 2 &&
    model.head === 'complex' &&
    first.decimation === 'frequency' &&
    second.decimation === 'time' &&
    chains.every(
      (c) => c.permutation === 'identity' && c.stages.every((s) => s.parametrization === 'free' && !s.gate),
    ) &&
    first.stages.every((s, i) => s.radix === second.stages[i].radix)
  );
}

/** Angles [n / r, r^2] of one side as polar numbers of butterfly g d + offset, `offset` along dimension `at` of three. */
function sideBlock(list: LoadList, angles: Tensor, r: number, d: number, at: 1 | 2): Block<Expr> {
  const terms = [d * r * r, at === 1 ? r * r : 0, at === 2 ? r * r : 0];
  const polar = Array.from({ length: r * r }, (_, i) => {
    const t = list.read(angles, i, terms);
    return { re: k.cos(t), im: k.sin(t) };
  });
  return unitaryBlock(k, r, polar, 1);
}

interface Level {
  readonly loss: Tensor;
  /** U A V, whole, as [n / m, m, m]. */
  readonly turned: { readonly re: Tensor; readonly im: Tensor };
  readonly angles: readonly Tensor[];
}

/** Weighted energy of U A V outside the r diagonal blocks of stride d, and U A V itself. */
function levelGraph(n: number, m: number, r: number): Level {
  const d = m / r;
  const shape = [n / m, m, m];
  const angles = ['left', 'right'].map((name) => parameter(name, [n / r, r * r]));
  const space = [n / m, d, d];
  const list = new LoadList();
  const [u, v] = [sideBlock(list, angles[0], r, d, 1), sideBlock(list, angles[1], r, d, 2)];
  const legs = Array.from({ length: r }, (_, a) => a);
  const at = (j: number, a: number): number => (j * m + a) * d;
  // Rows of A are points, its columns are lanes.
  const [re, im] = ['re', 'im'].map((name): View => ({ ...shared(input(name, shape)), lane: 1 }));
  const entry = (j: number, a: number): Complex<Expr> => list.complex({ re, im }, at(j, a), [m * m, m]);
  // Columns of A through U, then rows through V.
  const columns = legs.map((a) =>
    butterfly(
      k,
      u,
      legs.map((j) => entry(j, a)),
    ),
  );
  const rows = transpose(columns).map((row) => butterfly(k, v, row));
  const outside = rows
    .flatMap((row, j) => row.filter((_, a) => a !== j))
    .map((y) => complex.squaredModulus(k, y))
    .reduce((a, b) => k.add(a, b));
  const weight = list.read(input('weight', [n / m]), 0, [1, 0, 0]);
  const [loss] = loop({
    label: 'outside the blocks',
    space,
    loads: list.loads,
    body: [k.mul(weight, outside)],
    stores: [{ result: 0, access: { offset: 0, terms: [0, 0, 0] }, combine: 'sum' }],
    shapes: [[1]],
  });
  const turned = loop({
    label: 'U A V',
    space,
    loads: list.loads.slice(0, -1),
    body: rows.flatMap((row) => row.flatMap((y) => [y.re, y.im])),
    stores: legs.flatMap((j) =>
      legs.flatMap((a) =>
        [0, 1].map((result): Store => ({ result, combine: 'store', access: access(at(j, a), m * m, m, 1) })),
      ),
    ),
    shapes: [shape, shape],
  });
  return { loss, turned: { re: turned[0], im: turned[1] }, angles };
}

/** Share of a block's energy outside its own blocks that counts as nothing. */
const nothing = 1e-24;
/** How often blocks that got stuck begin again; the others keep their angles. */
const attempts = 30;

/** Random angles for the blocks where `stuck` says so: block g of size m owns m / r butterflies on either side. */
function randomize(
  x: Float64Array,
  stuck: (g: number) => boolean,
  m: number,
  r: number,
  seed: number,
  attempt: number,
): void {
  const random = new Float64Array(x.length);
  fillUniform(random, seed, 2 ** 43 + attempt * 2 ** 24 + m);
  const own = (m / r) * r * r;
  const half = x.length / 2;
  for (let i = 0; i < x.length; i++) if (stuck(Math.floor((i % half) / own))) x[i] = Math.PI * random[i];
}

/** Share of the energy of every block that lies outside its r diagonal blocks. */
function shares(turned: ComplexArray, m: number, r: number): Float64Array {
  const d = m / r;
  return Float64Array.from({ length: turned.re.length / (m * m) }, (_, g) => {
    let [outside, all] = [0, 0];
    for (let row = 0; row < m; row++)
      for (let column = 0; column < m; column++) {
        const at = (g * m + row) * m + column;
        const e = turned.re[at] ** 2 + turned.im[at] ** 2;
        all += e;
        if (Math.floor(row / d) !== Math.floor(column / d)) outside += e;
      }
    return all > 0 ? outside / all : 0;
  });
}

/** Learn the angles of one level; yields the share of energy outside the blocks. */
function* learnLevel(
  level: Level,
  blocks: Blocks,
  r: number,
  steps: number,
  seed: number,
): Generator<number, ParameterValues> {
  const { m } = blocks;
  const objective = compileObjective({
    loss: level.loss,
    parameters: level.angles.map((tensor) => ({ tensor })),
    data: { re: blocks.re, im: blocks.im, weight: weights(blocks) },
  });
  try {
    const x = new Float64Array(objective.size);
    let stuck: (g: number) => boolean = () => true;
    for (let attempt = 0; attempt < attempts; attempt++) {
      randomize(x, stuck, m, r, seed, attempt);
      for (const s of lbfgs(objective, x, steps)) {
        yield s.loss;
        if (s.loss < nothing / 1e4) break;
      }
      const left = shares(turn(level, blocks, objective.unpack(x)), m, r);
      if (left.every((share) => share < nothing)) break;
      stuck = (g) => left[g] >= stuckShare;
    }
    return objective.unpack(x);
  } finally {
    objective.dispose();
  }
}

/** A block with more than this outside is at another minimum; one with less only needs more steps. */
const stuckShare = 1e-8;

/** 1 / (energy of a block times the number of blocks). All blocks count the same, however small. */
function weights({ m, re, im }: Blocks): Float64Array {
  const count = re.length / (m * m);
  return Float64Array.from({ length: count }, (_, g) => {
    let energy = 0;
    for (let i = g * m * m; i < (g + 1) * m * m; i++) energy += re[i] * re[i] + im[i] * im[i];
    return energy > 0 ? 1 / (energy * count) : 0;
  });
}

/** Cut the diagonal blocks of stride m / r out of blocks of size m. */
function cut(turned: ComplexArray, m: number, r: number): Blocks {
  const d = m / r;
  const count = turned.re.length / (m * m);
  const next = { m: d, ...complexArray(count * r * d * d) };
  for (let g = 0; g < count; g++)
    for (let j = 0; j < r; j++)
      for (let row = 0; row < d; row++) {
        const from = (g * m + j * d + row) * m + j * d;
        const to = ((g * r + j) * d + row) * d;
        next.re.set(turned.re.subarray(from, from + d), to);
        next.im.set(turned.im.subarray(from, from + d), to);
      }
  return next;
}

/**
 * Parameters of a product of two chains whose matrix is `matrix`, up to what a level could not clear in `steps` steps per attempt.
 * Yields the share of energy that a level leaves outside. Throws InvalidArgumentError for other models.
 */
export function* outsideIn(
  model: Model,
  matrix: Matrix,
  steps: number,
  seed: number,
): Generator<number, ParameterValues> {
  if (!isOutsideIn(model))
    throw new InvalidArgumentError(
      'learning from the outside in needs a chain in frequency and one in time of free blocks, without permutation',
    );
  const n = pointsOf(model);
  const radices = networkOf(model).stages.map((s) => s.radix);
  const values: ParameterValues = {};
  let blocks: Blocks = { m: n, re: matrix.re, im: matrix.im };
  for (let s = radices.length - 1; s > 0; s--) {
    const r = radices[s];
    const level = levelGraph(n, blocks.m, r);
    const angles = yield* learnLevel(level, blocks, r, steps, seed);
    // L = U^H and R = conj V undo what U and V did from the left and from the right.
    const [left, right] = [angles.left, angles.right].map((own) => unitaryBlocks(own, r, n / r));
    for (let at = 0; at < left.length; at += 2 * r * r) adjointInPlace(left, at, r);
    for (let i = 1; i < right.length; i += 2) right[i] = -right[i];
    values[`chain1.${parameterName(s, 'block')}`] = left;
    values[`chain0.${parameterName(s, 'block')}`] = right;
    blocks = cut(turn(level, blocks, angles), blocks.m, r);
  }
  Object.assign(values, innermost(blocks, n, radices[0]));
  return values;
}

/** U A V of a learned level. */
function turn(level: Level, { re, im }: Blocks, angles: ParameterValues): ComplexArray {
  const { outRe, outIm } = evaluate(planarOutputs(level.turned), { re, im, ...angles });
  return { re: outRe, im: outIm };
}

/** Stage 0 of both chains, in the scale sqrt r: one holds the blocks that are left, the other the identity. */
function innermost(blocks: Blocks, n: number, r: number): ParameterValues {
  const [left, right] = [new Float64Array(2 * n * r), new Float64Array(2 * n * r)];
  const scale = Math.sqrt(r);
  for (let i = 0; i < n * r; i++) {
    left.set([scale * blocks.re[i], scale * blocks.im[i]], 2 * i);
    right[2 * i] = (i % (r * r)) % (r + 1) === 0 ? scale : 0;
  }
  return { 'chain1.stage0.block': left, 'chain0.stage0.block': right };
}
