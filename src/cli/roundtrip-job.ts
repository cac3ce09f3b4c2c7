/** The jobs of `papilio roundtrip`, from its flags: a pair of networks of each size, and the filter between them if there is one. */
import { InvalidArgumentError } from '../errors.ts';
import { finite, oneOf, whole } from '../options.ts';
import { coderModes, coderPhases, starts, encoderDecoder, type CoderTraining } from '../learn.ts';
import { decodeTables } from '../files.ts';
import { flag, known, type FlagsOf } from './args.ts';
import { hashOf, readBytes } from './files.ts';
import { parametrizationFlag, radicesFlag, radicesOf, readPairs } from './fit-target.ts';
import { jobKey, type JobKey } from './job.ts';

export const roundTripFlags = {
  n: flag.list('transform size, or several as in 64,128 (default that of the file)', whole(0)),
  mode: flag.of('what learns when; mask and end-to-end are for filters', oneOf(coderModes), 'phases'),
  input: flag.of('samples (default complex, or what the examples are)', oneOf(['complex', 'real'])),
  response: flag.text('file of a filter\'s response "response" [1, bins]; learns it as a mask'),
  examples: flag.text('file of a filter\'s "input" and "output" [pairs, n], .safetensors or .json, instead'),
  spectrum: flag.of(
    'weight of the spectrum term where both networks learn (default 4)',
    finite({ minimum: 0 }),
  ),
  radices: radicesFlag(', of n or n/2 points for real samples'),
  parametrization: parametrizationFlag('free'),
  start: flag.of('starting values', oneOf(starts), 'random'),
  seed: flag.seed('start and signals'),
  signals: flag.of('training signals (default enough)', whole(1)),
  steps: flag.of('steps of Adam per phase that learns networks', whole(1)),
  goal: flag.of('final held-out error that is enough', finite({ minimum: 0 }), 1e-12),
  out: flag.text('folder for checkpoints and models'),
  resume: flag.toggle('go on after the last finished phase in the output folder'),
  force: flag.force,
};

export type RoundTripFlags = FlagsOf<typeof roundTripFlags>;

/** What decides the result of a job, to the last bit; kept in every checkpoint and compared before one is resumed. */
type JobDescription = JobKey<Readonly<Record<string, unknown>>>;

export interface RoundTripJob {
  readonly n: number;
  readonly options: CoderTraining;
  readonly description: JobDescription;
}

interface FilterFile {
  readonly n: number;
  readonly input: 'complex' | 'real';
  readonly filter: NonNullable<CoderTraining['filter']>;
  readonly sha256: string;
}

/** The filter of a file of a response [1, bins] or of example pairs [pairs, n]; null without one. */
function filterOf(flags: RoundTripFlags): FilterFile | null {
  const { response, examples, input: asked } = flags;
  if (response !== undefined && examples !== undefined)
    throw new InvalidArgumentError('--response and --examples; expected one of them');
  const path = response ?? examples;
  if (path === undefined) return null;
  const bytes = readBytes(path);
  const sha256 = hashOf(bytes);
  if (examples !== undefined) {
    const { n, pairs, real } = readPairs(path);
    if (asked === 'real' && !real)
      throw new InvalidArgumentError(`${path}: complex signals; expected real ones with --input real`);
    return {
      n,
      input: asked ?? (real ? 'real' : 'complex'),
      filter: { examples: pairs },
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

function jobOf(n: number, file: FilterFile | null, flags: RoundTripFlags): RoundTripJob {
  const { mode, start, seed, signals, steps, spectrum: spectrumWeight } = flags;
  const input = file?.input ?? flags.input ?? 'complex';
  if (input === 'real' && (n % 2 !== 0 || n < 4))
    throw new InvalidArgumentError(`n is ${n}; a network of real samples needs an even n of at least 4`);
  const { parametrization = mode === 'mask' ? 'exact' : 'free' } = flags;
  const radices = radicesOf(flags, input === 'real' ? n / 2 : n);
  const model = encoderDecoder(radices, { parametrization, input, mask: file !== null });
  const phases = coderPhases(model, mode, known({ spectrumWeight, steps }));
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
export function roundTripJobs(flags: RoundTripFlags): RoundTripJob[] {
  const file = filterOf(flags);
  const sizes = flags.n ?? (file ? [file.n] : []);
  if (sizes.length === 0) throw new InvalidArgumentError('--n is missing; expected the transform size');
  const other = file ? sizes.find((n) => n !== file.n) : undefined;
  if (other !== undefined)
    throw new InvalidArgumentError(`--n is ${other}; expected ${file?.n}, that of the file`);
  return sizes.map((n) => jobOf(n, file, flags));
}
