/** What `papilio fit` aims at, from its operands and flags: a named target, a matrix from a file, or example pairs. */
import { existsSync } from 'node:fs';
import { InvalidArgumentError } from '../errors.ts';
import { oneOf, whole } from '../options.ts';
import { decodeTables } from '../files.ts';
import {
  defaultRadices,
  foldTable,
  frobenius,
  pairsOfRows,
  parametrizations,
  targetModel,
  targetNames,
  chainModel,
  type Model,
  type FitOptions,
  uniformNetwork,
} from '../learn.ts';
import { flag, type FlagsOf, type Given } from './args.ts';
import { readBytes } from './files.ts';
import { suggestion } from './nearest.ts';

export interface FitSubject {
  readonly name: string;
  readonly radices: readonly number[];
  readonly model: Model;
  readonly target: FitOptions['target'];
  /** A named target, whose exact parameters are known. */
  readonly known: boolean;
}

export const parametrizationFlag = (usual: string) =>
  flag.of(`blocks (default ${usual})`, oneOf(parametrizations.filter((p) => p !== 'exact')));
export const radicesFlag = (usual: string) => flag.list(`radices by rising stride${usual}`, whole(1));

/** Flags that say what is aimed at. */
export const subjectFlags = {
  radices: radicesFlag(', as in 4,4,5,5 (default primes, twos first)'),
  parametrization: parametrizationFlag('the one that learns the target best'),
  examples: flag.text('file of pairs instead: "input" and "output" [pairs, n], .safetensors or .json'),
  shuffle: flag.of('seed of a known random order of the samples', whole(0)),
  permutation: flag.of(
    'P for a file (default digit-reversal)',
    oneOf(['digit-reversal', 'identity', 'fold']),
  ),
  head: flag.of('for a file (default real if it holds real numbers)', oneOf(['complex', 'real'])),
};
type SubjectFlags = FlagsOf<typeof subjectFlags>;

/** Radices of the flag, or those of n points. */
export function radicesOf(flags: { readonly radices: readonly number[] | undefined }, n: number) {
  const { radices = defaultRadices(n) } = flags;
  const product = radices.reduce((a, b) => a * b, 1);
  if (product !== n)
    throw new InvalidArgumentError(`--radices ${radices.join()} multiply to ${product}; expected ${n}`);
  return radices;
}

function modelOfFlags(flags: SubjectFlags, radices: readonly number[], real: boolean): Model {
  const { head = real ? 'real' : 'complex', permutation = 'digit-reversal' } = flags;
  const { parametrization = head === 'real' ? 'widely-linear' : 'free' } = flags;
  const network = uniformNetwork(
    radices,
    { parametrization },
    { norm: 'ortho', permutation: permutation === 'fold' ? foldTable(radices) : permutation },
  );
  return chainModel([network], head);
}

function subjectOfFile(path: string, flags: SubjectFlags): FitSubject {
  const { matrix } = decodeTables(readBytes(path), path, ['matrix']);
  const [n, columns] = matrix.shape;
  if (n !== columns)
    throw new InvalidArgumentError(`${path}: a matrix of ${n} x ${columns}; expected a square one`);
  const radices = radicesOf(flags, n);
  if (frobenius(matrix) === 0) throw new InvalidArgumentError(`${path}: every entry is zero`);
  const model = modelOfFlags(flags, radices, isReal(matrix.im));
  return {
    name: path,
    radices,
    model,
    target: { matrix: { n, re: matrix.re, im: matrix.im } },
    known: false,
  };
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
  return { n, pairs: pairsOfRows(n, input, output), real: isReal(input.im) && isReal(output.im) };
}

function subjectOfExamples(path: string, flags: SubjectFlags): FitSubject {
  const { n, pairs, real } = readPairs(path);
  const radices = radicesOf(flags, n);
  return {
    name: `pairs of ${path}`,
    radices,
    model: modelOfFlags(flags, radices, real),
    target: { examples: pairs },
    known: false,
  };
}

/** The subject of size n, where the flags name no file. */
export function subjectOf(
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
    return subjectOfExamples(examples, flags);
  }
  if (operand === undefined)
    throw new InvalidArgumentError(
      `no target given; expected ${targetNames.join(', ')}, the path of a matrix, or --examples`,
    );
  if (!(targetNames as string[]).includes(operand)) {
    if (/\.(npy|safetensors|json)$/i.test(operand) || existsSync(operand)) {
      given.refuse(['n', 'shuffle'], alone);
      return subjectOfFile(operand, flags);
    }
    throw new InvalidArgumentError(
      `target is ${JSON.stringify(operand)}${suggestion(operand, targetNames)}; expected ${targetNames.join(', ')}, or a .npy, .safetensors or .json file`,
    );
  }
  given.refuse(
    ['permutation', 'head'],
    `is given for ${operand}, which has its own; expected it with a file only`,
  );
  if (n === undefined) throw new InvalidArgumentError('--n is missing; expected the transform size');
  const radices = radicesOf(flags, n);
  const { name, model, matrix } = targetModel(operand, radices, parametrization, shuffle);
  return { name, radices, model, target: { matrix }, known: true };
}
