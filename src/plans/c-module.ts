/** An exact transform as files of C. */
import { cFiles, cOptionsOf, type CFiles, type CFunction, type COptions } from '../backends/c/c-files.ts';
import { dtypeOf, programIn } from '../backends/c/format.ts';
import { checkOptions, flag, oneOf, required, type OptionTable } from '../options.ts';
import type { BatchEnd } from './batch.ts';
import { normRule } from './compiled.ts';
import { sizeRule } from './strategy.ts';
import { planGraph, type PlanOptions } from './plan.ts';
import { targetChain } from './target-chain.ts';

/** What an exact transform in a file is. */
export type TransformOfC = Pick<PlanOptions, 'n' | 'input' | 'inverse' | 'norm'>;

const transformRules: OptionTable<TransformOfC> = {
  n: required(sizeRule),
  input: oneOf(['complex', 'real']),
  inverse: flag,
  norm: normRule,
};

/** Checked options of `owner` with their defaults. Throws InvalidArgumentError. */
export function fftOptionsOf(owner: string, options: TransformOfC): Required<TransformOfC> {
  checkOptions(owner, options, transformRules);
  const { n, input = 'complex', inverse = false, norm = 'backward' } = options;
  return { n, input, inverse, norm };
}

/** What an end of a transform is, in words. */
function onnxEndText(points: number, isReal: boolean): string {
  return isReal ? `${points} real samples` : `${points} complex numbers: re, im, re, im, ...`;
}

/** Numbers of an end of one transform. */
const lengthOf = ({ points, width }: Pick<BatchEnd, 'points' | 'width'>): number => points * width;

/** NAME(in, out, scratch): one transform; complex ends are interleaved. Throws InvalidArgumentError as `planFftSync` does. */
export function fftC(options: TransformOfC, files: COptions): CFiles {
  const checked = cOptionsOf('fftC', files);
  const { name, format, target, overwrite, vectors, lanes } = checked;
  const { n, input, inverse, norm } = fftOptionsOf('fftC', options);
  const chain = targetChain(n, input, format, target, vectors);
  const { graph, batch, transform } = planGraph({
    n,
    input,
    inverse,
    norm,
    dtype: dtypeOf(format),
    layout: 'interleaved',
    ...(chain ? { chain } : {}),
  });
  const counts = { input: lengthOf(batch.input), output: lengthOf(batch.output) };
  // Vectors write rows behind those that count.
  const [output] = Object.values(batch.output.names);
  const live = { [output]: counts.output };
  const { program, proven } = programIn(format, graph, { vectors, lanes, ...(vectors ? {} : { live }) });
  const end = (side: 'input' | 'output', as: string) => {
    const { names, points } = batch[side];
    const [buffer] = Object.values(names);
    return {
      buffer,
      name: as,
      is: onnxEndText(points, 're' in names),
      ...(vectors ? {} : { count: counts[side] }),
    };
  };
  const what = `${inverse ? 'Inverse ' : ''}DFT of ${n} ${input} samples, norm ${norm}`;
  const { chain: own } = transform;
  const how = own.kind === 'chirp' ? `a chirp of ${own.length}` : `stages of radix ${own.radices.join(', ')}`;
  const f: CFunction = {
    name,
    summary: [
      `${what}: ${how}.`,
      `out[k] = ${norm === 'backward' && !inverse ? '' : 'factor times '}sum over j of in[j] exp(${inverse ? '+' : '-'}2 pi i j k / ${n}).`,
    ],
    program,
    proven,
    overwrite,
    lanes,
    parameters: [end('input', 'in'), end('output', 'out')],
  };
  return cFiles({ name, title: [what], functions: [f] }, checked);
}
