/** Front ends in every place that takes a head, and compiled with what there is to know of the program. */
import type { Backend, HostExecutable, FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { tableBytesOf, type Dtype, type OperationCount, type Program } from '../compiler/kernel.ts';
import { frameProgram, programOf, type FrontProgram } from '../plans/feature-graphs.ts';
import { Extractor, requireHeldNumbers } from '../plans/features.ts';
import { isExactFront, resultsOfRun, type FrontEnd } from './front-end.ts';
import { inferenceGraph } from './graphs.ts';
import { tableCoder, type TableQuantization } from './quantize.ts';
import { averagedFrames, framingOf, requireTrainable } from './spectral-head.ts';
import { validateFrontEnd } from './validate.ts';

/** A compiled front end. */
export interface CompiledFrontEnd {
  readonly program: Program;
  readonly executable: HostExecutable;
  /** Real operations per frame, from the compiled program: everything included. */
  readonly perFrame: OperationCount;
  readonly tableBytes: number;
  /** Features [results, width] of a signal, as `features(frontProgram(front)).run` gives them. */
  features(samples: ArrayLike<number>): FloatArray;
}

/**
 * A front end as `features`, `stream` and `featureTransform` take it, its tables as codes of fewer bits where wanted: one of
 * `tableFormats` of papilio/learn. One whose head averages gives a result for each of the clips of `fit` samples that follow one another.
 * Throws InvalidArgumentError for what is no front end, tables of an unknown format, a head that is not possible, or one that no transform but its own can serve.
 */
export function frontProgram(front: FrontEnd, tables?: TableQuantization): FrontProgram {
  validateFrontEnd(front);
  const { head } = front;
  const coded = tables === undefined ? {} : { tables: tableCoder(tables) };
  if (isExactFront(front) && head.average === 'none') return { ...programOf(head), ...coded };
  requireTrainable(head);
  const own = frameProgram(head, resultsOfRun(front), () => inferenceGraph(front));
  if (head.average === 'none') return { ...own, ...coded };
  const clips = { framing: framingOf(head), averaged: averagedFrames(head), inner: own.width, finish: null };
  return { ...own, ...clips, ...coded };
}

/** Compile a front end, on WebAssembly where it works unless another backend is named; its tables as codes of fewer bits where wanted. */
export function compileFrontEnd(
  front: FrontEnd,
  backend: Backend = defaultBackend(),
  dtype: Dtype = 'f32',
  tables?: TableQuantization,
): CompiledFrontEnd {
  const made = frontProgram(front, tables);
  requireHeldNumbers(made.head, dtype);
  // One program for all backends, which give its bits.
  const options = { dtype, backend, vectors: true };
  const extractor = new Extractor(made, options);
  const { executable } = extractor;
  const { program } = executable;
  return {
    program,
    executable,
    perFrame: extractor.report.perFrame,
    tableBytes: tableBytesOf(program).stored,
    features: (samples) => extractor.run(samples).data,
  };
}
