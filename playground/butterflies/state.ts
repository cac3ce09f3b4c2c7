/** The state of the room: what network, what goes in, what was done to it. */
import { oneOf, numberIn, textOf, wholeIn, type Raw } from '../shell/room.ts';
import {
  blocksOf,
  exactSubject,
  subjectOf,
  targetNames,
  unpacked,
  type Blocks,
  type TargetName,
} from '../subject.ts';
import { codeKinds, type CodeKind } from '../tasks/emit.ts';
import { acts, type Act } from './edits.ts';
import { drawn, type Drawn } from './network.ts';
import { signalNames, type SignalName } from './signal.ts';

export const sizes = [4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;
export type Size = (typeof sizes)[number];

/** What a click on a butterfly does. */
export const hands = {
  choose: 'Choose',
  skip: 'Skip',
  reverse: 'Reverse',
  drop: 'Drop',
  round: 'Round',
  keep: 'Keep',
} as const;
export type Hand = keyof typeof hands;
export const handOf = (hand: Hand): Act | null => (Object.hasOwn(acts, hand) ? (hand as Act) : null);

export interface State {
  readonly n: Size;
  readonly target: TargetName;
  /** Parameters that were learned (`packed`), of these blocks, for this matrix; none is exact. */
  readonly learned: string;
  readonly blocks: Blocks;
  readonly matrix: string;
  readonly signal: SignalName;
  /** Place of the impulse, cycles of the tone, seed of the noise. */
  readonly at: number;
  readonly own: string;
  /** `editsText`. */
  readonly edits: string;
  /** "column.butterfly"; none is empty. */
  readonly chosen: string;
  /** Stages that the signal has passed; -1 is all. */
  readonly passed: number;
  readonly hand: Hand;
  readonly code: CodeKind;
}

const keys = <T extends string>(table: Readonly<Record<T, unknown>>): T[] => Object.keys(table) as T[];

export function readState(raw: Raw): State {
  const named = oneOf(raw['target'], targetNames, 'dft');
  const learned = textOf(raw['learned'], 600_000);
  // A matrix has no exact network; it comes from Learn.
  const target = named === 'matrix' && learned === '' ? 'dft' : named;
  return {
    n: oneOf(raw['n'], sizes, 8),
    target,
    learned,
    blocks: oneOf(raw['blocks'], blocksOf(target), blocksOf(target)[0]),
    matrix: textOf(raw['matrix'], 200_000),
    signal: oneOf(raw['signal'], signalNames, 'tone'),
    at: numberIn(raw['at'], 0, 1024, 1),
    own: textOf(raw['own'], 20_000, '1 1 1 1'),
    edits: textOf(raw['edits'], 100_000),
    chosen: textOf(raw['chosen'], 12),
    passed: wholeIn(raw['passed'], -1, 20, -1),
    hand: oneOf(raw['hand'], keys(hands), 'choose'),
    code: oneOf(raw['code'], keys(codeKinds), 'js'),
  };
}

/** What decides the network before its edits. */
export const baseOf = ({ n, target, learned, blocks, matrix }: State): string =>
  learned === '' ? `${target} ${n}` : [target, n, blocks, matrix, learned].join(' ');

/** The network before its edits; the exact one where learned parameters do not fit. */
export function drawnOf(state: State): Drawn {
  const { target, n, learned } = state;
  if (learned !== '') {
    try {
      const subject = subjectOf(state);
      const values = unpacked(subject.model, learned);
      if (values) return drawn(subject, values);
    } catch {
      // The matrix of the address is none.
    }
  }
  const { subject, values } = exactSubject(target === 'matrix' ? 'dft' : target, n);
  return drawn(subject, values);
}
