/** Front ends that are measured on boards: exact ones, and those that learn.ts has learned on the recordings in data/. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFrontEnd } from '../../src/files.ts';
import { exactFrontEnd, type FrontEnd, type HeadConfig } from '../../src/front.ts';
import { isExactFront } from '../../src/front/front-end.ts';
import { isRecord } from '../../src/options.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { frontTask, type Task } from './task.ts';

/** papilio's default head: Hann 400 in 512 points, 40 mels, log10. */
export const logMelHead = featureHead('papilio');

/** Up to the levels of a frame: what Whisper does behind them needs the largest level of the clip. */
const whisperLevels: HeadConfig = {
  ...featureHead('whisper', { log: { range: null } }),
  framing: 'inside',
  padding: 'constant',
  dropLast: false,
  fit: null,
  affine: null,
};

interface Front {
  readonly title: string;
  readonly head: HeadConfig;
  /** What `learn` is told; none is learned without. Of 80 bands nothing within 0.06 takes fewer instructions. */
  readonly budget?: number;
}

/** By the name of the model's file. */
export const fronts: Readonly<Record<string, Front>> = {
  'log-mel-40-of-256': {
    title: 'log-mel 40 of 256',
    head: { ...logMelHead, nFft: 256, windowLength: 256, hop: 128 },
  },
  'log-mel-40': { title: 'log-mel 40 of 512', head: logMelHead, budget: 0.06 },
  'whisper-80': { title: 'Whisper, 80 of 400', head: whisperLevels, budget: 0.25 },
  'kaldi-80': {
    title: 'Kaldi, 80 of 512',
    head: featureHead('kaldi', { bank: { bands: 80 } }),
    budget: 0.15,
  },
};

/** Is it an exact front end whose frames are those of papilio's own head, of whatever size? */
export function isLogMel(front: FrontEnd): boolean {
  const { nFft, windowLength, hop } = front.head;
  const same = { ...logMelHead, nFft, windowLength, hop };
  return isExactFront(front) && JSON.stringify(same) === JSON.stringify({ ...same, ...front.head });
}

export const modelPath = (name: string): string => join(import.meta.dirname, 'models', `${name}.safetensors`);

interface Learned {
  readonly front: FrontEnd;
  /** The mean difference from the exact front end, in log10, on recordings that nothing was learned of. */
  readonly error: number;
}

/** What learn.ts has learned; null where it has nothing. */
export function learnedFront(name: string): Learned | null {
  const path = modelPath(name);
  if (!existsSync(path)) return null;
  const { report, ...front } = decodeFrontEnd(readFileSync(path), path);
  const error = isRecord(report) ? Number(report['testError']) : NaN;
  return { front, error };
}

/** A front end, and the learned one that takes its place. */
export interface FrontTasks {
  readonly exact: Task;
  readonly learned: (Task & Pick<Learned, 'error'>) | null;
}

export const frontTasks = (): FrontTasks[] =>
  Object.entries(fronts).map(([name, { title, head }]) => {
    const learned = learnedFront(name);
    return {
      exact: frontTask(title, exactFrontEnd(head)),
      learned: learned && { ...frontTask(`${title}, learned`, learned.front), error: learned.error },
    };
  });
