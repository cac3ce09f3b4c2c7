/** What features may be: levels of bands, with an energy in front or not, energies, single bins, cepstra. */
import type { Example } from './clips.ts';
import type { SearchTask } from './scorer.ts';

/** Are features energies: most of what is above the least of them is far below the largest? */
function isEnergy(examples: readonly Example[]): boolean {
  return examples.every(({ values }) => {
    const least = values.reduce((a, b) => Math.min(a, b), Infinity);
    const top = values.reduce((a, b) => Math.max(a, b), -Infinity) - least;
    const above = values.filter((y) => y - least > 1e-6 * top);
    return above.reduce((a, y) => a + (y - least) / above.length, 0) < 0.12 * top;
  });
}

/** Narrower features are coefficients as a rule. */
const mostlyCepstra = 14;

/** Widths of spectra of powers of two and of ten milliseconds. */
const isBins = (width: number): boolean => [129, 161, 201, 257, 321, 513, 1025].includes(width);

/** Wider features are levels of bands. */
const mostCepstra = 64;

/** What features may be, the likeliest first. */
export function tasks(list: readonly Example[], width: number, rate: number): SearchTask[] {
  const task = (isCepstrum: boolean, isLinear: boolean, bands: number, hasEnergy = false): SearchTask => ({
    examples: list,
    width,
    rate,
    behind: { isCepstrum, isLinear },
    bands,
    hasEnergy,
    pcen: null,
  });
  const banks = (isLinear: boolean): SearchTask[] => [
    ...(isBins(width) ? [task(false, isLinear, 0)] : []),
    task(false, isLinear, width),
    task(false, isLinear, width - 1, true),
  ];
  const cepstra = width <= mostCepstra ? [task(true, false, Math.max(40, width))] : [];
  if (isEnergy(list)) return banks(true);
  return width <= mostlyCepstra ? [...cepstra, ...banks(false)] : [...banks(false), ...cepstra];
}
