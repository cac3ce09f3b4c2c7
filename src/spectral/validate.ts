/** What a head may be: every option checked, the first impossible value named. */
import { InvalidArgumentError } from '../errors.ts';
import { validateCepstrum } from '../numeric/cepstrum.ts';
import { largestSize } from '../numeric/frequencies.ts';
import { binSpacings, melScales } from '../numeric/mel.ts';
import { sampleAt } from '../numeric/padding.ts';
import { windowByName } from '../numeric/window.ts';
import { validateDescriptors } from './descriptors.ts';
import {
  needsClip,
  oneSidedBins,
  topOf,
  windowLengthOf,
  type BandBank,
  type HeadConfig,
  type MelBank,
} from './head.ts';

const choices = {
  windowKind: ['periodic', 'symmetric'],
  placement: ['centered', 'start'],
  framing: ['inside', 'centered', 'midpoints', 'padded-end'],
  padding: /* @__PURE__ */ Object.keys(sampleAt),
  detrend: ['none', 'constant', 'linear'],
  spectrum: ['power', 'magnitude', 'complex'],
  scaling: ['none', 'density', 'spectrum'],
  sides: ['one', 'two'],
  average: ['none', 'mean', 'median'],
} as const satisfies Partial<Record<keyof HeadConfig, readonly string[]>>;

const keys = [
  'sampleRate',
  'nFft',
  'windowLength',
  'hop',
  'window',
  'windowKind',
  'placement',
  'framing',
  'padding',
  'dropLast',
  'fit',
  'gain',
  'detrend',
  'preEmphasis',
  'spectrum',
  'scaling',
  'sides',
  'average',
  'bank',
  'log',
  'cepstrum',
  'affine',
] as const satisfies readonly (keyof HeadConfig)[];

/** Most weights of a bank, bands times bins: what a page may allocate at once. */
const mostWeights = 2 ** 26;

const fail = (what: string, expected: string): never => {
  throw new InvalidArgumentError(`${what}; expected ${expected}`);
};

const isNumber = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x);

function validateCount(name: string, value: unknown, largest = Infinity): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > largest)
    fail(`${name} is ${String(value)}`, `a positive integer${largest < Infinity ? ` up to ${largest}` : ''}`);
}

function validateFrames(head: HeadConfig): void {
  if (!(isNumber(head.sampleRate) && head.sampleRate > 0))
    fail(`sampleRate is ${String(head.sampleRate)}`, 'a positive number of Hz');
  validateCount('nFft', head.nFft, largestSize);
  if (head.windowLength !== null) validateCount('windowLength', head.windowLength);
  const length = windowLengthOf(head);
  if (length > head.nFft) fail(`windowLength is ${length}`, `at most nFft = ${head.nFft}`);
  validateCount('hop', head.hop);
  if (head.fit !== null) validateCount('fit', head.fit);
  if (typeof head.dropLast !== 'boolean') fail(`dropLast is ${String(head.dropLast)}`, 'true or false');
  if (!isNumber(head.gain) || head.gain === 0) fail(`gain is ${String(head.gain)}`, 'a number other than 0');
  if (!isNumber(head.preEmphasis) || Math.abs(head.preEmphasis) > 1)
    fail(`preEmphasis is ${String(head.preEmphasis)}`, '-1 to 1');
  windowByName(head.window, length, head.windowKind);
}

function validateMel(head: HeadConfig, bank: MelBank): void {
  validateCount('bank.bands', bank.bands, Math.floor(mostWeights / oneSidedBins(head.nFft)));
  const top = topOf(head, bank);
  if (!isNumber(bank.fMin) || bank.fMin < 0)
    fail(`bank.fMin is ${String(bank.fMin)}`, 'a frequency of at least 0 Hz');
  if (!isNumber(top) || bank.fMin >= top)
    fail(`bank.fMin is ${bank.fMin}`, `below bank.fMax = ${String(top)}`);
  if (top > head.sampleRate / 2)
    fail(`bank.fMax is ${top}`, `at most half the sample rate, ${head.sampleRate / 2}`);
  if (!melScales.includes(bank.scale))
    fail(`bank.scale is ${JSON.stringify(bank.scale)}`, melScales.join(', '));
  if (bank.norm !== 'slaney' && bank.norm !== 'none')
    fail(`bank.norm is ${JSON.stringify(bank.norm)}`, 'slaney or none');
  if (bank.binSpacing !== undefined && !binSpacings.includes(bank.binSpacing))
    fail(`bank.binSpacing is ${JSON.stringify(bank.binSpacing)}`, binSpacings.join(', '));
}

function validateBands(head: HeadConfig, { edges }: BandBank): void {
  if (!Array.isArray(edges) || edges.length === 0)
    fail('bank.edges is empty', 'a list of pairs [low, high] in Hz');
  if (edges.length > mostWeights / oneSidedBins(head.nFft))
    fail(
      `bank.edges holds ${edges.length} pairs`,
      `at most ${Math.floor(mostWeights / oneSidedBins(head.nFft))}`,
    );
  for (const edge of edges) {
    const [low, high] = Array.isArray(edge) ? (edge as readonly unknown[]) : [];
    if (!isNumber(low) || !isNumber(high) || low < 0 || low >= high)
      fail(`bank.edges holds ${JSON.stringify(edge)}`, 'pairs [low, high] with 0 <= low < high');
    else if (low > head.sampleRate / 2)
      fail(`bank.edges begins at ${low}`, `at most half the sample rate, ${head.sampleRate / 2}`);
  }
}

function validateBank(head: HeadConfig): void {
  const { bank } = head;
  if (bank === null) return;
  if (head.spectrum === 'complex') fail('a bank over a complex spectrum', 'spectrum power or magnitude');
  if (head.sides === 'two') fail('a bank over a two-sided spectrum', 'sides one');
  if (bank.kind === 'mel') validateMel(head, bank);
  else if (bank.kind === 'bands') validateBands(head, bank);
  else if (bank.kind === 'descriptors') {
    validateDescriptors(bank);
    if (head.spectrum !== 'magnitude') fail('descriptors of a power spectrum', 'spectrum magnitude');
    if (head.average !== 'none' || head.log !== null)
      fail('descriptors with an average or a logarithm', 'average none and log null');
  } else
    fail(`bank.kind is ${JSON.stringify((bank as { kind: unknown }).kind)}`, 'mel, bands or descriptors');
}

function validateLog(head: HeadConfig): void {
  const { log, spectrum, average } = head;
  if (spectrum === 'complex' && (log ?? head.cepstrum ?? head.affine) !== null)
    fail('a logarithm, cepstrum or affine map of a complex spectrum', 'log, cepstrum and affine null');
  if (spectrum === 'complex' && average !== 'none') fail('an average of complex spectra', 'average none');
  if (log === null) return;
  if (!['ln', 'log10', 'db'].includes(log.kind))
    fail(`log.kind is ${JSON.stringify(log.kind)}`, 'ln, log10 or db');
  for (const name of ['floor', 'offset'] as const)
    if (!isNumber(log[name]) || log[name] < 0)
      fail(`log.${name} is ${String(log[name])}`, 'a number of at least 0');
  if (log.range !== null && !(isNumber(log.range) && log.range >= 0))
    fail(`log.range is ${String(log.range)}`, 'null or at least 0');
  if (log.reference !== 'max' && !(isNumber(log.reference) && log.reference > 0))
    fail(`log.reference is ${String(log.reference)}`, 'a positive number or max');
  if (needsClip(head) && average !== 'none')
    fail('a range or reference of the clip after an average over it', 'log.range null and a fixed reference');
}

/** Names of the options of nested parts, a bank's by its kind. */
const nestedKeys = {
  mel: ['kind', 'bands', 'fMin', 'fMax', 'scale', 'norm', 'binSpacing'],
  bands: ['kind', 'edges'],
  descriptors: ['kind', 'names', 'rolloff'],
  log: ['kind', 'floor', 'offset', 'range', 'reference'],
  cepstrum: ['count', 'norm', 'lifter'],
  affine: ['multiply', 'add'],
} as const;

/** Parts that are objects or null, with the options they have and no others. */
function validateNested(head: HeadConfig): void {
  for (const part of ['bank', 'log', 'cepstrum', 'affine'] as const) {
    const value = head[part] as object | null;
    if (typeof value !== 'object' || Array.isArray(value))
      fail(`${part} is ${JSON.stringify(value)}`, 'an object or null');
    if (value === null) continue;
    const kind = part === 'bank' ? (head.bank?.kind as string) : part;
    if (!Object.hasOwn(nestedKeys, kind))
      fail(`${part}.kind is ${JSON.stringify(kind)}`, 'mel, bands or descriptors');
    const known: readonly string[] = nestedKeys[kind as keyof typeof nestedKeys];
    for (const key of Object.keys(value))
      if (!known.includes(key)) fail(`${part} has no option ${JSON.stringify(key)}`, known.join(', '));
  }
}

/** Throws InvalidArgumentError naming the first value that is not possible, whatever `head` is. */
export function validateHead(head: HeadConfig): void {
  if (typeof head !== 'object' || head === null) fail(`the head is ${String(head)}`, 'an object');
  for (const key of Object.keys(head))
    if (!(keys as readonly string[]).includes(key))
      fail(`a head has no option ${JSON.stringify(key)}`, keys.join(', '));
  for (const key of keys)
    if (head[key] === undefined) fail(`the head lacks ${key}`, 'every option; see featureHead');
  for (const [key, allowed] of Object.entries(choices)) {
    const value = head[key as keyof typeof choices];
    if (!(allowed as readonly string[]).includes(value))
      fail(`${key} is ${JSON.stringify(value)}`, allowed.join(', '));
  }
  validateNested(head);
  validateFrames(head);
  validateBank(head);
  validateLog(head);
  if (head.cepstrum) {
    if (head.bank?.kind !== 'mel') fail('a cepstrum without a mel bank', 'bank.kind mel');
    validateCepstrum(head.cepstrum, (head.bank as MelBank).bands);
    // The logarithm of silence is -Infinity, and a cepstrum of it NaN.
    if (head.log && head.log.floor === 0 && head.log.offset === 0)
      fail('log.floor is 0 under a cepstrum', 'a positive floor or offset');
  }
  if (head.affine && !(isNumber(head.affine.multiply) && isNumber(head.affine.add)))
    fail(`affine is ${JSON.stringify(head.affine)}`, 'multiply and add as numbers');
}
