/** papilio certify: a proven bound of the error of a learned transform, for people and as JSON for a second program. */
import { basename } from 'node:path';
import { UnsupportedError } from '../errors.ts';
import { oneOf } from '../options.ts';
import * as learn from '../learn.ts';
import { flag, known, type Command, type FlagsOf, type Given } from './args.ts';
import { hashOf, readBytes } from './files.ts';
import { readModelFile, type FormedModel } from './model-file.ts';
import type { Output } from './output.ts';

const number = (x: number): string => x.toExponential(4);

/** The network of a file. Throws UnsupportedError, naming the file, if it has no single one, or more than that. */
function networkOfFile(path: string, { model, values }: FormedModel): learn.TransformModel {
  const networks = learn.networksOf(model);
  if (networks.length > 1)
    throw new UnsupportedError(
      `${path}: a product of ${networks.length} chains; expected one network, which a certificate is for`,
    );
  if (model.parts.length > 1)
    throw new UnsupportedError(
      `${path}: a network with a corrector or a mask behind it; expected a network alone, which a certificate is for`,
    );
  return { network: networks[0], values: learn.networkValues(model, values) };
}

const certificateText = (path: string, c: learn.Certificate): string =>
  [
    `${path}: ${c.n} points, ${c.input} input, ${c.target}, norm ${c.norm}, compiled for ${c.dtype}`,
    `proven: ||error|| <= ${number(c.tau)} ||x|| for every x (${number(c.tau / c.targetNorm)} of the transform's norm)`,
    `attained: ${number(c.attained)} ||x||${c.attained > 0 ? `; the bound is ${(c.tau / c.attained).toFixed(4)} times that` : ''}`,
    `worst bin: ${c.worstBin}, ${number(c.worstBinError)} ||x||`,
    `rounding of the ${c.dtype} program adds at most ${number(c.roundingBound)} ||x||`,
  ].join('\n');

const roundTripText = (path: string, r: learn.RoundTripOperator): string =>
  [
    `${path}: encoder and decoder of ${r.n} ${r.input} points, compiled for f64, without a mask`,
    `proven: ||D E x - x|| <= ${number(r.tau)} ||x|| for every x`,
    `attained: ${number(r.attained)} ||x||; RMS over Gaussian signals ${number(r.relativeL2)} ||x||`,
    `rounding of the f64 program adds at most ${number(r.roundingBound)} ||x||`,
  ].join('\n');

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const [path] = operands;
  const file = readModelFile(path, ['transform', 'chain', 'encoder-decoder']);
  const source = { checkpoint: basename(path), sha256: hashOf(readBytes(path)) };
  if (file.kind === 'encoder-decoder') {
    given.refuse(['target', 'dtype'], `is given for ${path}, a round trip; expected it for a transform`);
    const operator = learn.roundTripOperator(file.model, file.values);
    output.json({ ...source, ...operator });
    return output.print(roundTripText(path, operator));
  }
  const model = networkOfFile(path, file);
  const own = learn.chainTargetNames.find((name) => name === file.report['target']);
  const { dtype, target = own } = flags;
  const certificate = learn.certify(model, { dtype, ...known({ target }) });
  output.json({ ...source, ...certificate });
  output.print(certificateText(path, certificate));
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  target: flag.of(
    'what the network should compute (default what it was fitted to; dft, or idft for an inverse one)',
    oneOf(learn.chainTargetNames),
  ),
  dtype: flag.of('format of the program: its tables are rounded to it', oneOf(['f32', 'f64']), 'f64'),
};

export const certifyCommand: Command<typeof flags> = {
  name: 'certify',
  operands: '<checkpoint>',
  needs: 'no checkpoint given; expected the path of a transform.safetensors',
  operandLimit: 1,
  summary: 'proven bound of the error of a transform, chain or round trip of up to 4096 points',
  examples: ['certify my-dft/model.safetensors --json certificate.json', 'certify pair/model.safetensors'],
  flags,
  run,
};
