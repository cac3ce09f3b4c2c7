/** The figures of a learn job: summary.json, the table on the terminal, and what they mean in sentences. */
import { activeButterflies, gateMap } from '../learn.ts';
import { machineText } from '../compiler.ts';
import * as frontEnds from '../front.ts';
import { known } from './args.ts';
import { commandLine } from './command-line.ts';
import type { Row } from './front-times.ts';
import { errorText, levelText, percent } from './report/figures.ts';
import { tableOf, type Table } from './report/report.ts';

/** Names of the recordings of every part. */
export const filesOf = (split: frontEnds.Split): Record<string, string[]> =>
  Object.fromEntries(
    (['train', 'validation', 'test'] as const).map((part) => [part, split[part].map((r) => r.name)]),
  );

/** A job that is done, and what was measured of it. */
export interface Finished {
  readonly feature: string;
  readonly options: frontEnds.LearnOptions;
  readonly result: frontEnds.LearnResult;
  readonly rows: readonly Row[];
  readonly split: frontEnds.Split;
  readonly trainSeconds: number;
}

/** What a model file says of its making; free of times, so that equal runs give equal files. */
export function modelReport({ options, result, split }: Pick<Finished, 'options' | 'result' | 'split'>) {
  const { seed, start, snap, budget, target, maxFlash, maxRam } = options;
  const { chosen, startError } = result;
  const { name: structure, validationError, estimate } = chosen;
  const { spectrumErrorAfterPhase1, snapDistance, restarts } = result;
  return {
    seed,
    start,
    snap,
    budget,
    ...known({ target, maxFlash, maxRam }),
    structure,
    validationError,
    estimate,
    startError,
    spectrumErrorAfterPhase1,
    snapDistance,
    restarts,
    files: filesOf(split),
  };
}

const costOf = (row: Row) => ({
  mul: row.mul as number,
  add: row.add as number,
  transformOperations: row.transformOperations as number,
  nsTransform: row.nsTransform,
  nsPerFrame: row.nsPerFrame,
  ...row.needs,
});

/** Rows by what they are; some heads have no smaller transform, or none of fft.js, whose operations are not counted. */
function rolesOf(rows: readonly Row[]) {
  const [learned, exact, ...others] = rows;
  const first = (counted: boolean): Row | null => others.find((r) => (r.mul !== null) === counted) ?? null;
  return { learned, exact, smaller: first(true), fftjs: first(false) };
}

/** The figures of a run: written to summary.json. */
export type Summary = ReturnType<typeof summaryOf>;

export function summaryOf(job: Finished) {
  const { feature, options, result, rows, trainSeconds } = job;
  const { learned, exact, smaller, fftjs } = rolesOf(rows);
  const { active, total } = activeButterflies(gateMap(result.tree.network, result.tree.values));
  return {
    ...modelReport(job),
    feature,
    nFft: options.head.nFft,
    head: options.head,
    testError: learned.error.mean,
    testErrorP95: learned.error.p95,
    exactError: exact.error.mean,
    activeButterflies: active,
    totalButterflies: total,
    learned: costOf(learned),
    exact: costOf(exact),
    smallerNfft:
      smaller && result.smaller
        ? {
            ...costOf(smaller),
            nFft: frontEnds.pointsOf(result.smaller.model),
            testError: smaller.error.mean,
            reachesError: result.smaller.reachesError,
          }
        : null,
    fftjs: fftjs && { nsTransform: fftjs.nsTransform, nsPerFrame: fftjs.nsPerFrame },
    recordings: learned.error.recordings,
    trainSeconds,
  };
}

/** The error to be expected of recordings not seen. */
const estimateText = ({ estimate: { mean, margin } }: Pick<Summary, 'estimate'>): string =>
  `${mean.toFixed(4)} ± ${margin.toFixed(4)}`;

/** Which tables of fewer bits these recordings allow; `model`: the path of the model file. */
export function tablesText(
  { estimate, budget }: Pick<Summary, 'estimate' | 'budget'>,
  choices: readonly frontEnds.TableChoice[],
  model: string,
): string {
  const [floats] = choices;
  const small = frontEnds.smallestTables(choices, budget - frontEnds.upperError(estimate));
  const others = choices
    .slice(1)
    .map((c) => `${c.name} ${errorText(c.error.mean)}`)
    .join(', ');
  const validation = `On validation recordings its error with smaller tables in kernel.wasm is ${others}; with float32 ${errorText(floats.error.mean)}.`;
  return small === floats
    ? `${validation} None of these keep it within the budget.`
    : `${validation} Tables ${small.name} take ${small.tableBytes} instead of ${floats.tableBytes} bytes and keep it within the budget: ${commandLine(['compile', model, '--tables', small.name])}`;
}

/** What the learned kernel takes of its target beside the exact one, and how to get it; `model`: the path of the model file. */
export function targetText({ target, learned, exact, smallerNfft }: Summary, model: string): string[] {
  const [{ instructions, flash, ram }, beside] = [learned, exact];
  if (target === undefined || instructions === undefined || beside.instructions === undefined) return [];
  const part = Number((instructions / beside.instructions).toPrecision(2));
  const cheap =
    smallerNfft?.instructions === undefined
      ? ''
      : `, n_fft ${smallerNfft.nFft}, refitted, ${smallerNfft.instructions}`;
  return [
    `On ${machineText(target)} a frame takes about ${instructions} instructions, ${part} of the exact kernel's ${beside.instructions}${cheap}; ${flash} bytes of flash (${beside.flash}) and ${ram} bytes of RAM (${beside.ram}): ${commandLine(['compile', model, '--to', 'c'])}`,
  ];
}

/** How the times of two front ends compare, in words: always the time of the first over that of the second. */
export function timesText(learned: Row, other: Row): string {
  const ratio = `${Number((learned.nsPerFrame / other.nsPerFrame).toPrecision(2))} times its time`;
  const spread = learned.nsPerFrameSpread + other.nsPerFrameSpread;
  const [p25, p50, p75] = [-spread, 0, spread].map((off) => (learned.nsPerFrame + off) / other.nsPerFrame);
  const level = levelText({ p25, p75 });
  if (level === 'as fast') return `as fast as ${other.name}, as far as these times tell (${ratio})`;
  return `${level ?? (p50 < 1 ? 'faster' : 'slower')}${level ? ' beside' : ' than'} ${other.name} (${ratio})`;
}

/** What the figures mean, in sentences, whether they please or not. */
export function verdictOf(summary: Summary, result: frontEnds.LearnResult, rows: readonly Row[]): string[] {
  const { learned, exact, smaller, fftjs } = rolesOf(rows);
  const saved = 1 - summary.learned.transformOperations / summary.exact.transformOperations;
  const savedWhole =
    1 - (summary.learned.mul + summary.learned.add) / (summary.exact.mul + summary.exact.add);
  const lines =
    saved > 0.01
      ? [
          `The learned kernel (${summary.structure}) needs ${percent(saved, 0)} fewer transform operations and ${percent(savedWhole, 0)} fewer in the whole front end than the exact real-input kernel, ` +
            `at a mean |log10 difference| of ${summary.testError.toFixed(4)} on test recordings (expected ${estimateText(summary)}, budget ${summary.budget}).`,
        ]
      : [
          summary.snap
            ? 'Nothing cheaper than the exact kernel stays within the budget: the learned kernel is the exact one.'
            : `The learned kernel (${summary.structure}) is made of learned blocks as they are: it needs ${percent(-saved, 0)} more transform operations than the exact real-input kernel.`,
        ];
  if (summary.testError > summary.budget)
    lines.push(
      `On the test recordings the error is above the budget: ${summary.estimate.recordings} other recordings made ${estimateText(summary)} likely, which one set of recordings in ten exceeds. Recordings more like these, or a smaller budget, would help.`,
    );
  const faster = (row: Row): string => timesText(learned, row);
  const where = summary.target === undefined ? 'Per frame' : 'Per frame of WebAssembly on this machine';
  lines.push(`${where} it is ${[exact, ...(fftjs ? [fftjs] : [])].map(faster).join(' and ')}.`);
  if (smaller)
    lines.push(
      result.smaller?.reachesError
        ? `The cheap baseline, ${smaller.name}, reaches the same validation error: the learned kernel is ${faster(smaller)}.`
        : `The cheap baseline, ${smaller.name}, does not reach this error: it is at ${smaller.error.mean.toFixed(4)} on test recordings; the learned kernel is ${faster(smaller)}.`,
    );
  return lines;
}

/** Errors by recording. */
export const recordingTable = ({ recordings }: Pick<frontEnds.FeatureError, 'recordings'>): Table =>
  tableOf('Test recordings', recordings, {
    recording: (r) => r.file,
    frames: (r) => String(r.frames),
    'frames excluded': (r) => String(r.excludedFrames),
    'mean, log10': (r) => errorText(r.mean),
    'p95, log10': (r) => errorText(r.p95),
  });
