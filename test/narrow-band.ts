/** Recordings whose bands are mostly empty: what tables of few bits and too small a budget fail on. */
import { fillGaussian, fillUniform } from '../src/numeric/random.ts';
import type { Recording } from '../src/front/corpus.ts';

export interface NarrowBandOptions {
  readonly seed: number;
  readonly count: number;
  readonly seconds: number;
  /** Hz. Default 16000. */
  readonly sampleRate?: number;
}

/** Noise through two equal resonators at `frequency` (24 dB per octave), of a root mean square `level`. */
function resonance(
  noise: Float64Array,
  { frequency, width, level }: { frequency: number; width: number; level: number },
  sampleRate: number,
): Float64Array {
  const r = Math.exp((-Math.PI * width) / sampleRate);
  const c = 2 * r * Math.cos((2 * Math.PI * frequency) / sampleRate);
  const out = Float64Array.from(noise);
  for (let pass = 0; pass < 2; pass++) {
    let [before, twice] = [0, 0];
    for (let t = 0; t < out.length; t++) {
      const y = out[t] + c * before - r * r * twice;
      [before, twice] = [y, before];
      out[t] = y;
    }
  }
  const rms = Math.sqrt(out.reduce((sum, x) => sum + x * x, 0) / out.length);
  return out.map((x) => (level / rms) * x);
}

/**
 * Two narrow bands of noise and a tone each, up to 50 dB apart from nothing but faint white noise (-120 to -80 dB), rounded to 16
 * bits as a file is.
 */
export function narrowBandRecordings({
  seed,
  count,
  seconds,
  sampleRate = 16000,
}: NarrowBandOptions): Recording[] {
  const length = Math.round(seconds * sampleRate);
  return Array.from({ length: count }, (_, i) => {
    const drawn = new Float64Array(16);
    fillUniform(drawn, seed, i);
    const between = (j: number, low: number, high: number): number =>
      low + ((high - low) * (drawn[j] + 1)) / 2;
    const noise = (stream: number): Float64Array => {
      const out = new Float64Array(length);
      fillGaussian(out, seed, stream);
      return out;
    };
    const bands = [1, 4].map((j, b) =>
      resonance(
        noise(2000 + 2 * i + b),
        {
          frequency: 150 * 2 ** between(j, 0, 5),
          width: between(j + 1, 10, 150),
          level: 10 ** between(j + 2, -1.5, -0.5),
        },
        sampleRate,
      ),
    );
    const [tone, amplitude] = [200 * 2 ** between(8, 0, 4.5), between(9, 0, 0.3)];
    const [faint, background] = [10 ** between(10, -6, -4), noise(5000 + i)];
    const samples = Float64Array.from({ length }, (_x, t) => {
      const x =
        bands[0][t] +
        bands[1][t] +
        amplitude * Math.sin((2 * Math.PI * tone * t) / sampleRate) +
        faint * background[t];
      return Math.round(Math.max(-1, Math.min(1, x)) * 32767) / 32768;
    });
    return { name: `narrow-${String(i).padStart(2, '0')}`, samples };
  });
}
