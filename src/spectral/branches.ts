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
 * - `between`: virtual bins, sum_i c_i (X[k - i] + X[k + 1 + i]). The frame's middle is sample 0 of the fold, so this is the
 *   frequency half way under the window w(t) 2 sum_i c_i cos(2 pi (i + 1/2) t / points), for a few additions.
 * Only powers are wanted: phases and the gain of a filter are free, and a filterbank fitted on the powers takes up the rest.
 */
import { InvalidArgumentError } from '../errors.ts';
import { complex } from '../numeric/arithmetic.ts';
import { rootTable } from '../numeric/twiddle.ts';
import { exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import { constant, loop, type Tensor, type Term } from '../ir/graph.ts';
import { LoadList, rows, type View } from '../ir/view.ts';
import { rowsOf, type Rows } from './rows.ts';
import type { RealTransform } from './features.ts';

/** The DFT of complex samples per lane: planar, two tensors [points (+ spare rows), lanes], or power, one of |X|^2. */
type ComplexTransform = (
  re: View,
  im: View,
  points: number,
  lanes: number,
  layout: 'planar' | 'power',
) => readonly Tensor[];

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

/** What a branch must know of a frame. */
export interface FrameShape {
  /** Hz */
  readonly sampleRate: number;
  readonly nFft: number;
  readonly windowLength: number;
  readonly hop: number;
}

/** Bins of rising frequency: their powers, or their real and imaginary parts. */
export interface Measured {
  /** Hz */
  readonly frequencies: Float64Array;
  readonly parts: readonly Rows[];
}

/** Transforms as graph functions; the exact ones of plans/, wherever the branches are used. */
export interface BranchTransforms {
  readonly real: (points: number) => RealTransform;
  readonly complex: ComplexTransform;
}

/** Where samples come from: `shared` is a signal whose frames begin every `lane` samples, so that they can share a stream. */
export interface FrameSource {
  readonly view: View;
  readonly shared: boolean;
}

/** Largest transform and most branches that a file may ask for. */
const most = { points: 1 << 16, branches: 16, taps: 1024 } as const;

const isPositive = (x: unknown): boolean => typeof x === 'number' && Number.isFinite(x) && x > 0;
const areTaps = (x: unknown): boolean =>
  Array.isArray(x) && x.length > 0 && x.length <= most.taps && x.every((c) => Number.isFinite(c));

/** Throws InvalidArgumentError naming what is wrong if branches, whatever they are, do not measure frames of that shape. */
export function validateBranches(frame: FrameShape, branches: readonly Branch[]): void {
  const fail = (what: string, expected: string): never => {
    throw new InvalidArgumentError(`${what}; expected ${expected}`);
  };
  if (!Array.isArray(branches) || branches.length < 1 || branches.length > most.branches)
    fail('branches are no list', `1 to ${most.branches} branches`);
  branches.forEach((branch: Branch, i) => {
    const name = `branch ${i}`;
    if (typeof branch !== 'object' || branch === null) fail(`${name} is no object`, 'a branch');
    const { filters, points, bins, below, between } = branch;
    if (!Array.isArray(filters) || filters.length > 8 || !filters.every(areTaps))
      fail(`${name} has no lists of taps`, 'up to 8 filters of finite taps');
    if (filters.some((taps: readonly number[]) => taps.some((c, q) => c !== taps[taps.length - 1 - q])))
      fail(`${name} has a filter that is not symmetric`, 'taps that read the same backwards');
    if (frame.hop % 2 ** filters.length !== 0)
      fail(
        `${name} takes every ${2 ** filters.length}th sample of a hop of ${frame.hop}`,
        'a divisor of the hop',
      );
    if (bins !== 'all' && bins !== 'odd') fail(`${name} has bins ${JSON.stringify(bins)}`, 'all or odd');
    const step = bins === 'odd' ? 4 : 2;
    if (!Number.isInteger(points) || points < 8 || points > most.points || points % step !== 0)
      fail(`${name} has ${JSON.stringify(points)} points`, `a multiple of ${step} from 8 to ${most.points}`);
    if (!isPositive(below)) fail(`${name} ends at ${JSON.stringify(below)} Hz`, 'a positive frequency');
    const { window } = branchWindow(frame, branch);
    if (window.length === 0) fail(`${name} has filters longer than a frame of ${frame.nFft}`, 'shorter ones');
    if (bins === 'odd' && window.length > points)
      fail(
        `${name} has ${window.length} windowed samples for ${points} points`,
        'at most as many samples as points',
      );
    if (between === undefined) return;
    if (bins === 'odd' || !areTaps(between?.taps) || !isPositive(between.below))
      fail(`${name} has virtual bins that make no sense`, 'taps and a frequency, with bins "all"');
    if (2 * between.taps.length > points / 2)
      fail(`${name} has virtual bins of ${between.taps.length} pairs`, 'fewer');
  });
  if (measurementOrder(frame, branches).frequencies.length === 0)
    fail('branches measure nothing', 'at least one bin');
}

/** The periodic Hann window of a frame at any position, zero outside. */
function windowAt({ nFft, windowLength }: FrameShape, position: number): number {
  const t = (position - (nFft - windowLength) / 2) / windowLength;
  return t <= 0 || t >= 1 ? 0 : 0.5 - 0.5 * Math.cos(2 * Math.PI * t);
}

/** Every how many-th sample of the signal a branch transforms. */
export const decimationOf = ({ filters }: Branch): number => 2 ** filters.length;

/** Samples of the signal that one sample of the filtered stream depends on. */
const filterSpan = ({ filters }: Branch): number =>
  filters.reduce((span, taps, stage) => span + (taps.length - 1) * 2 ** stage, 1);

/** Windowed samples of a branch: window [count], and the first sample's place in the filtered stream of the frame. */
function branchWindow(frame: FrameShape, branch: Branch): { first: number; window: Float64Array } {
  const decimation = decimationOf(branch);
  const span = filterSpan(branch);
  const weights: number[] = [];
  let first = 0;
  for (let m = 0; m * decimation + span <= frame.nFft; m++) {
    const w = windowAt(frame, m * decimation + (span - 1) / 2);
    if (w > 0) weights.push(w);
    else if (weights.length === 0) first = m + 1;
  }
  return { first, window: Float64Array.from(weights) };
}

/** Samples that a branch multiplies by its window, per frame. */
export const windowedSamples = (frame: FrameShape, branch: Branch): number =>
  branchWindow(frame, branch).window.length;

/** Frequencies of the measurements of a branch, group by group: bins, virtual bins; or the two halves of the odd bins. */
export function branchFrequencies(frame: FrameShape, branch: Branch): Float64Array[] {
  const { points, bins, below, between } = branch;
  const step = frame.sampleRate / (decimationOf(branch) * points);
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

/** Every second sample of a filtered stream, the last filter's if there are several; shared by all frames, or one per frame. */
function halved({ view, shared, first, count }: Stream, taps: readonly number[], lanes: number): Stream {
  const half = taps.length >> 1;
  const list = new LoadList();
  const length = shared ? (lanes - 1) * (view.lane / 2) + count : count;
  const at = (q: number): Expr =>
    list.read(view.tensor, view.offset + (2 * first + q) * view.stride, [
      2 * view.stride,
      ...(shared ? [] : [view.lane]),
    ]);
  const terms = taps.slice(0, half).map((c, q) => k.mul(literal(c), k.add(at(q), at(taps.length - 1 - q))));
  if (taps.length % 2 === 1) terms.push(k.mul(literal(taps[half]), at(half)));
  const [tensor] = loop({
    label: `every second of ${taps.length} taps`,
    space: shared ? [length] : [length, lanes],
    loads: list.loads,
    body: [sum(terms)],
    stores: [{ result: 0, access: { offset: 0, terms: shared ? [1] : [lanes, 1] }, combine: 'store' }],
    shapes: [shared ? [length] : [length, lanes]],
  });
  const from: View = shared ? { tensor, offset: 0, stride: 1, lane: view.lane / 2 } : rows(tensor, lanes);
  return { view: from, shared, first: 0, count };
}

/** The filtered and decimated stream of a branch. */
function decimated(source: FrameSource, frame: FrameShape, branch: Branch, lanes: number): Stream {
  const { first, window } = branchWindow(frame, branch);
  const { filters } = branch;
  // What each stage must give for the next one: from the last stage backwards.
  const wanted = [{ first, count: window.length }];
  for (let stage = filters.length - 1; stage > 0; stage--) {
    const [next] = wanted;
    wanted.unshift({ first: 2 * next.first, count: 2 * (next.count - 1) + filters[stage].length });
  }
  let stream: Stream = { ...source, ...wanted[0] };
  filters.forEach((taps, stage) => {
    // A stream begins where the one before was first wanted.
    const start = stage === 0 ? wanted[0].first : 0;
    stream = halved({ ...stream, first: start, count: wanted[stage].count }, taps, lanes);
  });
  return filters.length > 0 ? stream : { ...source, first, count: window.length };
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

const sum = (terms: readonly Expr[]): Expr => terms.reduce((a, b) => k.add(a, b));

/** The frame folded onto the points of a transform, its middle at sample 0: [points, lanes]. */
function foldLoop(source: Stream, frame: FrameShape, branch: Branch, lanes: number): Tensor {
  const { points } = branch;
  const { first, window } = branchWindow(frame, branch);
  // The middle of the frame among the windowed samples; half samples are left to the virtual bins' weights.
  const middle = Math.floor((frame.nFft / 2 - (filterSpan(branch) - 1) / 2) / decimationOf(branch)) - first;
  const before = Math.ceil(middle / points);
  const places = Int32Array.from({ length: points }, (_, i) => i + middle - before * points);
  const list = new LoadList();
  const copies = Math.ceil((window.length + points) / points) + 1;
  const parts = folded(list, source, window, places, points, copies);
  return loop({
    label: `fold onto ${points}`,
    space: [points, lanes],
    loads: list.loads,
    body: [sum(parts)],
    stores: [{ result: 0, access: { offset: 0, terms: [lanes, 1] }, combine: 'store' }],
    shapes: [[points, lanes]],
  })[0];
}

/** z of the odd bins: two tensors [points / 4, lanes]. */
function oddLoop(source: Stream, frame: FrameShape, branch: Branch, lanes: number): readonly Tensor[] {
  const { points } = branch;
  const quarter = points / 4;
  const { window } = branchWindow(frame, branch);
  const list = new LoadList();
  const part = (from: number): Expr => {
    const places = Int32Array.from({ length: quarter }, (_, j) => j + from);
    const [plus, minus] = folded(list, source, window, places, points / 2, 2);
    return k.sub(plus, minus);
  };
  const [a, b] = [part(0), part(quarter)];
  const roots = rootTable(points);
  const [re, im] = [roots.re, roots.im].map((root) =>
    list.read(
      constant(
        [quarter],
        Float64Array.from({ length: quarter }, (_, j) => root(j)),
      ),
      0,
      [1, 0],
    ),
  );
  const z = complex.mul(k, { re, im }, { re: a, im: k.neg(b) });
  return loop({
    label: `odd bins of ${points}`,
    space: [quarter, lanes],
    loads: list.loads,
    body: [z.re, z.im],
    stores: [0, 1].map((result) => ({
      result,
      access: { offset: 0, terms: [lanes, 1] },
      combine: 'store' as const,
    })),
    shapes: [
      [quarter, lanes],
      [quarter, lanes],
    ],
  });
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
  const between = (t: Tensor): Expr =>
    sum(taps.map((c, i) => k.mul(literal(c), k.add(bin(t, -i), bin(t, 1 + i)))));
  const [x, y] = [re, im].map(between);
  const body = layout === 'planar' ? [x, y] : [k.add(k.mul(x, x), k.mul(y, y))];
  return loop({
    label: 'between bins',
    space: [bins, lanes],
    loads: list.loads,
    body,
    stores: body.map((_, result) => ({
      result,
      access: { offset: 0, terms: [lanes, 1] },
      combine: 'store' as const,
    })),
    shapes: body.map(() => [bins, lanes]),
  });
}

/** Spectra of one branch of `lanes` frames, in groups of rising frequency: those of `branchFrequencies`. */
export function measureBranch(
  branch: Branch,
  frame: FrameShape,
  source: FrameSource,
  lanes: number,
  transforms: BranchTransforms,
  layout: 'planar' | 'power',
): Measured[] {
  const frequencies = branchFrequencies(frame, branch);
  const stream = decimated(source, frame, branch, lanes);
  const measured = (
    group: number,
    tensors: readonly Tensor[],
    place: Pick<Rows, 'row' | 'offset'>,
  ): Measured => {
    const count = frequencies[group].length;
    const parts = tensors.map((t) => ({ ...rowsOf(t, count, lanes), ...place }));
    return { frequencies: frequencies[group], parts };
  };
  const upwards = { row: lanes, offset: 0 };
  if (branch.bins === 'odd') {
    const quarter = branch.points / 4;
    const [re, im] = oddLoop(stream, frame, branch, lanes).map((t) => rows(t, lanes));
    const spectrum = transforms.complex(re, im, quarter, lanes, layout);
    // X[4k + 3] is found mirrored, from the end backwards.
    return [
      measured(0, spectrum, upwards),
      measured(1, spectrum, { row: -lanes, offset: (quarter - 1) * lanes }),
    ];
  }
  const view = rows(foldLoop(stream, frame, branch, lanes), lanes);
  const transform = transforms.real(branch.points);
  const { between } = branch;
  if (!between) return [measured(0, transform(view, lanes, layout), upwards)];
  const [re, im, ...powers] = transform(view, lanes, layout === 'planar' ? 'planar' : 'both');
  const virtual = betweenLoop([re, im], between.taps, branch.points / 2 + 1, lanes, layout);
  const firstBetween = { row: lanes, offset: (between.taps.length - 1) * lanes };
  return [measured(0, layout === 'planar' ? [re, im] : powers, upwards), measured(1, virtual, firstBetween)];
}

/** Where the powers of a group stand among all measurements of a front end, sorted by frequency. */
interface MeasurementOrder {
  /** Hz, of all measurements, rising. */
  readonly frequencies: Float64Array;
  /** Per group of all branches, in order: the places of its powers. */
  readonly places: readonly Int32Array[];
}

/** The order of all measurements of some branches. */
export function measurementOrder(frame: FrameShape, branches: readonly Branch[]): MeasurementOrder {
  const groups = branches.flatMap((b) => branchFrequencies(frame, b));
  const all = groups.flatMap((list, group) => [...list].map((hz, index) => ({ hz, group, index })));
  all.sort((a, b) => a.hz - b.hz || a.group - b.group);
  const places = groups.map((list) => new Int32Array(list.length));
  all.forEach(({ group, index }, place) => (places[group][index] = place));
  return { frequencies: Float64Array.from(all, (x) => x.hz), places };
}
