/** Where the samples of a padded signal come from (numpy.pad). */

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
