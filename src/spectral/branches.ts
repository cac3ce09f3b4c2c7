/**
 * Measurements of a frame's power by several transforms at their own rates, instead of one transform of all samples.
 *
 * A branch reads the signal, or a stream of fewer samples that overlapping frames share (a symmetric FIR filter, then every
 * second or fourth sample), windows it and transforms it:
 * - `all`: the windowed frame is folded onto `points` samples (time aliasing: every second bin of a transform of twice the
 *   points), then transformed.
 * - `odd`: the odd bins of a transform of `points` real samples, by one complex transform of a quarter of the points:
 *   with u_j = x_j - x_{j + N/2} and z_j = (u_j - i u_{j + N/4}) e^{-2 pi i j / N}, X[4k + 1] = sum_j z_j e^{-2 pi i j k / (N/4)},
 *   and X[4k + 3] is the conjugate of X[N - 4k - 3] (Sorensen et al., Real-valued fast Fourier transform algorithms, 1987).
 * - `between`: virtual bins, sum_i c_i (X[k - i] + X[k + 1 + i]). The window's middle is sample 0 of the fold, so this is the
 *   frequency half way under the window w(t) 2 sum_i c_i cos(2 pi (i + 1/2) t / points), for a few additions.
 * Only powers are wanted: phases and the gain of a filter are free, and a filterbank fitted on the powers takes up the rest.
 */
import { InvalidArgumentError } from '../errors.ts';
import { exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import { constant, type Tensor, type Term } from '../ir/graph.ts';
import { LoadList, rows, shared, type View } from '../ir/view.ts';
import { complex } from '../numeric/arithmetic.ts';
import { rootTable } from '../numeric/twiddle.ts';
import { windowHalves } from '../numeric/window.ts';
import {
  checkOptions,
  finite,
  matching,
  nested,
  oneOf,
  required,
  whole,
  type OptionTable,
} from '../options.ts';
import type { RealTransform } from './features.ts';
import type { FrameSource } from './frames.ts';
import { frameLength, windowLengthOf, type HeadConfig } from './head.ts';
import { rowLoop, rowsOf, type Rows } from './rows.ts';

/** Plain data; stored in checkpoints. */
export interface Branch {
  /** Symmetric taps of filters, one after the other, of whose results every second sample is used. None: the signal itself. */
  readonly filters: readonly (readonly number[])[];
  /** Length of the transform whose bins are measured, at the branch's own rate. */
  readonly points: number;
  readonly bins: 'all' | 'odd';
  /** Hz; bins above are left out. */
  readonly below: number;
  /** Virtual bins between those of `all`: c_0, c_1, ... and, in Hz, up to where. */
  readonly between?: { readonly taps: readonly number[]; readonly below: number };
}

/** What a branch must know of a head. */
export type FrameShape = Pick<
  HeadConfig,
  'sampleRate' | 'nFft' | 'windowLength' | 'hop' | 'window' | 'windowKind' | 'placement' | 'gain'
>;

/** Bins of rising frequency: their powers, or their real and imaginary parts. */
export interface Measured {
  /** Hz */
  readonly frequencies: Float64Array;
  readonly parts: readonly Rows[];
}

/** Transforms as graph functions; the exact ones of plans/, wherever the branches are used. */
export interface BranchTransforms {
  readonly real: (points: number) => RealTransform;
  /** Of complex samples per lane: planar, two tensors [points (+ spare rows), lanes], or power, one of |X|^2. */
  complex(re: View, im: View, points: number, lanes: number, layout: 'planar' | 'power'): readonly Tensor[];
}

/** Largest transform, and most of each list, that a file may ask for. */
const most = { points: 1 << 16, branches: 16, filters: 8, taps: 1024 } as const;

const isTap = (x: unknown): boolean => typeof x === 'number' && Number.isFinite(Math.fround(x));
const areTaps = (x: unknown): x is readonly number[] =>
  Array.isArray(x) && x.length > 0 && x.length <= most.taps && x.every(isTap);
const isSymmetric = (taps: readonly number[]): boolean =>
  taps.every((c, q) => c === taps[taps.length - 1 - q]);

function branchTable(): OptionTable<Branch> {
  const frequency = finite({ above: 0 });
  return {
    filters: required(
      matching(
        `up to ${most.filters} symmetric filters of 1 to ${most.taps} taps that float32 holds`,
        (x) => Array.isArray(x) && x.length <= most.filters && x.every((t) => areTaps(t) && isSymmetric(t)),
      ),
    ),
    points: required(whole(8, most.points)),
    bins: required(oneOf(['all', 'odd'])),
    below: required(frequency),
    between: nested({
      taps: required(matching(`1 to ${most.taps} taps that float32 holds`, areTaps)),
      below: required(frequency),
    }),
  };
}
const branchOptions = /* @__PURE__ */ branchTable();

function validateBranch(head: FrameShape, branch: Branch, name: string): void {
  checkOptions(name, branch, branchOptions, `${name}.`);
  const { points, bins, between } = branch;
  const must = (holds: boolean, what: string, expected: string): void => {
    if (!holds) throw new InvalidArgumentError(`${name} has ${what}; expected ${expected}`);
  };
  const step = bins === 'odd' ? 4 : 2;
  must(points % step === 0, `${points} points`, `a multiple of ${step} for bins "${bins}"`);
  const count = windowedSamples(head, branch);
  must(count > 0, `filters longer than a frame of ${frameLength(head)}`, 'shorter ones');
  must(
    bins === 'all' || count <= points,
    `${count} windowed samples for ${points} points`,
    'at most as many samples as points',
  );
  if (!between) return;
  must(bins === 'all', 'virtual bins between odd ones', 'bins "all"');
  must(
    4 * between.taps.length <= points,
    `virtual bins of ${between.taps.length} pairs`,
    `at most ${Math.floor(points / 4)}`,
  );
}

/** Throws InvalidArgumentError naming what is wrong if branches, whatever they are, do not measure frames of a head. */
export function validateBranches(head: FrameShape, branches: readonly Branch[]): void {
  if (!Array.isArray(branches) || branches.length < 1 || branches.length > most.branches)
    throw new InvalidArgumentError(`branches are no list; expected 1 to ${most.branches} branches`);
  branches.forEach((branch: Branch, i) => validateBranch(head, branch, `branch ${i}`));
  if (measurementOrder(head, branches).frequencies.length === 0)
    throw new InvalidArgumentError('branches measure nothing; expected at least one bin');
}

/** Every how many-th sample of the signal a branch transforms. */
export const decimationOf = ({ filters }: Branch): number => 2 ** filters.length;

/** Samples of the signal that one sample of the filtered stream depends on. */
const filterSpan = ({ filters }: Branch): number =>
  filters.reduce((span, taps, stage) => span + (taps.length - 1) * 2 ** stage, 1);

/** The windowed samples of a branch. */
interface BranchWindow {
  /** The first one's place in the filtered stream of the frame; -1 where there is none. */
  readonly first: number;
  /** Gain included. */
  readonly window: Float64Array;
  /** The window's middle among them, down to a whole sample. */
  readonly middle: number;
}

/**
 * The window of a head in steps of half a sample. Hann's is by the engine's cosine, a last bit off here and there: filterbanks in files of
 * version 1 were fitted under it, and give the bits that they gave.
 */
function windowSteps(head: FrameShape): Float64Array {
  const length = windowLengthOf(head);
  if (String(head.window) !== 'hann' || head.windowKind !== 'periodic')
    return windowHalves(head.window, length, head.windowKind);
  return Float64Array.from({ length: 2 * length }, (_, i) => {
    const turn = i / 2 / length;
    return 0.5 - 0.5 * Math.cos(2 * Math.PI * turn);
  });
}

/**
 * A sample of a filtered stream stands for the middle of the samples that it is made of, at a whole or half position of the frame, and
 * is weighted by the head's window there, which is centred to half a sample. No filter reaches beyond the frame.
 */
export function branchWindow(head: FrameShape, branch: Branch): BranchWindow {
  const steps = windowSteps(head);
  const start = head.placement === 'centered' ? (head.nFft - windowLengthOf(head)) / 2 : 0;
  const [by, span] = [decimationOf(branch), filterSpan(branch)];
  const delay = (span - 1) / 2;
  const count = Math.max(0, 1 + Math.floor((frameLength(head) - span) / by));
  const all = Float64Array.from({ length: count }, (_, m) => {
    const position = m * by + delay - start;
    return (steps[2 * position] ?? 0) * head.gain;
  });
  const first = all.findIndex((w) => w !== 0);
  const window = all.slice(first, all.findLastIndex((w) => w !== 0) + 1);
  const middle = start + (steps.length >> 1) / 2;
  return { first, window, middle: Math.floor((middle - delay) / by) - first };
}

/** Samples that a branch multiplies by its window, per frame. */
export const windowedSamples = (head: FrameShape, branch: Branch): number =>
  branchWindow(head, branch).window.length;

/** Frequencies of the measurements of a branch, group by group: bins, virtual bins; or the two halves of the odd bins. */
export function branchFrequencies(head: FrameShape, branch: Branch): Float64Array[] {
  const { points, bins, below, between } = branch;
  const step = head.sampleRate / (decimationOf(branch) * points);
  const upTo = (first: number, by: number, end: number, limit: number): Float64Array => {
    const list: number[] = [];
    for (let bin = first; bin <= end && bin * step <= limit; bin += by) list.push(bin * step);
    return Float64Array.from(list);
  };
  if (bins === 'odd') return [1, 3].map((first) => upTo(first, 4, points / 2, below));
  const whole = upTo(0, 1, points / 2, below);
  if (!between) return [whole];
  const reach = between.taps.length;
  const end = points / 2 - reach + 0.5;
  return [whole, upTo(reach - 0.5, 1, end, Math.min(below, between.below))];
}

/** A stream of a frame: of sample `first` on, `count` of them. */
interface Stream extends FrameSource {
  readonly first: number;
  readonly count: number;
}

const sum = (terms: readonly Expr[]): Expr => terms.reduce((a, b) => k.add(a, b));

/** Every second sample of a filtered stream: one stream of all frames where they share it, or one per frame. */
function halved({ view, shared, first, count }: Stream, taps: readonly number[], lanes: number): Stream {
  const [width, lane, hop] = shared ? [1, 0, view.lane / 2] : [lanes, view.lane, 1];
  const length = shared ? (lanes - 1) * hop + count : count;
  const list = new LoadList();
  const at = (q: number): Expr =>
    list.read(view.tensor, view.offset + (2 * first + q) * view.stride, [2 * view.stride, lane]);
  const half = taps.length >> 1;
  const terms = taps.slice(0, half).map((c, q) => k.mul(literal(c), k.add(at(q), at(taps.length - 1 - q))));
  if (taps.length % 2 === 1) terms.push(k.mul(literal(taps[half]), at(half)));
  const [tensor] = rowLoop(`every second of ${taps.length} taps`, [length, width], list, [sum(terms)]);
  return { view: { tensor, offset: 0, stride: width, lane: hop }, shared, first: 0, count };
}

/** The filtered and decimated stream of a branch. Frames share it where each begins on one of its samples. */
function decimated(
  source: FrameSource,
  { filters }: Branch,
  { first, window }: BranchWindow,
  lanes: number,
): Stream {
  const shared = source.shared && source.view.lane % 2 ** filters.length === 0;
  let stream: Stream = { ...source, shared, first, count: window.length };
  filters.forEach((taps, stage) => {
    // What the filters behind this one read, from the last backwards. A stream begins where it is first wanted.
    const count = filters
      .slice(stage + 1)
      .reduceRight((wanted, { length }) => 2 * (wanted - 1) + length, window.length);
    const start = stage === 0 ? first * 2 ** (filters.length - 1) : 0;
    stream = halved({ ...stream, first: start, count }, taps, lanes);
  });
  return stream;
}

/** The windowed samples of a frame that fall on each of `points` places: sample j on place (j + shift) mod points. */
function folded(
  list: LoadList,
  source: Stream,
  window: Float64Array,
  places: Int32Array,
  period: number,
  copies: number,
): Expr[] {
  const { view, first, count } = source;
  return Array.from({ length: copies }, (_, q) => {
    const at = Int32Array.from(places, (p) => p + q * period);
    const inside = (j: number): boolean => j >= 0 && j < count;
    const weights = Float64Array.from(at, (j) => (inside(j) ? window[j] : 0));
    if (weights.every((w) => w === 0)) return literal(0);
    const term: Term = at.map((j) => (first + Math.max(0, Math.min(j, count - 1))) * view.stride);
    return k.mul(
      list.read(view.tensor, view.offset, [term, view.lane]),
      list.read(constant([weights.length], weights), 0, [1, 0]),
    );
  });
}

/** The frame folded onto the points of a transform, the window's middle at sample 0: a sum of views. */
function foldedView({ view, first, count }: Stream, { window, middle }: BranchWindow, points: number): View {
  const before = Math.ceil(middle / points);
  const copies = Array.from({ length: Math.ceil((count + points) / points) + 1 }, (_, q): View[] => {
    const shift = middle + (q - before) * points;
    const weights = Float64Array.from({ length: points }, (_, i) => window[i + shift] ?? 0);
    if (weights.every((w) => w === 0)) return [];
    const offset = view.offset + (first + shift) * view.stride;
    const ends = { first: -shift, last: count - 1 - shift };
    return [{ ...view, ...ends, offset, scale: shared(constant([points], weights)) }];
  });
  const [own, ...plus] = copies.flat();
  return { ...own, plus };
}

/** z of the odd bins: two tensors [points / 4, lanes]. */
function oddLoop(source: Stream, window: Float64Array, points: number, lanes: number): readonly Tensor[] {
  const quarter = points / 4;
  const list = new LoadList();
  const part = (from: number): Expr => {
    const places = Int32Array.from({ length: quarter }, (_, j) => j + from);
    const [plus, minus] = folded(list, source, window, places, points / 2, 2);
    return k.sub(plus, minus);
  };
  const [a, b] = [part(0), part(quarter)];
  const roots = rootTable(points);
  const [re, im] = [roots.re, roots.im].map((root) => {
    const values = Float64Array.from({ length: quarter }, (_, j) => root(j));
    return list.read(constant([quarter], values), 0, [1, 0]);
  });
  const z = complex.mul(k, { re, im }, { re: a, im: k.neg(b) });
  return rowLoop(`odd bins of ${points}`, [quarter, lanes], list, [z.re, z.im]);
}

/**
 * Virtual bins of `bins` bins, planar or their powers. Row k lies between bins k and k + 1; those whose bins there are begin at
 * row taps.length - 1.
 */
function betweenLoop(
  [re, im]: readonly Tensor[],
  taps: readonly number[],
  bins: number,
  lanes: number,
  layout: 'planar' | 'power',
): readonly Tensor[] {
  const list = new LoadList();
  const bin = (t: Tensor, shift: number): Expr => {
    const row = Int32Array.from({ length: bins }, (_, k) => Math.max(0, Math.min(bins - 1, k + shift)));
    return list.read(t, 0, [row.map((r) => r * lanes), 1]);
  };
  const [x, y] = [re, im].map((t) =>
    sum(taps.map((c, i) => k.mul(literal(c), k.add(bin(t, -i), bin(t, 1 + i))))),
  );
  const body = layout === 'planar' ? [x, y] : [k.add(k.mul(x, x), k.mul(y, y))];
  return rowLoop('between bins', [bins, lanes], list, body);
}

/** Spectra of one branch of `lanes` frames, in groups of rising frequency: those of `branchFrequencies`. */
export function measureBranch(
  branch: Branch,
  head: FrameShape,
  source: FrameSource,
  lanes: number,
  transforms: BranchTransforms,
  layout: 'planar' | 'power',
): Measured[] {
  const { points, between } = branch;
  const frequencies = branchFrequencies(head, branch);
  const own = branchWindow(head, branch);
  const stream = decimated(source, branch, own, lanes);
  const measured = (group: number, tensors: readonly Tensor[], offset = 0, row = lanes): Measured => ({
    frequencies: frequencies[group],
    parts: tensors.map((t) => ({ ...rowsOf(t, frequencies[group].length, lanes), row, offset })),
  });
  if (branch.bins === 'odd') {
    const quarter = points / 4;
    const [re, im] = oddLoop(stream, own.window, points, lanes).map((t) => rows(t, lanes));
    const spectrum = transforms.complex(re, im, quarter, lanes, layout);
    // X[4k + 3] is found mirrored, from the end backwards.
    return [measured(0, spectrum), measured(1, spectrum, (quarter - 1) * lanes, -lanes)];
  }
  const view = foldedView(stream, own, points);
  const transform = transforms.real(points);
  if (!between) return [measured(0, transform(view, lanes, layout))];
  const [re, im, ...powers] = transform(view, lanes, layout === 'planar' ? 'planar' : 'both');
  const virtual = betweenLoop([re, im], between.taps, points / 2 + 1, lanes, layout);
  return [
    measured(0, layout === 'planar' ? [re, im] : powers),
    measured(1, virtual, (between.taps.length - 1) * lanes),
  ];
}

/** Where the powers of a group stand among all measurements of a front end, sorted by frequency. */
interface MeasurementOrder {
  /** Hz, of all measurements, rising. */
  readonly frequencies: Float64Array;
  /** Per group of all branches, in order: the places of its powers. */
  readonly places: readonly Int32Array[];
}

/** The order of all measurements of some branches. */
export function measurementOrder(head: FrameShape, branches: readonly Branch[]): MeasurementOrder {
  const groups = branches.flatMap((b) => branchFrequencies(head, b));
  const all = groups.flatMap((list, group) => [...list].map((hz, index) => ({ hz, group, index })));
  all.sort((a, b) => a.hz - b.hz || a.group - b.group);
  const places = groups.map((list) => new Int32Array(list.length));
  all.forEach(({ group, index }, place) => (places[group][index] = place));
  return { frequencies: Float64Array.from(all, (x) => x.hz), places };
}
