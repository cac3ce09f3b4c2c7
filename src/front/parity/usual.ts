/** Settings that people take, as lists. */
import type { MelAxis, MelScale } from '../../numeric/mel.ts';
import type { WindowName } from '../../numeric/window.ts';

export const unique = (list: readonly number[]): number[] => [...new Set(list)];

export const windows: readonly WindowName[] = [
  'hann',
  'hamming',
  'povey',
  'boxcar',
  'blackman',
  'bartlett',
  'cosine',
  'blackmanharris',
  'nuttall',
  'triang',
  'parzen',
  'bohman',
];
export const windowKinds = ['periodic', 'symmetric'] as const;
export const emphases = [0, 0.97, 0.95, 0.9, 0.98, 0.96, 0.99, 1];
export const offsets = [0, 2 ** -24, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1];
/** Under the root of magnitudes, of samples in [-1, 1] or of 16 bits. */
export const roots = [
  0,
  1e-9,
  1e-6,
  1e-12,
  1e-8,
  1e-7,
  1e-5,
  1e-10,
  ...[1e-9, 1e-6, 1e-12].map((x) => x / 2 ** 30),
];
export const lows = [
  0, 10, 20, 25, 27.5, 30, 40, 50, 55, 60, 64, 70, 80, 90, 100, 120, 125, 130, 133.3333, 150, 180, 200, 250,
  300, 400, 500,
];
export const scales: readonly (readonly [MelScale, MelAxis])[] = [
  ['slaney', 'hz'],
  ['htk', 'hz'],
  ['kaldi', 'mel'],
  ['kaldi', 'bins'],
  ['slaney', 'mel'],
  ['slaney', 'bins'],
];

/** Bands of banks under cepstra. */
export const cepstrumBands = [
  40, 23, 26, 20, 80, 128, 64, 32, 24, 22, 60, 72, 96, 30, 13, 36, 48, 50, 100, 120,
];

/** Upper ends of banks in Hz. */
export const tops = (rate: number): number[] =>
  unique(
    [0, 100, 200, 400, 500]
      .map((down) => rate / 2 - down)
      .concat([
        3400, 3500, 3700, 3800, 4000, 5000, 5500, 6000, 6400, 6600, 6800, 6855.4976, 7000, 7200, 7500, 7600,
        7800, 8000, 10000, 11000, 11025, 12000, 14000, 15000, 16000, 20000,
      ]),
  ).filter((f) => f <= rate / 2 && f > 1000);

/** Window lengths in samples. */
export const lengthsAt = (rate: number): number[] =>
  unique(
    [0.01, 0.016, 0.02, 0.025, 0.03, 0.032, 0.04, 0.046, 0.05, 0.064]
      .map((s) => Math.round(s * rate))
      .concat([200, 240, 256, 320, 400, 480, 512, 600, 640, 800, 1024, 1200, 2048, Math.floor(0.025 * rate)]),
  );

/** Transforms of a window. */
export const transformsOf = (length: number): number[] =>
  unique([length, 256, 320, 400, 512, 640, 800, 1024, 1200, 2048, 4096]).filter(
    (n) => n >= length && n <= 4 * length,
  );

/** Window lengths of the coarse grid. */
export const coarseLengths = (rate: number): number[] =>
  [160, 256, 400, 512, 800, 1200, 2048, 4096].filter((n) => n >= 0.008 * rate && n <= 0.14 * rate);

/** Where windows of frame 0 begin under the framings there are. */
export function starts(nFft: number, length: number, hop: number): number[] {
  const place = Math.floor((nFft - length) / 2);
  const half = Math.floor(nFft / 2);
  const gap = Math.floor((nFft - hop) / 2);
  const short = Math.floor(length / 2);
  return unique([
    0,
    place,
    place - half,
    -half,
    -short,
    Math.floor(hop / 2) - short,
    Math.floor(hop / 2) - half,
    Math.floor(hop / 2) - half + place,
    place - gap,
    -gap,
    -Math.floor((length - hop) / 2),
    hop - length,
    hop - nFft,
    -(length - hop) + place,
  ]);
}
