/** What a head may be: every option checked, the first impossible value named. */
import { InvalidArgumentError } from '../errors.ts';
import { cepstrumOptions } from '../numeric/cepstrum.ts';
import { largestSize, rateBounds } from '../numeric/frequencies.ts';
import { deltaOptions } from '../numeric/deltas.ts';
import { binSpacings, melAxes, melNorms, melScales, mostWeights } from '../numeric/mel.ts';
import { normalizeOptions } from '../numeric/normalize.ts';
import { paddingModes } from '../numeric/padding.ts';
import { pcenOptions } from '../numeric/pcen.ts';
import { windowSamples } from '../numeric/window.ts';
import {
  anything,
  checkArgument,
  checkOptions,
  either,
  finite,
  flag,
  matching,
  nested,
  oneOf,
  orNull,
  record,
  required,
  shown,
  whole,
  type OptionTable,
} from '../options.ts';
import { descriptorOptions, type DescriptorBank } from './descriptors.ts';
import {
  oneSidedBins,
  partsOf,
  spectrumScale,
  topOf,
  windowLengthOf,
  type BandBank,
  hasClipSteps,
  hasEnergy,
  isRelative,
  type FramePadding,
  type FurtherBank,
  type HeadConfig,
  type LogRule,
  type MelBank,
} from './head.ts';

/** Of a window's samples. */
const largestWeight = 1e15;
/** What power spectra are divided or multiplied by at most: float32 holds both. */
const largestScale = 1e36;
/** Most filterbanks beside the first that a file may ask for. */
const mostBanks = 8;
/** Most samples of padding on a side. */
const mostPadding = 2 ** 20;
/** Longest clip that a head is fitted to. */
const largestFit = 2 ** 28;

const fail = (what: string, expected: string): never => {
  throw new InvalidArgumentError(`${what}; expected ${expected}`);
};

const logOptions: OptionTable<LogRule> = {
  kind: required(oneOf(['ln', 'log10', 'db'])),
  floor: required(finite({ minimum: 0 })),
  offset: required(finite({ minimum: 0 })),
  range: required(orNull(finite({ minimum: 0 }))),
  reference: required(either(oneOf(['max']), finite({ above: 0 }))),
  over: oneOf(['clip', 'frame']),
};

/** Neither a factor nor its inverse leaves float32. */
const isFactor = (x: unknown): boolean =>
  typeof x === 'number' && Math.abs(x) >= 1e-15 && Math.abs(x) <= 1e15;

const bankRule = required(orNull(record<NonNullable<HeadConfig['bank']>>()));
const cepstrumRule = required(orNull(nested(cepstrumOptions)));

const furtherOptions: OptionTable<FurtherBank> = {
  bank: bankRule,
  cepstrum: cepstrumRule,
  weight: required(finite({ above: 0 })),
};

const headOptions: OptionTable<HeadConfig> = {
  sampleRate: required(finite(rateBounds)),
  nFft: required(whole(1, largestSize)),
  windowLength: required(orNull(whole(1, largestSize))),
  hop: required(whole(1, largestSize)),
  // `windowSamples` says what is wrong with a window.
  window: required(anything()),
  windowKind: required(oneOf(['periodic', 'symmetric'])),
  placement: required(oneOf(['centered', 'start'])),
  framing: required(
    either(
      oneOf(['inside', 'centered', 'midpoints', 'padded-end', 'padded-last']),
      nested<FramePadding>({
        before: required(whole(0, mostPadding)),
        after: required(whole(0, mostPadding)),
      }),
    ),
  ),
  padding: required(oneOf(paddingModes)),
  dropLast: required(flag),
  fit: required(orNull(whole(1, largestFit))),
  gain: required(matching('a number of magnitude 1e-15 to 1e15', isFactor)),
  signalPreEmphasis: finite({ minimum: -1, maximum: 1 }),
  windowNorm: oneOf(['none', 'sum', 'energy']),
  detrend: required(oneOf(['none', 'constant', 'linear'])),
  preEmphasis: required(finite({ minimum: -1, maximum: 1 })),
  spectrum: required(oneOf(['power', 'magnitude', 'complex'])),
  scaling: required(oneOf(['none', 'density', 'spectrum', 'length'])),
  magnitudeOffset: finite({ minimum: 0, maximum: 1e15 }),
  sides: required(oneOf(['one', 'two'])),
  average: required(oneOf(['none', 'mean', 'median'])),
  // The tables of banks go by their kind.
  bank: bankRule,
  log: required(orNull(nested(logOptions))),
  cepstrum: cepstrumRule,
  pcen: orNull(nested(pcenOptions)),
  deltas: orNull(nested(deltaOptions)),
  normalize: orNull(nested(normalizeOptions)),
  affine: required(orNull(nested({ multiply: required(finite()), add: required(finite()) }))),
  also: anything(),
};

const melOptions: OptionTable<MelBank> = {
  kind: required(oneOf(['mel'])),
  bands: required(whole()),
  fMin: required(finite({ minimum: 0 })),
  fMax: required(orNull(finite())),
  scale: required(oneOf(melScales)),
  norm: required(oneOf(melNorms)),
  binSpacing: oneOf(binSpacings),
  axis: oneOf(melAxes),
  energy: oneOf(['none', 'bins', 'samples']),
};

const isEdge = (x: unknown): boolean =>
  Array.isArray(x) && x.length === 2 && x.every(Number.isFinite) && x[0] >= 0 && x[0] < x[1];

const bandOptions: OptionTable<BandBank> = {
  kind: required(oneOf(['bands'])),
  edges: required(
    matching(
      'pairs [low, high] in Hz with 0 <= low < high, at least one',
      (x) => Array.isArray(x) && x.length > 0 && x.every(isEdge),
    ),
  ),
};

type Bank = MelBank | BandBank | DescriptorBank;
type TableOf<K extends Bank['kind']> = OptionTable<Extract<Bank, { kind: K }>>;

const bankOptions: { readonly [K in Bank['kind']]: TableOf<K> } = {
  mel: melOptions,
  bands: bandOptions,
  descriptors: descriptorOptions,
};

/** Throws InvalidArgumentError for a window that cannot be divided by its sum or energy. */
function validateWindowNorm({ windowNorm = 'none' }: HeadConfig, samples: Float64Array): void {
  if (windowNorm === 'none') return;
  const sum = samples.reduce((total, w) => total + (windowNorm === 'sum' ? w : w * w), 0);
  if (!(Math.abs(sum) >= 1 / largestWeight && Math.abs(sum) <= largestWeight))
    fail(`windowNorm "${windowNorm}" divides by ${sum}`, `another window, or windowNorm "none"`);
}

function validateFrames(head: HeadConfig): void {
  const length = windowLengthOf(head);
  if (length > head.nFft) fail(`windowLength is ${length}`, `at most nFft = ${head.nFft}`);
  if (ArrayBuffer.isView(head.window))
    fail(`window is ${shown(head.window)}`, 'a name or an array of numbers, which files can hold');
  const samples = windowSamples(head.window, length, head.windowKind);
  const large = samples.findIndex((w) => Math.abs(w) > largestWeight);
  if (large >= 0) fail(`window[${large}] is ${samples[large]}`, `at most ${largestWeight} in magnitude`);
  validateWindowNorm(head, samples);
  const scale = spectrumScale(head);
  if (!(scale >= 1 / largestScale && scale <= largestScale))
    fail(
      `the window and sample rate make scaling ${head.scaling} divide by ${1 / scale}`,
      `${1 / largestScale} to ${largestScale}`,
    );
}

function validateMel(head: HeadConfig, bank: MelBank): void {
  const top = topOf(head, bank);
  if (top < rateBounds.minimum) fail(`bank.fMax is ${top}`, `at least ${rateBounds.minimum}`);
  if (bank.fMin >= top) fail(`bank.fMin is ${bank.fMin}`, `below bank.fMax = ${top}`);
  if (top > head.sampleRate / 2)
    fail(`bank.fMax is ${top}`, `at most half the sample rate, ${head.sampleRate / 2}`);
}

/** Throws unless a bank's weights fit in memory. */
function validateSize(head: HeadConfig, name: string, bands: number): void {
  const most = Math.floor(mostWeights / oneSidedBins(head.nFft));
  if (bands > most) fail(`${name} is ${bands}`, `at most ${most} for nFft = ${head.nFft}`);
}

function validateBank(head: HeadConfig): void {
  const { bank } = head;
  if (bank === null) return;
  checkArgument('bank.kind', bank.kind, oneOf(Object.keys(bankOptions) as Bank['kind'][]));
  checkOptions('a head', bank, bankOptions[bank.kind] as OptionTable<Bank>, 'bank.');
  if (head.spectrum === 'complex') fail('a bank over a complex spectrum', 'spectrum power or magnitude');
  if (head.sides === 'two') fail('a bank over a two-sided spectrum', 'sides one');
  if (bank.kind === 'mel') {
    validateSize(head, 'bank.bands', bank.bands);
    validateMel(head, bank);
    if (
      hasEnergy(bank) &&
      bank.energy === 'samples' &&
      (head.spectrum !== 'power' || head.scaling !== 'none')
    )
      fail('bank.energy is "samples" over scaled spectra or magnitudes', 'spectrum power and scaling none');
  } else if (bank.kind === 'bands') {
    validateSize(head, 'bank.edges.length', bank.edges.length);
    const beyond = bank.edges.find(([low]) => low > head.sampleRate / 2);
    if (beyond)
      fail(`bank.edges begins at ${beyond[0]}`, `at most half the sample rate, ${head.sampleRate / 2}`);
  } else {
    if (head.spectrum !== 'magnitude') fail('descriptors of a power spectrum', 'spectrum magnitude');
    if (head.average !== 'none' || head.log !== null)
      fail('descriptors with an average or a logarithm', 'average none and log null');
  }
}

/** Is the logarithm of silence -Infinity? A cepstrum of it, its difference from a maximum that is the same, and 0 times it are NaN. */
const isOpen = (log: LogRule | null): boolean => log !== null && log.floor === 0 && log.offset === 0;

function validateLog(head: HeadConfig): void {
  const { log, spectrum, average, affine } = head;
  if (spectrum === 'complex' && (log ?? head.cepstrum ?? affine) !== null)
    fail('a logarithm, cepstrum or affine map of a complex spectrum', 'log, cepstrum and affine null');
  if (spectrum === 'complex' && average !== 'none') fail('an average of complex spectra', 'average none');
  if (isRelative(log) && average !== 'none')
    fail('a range or reference of the clip after an average over it', 'log.range null and a fixed reference');
  if (head.deltas && isOpen(log)) fail('log.floor is 0 under deltas', 'a positive floor or offset');
  if (log?.reference === 'max' && isOpen(log))
    fail('log.floor is 0 with log.reference "max"', 'a positive floor or offset');
  if (affine && Math.fround(affine.multiply) === 0 && isOpen(log))
    fail(
      `affine.multiply is ${affine.multiply} over log.floor 0`,
      'another factor, or a positive floor or offset',
    );
}

/** Steps that take the place of a logarithm, and those over the clip. */
function validateClipSteps(head: HeadConfig): void {
  const { pcen = null, normalize = null, log, spectrum, average, bank, magnitudeOffset = 0 } = head;
  if (magnitudeOffset > 0 && spectrum !== 'magnitude')
    fail(`magnitudeOffset is ${magnitudeOffset} over spectrum ${spectrum}`, 'spectrum magnitude, or 0');
  if (spectrum === 'complex' && (pcen !== null || hasClipSteps(head)))
    fail('PCEN, deltas or a normalisation of a complex spectrum', 'pcen, deltas and normalize null');
  if (average !== 'none' && (pcen !== null || hasClipSteps(head)))
    fail('PCEN, deltas or a normalisation of an average', 'average none');
  if (pcen !== null && log !== null) fail('PCEN of levels', 'log null under pcen');
  if (pcen !== null && bank?.kind === 'descriptors')
    fail('PCEN of descriptors', 'another bank, or pcen null');
  if (normalize === null) return;
  if (!normalize.mean && !normalize.deviation)
    fail('normalize has neither mean nor deviation', 'one of them, or normalize null');
  if (normalize.deviation && normalize.offset === 0 && normalize.varianceOffset === 0)
    fail('normalize divides by a deviation that may be 0', 'a positive offset or varianceOffset');
  if (isOpen(log)) fail('log.floor is 0 under a normalisation', 'a positive floor or offset');
}

function validateFurther({ also, bank, spectrum, sides }: HeadConfig): void {
  if (also === undefined) return;
  if (!Array.isArray(also) || also.length > mostBanks)
    fail('also is no list', `up to ${mostBanks} filterbanks`);
  if (spectrum === 'complex' || sides === 'two') fail('several filterbanks over bins as they are', 'no also');
  for (const part of also) {
    checkOptions('a further filterbank', part, furtherOptions, 'also.');
    if (bank?.kind === 'descriptors' || part.bank?.kind === 'descriptors')
      fail('descriptors beside other filterbanks', 'no also');
  }
}

/** Throws InvalidArgumentError naming the first value that is not possible, whatever `head` is. */
export function validateHead(head: HeadConfig): void {
  checkOptions('a head', head, headOptions);
  validateFrames(head);
  validateFurther(head);
  validateClipSteps(head);
  partsOf(head).forEach(validatePart);
}

/** One filterbank of a head, and what stands behind it. */
function validatePart(head: HeadConfig): void {
  validateBank(head);
  validateLog(head);
  if (head.cepstrum) {
    if (head.bank?.kind !== 'mel') fail('a cepstrum without a mel bank', 'bank.kind mel');
    const { bands } = head.bank as MelBank;
    if (head.cepstrum.count > bands)
      fail(`cepstrum.count is ${head.cepstrum.count}`, `1 to the number of bands, ${bands}`);
    if (isOpen(head.log)) fail('log.floor is 0 under a cepstrum', 'a positive floor or offset');
  }
}
