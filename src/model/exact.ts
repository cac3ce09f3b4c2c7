/**
 * Exact transforms of any size as graphs: a chain of DFT stages where the size has small factors, Bluestein's chirp
 * convolution (1970) where it has not, a split stage for real samples of even count.
 */
import { complexArray, mapParts, type ComplexArray } from '../numeric/complex.ts';
import { fastDft } from '../numeric/fast-dft.ts';
import { rootTable } from '../numeric/twiddle.ts';
import { exprCarrier } from '../ir/expr.ts';
import { constant, type Tensor } from '../ir/graph.ts';
import { endingAt, everySecond, shared, type ComplexView, type View } from '../ir/view.ts';
import { exactOutputs, exactSplitOutputs, splitPoints } from './exact-stage.ts';
import { hermitianForward, hermitianInverse, realBins } from './hermitian.ts';
import { heads, timesBins } from './heads.ts';
import { inTurn, pointLoop, type Ends, type Step } from './loops.ts';
import { splitLoop, stockhamChain, uniformNetwork, type Norm } from './network.ts';
import type { Butterflies } from './parametrization.ts';
import { reciprocal, reciprocalRoot, scaledConstant, timesScale, unscaled, type Scale } from './scale.ts';

/** How `n` complex points are transformed. Plain data. */
export type ChainPlan =
  | { readonly kind: 'stages'; readonly n: number; readonly radices: readonly number[] }
  | {
      readonly kind: 'chirp';
      readonly n: number;
      /** Cyclic convolution length, at least 2 n - 2, and the radices of its two transforms. */
      readonly length: number;
      readonly radices: readonly number[];
    };

/** An exact transform. Plain data: printable before it is code. */
export interface TransformPlan {
  readonly n: number;
  readonly input: 'complex' | 'real';
  readonly direction: 'forward' | 'inverse';
  readonly norm: Norm;
  /**
   * n points; stages on real samples are the stages of `hermitian.ts`. Or n/2 complex points and a split stage, where real
   * samples are even in number.
   */
  readonly chain: ChainPlan;
}

/** Do real samples go in pairs through a complex chain of half the length? */
const isSplit = (plan: Pick<TransformPlan, 'n' | 'input' | 'chain'>): boolean =>
  plan.input === 'real' && 2 * plan.chain.n === plan.n;

/** Complex points in and out of one transform; real samples count as points. */
export function lengthsOf(plan: Pick<TransformPlan, 'n' | 'input' | 'direction'>): {
  in: number;
  out: number;
} {
  const bins = plan.input === 'real' ? realBins(plan.n) : plan.n;
  return plan.direction === 'forward' ? { in: plan.n, out: bins } : { in: bins, out: plan.n };
}

function factorOf({ n, direction, norm }: TransformPlan, dtype: Ending['dtype']): Scale {
  const scaled = norm === (direction === 'inverse' ? 'backward' : 'forward');
  if (norm !== 'ortho' && !scaled) return unscaled;
  const [hi, lo] = norm === 'ortho' ? reciprocalRoot(n) : reciprocal(n);
  // In float32 the low part would be 2^-54 of a number of 24 bits.
  return [hi, dtype === 'f64' ? lo : 0];
}

const exactButterflies: Butterflies = {
  stage: (_, c, x) => exactOutputs(c, x),
  split: (_, c, pair) => exactSplitOutputs(c, pair),
};

/** Those of an inverse on real samples: point 0 of the split stage is the pair of bins 0 and n/2, whose imaginary parts count for nothing. */
const realInverseButterflies: Butterflies = {
  ...exactButterflies,
  split: (_, c, pair) => {
    const counts = Float64Array.from({ length: splitPoints(c.n) }, (_, k) => (k === 0 ? 0 : 1));
    const factor = c.list.read(constant([counts.length], counts), 0, [1, 0]);
    return exactSplitOutputs(
      c,
      pair.map(({ re, im }) => ({ re, im: exprCarrier.mul(factor, im) })),
    );
  },
};

function stages(radices: readonly number[], inverse: boolean, ends: Ends): readonly Tensor[] {
  if (radices.length === 0)
    return pointLoop('copy', 1, ends, (list) => timesScale(ends.scale, list.complex(ends.source, 0, [1])));
  const direction = inverse ? 'inverse' : 'forward';
  const spec = uniformNetwork(radices, { parametrization: 'exact' }, { direction });
  return stockhamChain(spec, ends, exactButterflies);
}

/** A constant sequence, the same in all lanes. */
const sequence = ({ re, im }: ComplexArray): ComplexView => ({
  re: shared(constant([re.length], re)),
  im: shared(constant([im.length], im)),
});

/** exp(-+ pi i j^2 / n), j < length. */
function chirp(n: number, length: number, inverse: boolean): ComplexArray {
  const root = rootTable(2 * n);
  const c = complexArray(length);
  // (j + 1)^2 = j^2 + 2 j + 1, in units of half a turn over n.
  for (let j = 0, square = 0; j < length; square = (square + 2 * j + 1) % (2 * n), j++) {
    c.re[j] = root.re(square);
    c.im[j] = inverse ? -root.im(square) : root.im(square);
  }
  return c;
}

/** The first n numbers of a sequence, then zeros. */
const firstOf = (c: ComplexArray, n: number): ComplexArray => mapParts(c, (x, i) => (i < n ? x : 0));

const scaled = (scale: Scale, c: ComplexArray): ComplexArray =>
  scale === unscaled ? c : mapParts(c, (x) => scaledConstant(scale, x));

/**
 * Spectrum of the conjugate chirp on -n < j < n as a cyclic sequence, divided by its length. It is even as the chirp is; the
 * transform's roundings are not, and the mean of both halves has fewer of them (0.29 instead of 0.38 eps sqrt(log2 n), n = 647).
 */
function chirpSpectrum(n: number, c: ComplexArray, radices: readonly number[]): ComplexArray {
  const { length } = c.re;
  const b = complexArray(length);
  for (let j = 0; j < n; j++)
    for (const at of [j, (length - j) % length]) {
      b.re[at] = c.re[j] / length;
      b.im[at] = -c.im[j] / length;
    }
  const { re, im } = fastDft(b, radices);
  return { re: evenPart(re), im: evenPart(im) };
}

/** (x_k + x_{-k}) / 2 of a cyclic sequence, in its place. */
function evenPart(x: Float64Array): Float64Array {
  for (let k = 1; 2 * k < x.length; k++) x[k] = x[x.length - k] = (x[k] + x[x.length - k]) / 2;
  return x;
}

/**
 * X_k = c_k sum_j (x_j c_j) conj c_{k-j} with c_j = exp(-pi i j^2 / n): a convolution of `length` points, by two
 * transforms of a size with small factors. The bins from n on are nobody's.
 */
function bluestein(plan: ChainPlan & { kind: 'chirp' }, inverse: boolean, ends: Ends): readonly Tensor[] {
  const { n, length, radices } = plan;
  const { source, head, scale } = ends;
  const c = chirp(n, length, inverse);
  const first = firstOf(c, n);
  const spectrum = chirpSpectrum(n, first, radices);
  // The chirp ends in zeros, so what stands there for samples beyond the last counts for nothing.
  const toLast = (v: View): View => endingAt(v, n - 1);
  const padded: ComplexView = {
    re: toLast(source.re),
    ...(source.im ? { im: toLast(source.im) } : {}),
    factor: sequence(first),
  };
  // Bins from n on are not wanted; a chirp that goes on through them leaves the loop in one piece.
  const last = timesBins(head, scaled(scale, c));
  const steps: Step[] = [
    (between) => stages(radices, false, { ...between, head: timesBins(heads.planar(), spectrum) }),
    (between) => stages(radices, true, between),
  ];
  return inTurn(steps, { ...ends, source: padded, head: last, scale: unscaled });
}

const runChain = (plan: ChainPlan, inverse: boolean, ends: Ends): readonly Tensor[] =>
  plan.kind === 'stages' ? stages(plan.radices, inverse, ends) : bluestein(plan, inverse, ends);

/** The two-sided spectrum of real samples from its one-sided half: X_{n-k} = conj X_k; bins 0 and n/2 are real. */
function hermitian(n: number, ends: Ends): readonly Tensor[] {
  const bins = realBins(n);
  const term = Int32Array.from({ length: n }, (_, k) => (k < bins ? k : n - k));
  const sign = Float64Array.from({ length: n }, (_, k) => (k === 0 || 2 * k === n ? 0 : k < bins ? 1 : -1));
  return pointLoop('hermitian', n, ends, (list) => {
    const { re, im } = list.complex(ends.source, 0, [term]);
    return { re, im: exprCarrier.mul(list.read(constant([n], sign), 0, [1, 0]), im) };
  });
}

/** Form of complex outputs and distance of consecutive output points. */
interface Ending {
  /** power: |X|^2 alone, one tensor; both: two planar tensors and that one. */
  readonly layout: 'planar' | 'interleaved' | 'power' | 'both';
  readonly stride: number;
  /** What the graph will be compiled for, default f32; float64 is worth factors of two parts. */
  readonly dtype?: 'f32' | 'f64' | undefined;
}

/**
 * The outputs of a plan on `source` ([points, lanes] views; no im for real samples): two planar tensors, one interleaved,
 * or one of samples. Tensors may have spare rows behind the `lengthsOf(plan).out` that count.
 */
export function exactTransform(
  plan: TransformPlan,
  source: ComplexView,
  lanes: number,
  ending: Ending = { layout: 'planar', stride: 1 },
): readonly Tensor[] {
  const { n } = plan;
  const inverse = plan.direction === 'inverse';
  const scale = factorOf(plan, ending.dtype);
  const ends: Ends = { source, lanes, head: heads[ending.layout](ending.stride), scale };
  const run: Step = (between) => runChain(plan.chain, inverse, between);
  if (plan.input === 'complex') return run(ends);
  if (isSplit(plan)) {
    const split = { n, direction: plan.direction, split: 'exact' as const };
    if (!inverse) {
      const packed = { re: everySecond(source.re, 0), im: everySecond(source.re, 1) };
      const steps: Step[] = [run, (between) => splitLoop(split, between, exactButterflies)];
      return inTurn(steps, { ...ends, source: packed });
    }
    // Twice the halves inside the split are whole numbers; the factor goes into the last stage of the chain.
    const twice: Step = (between) => splitLoop(split, { ...between, scale: [2, 0] }, realInverseButterflies);
    return inTurn([twice, run], { ...ends, head: heads.samplePairs(ending.stride) });
  }
  const real = { ...ends, head: heads.real(ending.stride) };
  if (plan.chain.kind === 'stages' && n > 1) {
    const { radices } = plan.chain;
    return inverse ? hermitianInverse(radices, real) : hermitianForward(radices, ends);
  }
  return inverse
    ? inTurn([(between) => hermitian(n, between), run], real)
    : run({ ...ends, source: { re: source.re } });
}
