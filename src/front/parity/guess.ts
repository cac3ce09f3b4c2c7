/** A guess of what measures frames, and the powers it gives: windows are told by where they begin, whatever padding put them there. */
import { PapilioError } from '../../errors.ts';
import type { MelAxis, MelScale, MelNorm } from '../../numeric/mel.ts';
import { melFilterbank } from '../../numeric/mel.ts';
import { windowSamples, type WindowKind, type WindowName } from '../../numeric/window.ts';
import type { Banded } from '../../numeric/banded.ts';
import { energyWeight } from '../../spectral/banks.ts';
import { oneSidedBins, type MelBank } from '../../spectral/head.ts';
import { planFftSync } from '../../plans/plan.ts';
import { takeTrend } from '../reference-features.ts';

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
  readonly detrend: 'none' | 'constant' | 'linear';
  /** Trend and emphasis go over nFft samples, the window in their middle, not over those of the window. */
  readonly wide: boolean;
}

/** What decides the levels of the bands up to a factor of each. */
interface BankGuess {
  readonly magnitude: boolean;
  /** Added to powers under the root of magnitudes. */
  readonly under: number;
  /** 0: single bins. */
  readonly bands: number;
  readonly scale: MelScale;
  readonly axis: MelAxis;
  readonly norm: MelNorm;
  readonly fMin: number;
  readonly fMax: number;
  /** A band of its own in front. */
  readonly energy: NonNullable<MelBank['energy']>;
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
    const bins = oneSidedBins(n);
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
    if (known !== undefined) {
      // The latest stand last.
      this.map.delete(key);
      this.map.set(key, known);
      return known;
    }
    const value = make();
    if (this.map.size >= this.most) this.map.delete(this.map.keys().next().value as string);
    this.map.set(key, value);
    return value;
  }
}

/** Samples before the window of a frame that count as its own. */
const placeOf = ({ wide, nFft, length }: FrameGuess): number => (wide ? Math.floor((nFft - length) / 2) : 0);

/** The samples of a frame whose window begins at `at`, trend and emphasis done, times the window; zero beyond the signal. */
function windowed(
  x: Float64Array,
  at: number,
  guess: FrameGuess,
  taper: Float64Array,
  out: Float64Array,
): void {
  const { length, emphasis, perFrame, detrend, wide, nFft } = guess;
  const place = placeOf(guess);
  const [n, from] = [wide ? nFft : length, at - place];
  const inside = from >= 0 && from + n <= x.length;
  for (let j = 0; j < n; j++) out[j] = inside || (from + j >= 0 && from + j < x.length) ? x[from + j] : 0;
  const emphasise = (first: number): void => {
    if (emphasis === 0) return;
    for (let j = n - 1; j > 0; j--) out[j] -= emphasis * out[j - 1];
    out[0] -= emphasis * first;
  };
  if (!perFrame) emphasise(from >= 1 && from <= x.length ? x[from - 1] : 0);
  if (detrend !== 'none') takeTrend(out, n, detrend);
  if (perFrame) emphasise(out[0]);
  for (let j = 0; j < length; j++) out[j] = out[j + place] * taper[j];
  if (n > length) out.fill(0, length, n);
}

/** Rows of a bank without the zeros that pad them. */
interface Rows {
  readonly first: Int32Array;
  readonly ends: Int32Array;
  readonly weights: readonly Float64Array[];
}

const rowsOf = ({ start, width, weights }: Banded): Rows => {
  const rows = Array.from(start, (_, m) => weights.subarray(m * width, (m + 1) * width));
  const from = rows.map((row) =>
    Math.max(
      0,
      row.findIndex((w) => w !== 0),
    ),
  );
  const to = rows.map((row) => row.findLastIndex((w) => w !== 0) + 1);
  return {
    first: start.map((at, m) => at + from[m]),
    ends: start.map((at, m) => at + Math.max(from[m], to[m])),
    weights: rows.map((row, m) => row.subarray(from[m])),
  };
};

/** Powers and band energies of chosen frames under guesses; what guesses share is computed once. */
export class Lab {
  private readonly clips: readonly Float64Array[];
  private readonly rate: number;
  private readonly powers = new Powers();
  private readonly kept = new Kept<Float64Array>(48);
  private readonly banks = new Kept<Rows | null>(3000);

  constructor(clips: readonly Float64Array[], rate: number) {
    this.clips = clips;
    this.rate = rate;
  }

  /** [places, bins]: powers, or their roots. `set` names the places. */
  spectraOf(guess: Guess, places: readonly FramePlace[], set: string): Float64Array {
    const { nFft, length, hop, start, window, kind, emphasis, perFrame, detrend, wide } = guess;
    const key = [set, nFft, length, hop, start, window, kind, emphasis, perFrame, detrend, wide].join();
    const { magnitude, under } = guess;
    if (magnitude)
      return this.kept.get(`${key},${under}`, () =>
        this.spectraOf({ ...guess, magnitude: false }, places, set).map((p) => Math.sqrt(p + under)),
      );
    return this.kept.get(key, () => {
      const taper = windowSamples(window, length, kind);
      const bins = oneSidedBins(nFft);
      const run = this.powers.of(nFft);
      const frame = new Float64Array(nFft);
      const out = new Float64Array(places.length * bins);
      places.forEach(({ clip, frame: f }, i) => {
        windowed(this.clips[clip], start + f * hop, guess, taper, frame);
        run(frame, out, i * bins);
      });
      return out;
    });
  }

  /** The rows of a mel bank; null where there is none of these options. */
  private rowsOf({ nFft, bands, scale, axis, norm, fMin, fMax }: Guess): Rows | null {
    const { rate } = this;
    return this.banks.get([nFft, bands, scale, axis, norm, fMin, fMax].join(), () => {
      if (!(fMin < fMax && fMax <= rate / 2)) return null;
      try {
        return rowsOf(melFilterbank({ sampleRate: rate, nFft, mels: bands, scale, axis, norm, fMin, fMax }));
      } catch (error) {
        if (!(error instanceof PapilioError)) throw error;
        return null;
      }
    });
  }

  /** What the logarithm gets [places, bands], the energy in front, without offset; null for a bank that is none. */
  energiesOf(guess: Guess, places: readonly FramePlace[], set: string): Float64Array | null {
    const { nFft, bands, energy } = guess;
    const rows = bands === 0 ? null : this.rowsOf(guess);
    if (bands > 0 && !rows) return null;
    const input = this.spectraOf(guess, places, set);
    if (!rows) return input;
    const bins = oneSidedBins(nFft);
    const first = Number(energy !== 'none');
    const width = bands + first;
    const out = new Float64Array(places.length * width);
    const { first: begin, ends, weights } = rows;
    for (let i = 0; i < places.length; i++) {
      const at = i * bins;
      if (first === 1)
        for (let k = 0; k < bins; k++)
          out[i * width] += energyWeight(energy === 'bins' ? 'bins' : 'samples', k, nFft) * input[at + k];
      for (let m = 0; m < bands; m++) {
        const row = weights[m];
        const [from, end] = [begin[m], ends[m]];
        let sum = 0;
        for (let k = from; k < end; k++) sum += row[k - from] * input[at + k];
        out[i * width + first + m] = sum;
      }
    }
    return out;
  }
}
