/** Where the samples of a padded signal come from (numpy.pad). */
import { copySamples } from './samples.ts';

/** reflect: d c b | a b c d | c b a; symmetric: c b a | a b c d | d c b; edge: a a a | a b c d | d d d; constant: zeros. */
export type PaddingMode = 'reflect' | 'symmetric' | 'edge' | 'constant';

const wrapped = (i: number, period: number): number => ((i % period) + period) % period;

/** The sample of a signal of n samples that stands at position i, any integer, or -1 for zero. As numpy.pad for n >= 1. */
export const sampleAt: Readonly<Record<PaddingMode, (i: number, n: number) => number>> = {
  reflect: (i, n) => {
    if (n === 1) return 0;
    const at = wrapped(i, 2 * (n - 1));
    return at < n ? at : 2 * (n - 1) - at;
  },
  symmetric: (i, n) => {
    const at = wrapped(i, 2 * n);
    return at < n ? at : 2 * n - 1 - at;
  },
  edge: (i, n) => Math.max(0, Math.min(i, n - 1)),
  constant: (i, n) => (i >= 0 && i < n ? i : -1),
};

export const paddingModes = /* @__PURE__ */ Object.keys(sampleAt) as readonly PaddingMode[];

/**
 * to[i] = the sample at position begin + i, i < count: of the first `inside` of x there are; elsewhere the one that `at` says, -1 for
 * zero, or zeros alone where it is null.
 */
export function copyPadded(
  x: ArrayLike<number>,
  { begin, count, inside }: { readonly begin: number; readonly count: number; readonly inside: number },
  at: ((position: number) => number) | null,
  to: Float32Array | Float64Array,
): void {
  const from = Math.min(count, Math.max(0, -begin));
  const end = Math.max(from, Math.min(count, inside - begin));
  copySamples(x, begin + from, end - from, to, from);
  if (!at) {
    to.fill(0, 0, from).fill(0, end, count);
    return;
  }
  const pad = (i: number): void => {
    const source = at(begin + i);
    to[i] = source < 0 ? 0 : x[source];
  };
  for (let i = 0; i < from; i++) pad(i);
  for (let i = end; i < count; i++) pad(i);
}
