/**
 * papilio roundtrip: a forward and an inverse network, and the filter between them if one is asked for, learned from a random
 * start; a checkpoint after every phase, from which a killed job goes on to the same bits.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import * as learn from '../learn.ts';
import { decodeModel, encodeModel, decodeTables } from '../files.ts';
import { flag, known, type Command, type FlagsOf } from './args.ts';
import { ensureFolder, readBytes, writeAtomic, hashOf } from './files.ts';
import { follow, refuseDifferent, refuseOthers, jobKey } from './job.ts';
import type { Output } from './output.ts';
import { counted, number } from './report/figures.ts';
import { tableOf, tableText, type Columns } from './report/report.ts';
import { announceStops } from './stop.ts';
import { finite, oneOf, whole } from '../options.ts';
import { parametrizationFlag, radicesFlag, radicesOf, readPairs } from './fit.ts';

type Flags = FlagsOf<typeof flags>;

const flags = {
  n: flag.list('transform size, or several as in 64,128 (default that of the file)', whole(0)),
  mode: flag.of('what learns when; mask and end-to-end are for filters', oneOf(learn.coderModes), 'phases'),
  input: flag.of('samples (default complex, or what the examples are)', oneOf(['complex', 'real'])),
  response: flag.text('file of a filter\'s response "response" [1, bins]; learns it as a mask'),
  examples: flag.text('file of a filter\'s "input" and "output" [pairs, n], .safetensors or .json, instead'),
  spectrum: flag.of('weight of the spectrum where both networks learn (default 4)', finite({ minimum: 0 })),
  radices: radicesFlag(', of n or n/2 points for real samples'),
  parametrization: parametrizationFlag('free'),
  start: flag.of('starting values', oneOf(learn.starts), 'random'),
  seed: flag.seed('start and signals'),
  signals: flag.of('training signals (default enough)', whole(1)),
  steps: flag.of('steps of Adam per phase that learns networks', whole(1)),
  goal: flag.of('final held-out error that is enough', finite({ minimum: 0 }), 1e-12),
  out: flag.text('folder for checkpoints and models'),
  resume: flag.toggle('go on after the last finished phase in --out, as the same command does'),
  force: flag.toggle('begin anew: overwrite what --out has, finished phases or results of other settings'),
};

interface RoundTripJob {
  readonly n: number;
  readonly options: learn.CoderTraining;
  /** What decides its result, to the last bit; kept in every checkpoint and compared before one is resumed. */
  readonly description: Readonly<Record<string, unknown>>;
}

interface FilterFile {
  readonly n: number;
  readonly input: 'complex' | 'real';
  readonly filter: NonNullable<learn.CoderTraining['filter']>;
  readonly sha256: string;
}

/** The filter of a file of a response [1, bins] or of example pairs [pairs, n]; null without one. */
function filterOf(flags: Flags): FilterFile | null {
  const { response, examples, input: asked } = flags;
  if (response !== undefined && examples !== undefined)
    throw new InvalidArgumentError('--response and --examples; expected one of them');
  const path = response ?? examples;
  if (path === undefined) return null;
  const bytes = readBytes(path);
  const sha256 = hashOf(bytes);
  if (examples !== undefined) {
    const { n, target, real } = readPairs(path);
    if (asked === 'real' && !real)
      throw new InvalidArgumentError(`${path}: complex signals; expected real ones with --input real`);
    return {
      n,
      input: asked ?? (real ? 'real' : 'complex'),
      filter: target,
      sha256,
    };
  }
  const table = decodeTables(bytes, path, ['response'])['response'];
  if (table.shape[0] !== 1)
    throw new InvalidArgumentError(
      `${path}: a response of shape [${table.shape.join(', ')}]; expected [1, bins]`,
    );
  const bins = table.shape[1];
  const { input = 'complex' } = flags;
  return {
    n: input === 'real' ? 2 * (bins - 1) : bins,
    input,
    filter: { response: { re: table.re, im: table.im } },
    sha256,
  };
}

function jobOf(n: number, file: FilterFile | null, flags: Flags): RoundTripJob {
  const { mode, start, seed, signals, steps, spectrum: spectrumWeight } = flags;
  const input = file?.input ?? flags.input ?? 'complex';
  if (input === 'real' && (n % 2 !== 0 || n < 4))
    throw new InvalidArgumentError(`n is ${n}; a network of real samples needs an even n of at least 4`);
  const { parametrization = mode === 'mask' ? 'exact' : 'free' } = flags;
  const radices = radicesOf(flags, input === 'real' ? n / 2 : n);
  const model = learn.encoderDecoder(radices, { parametrization, input, mask: file !== null });
  const phases = learn.coderPhases(model, mode, known({ spectrumWeight, steps }));
  return {
    n,
    options: {
      model,
      phases,
      start,
      seed,
      ...known({ signals, filter: file?.filter }),
    },
    description: jobKey({
      n,
      input,
      radices,
      parametrization,
      mode,
      start,
      seed,
      signals: signals ?? null,
      phases,
      filter: file?.sha256 ?? null,
    }),
  };
}

/** One job per size. Throws InvalidArgumentError naming the flag or file that makes no sense. */
function roundTripJobs(flags: Flags): RoundTripJob[] {
  const file = filterOf(flags);
  const sizes = flags.n ?? (file ? [file.n] : []);
  if (sizes.length === 0) throw new InvalidArgumentError('--n is missing; expected the transform size');
  const other = file ? sizes.find((n) => n !== file.n) : undefined;
  if (other !== undefined)
    throw new InvalidArgumentError(`--n is ${other}; expected ${file?.n}, that of the file`);
  return sizes.map((n) => jobOf(n, file, flags));
}

/** Largest size whose error operator is computed after every job: n^3 work. */
const operatorLimit = 1024;

/** The checkpoint of a finished phase. */
const phasePath = (folder: string, job: RoundTripJob, i: number): string =>
  join(folder, `phase-${i + 1}-${job.options.phases[i].name}.safetensors`);

/** The file of a job's state. */
const bytesOf = (job: RoundTripJob, { phases, values }: learn.CoderState, report: object = {}): Uint8Array =>
  encodeModel({ model: job.options.model, values }, { job: job.description, ...report, phases });

/** The files of finished phases in a folder, in their order. */
const phasesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^phase-\d+-[a-z-]+\.safetensors$/.test(name))
    .sort()
    .map((name) => join(folder, name));

/** The state after the last phase in a folder; null if none is finished. Throws InvalidArgumentError for what another job left. */
function savedState(folder: string, job: RoundTripJob): learn.CoderState | null {
  const path = join(folder, 'model.safetensors');
  if (existsSync(path)) refuseOthers(path, decodeModel(readBytes(path), path).report['job'], job.description);
  const states = phasesIn(folder).map((phase): learn.CoderState => {
    const { values, report } = decodeModel(readBytes(phase), phase);
    refuseDifferent(phase, report['job'], job.description);
    return { values, phases: learn.coderPhaseReports(report['phases'], phase) };
  });
  return states.at(-1) ?? null;
}

/** Train one job with progress on stderr and a checkpoint after every phase. */
async function runJob(
  job: RoundTripJob,
  folder: string | null,
  { resume, force }: { readonly resume: boolean; readonly force: boolean },
  output: Output,
): Promise<learn.CoderState> {
  let from: learn.CoderState | null = null;
  if (folder !== null) {
    ensureFolder(folder);
    if (force && !resume) phasesIn(folder).forEach((path) => rmSync(path));
    else from = savedState(folder, job);
  }
  if (resume || from !== null)
    output.note(`n = ${job.n}: ${counted(from?.phases.length ?? 0, 'phase')} finished before, going on`);
  const steps = learn.trainEncoderDecoder(job.options, from);
  return follow(steps, ({ name, method, step, steps: of, loss, error, finished, phase }) => {
    output.progress({
      phase: `n = ${job.n}  ${name}  ${method}`,
      step,
      of,
      numbers: { loss, 'held-out': error },
    });
    if (!finished) return;
    if (folder !== null) writeAtomic(phasePath(folder, job, phase), bytesOf(job, finished));
    output.note(`n = ${job.n}  ${name}  ${method} ${step}/${of}  loss ${number(loss)}  finished`);
  });
}

/** The finished model, and its two networks as transforms that every other command takes. */
function writeModel(job: RoundTripJob, state: learn.CoderState, report: object, folder: string): void {
  const { model } = job.options;
  writeAtomic(join(folder, 'model.safetensors'), bytesOf(job, state, report));
  learn.networksOf(model).forEach((network, i) => {
    const alone = learn.transformModel(network, learn.networkValues(model, state.values, i));
    const name = ['encoder', 'decoder'][i];
    writeAtomic(join(folder, `${name}.safetensors`), encodeModel(alone, { job: job.description }));
  });
}

interface Finished {
  readonly job: RoundTripJob;
  readonly state: learn.CoderState;
  readonly operator: learn.RoundTripOperator | null;
}

interface PhaseRow extends learn.CoderPhaseReport {
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
  const mask = all.some(({ job }) => learn.coderOf(job.options.model).mask);
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
  return (learn.coderOf(job.options.model).mask ? filter : roundTrip)?.relativeL2 ?? Infinity;
}

async function run(_: string[], flags: Flags, output: Output): Promise<void> {
  const jobs = roundTripJobs(flags);
  const { out, resume } = flags;
  if (resume && out === undefined)
    throw new InvalidArgumentError('--resume without --out; expected the folder of the checkpoints');
  announceStops(
    out === undefined
      ? 'nothing is kept without --out'
      : 'finished phases are kept; the same command goes on from them',
  );
  const all: Finished[] = [];
  for (const job of jobs) {
    const folder = out === undefined ? null : jobs.length > 1 ? join(out, `n-${job.n}`) : out;
    const state = await runJob(job, folder, { resume, force: flags.force }, output);
    const operator = job.n <= operatorLimit ? learn.roundTripOperator(job.options.model, state.values) : null;
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

export const roundtripCommand: Command<typeof flags> = {
  name: 'roundtrip',
  operands: '',
  operandLimit: 0,
  summary: 'learn a forward and an inverse network, or a spectral filter, from a random start',
  examples: [
    'roundtrip --n 64 --out pair',
    'roundtrip --n 64,128 --input real --mode joint',
    'roundtrip --response filter.json --out filter',
  ],
  flags,
  run,
};
