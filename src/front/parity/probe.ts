/** A clip whose features decide what speech leaves open: a click, silence, two loudnesses, a tone near Nyquist, DC, noise and a chirp. */
import { addGaussian } from '../../numeric/random.ts';

const seconds = 4;

/** Samples of the probe, 4 s at a rate; within [-1, 1]. */
export function probeSignal(rate: number): Float64Array {
  const out = new Float64Array(seconds * rate);
  const noise = new Float64Array(out.length);
  addGaussian(noise, 1, 1, 0);
  const part = (from: number, to: number, at: (t: number, i: number) => number): void => {
    const [first, end] = [Math.round(from * rate), Math.round(to * rate)];
    for (let i = first; i < end; i++) out[i] += at((i - first) / rate, i);
  };
  const sine = (hz: number, t: number): number => Math.sin(2 * Math.PI * hz * t);
  // Ends are not alike, so that paddings differ.
  part(0, 0.35, (t, i) => 0.1 * noise[i] + 0.2 * sine(180 + 900 * t, t));
  out[Math.round(0.5 * rate)] = 0.9;
  part(0.8, 1.3, (_, i) => 0.15 * noise[i]);
  part(1.3, 1.7, (_, i) => 0.0008 * noise[i]);
  part(1.7, 2.1, (t) => 0.5 * sine(0.47 * rate, t) + 0.2 * sine(0.031 * rate, t));
  part(2.1, 2.4, (t) => 0.3 + 0.02 * sine(0.11 * rate, t));
  part(2.4, 3.1, (t) => 0.4 * sine(0.31 * rate * t, t) + 0.01 * sine(0.2 * rate, t));
  part(
    3.1,
    seconds,
    (t, i) => (0.02 + 0.1 * sine(3, t) ** 2) * noise[i] + 0.1 * sine(140 + 60 * t, t) - 0.01,
  );
  return out;
}

/**
 * A short clip, 13^3 samples at 16 kHz: a length that no usual hop divides tells what becomes of the last frame, and what is filled up, repeated or cut.
 */
export function shortProbe(rate: number): Float64Array {
  const out = new Float64Array(Math.round((2197 / 16000) * rate));
  addGaussian(out, 0.1, 2, 0);
  return out.map((x, i) => x + 0.2 * Math.sin((2 * Math.PI * 330 * i) / rate));
}
