/**
 * Spectral descriptors of magnitude spectra, one number per frame each; librosa's definitions (librosa.feature.spectral_*):
 *
 * - centroid: sum f S / sum S in Hz, 0 for silence. Differentiable.
 * - rolloff: the lowest bin frequency below or at which `rolloff` of sum S lies, in Hz; a step function: gradient zero.
 * - flatness: geometric over arithmetic mean of max(S^2, 1e-10), 0 to 1. Differentiable.
 * - flux: sum of max(0, S - S of the frame before) (Dixon 2006), 0 for the first frame. Differentiable.
 */
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { finite, matching, oneOf, required, type OptionTable } from '../options.ts';
import {
  joinRows,
  mapRows,
  repeated,
  rowLoop,
  rowsOf,
  someFrames,
  someRows,
  sumRows,
  type Order,
  type Rows,
} from './rows.ts';

/** Numbers that describe the shape of a spectrum; docs/features.md has the formulas. */
const descriptorNames = ['centroid', 'rolloff', 'flatness', 'flux'] as const;
/** A name of a descriptor. */
export type DescriptorName = (typeof descriptorNames)[number];

/** Descriptors in place of bands, in the order of `names`. */
export interface DescriptorBank {
  readonly kind: 'descriptors';
  readonly names: readonly DescriptorName[];
  /** Part of the sum below the rolloff, above 0 and below 1. */
  readonly rolloff: number;
}

const isName = (x: unknown): boolean => (descriptorNames as readonly unknown[]).includes(x);

export const descriptorOptions: OptionTable<DescriptorBank> = {
  kind: required(oneOf(['descriptors'])),
  names: required(
    matching(
      `some of ${descriptorNames.join(', ')}`,
      (x) => Array.isArray(x) && x.length > 0 && x.every(isName),
    ),
  ),
  rolloff: required(finite({ above: 0, below: 1 })),
};

const a = /* @__PURE__ */ argument(0);
const b = /* @__PURE__ */ argument(1);

/** Smallest sum of magnitudes that is divided by (librosa.util.normalize in float32). */
const tiny = 1.1754943508222875e-38;
const flatnessFloor = 1e-10;

function centroid(s: Rows, frequencies: Float64Array): Rows {
  const [sum, moment] = sumRows('spectral moments', s, [frequencies], [a, k.mul(a, b)]);
  const silent = k.less(b, literal(tiny));
  // Where it is silent, divide by one: the branch not taken must have a derivative, too.
  const value = k.div(a, k.select(silent, literal(1), b));
  return mapRows('centroid', [moment, sum], [], k.select(silent, literal(0), value), 'rows');
}

/** Running sums in log2(bins) steps (Hillis & Steele 1986): row i plus row i - 2^t, as long as there is one. */
function cumulative(s: Rows): Rows {
  let x = s;
  for (let step = 1; step < s.count; step *= 2) {
    const before = Int32Array.from({ length: s.count }, (_, i) => Math.max(0, i - step));
    const present = Float64Array.from({ length: s.count }, (_, i) => (i >= step ? 1 : 0));
    const earlier = mapRows('earlier', [x], [present], k.mul(a, b), 'rows', before);
    x = mapRows('running sum', [x, earlier], [], k.add(a, b), 'rows');
  }
  return x;
}

function rolloff(s: Rows, frequencies: Float64Array, part: number): Rows {
  const sums = cumulative(s);
  const total = repeated(someRows(sums, s.count - 1, 1), s.count);
  const below = k.select(k.less(a, k.mul(literal(part), b)), literal(1), literal(0));
  const [count] = sumRows('bins below', mapRows('below', [sums, total], [], below, 'rows'), [], [a]);
  return mapRows('rolloff', [count], [], k.mul(a, literal(frequencies[1] ?? 0)), 'rows');
}

function flatness(s: Rows): Rows {
  const power = k.max(k.mul(a, a), literal(flatnessFloor));
  const [logs, powers] = sumRows('means', s, [], [k.log(power), power]);
  const mean = (x: typeof a): typeof a => k.mul(x, literal(1 / s.count));
  return mapRows('flatness', [logs, powers], [], k.div(k.exp(mean(a)), mean(b)), 'rows');
}

function flux(s: Rows, before: Rows): Rows {
  const rise = k.max(k.sub(a, b), literal(0));
  const [sum] = sumRows('flux', mapRows('rise', [s, before], [], rise, 'rows'), [], [a]);
  return sum;
}

/**
 * Descriptors of magnitude spectra whose frame 0 is the one before the first (itself, at the start of a clip):
 * [bins, lanes + 1] to one row per name, over `lanes` frames. `frequencies` of the bins in Hz.
 */
export function descriptors(
  spectra: Rows,
  bank: DescriptorBank,
  frequencies: Float64Array,
  order: Order,
): Rows {
  const lanes = spectra.lanes - 1;
  const s = someFrames(spectra, 1, lanes);
  const compute: Readonly<Record<DescriptorName, () => Rows>> = {
    centroid: () => centroid(s, frequencies),
    rolloff: () => rolloff(s, frequencies, bank.rolloff),
    flatness: () => flatness(s),
    flux: () => flux(s, someFrames(spectra, 0, lanes)),
  };
  return joinRows(
    bank.names.map((name) => compute[name]()),
    order,
  );
}

/** Spectra with the first one twice: what `descriptors` takes. */
export function withFirstBefore(x: Rows): Rows {
  const lanes = x.lanes + 1;
  const table = Int32Array.from({ length: lanes }, (_, f) => Math.max(0, f - 1) * x.lane);
  const loads = [{ tensor: x.tensor, access: { offset: x.offset, terms: [x.row, table] } }];
  const [tensor] = rowLoop('first twice', [x.count, lanes], { loads }, [a]);
  return rowsOf(tensor, x.count, lanes);
}
