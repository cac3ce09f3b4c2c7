/** Guesses measured on few frames and on more. */
import type { PcenOptions } from '../../numeric/pcen.ts';
import type { Example } from './clips.ts';
import { Lab, type Guess } from './guess.ts';
import { evenResidual, levelsOf, lineResidual, samplingOf, type Behind, type Sampling } from './score.ts';

/** A guess, and what lines leave of it. */
export interface Scored {
  readonly guess: Guess;
  readonly residual: number;
}

/** Everything a search goes by. */
export interface SearchTask {
  readonly examples: readonly Example[];
  readonly width: number;
  readonly rate: number;
  readonly behind: Behind;
  /** Bands of the bank; 0: bins as they are; of cepstra the first that are tried. */
  readonly bands: number;
  /** The first number of a frame is its energy. */
  readonly hasEnergy: boolean;
  /** What was undone to get these energies. */
  readonly pcen: PcenOptions | null;
}

export class Scorer {
  readonly lab: Lab;
  private readonly task: SearchTask;
  private readonly samplings = new Map<string, Sampling>();

  constructor(task: SearchTask) {
    this.task = task;
    this.lab = new Lab(
      task.examples.map((e) => e.samples),
      task.rate,
    );
  }

  /** Frames at a hop: few, or more of them. */
  sampling(hop: number, fine: boolean): Sampling {
    const name = `${hop} ${fine}`;
    const known = this.samplings.get(name);
    if (known) return known;
    const { examples, width, behind } = this.task;
    const shortest = Math.min(...examples.map((e) => e.samples.length));
    const margin = Math.min(2100, Math.floor(shortest / 4));
    const size = fine ? { clips: 4, frames: 40, margin } : { clips: 3, frames: 14, margin };
    const made = samplingOf(name, examples, width, hop, behind, size);
    this.samplings.set(name, made);
    return made;
  }

  /** What lines leave of the variance under a guess; Infinity for one that cannot be. */
  residual(guess: Guess, fine: boolean): number {
    return this.measured(guess, fine, lineResidual);
  }

  /** The same on few frames, every number of a frame counting alike. */
  even(guess: Guess): number {
    return this.measured(guess, false, evenResidual);
  }

  private measured(guess: Guess, fine: boolean, by: typeof lineResidual): number {
    const sampling = this.sampling(guess.hop, fine);
    const levels = levelsOf(this.lab, guess, sampling, this.task.behind);
    return levels ? by(levels, sampling) : Infinity;
  }
}
