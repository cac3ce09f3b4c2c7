/** Filters of second-order sections, the form in which SciPy's designs stay accurate: transposed direct form II, section by section. */
import { InvalidArgumentError } from '../errors.ts';
import { anything, checkOptions, shown, type OptionTable } from '../options.ts';
import { requireFiniteNumbers, requireNumbers } from './samples.ts';

/** A filter as SciPy's designs give it with output='sos': rows b0 b1 b2 a0 a1 a2, a0 being 1. */
export type SecondOrderSections = readonly ArrayLike<number>[];

/** Options of `sosfilt`, in the words of scipy.signal.sosfilt. */
export interface SosfiltOptions {
  /** State of each section before the first sample, two numbers; default zeros. */
  readonly zi?: readonly ArrayLike<number>[];
}

const sosfiltOptions: OptionTable<SosfiltOptions> = {
  // Checked as rows of numbers.
  zi: anything(),
};

/** Copies of rows of so many finite numbers. */
function rowsOf(name: string, rows: readonly ArrayLike<number>[], width: number): Float64Array[] {
  if (!Array.isArray(rows))
    throw new InvalidArgumentError(
      `${name} is ${shown(rows)}; expected an array of rows of ${width} numbers`,
    );
  return rows.map((row: ArrayLike<number>, i) => {
    requireFiniteNumbers(`${name}[${i}]`, row);
    if (row.length !== width)
      throw new InvalidArgumentError(`${name}[${i}] has ${row.length} numbers; expected ${width}`);
    return Float64Array.from(row);
  });
}

function sectionsOf(sos: SecondOrderSections): Float64Array[] {
  const sections = rowsOf('sos', sos, 6);
  if (sections.length === 0)
    throw new InvalidArgumentError('sos is empty; expected at least one row of b0, b1, b2, a0, a1, a2');
  sections.forEach(([, , , a0], i) => {
    if (a0 !== 1) throw new InvalidArgumentError(`sos[${i}][3] is ${a0}; expected 1: divide the row by it`);
  });
  return sections;
}

/** Filters y in place and leaves the state behind its last sample in z. */
function filterSection([b0, b1, b2, , a1, a2]: Float64Array, z: Float64Array, y: Float64Array): void {
  let [z0, z1] = z;
  for (let i = 0; i < y.length; i++) {
    const x = y[i];
    const out = b0 * x + z0;
    z0 = b1 * x - a1 * out + z1;
    z1 = b2 * x - a2 * out;
    y[i] = out;
  }
  z.set([z0, z1]);
}

/**
 * scipy.signal.sosfilt: x through a filter of second-order sections. With `zi` also the state behind the last sample, the `zi` of the
 * next part of a stream: parts give the bits of the whole. Designs come from SciPy, `signal.butter(4, 80, 'highpass', fs=16000,
 * output='sos').tolist()`. Throws InvalidArgumentError for sections that are not six finite numbers, or whose fourth is not 1.
 */
export function sosfilt(
  sos: SecondOrderSections,
  x: ArrayLike<number>,
  options: SosfiltOptions & { readonly zi: readonly ArrayLike<number>[] },
): { readonly y: Float64Array; readonly zf: Float64Array[] };
export function sosfilt(
  sos: SecondOrderSections,
  x: ArrayLike<number>,
  options?: Readonly<Record<string, never>>,
): Float64Array;
export function sosfilt(
  sos: SecondOrderSections,
  x: ArrayLike<number>,
  options: SosfiltOptions = {},
): Float64Array | { readonly y: Float64Array; readonly zf: Float64Array[] } {
  const sections = sectionsOf(sos);
  requireNumbers('x', x);
  checkOptions('sosfilt', options, sosfiltOptions);
  const { zi } = options;
  const state = zi === undefined ? sections.map(() => new Float64Array(2)) : rowsOf('zi', zi, 2);
  if (state.length !== sections.length)
    throw new InvalidArgumentError(
      `zi has ${state.length} rows; expected ${sections.length}, one of each section`,
    );
  const y = Float64Array.from(x);
  sections.forEach((section, i) => filterSection(section, state[i], y));
  return zi === undefined ? y : { y, zf: state };
}

/**
 * scipy.signal.sosfilt_zi: the state in which a filter that has always heard 1 would be, times the first sample the `zi` of a stream
 * that does not begin with a jump. Throws InvalidArgumentError as `sosfilt` does, and for a section with a pole at 1.
 */
export function sosfiltZi(sos: SecondOrderSections): Float64Array[] {
  let level = 1;
  return sectionsOf(sos).map(([b0, b1, b2, , a1, a2], i) => {
    const below = 1 + a1 + a2;
    if (below === 0)
      throw new InvalidArgumentError(`sos[${i}] has a pole at 1; expected a section that settles`);
    const gain = (b0 + b1 + b2) / below;
    const state = Float64Array.of(level * (gain - b0), level * (b2 - a2 * gain));
    level *= gain;
    return state;
  });
}
