/**
 * A transform network with what stands behind its spectrum: a corrector, then a mask of bins. The graph, and its cost.
 */
import { InvalidArgumentError } from '../errors.ts';
import { countPer, type OperationCount, type Program } from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { argument, exprCarrier as k } from '../ir/expr.ts';
import { constant, input, loop, type ComplexTensor, type Graph } from '../ir/graph.ts';
import { rows, type ComplexView } from '../ir/view.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { binCount, spectrum, type NetworkSpec } from '../model/network.ts';
import { frozen, type Provide } from '../model/parametrization.ts';
import { correctedSpectrum, type Corrector } from './correctors.ts';

/** A network and what stands behind its spectrum: a corrector, then a mask of bins that are kept (1) or zero and not computed (0). */
export interface CorrectedTransform {
  readonly network: NetworkSpec;
  readonly values: ParameterValues;
  readonly corrector: Corrector;
  /** [bins] of 0 and 1; absent: all are kept. */
  readonly mask?: Uint8Array;
}

/** Bins that a mask leaves out, as zeros. */
function masked(x: ComplexTensor, mask: Uint8Array | undefined, bins: number, lanes: number): ComplexTensor {
  if (!mask) return x;
  const kept = constant([bins], mask);
  const access = { offset: 0, terms: [lanes, 1] };
  const [re, im] = loop({
    label: 'mask',
    space: [bins, lanes],
    loads: [
      { tensor: x.re, access },
      { tensor: x.im, access },
      { tensor: kept, access: { offset: 0, terms: [1, 0] } },
    ],
    body: [k.mul(argument(2), argument(0)), k.mul(argument(2), argument(1))],
    stores: [0, 1].map((result) => ({ result, access, combine: 'store' })),
    shapes: [
      [bins, lanes],
      [bins, lanes],
    ],
  });
  return { re, im };
}

/** The spectrum [bins (+ spare rows), lanes] of a transform with all that stands behind it. */
export function correctedTransform(
  { network, values, corrector, mask }: CorrectedTransform,
  source: ComplexView,
  lanes: number,
  provide: Provide = frozen({ ...values, ...corrector.values }),
): ComplexTensor {
  const bins = binCount(network);
  const x = spectrum(network, source, { lanes, provide });
  return masked(correctedSpectrum(corrector.spec, x, bins, lanes, provide), mask, bins, lanes);
}

/** Inputs `re` (and `im`) [n, lanes] of a network. */
export function sourceOf({ n, input: kind }: NetworkSpec, lanes: number): ComplexView {
  const re = rows(input('re', [n, lanes]), lanes);
  return kind === 'real' ? { re } : { re, im: rows(input('im', [n, lanes]), lanes) };
}

/** Inputs as `sourceOf` says, outputs `outRe` and `outIm`. */
export const transformGraphOf = (t: CorrectedTransform, lanes: number): Graph => {
  const { re, im } = correctedTransform(t, sourceOf(t.network, lanes), lanes);
  return { outputs: { outRe: re, outIm: im } };
};

/** The float32 program of `lanes` transforms at once. */
export function transformProgram(t: CorrectedTransform, lanes: number): Program {
  const read = binCount(t.network) * lanes;
  return compileGraph(transformGraphOf(t, lanes), { dtype: 'f32', live: { outRe: read, outIm: read } });
}

const countedLanes = 4;

/** Real operations per transform of the compiled float32 program. */
export const transformCost = (t: CorrectedTransform): OperationCount =>
  countPer(transformProgram(t, countedLanes), countedLanes);

export const identityCorrector = (network: NetworkSpec): Corrector => ({
  spec: { kind: 'identity' },
  bins: binCount(network),
  values: {},
});

/** A teacher's own factors of its bins, values.gain [bins, 2], as a corrector. */
function gainsOf(network: NetworkSpec, values: ParameterValues): Corrector {
  const { gain } = values;
  const bins = binCount(network);
  if (!gain) return identityCorrector(network);
  if (gain.length !== 2 * bins)
    throw new InvalidArgumentError(`gain has ${gain.length} numbers; expected ${2 * bins}, a pair per bin`);
  return { spec: { kind: 'banded', radius: 0 }, bins, values: { 'corrector.band': gain } };
}

/** Teacher: a trained network with its gains (`values.gain`) as a banded corrector of radius 0. */
export const teacherTransform = (
  network: NetworkSpec,
  values: ParameterValues,
  mask?: Uint8Array,
): CorrectedTransform => ({
  network,
  values,
  corrector: gainsOf(network, values),
  ...(mask ? { mask } : {}),
});
