/** Features of a spectrum, as of a small log-mel front end, and how far edits take them. */
import { melFilterbank } from 'papilio/front';
import { fillGaussian } from 'papilio/learn';
import { carried, resultsOf, wires, type Drawn, type Wires } from './network.ts';

/** Frames of noise that the error is averaged over. */
const frames = 24;

/** Weights [bands, n/2 + 1] over the bins of n samples at 16 kHz. */
export function bankOf(n: number): number[][] {
  const bands = Math.min(40, Math.max(2, n / 4));
  const bins = n / 2 + 1;
  const { start, width, weights } = melFilterbank({
    sampleRate: 16000,
    nFft: n,
    mels: bands,
    scale: 'htk',
    norm: 'none',
  });
  const rows = Array.from({ length: bands }, (_, m) => {
    const row = new Array<number>(bins).fill(0);
    for (let j = 0; j < width; j++) row[start[m] + j] = weights[m * width + j];
    return row;
  });
  // Bands that lie between two bins of a small transform see none.
  return rows.filter((row) => row.some((w) => w > 0));
}

/** log10 of the energy in every band. */
export function levelsOf(bank: readonly (readonly number[])[], { re, im }: Wires): number[] {
  return bank.map((row) => {
    const energy = row.reduce((sum, w, k) => (w === 0 ? sum : sum + w * (re[k] * re[k] + im[k] * im[k])), 0);
    return Math.log10(Math.max(energy, 1e-10));
  });
}

/** Mean |difference| of log10 energies over frames of noise, between two sets of blocks of one network. */
export class FeatureError {
  private readonly drawn: Drawn;
  private readonly bank: readonly (readonly number[])[];
  private readonly signals: readonly Wires[];
  private readonly exact: readonly number[][];

  constructor(drawn: Drawn, exactBlocks: readonly Float64Array[]) {
    this.drawn = drawn;
    this.bank = bankOf(drawn.n);
    this.signals = Array.from({ length: frames }, (_, i) => {
      const x = wires(drawn.n);
      fillGaussian(x.re, 1, i);
      return x;
    });
    this.exact = this.levels(exactBlocks);
  }

  private levels(blocks: readonly Float64Array[]): number[][] {
    return this.signals.map((x) => {
      const all = carried(this.drawn, blocks, x);
      return levelsOf(this.bank, resultsOf(this.drawn, all[all.length - 1]));
    });
  }

  of(blocks: readonly Float64Array[]): number {
    let [sum, count] = [0, 0];
    this.levels(blocks).forEach((levels, i) =>
      levels.forEach((level, m) => {
        sum += Math.abs(level - this.exact[i][m]);
        count++;
      }),
    );
    return sum / count;
  }
}
