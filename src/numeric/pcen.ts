/** Per-channel energy normalisation (Wang et al. 2017): energies over what they were of late. */
import { either, finite, oneOf, required, type OptionTable } from '../options.ts';

/**
 * (E / (epsilon + M)^gain + bias)^power - bias^power, with M[t] = (1 - smoothing) M[t - 1] + smoothing E[t] along the frames.
 * librosa's default smoothing is (sqrt(1 + 4 T^2) - 1) / (2 T^2) with T = 0.4 sampleRate / hop.
 */
export interface PcenOptions {
  readonly smoothing: number;
  readonly gain: number;
  readonly bias: number;
  readonly power: number;
  readonly epsilon: number;
  /** M before the first frame: a number, 1 in librosa; first: the energies of the first frame, as in perch. */
  readonly initial: number | 'first';
}

export const pcenOptions: OptionTable<PcenOptions> = {
  smoothing: required(finite({ above: 0, maximum: 1 })),
  gain: required(finite({ minimum: 0, maximum: 10 })),
  bias: required(finite({ minimum: 0, maximum: 1e15 })),
  power: required(finite({ above: 0, maximum: 10 })),
  epsilon: required(finite({ minimum: 1e-30, maximum: 1e15 })),
  initial: required(either(finite({ minimum: 0, maximum: 1e30 }), oneOf(['first']))),
};

/** M of frame after frame, in float64. */
export class Smoother {
  private readonly options: PcenOptions;
  private readonly state: Float64Array;
  private begun = false;

  constructor(options: PcenOptions, bands: number) {
    this.options = options;
    this.state = new Float64Array(bands);
  }

  /** Writes E and then M of one frame, whose energies begin at `at`, to `out` from `to` on. */
  frame(energies: ArrayLike<number>, at: number, out: Float32Array | Float64Array, to: number): void {
    const { state } = this;
    const { smoothing, initial } = this.options;
    for (let i = 0; i < state.length; i++) {
      const energy = energies[at + i];
      const before = this.begun ? state[i] : initial === 'first' ? energy : initial;
      state[i] = (1 - smoothing) * before + smoothing * energy;
      out[to + i] = energy;
      out[to + state.length + i] = state[i];
    }
    this.begun = true;
  }

  /** Begins another signal. */
  reset(): void {
    this.begun = false;
  }
}
