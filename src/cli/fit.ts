/** papilio fit: learn a transform, a matrix or example pairs; a checkpoint with its training report comes out. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { finite, oneOf, suggestion, whole } from '../options.ts';
import { decodeModel, encodeModel, decodeTables } from '../files.ts';
import * as learn from '../learn.ts';
import { flag, known, type Command, type FlagsOf, type Given } from './args.ts';
import { ensureFolder, hashOf, readBytes, writeAtomic } from './files.ts';
import { follow, jobKey, refuseOthers } from './job.ts';
import type { Output } from './output.ts';
import { number } from './report/figures.ts';
import { tableOf, tableText } from './report/report.ts';
import { announceStops } from './stop.ts';

interface FitSubject {
  readonly name: string;
  readonly radices: readonly number[];
  readonly model: learn.Model;
  readonly target: learn.FitOptions['target'];
  /** Of the file that holds the target; null for a named one, whose exact parameters are known. */
  readonly sha256: string | null;
}

export const parametrizationFlag = (usual: string) =>
  flag.of(`blocks (default ${usual})`, oneOf(learn.parametrizations.filter((p) => p !== 'exact')));
export const radicesFlag = (usual: string) => flag.list(`radices by rising stride${usual}`, whole(1));

/** Flags that say what is aimed at. */
const subjectFlags = {
  radices: radicesFlag(', as in 4,4,5,5 (default primes, twos first)'),
  parametrization: parametrizationFlag('the one that learns the target best'),
  examples: flag.text('file of pairs instead: "input" and "output" [pairs, n], .safetensors or .json'),
  shuffle: flag.of('seed of a known random order of the samples', whole(0)),
  permutation: flag.of('of a file (default digit-reversal)', oneOf(['digit-reversal', 'identity', 'fold'])),
  head: flag.of('for a file (default real if it holds real numbers)', oneOf(['complex', 'real'])),
};
type SubjectFlags = FlagsOf<typeof subjectFlags>;

/** Radices of the flag, or those of n points. */
export function radicesOf(flags: { readonly radices: readonly number[] | undefined }, n: number) {
  const { radices = learn.defaultRadices(n) } = flags;
  const product = radices.reduce((a, b) => a * b, 1);
  if (product !== n)
    throw new InvalidArgumentError(`--radices ${radices.join()} multiply to ${product}; expected ${n}`);
  return radices;
}

function modelOfFlags(flags: SubjectFlags, radices: readonly number[], real: boolean): learn.Model {
  const { head = real ? 'real' : 'complex', permutation = 'digit-reversal' } = flags;
  const { parametrization = head === 'real' ? 'widely-linear' : 'free' } = flags;
  const network = learn.uniformNetwork(
    radices,
    { parametrization },
    { norm: 'ortho', permutation: permutation === 'fold' ? learn.foldTable(radices) : permutation },
  );
  return learn.chainModel([network], head);
}

const isReal = (im: Float64Array): boolean => im.every((x) => x === 0);

/** Example pairs of a file. Throws InvalidArgumentError naming it where they do not fit together. */
export function readPairs(path: string) {
  const { input, output } = decodeTables(readBytes(path), path, ['input', 'output']);
  const n = input.shape[1];
  if (output.shape.join() !== input.shape.join())
    throw new InvalidArgumentError(
      `${path}: inputs [${input.shape.join(', ')}] and outputs [${output.shape.join(', ')}]; expected one shape [pairs, n]`,
    );
  const real = isReal(input.im) && isReal(output.im);
  return { n, real, target: { examples: learn.pairsOfRows(n, input, output) } };
}

/** What is known by a matrix or by pairs alone. */
function subjectOfData(name: string, path: string, data: Data, flags: SubjectFlags): FitSubject {
  const radices = radicesOf(flags, data.n);
  const model = modelOfFlags(flags, radices, data.real);
  const sha256 = hashOf(readBytes(path));
  return { name, radices, model, target: data.target, sha256 };
}

interface Data extends Pick<FitSubject, 'target'> {
  readonly n: number;
  readonly real: boolean;
}

function matrixOf(path: string): Data {
  const { matrix } = decodeTables(readBytes(path), path, ['matrix']);
  const [n, columns] = matrix.shape;
  if (n !== columns)
    throw new InvalidArgumentError(`${path}: a matrix of ${n} x ${columns}; expected a square one`);
  if (learn.frobenius(matrix) === 0) throw new InvalidArgumentError(`${path}: every entry is zero`);
  return { n, real: isReal(matrix.im), target: { matrix: { n, re: matrix.re, im: matrix.im } } };
}

/** The subject of size n, where the flags name no file. */
function subjectOf(
  operand: string | undefined,
  n: number | undefined,
  flags: SubjectFlags,
  given: Given,
): FitSubject {
  const { examples, shuffle, parametrization } = flags;
  const alone = 'is given for a file, which has its own; expected it with a named target only';
  if (examples !== undefined) {
    if (operand !== undefined)
      throw new InvalidArgumentError(`both ${operand} and --examples ${examples} are given; expected one`);
    given.refuse(['n', 'shuffle'], alone);
    return subjectOfData(`pairs of ${examples}`, examples, readPairs(examples), flags);
  }
  if (operand === undefined)
    throw new InvalidArgumentError(
      `no target given; expected ${learn.targetNames.join(', ')}, the path of a matrix, or --examples`,
    );
  if (!(learn.targetNames as string[]).includes(operand)) {
    if (/\.(npy|safetensors|json)$/i.test(operand) || existsSync(operand)) {
      given.refuse(['n', 'shuffle'], alone);
      return subjectOfData(operand, operand, matrixOf(operand), flags);
    }
    throw new InvalidArgumentError(
      `target is ${JSON.stringify(operand)}${suggestion(operand, learn.targetNames)}; expected ${learn.targetNames.join(', ')}, or a .npy, .safetensors or .json file`,
    );
  }
  given.refuse(
    ['permutation', 'head'],
    `is given for ${operand}, which has its own; expected it with a file only`,
  );
  if (n === undefined) throw new InvalidArgumentError('--n is missing; expected the transform size');
  const radices = radicesOf(flags, n);
  const { name, model, matrix } = learn.targetModel(operand, radices, parametrization, shuffle);
  return { name, radices, model, target: { matrix }, sha256: null };
}

/** Flags of the methods that have them. */
const flagsOfMethod: Readonly<Record<learn.FitPhase['method'], readonly string[]>> = {
  adam: ['rate', 'clip'],
  sgd: ['rate', 'clip'],
  'diagonal-gauss-newton': ['rate', 'clip'],
  lbfgs: ['decay'],
  'gauss-newton': ['decay'],
  'outside-in': [],
};

/** The phases of the flags, or those that are known to work. */
function phasesOf(flags: Flags, subject: FitSubject): learn.FitPhase[] {
  const { method, steps, rate, decay, clip } = flags;
  const own = method === undefined ? [] : flagsOfMethod[method];
  const foreign = (['rate', 'decay', 'clip'] as const).find(
    (name) => flags[name] !== undefined && !own.includes(name),
  );
  if (foreign !== undefined)
    throw new InvalidArgumentError(
      `--${foreign} without a --method that has it; expected --method ${learn.methods.filter((m) => flagsOfMethod[m].includes(foreign)).join(' or ')}`,
    );
  const first = learn.networkOf(subject.model);
  const usual = learn.recommendedRate(first.stages[0].parametrization, first.n);
  switch (method) {
    case undefined:
      return learn.recommendedPhases(subject.model, 'matrix' in subject.target).map((p) => ({
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

/** A fit that has not begun, and what its result will be made with. */
function jobOf(operand: string, n: number | undefined, flags: Flags, given: Given) {
  const { seed, start, pairs, restarts, goal } = flags;
  const subject = subjectOf(operand, n, flags, given);
  const phases = phasesOf(flags, subject);
  const { n: points, stages } = learn.networkOf(subject.model);
  const settings = jobKey({
    target: subject.name,
    sha256: subject.sha256,
    n: points,
    radices: subject.radices,
    parametrization: stages[0].parametrization,
    head: subject.model.head,
    permutation: flags.permutation ?? null,
    start,
    seed,
    phases,
    goal,
    // The result says beside it how many it had.
    asked: { pairs: pairs ?? null, restarts },
  });
  const running = learn.fit({
    model: subject.model,
    target: subject.target,
    start,
    seed,
    phases,
    restarts,
    goal,
    ...known({ pairs }),
    ...(subject.sha256 === null
      ? { initial: (from: learn.Start, s: number) => learn.startParameters(operand, subject, from, s) }
      : {}),
  });
  return { subject, settings, n: points, run: running };
}

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const { seed, goal, out } = flags;
  const jobs = (flags.n ?? [undefined]).map((n) => jobOf(operands[0], n, flags, given));
  const pathOf = (n: number): string | null =>
    out === undefined ? null : join(out, jobs.length > 1 ? `model-${n}.safetensors` : 'model.safetensors');
  for (const { n, settings } of jobs) {
    const path = pathOf(n);
    if (path !== null && existsSync(path) && !flags.force)
      refuseOthers(path, decodeModel(readBytes(path), path).report, settings);
  }
  if (out !== undefined) ensureFolder(out);
  announceStops('nothing is kept of a fit that has not ended');
  const all = learn.interleave(flags.schedule, jobs, seed);
  const results = await follow(all, ({ job, progress: { method, step, steps, restart, loss, error } }) =>
    output.progress({
      phase: `n = ${jobs[job].n}  ${method}`,
      step,
      of: steps,
      numbers: { attempt: String(restart + 1), loss, 'hold-out': error },
    }),
  );
  output.end();
  const reports = results.map((result, i) => {
    const { subject, settings, n } = jobs[i];
    const { values, ...figures } = result;
    const report = { ...settings, ...figures };
    const path = pathOf(n);
    if (path !== null) writeAtomic(path, encodeModel({ model: subject.model, values }, report));
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
  reports: readonly { readonly path: string | null; readonly result: learn.FitResult }[],
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
  start: flag.of('starting values', oneOf(learn.starts), 'random'),
  seed: flag.seed('start and pairs'),
  pairs: flag.of('example pairs drawn from the target (default enough)', whole(1)),
  method: flag.of('one optimiser instead of the phases known to work', oneOf(learn.methods)),
  steps: flag.of('steps of the method, or at most so many per phase', whole(1)),
  rate: flag.of('learning rate of a first-order method', finite({ minimum: 1e-12 })),
  decay: flag.of('weight decay of lbfgs or gauss-newton, times n', finite({ minimum: 0 })),
  clip: flag.of('bound of the gradient norm of a first-order method', finite({ minimum: 1e-300 })),
  restarts: flag.of('times to begin again while the goal is not reached', whole(0), 0),
  goal: flag.of('relative L2 error on held-out pairs that is enough', finite({ minimum: 0 }), 1e-12),
  schedule: flag.of('which of several sizes trains next', oneOf(learn.sizeSchedules), 'single'),
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
    ...learn.targetNames.map((name) => `  ${name.padEnd(12)}  ${learn.targets[name].summary}`),
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
