/**
 * Window functions in float64, by SciPy's names (scipy.signal.get_window). `symmetric` windows are for filter design;
 * `periodic` ones, for spectral analysis, are symmetric windows of one more sample without the last.
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, oneOf, shown, whole } from '../options.ts';
import { besselI0 } from './bessel.ts';
import { cos, exp, power, sin } from './elementary.ts';
import { largest } from './largest.ts';
import { firstUnusable, requireNumbers } from './samples.ts';
import { rootTable } from './twiddle.ts';

/** periodic: the first n of n + 1 symmetric samples, for spectra. symmetric: for filters. */
export type WindowKind = 'periodic' | 'symmetric';
const kindRule = oneOf(['periodic', 'symmetric']);

/** Sample j, 0 <= j <= n - 1 in steps of a half, of a symmetric window of n > 1 samples. */
type Sampler = (j: number, n: number) => number;

interface Family {
  /** Names and defaults of the parameters; undefined: it must be given; null: any count of coefficients. */
  readonly parameters: Readonly<Record<string, number | undefined>> | null;
  readonly make: (n: number, ...parameters: number[]) => Sampler;
}

/** sum_i (-1)^i a_i cos(2 pi i j / (n - 1)), the generalised cosine window. */
const cosines =
  (coefficients: readonly number[]) =>
  (n: number): Sampler => {
    const { re } = rootTable(2 * (n - 1));
    return (j) => coefficients.reduce((sum, a, i) => sum + (i % 2 === 0 ? a : -a) * re(2 * i * j), 0);
  };

const fixed = (sampler: Sampler): Family => ({ parameters: {}, make: () => sampler });
const cosineSum = (...coefficients: number[]): Family => ({ parameters: {}, make: cosines(coefficients) });

const centre = (n: number): number => (n - 1) / 2;

/** 1 at the middle, 0 at the ends (n > 1). */
const distanceToEnd: Sampler = (j, n) => 1 - Math.abs(j - centre(n)) / centre(n);

const triang: Sampler = (j, n) => {
  const at = Math.min(j, n - 1 - j) + 1;
  return n % 2 === 1 ? (2 * at) / (n + 1) : (2 * at - 1) / n;
};

const parzen: Sampler = (j, n) => {
  const x = Math.abs(j - centre(n)) / (n / 2);
  return Math.abs(j - centre(n)) <= (n - 1) / 4 ? 1 - 6 * x * x * (1 - x) : 2 * (1 - x) ** 3;
};

const bohman: Sampler = (j, n) => {
  if (j === 0 || j === n - 1) return 0;
  const x = Math.abs(-1 + (2 * j) / (n - 1));
  return (1 - x) * cos(Math.PI * x) + sin(Math.PI * x) / Math.PI;
};

const barthann: Sampler = (j, n) => {
  const x = Math.abs(j / (n - 1) - 0.5);
  return 0.62 - 0.48 * x + 0.38 * cos(2 * Math.PI * x);
};

const lanczos: Sampler = (j, n) => {
  const x = Math.PI * (1 - distanceToEnd(j, n));
  if (j === 0 || j === n - 1) return 0;
  return x === 0 ? 1 : sin(x) / x;
};

/** hann ** 0.85: Kaldi's default; not in SciPy. */
function povey(n: number): Sampler {
  const hann = cosines([0.5, 0.5])(n);
  return (j) => power(hann(j, n), 0.85);
}

const gaussian =
  (n: number, std: number): Sampler =>
  (j) =>
    exp(-((j - centre(n)) ** 2) / (2 * std * std));

const generalGaussian =
  (n: number, p: number, sig: number): Sampler =>
  (j) =>
    exp(-0.5 * power(Math.abs((j - centre(n)) / sig), 2 * p));

const exponential =
  (n: number, tau: number): Sampler =>
  (j) =>
    exp(-Math.abs(j - centre(n)) / tau);

/** A flat top between two halves of a Hann window that take the fraction alpha. */
function tukey(n: number, alpha: number): Sampler {
  if (alpha <= 0) return () => 1;
  if (alpha >= 1) return cosines([0.5, 0.5])(n);
  const edge = Math.floor((alpha * (n - 1)) / 2);
  return (j) => {
    const fromEnd = Math.min(j, n - 1 - j);
    return fromEnd > edge ? 1 : 0.5 * (1 + cos(Math.PI * (-1 + (2 * fromEnd) / alpha / (n - 1))));
  };
}

function kaiser(n: number, beta: number): Sampler {
  const top = besselI0(beta);
  return (j) => besselI0(beta * Math.sqrt(Math.max(0, 1 - ((j - centre(n)) / centre(n)) ** 2))) / top;
}

/** nbar nearly constant side lobes, sll dB below the main lobe (Carrara & Majewski 1995), 1 at the middle. */
function taylor(n: number, nbar: number, sll: number): Sampler {
  const a = Math.acosh(10 ** (sll / 20)) / Math.PI;
  const s2 = nbar ** 2 / (a ** 2 + (nbar - 0.5) ** 2);
  const orders = Array.from({ length: nbar - 1 }, (_, i) => i + 1);
  const factors = orders.map((m, i) => {
    const above = orders.reduce((p, q) => p * (1 - m ** 2 / s2 / (a ** 2 + (q - 0.5) ** 2)), 1);
    const below = orders.reduce((p, q) => (q === m ? p : p * (1 - m ** 2 / q ** 2)), 2);
    return ((i % 2 === 0 ? 1 : -1) * above) / below;
  });
  const value = (j: number): number =>
    1 + 2 * factors.reduce((sum, f, i) => sum + f * cos((2 * Math.PI * orders[i] * (j - centre(n))) / n), 0);
  const scale = value(centre(n));
  return (j) => value(j) / scale;
}

/** Side lobes all `attenuation` dB below the main lobe: the inverse DFT of a Chebyshev polynomial. O(n^2). */
function chebwin(n: number, attenuation: number): Sampler {
  const order = n - 1;
  const beta = Math.cosh(Math.acosh(10 ** (Math.abs(attenuation) / 20)) / order);
  const polynomial = (x: number): number => {
    if (Math.abs(x) <= 1) return cos(order * Math.acos(x));
    return (x < -1 && order % 2 === 1 ? -1 : 1) * Math.cosh(order * Math.acosh(Math.abs(x)));
  };
  const { re } = rootTable(2 * n);
  const values = Float64Array.from({ length: n }, (_, k) => polynomial(beta * re(k)));
  const turns = Float64Array.from({ length: 2 * n }, (_, k) => re(k));
  // The middle, and what lies i samples from it (odd n) or i - 1/2 (even n).
  const half = Array.from({ length: Math.floor(n / 2) + 1 }, (_, i) => {
    const step = Math.abs(n % 2 === 1 ? 2 * i : 2 * i - 1);
    return values.reduce((sum, p, k) => sum + p * turns[(k * step) % (2 * n)], 0);
  });
  const top = largest(half.slice(n % 2 === 1 ? 0 : 1));
  const at = (j: number): number => half[Math.ceil(Math.abs(j - centre(n)))] / top;
  // It is defined at its samples only.
  return (j) => (at(Math.floor(j)) + at(Math.ceil(j))) / 2;
}

const familyTable = () =>
  ({
    boxcar: fixed(() => 1),
    triang: fixed(triang),
    hann: cosineSum(0.5, 0.5),
    hamming: cosineSum(0.54, 0.46),
    blackman: cosineSum(0.42, 0.5, 0.08),
    bartlett: fixed((j, n) => (2 * Math.min(j, n - 1 - j)) / (n - 1)),
    blackmanharris: cosineSum(0.35875, 0.48829, 0.14128, 0.01168),
    nuttall: cosineSum(0.3635819, 0.4891775, 0.1365995, 0.0106411),
    flattop: cosineSum(0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
    cosine: fixed((j, n) => sin((Math.PI * (Math.min(j, n - 1 - j) + 0.5)) / n)),
    parzen: fixed(parzen),
    bohman: fixed(bohman),
    barthann: fixed(barthann),
    lanczos: fixed(lanczos),
    povey: { parameters: {}, make: povey },
    tukey: { parameters: { alpha: 0.5 }, make: tukey },
    kaiser: { parameters: { beta: undefined }, make: kaiser },
    gaussian: { parameters: { std: undefined }, make: gaussian },
    general_gaussian: { parameters: { p: undefined, sig: undefined }, make: generalGaussian },
    general_hamming: { parameters: { alpha: undefined }, make: (n, alpha) => cosines([alpha, 1 - alpha])(n) },
    exponential: { parameters: { tau: 1 }, make: exponential },
    taylor: { parameters: { nbar: 4, sll: 30 }, make: taylor },
    chebwin: { parameters: { attenuation: undefined }, make: chebwin },
    general_cosine: { parameters: null, make: (n, ...coefficients) => cosines(coefficients)(n) },
  }) satisfies Record<string, Family>;

const families = /* @__PURE__ */ familyTable();

/** A name of `windowNames`. */
export type WindowName = keyof typeof families;

/** A name, or a name with its parameters in SciPy's order: ['kaiser', 8.6]; ['general_cosine', a0, a1, ...]; ['exponential', tau]. */
export type WindowSpec = WindowName | readonly [WindowName, ...number[]];

/** Every window there is, with the names of its parameters. */
export const windowNames = /* @__PURE__ */ Object.keys(families) as readonly WindowName[];

/** A window as samples, or by name. */
export type WindowLike = WindowSpec | ArrayLike<number>;

export const isWindowSpec = (window: WindowLike): window is WindowSpec =>
  typeof window === 'string' || (Array.isArray(window) && typeof window[0] === 'string');

function samplerOf(spec: WindowSpec, n: number): Sampler {
  if (!isWindowSpec(spec))
    throw new InvalidArgumentError(`window is ${shown(spec)}; expected a name, or a name and its parameters`);
  const [name, ...given] = typeof spec === 'string' ? [spec] : spec;
  const bad = given.find((x) => typeof x !== 'number' || !Number.isFinite(x));
  if (bad !== undefined)
    throw new InvalidArgumentError(
      `window ${shown(name)} has the parameter ${shown(bad)}; expected a finite number`,
    );
  checkArgument('window', name, oneOf(windowNames));
  const { parameters, make } = families[name] as Family;
  if (parameters === null) {
    if (given.length === 0)
      throw new InvalidArgumentError(`window ${name} has no coefficients; expected some`);
    return make(n, ...given);
  }
  const names = Object.keys(parameters);
  const values = Object.values(parameters).map((value, i) => (i < given.length ? given[i] : value));
  if (given.length > names.length || values.includes(undefined))
    throw new InvalidArgumentError(
      `window ${name} has ${given.length} parameters; expected [${names.join(', ')}]`,
    );
  if (name === 'taylor') checkArgument('nbar', values[0] as number, taylorRule);
  return make(n, ...(values as number[]));
}

/** Longest window; of Chebyshev's, which takes n^2 steps; and side lobes of Taylor's. */
const longest = 2 ** 24;
const longestChebwin = 2 ** 14;
const taylorRule = whole(1, 100);

/**
 * Samples of a window, at most 2^24 (chebwin: 2^14). Throws InvalidArgumentError for another length, an unknown name, and parameters
 * that are missing or make no finite window.
 */
export const windowByName = (spec: WindowSpec, length: number, kind: WindowKind): Float64Array =>
  sampled(spec, length, kind, 1);

/** The same, `steps` positions per sample: steps length of a periodic window, steps (length - 1) + 1 of a symmetric one. */
function sampled(spec: WindowSpec, length: number, kind: WindowKind, steps: 1 | 2): Float64Array {
  const isChebwin = (typeof spec === 'string' ? spec : spec?.[0]) === 'chebwin';
  checkArgument('window length', length, whole(1, isChebwin ? longestChebwin : longest));
  checkArgument('window kind', kind, kindRule);
  const n = kind === 'periodic' ? length + 1 : length;
  const sampler = samplerOf(spec, Math.max(n, 2));
  if (length === 1) return Float64Array.of(1);
  const samples = new Float64Array(steps * (n - 1) + (kind === 'periodic' ? 0 : 1));
  for (let j = 0; j < samples.length; j++) samples[j] = sampler(j / steps, n);
  if (firstUnusable(samples, 0, samples.length, Infinity) >= 0)
    throw new InvalidArgumentError(
      `window ${typeof spec === 'string' ? spec : `${spec[0]} of ${spec.slice(1).join(', ')}`} is not finite; expected other parameters`,
    );
  return samples;
}

/**
 * A window at its samples and half way between them: sample j is entry 2 j, and the last half step of a periodic window is there
 * too. What has a name is a function; of samples that are given (and chebwin), half way is the mean of both neighbours, round the end of a period.
 */
export function windowHalves(window: WindowLike, length: number, kind: WindowKind): Float64Array {
  if (isWindowSpec(window)) return sampled(window, length, kind, 2);
  const samples = windowSamples(window, length, kind);
  const count = kind === 'periodic' ? 2 * length : 2 * length - 1;
  return Float64Array.from({ length: count }, (_, i) => {
    const next = samples[((i + 1) >> 1) % length];
    return (samples[i >> 1] + next) / 2;
  });
}

/** Samples of a window, checked: as many as wanted, and finite. */
export function windowSamples(window: WindowLike, length: number, kind: WindowKind): Float64Array {
  if (isWindowSpec(window)) return windowByName(window, length, kind);
  requireNumbers('window', window);
  if (window.length !== length)
    throw new InvalidArgumentError(`window has ${window.length} samples; expected ${length}`);
  const samples = Float64Array.from(window);
  const bad = firstUnusable(samples, 0, length, Infinity);
  if (bad >= 0) throw new InvalidArgumentError(`window[${bad}] is ${window[bad]}; expected a finite number`);
  return samples;
}

/** A window in the middle of n samples, zeros around it (librosa.util.pad_center). */
export function padCenter(window: Float64Array, n: number): Float64Array {
  checkArgument('n', n, whole(window.length));
  const out = new Float64Array(n);
  out.set(window, Math.floor((n - window.length) / 2));
  return out;
}
