/** Window functions in float64, by SciPy's names. `periodic` divides by n (spectral analysis), `symmetric` by n - 1 (filter design). */
import { InvalidArgumentError } from '../errors.ts';
import { twiddle } from './twiddle.ts';

export type WindowName = 'hann' | 'hamming' | 'blackman' | 'rectangular';
export type WindowKind = 'periodic' | 'symmetric';

/** sum_i (-1)^i a_i cos(2 pi i j / length), the generalised cosine window. */
function cosineWindow(length: number, kind: WindowKind, coefficients: readonly number[]): Float64Array {
  if (!Number.isInteger(length) || length < 1)
    throw new InvalidArgumentError(`window length is ${length}; expected a positive integer`);
  if (kind !== 'periodic' && kind !== 'symmetric')
    throw new InvalidArgumentError(`window kind is ${JSON.stringify(kind)}; expected periodic or symmetric`);
  const period = kind === 'periodic' ? length : length - 1;
  return Float64Array.from({ length }, (_, j) => {
    if (length === 1) return 1;
    return coefficients.reduce((sum, a, i) => sum + (i % 2 === 0 ? a : -a) * twiddle(i * j, period)[0], 0);
  });
}

/** 0.5 - 0.5 cos: scipy.signal.windows.hann. */
export const hann = (length: number, kind: WindowKind): Float64Array =>
  cosineWindow(length, kind, [0.5, 0.5]);
/** 0.54 - 0.46 cos. */
export const hamming = (length: number, kind: WindowKind): Float64Array =>
  cosineWindow(length, kind, [0.54, 0.46]);
/** 0.42 - 0.5 cos + 0.08 cos of twice the angle. */
export const blackman = (length: number, kind: WindowKind): Float64Array =>
  cosineWindow(length, kind, [0.42, 0.5, 0.08]);
export const rectangular = (length: number, kind: WindowKind): Float64Array =>
  cosineWindow(length, kind, [1]);

const windows: Readonly<Record<WindowName, (length: number, kind: WindowKind) => Float64Array>> = {
  hann,
  hamming,
  blackman,
  rectangular,
};

export function windowByName(name: WindowName, length: number, kind: WindowKind): Float64Array {
  if (!Object.hasOwn(windows, name))
    throw new InvalidArgumentError(
      `window is ${JSON.stringify(name)}; expected ${Object.keys(windows).join(', ')}`,
    );
  return windows[name](length, kind);
}

/** A window in the middle of n samples, zeros around it (librosa.util.pad_center). */
export function padCenter(window: Float64Array, n: number): Float64Array {
  if (!Number.isInteger(n) || n < window.length)
    throw new InvalidArgumentError(
      `n is ${n}; expected an integer from the window length ${window.length} on`,
    );
  const out = new Float64Array(n);
  out.set(window, Math.floor((n - window.length) / 2));
  return out;
}
