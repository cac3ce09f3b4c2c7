/**
 * A feature head as plain data: what becomes of a signal, from framing to the last number, with every option that librosa,
 * torchaudio, Kaldi, Whisper, NeMo, TensorFlow and SciPy have. Graph functions of a head: features.ts; named heads: presets.ts.
 *
 *   signal -> (pre-emphasis) -> frames -> (detrend, pre-emphasis) window -> DFT -> power, magnitude or complex, scaled
 *          -> (average) -> filterbank, bands or descriptors -> logarithm or PCEN -> (range below the maximum) -> cepstrum
 *          -> (deltas) -> (normalisation over the clip) -> affine
 */
import type { CepstrumOptions } from '../numeric/cepstrum.ts';
import type { DeltaOptions } from '../numeric/deltas.ts';
import {
  melCenters,
  type BinSpacing,
  type MelAxis,
  type MelNorm,
  type MelOptions,
  type MelScale,
} from '../numeric/mel.ts';
import type { NormalizeOptions } from '../numeric/normalize.ts';
import type { PaddingMode } from '../numeric/padding.ts';
import type { PcenOptions } from '../numeric/pcen.ts';
import { padCenter, windowSamples, type WindowKind, type WindowSpec } from '../numeric/window.ts';
import type { DescriptorBank } from './descriptors.ts';

/** Triangles even on a mel scale: see numeric/mel.ts. */
export interface MelBank {
  readonly kind: 'mel';
  readonly bands: number;
  /** Hz */
  readonly fMin: number;
  /** Hz; null: half the sample rate. On the kaldi scale 0 and negative numbers count from there (Kaldi's high-freq). */
  readonly fMax: number | null;
  readonly scale: MelScale;
  readonly norm: MelNorm;
  /** Default dft. */
  readonly binSpacing?: BinSpacing;
  /** On what the triangles are straight. Default: mel on the kaldi scale, hz on the others. */
  readonly axis?: MelAxis;
  /**
   * A band of its own in front: the energy of the frame. bins: the sum of the one-sided spectrum (python_speech_features). samples: the
   * sum of the squared samples behind the window (Kaldi's energy with raw-energy=false). A cepstrum puts its level in the place of coefficient 0. Default none.
   */
  readonly energy?: 'none' | 'bins' | 'samples';
}

/** Sums over the bins f with low <= f < high (Hz), times the bin distance where the spectrum is a density: powers. */
export interface BandBank {
  readonly kind: 'bands';
  readonly edges: readonly (readonly [low: number, high: number])[];
}

/** How powers or magnitudes become levels. */
export interface LogRule {
  /** ln and log10 of what they get; db: 10 log10 of a power, 20 log10 of a magnitude. */
  readonly kind: 'ln' | 'log10' | 'db';
  /** log(max(x, floor) + offset). */
  readonly floor: number;
  readonly offset: number;
  /** Levels are raised to this far below the largest of the clip (librosa's top_db; Whisper's 8); null: not. */
  readonly range: number | null;
  /** The level of this value is 0; max: the largest of the clip. */
  readonly reference: number | 'max';
  /** Of what the largest level is meant: the clip or each frame. Default clip. */
  readonly over?: 'clip' | 'frame';
}

/** Samples of padding before and behind the signal. */
export interface FramePadding {
  readonly before: number;
  readonly after: number;
}

/** A further filterbank over the same spectrum, and what its mean error counts beside 1 for the head's own. */
export interface FurtherBank extends Pick<HeadConfig, 'bank' | 'cepstrum'> {
  readonly weight: number;
}

/** A feature head as plain data: framing, spectrum, bands, logarithm and cepstrum. `featureHead` makes one from a preset. */
export interface HeadConfig {
  /** Hz */
  readonly sampleRate: number;
  /** DFT length, any size. */
  readonly nFft: number;
  /** Samples of the window, at most nFft; null: nFft. */
  readonly windowLength: number | null;
  /** Samples from frame to frame. */
  readonly hop: number;
  /** By name, or as its samples in an array. */
  readonly window: WindowSpec | readonly number[];
  readonly windowKind: WindowKind;
  /** centered: a frame is nFft samples with the window in their middle; start: it is the window's samples, zeros follow. */
  readonly placement: 'centered' | 'start';
  /**
   * inside: frames that lie inside the signal. centered: nFft / 2 samples of padding at both ends. midpoints: Kaldi without
   * snip-edges, frame f is centred at (f + 1/2) hop. padded-end: a frame at every hop that begins inside (TensorFlow's pad_end).
   * padded-last: inside, and one more over the samples that are left, at least one (python_speech_features). A record: so many samples
   * of padding, frames inside of all that.
   */
  readonly framing: 'inside' | 'centered' | 'midpoints' | 'padded-end' | 'padded-last' | FramePadding;
  readonly padding: PaddingMode;
  /** Leave out the last frame (Whisper). */
  readonly dropLast: boolean;
  /** Samples to which a clip is cut or zero padded first; null: as it is. */
  readonly fit: number | null;
  /** Samples are multiplied by it: 32768 for what was made for 16-bit integers. */
  readonly gain: number;
  /** y[i] = x[i] - c x[i - 1] over the signal before anything is padded, x[-1] = 0. Default 0. */
  readonly signalPreEmphasis?: number;
  /** The window is divided by its sum, or by the root of its energy. Default none. */
  readonly windowNorm?: 'none' | 'sum' | 'energy';
  /** Taken from each frame: its mean, or its least-squares line. */
  readonly detrend: 'none' | 'constant' | 'linear';
  /** y[j] = x[j] - c x[j - 1] in each frame, x[-1] = x[0]; 0: none. */
  readonly preEmphasis: number;
  readonly spectrum: 'power' | 'magnitude' | 'complex';
  /**
   * density: power / (sampleRate sum w^2), spectrum: power / (sum w)^2, one-sided power doubled but for bin 0 and n/2;
   * magnitude and complex by the square root and not doubled (scipy.signal.spectrogram). length: power / nFft, not doubled.
   */
  readonly scaling: 'none' | 'density' | 'spectrum' | 'length';
  /** Added to |X|^2 under the root of a magnitude (HiFi-GAN). Default 0. */
  readonly magnitudeOffset?: number;
  /** two: all nFft bins, in the order of fftfreq. */
  readonly sides: 'one' | 'two';
  /** Over the frames of the clip; median as SciPy's, divided by its bias. */
  readonly average: 'none' | 'mean' | 'median';
  readonly bank: MelBank | BandBank | DescriptorBank | null;
  readonly log: LogRule | null;
  readonly cepstrum: CepstrumOptions | null;
  /** In the place of the logarithm. */
  readonly pcen?: PcenOptions | null;
  /** Differences along the frames, behind the numbers of a frame. */
  readonly deltas?: DeltaOptions | null;
  /** Over the frames of the clip (CMVN). */
  readonly normalize?: NormalizeOptions | null;
  /** Last of all: multiply x + add. */
  readonly affine: { readonly multiply: number; readonly add: number } | null;
  /** Further filterbanks: their results follow the head's own. */
  readonly also?: readonly FurtherBank[];
}

/** Something about a head that is allowed and rarely meant. */
export interface HeadWarning {
  readonly name: 'EmptyFilter';
  /** Bands whose triangle no bin falls into: their energy is always zero. */
  readonly bands: readonly number[];
  readonly message: string;
}

/** The head of each filterbank. */
export function partsOf({ also = [], ...head }: HeadConfig): HeadConfig[] {
  return [head, ...also.map(({ bank, cepstrum }) => ({ ...head, bank, cepstrum }))];
}

/** One-sided bins of n samples. */
export const oneSidedBins = (n: number): number => Math.floor(n / 2) + 1;

export const windowLengthOf = (head: Pick<HeadConfig, 'windowLength' | 'nFft'>): number =>
  head.windowLength ?? head.nFft;

/** Samples of the signal that one frame spans. */
export const frameLength = (head: Pick<HeadConfig, 'windowLength' | 'nFft' | 'placement'>): number =>
  head.placement === 'centered' ? head.nFft : windowLengthOf(head);

/** Samples that stand before the first frame's signal: padding, or how far into the signal it begins when negative. */
export function samplesBefore(head: HeadConfig): number {
  if (typeof head.framing === 'object') return head.framing.before;
  if (head.framing === 'centered') return Math.floor(head.nFft / 2);
  return head.framing === 'midpoints' ? Math.floor(frameLength(head) / 2) - Math.floor(head.hop / 2) : 0;
}

const framingSpares: Readonly<Record<Exclude<HeadConfig['framing'], object>, (head: HeadConfig) => number>> =
  {
    inside: (head) => head.hop - frameLength(head),
    centered: (head) => head.hop - frameLength(head) + 2 * Math.floor(head.nFft / 2),
    midpoints: (head) => Math.floor(head.hop / 2),
    'padded-end': (head) => head.hop - 1,
    'padded-last': (head) => 2 * head.hop - 1 - frameLength(head),
  };

/** What n samples have to be raised by for floor(n / hop) frames, where there are any. Streams ask for every chunk: it allocates nothing. */
export function spareSamples(head: HeadConfig): number {
  const { framing, hop } = head;
  const spare =
    typeof framing === 'object'
      ? hop - frameLength(head) + framing.before + framing.after
      : framingSpares[framing](head);
  return spare - (head.dropLast ? hop : 0);
}

/** Frames of a signal that has samples, at least. */
export const fewestFrames = ({ framing, dropLast }: HeadConfig): number =>
  framing === 'padded-last' && !dropLast ? 1 : 0;

/** Frames of a signal of so many samples; 0 when it is shorter than one, or empty. */
export const headFrames = (head: HeadConfig, samples: number): number =>
  samples < 1
    ? 0
    : Math.max(fewestFrames(head), Math.floor(((head.fit ?? samples) + spareSamples(head)) / head.hop));

/** Time of the middle of each frame, in seconds from the first sample. */
export const frameTimes = (head: HeadConfig, frames: number): Float64Array =>
  Float64Array.from(
    { length: frames },
    (_, f) => (f * head.hop - samplesBefore(head) + frameLength(head) / 2) / head.sampleRate,
  );

const sumOf = (x: Float64Array): number => x.reduce((sum, v) => sum + v, 0);

/** The samples of the window, normalised, without gain. */
function ownWindow(head: HeadConfig): Float64Array {
  const window = windowSamples(head.window, windowLengthOf(head), head.windowKind);
  const { windowNorm = 'none' } = head;
  if (windowNorm === 'none') return window;
  const divisor = windowNorm === 'sum' ? sumOf(window) : Math.sqrt(sumOf(window.map((w) => w * w)));
  return window.map((w) => w / divisor);
}

/** The window over the nFft samples of a transform, normalisation and gain included. */
export function headWindow(head: HeadConfig): Float64Array {
  const window = ownWindow(head).map((w) => w * head.gain);
  if (head.placement === 'centered') return padCenter(window, head.nFft);
  const out = new Float64Array(head.nFft);
  out.set(window);
  return out;
}

/** Has the logarithm a level relative to the largest? */
export const isRelative = (log: LogRule | null): log is LogRule =>
  log !== null && (log.range !== null || log.reference === 'max');

/** Does a level depend on the largest of the clip? */
export const needsClip = ({ log }: HeadConfig): boolean => isRelative(log) && log.over !== 'frame';

/** Does a level depend on the largest of its frame? */
export const needsFrame = ({ log }: HeadConfig): boolean => isRelative(log) && log.over === 'frame';

/** Are there steps over several frames behind the levels or cepstra: deltas, a normalisation? */
export const hasClipSteps = ({ deltas = null, normalize = null }: HeadConfig): boolean =>
  deltas !== null || normalize !== null;

/** Upper end of a mel bank in Hz. */
export function topOf(head: HeadConfig, { fMax, scale }: MelBank): number {
  const half = head.sampleRate / 2;
  if (fMax === null) return half;
  return scale === 'kaldi' && fMax <= 0 ? half + fMax : fMax;
}

/** What power spectra are multiplied by, before the doubling of one-sided ones. */
export function spectrumScale(head: HeadConfig): number {
  if (head.scaling === 'none') return 1;
  if (head.scaling === 'length') return 1 / head.nFft;
  const window = ownWindow(head);
  if (head.scaling === 'density') return 1 / (head.sampleRate * sumOf(window.map((w) => w * w)));
  return 1 / sumOf(window) ** 2;
}

/** Has a filterbank a band of the energy of the frame? */
export const hasEnergy = (bank: HeadConfig['bank']): bank is MelBank =>
  bank?.kind === 'mel' && (bank.energy ?? 'none') !== 'none';

/** The head without its steps over the frames of the clip: levels or cepstra, frame by frame. */
export const withoutClipSteps = ({ deltas: _, normalize: __, ...head }: HeadConfig): HeadConfig => head;

/** Frequencies in Hz: of bins, of band centres (mel) or middles (bands); none for descriptors, cepstra, deltas, energies and several banks. */
export function headFrequencies(head: HeadConfig): Float64Array {
  const { bank, nFft, sampleRate } = head;
  const others = (head.cepstrum ?? head.deltas ?? head.also ?? null) !== null;
  if (others || hasEnergy(bank) || bank?.kind === 'descriptors') return new Float64Array(0);
  if (bank?.kind === 'bands') return Float64Array.from(bank.edges, ([low, high]) => (low + high) / 2);
  if (bank) return melCenters(melOptions(head, bank));
  const rows = head.sides === 'two' ? nFft : oneSidedBins(nFft);
  const positive = Math.floor((nFft - 1) / 2);
  return Float64Array.from(
    { length: rows },
    (_, k) => ((head.sides === 'two' && k > positive ? k - nFft : k) * sampleRate) / nFft,
  );
}

/** A mel bank as numeric/mel.ts describes it. */
export const melOptions = (head: HeadConfig, bank: MelBank): MelOptions => ({
  sampleRate: head.sampleRate,
  nFft: head.nFft,
  mels: bank.bands,
  fMin: bank.fMin,
  fMax: topOf(head, bank),
  scale: bank.scale,
  norm: bank.norm,
  binSpacing: bank.binSpacing,
  axis: bank.axis,
});
