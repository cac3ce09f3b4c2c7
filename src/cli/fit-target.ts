/** What `papilio fit` aims at, from its operands and flags: a named target, a matrix from a file, or example pairs. */
import { existsSync } from 'node:fs';
import { InvalidArgumentError } from '../errors.ts';
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
  type NetworkSpec,
  type Parametrization,
} from '../learn.ts';
import type { FlagValues } from './args.ts';
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

/** "2,2,5" to numbers. Throws InvalidArgumentError naming the flag. */
export function listOf(flag: string, text: string): number[] {
  const list = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (list.some((x) => !Number.isInteger(x) || x < 0))
    throw new InvalidArgumentError(
      `--${flag} is ${JSON.stringify(text)}; expected whole numbers, as in 4,4,5`,
    );
  return list;
}

/** Radices of the flag, or those of n points. */
export function radicesOf(flags: FlagValues, n: number): number[] {
  const text = flags.maybeText('radices');
  if (text === undefined) return defaultRadices(n);
  const radices = listOf('radices', text);
  const product = radices.reduce((a, b) => a * b, 1);
  if (product !== n)
    throw new InvalidArgumentError(`--radices ${text} multiply to ${product}; expected ${n}`);
  return radices;
}

function modelOfFlags(flags: FlagValues, radices: readonly number[], real: boolean): Model {
  const head = (flags.maybeText('head') ?? (real ? 'real' : 'complex')) as Model['head'];
  const parametrization = (flags.maybeText('parametrization') ??
    (head === 'real' ? 'widely-linear' : 'free')) as Parametrization;
  const permutation = flags.maybeText('permutation') ?? 'digit-reversal';
  const network: NetworkSpec = {
    n: radices.reduce((a, b) => a * b, 1),
    input: 'complex',
    direction: 'forward',
    norm: 'ortho',
    decimation: 'time',
    permutation: permutation === 'fold' ? foldTable(radices) : (permutation as 'digit-reversal' | 'identity'),
    stages: radices.map((radix) => ({ radix, parametrization })),
    split: 'exact',
  };
  return chainModel([network], head);
}

function subjectOfFile(path: string, flags: FlagValues): FitSubject {
  const { matrix } = decodeTables(readBytes(path), path, ['matrix']);
  const [n, columns] = matrix.shape;
  if (n !== columns)
    throw new InvalidArgumentError(`${path}: a matrix of ${n} x ${columns}; expected a square one`);
  const radices = radicesOf(flags, n);
  if (frobenius(matrix) === 0) throw new InvalidArgumentError(`${path}: every entry is zero`);
  const model = modelOfFlags(
    flags,
    radices,
    matrix.im.every((x) => x === 0),
  );
  return {
    name: path,
    radices,
    model,
    target: { matrix: { n, re: matrix.re, im: matrix.im } },
    known: false,
  };
}

function subjectOfExamples(path: string, flags: FlagValues): FitSubject {
  const { input, output } = decodeTables(readBytes(path), path, ['input', 'output']);
  const n = input.shape[1];
  if (output.shape.join() !== input.shape.join())
    throw new InvalidArgumentError(
      `${path}: inputs [${input.shape.join(', ')}] and outputs [${output.shape.join(', ')}]; expected one shape [pairs, n]`,
    );
  const radices = radicesOf(flags, n);
  const real = input.im.every((x) => x === 0) && output.im.every((x) => x === 0);
  return {
    name: `pairs of ${path}`,
    radices,
    model: modelOfFlags(flags, radices, real),
    target: { examples: pairsOfRows(n, input, output) },
    known: false,
  };
}

/** The subject of size n, where the flags name no file. */
export function subjectOf(operand: string | undefined, n: number | undefined, flags: FlagValues): FitSubject {
  const examples = flags.maybeText('examples');
  const alone = 'is given for a file, which has its own; expected it with a named target only';
  if (examples !== undefined) {
    if (operand !== undefined)
      throw new InvalidArgumentError(`both ${operand} and --examples ${examples} are given; expected one`);
    flags.refuse(['n', 'shuffle'], alone);
    return subjectOfExamples(examples, flags);
  }
  if (operand === undefined)
    throw new InvalidArgumentError(
      `no target given; expected ${targetNames.join(', ')}, the path of a matrix, or --examples`,
    );
  if (!(targetNames as string[]).includes(operand)) {
    if (/\.(npy|safetensors|json)$/i.test(operand) || existsSync(operand)) {
      flags.refuse(['n', 'shuffle'], alone);
      return subjectOfFile(operand, flags);
    }
    throw new InvalidArgumentError(
      `target is ${JSON.stringify(operand)}${suggestion(operand, targetNames)}; expected ${targetNames.join(', ')}, or a .npy, .safetensors or .json file`,
    );
  }
  flags.refuse(
    ['permutation', 'head'],
    `is given for ${operand}, which has its own; expected it with a file only`,
  );
  if (n === undefined) throw new InvalidArgumentError('--n is missing; expected the transform size');
  const radices = radicesOf(flags, n);
  const shuffle = flags.maybeNumber('shuffle');
  const { name, model, matrix } = targetModel(
    operand,
    radices,
    flags.maybeText('parametrization') as Parametrization | undefined,
    shuffle,
  );
  return { name, radices, model, target: { matrix }, known: true };
}

export const parametrizationChoices = parametrizations.filter((p) => p !== 'exact');
