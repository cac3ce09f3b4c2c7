/** papilio fit: learn a transform, a matrix or example pairs; a checkpoint with its training report comes out. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { finite, oneOf, whole } from '../options.ts';
import { decodeModel, encodeModel } from '../files.ts';
import {
  fit,
  interleave,
  methods,
  networkOf,
  recommendedPhases,
  recommendedRate,
  sizeSchedules,
  startParameters,
  starts,
  targetNames,
  type FitPhase,
  type FitProgress,
  type FitResult,
  type Start,
  targets,
} from '../learn.ts';
import { flag, known, type Command, type FlagsOf, type Given } from './args.ts';
import { ensureFolder, readBytes, writeAtomic } from './files.ts';
import { subjectFlags, subjectOf, type FitSubject } from './fit-target.ts';
import { follow } from './job.ts';
import type { Output } from './output.ts';
import { number } from './report/figures.ts';
import { tableOf, tableText } from './report/report.ts';
import { refuseOthers } from './settings.ts';
import { announceStops } from './stop.ts';

/** Flags of the methods that have them. */
const flagsOfMethod: Readonly<Record<FitPhase['method'], readonly string[]>> = {
  adam: ['rate', 'clip'],
  sgd: ['rate', 'clip'],
  'diagonal-gauss-newton': ['rate', 'clip'],
  lbfgs: ['decay'],
  'gauss-newton': ['decay'],
  'outside-in': [],
};

/** The phases of the flags, or those that are known to work. */
function phasesOf(flags: Flags, subject: FitSubject): FitPhase[] {
  const { method, steps, rate, decay, clip } = flags;
  const own = method === undefined ? [] : flagsOfMethod[method];
  const foreign = (['rate', 'decay', 'clip'] as const).find(
    (name) => flags[name] !== undefined && !own.includes(name),
  );
  if (foreign !== undefined)
    throw new InvalidArgumentError(
      `--${foreign} without a --method that has it; expected --method ${methods.filter((m) => flagsOfMethod[m].includes(foreign)).join(' or ')}`,
    );
  const first = networkOf(subject.model);
  const usual = recommendedRate(first.stages[0].parametrization, first.n);
  switch (method) {
    case undefined:
      return recommendedPhases(subject.model, 'matrix' in subject.target).map((p) => ({
        ...p,
        steps: Math.min(p.steps, steps ?? Infinity),
      }));
    case 'outside-in':
      return [{ method, steps: steps ?? 400 }];
    case 'lbfgs':
    case 'gauss-newton':
      return [{ method, steps: steps ?? 400, decay: decay ?? 0 }];
    case 'adam':
    case 'sgd':
    case 'diagonal-gauss-newton':
      return [{ method, steps: steps ?? 1500, rate: rate ?? usual, ...known({ clip }) }];
    default:
      return method satisfies never;
  }
}

/** A line for people every so often. */
class Lines {
  private last = 0;
  show(subject: FitSubject, p: FitProgress, output: Output): void {
    const now = performance.now();
    if (now - this.last < 2000) return;
    this.last = now;
    output.note(
      `n = ${networkOf(subject.model).n}  attempt ${p.restart + 1}  ${p.method} ${p.step}/${p.steps}  loss ${number(p.loss)}  hold-out ${number(p.error)}`,
    );
  }
}

/** What a result is made with. */
const settingsOf = (
  subject: FitSubject,
  flags: Flags,
  phases: readonly FitPhase[],
): Record<string, unknown> => ({
  target: subject.name,
  n: networkOf(subject.model).n,
  radices: subject.radices,
  parametrization: networkOf(subject.model).stages[0].parametrization,
  head: subject.model.head,
  start: flags.start,
  seed: flags.seed,
  phases,
});

const resultOf = ({ rmse, relativeL2, holdOut, steps, restarts, seconds, pairs }: FitResult): object => ({
  rmse,
  relativeL2,
  holdOut,
  steps,
  restarts,
  seconds,
  pairs,
});

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const { seed, start, pairs, restarts, goal, out } = flags;
  const jobs = (flags.n ?? [undefined]).map((n) => {
    const subject = subjectOf(operands[0], n, flags, given);
    const phases = phasesOf(flags, subject);
    const settings = settingsOf(subject, flags, phases);
    const running = fit({
      model: subject.model,
      target: subject.target,
      start,
      seed,
      phases,
      restarts,
      goal,
      ...known({ pairs }),
      ...(subject.known
        ? { initial: (from: Start, s: number) => startParameters(operands[0], subject, from, s) }
        : {}),
    });
    return { subject, settings, n: networkOf(subject.model).n, run: running };
  });
  const pathOf = (n: number): string | null =>
    out === undefined ? null : join(out, jobs.length > 1 ? `model-${n}.safetensors` : 'model.safetensors');
  for (const { n, settings } of jobs) {
    const path = pathOf(n);
    if (path !== null && existsSync(path) && !flags.force)
      refuseOthers(path, decodeModel(readBytes(path), path).report, settings);
  }
  if (out !== undefined) ensureFolder(out);
  announceStops('nothing is kept of a fit that has not ended');
  const lines = new Lines();
  const all = interleave(flags.schedule, jobs, seed);
  const results = await follow(all, ({ job, progress }) => lines.show(jobs[job].subject, progress, output));
  const reports = results.map((result, i) => {
    const { subject, settings, n } = jobs[i];
    const report = { ...settings, ...resultOf(result) };
    const path = pathOf(n);
    if (path !== null)
      writeAtomic(path, encodeModel({ model: subject.model, values: result.values }, report));
    return { report, path, result };
  });
  const list = reports.map((r) => r.report);
  output.json(list.length === 1 ? list[0] : list);
  output.print(textOf(jobs, reports));
  if (reports.some((r) => !(r.result.holdOut <= goal))) {
    output.warn(`papilio fit: the goal of ${goal} was not reached`);
    process.exitCode = 1;
  }
}

function textOf(
  jobs: readonly { readonly subject: FitSubject; readonly n: number }[],
  reports: readonly { readonly path: string | null; readonly result: FitResult }[],
): string {
  const table = tableOf('Fits', reports, {
    target: (_, i) => jobs[i].subject.name,
    n: (_, i) => String(jobs[i].n),
    radices: (_, i) => jobs[i].subject.radices.join(','),
    'RMSE of entries': ({ result }) => number(result.rmse),
    'hold-out, relative L2': ({ result }) => number(result.holdOut),
    pairs: ({ result }) => String(result.pairs),
    steps: ({ result }) => String(result.steps),
    restarts: ({ result }) => String(result.restarts),
    seconds: ({ result }) => result.seconds.toFixed(1),
    'written to': ({ path }) => path ?? '-',
  });
  return tableText(table);
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  n: flag.list('transform size, or several as in 64,128', whole(0)),
  ...subjectFlags,
  start: flag.of('starting values', oneOf(starts), 'random'),
  seed: flag.seed('start and pairs'),
  pairs: flag.of('example pairs drawn from the target (default enough)', whole(1)),
  method: flag.of('one optimiser instead of the phases known to work', oneOf(methods)),
  steps: flag.of('steps of the method, or at most so many per phase', whole(1)),
  rate: flag.of('learning rate of a first-order method', finite({ minimum: 1e-12 })),
  decay: flag.of('weight decay of lbfgs or gauss-newton, times n', finite({ minimum: 0 })),
  clip: flag.of('bound of the gradient norm of a first-order method', finite({ minimum: 1e-300 })),
  restarts: flag.of('times to begin again while the goal is not reached', whole(0), 0),
  goal: flag.of('relative L2 error on held-out pairs that is enough', finite({ minimum: 0 }), 1e-12),
  schedule: flag.of('which of several sizes trains next', oneOf(sizeSchedules), 'single'),
  out: flag.text('folder for the checkpoint'),
  force: flag.force,
};

export const fitCommand: Command<typeof flags> = {
  name: 'fit',
  operands: '<target or matrix file>',
  operandLimit: 1,
  summary: 'learn a known transform, a matrix or example pairs from a start that is not the answer',
  details: [
    'Targets:',
    ...targetNames.map((name) => `  ${name.padEnd(12)}  ${targets[name].summary}`),
    'or a .npy, .safetensors or .json file with a square "matrix", or --examples.',
  ].join('\n'),
  examples: [
    'fit dft --n 256 --out my-dft',
    'fit dct2 --n 64,128 --schedule balanced',
    'fit my-matrix.npy --permutation identity',
    'fit --examples pairs.safetensors --out learned',
  ],
  flags,
  run,
};
