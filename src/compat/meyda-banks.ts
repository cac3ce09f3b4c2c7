/** Bands of Meyda's features over the lower size / 2 bins of a spectrum: Bark, mel and chroma. */
import { melFilterbank } from '../numeric/mel.ts';
import { memoized } from '../numeric/memoized.ts';
import { rowsOfBanded, type BandedRow } from '../numeric/banded.ts';

/** What bands depend on. */
export interface BankKey {
  readonly bufferSize: number;
  readonly sampleRate: number;
  readonly count: number;
}

const keyOf = ({ bufferSize, sampleRate, count }: BankKey): string => `${bufferSize} ${sampleRate} ${count}`;
const kept = <T>(make: (key: BankKey) => T): ((key: BankKey) => T) => memoized(make, 8, keyOf);
const binsOf = (bufferSize: number): number => Math.floor(bufferSize / 2);

/** Bark of a frequency in Hz (Zwicker & Terhardt 1980, with the constants of Meyda's reference). */
const bark = (hz: number): number => 13 * Math.atan(hz / 1315.8) + 3.5 * Math.atan((hz / 7518) ** 2);

/** Band of every bin: `count` equal parts of the Bark scale up to the highest bin, which belongs to the last. */
export const barkBandOfBin: (key: BankKey) => Int32Array = /* @__PURE__ */ kept(
  ({ bufferSize, sampleRate, count }) => {
    const bins = binsOf(bufferSize);
    const top = bark(((bins - 1) * sampleRate) / bufferSize);
    return Int32Array.from({ length: bins }, (_, k) => {
      const at = (bark((k * sampleRate) / bufferSize) * count) / top;
      return k === 0 ? 0 : Math.min(count - 1, Math.max(0, Math.ceil(at) - 1));
    });
  },
);

/** Triangles between whole bins, evenly in mel from 0 to half the rate, of height 1. */
export const melBands: (key: BankKey) => readonly BandedRow[] = /* @__PURE__ */ kept(
  ({ bufferSize, sampleRate, count }) =>
    rowsOfBanded(
      melFilterbank({ sampleRate, nFft: bufferSize, mels: count, scale: 'htk', norm: 'none', axis: 'bins' }),
    ),
);

/** The remainder of the sign of the divisor. */
const modulo = (x: number, n: number): number => ((x % n) + n) % n;

/**
 * Chroma weights [count, bins] of librosa.filters.chroma (Ellis 2007): Gaussians around pitch classes, columns of L2 norm 1, two octaves
 * wide around octave 5, from C on.
 */
export const chromaBands: (key: BankKey) => readonly Float64Array[] = /* @__PURE__ */ kept(
  ({ bufferSize, sampleRate, count }) => {
    const bins = binsOf(bufferSize);
    // In pitch classes above A0; that of 0 Hz is one and a half octaves below bin 1.
    const pitch = (k: number): number => count * Math.log2((16 * k * sampleRate) / (bufferSize * 440));
    const pitches = Float64Array.from({ length: bins + 1 }, (_, k) =>
      k === 0 ? pitch(1) - 1.5 * count : pitch(k),
    );
    const half = Math.round(count / 2);
    const rows = Array.from({ length: count }, () => new Float64Array(bins));
    const fromC = 3 * Math.floor(count / 12);
    for (let k = 0; k < bins; k++) {
      const width = Math.max(1, pitches[k + 1] - pitches[k]);
      const column = Float64Array.from({ length: count }, (_, i) => {
        const distance = modulo(pitches[k] - i + half + 10 * count, count) - half;
        return Math.exp(-0.5 * ((2 * distance) / width) ** 2);
      });
      const norm = Math.hypot(...column);
      const octave = Math.exp(-0.5 * ((pitches[k] / count - 5) / 2) ** 2);
      column.forEach((w, i) => (rows[modulo(i - fromC, count)][k] = (w / norm) * octave));
    }
    return rows;
  },
);
