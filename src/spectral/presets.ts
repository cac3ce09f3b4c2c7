/**
 * Heads by name, each equal to its original (test/fixtures/parity). Samples are in [-1, 1] everywhere: what was made for 16-bit
 * integers has a gain of 32768.
 *
 * - papilio: the library's default log-mel: 16 kHz, Hann 400 in 512 points, hop 160, 40 slaney mels, log10.
 * - librosa: power_to_db(feature.melspectrogram(y)), librosa 0.11: 22.05 kHz, n_fft 2048, hop 512, 128 mels, top_db 80.
 * - torchaudio: transforms.MelSpectrogram(16000): power, n_fft 400, hop 200, 128 htk mels, reflected ends; no logarithm.
 * - whisper: WhisperFeatureExtractor: 30 s, n_fft 400, 80 mels (bank.bands 128 for large-v3), 8 below the maximum, (x + 4) / 4.
 * - kaldi: fbank without dither: Povey window of 25 ms, pre-emphasis 0.97, 23 mels from 20 Hz, natural logarithm.
 * - tensorflow: the log-mel of the tf.signal guide: magnitudes, 400 in 512 points, 80 mels 80 to 7600 Hz, ln(x + 1e-6).
 * - openwakeword: its melspectrogram.onnx and x / 10 + 2: 400 in 512 points, 32 slaney mels 60 to 3800 Hz, dB, top_db 80.
 * - nemo: FilterbankFeatures of NeMo (Parakeet, Canary; ParakeetFeatureExtractor) without dither: 80 mels (bank.bands 128 for others),
 *   pre-emphasis over the signal, symmetric Hann 400 in 512, ln(x + 2^-24), normalised; frames that are valid: samples / hop.
 * - hifigan: mel_spectrogram of HiFi-GAN (V1): 22.05 kHz, n_fft 1024, hop 256, 80 slaney mels to 8 kHz, magnitudes, ln(max(x, 1e-5)).
 * - wespeaker: kaldi with Hamming windows and 80 mels, less the mean of each feature.
 * - yamnet, vggish: their log-mel of 64 bands 125 to 7500 Hz: magnitudes, 400 in 512 points, ln(x + 0.001) and ln(x + 0.01).
 * - ast: ASTFeatureExtractor, NumPy path: kaldi's 128 mels of Hann windows over samples in [-1, 1], (x + 4.27) / 9.14.
 * - clap: ClapFeatureExtractor: 48 kHz, n_fft 1024, hop 480, 64 slaney mels 50 to 14000 Hz, dB (laion/clap-htsat-unfused; the fused one:
 *   bank.scale htk, bank.norm none).
 * - seamless: SeamlessM4TFeatureExtractor (w2v-BERT 2.0): kaldi with 80 mels, normalised; two frames in a row are one of theirs.
 * - speecht5: mel targets of SpeechT5FeatureExtractor: n_fft 1024, hop 256, 80 slaney mels 80 to 7600 Hz, magnitudes, log10.
 * - silero: magnitudes of Silero VAD at 16 kHz: n_fft 256, hop 128, 64 reflected samples behind the chunk.
 * - gigaam: GigaAM-v3: n_fft 320, hop 160, 64 htk mels, ln(max(x, 1e-9)).
 * - perch: MelSpectrogram of perch: 32 kHz, windows of 64 ms every 10, 160 mels 60 to 10000 Hz, PCEN.
 * - cmsis-mfcc: arm_mfcc_f32 of CMSIS-DSP: 512 points, Hamming, 20 mels 64 to 8000 Hz, magnitudes, ln(x + 1e-6), 13 coefficients.
 * - python-speech-features: mfcc of python_speech_features: 26 filters over whole bins, 13 coefficients, the energy as the first.
 * - scipy-welch, scipy-spectrogram: scipy.signal.welch and spectrogram with their defaults, fs 1.
 */
import { checkArgument, isRecord, oneOf, record } from '../options.ts';
import type { NormalizeOptions } from '../numeric/normalize.ts';
import type { HeadConfig, LogRule, MelBank } from './head.ts';
import { validateHead } from './validate.ts';

const mel = (bands: number, more: Partial<MelBank> = {}): MelBank => ({
  kind: 'mel',
  bands,
  fMin: 0,
  fMax: null,
  scale: 'slaney',
  norm: 'slaney',
  ...more,
});

const log = (kind: LogRule['kind'], more: Partial<LogRule> = {}): LogRule => ({
  kind,
  floor: 1e-10,
  offset: 0,
  range: null,
  reference: 1,
  ...more,
});

const normalize = (more: Partial<NormalizeOptions> = {}): NormalizeOptions => ({
  mean: true,
  deviation: true,
  ddof: 0,
  offset: 1e-5,
  varianceOffset: 0,
  over: 'feature',
  ...more,
});

function presetTable() {
  const papilio: HeadConfig = {
    sampleRate: 16000,
    nFft: 512,
    windowLength: 400,
    hop: 160,
    window: 'hann',
    windowKind: 'periodic',
    placement: 'centered',
    framing: 'inside',
    padding: 'constant',
    dropLast: false,
    fit: null,
    gain: 1,
    detrend: 'none',
    preEmphasis: 0,
    spectrum: 'power',
    scaling: 'none',
    sides: 'one',
    average: 'none',
    bank: mel(40),
    log: log('log10'),
    cepstrum: null,
    affine: null,
  };

  const scipy: HeadConfig = {
    ...papilio,
    sampleRate: 1,
    nFft: 256,
    windowLength: null,
    hop: 128,
    placement: 'start',
    detrend: 'constant',
    scaling: 'density',
    bank: null,
    log: null,
  };

  const kaldi: HeadConfig = {
    ...papilio,
    window: 'povey',
    windowKind: 'symmetric',
    placement: 'start',
    padding: 'symmetric',
    gain: 32768,
    detrend: 'constant',
    preEmphasis: 0.97,
    bank: mel(23, { fMin: 20, scale: 'kaldi', norm: 'none' }),
    // The smallest step of float32 at 1.
    log: log('ln', { floor: 2 ** -23 }),
  };

  const tensorflow: HeadConfig = {
    ...papilio,
    placement: 'start',
    spectrum: 'magnitude',
    bank: mel(80, { fMin: 80, fMax: 7600, scale: 'kaldi', norm: 'none' }),
    log: log('ln', { floor: 0, offset: 1e-6 }),
  };

  const audioSet = mel(64, { fMin: 125, fMax: 7500, scale: 'kaldi', norm: 'none' });

  return {
    papilio,
    librosa: {
      ...papilio,
      sampleRate: 22050,
      nFft: 2048,
      windowLength: null,
      hop: 512,
      framing: 'centered',
      bank: mel(128),
      log: log('db', { range: 80 }),
    },
    torchaudio: {
      ...papilio,
      nFft: 400,
      windowLength: null,
      hop: 200,
      framing: 'centered',
      padding: 'reflect',
      bank: mel(128, { scale: 'htk', norm: 'none', binSpacing: 'half-rate' }),
      log: null,
    },
    whisper: {
      ...papilio,
      nFft: 400,
      framing: 'centered',
      padding: 'reflect',
      dropLast: true,
      fit: 480000,
      bank: mel(80, { binSpacing: 'half-rate' }),
      log: log('log10', { range: 8 }),
      affine: { multiply: 0.25, add: 1 },
    },
    kaldi,
    tensorflow,
    openwakeword: {
      ...papilio,
      gain: 32768,
      bank: mel(32, { fMin: 60, fMax: 3800 }),
      log: log('db', { range: 80 }),
      affine: { multiply: 0.1, add: 2 },
    },
    nemo: {
      ...papilio,
      windowKind: 'symmetric',
      framing: 'centered',
      dropLast: true,
      signalPreEmphasis: 0.97,
      bank: mel(80),
      log: log('ln', { floor: 0, offset: 2 ** -24 }),
      normalize: normalize({ ddof: 1 }),
    },
    hifigan: {
      ...papilio,
      sampleRate: 22050,
      nFft: 1024,
      windowLength: null,
      hop: 256,
      framing: { before: 384, after: 384 },
      padding: 'reflect',
      spectrum: 'magnitude',
      magnitudeOffset: 1e-9,
      bank: mel(80, { fMax: 8000 }),
      log: log('ln', { floor: 1e-5 }),
    },
    wespeaker: {
      ...kaldi,
      window: 'hamming',
      bank: mel(80, { fMin: 20, scale: 'kaldi', norm: 'none' }),
      normalize: normalize({ deviation: false }),
    },
    yamnet: { ...tensorflow, bank: audioSet, log: log('ln', { floor: 0, offset: 0.001 }) },
    vggish: { ...tensorflow, bank: audioSet, log: log('ln', { floor: 0, offset: 0.01 }) },
    ast: {
      ...kaldi,
      window: 'hann',
      gain: 1,
      bank: mel(128, { fMin: 20, scale: 'kaldi', norm: 'none' }),
      // Less AudioSet's mean, over twice its deviation.
      affine: { multiply: 1 / (2 * 4.5689974), add: 4.2677393 / (2 * 4.5689974) },
    },
    clap: {
      ...papilio,
      sampleRate: 48000,
      nFft: 1024,
      windowLength: null,
      hop: 480,
      framing: 'centered',
      padding: 'reflect',
      bank: mel(64, { fMin: 50, fMax: 14000 }),
      log: log('db'),
    },
    seamless: {
      ...kaldi,
      bank: mel(80, { fMin: 20, scale: 'kaldi', norm: 'none' }),
      normalize: normalize({ ddof: 1, offset: 0, varianceOffset: 1e-7 }),
    },
    speecht5: {
      ...papilio,
      nFft: 1024,
      windowLength: null,
      hop: 256,
      framing: 'centered',
      padding: 'reflect',
      spectrum: 'magnitude',
      bank: mel(80, { fMin: 80, fMax: 7600 }),
    },
    silero: {
      ...papilio,
      nFft: 256,
      windowLength: null,
      hop: 128,
      framing: { before: 0, after: 64 },
      padding: 'reflect',
      spectrum: 'magnitude',
      bank: null,
      log: null,
    },
    gigaam: {
      ...papilio,
      nFft: 320,
      windowLength: null,
      bank: mel(64, { scale: 'htk', norm: 'none' }),
      log: log('ln', { floor: 1e-9 }),
    },
    perch: {
      ...papilio,
      sampleRate: 32000,
      nFft: 2048,
      windowLength: null,
      hop: 320,
      // As many frames as hops have begun.
      framing: { before: 1024, after: 1023 },
      windowNorm: 'sum',
      bank: mel(160, { fMin: 60, fMax: 10000, scale: 'kaldi', norm: 'none' }),
      log: null,
      pcen: { smoothing: 0.1, gain: 0.5, bias: 2, power: 0.5, epsilon: 1e-6, initial: 'first' },
    },
    'cmsis-mfcc': {
      ...papilio,
      windowLength: null,
      hop: 256,
      window: 'hamming',
      spectrum: 'magnitude',
      bank: mel(20, { fMin: 64, scale: 'kaldi', norm: 'none' }),
      log: log('ln', { floor: 0, offset: 1e-6 }),
      cepstrum: { count: 13, norm: 'htk', lifter: null },
    },
    'python-speech-features': {
      ...papilio,
      window: 'boxcar',
      placement: 'start',
      framing: 'padded-last',
      gain: 32768,
      signalPreEmphasis: 0.97,
      scaling: 'length',
      bank: mel(26, { scale: 'htk', norm: 'none', axis: 'bins', energy: 'bins' }),
      // The smallest step of float64 at 1.
      log: log('ln', { floor: 2 ** -52 }),
      cepstrum: { count: 13, norm: 'ortho', lifter: { kind: 'kaldi', length: 22 } },
    },
    'scipy-welch': { ...scipy, average: 'mean' },
    'scipy-spectrogram': { ...scipy, hop: 224, window: ['tukey', 0.25] },
  } as const satisfies Record<string, HeadConfig>;
}

const presets = /* @__PURE__ */ presetTable();

/** A name of `presetNames`. */
export type PresetName = keyof typeof presets;

/** Names that `featureHead`, `features` and `stream` know. */
export const presetNames = /* @__PURE__ */ Object.keys(presets) as readonly PresetName[];

/** Some options of a head; those of bank, log, cepstrum and other records may be some, too, as long as their kind stays. */
export type HeadOverrides = {
  readonly [K in keyof HeadConfig]?: [NonNullable<HeadConfig[K]>] extends [object]
    ? HeadConfig[K] | Partial<NonNullable<HeadConfig[K]>>
    : HeadConfig[K];
};

/** What options of a kind stand on where the preset has none of it. */
const defaultsOf: Readonly<Record<string, (kind: unknown) => object>> = {
  bank: (kind) => (kind === 'descriptors' ? { rolloff: 0.85 } : kind === 'bands' ? {} : mel(40)),
  log: () => log('log10'),
  cepstrum: () => ({ count: 13, norm: 'ortho', lifter: null }),
  affine: () => ({ multiply: 1, add: 0 }),
  pcen: () => ({ smoothing: 0.05, gain: 0.98, bias: 2, power: 0.5, epsilon: 1e-6, initial: 1 }),
  deltas: () => ({ kind: 'librosa', order: 2, width: 9 }),
  normalize: () => normalize(),
};

/** Options laid over those of the preset, or over defaults where it has none of their kind. */
function laidOver(key: string, base: unknown, over: unknown): unknown {
  if (!isRecord(over)) return over;
  const isAlike = isRecord(base) && (over.kind === undefined || over.kind === base.kind);
  return { ...(isAlike ? base : defaultsOf[key](over.kind)), ...over };
}

/**
 * The head of a name, with some options changed: featureHead('whisper', { bank: { bands: 128 } }). Without a name: papilio's.
 * Throws InvalidArgumentError for an unknown name, listing what exists, and for options that are not possible.
 */
export function featureHead(preset: PresetName = 'papilio', overrides: HeadOverrides = {}): HeadConfig {
  checkArgument('preset', preset, oneOf(presetNames));
  checkArgument('overrides', overrides, record());
  const base: HeadConfig = presets[preset];
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(overrides)) {
    if (value === undefined && Object.hasOwn(base, key)) continue;
    merged[key] = Object.hasOwn(defaultsOf, key) ? laidOver(key, merged[key], value) : value;
  }
  const head = merged as unknown as HeadConfig;
  validateHead(head);
  return head;
}
