/** The state of the room: what is learned from which start. */
import { starts, type Start } from 'papilio/learn';
import type { Pace } from '../tasks/learn.ts';
import { oneOf, textOf, wholeIn, type Raw } from '../shell/room.ts';
import { blocksOf, targetNames, type Blocks, type TargetName } from '../subject.ts';

export const sizes = [4, 8, 16, 32, 64, 128, 256] as const;

export const paces: readonly Pace[] = ['slow', 'watch', 'fast'];

/** Starts that are not the answer. */
export const startTitles = {
  random: 'random',
  gaussian: 'Gaussian',
  ones: 'all ones',
  noise: 'the answer and noise',
} as const satisfies Partial<Record<Start, string>>;
export type StartName = keyof typeof startTitles;

export interface State {
  readonly target: TargetName;
  readonly n: (typeof sizes)[number];
  readonly blocks: Blocks;
  readonly start: StartName;
  readonly seed: number;
  /** Of target "matrix". */
  readonly matrix: string;
  readonly pace: Pace;
}

/** The Fourier transform of four points, typed by hand. */
const usualMatrix = '1 1 1 1\n1 i -1 -i\n1 -1 1 -1\n1 -i -1 i';

export function readState(raw: Raw): State {
  const target = oneOf(raw['target'], targetNames, 'dft');
  return {
    target,
    n: oneOf(raw['n'], sizes, 64),
    blocks: oneOf(raw['blocks'], blocksOf(target), blocksOf(target)[0]),
    start: oneOf(
      raw['start'],
      starts.filter((s): s is StartName => Object.hasOwn(startTitles, s)),
      'random',
    ),
    seed: wholeIn(raw['seed'], 0, 4294967295, 1),
    matrix: textOf(raw['matrix'], 200_000, usualMatrix),
    pace: oneOf(raw['pace'], paces, 'watch'),
  };
}

/** What decides a run. */
export const runOf = ({ pace: _, ...rest }: State): string => JSON.stringify(rest);
