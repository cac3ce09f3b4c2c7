/** The jobs of `papilio roundtrip`, from its flags: a pair of networks of each size, and the filter between them if there is one. */
import { createHash } from 'node:crypto';
import { InvalidArgumentError } from '../errors.ts';
import {
  coderPhases,
  encoderDecoder,
  pairsOfRows,
  type CoderMode,
  type CoderTraining,
  type Parametrization,
  type Start,
} from '../learn.ts';
import { decodeTables } from '../files.ts';
import type { FlagValues } from './args.ts';
import { readBytes } from './files.ts';
import { listOf, radicesOf } from './fit-target.ts';
import { jobKey, type JobKey } from './job.ts';

/** What decides the result of a job, to the last bit; kept in every checkpoint and compared before one is resumed. */
type JobDescription = JobKey<Readonly<Record<string, unknown>>>;

export interface RoundTripJob {
  readonly n: number;
  readonly options: CoderTraining;
  readonly description: JobDescription;
}

type Input = 'complex' | 'real';

interface FilterFile {
  readonly n: number;
  readonly input: Input;
  readonly filter: NonNullable<CoderTraining['filter']>;
  readonly sha256: string;
}

const isReal = (im: Float64Array): boolean => im.every((x) => x === 0);

/** The filter of a file of a response [1, bins] or of example pairs [pairs, n]; null without one. */
function filterOf(flags: FlagValues): FilterFile | null {
  const [response, examples] = [flags.maybeText('response'), flags.maybeText('examples')];
  if (response !== undefined && examples !== undefined)
    throw new InvalidArgumentError('--response and --examples; expected one of them');
  const path = response ?? examples;
  if (path === undefined) return null;
  const bytes = readBytes(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const asked = flags.maybeText('input') as Input | undefined;
  if (examples !== undefined) {
    const { input, output } = decodeTables(bytes, path, ['input', 'output']);
    const n = input.shape[1];
    if (output.shape.join() !== input.shape.join())
      throw new InvalidArgumentError(
        `${path}: inputs [${input.shape.join(', ')}] and outputs [${output.shape.join(', ')}]; expected one shape [pairs, n]`,
      );
    const real = isReal(input.im) && isReal(output.im);
    if (asked === 'real' && !real)
      throw new InvalidArgumentError(`${path}: complex signals; expected real ones with --input real`);
    return {
      n,
      input: asked ?? (real ? 'real' : 'complex'),
      filter: { examples: pairsOfRows(n, input, output) },
      sha256,
    };
  }
  const table = decodeTables(bytes, path, ['response'])['response'];
  if (table.shape[0] !== 1)
    throw new InvalidArgumentError(
      `${path}: a response of shape [${table.shape.join(', ')}]; expected [1, bins]`,
    );
  const bins = table.shape[1];
  const input = asked ?? 'complex';
  return {
    n: input === 'real' ? 2 * (bins - 1) : bins,
    input,
    filter: { response: { re: table.re, im: table.im } },
    sha256,
  };
}

function jobOf(n: number, file: FilterFile | null, flags: FlagValues): RoundTripJob {
  const input = file?.input ?? ((flags.maybeText('input') ?? 'complex') as Input);
  if (input === 'real' && (n % 2 !== 0 || n < 4))
    throw new InvalidArgumentError(`n is ${n}; a network of real samples needs an even n of at least 4`);
  const mode = flags.text('mode') as CoderMode;
  const parametrization = (flags.maybeText('parametrization') ??
    (mode === 'mask' ? 'exact' : 'free')) as Parametrization;
  const radices = radicesOf(flags, input === 'real' ? n / 2 : n);
  const model = encoderDecoder(radices, { parametrization, input, mask: file !== null });
  const optional = (name: string): number | undefined => flags.maybeNumber(name);
  const [spectrumWeight, steps, signals] = ['spectrum', 'steps', 'signals'].map(optional);
  const phases = coderPhases(model, mode, {
    ...(spectrumWeight === undefined ? {} : { spectrumWeight }),
    ...(steps === undefined ? {} : { steps }),
  });
  const [start, seed] = [flags.text('start') as Start, flags.number('seed')];
  return {
    n,
    options: {
      model,
      phases,
      start,
      seed,
      ...(signals === undefined ? {} : { signals }),
      ...(file ? { filter: file.filter } : {}),
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
export function roundTripJobs(flags: FlagValues): RoundTripJob[] {
  const file = filterOf(flags);
  const text = flags.maybeText('n');
  if (text === undefined && !file)
    throw new InvalidArgumentError('--n is missing; expected the transform size');
  const sizes = text === undefined ? [file?.n ?? 0] : listOf('n', text);
  const other = file ? sizes.find((n) => n !== file.n) : undefined;
  if (other !== undefined)
    throw new InvalidArgumentError(`--n is ${other}; expected ${file?.n}, that of the file`);
  return sizes.map((n) => jobOf(n, file, flags));
}
