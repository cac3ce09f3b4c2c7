/** Settings that the clips leave open: neighbours of a head that give the same features of these clips, and other ones of the probe. */
import type { HeadConfig, LogRule, MelBank } from '../../spectral/head.ts';
import { topOf } from '../../spectral/head.ts';
import type { NormalizeOptions } from '../../numeric/normalize.ts';
import { featuresUnder, largestOf, orElse, squaresBetween } from './apply.ts';
import type { Example } from './clips.ts';
import { stageDifferences, type StageDifference } from './difference.ts';
import { framings, startOf } from './framing.ts';
import type { Powers } from './guess.ts';
import { probeSignal, shortProbe } from './probe.ts';

/** A stage whose settings clips do not tell apart. */
export interface UndecidedStage {
  readonly stage: string;
  /** What the found head has there, then what others have that give the same features. */
  readonly settings: readonly string[];
  /** The same in words, and what would decide it. */
  readonly text: string;
}

export const smallest = [0, 1e-12, 1e-10, 1e-9, 1e-8, 2 ** -24, 2 ** -23, 1e-7, 1e-6, 1e-5];
const lows = [0, 10, 20, 30, 40, 50, 60, 64, 80, 100, 125];
const lessThanHalf = [0, 50, 100, 200, 250, 400];
const roots = [0, 1e-12, 1e-10, 1e-9, 1e-6];
const guards: readonly Pick<NormalizeOptions, 'offset' | 'varianceOffset'>[] = [
  { offset: 0, varianceOffset: 0 },
  { offset: 1e-5, varianceOffset: 0 },
  { offset: 1e-8, varianceOffset: 0 },
  { offset: 0, varianceOffset: 1e-7 },
  { offset: 0, varianceOffset: 1e-5 },
];

/** Usual ranges in the unit of a logarithm. */
const ranges = ({ kind }: LogRule): (number | null)[] =>
  kind === 'db' ? [null, 80, 100, 120] : kind === 'log10' ? [null, 8] : [null];

function levelNeighbours(head: HeadConfig): HeadConfig[] {
  const { log, normalize, spectrum } = head;
  const logs = (list: readonly Partial<LogRule>[]): HeadConfig[] =>
    log ? list.map((more) => ({ ...head, log: { ...log, ...more } })) : [];
  return [
    ...logs(smallest.map((floor) => ({ floor }))),
    // A floor and an offset stand for each other.
    ...logs(smallest.map((offset) => (offset > 0 && log?.offset === 0 ? { floor: 0, offset } : { offset }))),
    ...(log ? logs(ranges(log).map((range) => ({ range }))) : []),
    ...(normalize?.deviation
      ? guards.map((guard): HeadConfig => ({ ...head, normalize: { ...normalize, ...guard } }))
      : []),
    ...(spectrum === 'magnitude'
      ? roots.map((magnitudeOffset): HeadConfig => ({ ...head, magnitudeOffset }))
      : []),
  ];
}

function bankNeighbours(head: HeadConfig): HeadConfig[] {
  const { bank, sampleRate } = head;
  if (bank?.kind !== 'mel') return [];
  const own = (more: Partial<MelBank>): HeadConfig => ({ ...head, bank: { ...bank, ...more } });
  const top = topOf(head, bank);
  return [
    ...lows.filter((f) => f < top).map((fMin) => own({ fMin })),
    ...lessThanHalf.map((down) => own({ fMax: down === 0 ? null : sampleRate / 2 - down })),
  ];
}

function frameNeighbours(head: HeadConfig, examples: readonly Example[]): HeadConfig[] {
  const { preEmphasis, signalPreEmphasis = 0, detrend, windowKind, fit } = head;
  const [{ samples }] = examples;
  return [
    { ...head, fit: fit === null ? samples.length : null },
    ...framings(head, startOf(head), examples),
    { ...head, detrend: detrend === 'none' ? 'constant' : 'none' },
    { ...head, windowKind: windowKind === 'periodic' ? 'symmetric' : 'periodic' },
    { ...head, preEmphasis: signalPreEmphasis, signalPreEmphasis: preEmphasis },
  ];
}

/** Why clips leave a stage open, and what would decide it. */
const reasons: Readonly<Record<string, readonly [why: string, add: string]>> = {
  floor: ['never reach the floor', 'add silence'],
  'offset under the logarithm': ['never come near what is added under the logarithm', 'add silence'],
  'range below the maximum': [
    'have nothing so far below their largest level',
    'add a clip of something loud and silence',
  ],
  'guard of the deviation': ['have no feature that hardly changes', 'add a clip of silence'],
  'offset under the root': ['have no band without energy', 'add silence'],
  padding: ['do not tell paddings apart at their ends', 'add a clip that begins and ends loud'],
  'padding behind the last frame': ['have lengths that do not tell', 'add clips of other lengths'],
  'last frame': ['have lengths that do not tell', 'add clips of other lengths'],
  'length of clips': ['are all of one length', 'add a shorter and a longer clip'],
  'trend of each frame': ['have no constant part', 'add a clip with DC'],
  'lower end of the bank': ['have nothing down there', 'add a clip with low frequencies'],
  'upper end of the bank': ['have nothing up there', 'add a clip with frequencies up to half the rate'],
};

function undecidedText(stage: string, settings: readonly string[]): string {
  const [why, add] = reasons[stage] ?? [`do not decide the ${stage}`, 'add other clips'];
  const list = `${settings.slice(0, -1).join(', ')} and ${settings[settings.length - 1]}`;
  return `your clips ${why}: ${list} give the same features (${stage}); ${add}, or run the probe`;
}

/** Does a head give the same features of clips as the found one, as far as these show? */
class Judge {
  private readonly powers: Powers;
  private readonly examples: readonly Example[];
  /** What the found head leaves of each clip, and what is as good. */
  private readonly allowed: readonly number[];
  private readonly probes: readonly Float64Array[];
  private readonly ofProbes: readonly Float64Array[];

  constructor(head: HeadConfig, examples: readonly Example[], powers: Powers) {
    this.powers = powers;
    this.examples = examples;
    const run = featuresUnder(head, powers);
    const unit = (1e-7 * largestOf(examples)) ** 2;
    this.allowed = examples.map(
      ({ samples, values }) => 1.1 * squaresBetween(run(samples), values) + unit * values.length,
    );
    this.probes = [probeSignal(head.sampleRate), shortProbe(head.sampleRate)];
    this.ofProbes = this.probes.map((probe) => orElse(() => run(probe), noFeatures));
  }

  isSame(head: HeadConfig): boolean {
    return orElse(() => {
      const run = featuresUnder(head, this.powers);
      return this.examples.every(
        ({ samples, values }, i) => squaresBetween(run(samples), values) <= this.allowed[i],
      );
    }, false);
  }

  /** Would the probe tell them apart? */
  isTold(head: HeadConfig): boolean {
    const run = featuresUnder(head, this.powers);
    return this.probes.some((probe, i) => {
      const own = orElse(() => run(probe), noFeatures);
      const other = this.ofProbes[i];
      const most = other.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-30);
      return own.length !== other.length || own.some((x, j) => !(Math.abs(x - other[j]) <= 1e-5 * most));
    });
  }
}

/** A clip that is too short has no features. */
const noFeatures = new Float64Array(0);

/** Most settings that are named of a stage. */
const mostSettings = 4;

/**
 * Stages of a head that the clips do not decide: some neighbour that differs there alone gives these features as well, and differs on the
 * probe. `stop` says when time is over.
 */
export function undecidedStages(
  head: HeadConfig,
  examples: readonly Example[],
  powers: Powers,
  stop: () => boolean = () => false,
): UndecidedStage[] {
  const judge = new Judge(head, examples, powers);
  const found = new Map<string, StageDifference[]>();
  const neighbours = [...levelNeighbours(head), ...frameNeighbours(head, examples), ...bankNeighbours(head)];
  for (const other of neighbours) {
    if (stop()) break;
    const differences = stageDifferences(head, other);
    const [first] = differences;
    if (first === undefined) continue;
    const { stage } = first;
    const known = found.get(stage) ?? [];
    if (known.length >= mostSettings || known.some((d) => d.theirs === first.theirs)) continue;
    if (judge.isSame(other) && judge.isTold(other)) found.set(stage, [...known, first]);
  }
  return [...found].map(([stage, list]) => {
    const settings = [list[0].yours, ...list.map((d) => d.theirs)];
    return { stage, settings, text: undecidedText(stage, settings) };
  });
}
