/**
 * A head as graph functions. The frame-wise part, `frameFeatures`, runs over any number of frames of a signal; what has to know
 * the whole clip splits a head in two, and `finishFeatures` is the rest. `clipFeatures` is both over one clip, for training.
 */
import { argument, exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import { constant, loop, type Tensor } from '../ir/graph.ts';
import { rows as rowsView, type View } from '../ir/view.ts';
import { cepstrumMatrix } from '../numeric/cepstrum.ts';
import { sampleAt, type PaddingMode } from '../numeric/padding.ts';
import { conditioned } from './conditioning.ts';
import { descriptors, withFirstBefore } from './descriptors.ts';
import {
  bankMatrix,
  headFrames,
  headFrequencies,
  headWindow,
  needsClip,
  oneSidedBins,
  samplesBefore,
  spectrumScale,
  type HeadConfig,
} from './head.ts';
import { frames, logarithm } from './log-mel.ts';
import {
  filterbank,
  framesOf,
  largest,
  mapRows,
  matrixRows,
  meanOverFrames,
  rowsOf,
  scalarRows,
  type Order,
  type Rows,
} from './rows.ts';

/** The DFT of real samples per lane: planar, two tensors of [bins (+ spare rows), lanes], or power, one tensor of |X|^2. */
export type RealTransform = (
  source: View,
  lanes: number,
  layout: 'planar' | 'power' | 'both',
) => readonly Tensor[];

/** What comes before what has to know the clip, in order; a head without such a step ends with the last. */
export type Part = 'frames' | 'finish';

type Step = (x: Rows, order: Order, reference: Tensor | null) => Rows;

const a = /* @__PURE__ */ argument(0);
const b = /* @__PURE__ */ argument(1);

/** Numbers per frame of a head's result; per average for one that averages. */
export function headWidth(head: HeadConfig): number {
  const { bank, cepstrum, sides, nFft } = head;
  if (cepstrum) return cepstrum.count;
  if (bank?.kind === 'mel') return bank.bands;
  if (bank?.kind === 'bands') return bank.edges.length;
  if (bank?.kind === 'descriptors') return bank.names.length;
  return sides === 'two' ? nFft : oneSidedBins(nFft);
}

/** Factors per bin of power spectra: the scaling, twice for what a one-sided spectrum leaves out. */
export function powerFactors(head: HeadConfig): Float64Array {
  const scale = spectrumScale(head);
  const { nFft, sides } = head;
  const doubled = head.scaling !== 'none' && sides === 'one' && head.spectrum === 'power';
  return Float64Array.from({ length: sides === 'one' ? oneSidedBins(nFft) : nFft }, (_, bin) =>
    doubled && bin > 0 && 2 * bin !== nFft ? 2 * scale : scale,
  );
}

/** One-sided bins of all bins, in the order of fftfreq. */
export const mirrored = (n: number): Int32Array =>
  Int32Array.from({ length: n }, (_, bin) => Math.min(bin, n - bin));

/** |X|^2 to what the head calls its spectrum; null where that is |X|^2 itself. */
function scaledSpectrum(head: HeadConfig): Step | null {
  const sqrt = head.spectrum === 'magnitude';
  const factors = powerFactors(head);
  const table = head.sides === 'two' ? mirrored(head.nFft) : undefined;
  const plain = head.scaling === 'none';
  if (plain && !sqrt && !table) return null;
  const value = plain ? a : k.mul(a, b);
  return (x, order) =>
    mapRows('spectrum', [x], plain ? [] : [factors], sqrt ? k.sqrt(value) : value, order, table);
}

function bankStep(head: HeadConfig): Step | null {
  const { bank } = head;
  if (!bank) return null;
  if (bank.kind === 'descriptors') {
    const frequencies = headFrequencies({ ...head, bank: null });
    return (x, order) => descriptors(x, bank, frequencies, order);
  }
  const { bands, weights } = bankMatrix(head, bank);
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

/** The level of a band's energy in the unit of the head's logarithm; the energy itself without one. */
export function levelExpr(head: HeadConfig, energy: Expr): Expr {
  const { log } = head;
  if (!log) return energy;
  const value = logarithm(energy, logScale(head), log.floor, log.offset);
  const reference = referenceLevel(head);
  return reference === 0 ? value : k.sub(value, literal(reference));
}

/** The same for numbers. */
export function levelOf(head: HeadConfig): (energy: number) => number {
  const { log } = head;
  if (!log) return (energy) => energy;
  const { floor, offset } = log;
  const [scale, reference] = [logScale(head), referenceLevel(head)];
  return (energy) => scale * Math.log(Math.max(energy, floor) + offset) - reference;
}

function logStep(head: HeadConfig): Step | null {
  const { log } = head;
  if (!log) return null;
  const level = levelExpr(head, a);
  return (x, order) => mapRows(log.kind, [x], [], level, order);
}

/** max(x, M - range), minus M when the reference is the maximum M of the clip. */
function clipStep(head: HeadConfig): Step | null {
  const { log } = head;
  if (!log || !needsClip(head)) return null;
  const raised = log.range === null ? a : k.max(a, k.sub(b, literal(log.range)));
  const value = log.reference === 'max' ? k.sub(raised, b) : raised;
  return (x, order, reference) => mapRows('range', [x, scalarRows(reference as Tensor, x)], [], value, order);
}

function affineOf(head: HeadConfig): ((x: Expr) => Expr) | null {
  const { affine } = head;
  return affine && ((x) => k.add(k.mul(x, literal(affine.multiply)), literal(affine.add)));
}

/** The steps of a head behind |X|^2, and how many of them are frame-wise. */
function stepsOf(head: HeadConfig): { steps: Step[]; frameWise: number } {
  const spectrum = scaledSpectrum(head);
  const bank = bankStep(head);
  const logs = logStep(head);
  const clip = clipStep(head);
  const { cepstrum } = head;
  const matrix = cepstrum && cepstrumMatrix(cepstrum, headWidth({ ...head, cepstrum: null }));
  const cepstra: Step | null = matrix && ((x, order) => matrixRows(x, matrix, order));
  const affine = affineOf(head);
  const last: Step | null = affine && ((x, order) => mapRows('affine', [x], [], affine(a), order));
  const present = (list: readonly (Step | null)[]): Step[] => list.filter((s) => s !== null);
  const steps = present([spectrum, bank, logs, clip, cepstra, last]);
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
export const frameWidth = (head: HeadConfig): number =>
  hasFinish(head) || head.average !== 'none'
    ? headWidth({ ...head, cepstrum: null, ...(needsClip(head) ? {} : { bank: null }) })
    : headWidth(head);

/** Samples of a signal that `frameFeatures` reads for so many frames. */
export const samplesOf = (head: HeadConfig, lanes: number): number => (lanes - 1) * head.hop + head.nFft;

/** Frames of a signal as their transform reads them: trend off, pre-emphasis, window. */
function frameView(head: HeadConfig, signal: Tensor, lanes: number): View {
  const window = headWindow(head);
  const isPlain = head.detrend === 'none' && head.preEmphasis === 0;
  return isPlain
    ? frames(signal, head.hop, window)
    : rowsView(conditioned(head, signal, window, lanes), lanes);
}

/** |X|^2 of frames, one-sided and unscaled. */
export function framePower(head: HeadConfig, signal: Tensor, lanes: number, transform: RealTransform): Rows {
  const [power] = transform(frameView(head, signal, lanes), lanes, 'power');
  return rowsOf(power, oneSidedBins(head.nFft), lanes);
}

/**
 * The frame-wise part over a signal [at least samplesOf(head, lanes)] whose frame f starts at sample f hop: `features`
 * [lanes, frameWidth] by default; a complex head has `imaginary` too.
 */
export function frameFeatures(
  head: HeadConfig,
  signal: Tensor,
  lanes: number,
  transform: RealTransform,
  order: Order = 'frames',
): { features: Rows; imaginary?: Rows } {
  if (head.spectrum !== 'complex') {
    const { steps, frameWise } = stepsOf(head);
    const power = framePower(head, signal, lanes, transform);
    return { features: run(steps.slice(0, frameWise), power, order, null) };
  }
  const bins = oneSidedBins(head.nFft);
  const two = head.sides === 'two';
  const factor = Math.sqrt(spectrumScale(head));
  const table = two ? mirrored(head.nFft) : undefined;
  const signs = Float64Array.from({ length: two ? head.nFft : bins }, (_, bin) =>
    2 * bin > head.nFft ? -factor : factor,
  );
  const [re, im] = transform(frameView(head, signal, lanes), lanes, 'planar').map((t) =>
    rowsOf(t, bins, lanes),
  );
  return {
    features: mapRows('real parts', [re], [signs.map(Math.abs)], k.mul(a, b), order, table),
    imaginary: mapRows('imaginary parts', [im], [signs], k.mul(a, b), order, table),
  };
}

/**
 * The rest of a head over results of the frame-wise part (for descriptors, one frame more in front). `reference`, [1], is the
 * largest of them over the clip, for heads with needsClip.
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
  framing === 'centered' || framing === 'midpoints' ? padding : 'constant';

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
export function clipFeatures(head: HeadConfig, signal: Tensor, transform: RealTransform): Tensor {
  const lanes = headFrames(head, signal.size);
  const padded = paddedSignal(head, signal, lanes);
  if (!hasFinish(head) && head.average === 'none')
    return frameFeatures(head, padded, lanes, transform).features.tensor;
  const { features } = frameFeatures(head, padded, lanes, transform, 'rows');
  const values =
    head.bank?.kind === 'descriptors'
      ? withFirstBefore(features)
      : head.average === 'mean'
        ? meanOverFrames(features)
        : features;
  return finishFeatures(head, values, needsClip(head) ? largest(values) : null).tensor;
}

/** Results of the frame-wise part as a program finds them: [lanes, frameWidth], one frame more for descriptors. */
export const finishInput = (head: HeadConfig, values: Tensor, lanes: number): Rows =>
  framesOf(values, frameWidth(head), head.bank?.kind === 'descriptors' ? lanes + 1 : lanes);
