/** Features by name that front ends are learned for: `log-mel-80`, `mfcc-13`, `spectrum`, `welch`, `third-octaves`, `peaks`, and the presets. */
import { InvalidArgumentError } from '../errors.ts';
import type { HeadConfig, LogRule, MelBank, FurtherBank } from '../spectral/head.ts';
import { checkArgument, suggestion, text } from '../options.ts';
import { featureHead, presetNames, type PresetName } from '../spectral/presets.ts';
import type { ErrorPlaces } from './error-places.ts';
import { requireTrainable } from './spectral-head.ts';

/** What a front is made for: a head, and where its errors count. */
export interface FeatureTarget {
  readonly name: string;
  readonly head: HeadConfig;
  readonly places: ErrorPlaces;
}

/** Default sample rate, Hz. */
const usualRate = 16000;
/** Mel bands behind a cepstrum. */
const cepstrumBands = 40;
/** Approximate seconds of a clip whose frames are averaged. */
const clipSeconds = 1;

const base = (): HeadConfig => featureHead('papilio');

/** The logarithm of the papilio head with another floor. */
const log10 = (floor: number): LogRule => ({ ...(base().log as LogRule), floor });

/** Frames of 25 ms every 10 ms at n_fft 512, and in proportion: the windows of speech recognition. */
function speechHead(nFft: number, sampleRate: number): HeadConfig {
  return {
    ...base(),
    sampleRate,
    nFft,
    windowLength: Math.round((nFft * 25) / 32),
    hop: Math.round((nFft * 10) / 32),
  };
}

/** The mel bank of the papilio head with another number of bands. */
const mels = (bands: number): MelBank => ({ ...(base().bank as MelBank), bands });

/** Welch's method over about a second: Hann windows of nFft samples that overlap by half, power spectral density. */
function welchHead(nFft: number, sampleRate: number): HeadConfig {
  const hop = nFft / 2;
  // Whole vectors of frames.
  const frames = 8 * Math.max(1, Math.round((clipSeconds * sampleRate) / hop / 8));
  return {
    ...base(),
    sampleRate,
    nFft,
    windowLength: nFft,
    hop,
    scaling: 'density',
    average: 'mean',
    fit: (frames - 1) * hop + nFft,
    bank: null,
    log: log10(1e-16),
  };
}

/**
 * Edges in Hz of the third-octave bands that hold at least one bin each, up to half the sample rate: middles at 1000 10^(k / 10)
 * (IEC 61260-1, base ten).
 */
export function thirdOctaves(rate: number, nFft: number): (readonly [number, number])[] {
  const unit = rate / nFft;
  const edge = (k: number): number => 1000 * 10 ** (k / 10 - 1 / 20);
  const bands = Array.from({ length: 41 }, (_, i): readonly [number, number] => [edge(i - 20), edge(i - 19)]);
  const empty = bands.findLastIndex(([low, high]) => Math.ceil(low / unit) * unit >= high);
  return bands.slice(empty + 1).filter(([, high]) => high <= rate / 2);
}

const makers: Readonly<
  Record<string, (nFft: number, rate: number, count: number) => [HeadConfig, ErrorPlaces?]>
> = {
  'log-mel': (nFft, rate, bands) => [{ ...speechHead(nFft, rate), bank: mels(bands) }],
  mfcc: (nFft, rate, count) => [
    {
      ...speechHead(nFft, rate),
      bank: mels(cepstrumBands),
      cepstrum: { count, norm: 'ortho', lifter: null },
    },
  ],
  spectrum: (nFft, rate) => [{ ...speechHead(nFft, rate), bank: null }],
  welch: (nFft, rate) => [welchHead(nFft, rate)],
  'third-octaves': (nFft, rate) => [
    { ...welchHead(nFft, rate), bank: { kind: 'bands', edges: thirdOctaves(rate, nFft) } },
  ],
  peaks: (nFft, rate) => [welchHead(nFft, rate), 'peaks'],
};

/** Names that take a count: `log-mel-80`. */
const counted = ['log-mel', 'mfcc'];

/** Presets that no front end is learned for, why, and the features in their place. */
const notLearned: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  'scipy-welch': ['is of 1 Hz, the rate of no recording', 'welch'],
  'scipy-spectrogram': ['is of 1 Hz, the rate of no recording', 'spectrum'],
  perch: ['is PCEN, and errors are those of levels', 'log-mel-160'],
};

/** Readable forms of all names. */
export const featureNames: readonly string[] = /* @__PURE__ */ [
  ...Object.keys(makers).map((name) => (counted.includes(name) ? `${name}-<count>` : name)),
  ...presetNames.filter((name) => !Object.hasOwn(notLearned, name)),
];

/** Is a feature a preset's, which brings its own sample rate, transform size, window and hop? */
export const isPresetName = (name: string): name is PresetName =>
  (presetNames as readonly string[]).includes(name) && !Object.hasOwn(notLearned, name);

/**
 * A feature of signals of a sample rate (Hz, 16 kHz by default) by its name, transforms of nFft samples: log-mel-<bands> and mfcc-<coefficients> (of 40 bands), log10
 * energies of frames of 25/32 nFft samples every 10/32; spectrum, each bin's power of such frames; welch, the power spectral density of
 * every second; third-octaves, its sums over third-octave bands; peaks, the same with only the errors within three bins of its peaks;
 * whisper and every other preset of a sample rate, whose rate and size are their own, whatever is asked for.
 * Sums, as in log-mel-40+0.5*mfcc-13, have the results of all their features, and the weighted mean of their errors.
 * Throws InvalidArgumentError for another name, and a size or count that is not possible.
 */
export function namedFeature(name: string, nFft: number, rate: number = usualRate): FeatureTarget {
  checkArgument('feature', name, text);
  const [first, ...others] = name.split('+').map((part) => weighted(part, nFft, rate));
  if (others.length === 0 && first.weight === 1) return { ...first.feature, name };
  const also = others.map(({ weight, feature: { head, places, name: own } }): FurtherBank => {
    const frames = [head, first.feature.head].map((h) =>
      JSON.stringify({ ...h, bank: null, cepstrum: null }),
    );
    if (frames[0] !== frames[1] || places !== first.feature.places || places === 'peaks')
      throw new InvalidArgumentError(
        `feature ${JSON.stringify(name)}: ${own} has other frames than ${first.feature.name}; expected a sum of features of the same frames`,
      );
    return { bank: head.bank, cepstrum: head.cepstrum, weight: weight / first.weight };
  });
  const head = { ...first.feature.head, also };
  requireTrainable(head);
  return { name, head, places: 'everywhere' };
}

/** A term of a sum. */
function weighted(term: string, nFft: number, rate: number): { weight: number; feature: FeatureTarget } {
  const [, factor, name = term] = /^([^*]*)\*(.*)$/.exec(term) ?? [];
  const weight = factor === undefined ? 1 : Number(factor);
  if (!(weight > 0 && weight < Infinity) || factor === '')
    throw new InvalidArgumentError(
      `feature ${JSON.stringify(term)}; expected a positive factor, as in 0.5*mfcc-13`,
    );
  return { weight, feature: single(name, nFft, rate) };
}

/** The error of a name that no feature has, with the nearest one of the same count. */
function unknownFeature(name: string): InvalidArgumentError {
  const [count] = /\d+$/.exec(name) ?? ['40'];
  const near = suggestion(
    name,
    featureNames.map((own) => own.replace('<count>', count)),
  );
  return new InvalidArgumentError(
    `feature ${JSON.stringify(name)}${near}; expected ${featureNames.join(', ')}`,
  );
}

function single(name: string, nFft: number, rate: number): FeatureTarget {
  if (Object.hasOwn(notLearned, name)) {
    const [why, instead] = notLearned[name];
    throw new InvalidArgumentError(`feature ${JSON.stringify(name)} ${why}; expected ${instead}`);
  }
  if (isPresetName(name)) return { name, head: featureHead(name), places: 'everywhere' };
  const [, base, digits] = /^([a-z-]+?)(?:-(\d+))?$/.exec(name) ?? [];
  const make = Object.hasOwn(makers, base ?? '') ? makers[base] : undefined;
  if (!make || counted.includes(base) !== (digits !== undefined)) throw unknownFeature(name);
  const [head, places = 'everywhere'] = make(nFft, rate, Number(digits));
  requireTrainable(head);
  return { name, head, places };
}
