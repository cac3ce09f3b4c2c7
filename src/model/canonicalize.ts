/**
 * Canonical form of a learned chain, and snapping it to the exact transform.
 *
 * A product of butterflies does not change when a diagonal scale moves from one stage to the next. Moving all scales
 * to the end (decimation in time) or to the start (in frequency) turns every free block into [[1, a], [1, b]] (or its
 * transpose); a chain trained on the DFT then shows the exact twiddles, a = w and b = -w, and `snap` can say so.
 */
import { InvalidArgumentError } from '../errors.ts';
import { blockNumbers, readBlock, transpose, type Block } from './butterfly.ts';
import { largest } from '../numeric/largest.ts';
import { complex, numberArithmetic as k, type Complex } from '../numeric/arithmetic.ts';
import { exactBlock, initialize, type ParameterValues } from './initialize.ts';
import {
  firstPosition,
  parameterName,
  pointsOf,
  radicesOf,
  renumbered,
  stageSize,
  stageSizes,
} from './geometry.ts';
import type { NetworkSpec } from './network.ts';
import type { StageSpec } from './parametrization.ts';

const divide = (a: Complex<number>, b: Complex<number>): Complex<number> => {
  const m = b.re * b.re + b.im * b.im;
  return { re: (a.re * b.re + a.im * b.im) / m, im: (a.im * b.re - a.re * b.im) / m };
};
const modulus = (a: Complex<number>): number => Math.hypot(a.re, a.im);

interface Canonical {
  readonly values: ParameterValues;
  /** Complex factor of every position at the output (decimation in time, by bin) or input (in frequency, by sample). */
  readonly gain: readonly Complex<number>[];
}

/**
 * Blocks of every stage in canonical form. All stages must be free and without gates.
 * Throws InvalidArgumentError for other parametrisations and for a block whose leading entry vanishes.
 */
export function canonicalize(spec: NetworkSpec, values: ParameterValues): Canonical {
  if (spec.stages.some((s) => s.parametrization !== 'free' || s.gate))
    throw new InvalidArgumentError('canonicalize needs stages of free blocks without gates');
  /** Rows are the side that the scale goes to. */
  const turned = (block: Block<number>): Block<number> =>
    spec.decimation === 'time' ? block : transpose(block);
  const result: ParameterValues = { ...values };
  const gain: Complex<number>[] = Array.from({ length: pointsOf(spec) }, () => ({ re: 1, im: 0 }));
  // Scales move forward through the stages in time, backward in frequency: by rising stride in both cases.
  stageSizes(spec).forEach((size) => {
    const { s, r, stride } = size;
    const name = parameterName(s, 'block');
    const source = values[name];
    const out = new Float64Array(source.length);
    for (let b = 0; b < size.count; b++) {
      const positions = Array.from({ length: r }, (_, a) => firstPosition(size, b) + a * stride);
      const at = b * 2 * r * r;
      const block = turned(readBlock(source, at, r));
      const rows = block.map((row) => row.map((e, inner) => complex.mul(k, e, gain[positions[inner]])));
      if (rows.some(([leading]) => !(modulus(leading) > 1e-100)))
        throw new InvalidArgumentError(`stage ${s}, butterfly ${b}: the leading entry of the block vanishes`);
      const canonical = rows.map((row) =>
        row.map((e, inner) => (inner === 0 ? { re: 1, im: 0 } : divide(e, row[0]))),
      );
      out.set(blockNumbers(turned(canonical)), at);
      rows.forEach((row, outer) => (gain[positions[outer]] = row[0]));
    }
    result[name] = out;
  });
  return { values: result, gain };
}

interface Snapped {
  readonly spec: NetworkSpec;
  readonly values: ParameterValues;
  /** Largest distance of a canonical entry, of the gain, or of the split stage from the exact transform. */
  readonly distance: number;
}

/** Learned numbers this close to exact ones are taken for exact: the bound of docs/conventions.md. */
const tolerance = 1e-12;

const isPlain = ({ parametrization, gate }: StageSpec): boolean => parametrization === 'exact' && !gate;

/** Is every stage exact and without gates, the split stage too? */
export const isExactNetwork = ({ stages, input, split }: NetworkSpec): boolean =>
  stages.every(isPlain) && (input === 'complex' || split === 'exact');

/**
 * Replace stages whose canonical blocks are within 1e-12 of the exact twiddle blocks by exact ones, and a free split stage too;
 * `keepBlocks` keeps all of them, in canonical form. A chain whose gain is not 1 keeps its learned blocks: nothing is changed by an
 * amount larger than that. Throws InvalidArgumentError where there is no canonical form.
 */
export function snap(
  spec: NetworkSpec,
  values: ParameterValues,
  { keepBlocks = false }: { readonly keepBlocks?: boolean } = {},
): Snapped {
  const learned = !spec.stages.every(isPlain);
  const canonical = learned ? canonicalize(spec, values) : { values, gain: [] };
  const offGain = largest(
    canonical.gain.map((g) => modulus({ re: g.re - 1, im: g.im })),
    0,
  );
  let distance = offGain;
  const snappedValues: ParameterValues = { ...values };
  /** May a parameter that is this far off be left out? */
  const isExact = (off: number): boolean => {
    distance = Math.max(distance, off);
    return off <= tolerance && !keepBlocks;
  };
  const stages = spec.stages.map((stage, s) => {
    if (!learned) return stage;
    const name = parameterName(s, 'block');
    const exact = isExact(blockDistance(spec, canonical.values[name], s));
    if (offGain > tolerance) return stage;
    snappedValues[name] = canonical.values[name];
    if (!exact) return stage;
    delete snappedValues[name];
    return { radix: stage.radix, parametrization: 'exact' as const };
  });
  const { split } = spec;
  if (spec.input === 'real' && split === 'free' && isExact(splitDistance(spec, values['split.block']))) {
    delete snappedValues['split.block'];
    return { spec: { ...spec, stages, split: 'exact' }, values: snappedValues, distance };
  }
  return { spec: { ...spec, stages }, values: snappedValues, distance };
}

/** Largest distance of a canonical entry of stage s from the exact block's. */
function blockDistance(spec: NetworkSpec, block: Float64Array, s: number): number {
  const { r, stride, count } = stageSize(radicesOf(spec), s);
  return largest(
    Array.from({ length: count }, (_, b) => {
      const expected = exactBlock(spec, s, b % stride).flat();
      return largest(
        readBlock(block, 2 * b * r * r, r)
          .flat()
          .map((e, i) => modulus(complex.sub(k, e, expected[i]))),
      );
    }),
  );
}

/** Largest distance of a number of the split stage from the exact one's. */
function splitDistance(spec: NetworkSpec, block: Float64Array): number {
  const exact = initialize(spec, 'exact', 0)['split.block'];
  // The mirror rows of the self-paired points 0 (conjugate of bin n/2) are used; those of n/4 are spare and never trained.
  const used = block.length - (spec.n % 4 === 0 ? 4 : 0);
  return largest(Array.from(block.subarray(0, used), (x, i) => Math.abs(x - exact[i])));
}

/**
 * Merge the exact ungated radix-2 stages at the smallest strides, or behind exact stages of other radices there, into radix 4 (one 8
 * or 2 for odd counts). Gates of the stages above keep their meaning, because a gate index counts groups of larger and offsets of
 * smaller strides.
 */
export function regroup(
  spec: NetworkSpec,
  values: ParameterValues,
): { spec: NetworkSpec; values: ParameterValues } {
  const endOf = (from: number, wanted: (s: StageSpec) => boolean): number => {
    const end = spec.stages.findIndex((s, i) => i >= from && !wanted(s));
    return end < 0 ? spec.stages.length : end;
  };
  const from = endOf(0, (s) => isPlain(s) && s.radix !== 2);
  const count = endOf(from, (s) => isPlain(s) && s.radix === 2) - from;
  const radices = count === 0 ? [] : fewestStages(count);
  const merged = radices.map((radix) => ({ radix, parametrization: 'exact' as const }));
  const renamed = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [renumbered(name, radices.length - count), value]),
  );
  const stages = [...spec.stages.slice(0, from), ...merged, ...spec.stages.slice(from + count)];
  return { spec: { ...spec, stages }, values: renamed };
}

/** Radices 4 whose product is 2^log, with one 8 or 2 first where there are no twiddles. */
function fewestStages(log: number): number[] {
  const fours = (m: number): number[] => new Array<number>(m).fill(4);
  if (log % 2 === 0) return fours(log / 2);
  return log < 3 ? [2] : [8, ...fours((log - 3) / 2)];
}
