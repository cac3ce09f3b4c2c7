/** The default log-mel head and its float64 oracle: a direct DFT of every frame, nothing shared with the compiler. */
import { InvalidArgumentError } from '../errors.ts';
import { largestSize } from './frequencies.ts';
import { melFilterbank, melScales, type MelScale } from './mel.ts';
import { realDft } from './dft.ts';
import {
  checkArgument,
  checkOptions,
  finite,
  oneOf,
  record,
  required,
  whole,
  type OptionTable,
} from '../options.ts';
import { requireNumbers } from './samples.ts';
import { hann, padCenter } from './window.ts';

/** log10(max(mel filterbank . |DFT(window . frame)|^2, floor)); frames start at multiples of hop, without padding. */
export interface LogMelConfig {
  /** Hz */
  readonly sampleRate: number;
  readonly nFft: number;
  /** Length of the periodic Hann window, centred in nFft. */
  readonly windowLength: number;
  readonly hop: number;
  readonly mels: number;
  /** Hz */
  readonly fMin: number;
  readonly fMax: number;
  readonly scale: MelScale;
  readonly norm: 'slaney' | 'none';
  readonly floor: number;
}

/** The default log-mel head: 16 kHz, Hann 400 in 512 points, hop 160, 40 slaney mels from 0 to 8000 Hz. */
export const defaultLogMel: LogMelConfig = {
  sampleRate: 16000,
  nFft: 512,
  windowLength: 400,
  hop: 160,
  mels: 40,
  fMin: 0,
  fMax: 8000,
  scale: 'slaney',
  norm: 'slaney',
  floor: 1e-10,
};

const count = required(whole());
const hz = required(finite({ minimum: 0 }));
const logMelOptions: OptionTable<LogMelConfig> = {
  sampleRate: count,
  nFft: required(whole(8, 4096)),
  windowLength: count,
  hop: count,
  mels: count,
  fMin: hz,
  fMax: hz,
  scale: required(oneOf(melScales)),
  norm: required(oneOf(['slaney', 'none'])),
  floor: required(finite({ above: 0 })),
};

/** Throws InvalidArgumentError naming the first value that is not possible. */
export function validateLogMel(config: LogMelConfig): void {
  checkOptions('a log-mel head', config, logMelOptions);
  const fail = (what: string, expected: string): never => {
    throw new InvalidArgumentError(`${what}; expected ${expected}`);
  };
  const { nFft, windowLength, fMin, fMax, sampleRate, mels } = config;
  if (!Number.isInteger(Math.log2(nFft))) fail(`nFft is ${nFft}`, 'a power of two from 8 to 4096');
  if (windowLength > nFft) fail(`windowLength is ${windowLength}`, `at most nFft = ${nFft}`);
  if (fMin >= fMax) fail(`fMin is ${fMin}`, `below fMax = ${fMax}`);
  if (fMax > sampleRate / 2) fail(`fMax is ${fMax}`, `at most half the sample rate, ${sampleRate / 2}`);
  if (mels > nFft / 2) fail(`mels is ${mels}`, `at most nFft / 2 = ${nFft / 2}`);
}

/** Frames of a signal: 0 if it is shorter than one. */
export const frameCount = (samples: number, config: Pick<LogMelConfig, 'nFft' | 'hop'>): number =>
  samples < config.nFft ? 0 : 1 + Math.floor((samples - config.nFft) / config.hop);

/** The window of a head, nFft long. */
export function frameWindow(config: Pick<LogMelConfig, 'nFft' | 'windowLength'>): Float64Array {
  checkArgument('config', config, record());
  checkArgument('nFft', config.nFft, whole(1, largestSize));
  return padCenter(hann(config.windowLength, 'periodic'), config.nFft);
}

/** log10 mel energies [frames, mels] in float64. */
export function referenceLogMel(samples: ArrayLike<number>, config: LogMelConfig): Float64Array {
  requireNumbers('samples', samples);
  validateLogMel(config);
  const { sampleRate, nFft, mels, fMin, fMax, scale, norm } = config;
  const frames = frameCount(samples.length, config);
  const window = frameWindow(config);
  const { start, width, weights } = melFilterbank({ sampleRate, nFft, mels, fMin, fMax, scale, norm });
  const out = new Float64Array(frames * config.mels);
  const frame = new Float64Array(config.nFft);
  for (let f = 0; f < frames; f++) {
    for (let j = 0; j < config.nFft; j++) frame[j] = samples[f * config.hop + j] * window[j];
    const { re, im } = realDft(frame);
    for (let m = 0; m < config.mels; m++) {
      let energy = 0;
      for (let j = 0; j < width; j++) {
        const k = start[m] + j;
        energy += weights[m * width + j] * (re[k] * re[k] + im[k] * im[k]);
      }
      out[f * config.mels + m] = Math.log10(Math.max(energy, config.floor));
    }
  }
  return out;
}
