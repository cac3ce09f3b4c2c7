/** Correctors against the maps they must find, an oracle of their own meaning, and hostile options. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { gradient } from '../../src/ir/grad.ts';
import { input, parameter, type Tensor } from '../../src/ir/graph.ts';
import { complexArray, relativeL2, type ComplexArray } from '../../src/numeric/complex.ts';
import { choleskyFactor, crossMoments, divideByHermitian, multiply } from '../../src/numeric/hermitian.ts';
import {
  correctedSpectrum,
  correctorShapes,
  type Corrector,
  type CorrectorSpec,
} from '../../src/model/correctors.ts';
import { correctorCost, corrected, solveCorrector } from '../../src/distill/corrector-solve.ts';
import { spectrumLoss } from '../../src/optimize/losses.ts';
import { allBackends, centralDifferences, distance, gaussian, runOn } from '../helpers.ts';

const bins = 17;
const lanes = 64;
const random = (length: number, stream: number): ComplexArray => ({
  re: gaussian(length, 2 * stream),
  im: gaussian(length, 2 * stream + 1),
});

/** The dense matrix [bins, bins] and the offset of a corrector: its definition, written out. */
function meaning({ spec, values }: Corrector): { matrix: ComplexArray; offset: ComplexArray } {
  const [matrix, offset] = [complexArray(bins * bins), complexArray(bins)];
  const at = (name: string, i: number): [number, number] => {
    const data = values[`corrector.${name}`];
    return [data[2 * i], data[2 * i + 1]];
  };
  for (let row = 0; row < bins; row++)
    for (let column = 0; column < bins; column++) {
      const i = row * bins + column;
      if (spec.kind === 'identity' || spec.kind === 'low-rank') matrix.re[i] = row === column ? 1 : 0;
      if (spec.kind === 'affine' && row === column) [matrix.re[i], matrix.im[i]] = at('scale', row);
      if (spec.kind === 'banded')
        for (let j = -spec.radius; j <= spec.radius; j++) {
          if (Math.min(Math.max(row + j, 0), bins - 1) !== column) continue;
          const [re, im] = at('band', row * (2 * spec.radius + 1) + j + spec.radius);
          matrix.re[i] += re;
          matrix.im[i] += im;
        }
      if (spec.kind === 'low-rank')
        for (let q = 0; q < spec.rank; q++) {
          const [a, b] = at('left', row * spec.rank + q);
          const [x, y] = at('right', q * bins + column);
          matrix.re[i] += a * x - b * y;
          matrix.im[i] += a * y + b * x;
        }
    }
  if (spec.kind === 'affine')
    for (let row = 0; row < bins; row++) [offset.re[row], offset.im[row]] = at('offset', row);
  return { matrix, offset };
}

function applied(corrector: Corrector, x: ComplexArray, count: number): ComplexArray {
  const { matrix, offset } = meaning(corrector);
  const y = multiply(matrix, x, bins, bins, count);
  for (let i = 0; i < bins * count; i++) {
    y.re[i] += offset.re[Math.floor(i / count)];
    y.im[i] += offset.im[Math.floor(i / count)];
  }
  return y;
}

const specs: readonly CorrectorSpec[] = [
  { kind: 'identity' },
  { kind: 'affine' },
  { kind: 'banded', radius: 0 },
  { kind: 'banded', radius: 2 },
  { kind: 'low-rank', rank: 1 },
  { kind: 'low-rank', rank: 3 },
];

/** Random parameters, far from the identity. */
const randomCorrector = (spec: CorrectorSpec): Corrector => ({
  spec,
  bins,
  values: Object.fromEntries(
    Object.entries(correctorShapes(spec, bins)).map(([name, shape], i) => [
      name,
      gaussian(
        shape.reduce((a, b) => a * b, 1),
        90 + i,
      ),
    ]),
  ),
});

describe('correctors', () => {
  it.each(specs)('%o as graph loops are their definition, on every backend', (spec) => {
    const corrector = randomCorrector(spec);
    const x = random(bins * lanes, 1);
    const expected = applied(corrector, x, lanes);
    const leaves = { re: input('re', [bins, lanes]), im: input('im', [bins, lanes]) };
    const y = correctedSpectrum(spec, leaves, bins, lanes, parameter);
    for (const backend of allBackends) {
      const out = runOn(
        backend,
        { outputs: { outRe: y.re, outIm: y.im } },
        { ...x, ...corrector.values },
        { dtype: 'f64' },
      );
      // Sums of at most 4 bins products: 4 bins eps = 1.5e-14.
      expect(relativeL2({ re: out.outRe, im: out.outIm }, expected)).toBeLessThan(2e-14);
    }
    expect(relativeL2(corrected(corrector, x, lanes), expected)).toBeLessThan(2e-14);
  });

  it.each(specs.slice(1))('%o find the map that made the pairs', (spec) => {
    const student = random(bins * lanes, 2);
    const teacher = applied(randomCorrector(spec), student, lanes);
    const solved = solveCorrector(spec, { student, teacher, bins, lanes }, 1e-15);
    expect(solved.before).toBeGreaterThan(0.3);
    // The condition of 64 Gaussian spectra of 17 bins squared, times eps.
    expect(solved.after).toBeLessThan(1e-10);
    const fresh = random(bins * lanes, 7);
    expect(
      relativeL2(corrected(solved, fresh, lanes), applied(randomCorrector(spec), fresh, lanes)),
    ).toBeLessThan(1e-10);
  });

  it('are least squares: any step away from the solution is worse, on noisy pairs', () => {
    const student = random(bins * lanes, 3);
    const noise = random(bins * lanes, 4);
    const teacher = { re: noise.re.map((x, i) => x + student.im[i]), im: noise.im };
    for (const spec of specs.slice(1)) {
      const solved = solveCorrector(spec, { student, teacher, bins, lanes });
      expect(solved.after).toBeLessThan(solved.before);
      for (const [name, data] of Object.entries(solved.values))
        for (let trial = 0; trial < 4; trial++) {
          const step = gaussian(data.length, 40 + trial);
          const values = { ...solved.values, [name]: data.map((x, i) => x + 1e-3 * step[i]) };
          const other = relativeL2(corrected({ ...solved, values }, student, lanes), teacher);
          expect(other, `${spec.kind} ${name}`).toBeGreaterThan(solved.after);
        }
    }
  });

  it('low rank falls with the rank to full least squares', () => {
    const student = random(bins * lanes, 5);
    const teacher = random(bins * lanes, 6);
    const errors = Array.from(
      { length: bins },
      (_, i) => solveCorrector({ kind: 'low-rank', rank: i + 1 }, { student, teacher, bins, lanes }).after,
    );
    for (let i = 1; i < bins; i++) expect(errors[i]).toBeLessThan(errors[i - 1] + 1e-12);
    const full = solveCorrector(
      { kind: 'banded', radius: bins - 1 },
      { student, teacher, bins, lanes },
    ).after;
    expect(Math.abs(errors[bins - 1] - full)).toBeLessThan(1e-9);
  });

  it('leave empty bins as they are', () => {
    const student = random(bins * lanes, 2);
    const teacher = random(bins * lanes, 3);
    for (const part of [student.re, student.im]) part.fill(0, 4 * lanes, 5 * lanes);
    const { values } = solveCorrector({ kind: 'affine' }, { student, teacher, bins, lanes });
    expect([...values['corrector.scale'].subarray(8, 10)]).toEqual([1, 0]);
  });

  it('have gradients', () => {
    const spec: CorrectorSpec = { kind: 'low-rank', rank: 2 };
    const corrector = randomCorrector(spec);
    const small = 4;
    const values: Record<string, Float64Array> = {
      ...corrector.values,
      ...random(bins * small, 1),
      targetRe: gaussian(bins * small, 11),
      targetIm: gaussian(bins * small, 12),
    };
    const leaves = { re: input('re', [bins, small]), im: input('im', [bins, small]) };
    const made = new Map<string, Tensor>();
    const y = correctedSpectrum(spec, leaves, bins, small, (name, shape) => {
      made.set(name, parameter(name, shape));
      return made.get(name) as Tensor;
    });
    const target = { re: input('targetRe', [bins, small]), im: input('targetIm', [bins, small]) };
    const loss = spectrumLoss(y, target, bins, small, 2);
    const [backend] = allBackends;
    const lossOf = (v: Record<string, Float64Array>): number =>
      runOn(backend, { outputs: { loss } }, v, { dtype: 'f64' }).loss[0];
    const names = [...made.keys()];
    const gradients = gradient(loss, [...made.values()]);
    const own = runOn(
      backend,
      { outputs: Object.fromEntries(names.map((name, i) => [`d ${name}`, gradients[i]])) },
      values,
      { dtype: 'f64' },
    );
    for (const name of names)
      expect(distance(own[`d ${name}`], centralDifferences(lossOf, values, name))).toBeLessThan(1e-6);
  });

  it('cost what their loops do', () => {
    const cost = (spec: CorrectorSpec): [number, number] => {
      const { mul, add } = correctorCost(randomCorrector(spec));
      return [mul, add];
    };
    expect(cost({ kind: 'identity' })).toEqual([0, 0]);
    // A complex product is 4 multiplications and 2 additions, a complex sum 2 additions.
    expect(cost({ kind: 'affine' })).toEqual([4 * bins, 4 * bins]);
    expect(cost({ kind: 'banded', radius: 0 })).toEqual([4 * bins, 2 * bins]);
    const rank = 3;
    expect(cost({ kind: 'low-rank', rank })).toEqual([8 * bins * rank, 2 * rank * (4 * bins - 1)]);
    // Five products a row; what lies beyond the ends may be computed and is zero.
    const solved = solveCorrector(
      { kind: 'banded', radius: 2 },
      { student: random(bins * lanes, 2), teacher: random(bins * lanes, 3), bins, lanes },
    );
    const { mul } = correctorCost(solved);
    expect(mul).toBeLessThanOrEqual(4 * 5 * bins);
    expect(mul).toBeGreaterThanOrEqual(4 * (5 * bins - 6));
  });

  it('refuse by name what they cannot do', () => {
    const pairs = { student: random(bins * 4, 1), teacher: random(bins * 4, 2), bins, lanes: 4 };
    const refused = (spec: unknown, own: object = {}, tikhonov?: number): (() => unknown) => {
      return () => solveCorrector(spec as CorrectorSpec, { ...pairs, ...own }, tikhonov);
    };
    for (const spec of [
      null,
      {},
      { kind: 'dense' },
      { kind: 'banded', radius: 0.5 },
      { kind: 'banded', radius: bins },
    ])
      expect(refused(spec)).toThrow(InvalidArgumentError);
    expect(refused({ kind: 'low-rank', rank: 18 })).toThrow(
      'rank is 18; expected a whole number from 1 to 17',
    );
    expect(refused({ kind: 'affine' }, { lanes: 5 })).toThrow('student.re has 68 numbers');
    expect(refused({ kind: 'affine' }, {}, 0)).toThrow('tikhonov is 0');
    expect(refused({ kind: 'affine' }, {}, NaN)).toThrow('tikhonov is NaN');
    const broken = random(bins * 4, 1);
    broken.im[3] = NaN;
    expect(refused({ kind: 'affine' }, { student: broken })).toThrow('student.im[3] is NaN');
  });
});

describe('Hermitian systems', () => {
  it('are solved to the condition of the matrix', () => {
    const s = random(bins * lanes, 9);
    const gram = crossMoments(s, bins, s, bins, lanes);
    const x = random(3 * bins, 10);
    const solved = divideByHermitian(multiply(x, gram, 3, bins, bins), gram, 3, bins);
    expect(relativeL2(solved, x)).toBeLessThan(1e-13);
    gram.re[0] = -1;
    expect(() => choleskyFactor(gram, bins)).toThrow('pivot 0 is -1');
  });
});
