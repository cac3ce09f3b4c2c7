/** A guess of what measures frames, and the powers it gives: windows are told by where they begin, whatever padding put them there. */
import type { MelAxis, MelScale, MelNorm } from '../../numeric/mel.ts';
import { melFilterbank } from '../../numeric/mel.ts';
import { windowSamples, type WindowKind, type WindowName } from '../../numeric/window.ts';
import type { Banded } from '../../numeric/banded.ts';
import { planFftSync } from '../../plans/plan.ts';

/** What decides the powers of a frame. */
interface FrameGuess {
  readonly nFft: number;
  readonly length: number;
  readonly hop: number;
  /** The first sample of the window of frame 0, in samples of the signal. */
  readonly start: number;
  readonly window: WindowName;
  readonly kind: WindowKind;
  readonly emphasis: number;
  /** Emphasis over each frame, whose first sample is its own predecessor. */
  readonly perFrame: boolean;
  readonly detrend: boolean;
}

/** What decides the levels of the bands up to a factor of each. */
interface BankGuess {
  readonly magnitude: boolean;
  /** 0: single bins. */
  readonly bands: number;
  readonly scale: MelScale;
  readonly axis: MelAxis;
  readonly norm: MelNorm;
  readonly fMin: number;
  readonly fMax: number;
  /** Added to what the logarithm gets. */
  readonly offset: number;
}

export type Guess = FrameGuess & BankGuess;

/** A frame of a clip. */
export interface FramePlace {
  readonly clip: number;
  readonly frame: number;
}

/** |X|^2 of real frames of n points, by the fastest plan in float64; plans are kept. */
export class Powers {
  private readonly plans = new Map<number, (frame: Float64Array, to: Float64Array, at: number) => void>();

  of(n: number): (frame: Float64Array, to: Float64Array, at: number) => void {
    const known = this.plans.get(n);
    if (known) return known;
    const plan = planFftSync({ n, input: 'real', dtype: 'f64' });
    const bins = Math.floor(n / 2) + 1;
    const re = plan.output.re;
    const im = plan.output.im as ArrayLike<number>;
    const run = (frame: Float64Array, to: Float64Array, at: number): void => {
      plan.input.re.set(frame);
      plan.run();
      for (let k = 0; k < bins; k++) to[at + k] = re[k] * re[k] + im[k] * im[k];
    };
    this.plans.set(n, run);
    return run;
  }
}

/** Keeps the latest results by key. */
export class Kept<T> {
  private readonly map = new Map<string, T>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get(key: string, make: () => T): T {
    const known = this.map.get(key);
    if (known !== undefined) return known;
    const value = make();
    if (this.map.size >= this.most) this.map.clear();
    this.map.set(key, value);
    return value;
  }
}

/** The samples under a window, trend and emphasis done; zero beyond the signal. */
function conditioned(x: Float64Array, at: number, guess: FrameGuess, out: Float64Array): void {
  const { length, emphasis, perFrame, detrend } = guess;
  const sample = (i: number): number => (i >= 0 && i < x.length ? x[i] : 0);
  for (let j = 0; j < length; j++) out[j] = sample(at + j);
  const before = sample(at - 1);
  const emphasise = (first: number): void => {
    if (emphasis === 0) return;
    for (let j = length - 1; j > 0; j--) out[j] -= emphasis * out[j - 1];
    out[0] -= emphasis * first;
  };
  if (!perFrame) emphasise(before);
  if (detrend) {
    let mean = 0;
    for (let j = 0; j < length; j++) mean += out[j] / length;
    for (let j = 0; j < length; j++) out[j] -= mean;
  }
  if (perFrame) emphasise(out[0]);
}

/** Powers and band energies of chosen frames under guesses; what guesses share is computed once. */
export class Lab {
  private readonly clips: readonly Float64Array[];
  private readonly rate: number;
  private readonly powers = new Powers();
  private readonly kept = new Kept<Float64Array>(400);
  private readonly banks = new Kept<Banded | null>(4000);

  constructor(clips: readonly Float64Array[], rate: number) {
    this.clips = clips;
    this.rate = rate;
  }

  /** [places, bins]. `set` names the places. */
  powersOf(guess: FrameGuess, places: readonly FramePlace[], set: string): Float64Array {
    const { nFft, length, hop, start, window, kind, emphasis, perFrame, detrend } = guess;
    const key = [set, nFft, length, hop, start, window, kind, emphasis, perFrame, detrend].join();
    return this.kept.get(key, () => {
      const taper = windowSamples(window, length, kind);
      const bins = Math.floor(nFft / 2) + 1;
      const run = this.powers.of(nFft);
      const frame = new Float64Array(nFft);
      const out = new Float64Array(places.length * bins);
      places.forEach(({ clip, frame: f }, i) => {
        conditioned(this.clips[clip], start + f * hop, guess, frame);
        for (let j = 0; j < length; j++) frame[j] *= taper[j];
        run(frame, out, i * bins);
      });
      return out;
    });
  }

  /** A mel bank; null where there is none of these options. */
  bankOf({ nFft, bands, scale, axis, norm, fMin, fMax }: Guess): Banded | null {
    const { rate } = this;
    return this.banks.get([nFft, bands, scale, axis, norm, fMin, fMax].join(), () => {
      if (!(fMin < fMax && fMax <= rate / 2)) return null;
      try {
        return melFilterbank({ sampleRate: rate, nFft, mels: bands, scale, axis, norm, fMin, fMax });
      } catch {
        return null;
      }
    });
  }

  /** What the logarithm gets [places, bands], without offset; null for a bank that is none. */
  energiesOf(guess: Guess, places: readonly FramePlace[], set: string): Float64Array | null {
    const powers = this.powersOf(guess, places, set);
    const bins = Math.floor(guess.nFft / 2) + 1;
    const input = guess.magnitude ? powers.map(Math.sqrt) : powers;
    if (guess.bands === 0) return input;
    const bank = this.bankOf(guess);
    if (!bank) return null;
    const { start, width, weights } = bank;
    const out = new Float64Array(places.length * guess.bands);
    for (let i = 0; i < places.length; i++)
      for (let m = 0; m < guess.bands; m++) {
        let sum = 0;
        const at = i * bins + start[m];
        for (let j = 0; j < width; j++) sum += weights[m * width + j] * input[at + j];
        out[i * guess.bands + m] = sum;
      }
    return out;
  }
}
