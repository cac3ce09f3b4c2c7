/** A head as a line of code: the preset that it is nearest to, and the options that differ. */
import { axisOf } from '../../numeric/mel.ts';
import { isRecord } from '../../options.ts';
import type { HeadConfig } from '../../spectral/head.ts';
import { featureHead, presetNames, type HeadOverrides, type PresetName } from '../../spectral/presets.ts';

/** `featureHead(preset, overrides)` is the head. */
export interface HeadCode {
  readonly preset: PresetName;
  readonly overrides: HeadOverrides;
  /** The call, as JavaScript. */
  readonly text: string;
}

/** What options that a head leaves out mean. */
const neutral: Partial<HeadConfig> = {
  signalPreEmphasis: 0,
  windowNorm: 'none',
  magnitudeOffset: 0,
  pcen: null,
  deltas: null,
  normalize: null,
};

/** A head with all of its options. */
function complete(head: HeadConfig): HeadConfig {
  const { bank, log, framing, windowLength, nFft } = head;
  const isFull = windowLength === null || windowLength === nFft;
  return {
    ...neutral,
    ...head,
    // What changes nothing.
    ...(framing === 'inside' ? { padding: 'constant' as const } : {}),
    ...(isFull ? { placement: 'centered' as const } : {}),
    bank: bank?.kind === 'mel' ? { binSpacing: 'dft', axis: axisOf(bank), energy: 'none', ...bank } : bank,
    log: log && { over: 'clip', ...log },
  };
}

const isEqual = (a: unknown, b: unknown): boolean => {
  if (!isRecord(a) || !isRecord(b)) return JSON.stringify(a) === JSON.stringify(b);
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.every((key) => isEqual(a[key], b[key]));
};

/** Options of one record that another of the same kind does not have so. */
function apart(own: unknown, base: unknown): unknown {
  if (!isRecord(own) || !isRecord(base) || own.kind !== base.kind) return own;
  return Object.fromEntries(Object.entries(own).filter(([key, value]) => !isEqual(value, base[key])));
}

/** Options to change in a preset; null where they do not make the head. */
function overridesOver(preset: PresetName, head: HeadConfig): HeadOverrides | null {
  const [own, base] = [complete(head), complete(featureHead(preset))] as unknown as Record<string, unknown>[];
  const overrides = Object.fromEntries(
    Object.entries(own)
      .filter(([key, value]) => !isEqual(value, base[key]))
      .map(([key, value]) => [key, apart(value, base[key])]),
  ) as HeadOverrides;
  return isEqual(complete(featureHead(preset, overrides)), own) ? overrides : null;
}

/** A value as JavaScript, in one line. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (!isRecord(value)) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, own]) => `${key}: ${valueText(own)}`);
  return `{ ${parts.join(', ')} }`;
}

function callText(preset: PresetName, overrides: HeadOverrides): string {
  const lines = Object.entries(overrides).map(([key, value]) => `  ${key}: ${valueText(value)},\n`);
  return lines.length === 0 ? `featureHead('${preset}')` : `featureHead('${preset}', {\n${lines.join('')}})`;
}

/** The call of `featureHead` that makes a head: over a preset, or over the one that leaves the least to say. */
export function headCode(head: HeadConfig, over?: PresetName): HeadCode {
  const codes = (over === undefined ? presetNames : [over]).flatMap((preset) => {
    const overrides = overridesOver(preset, head);
    return overrides ? [{ preset, overrides, text: callText(preset, overrides) }] : [];
  });
  const [first, ...others] = codes;
  if (first === undefined) return { preset: 'papilio', overrides: head, text: callText('papilio', head) };
  return others.reduce((best, code) => (code.text.length < best.text.length ? code : best), first);
}
