/** papilio certify: a proven bound of the error of a transform checkpoint, for people and as JSON for a second program. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { certify, chainTargetNames, decodeTransform, type ChainTargetName, type Dtype } from '../index.ts';
import type { Command, FlagValues } from './args.ts';
import { readBytes, writeAtomic } from './files.ts';

async function run(operands: string[], flags: FlagValues): Promise<void> {
  const [path, extra] = operands;
  if (path === undefined)
    throw new InvalidArgumentError('no checkpoint given; expected the path of a transform.safetensors');
  if (extra !== undefined) throw new InvalidArgumentError(`${extra}: expected one checkpoint`);
  const bytes = readBytes(path);
  const model = decodeTransform(bytes, path);
  const target = flags.maybeText('target') as ChainTargetName | undefined;
  const certificate = certify(model, { dtype: flags.text('dtype') as Dtype, ...(target ? { target } : {}) });
  const file = flags.maybeText('json');
  if (file !== undefined) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    writeAtomic(file, `${JSON.stringify({ checkpoint: basename(path), sha256, ...certificate }, null, 1)}\n`);
  }
  const { tau, attained, targetNorm, worstBin, worstBinError, roundingBound } = certificate;
  const number = (x: number): string => x.toExponential(4);
  process.stdout.write(
    [
      `${path}: ${certificate.n} points, ${certificate.input} input, ${certificate.target}, norm ${certificate.norm}, compiled for ${certificate.dtype}`,
      `proven: ||error|| <= ${number(tau)} ||x|| for every x (${number(tau / targetNorm)} of the transform's norm)`,
      `attained: ${number(attained)} ||x||${attained > 0 ? `; the bound is ${(tau / attained).toFixed(4)} times that` : ''}`,
      `worst bin: ${worstBin}, ${number(worstBinError)} ||x||`,
      `rounding of the ${certificate.dtype} program adds at most ${number(roundingBound)} ||x||`,
      '',
    ].join('\n'),
  );
}

export const certifyCommand: Command = {
  name: 'certify',
  operands: '<checkpoint>',
  summary: 'proven bound of the error of a transform checkpoint of up to 4096 points',
  flags: {
    target: {
      kind: 'string',
      choices: chainTargetNames,
      help: 'what the network should compute; dft, or idft for an inverse one, if not given',
    },
    dtype: {
      kind: 'string',
      default: 'f64',
      choices: ['f32', 'f64'],
      help: 'number format of the compiled program: its tables are rounded to it',
    },
    json: { kind: 'string', help: 'write the certificate to this file; scripts/certify.py checks it' },
  },
  run,
};
