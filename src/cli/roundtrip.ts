/**
 * papilio roundtrip: a forward and an inverse network, and the filter between them if one is asked for, learned from a random
 * start; a checkpoint after every phase, from which a killed job goes on to the same bits.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { isRecord } from '../options.ts';
import {
  coderOf,
  coderPhaseReports,
  networksOf,
  networkValues,
  transformModel,
  roundTripOperator,
  trainEncoderDecoder,
  type CoderPhaseReport,
  type CoderState,
  type RoundTripOperator,
} from '../learn.ts';
import { decodeModel, encodeModel } from '../files.ts';
import type { Command } from './args.ts';
import { ensureFolder, readBytes, writeAtomic } from './files.ts';
import { follow, refuseOtherEdition } from './job.ts';
import type { Output } from './output.ts';
import { number } from './report/figures.ts';
import { tableOf, tableText, type Columns } from './report/report.ts';
import { refuseOthers } from './settings.ts';
import { announceStops } from './stop.ts';
import { roundTripFlags, roundTripJobs, type RoundTripFlags, type RoundTripJob } from './roundtrip-job.ts';

/** Largest size whose error operator is computed after every job: n^3 work. */
const operatorLimit = 1024;

/** The checkpoint of a finished phase. */
const phasePath = (folder: string, job: RoundTripJob, i: number): string =>
  join(folder, `phase-${i + 1}-${job.options.phases[i].name}.safetensors`);

/** The file of a job's state. */
const bytesOf = (job: RoundTripJob, { phases, values }: CoderState, report: object = {}): Uint8Array =>
  encodeModel({ model: job.options.model, values }, { job: job.description, ...report, phases });

/** The state after the last phase in a folder; null if none is finished. Throws InvalidArgumentError for another job's. */
function savedState(folder: string, job: RoundTripJob): CoderState | null {
  const count = job.options.phases.length;
  for (let i = count - 1; i >= 0; i--) {
    const path = phasePath(folder, job, i);
    if (!existsSync(path)) continue;
    const { values, report } = decodeModel(readBytes(path), path);
    const saved = report['job'];
    refuseOtherEdition(
      path,
      isRecord(saved) ? saved['papilio'] : undefined,
      'leave --resume out to begin anew',
    );
    const state = { values, phases: coderPhaseReports(report['phases'], path) };
    if (
      JSON.stringify(saved) !== JSON.stringify(job.description) ||
      state.phases.map((p) => p.name).join() !==
        job.options.phases
          .slice(0, i + 1)
          .map((p) => p.name)
          .join()
    )
      throw new InvalidArgumentError(
        `--resume: ${path} is of a job with other options or another file; give the same ones`,
      );
    return state;
  }
  return null;
}

/** Throws InvalidArgumentError if a folder has the model of other settings. */
function refuseOtherResults(folder: string, job: RoundTripJob): void {
  const path = join(folder, 'model.safetensors');
  if (!existsSync(path)) return;
  refuseOthers(path, decodeModel(readBytes(path), path).report['job'], job.description);
}

/** Train one job with progress on stderr and a checkpoint after every phase. */
async function runJob(
  job: RoundTripJob,
  folder: string | null,
  { resume, force }: { readonly resume: boolean; readonly force: boolean },
  output: Output,
): Promise<CoderState> {
  let from: CoderState | null = null;
  if (folder !== null) {
    ensureFolder(folder);
    if (resume) from = savedState(folder, job);
    else if (!force) refuseOtherResults(folder, job);
    if (!resume) job.options.phases.forEach((_, i) => rmSync(phasePath(folder, job, i), { force: true }));
  }
  if (resume) output.note(`n = ${job.n}: ${from?.phases.length ?? 0} phases finished before, going on`);
  const steps = trainEncoderDecoder(job.options, from);
  let shown = performance.now();
  return follow(steps, (p) => {
    if (p.finished && folder !== null) writeAtomic(phasePath(folder, job, p.phase), bytesOf(job, p.finished));
    if (!p.finished && performance.now() - shown < 2000) return;
    shown = performance.now();
    output.note(
      `n = ${job.n}  ${p.name}  ${p.method} ${p.step}/${p.steps}  loss ${number(p.loss)}${p.finished ? '  finished' : `  held-out ${number(p.error)}`}`,
    );
  });
}

/** The finished model, and its two networks as transforms that every other command takes. */
function writeModel(job: RoundTripJob, state: CoderState, report: object, folder: string): void {
  const { model } = job.options;
  writeAtomic(join(folder, 'model.safetensors'), bytesOf(job, state, report));
  networksOf(model).forEach((network, i) => {
    const alone = transformModel(network, networkValues(model, state.values, i));
    const name = ['encoder', 'decoder'][i];
    writeAtomic(join(folder, `${name}.safetensors`), encodeModel(alone, { job: job.description }));
  });
}

interface Finished {
  readonly job: RoundTripJob;
  readonly state: CoderState;
  readonly operator: RoundTripOperator | null;
}

interface PhaseRow extends CoderPhaseReport {
  readonly n: number;
}

const l2 = (e: { relativeL2: number } | null): string => number(e?.relativeL2);

const columns: Columns<PhaseRow> = {
  phase: (r) => r.name,
  n: (r) => String(r.n),
  trains: (r) => r.trains.join('+'),
  steps: (r) => String(r.steps),
  seconds: (r) => r.seconds.toFixed(1),
  'spectrum, rel. L2': (r) => l2(r.errors.spectrum),
  'inverse, rel. L2': (r) => l2(r.errors.inverse),
  'round trip, rel. L2': (r) => l2(r.errors.roundTrip),
  'worst, rel. L2': (r) => number(r.errors.roundTrip?.worst),
};

const filterColumns: Columns<PhaseRow> = {
  'filter, rel. L2': (r) => l2(r.errors.filter),
  'worst filter, rel. L2': (r) => number(r.errors.filter?.worst),
  'mask, rel. L2': (r) => number(r.maskError),
};

function textOf(all: readonly Finished[]): string {
  const mask = all.some(({ job }) => coderOf(job.options.model).mask);
  const rows = all.flatMap(({ job: { n }, state }) => state.phases.map((r) => ({ ...r, n })));
  const proven = all.flatMap(({ job, operator }) =>
    operator
      ? [
          `n = ${job.n}, every signal: ||D E x - x|| <= ${operator.tau.toExponential(3)} ||x|| proven, ${operator.attained.toExponential(3)} attained; rounding in float64 adds at most ${operator.roundingBound.toExponential(1)}`,
        ]
      : [],
  );
  return [tableText(tableOf('Phases', rows, { ...columns, ...(mask ? filterColumns : {}) })), ...proven].join(
    '\n',
  );
}

/** What must reach the goal at the end: the filter, or the round trip. */
function finalError({ job, state }: Finished): number {
  const { filter, roundTrip } = state.phases[state.phases.length - 1].errors;
  return (coderOf(job.options.model).mask ? filter : roundTrip)?.relativeL2 ?? Infinity;
}

async function run(_: string[], flags: RoundTripFlags, output: Output): Promise<void> {
  const jobs = roundTripJobs(flags);
  const { out, resume } = flags;
  if (resume && out === undefined)
    throw new InvalidArgumentError('--resume without --out; expected the folder of the checkpoints');
  announceStops(
    out === undefined
      ? 'nothing is kept without --out'
      : 'finished phases are kept; the same command with --resume goes on from them',
  );
  const all: Finished[] = [];
  for (const job of jobs) {
    const folder = out === undefined ? null : jobs.length > 1 ? join(out, `n-${job.n}`) : out;
    const state = await runJob(job, folder, { resume, force: flags.force }, output);
    const operator = job.n <= operatorLimit ? roundTripOperator(job.options.model, state.values) : null;
    if (folder !== null) writeModel(job, state, { operator }, folder);
    all.push({ job, state, operator });
  }
  const list = all.map(({ job, state, operator }) => ({
    ...job.description,
    phases: state.phases,
    operator,
  }));
  output.json(list.length === 1 ? list[0] : list);
  output.print(textOf(all));
  if (all.some((f) => !(finalError(f) <= flags.goal))) {
    output.warn(`papilio roundtrip: the goal of ${flags.goal} was not reached`);
    process.exitCode = 1;
  }
}

export const roundtripCommand: Command<typeof roundTripFlags> = {
  name: 'roundtrip',
  operands: '',
  operandLimit: 0,
  summary: 'learn a forward and an inverse network, or a spectral filter, from a random start',
  examples: [
    'roundtrip --n 64 --out pair',
    'roundtrip --n 64,128 --input real --mode joint',
    'roundtrip --response filter.json --out filter',
  ],
  flags: roundTripFlags,
  run,
};
