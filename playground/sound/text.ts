/** Numbers and places in words. */
import type { HeadConfig } from 'papilio';

/** Three digits. */
export const figure = (x: number): string =>
  x === 0
    ? '0'
    : Math.abs(x) >= 0.001 && Math.abs(x) < 10_000
      ? String(Number(x.toPrecision(3)))
      : x.toExponential(1).replace('-', '−');

export const seconds = (s: number): string => `${s.toFixed(s < 10 ? 1 : 0)} s`;

export const hertz = (f: number): string =>
  f >= 1000 ? `${Number((f / 1000).toFixed(1))} kHz` : `${Math.round(f)} Hz`;

/** What stands at the lowest and the highest number of a frame. */
export function endsOf(frequencies: ArrayLike<number>, width: number): readonly [string, string] {
  if (frequencies.length === width && width > 1)
    return [hertz(frequencies[0]), hertz(frequencies[width - 1])];
  return ['first', `${width}th`];
}

export const spectrumEnds = ({ sampleRate }: HeadConfig): readonly [string, string] => [
  '0 Hz',
  hertz(sampleRate / 2),
];

/** Bytes in kB, or as they are where they are few. */
export const bytesText = (n: number): string => (n < 1000 ? `${n} B` : `${(n / 1000).toFixed(1)} kB`);
