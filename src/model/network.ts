/**
 * The network y = B_{S-1} ... B_1 B_0 P x as a graph: one loop per stage, each a `butterfly` over an index map.
 *
 * Geometry: stage s has radix r_s and stride d_s = r_0 ... r_{s-1}; butterfly b = g d + k of a stage joins positions
 * g r d + a d + k, a = 0 .. r-1. Decimation in time runs stages by rising stride on digit-reversed input; decimation in
 * frequency is its transpose: falling stride, natural input, digit-reversed output. Both ends are presented in natural
 * order: the reversal is an index map of the first loads or the last stores. (Van Loan, Computational Frameworks for the FFT, 1992.)
 */
import { InvalidArgumentError } from '../errors.ts';
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { digitReversal } from '../numeric/digits.ts';
import { exprCarrier, type Expr } from '../ir/expr.ts';
import { loop, scaleTerm, type ComplexTensor, type Store, type Tensor, type Term } from '../ir/graph.ts';
import { everySecond, LoadList, rows, type ComplexView } from '../ir/view.ts';
import { gateGrains, gateKinds, gateModes, validateGate } from './gates.ts';
import { heads, type Head } from './heads.ts';
import { isSmallQuotient, scaledBy, unscaled, type Scale } from './scale.ts';
import {
  parametrizations,
  splitShapes,
  stageShapes,
  takesScale,
  learnedButterflies,
  type Butterflies,
  type Provide,
  type StageSpec,
  type SplitParametrization,
} from './parametrization.ts';

export const norms = ['backward', 'ortho', 'forward'] as const;
export type Norm = (typeof norms)[number];

/**
 * Where the samples go before the first stage by rising stride: position p of the chain holds sample P[p] for a table
 * (digit reversal included); decimation in frequency is the transpose, position p of its end is bin P[p].
 */
export type Permutation = 'digit-reversal' | 'identity' | readonly number[];

/** Everything that defines a transform network; plain data, stored in checkpoints. */
export interface NetworkSpec {
  /** Transform size: complex points, or real samples when input is real (even then). */
  readonly n: number;
  readonly input: 'complex' | 'real';
  readonly direction: 'forward' | 'inverse';
  /** NumPy's meaning: which direction carries the factor 1/n (or 1/sqrt n in both). */
  readonly norm: Norm;
  readonly decimation: 'time' | 'frequency';
  /** P; digit reversal gives the DFT family, identity leaves the samples where they are (Hadamard). */
  readonly permutation: Permutation;
  /** By rising stride, whatever the decimation. The product of the radices is the chain length. */
  readonly stages: readonly StageSpec[];
  /** Real input only: how the split stage over the pairs (k, n/2 - k) is parametrised. */
  readonly split: SplitParametrization;
}

/** Where intermediate results live: at their positions, or autosorted (Stockham), which keeps inner loops contiguous. */
export type Storage = 'in-place' | 'stockham';

/** Complex points of the butterfly chain: n, or n/2 for real input. */
export const chainLength = (spec: NetworkSpec): number => (spec.input === 'real' ? spec.n / 2 : spec.n);

/** Output bins: n, or n/2 + 1 for a real forward transform; n samples for a real inverse. */
export const binCount = (spec: NetworkSpec): number =>
  spec.input === 'real' && spec.direction === 'forward' ? spec.n / 2 + 1 : spec.n;

/** Largest network that is built loop by loop; beyond it only tables would take gigabytes. */
const maximumPoints = 1 << 22;
/** Largest radix: a butterfly is written out, r^2 products where its block is free. */
const maximumRadix = 128;

const allowed = {
  input: ['complex', 'real'],
  direction: ['forward', 'inverse'],
  norm: norms,
  decimation: ['time', 'frequency'],
  split: ['exact', 'twiddle', 'free'],
  parametrization: parametrizations,
  kind: gateKinds,
  mode: gateModes,
  grain: gateGrains,
} as const;

function oneOf(record: object, keys: readonly (keyof typeof allowed)[]): void {
  for (const key of keys) {
    const value: unknown = (record as Record<string, unknown>)[key];
    if (!(allowed[key] as readonly unknown[]).includes(value))
      throw new InvalidArgumentError(
        `${key} is ${JSON.stringify(value)}; expected ${allowed[key].join(' or ')}`,
      );
  }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function validateStage(stage: StageSpec, s: number): void {
  if (!isObject(stage)) throw new InvalidArgumentError(`stage ${s} is ${String(stage)}; expected an object`);
  oneOf(stage, ['parametrization']);
  const { radix, gate } = stage;
  if (!Number.isInteger(radix) || radix < 2 || radix > maximumRadix)
    throw new InvalidArgumentError(
      `stage ${s} has radix ${String(radix)}; expected an integer from 2 to ${maximumRadix}`,
    );
  if (gate === undefined) return;
  if (!isObject(gate))
    throw new InvalidArgumentError(`stage ${s} has gate ${String(gate)}; expected an object or none`);
  oneOf(gate, ['kind', 'mode', 'grain']);
  validateGate(gate);
}

/** Throws InvalidArgumentError if the spec is not a network, whatever it is. */
export function validateNetwork(spec: NetworkSpec): void {
  if (typeof spec !== 'object' || spec === null || !Array.isArray(spec.stages))
    throw new InvalidArgumentError('a network is an object with a list of stages');
  oneOf(spec, ['input', 'direction', 'norm', 'decimation', 'split']);
  spec.stages.forEach(validateStage);
  if (spec.n > maximumPoints)
    throw new InvalidArgumentError(`n is ${spec.n}; expected at most ${maximumPoints}`);
  if (!Number.isInteger(spec.n) || spec.n < 1)
    throw new InvalidArgumentError(`n is ${spec.n}; expected a positive integer`);
  if (spec.input === 'real' && (spec.n % 2 !== 0 || spec.n < 4))
    throw new InvalidArgumentError(`n is ${spec.n}; a real-input network needs an even n of at least 4`);
  const product = spec.stages.reduce((p, s) => p * s.radix, 1);
  if (product !== chainLength(spec))
    throw new InvalidArgumentError(
      `radices [${spec.stages.map((s) => s.radix).join(', ')}] multiply to ${product}; expected ${chainLength(spec)}`,
    );
  validatePermutation(spec.permutation, product);
}

function validatePermutation(p: Permutation, length: number): void {
  if (p === 'digit-reversal' || p === 'identity') return;
  const seen = new Set(Array.isArray(p) ? (p as readonly unknown[]) : []);
  if (
    !Array.isArray(p) ||
    p.length !== length ||
    Array.from({ length }, (_, i) => i).some((i) => !seen.has(i))
  )
    throw new InvalidArgumentError(
      `permutation is ${typeof p === 'string' ? JSON.stringify(p) : 'no order of all positions'}; expected digit-reversal, identity or a table of 0 .. ${length - 1}`,
    );
}

/** P as a table: position p before the first stage in time decimation, behind the last in frequency, holds sample table[p]. */
export function permutationTable({
  permutation,
  stages,
}: Pick<NetworkSpec, 'permutation' | 'stages'>): Int32Array {
  if (permutation === 'digit-reversal') return digitReversal(stages.map((s) => s.radix));
  if (permutation !== 'identity') return Int32Array.from(permutation);
  return Int32Array.from({ length: stages.reduce((p, s) => p * s.radix, 1) }, (_, p) => p);
}

/** The factor of this direction and norm. */
export function scaleOf(spec: NetworkSpec): number {
  if (spec.norm === 'ortho') return 1 / Math.sqrt(spec.n);
  const scaled = spec.norm === (spec.direction === 'inverse' ? 'backward' : 'forward');
  return scaled ? 1 / spec.n : 1;
}

/** The row of one leg of a butterfly: an offset, and terms over the point dimensions of a loop. */
interface Row {
  readonly offset: number;
  readonly terms: readonly Term[];
}

/** Rows of all legs that differ by their offsets only. */
const legs = (r: number, step: number, terms: readonly Term[]): Row[] =>
  Array.from({ length: r }, (_, a) => ({ offset: a * step, terms }));

/** Positions of one stage in storage, seen from its point dimensions: [g, k] in place, [k, p] with p = reversed g in Stockham order. */
interface StageGeometry {
  readonly space: readonly number[];
  readonly before: readonly Row[];
  readonly after: readonly Row[];
  /** Terms of g and k over the point dimensions, for parameters; g is asked for by learned and gated stages only. */
  readonly g: () => readonly Term[];
  readonly k: readonly Term[];
}

/** Group numbers sorted by the address of their first sample: rev(g) over the radices above stage s. */
function reversedGroups(radices: readonly number[], s: number): Int32Array {
  return digitReversal(radices.slice(s + 1));
}

const range = (n: number, f: (i: number) => number): Int32Array =>
  Int32Array.from({ length: n }, (_, i) => f(i));

/** Geometry of stage s. The permutation decides the order at level 0 (input of time, output of frequency decimation). */
export function stageGeometry(
  radices: readonly number[],
  s: number,
  storage: Storage,
  permutation: Permutation,
): StageGeometry {
  const n = radices.reduce((a, b) => a * b, 1);
  const r = radices[s];
  const d = radices.slice(0, s).reduce((a, b) => a * b, 1);
  const m = n / (r * d);
  const reversed = permutation === 'digit-reversal';
  if (storage === 'stockham' && reversed) {
    // Level D stores frequency digits K above time digits p: address K (n / D) + p.
    const groupOf = (): Int32Array => {
      const table = new Int32Array(m);
      reversedGroups(radices, s).forEach((p, g) => (table[p] = g));
      return table;
    };
    return {
      space: [d, m],
      before: legs(r, m, [r * m, 1]),
      after: legs(r, d * m, [m, 1]),
      g: () => [0, groupOf()],
      k: [1, 0],
    };
  }
  const inPlace = legs(r, d, [r * d, 1]);
  const first = (): Row[] => {
    if (permutation === 'identity') return inPlace;
    if (permutation === 'digit-reversal') return legs(r, m, [reversedGroups(radices, s), 0]);
    return inPlace.map((_, a) => ({ offset: 0, terms: [range(m, (g) => permutation[g * r + a]), 0] }));
  };
  return {
    space: [m, d],
    before: s === 0 ? first() : inPlace,
    after: inPlace,
    g: () => [1, 0],
    k: [0, 1],
  };
}

/** The complex value of every leg. */
const loaded = (
  list: LoadList,
  source: ComplexView,
  from: readonly Row[],
  space: readonly number[],
): Complex<Expr>[] => from.map(({ offset, terms }) => list.complex(source, offset, terms, space));

/** The loop that stores one complex value per leg, as planar results or as those of the head. */
function storedLoop(
  label: string,
  space: readonly number[],
  list: LoadList,
  y: readonly Complex<Expr>[],
  to: readonly Row[],
  points: number,
  lanes: number,
  head: Head,
): readonly Tensor[] {
  const body: Expr[] = [];
  const stores: Store[] = [];
  y.forEach((value, a) => {
    const { offset: row, terms: point } = to[a];
    const read = (c: Tensor): Expr => list.read(c, row, [...point, 0]);
    for (const out of head.emit(value, read)) {
      body.push(out.value);
      const terms = point.map((t) => scaleTerm(t, head.rowsPerBin * lanes));
      const offset = (row * head.rowsPerBin + out.row) * lanes;
      stores.push({ result: out.result, combine: 'store', access: { offset, terms: [...terms, 1] } });
    }
  });
  const shape = [points * head.rowsPerBin, lanes];
  return loop({
    label,
    space: [...space, lanes],
    loads: list.loads,
    body,
    stores,
    shapes: Array.from({ length: head.results }, () => shape),
  });
}

/**
 * One stage as a loop: reads `source` or the previous stage, returns planar results (or those of the head). The first loads
 * of decimation in time, or the last stores in frequency, apply the permutation.
 */
function stageLoop(
  spec: NetworkSpec,
  s: number,
  source: ComplexView,
  lanes: number,
  storage: Storage,
  permutation: Permutation,
  butterflies: Butterflies,
  head: Head,
  scale: Scale,
): readonly Tensor[] {
  const radices = spec.stages.map((x) => x.radix);
  const inTime = spec.decimation === 'time';
  const geometry = stageGeometry(radices, s, storage, permutation);
  const [from, to] = inTime ? [geometry.before, geometry.after] : [geometry.after, geometry.before];
  const list = new LoadList();
  const x = loaded(list, source, from, geometry.space);
  const isInside = takesScale(spec.stages[s], inTime) && !isSmallQuotient(scale);
  const [inside, outside] = isInside ? [scale, unscaled] : [unscaled, scale];
  const y = butterflies
    .stage(
      spec.stages[s],
      { radices, s, inTime, inverse: spec.direction === 'inverse', geometry, list, scale: inside },
      x,
    )
    .map((value) => scaledBy(outside, value));
  const label = `stage ${s} (radix ${radices[s]})`;
  return storedLoop(label, geometry.space, list, y, to, chainLength(spec), lanes, head);
}

/** Tiles of a digit reversal: their sides are whole vectors, and few enough to be held in registers. */
const tileSides = [4, 8];

/** The first product of leading radices that is the side of a tile, and how many radices that takes. */
function tileSide(radices: readonly number[]): { side: number; count: number } | null {
  let side = 1;
  for (let i = 0; i < radices.length; i++)
    if (tileSides.includes((side *= radices[i]))) return { side, count: i + 1 };
  return null;
}

/**
 * Sides of the tiles (positions that are neighbours, samples that are neighbours) where the digit reversal is a loop of
 * its own: in a single transform in place, where nothing is contiguous otherwise and the gated parts of the first stage
 * would each gather. Across lanes a reversal is an index map and costs nothing.
 */
function reversalTiles(
  spec: NetworkSpec,
  source: ComplexView,
  lanes: number,
  storage: Storage,
): { positions: number; samples: number } | null {
  if (storage !== 'in-place' || lanes !== 1 || spec.permutation !== 'digit-reversal') return null;
  // A view that ends early can be walked along one dimension only.
  if (source.re.last !== undefined) return null;
  const radices = spec.stages.map((x) => x.radix);
  const [low, high] = [tileSide(radices), tileSide([...radices].reverse())];
  if (!low || !high || low.count + high.count > radices.length) return null;
  return { positions: low.side, samples: high.side };
}

/**
 * Positions from samples, or bins from positions, tile by tile: one point moves the positions that differ in their most
 * significant digits only, because their samples are neighbours.
 */
function reversalLoop(
  spec: NetworkSpec,
  tiles: { positions: number; samples: number },
  source: ComplexView,
  lanes: number,
  head: Head,
  scale: Scale,
): readonly Tensor[] {
  const n = chainLength(spec);
  const reversed = digitReversal(spec.stages.map((x) => x.radix));
  const part = (count: number, step: number): Int32Array => range(count, (i) => reversed[i * step]);
  const [width, height] = [tiles.positions, tiles.samples];
  const space = [n / (width * height), width];
  const far = n / height;
  const positions = legs(height, far, [width, 1]);
  const samples = [...part(height, far)].map((offset): Row => ({
    offset,
    terms: [part(space[0], width), part(width, 1)],
  }));
  const [from, to] = spec.decimation === 'time' ? [samples, positions] : [positions, samples];
  const list = new LoadList();
  const x = loaded(list, source, from, space).map((value) => scaledBy(scale, value));
  return storedLoop('digit reversal', space, list, x, to, n, lanes, head);
}

/** The chain of stages over complex points; `head` applies to the last one. */
export function chain(
  spec: NetworkSpec,
  source: ComplexView,
  lanes: number,
  storage: Storage,
  butterflies: Butterflies,
  head: Head,
  scale: Scale,
): readonly Tensor[] {
  const order = spec.stages.map((_, s) => s);
  if (spec.decimation === 'frequency') order.reverse();
  const tiles = reversalTiles(spec, source, lanes, storage);
  const permutation = tiles ? 'identity' : spec.permutation;
  type Step = (source: ComplexView, head: Head, scale: Scale) => readonly Tensor[];
  const steps: Step[] = order.map(
    (s) => (from, last, factor) =>
      stageLoop(spec, s, from, lanes, storage, permutation, butterflies, last, factor),
  );
  if (tiles) {
    const reversal: Step = (from, last, factor) => reversalLoop(spec, tiles, from, lanes, last, factor);
    steps.splice(spec.decimation === 'time' ? 0 : steps.length, 0, reversal);
  }
  let current = source;
  for (const step of steps.slice(0, -1)) {
    const [re, im] = step(current, heads.planar(), unscaled);
    current = { re: rows(re, lanes), im: rows(im, lanes) };
  }
  return steps[steps.length - 1](current, head, scale);
}

/**
 * The split stage between the chain Z (n/2 complex points) and the one-sided spectrum X (n/2 + 1 bins), in either direction.
 * Point k joins the pair (k, n/2 - k); the mirror of a self-paired point goes to a spare row that nobody reads.
 */
export function splitLoop(
  spec: Pick<NetworkSpec, 'n' | 'direction' | 'split'>,
  source: ComplexView,
  lanes: number,
  butterflies: Butterflies,
  head: Head,
  scale: Scale,
): readonly Tensor[] {
  const m = spec.n / 2;
  const points = Math.floor(m / 2) + 1;
  const inverse = spec.direction === 'inverse';
  const mirror = range(points, (k) => (inverse ? m - k : (m - k) % m));
  const spare = (k: number): number =>
    inverse ? (k === 0 ? m : 2 * k === m ? m + 1 : m - k) : 2 * k === m ? m + 1 : m - k;
  const list = new LoadList();
  const read = (term: Term): Complex<Expr> => list.complex(source, 0, [term]);
  const pair = [read(1), complex.conjugate(exprCarrier, read(mirror))];
  const [top, bottom] = butterflies.split(spec.split, { n: spec.n, inverse, list, scale }, pair);
  const body: Expr[] = [];
  const stores: Store[] = [];
  const emit = (x: Complex<Expr>, term: Term): void => {
    for (const out of head.emit(x, (c) => list.read(c, 0, [term, 0]))) {
      body.push(out.value);
      stores.push({
        result: out.result,
        combine: 'store',
        access: { offset: out.row * lanes, terms: [scaleTerm(term, head.rowsPerBin * lanes), 1] },
      });
    }
  };
  emit(top, 1);
  emit(complex.conjugate(exprCarrier, bottom), range(points, spare));
  return loop({
    label: 'split',
    space: [points, lanes],
    loads: list.loads,
    body,
    stores,
    shapes: Array.from({ length: head.results }, () => [(m + 2) * head.rowsPerBin, lanes]),
  });
}

export interface NetworkOptions {
  readonly lanes: number;
  readonly storage?: Storage;
  readonly provide: Provide;
}

/**
 * Complex spectrum of `source`: tensors of shape [bins (+ spare rows), lanes] in natural order.
 * A real network reads source.re only. Inverse real networks: see `realInverse`.
 */
export function spectrum(spec: NetworkSpec, source: ComplexView, options: NetworkOptions): ComplexTensor {
  const [re, im] = run(spec, source, options, heads.planar());
  return { re, im };
}

/** Power spectrum |X|^2 of `source`, fused into the last loop: shape [bins (+ a spare row), lanes]. */
export function powerSpectrum(spec: NetworkSpec, source: ComplexView, options: NetworkOptions): Tensor {
  return run(spec, source, options, heads.power())[0];
}

function run(spec: NetworkSpec, source: ComplexView, options: NetworkOptions, head: Head): readonly Tensor[] {
  validateNetwork(spec);
  const { lanes, storage = 'in-place' } = options;
  const butterflies = learnedButterflies(options.provide);
  const scale: Scale = [scaleOf(spec), 0];
  if (spec.input === 'complex') return chain(spec, source, lanes, storage, butterflies, head, scale);
  if (spec.direction === 'inverse')
    throw new InvalidArgumentError('an inverse real network ends in samples; use realInverse');
  const packed: ComplexView = { re: everySecond(source.re, 0), im: everySecond(source.re, 1) };
  const [re, im] = chain(spec, packed, lanes, storage, butterflies, heads.planar(), unscaled);
  return splitLoop(spec, { re: rows(re, lanes), im: rows(im, lanes) }, lanes, butterflies, head, scale);
}

/** Samples [n, lanes] of a one-sided spectrum given as [n/2 + 1, lanes]. */
export function realInverse(spec: NetworkSpec, source: ComplexView, options: NetworkOptions): Tensor {
  validateNetwork(spec);
  const { lanes, storage = 'in-place' } = options;
  const butterflies = learnedButterflies(options.provide);
  // The chain has n/2 points: 1/n of the whole is 2/n of the chain after the halving inside the split.
  const [re, im] = splitLoop(spec, source, lanes, butterflies, heads.planar(), [2 * scaleOf(spec), 0]);
  return chain(
    spec,
    { re: rows(re, lanes), im: rows(im, lanes) },
    lanes,
    storage,
    butterflies,
    heads.samplePairs(),
    unscaled,
  )[0];
}

/** Names and shapes of the trainable parameters of a network, in a fixed order. */
export function parameterShapes(spec: NetworkSpec): Record<string, readonly number[]> {
  const radices = spec.stages.map((s) => s.radix);
  const shapes = spec.stages.map((stage, s) => stageShapes(radices, s, stage));
  return Object.assign({}, ...shapes, spec.input === 'real' ? splitShapes(spec.n, spec.split) : {}) as Record<
    string,
    readonly number[]
  >;
}
