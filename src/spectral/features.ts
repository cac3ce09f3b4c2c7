/**
 * A head as graph functions. The frame-wise part, `frameFeatures`, runs over any number of frames of a signal; what has to know
 * the whole clip splits a head in two, and `finishFeatures` is the rest. `clipFeatures` is both over one clip, for training.
 */
import { argument, exprCarrier as k, literal, numberCarrier, type Carrier, type Expr } from '../ir/expr.ts';
import { constant, loop, type Tensor } from '../ir/graph.ts';
import type { View } from '../ir/view.ts';
import { sampleAt, type PaddingMode } from '../numeric/padding.ts';
import { bandCount, cepstrumOf, powerFactors, ruleBank, staticWidth } from './banks.ts';
import { clipSteps, emphasised, withSmoothed } from './clip-steps.ts';
import { descriptors, withFirstBefore } from './descriptors.ts';
import { signalFrames, type Frames } from './frames.ts';
import { pcenStep } from './pcen.ts';
import {
  hasClipSteps,
  headFrames,
  headFrequencies,
  headWindow,
  needsClip,
  needsFrame,
  oneSidedBins,
  samplesBefore,
  spectrumScale,
  type HeadConfig,
  type LogRule,
} from './head.ts';
import {
  filterbank,
  largest,
  largestPerFrame,
  mapRows,
  matrixRows,
  meanOverFrames,
  repeated,
  rowsOf,
  scalarRows,
  sumOverFrames,
  type Bands,
  type Order,
  type Rows,
} from './rows.ts';

/** The DFT of real samples per lane: planar, two tensors of [bins (+ spare rows), lanes], or power, one tensor of |X|^2. */
export type RealTransform = (
  source: View,
  lanes: number,
  layout: 'planar' | 'power' | 'both',
) => readonly Tensor[];

/** What a transform measures of frames, in groups of numbers per frame: their powers, or their real and imaginary parts. */
export type Measure = (
  frames: Frames,
  lanes: number,
  layout: 'planar' | 'power',
) => readonly (readonly Rows[])[];

/** A part of a filterbank [bands, width], over one group of measurements. */
interface BankPart {
  readonly bands: Bands;
  readonly weights: Tensor;
}

/**
 * A filterbank in the place of a head's own, the scaling of its spectrum included: a part per group of measurements, null where
 * none of it is weighted, whose energies add up and are multiplied by `scale`. Over powers, or magnitudes where the head has those.
 */
export interface WeightedBank {
  readonly parts: readonly (BankPart | null)[];
  readonly scale: number;
}

/** How a head's frames are measured, and what weights that; null: the head's own filterbank. */
export interface Front {
  readonly measure: Measure;
  readonly bank: WeightedBank | null;
}

type Step = (x: Rows, order: Order, reference: Tensor | null) => Rows;

const a = /* @__PURE__ */ argument(0);
const b = /* @__PURE__ */ argument(1);

/** The head's own DFT as what measures its frames. */
export const measureBy =
  (head: HeadConfig, transform: RealTransform): Measure =>
  (frames, lanes, layout) => {
    const { view } = frames({ window: headWindow(head), start: 0 });
    return [transform(view, lanes, layout).map((t) => rowsOf(t, oneSidedBins(head.nFft), lanes))];
  };

/** One-sided bins of all bins, in the order of fftfreq. */
export const mirrored = (n: number): Int32Array =>
  Int32Array.from({ length: n }, (_, bin) => Math.min(bin, n - bin));

/** What stands under the root of a magnitude. */
const offsetPower = ({ magnitudeOffset = 0 }: HeadConfig): Expr =>
  magnitudeOffset === 0 ? a : k.add(a, literal(magnitudeOffset));

/** |X|^2 to what the head calls its spectrum; null where that is |X|^2 itself. */
function scaledSpectrum(head: HeadConfig): Step | null {
  const sqrt = head.spectrum === 'magnitude';
  const factors = powerFactors(head);
  const table = head.sides === 'two' ? mirrored(head.nFft) : undefined;
  const plain = head.scaling === 'none';
  if (plain && !sqrt && !table) return null;
  const power = sqrt ? offsetPower(head) : a;
  const value = plain ? power : k.mul(power, b);
  return (x, order) =>
    mapRows('spectrum', [x], plain ? [] : [factors], sqrt ? k.sqrt(value) : value, order, table);
}

function bankStep(head: HeadConfig): Step | null {
  const { bank } = head;
  if (bank?.kind === 'descriptors') {
    const frequencies = headFrequencies({ ...head, bank: null });
    return (x, order) => descriptors(x, bank, frequencies, order);
  }
  if (!bank && !head.also) return null;
  const { bands, weights } = ruleBank(head, head.nFft);
  const matrix = constant([bands.start.length, bands.width], weights);
  return (x, order) => filterbank(x, matrix, bands, order);
}

/** ln to the unit of a rule. */
export function logScale(head: HeadConfig): number {
  if (head.log?.kind === 'ln') return 1;
  if (head.log?.kind === 'log10') return Math.LOG10E;
  return (head.spectrum === 'magnitude' ? 20 : 10) * Math.LOG10E;
}

/** The level of a fixed reference. */
function referenceLevel(head: HeadConfig): number {
  const { log } = head;
  if (!log || log.reference === 'max' || log.reference === 1) return 0;
  return logScale(head) * Math.log(Math.max(log.reference, log.floor));
}

/** log(max(x, floor) + offset) in the unit of the head's logarithm, less the level of its reference; x without one. */
export function levelOver<T>(over: Carrier<T>, head: HeadConfig): (energy: T) => T {
  const { log } = head;
  if (!log) return (energy) => energy;
  const [floor, offset] = [log.floor, log.offset].map(over.literal);
  const [scale, reference] = [logScale(head), referenceLevel(head)].map(over.literal);
  return (energy) =>
    over.sub(over.mul(over.log(over.add(over.max(energy, floor), offset)), scale), reference);
}

/** The same of numbers. */
export const levelOf = (head: HeadConfig): ((energy: number) => number) => levelOver(numberCarrier, head);

/** Levels of band energies that add up, times a factor. */
function levels(head: HeadConfig, energies: readonly Rows[], scale: number, order: Order): Rows {
  const sum = energies.map((_, i) => argument(i)).reduce((x, y) => k.add(x, y));
  const total = scale === 1 ? sum : k.mul(sum, literal(scale));
  return mapRows(head.log?.kind ?? 'energies', energies, [], levelOver(k, head)(total), order);
}

/** max(x, M - range), minus M when the reference is the maximum M. */
function belowLargest({ range, reference }: LogRule): Expr {
  const raised = range === null ? a : k.max(a, k.sub(b, literal(range)));
  return reference === 'max' ? k.sub(raised, b) : raised;
}

/** Levels by the largest of the clip. */
function clipStep(head: HeadConfig): Step | null {
  const { log } = head;
  if (!log || !needsClip(head)) return null;
  const value = belowLargest(log);
  return (x, order, reference) => mapRows('range', [x, scalarRows(reference as Tensor, x)], [], value, order);
}

/** Levels by the largest of each frame. */
function frameStep(head: HeadConfig): Step | null {
  const { log } = head;
  if (!log || !needsFrame(head)) return null;
  const value = belowLargest(log);
  return (x, order) => mapRows('range', [x, repeated(largestPerFrame(x), x.count)], [], value, order);
}

function affineOf(head: HeadConfig): ((x: Expr) => Expr) | null {
  const { affine } = head;
  return affine && ((x) => k.add(k.mul(x, literal(affine.multiply)), literal(affine.add)));
}

const present = (list: readonly (Step | null)[]): Step[] => list.filter((s) => s !== null);

/** The steps of a head behind the levels of its bands, but for what has to know the clip. */
function stepsBehind(head: HeadConfig): Step[] {
  const matrix = cepstrumOf(head);
  // Behind steps over the clip the affine map is theirs.
  const affine = hasClipSteps(head) ? null : affineOf(head);
  return present([
    frameStep(head),
    matrix && ((x, order) => matrixRows(x, matrix, order)),
    affine && ((x, order) => mapRows('affine', [x], [], affine(a), order)),
  ]);
}

/** The steps of a head behind |X|^2, and how many of them are frame-wise. */
function stepsOf(head: HeadConfig): { steps: Step[]; frameWise: number } {
  const spectrum = scaledSpectrum(head);
  const bank = bankStep(head);
  const logs: Step | null = head.log && ((x, order) => levels(head, [x], 1, order));
  const clip = head.pcen ? pcenStep(head.pcen) : clipStep(head);
  const steps = [...present([spectrum, bank, logs, clip]), ...stepsBehind(head)];
  const cut =
    head.average !== 'none' || head.bank?.kind === 'descriptors'
      ? present([spectrum])
      : clip
        ? present([spectrum, bank, logs])
        : steps;
  return { steps, frameWise: cut.length };
}

const copy: Step = (x, order) => mapRows('copy', [x], [], a, order);

/** Steps one after another; the last one stores in `order`. */
function run(steps: readonly Step[], x: Rows, order: Order, reference: Tensor | null): Rows {
  const list = steps.length === 0 ? [copy] : steps;
  return list.reduce((rows, step, i) => step(rows, i === list.length - 1 ? order : 'rows', reference), x);
}

/** Are there steps that run over the clip, or over pairs of frames, behind the frame-wise ones? */
export function hasFinish(head: HeadConfig): boolean {
  const { steps, frameWise } = stepsOf(head);
  return steps.length > frameWise;
}

/** Numbers per frame that the frame-wise part ends with. */
export function frameWidth(head: HeadConfig): number {
  if (!hasFinish(head) && head.average === 'none') return staticWidth(head);
  if (needsClip(head) || head.pcen) return bandCount(head);
  const { also: _, ...bins } = { ...head, cepstrum: null, bank: null };
  return staticWidth(bins);
}

/** Numbers per frame that `finishFeatures` takes: those that the frame-wise part ends with; under PCEN with their smoothed ones behind them. */
export const finishWidth = (head: HeadConfig): number => frameWidth(head) * (head.pcen ? 2 : 1);

/** Samples of a signal that `frameFeatures` reads for so many frames. */
export const samplesOf = (head: HeadConfig, lanes: number): number => (lanes - 1) * head.hop + head.nFft;

/** |X|^2 of frames, one-sided and unscaled. */
export function framePower(head: HeadConfig, signal: Tensor, lanes: number, transform: RealTransform): Rows {
  const [[power]] = measureBy(head, transform)(signalFrames(head, signal, lanes), lanes, 'power');
  return power;
}

/** What a filterbank weights of powers: the powers, or their roots. */
export const bankInput = (head: HeadConfig, power: Rows): Rows =>
  head.spectrum === 'magnitude'
    ? mapRows('magnitudes', [power], [], k.sqrt(offsetPower(head)), 'rows')
    : power;

/** Results of what a filterbank of weights is over, group by group, up to what has to know the clip. */
export function weightedFeatures(
  head: HeadConfig,
  groups: readonly Rows[],
  { parts, scale }: WeightedBank,
  order: Order,
): Rows {
  const energies = parts.flatMap((part, g) =>
    part ? [filterbank(groups[g], part.weights, part.bands)] : [],
  );
  const rest = needsClip(head) || head.pcen ? [] : stepsBehind(head);
  const found = levels(head, energies, scale, rest.length === 0 ? order : 'rows');
  return rest.length === 0 ? found : run(rest, found, order, null);
}

/**
 * The frame-wise part over a signal [at least samplesOf(head, lanes)] whose frame f starts at sample f hop: `features`
 * [lanes, frameWidth] by default; a complex head has `imaginary` too. Under a filterbank of weights a head that averages gives one
 * result, of all lanes.
 */
export function frameFeatures(
  head: HeadConfig,
  signal: Tensor,
  lanes: number,
  { measure, bank }: Front,
  order: Order = 'frames',
): { features: Rows; imaginary?: Rows } {
  const frames = signalFrames(head, signal, lanes);
  if (head.spectrum !== 'complex') {
    const powers = measure(frames, lanes, 'power').map(([power]) => power);
    if (bank) {
      const inputs = powers.map((power) => bankInput(head, power));
      const groups = head.average === 'none' ? inputs : inputs.map(sumOverFrames);
      return { features: weightedFeatures(head, groups, bank, order) };
    }
    const { steps, frameWise } = stepsOf(head);
    return { features: run(steps.slice(0, frameWise), powers[0], order, null) };
  }
  const bins = oneSidedBins(head.nFft);
  const two = head.sides === 'two';
  const factor = Math.sqrt(spectrumScale(head));
  const table = two ? mirrored(head.nFft) : undefined;
  const signs = Float64Array.from({ length: two ? head.nFft : bins }, (_, bin) =>
    2 * bin > head.nFft ? -factor : factor,
  );
  const [[re, im]] = measure(frames, lanes, 'planar');
  return {
    features: mapRows('real parts', [re], [signs.map(Math.abs)], k.mul(a, b), order, table),
    imaginary: mapRows('imaginary parts', [im], [signs], k.mul(a, b), order, table),
  };
}

/**
 * The rest of a head over results of the frame-wise part (for descriptors, one frame more in front; under PCEN, smoothed ones behind),
 * but for steps over the clip. `reference`, [1], is the largest of them over the clip, for heads with needsClip.
 */
export function finishFeatures(
  head: HeadConfig,
  values: Rows,
  reference: Tensor | null,
  order: Order = 'frames',
): Rows {
  const { steps, frameWise } = stepsOf(head);
  return run(steps.slice(frameWise), values, order, reference);
}

/** The signal as its frames see it: cut or filled to `fit`, padded; zeros behind the last frame. */
function paddedSignal(head: HeadConfig, signal: Tensor, lanes: number): Tensor {
  const before = samplesBefore(head);
  const at = sampleOf(head, signal.size);
  const from = Int32Array.from({ length: samplesOf(head, lanes) }, (_, i) => at(i - before));
  const there = Float64Array.from(from, (i) => (i < 0 ? 0 : 1));
  const whole = { offset: 0, terms: [1] };
  const clamped = from.map((i) => Math.max(0, i));
  return loop({
    label: 'padding',
    space: [from.length],
    loads: [
      { tensor: signal, access: { offset: 0, terms: [clamped] } },
      { tensor: constant([there.length], there), access: whole },
    ],
    body: [k.mul(a, b)],
    stores: [{ result: 0, access: whole, combine: 'store' }],
    shapes: [[from.length]],
  })[0];
}

/** What stands beside a signal: zeros unless frames are centred. */
export const paddingOf = ({ framing, padding }: HeadConfig): PaddingMode =>
  framing === 'centered' || framing === 'midpoints' || typeof framing === 'object' ? padding : 'constant';

/** Which of n samples stands at a position of the padded signal, -1 for zero. */
export function sampleOf(head: HeadConfig, n: number): (position: number) => number {
  const length = head.fit ?? n;
  const at = sampleAt[paddingOf(head)];
  return (position) => {
    const i = at(position, length);
    return i < n ? i : -1;
  };
}

/**
 * A head over a whole clip [samples]: [frames, width], or [1, width] for one that averages (mean only). A complex head gives its
 * real parts. Differentiable where its steps are. Throws InvalidArgumentError for a head with a median.
 */
export function clipFeatures(head: HeadConfig, signal: Tensor, measure: Measure): Tensor {
  const front = { measure, bank: null };
  const lanes = headFrames(head, signal.size);
  const padded = paddedSignal(head, emphasised(head, signal), lanes);
  const isWhole = hasClipSteps(head);
  const order: Order = isWhole ? 'rows' : 'frames';
  if (!hasFinish(head) && head.average === 'none') {
    const { features } = frameFeatures(head, padded, lanes, front, order);
    return isWhole ? clipSteps(head, features, affineOf(head)).tensor : features.tensor;
  }
  const { features } = frameFeatures(head, padded, lanes, front, 'rows');
  const finished = finishFeatures(
    head,
    finishable(head, features),
    needsClip(head) ? largest(features) : null,
    order,
  );
  return isWhole ? clipSteps(head, finished, affineOf(head)).tensor : finished.tensor;
}

/** Results of the frame-wise part over a clip as `finishFeatures` takes them. */
function finishable(head: HeadConfig, features: Rows): Rows {
  if (head.bank?.kind === 'descriptors') return withFirstBefore(features);
  if (head.average === 'mean') return meanOverFrames(features);
  return head.pcen ? withSmoothed(features, head.pcen) : features;
}

/** Results of the frame-wise part as a program finds them: [lanes, finishWidth], one frame more for descriptors. */
export const finishInput = (head: HeadConfig, values: Tensor, lanes: number): Rows =>
  rowsOf(values, finishWidth(head), head.bank?.kind === 'descriptors' ? lanes + 1 : lanes, 'frames');
