/**
 * Canonical form of a learned chain, and snapping it to the exact transform.
 *
 * A product of butterflies does not change when a diagonal scale moves from one stage to the next. Moving all scales
 * to the end (decimation in time) or to the start (in frequency) turns every free block into [[1, a], [1, b]] (or its
 * transpose); a chain trained on the DFT then shows the exact twiddles, a = w and b = -w, and `snap` can say so.
 */
import { InvalidArgumentError } from '../errors.ts';
import { largest } from '../numeric/largest.ts';
import { complex, numberArithmetic as k, type Complex } from '../numeric/arithmetic.ts';
import { exactBlock, type ParameterValues } from './initialize.ts';
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

function readBlock(values: Float64Array, b: number, r: number): Complex<number>[][] {
  const at = b * 2 * r * r;
  return Array.from({ length: r }, (_, j) =>
    Array.from({ length: r }, (_, a) => ({
      re: values[at + 2 * (j * r + a)],
      im: values[at + 2 * (j * r + a) + 1],
    })),
  );
}

/**
 * Blocks of every stage in canonical form. All stages must be free and without gates.
 * Throws InvalidArgumentError for other parametrisations and for a block whose leading entry vanishes.
 */
export function canonicalize(spec: NetworkSpec, values: ParameterValues): Canonical {
  if (spec.stages.some((s) => s.parametrization !== 'free' || s.gate))
    throw new InvalidArgumentError('canonicalize needs stages of free blocks without gates');
  const inTime = spec.decimation === 'time';
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
      const read = readBlock(source, b, r);
      // With inner the side the scale comes from: entry(outer, inner).
      const entry = (outer: number, inner: number): Complex<number> =>
        complex.mul(k, inTime ? read[outer][inner] : read[inner][outer], gain[positions[inner]]);
      const rows = positions.map((_, outer) => positions.map((_p, inner) => entry(outer, inner)));
      rows.forEach((row, outer) => {
        if (!(modulus(row[0]) > 1e-100))
          throw new InvalidArgumentError(
            `stage ${s}, butterfly ${b}: the leading entry of the block vanishes`,
          );
        row.forEach((e, inner) => {
          const q = inner === 0 ? { re: 1, im: 0 } : divide(e, row[0]);
          const at = b * 2 * r * r + 2 * (inTime ? outer * r + inner : inner * r + outer);
          out[at] = q.re;
          out[at + 1] = q.im;
        });
      });
      rows.forEach((row, outer) => (gain[positions[outer]] = row[0]));
    }
    result[name] = out;
  });
  return { values: result, gain };
}

interface Snapped {
  readonly spec: NetworkSpec;
  readonly values: ParameterValues;
  /** Per stage, how many butterflies are the exact ones. */
  readonly exactButterflies: readonly number[];
  /** Largest distance of a canonical entry, or of the gain, from the exact transform. */
  readonly distance: number;
}

/**
 * Replace stages whose canonical blocks are within `tolerance` of the exact twiddle blocks by exact ones.
 * A chain whose gain is not 1 keeps its learned blocks: nothing is changed by an amount larger than the tolerance.
 */
export function snap(spec: NetworkSpec, values: ParameterValues, tolerance = 1e-12): Snapped {
  const canonical = canonicalize(spec, values);
  const offGain = largest(canonical.gain.map((g) => modulus({ re: g.re - 1, im: g.im })));
  let distance = offGain;
  const exactButterflies: number[] = [];
  const snappedValues: ParameterValues = { ...values };
  const stages = spec.stages.map((stage, s) => {
    const name = parameterName(s, 'block');
    const block = canonical.values[name];
    const { r, stride, count } = stageSize(radicesOf(spec), s);
    let exact = 0;
    for (let b = 0; b < count; b++) {
      const expected = exactBlock(spec, s, b % stride).flat();
      const off = largest(
        readBlock(block, b, r)
          .flat()
          .map((e, i) => modulus(complex.sub(k, e, expected[i]))),
      );
      distance = Math.max(distance, off);
      if (off <= tolerance) exact++;
    }
    exactButterflies.push(exact);
    if (offGain > tolerance) return stage;
    if (exact < count) {
      snappedValues[name] = block;
      return stage;
    }
    delete snappedValues[name];
    return { radix: r, parametrization: 'exact' as const };
  });
  return { spec: { ...spec, stages }, values: snappedValues, exactButterflies, distance };
}

/** Replace a free split stage within `tolerance` of the exact one. */
export function snapSplit(
  spec: NetworkSpec,
  values: ParameterValues,
  exact: Float64Array,
  tolerance = 1e-12,
): Snapped {
  const block = values['split.block'];
  // The mirror rows of the self-paired points 0 (conjugate of bin n/2) are used; those of n/4 are spare and never trained.
  const used = block.length - (spec.n % 4 === 0 ? 4 : 0);
  let distance = 0;
  for (let i = 0; i < used; i++) distance = Math.max(distance, Math.abs(block[i] - exact[i]));
  if (distance > tolerance) return { spec, values, exactButterflies: [0], distance };
  const rest = { ...values };
  delete rest['split.block'];
  return { spec: { ...spec, split: 'exact' }, values: rest, exactButterflies: [block.length / 8], distance };
}

/**
 * Merge the exact ungated radix-2 stages at the smallest strides into radix 4 (one 8 or 2 for odd counts). Gates of the
 * stages above keep their meaning, because a gate index counts groups of larger and offsets of smaller strides.
 */
export function regroup(
  spec: NetworkSpec,
  values: ParameterValues,
): { spec: NetworkSpec; values: ParameterValues } {
  const firstKept = spec.stages.findIndex(
    (s) => s.parametrization !== 'exact' || s.gate !== undefined || s.radix !== 2,
  );
  const count = firstKept < 0 ? spec.stages.length : firstKept;
  const radices = count === 0 ? [] : fewestStages(count);
  const merged = radices.map((radix) => ({ radix, parametrization: 'exact' as const }));
  const renamed = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [renumbered(name, radices.length - count), value]),
  );
  return { spec: { ...spec, stages: [...merged, ...spec.stages.slice(count)] }, values: renamed };
}

/** Radices 4 whose product is 2^log, with one 8 or 2 first where there are no twiddles. */
function fewestStages(log: number): number[] {
  const fours = (m: number): number[] => new Array<number>(m).fill(4);
  if (log % 2 === 0) return fours(log / 2);
  return log < 3 ? [2] : [8, ...fours((log - 3) / 2)];
}
