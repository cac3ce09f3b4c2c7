/** The fixtures that `npm run parity`, `parity:models` and `parity:draws` write from Python's libraries. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { decodeSafetensors, type Tensor } from '../src/formats/safetensors.ts';

const folder = resolve(import.meta.dirname, 'fixtures/parity');
const json = <T>(name: string): T => JSON.parse(readFileSync(resolve(folder, name), 'utf8')) as T;

export interface HeadCase {
  readonly preset: string;
  readonly overrides: Record<string, unknown>;
  readonly signals: readonly string[];
  /** Every how many frames are kept. */
  readonly step: number;
}

export interface Manifest {
  readonly rate: number;
  readonly versions: Record<string, string>;
  readonly heads: Record<string, HeadCase>;
  readonly stft: readonly {
    n_fft: number;
    hop_length: number;
    win_length: number;
    center: boolean;
    pad_mode: string;
  }[];
  readonly overlap: readonly {
    window: string;
    nperseg: number;
    noverlap: number;
    cola: boolean;
    nola: boolean;
  }[];
}

export interface Digest {
  readonly shape: readonly number[];
  readonly max: number;
  readonly sum: number;
  readonly dot: number;
  readonly at: readonly number[];
  readonly values: readonly number[];
}

/** What scipy.signal.get_window takes. */
export type ScipyWindow = string | readonly [string, ...(number | null | number[])[]];

export interface ScipyCases {
  readonly spectra: readonly {
    readonly signal: string;
    readonly samples: number;
    readonly call: 'welch' | 'spectrogram' | 'periodogram';
    readonly options: Record<string, unknown> & { readonly window: ScipyWindow };
    readonly frequencies: Digest;
    readonly output: Digest;
  }[];
  readonly windows: readonly { window: ScipyWindow; periodic: boolean; n: number; values: number[] }[];
  readonly peaks: readonly {
    signal: string;
    samples: number;
    options: Record<string, number | readonly number[]>;
    peaks: number[];
    properties: Record<string, number[]>;
  }[];
}

export const manifest = (): Manifest => json('manifest.json');
export const scipyCases = (): ScipyCases => json('scipy.json');
const tensorsOf = (name: string): Map<string, Tensor> =>
  decodeSafetensors(new Uint8Array(readFileSync(resolve(folder, name))), name).tensors;
export const parityTensors = (): Map<string, Tensor> => tensorsOf('heads.safetensors');

/** Front ends of models, and single options. */
export const modelCases = (): Record<string, HeadCase> => json<Pick<Manifest, 'heads'>>('models.json').heads;
export const modelTensors = (): Map<string, Tensor> => tensorsOf('models.safetensors');

/** A head of random options, and some numbers of its result over a part of a signal. */
interface Draw {
  readonly overrides: Record<string, unknown>;
  readonly signal: string;
  readonly first: number;
  readonly samples: number;
  readonly shape: readonly number[];
  readonly at: readonly number[];
  readonly values: readonly number[];
}

export const parityDraws = (): Record<'librosa' | 'kaldi', readonly Draw[]> => json('draws.json');

/** The kept frames of a result. */
export const kept = (data: ArrayLike<number>, width: number, step: number): Float64Array =>
  Float64Array.from(
    { length: Math.ceil(data.length / width / step) * width },
    (_, i) => data[Math.floor(i / width) * step * width + (i % width)],
  );
