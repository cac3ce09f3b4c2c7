/** Hidden front ends for the parity study: presets of which some settings are changed, as threads tell, and heads from the whole space of settings. */
import { featureHead, PapilioError, presetNames, type HeadConfig } from '../src/index.ts';
import { headFrames } from '../src/front.ts';
import { addGaussian, randomUint32 } from '../src/numeric/random.ts';

export const clipSeconds = 3;

/** Speech-like clips: noise of two colours, a gliding tone and a rhythm, louder and quieter ones. */
export const clipsAt = (rate: number, seed: number, count = 8): Float64Array[] =>
  Array.from({ length: count }, (_, c) => {
    const x = new Float64Array(clipSeconds * rate);
    addGaussian(x, 1, seed + c, 0);
    let [low, lower] = [0, 0];
    return x.map((v, i) => {
      low = 0.9 * low + 0.1 * v;
      lower = 0.97 * lower + 0.03 * v;
      const t = i / rate;
      const rhythm = 0.003 + Math.max(0, Math.sin(2 * Math.PI * (1.3 + 0.2 * c) * t)) ** 2;
      const tone = Math.sin(2 * Math.PI * (200 + 50 * c + 300 * t) * t);
      return 0.3 * 10 ** (-c / 8) * rhythm * (0.3 * v + low + 2 * lower * Math.sin(9 * t) + 0.3 * tone);
    });
  });

/** Draws one of a list. */
type One = <T>(list: readonly T[]) => T;
type Change = (head: HeadConfig, one: One) => Partial<HeadConfig>;

const clipFrames = (head: HeadConfig): number => headFrames(head, clipSeconds * head.sampleRate);

const ofLog = (head: HeadConfig, change: Partial<NonNullable<HeadConfig['log']>>): Partial<HeadConfig> =>
  head.log ? { log: { ...head.log, ...change } } : {};

const ofBank = (
  head: HeadConfig,
  change: Partial<Extract<HeadConfig['bank'], { kind: 'mel' }>>,
): Partial<HeadConfig> => (head.bank?.kind === 'mel' ? { bank: { ...head.bank, ...change } } : {});

/** So many milliseconds, or a usual number of samples. */
const samplesOf = (one: One, rate: number, ms: readonly number[], plain: readonly number[]): number =>
  one([...ms.map((m) => Math.round((m * rate) / 1000)), ...plain]);

/** From how samples are taken to what the bank reads. */
const frameChanges: readonly Change[] = [
  (_, one) => ({ windowKind: one(['periodic', 'symmetric']) }),
  (_, one) => ({
    window: one(['hann', 'hamming', 'povey', 'blackman', 'boxcar', 'bartlett', 'cosine', 'blackmanharris']),
  }),
  (h, one) => {
    const length = samplesOf(one, h.sampleRate, [20, 25, 32, 50], [320, 400, 512, 800, 1024]);
    return { windowLength: length, nFft: Math.max(h.nFft, one([length, 2 ** Math.ceil(Math.log2(length))])) };
  },
  (h, one) => {
    const nFft = one([256, 400, 512, 1024, 2048]);
    return { nFft, windowLength: one([null, Math.min(nFft, h.windowLength ?? nFft)]) };
  },
  (h, one) => ({ hop: samplesOf(one, h.sampleRate, [5, 8, 10, 12.5, 20], [128, 160, 200, 256, 320, 512]) }),
  (_, one) => ({ placement: one(['centered', 'start']) }),
  (_, one) => ({ framing: one(['inside', 'centered', 'midpoints', 'padded-end', 'padded-last']) }),
  (h) => ({ framing: { before: (h.nFft - h.hop) >> 1, after: (h.nFft - h.hop) >> 1 }, padding: 'reflect' }),
  (_, one) => ({ padding: one(['reflect', 'symmetric', 'edge', 'constant']) }),
  (_, one) => ({ dropLast: one([true, false]) }),
  (h, one) => ({ fit: one([null, 2, 5, 10].map((s) => s && s * h.sampleRate)) }),
  (_, one) => ({ gain: one([1, 32768, 32767]) }),
  (_, one) => ({ signalPreEmphasis: one([0, 0.97, 0.95, 0.9]), preEmphasis: 0 }),
  (_, one) => ({ preEmphasis: one([0, 0.97, 0.95, 0.9]), signalPreEmphasis: 0 }),
  (_, one) => ({ detrend: one(['none', 'constant', 'linear']) }),
  (_, one) => ({ spectrum: one(['power', 'magnitude']), magnitudeOffset: one([0, 0, 1e-9, 1e-6]) }),
  (_, one) => ({ scaling: one(['none', 'length', 'density', 'spectrum']) }),
  (_, one) => ({ windowNorm: one(['none', 'sum', 'energy']) }),
];

const bankChanges: readonly Change[] = [
  (h, one) => ofBank(h, { bands: one([20, 23, 26, 32, 40, 60, 64, 72, 80, 96, 128]) }),
  (h, one) => ofBank(h, { fMin: one([0, 20, 30, 50, 60, 64, 80, 125, 133.3333, 300]) }),
  (h, one) =>
    ofBank(h, {
      fMax: one(
        [null, 3400, 3800, 4000, 6855.4976, 7500, 7600, 8000, 11025].filter(
          (f) => f === null || f <= h.sampleRate / 2,
        ),
      ),
    }),
  (h, one) =>
    h.bank?.kind === 'mel' && h.bank.scale === 'kaldi' ? ofBank(h, { fMax: one([-100, -200, -400]) }) : {},
  (h, one) =>
    ofBank(h, {
      ...one([
        { scale: 'slaney', norm: 'slaney' },
        { scale: 'htk', norm: 'none' },
        { scale: 'htk', norm: 'slaney' },
        { scale: 'kaldi', norm: 'none' },
        { scale: 'slaney', norm: 'none' },
        { scale: 'slaney', norm: 'sum' },
      ] as const),
    }),
  (h, one) => ofBank(h, { axis: one(['hz', 'mel', 'bins']) }),
  (h, one) => ofBank(h, { energy: one(['none', 'bins', 'samples']) }),
];

/** What stands behind the bank. */
const levelChanges: readonly Change[] = [
  (h, one) => ofLog(h, { kind: one(['ln', 'log10', 'db']) }),
  (h, one) =>
    ofLog(
      h,
      one([
        { floor: one([1e-10, 1e-5, 1e-9, 1e-12, 2 ** -23]), offset: 0 },
        { floor: 0, offset: one([1e-6, 2 ** -24, 1e-5, 1e-10, 1e-3, 0.01]) },
      ]),
    ),
  (h, one) =>
    ofLog(h, { range: one([null, h.log?.kind === 'log10' ? 8 : 80]), over: one(['clip', 'clip', 'frame']) }),
  (h, one) => ofLog(h, { reference: one([1, 'max'] as const) }),
  (_, one) => ({ log: null, cepstrum: null, pcen: null, spectrum: one(['power', 'magnitude']) }),
  (h, one) =>
    h.log && h.bank
      ? {
          cepstrum: {
            count: one([12, 13, 20]),
            norm: one(['ortho', 'ortho', 'htk', 'none']),
            lifter: one([null, null, { kind: 'kaldi', length: 22 }, { kind: 'librosa', length: 22 }]),
          },
        }
      : {},
  (_, one) => ({
    log: null,
    cepstrum: null,
    pcen: one([
      { smoothing: 0.025, gain: 0.98, bias: 2, power: 0.5, epsilon: 1e-6, initial: 'first' },
      { smoothing: 0.0567, gain: 0.98, bias: 2, power: 0.5, epsilon: 1e-6, initial: 1 },
      { smoothing: 0.04, gain: 0.8, bias: 10, power: 0.25, epsilon: 1e-6, initial: 'first' },
      { smoothing: 0.04, gain: 0.96, bias: 2, power: 0.5, epsilon: 1e-12, initial: 'first' },
    ]),
  }),
  (_, one) => ({
    deltas: one([
      { kind: 'librosa', order: one([1, 2]), width: 9 },
      { kind: 'kaldi', order: one([1, 2]), width: 5 },
      { kind: 'torchaudio', order: one([1, 2]), width: one([3, 5]) },
    ]),
  }),
  (_, one) => ({
    normalize: {
      mean: true,
      deviation: one([true, false]),
      ddof: one([0, 1]),
      ...one([
        { offset: 1e-5, varianceOffset: 0 },
        { offset: 0, varianceOffset: 1e-7 },
        { offset: 1e-8, varianceOffset: 0 },
        { offset: 0, varianceOffset: 1e-5 },
      ]),
      over: one(['feature', 'feature', 'clip']),
    },
  }),
  (_, one) => ({
    affine: one([
      null,
      { multiply: 0.25, add: 1 },
      { multiply: 0.1, add: 2 },
      { multiply: 1 / 9.1379948, add: 4.2677393 / 9.1379948 },
      { multiply: 0.05, add: -1.5 },
    ]),
  }),
];

/** The head with a change, or as it was where that is no head, or none that gives enough frames. */
function changed(head: HeadConfig, change: Change, one: One): HeadConfig {
  try {
    const next = featureHead('papilio', { ...head, ...change(head, one) } as HeadConfig);
    return clipFrames(next) >= 40 ? next : head;
  } catch (error) {
    if (error instanceof PapilioError) return head;
    throw error;
  }
}

/** The head at another rate: sizes in milliseconds, where they are whole ones, or in samples as they are. */
const atRate =
  (rate: number): Change =>
  (head, one) => {
    const own = head.windowLength ?? head.nFft;
    const isTimed = Number.isInteger((1000 * own) / head.sampleRate);
    const scale = isTimed && one([true, true, false]) ? rate / head.sampleRate : 1;
    const sized = (n: number): number => Math.round(n * scale);
    const length = sized(own);
    const bank =
      head.bank?.kind === 'mel' && (head.bank.fMax ?? 0) > rate / 2
        ? { ...head.bank, fMax: null }
        : head.bank;
    return {
      sampleRate: rate,
      hop: sized(head.hop),
      windowLength: length,
      nFft: scale === 1 ? head.nFft : 2 ** Math.ceil(Math.log2(length)),
      fit: head.fit && sized(head.fit),
      bank,
    };
  };

const hidden = presetNames.filter((name) => !name.startsWith('scipy'));
const changes = [...frameChanges, ...frameChanges, ...bankChanges, ...bankChanges, ...levelChanges];

/** A hidden front end: a preset with up to three changes, of which one may be the rate; or, one time in four, twelve changes. */
export function hiddenHead(seed: number, draw: number): HeadConfig {
  let at = 0;
  const one: One = (list) => list[randomUint32(seed, 1000 + draw, at++) % list.length];
  let head: HeadConfig = featureHead(one(hidden));
  if (one([true, false, false, false]))
    head = changed(head, atRate(one([8000, 16000, 22050, 24000, 32000, 44100, 48000])), one);
  const count = one([0, 1, 1, 2, 2, 3, 3, 12]);
  for (let i = 0; i < count; i++) head = changed(head, one(changes), one);
  return head;
}

/** The settings of a head that are not papilio's. */
export function headSummary(head: HeadConfig): string {
  const base: Record<string, unknown> = { ...featureHead() };
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(head).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(base[key])),
    ),
  );
}
