/** What the numbers of a result are told apart by, for the axes of plots. */
import { bandCorners, namedFeature, headWidth, type HeadConfig } from '../front.ts';
import type { FrontRow } from './front-row.ts';
import * as shape from '../formats/shape.ts';
import { PapilioError } from '../errors.ts';

/** A label of an axis, and where on it each number stands. */
export const placesShape = shape.object({ label: shape.text, at: shape.listOf(shape.finite) });
type Places = shape.ShapeOf<typeof placesShape>;

const counted = (label: string, count: number): Places => ({
  label,
  at: Array.from({ length: count }, (_, i) => i),
});

/** Middles of bands in Hz; places in the result of cepstra and sums of features, which have no frequency. */
export function headPlaces(head: HeadConfig): Places {
  return head.cepstrum !== null || head.also !== undefined
    ? counted('number in the result', headWidth(head))
    : { label: 'centre frequency, Hz', at: bandCorners(head).map(([, middle]) => middle) };
}

/** Frequencies of the bins of a real transform where the sample rate is known; their numbers where it is not. */
export function binPlaces(
  { n, input }: { readonly n: number; readonly input: 'real' | 'complex' },
  bins: number,
  rate?: number,
): Places {
  if (input === 'complex' || rate === undefined) return counted('bin', bins);
  return { label: 'frequency, Hz', at: Array.from({ length: bins }, (_, k) => (k * rate) / n) };
}

/** Largest transform whose bands are asked for. */
const largest = 1 << 16;

/** The head of a row of a front; null where the feature is not one of ours. */
export function rowHead({ feature, nFft, settings }: FrontRow): HeadConfig | null {
  if (!Number.isInteger(nFft) || nFft > largest) return null;
  try {
    return namedFeature(feature, nFft, Number(settings?.['rate'] ?? 16000)).head;
  } catch (error) {
    if (error instanceof PapilioError) return null;
    throw error;
  }
}

/** Of the rows of a front; numbers of bands where the head is not known. */
export function rowPlaces(row: FrontRow): Places {
  const head = rowHead(row);
  const places = head && headPlaces(head);
  const { length } = row.bandErrors;
  return places?.at.length === length ? places : counted('band', length);
}

/** The unit of a head's numbers, and of their differences: that of its logarithm, or the spectrum without one. Errors are in log10 always. */
export function numberUnit({ log, spectrum, affine }: HeadConfig): string {
  const own = log === null ? spectrum : log.kind === 'db' ? 'dB' : log.kind;
  return affine === null || affine.multiply === 1 ? own : `${own}, times ${affine.multiply}`;
}

/** One place in words, as in 1250 Hz. */
export function placeText({ label, at }: Places, i: number): string {
  const value = at[i] ?? i;
  return label.endsWith(', Hz') ? `${Number(value.toPrecision(4))} Hz` : `${label} ${value}`;
}
