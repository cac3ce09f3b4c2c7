/** The first stage in which a head differs from another, in words. */
import { axisOf } from '../../numeric/mel.ts';
import { samplesBefore, topOf, type HeadConfig, type MelBank } from '../../spectral/head.ts';

/** A stage, what the found head does there and what the other one does. */
export interface StageDifference {
  readonly stage: string;
  readonly yours: string;
  readonly theirs: string;
}

type Told = (head: HeadConfig) => string;

const windowName = ({ window }: HeadConfig): string =>
  typeof window !== 'string' && typeof window[0] === 'number' ? 'samples of its own' : String(window);

const ofMel = (head: HeadConfig, told: (bank: MelBank) => string): string =>
  head.bank?.kind === 'mel' ? told(head.bank) : head.bank === null ? 'single bins' : head.bank.kind;

/** What the spectrum is summed into. */
function bandsText({ bank }: HeadConfig): string {
  if (bank === null) return 'single bins';
  if (bank.kind === 'mel') return `${bank.bands}`;
  if (bank.kind === 'bands') return bank.edges.map(([low, high]) => `${low} to ${high} Hz`).join(', ');
  return `${bank.names.join(', ')}, rolloff ${bank.rolloff}`;
}

function levelsText({ log, pcen }: HeadConfig): string {
  if (!pcen) return log === null ? 'no logarithm' : log.kind;
  const { smoothing, initial, gain, bias, power, epsilon } = pcen;
  return `PCEN (smoothing ${smoothing} from ${initial}, gain ${gain}, bias ${bias}, power ${power}, epsilon ${epsilon})`;
}

/** A number that is added, or stands under a logarithm; so small a one is there for form's sake. */
function smallText(x = 0): string {
  if (x < 1e-29) return 'none';
  const power = Math.log2(x);
  return Number.isInteger(power) && power < -10 ? `2^${power}` : String(x);
}

/** What stands behind the signal for frames to reach into. */
function behindOf({ framing, nFft }: HeadConfig): string {
  if (typeof framing === 'object') return `${framing.after} samples`;
  return {
    inside: '0 samples',
    centered: `${Math.floor(nFft / 2)} samples`,
    midpoints: 'as much as frames centred in every hop need',
    'padded-end': 'as much as a frame at every hop needs',
    'padded-last': 'as much as a frame over what is left needs',
  }[framing];
}

/** In the order in which data flow. */
const stages: readonly (readonly [string, Told])[] = [
  ['sample rate', (h) => `${h.sampleRate} Hz`],
  ['gain', (h) => `${h.gain}`],
  ['length of clips', (h) => (h.fit === null ? 'as it is' : `${h.fit} samples`)],
  ['pre-emphasis over the signal', (h) => `${h.signalPreEmphasis ?? 0}`],
  ['hop', (h) => `${h.hop} samples`],
  ['padding before the first frame', (h) => `${samplesBefore(h)} samples`],
  [
    'padding',
    (h) => (samplesBefore(h) === 0 ? 'none in front' : h.padding === 'constant' ? 'zeros' : h.padding),
  ],
  ['padding behind the last frame', (h) => `${behindOf(h)}`],
  ['last frame', (h) => (h.dropLast ? 'left out' : 'kept')],
  ['trend of each frame', (h) => (h.detrend === 'none' ? 'kept' : `${h.detrend} taken away`)],
  ['pre-emphasis in each frame', (h) => `${h.preEmphasis}`],
  ['window', windowName],
  ['window', (h) => h.windowKind],
  ['length of the window', (h) => `${h.windowLength ?? h.nFft} samples`],
  ['norm of the window', (h) => h.windowNorm ?? 'none'],
  ['n_fft', (h) => `${h.nFft}`],
  ['place of the window', (h) => ((h.windowLength ?? h.nFft) === h.nFft ? 'all of n_fft' : h.placement)],
  ['spectrum', (h) => h.spectrum],
  ['offset under the root', (h) => smallText(h.spectrum === 'magnitude' ? h.magnitudeOffset : 0)],
  ['scaling', (h) => h.scaling],
  ['sides of the spectrum', (h) => h.sides],
  ['average over frames', (h) => h.average],
  ['bands', bandsText],
  ['energy of the frame', (h) => ofMel(h, (b) => b.energy ?? 'none')],
  ['mel scale', (h) => ofMel(h, (b) => (b.scale === 'kaldi' ? 'htk' : b.scale))],
  ['axis of triangles', (h) => ofMel(h, axisOf)],
  ['distance of bins', (h) => ofMel(h, (b) => b.binSpacing ?? 'dft')],
  ['lower end of the bank', (h) => ofMel(h, (b) => `${b.fMin} Hz`)],
  ['upper end of the bank', (h) => ofMel(h, (b) => `${topOf(h, b)} Hz`)],
  ['norm of triangles', (h) => ofMel(h, (b) => b.norm)],
  ['further banks', (h) => (h.also ? JSON.stringify(h.also) : 'none')],
  ['logarithm', levelsText],
  ['floor', (h) => smallText(h.log?.floor)],
  ['offset under the logarithm', (h) => smallText(h.log?.offset)],
  ['range below the maximum', (h) => `${h.log?.range ?? 'none'}`],
  ['reference of levels', (h) => `${h.log?.reference ?? 'none'}`],
  ['maximum', (h) => `that of the ${h.log?.over ?? 'clip'}`],
  ['cepstrum', (h) => (h.cepstrum ? `${h.cepstrum.count} coefficients, norm ${h.cepstrum.norm}` : 'none')],
  ['lifter', (h) => (h.cepstrum?.lifter ? `${h.cepstrum.lifter.kind} ${h.cepstrum.lifter.length}` : 'none')],
  [
    'deltas',
    (h) => (h.deltas ? `${h.deltas.kind}, order ${h.deltas.order}, width ${h.deltas.width}` : 'none'),
  ],
  [
    'normalisation',
    ({ normalize }) =>
      normalize
        ? `${normalize.mean ? 'mean' : ''}${normalize.deviation ? ` and deviation over n - ${normalize.ddof}` : ''} by ${normalize.over}`
        : 'none',
  ],
  [
    'guard of the deviation',
    ({ normalize }) =>
      normalize?.deviation
        ? `${smallText(normalize.offset)}, under the root ${smallText(normalize.varianceOffset)}`
        : 'none',
  ],
  ['affine map', (h) => (h.affine ? `${h.affine.multiply} x + ${h.affine.add}` : 'none')],
];

/** Stages that differ, the first of the signal's way first. */
export const stageDifferences = (yours: HeadConfig, theirs: HeadConfig): StageDifference[] =>
  stages.flatMap(([stage, told]) =>
    told(yours) === told(theirs) ? [] : [{ stage, yours: told(yours), theirs: told(theirs) }],
  );

/** A difference as a sentence: "your window is symmetric; whisper's is periodic". */
export const differenceText = ({ stage, yours, theirs }: StageDifference, name: string): string =>
  `your ${stage} is ${yours}; ${name}'s is ${theirs}`;
