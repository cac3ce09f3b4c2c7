/**
 * A front end: a head, the transform that its frames are measured by, and the filterbank over what that measures. All data; exact,
 * pruned and learned ones differ in transform and bank only. Its graphs: graphs.ts.
 */
import type { TransformModel } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { isWindowSpec } from '../numeric/window.ts';
import { bandsOf, timesBins, type Bank } from '../spectral/banks.ts';
import { measurementOrder, type Branch } from '../spectral/branches.ts';
import type { FrameWindow } from '../spectral/frames.ts';
import {
  frameLength,
  headWindow,
  oneSidedBins,
  windowLengthOf,
  withoutClipSteps,
  type HeadConfig,
} from '../spectral/head.ts';
import { averagedFrames } from './spectral-head.ts';

/** How frames are measured. */
export type FrontTransform =
  /** The powers of the head's own DFT, by the fastest plan. */
  | { readonly kind: 'exact' }
  /** Those of a network of real input; its n is the length of the frame part it transforms, head.nFft or less. */
  | ({ readonly kind: 'network' } & TransformModel)
  /** Those of several exact transforms of the frame at their own rates; bands are over all of their powers by frequency. */
  | { readonly kind: 'branches'; readonly branches: readonly Branch[] };

/** The filterbank over what a transform measures: as the head says it, or weights of its own. */
export type FrontBank = { readonly kind: 'rule' } | ({ readonly kind: 'weights' } & Bank);

/** A front end as plain data. */
export interface FrontEnd {
  /** Any for an exact front end; else one that `requireTrainable` accepts. */
  readonly head: HeadConfig;
  readonly transform: FrontTransform;
  readonly bank: FrontBank;
}

/** The spec of a front end: what of it is no array. Bands begin where the tensor "bands.start" says. */
export interface FrontEndSpec {
  readonly head: HeadConfig;
  readonly transform:
    | Exclude<FrontTransform, { kind: 'network' }>
    | { readonly kind: 'network'; readonly network: NetworkSpec };
  readonly bank: { readonly kind: 'rule' } | { readonly kind: 'weights'; readonly width: number };
}

/** What of a front end measures frames. */
export type Measuring = Pick<FrontEnd, 'head' | 'transform'>;

/** The exact front end of a head. */
export const exactFrontEnd = (head: HeadConfig): FrontEnd => ({
  head,
  transform: { kind: 'exact' },
  bank: { kind: 'rule' },
});

/** Is a front end its head's own pipeline and nothing else? */
export const isExactFront = ({ transform, bank }: FrontEnd): boolean =>
  transform.kind === 'exact' && bank.kind === 'rule';

/** A front end without deltas and normalisation over the clip: errors are differences of levels or cepstra. */
export const levelsFront = (front: FrontEnd): FrontEnd => ({ ...front, head: withoutClipSteps(front.head) });

/** Points of a front end's one transform. */
export const pointsOf = ({ head, transform }: Omit<FrontEndSpec, 'bank'>): number =>
  transform.kind === 'network' ? transform.network.n : head.nFft;

/** The filterbank of a front end. */
export const bankOf = ({ head, transform, bank }: FrontEnd): Bank =>
  bank.kind === 'weights' ? bank : bandsOf(head, pointsOf({ head, transform }));

/**
 * The window of the samples that one transform sees: the head's. A network shorter than the frame sees a shorter one around its centre,
 * or the middle of a window given as samples.
 */
export function transformWindow(front: Measuring): FrameWindow {
  const { head } = front;
  const points = pointsOf(front);
  const start = Math.max(0, Math.floor((frameLength(head) - points) / 2));
  // Samples that are given have no shorter form: those that the transform sees.
  if (!isWindowSpec(head.window)) return { window: headWindow(head).slice(start, start + points), start };
  const shorter = { ...head, nFft: points, windowLength: Math.min(windowLengthOf(head), points) };
  return { window: headWindow(shorter), start };
}

/** A filterbank with a complex gain [bins, 2] of the bins below it: weights times their squared moduli. */
export const withGain = (bank: Bank, gain: ArrayLike<number>): Bank => ({
  bands: bank.bands,
  weights: timesBins(bank, (bin) => gain[2 * bin] ** 2 + gain[2 * bin + 1] ** 2),
});

/** One vector of f32. */
const framesPerRun = 4;

/**
 * Frames computed by one run of a model's programs: the clip that is averaged, or a vector of them. More for branches, whose
 * butterflies of radix 8 then load each twiddle for many frames; still more for streams, whose overlap between runs is computed twice.
 */
export function framesOfRun({ head, transform }: Measuring): number {
  if (head.average !== 'none') return averagedFrames(head);
  if (transform.kind !== 'branches') return framesPerRun;
  return (transform.branches.some((b) => b.filters.length > 0) ? 16 : 8) * framesPerRun;
}

/** Results of one run: one average, or one per frame. */
export const resultsOfRun = (front: Measuring): number => framesOfRun(front) / averagedFrames(front.head);

/** Numbers per frame that the filterbank weights. */
export const measurementCount = (front: Omit<FrontEndSpec, 'bank'>): number =>
  front.transform.kind === 'branches'
    ? measurementOrder(front.head, front.transform.branches).frequencies.length
    : oneSidedBins(pointsOf(front));
