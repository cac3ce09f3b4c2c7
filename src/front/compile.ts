/** A spectral model compiled for signals of any length. */
import { inferenceGraph } from './graphs.ts';
import { headWidth } from '../spectral/banks.ts';
import { InvalidArgumentError } from '../errors.ts';
import { viewOf, type Backend, type HostExecutable, type FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { countPer, tableBytesOf, type Dtype, type OperationCount, type Program } from '../compiler/kernel.ts';
import { newArray } from '../compiler/number-format.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { copySamples, firstUnusable } from '../numeric/samples.ts';
import { arrayOf } from '../plans/compiled.ts';
import type { FrontProgram } from '../plans/feature-graphs.ts';
import { largestSampleOf } from '../plans/features.ts';
import { headFrequencies, type HeadConfig } from '../spectral/head.ts';
import { quantize, type TableQuantization } from './quantize.ts';
import { averagedFrames, requireTrainable, resultCount, resultHop, resultSamples } from './spectral-head.ts';
import { framesOfRun, resultsOfRun, type FrontEnd } from './front-end.ts';

/** A compiled front end. */
export interface CompiledFrontEnd {
  readonly program: Program;
  readonly executable: HostExecutable;
  /** Real operations per frame, from the compiled program: everything included. */
  readonly perFrame: OperationCount;
  readonly tableBytes: number;
  /**
   * Features [results, width] of a signal: one result per frame, 1 + floor((samples - nFft) / hop) of them, or one per clip of a
   * head that averages. Throws InvalidArgumentError for fewer samples than a result needs, and for one that is not finite or whose
   * power would not be (naming sample, frame and time).
   */
  features(samples: ArrayLike<number>): FloatArray;
}

/** Frames handled by one copy in and out of the program's memory. */
const blockFrames = 256;

function refuseSample(sample: number, value: number, { hop, sampleRate }: HeadConfig, limit: number): never {
  const [frame, seconds] = [Math.floor(sample / hop), (sample / sampleRate).toFixed(3)];
  throw new InvalidArgumentError(
    `sample ${sample} is ${value} (frame ${frame}, ${seconds} s); expected a finite number below ${limit.toPrecision(3)}`,
  );
}

/**
 * A learned front end as `features`, `stream` and `featureTransform` take it: the same frames as `compileFrontEnd`.
 * Throws InvalidArgumentError for a head that cannot be trained, and for one that averages: its clips follow one another.
 */
export function frontProgram(model: FrontEnd): FrontProgram {
  const { head } = model;
  requireTrainable(head);
  if (head.average !== 'none')
    throw new InvalidArgumentError(
      `average is "${head.average}"; expected "none", or compileFrontEnd, which averages clip after clip`,
    );
  const width = headWidth(head);
  return {
    head,
    width,
    inner: width,
    frequencies: head.also ? new Float64Array(0) : headFrequencies(head),
    lanes: framesOfRun(model),
    graph: () => inferenceGraph(model),
    finish: null,
  };
}

/** Compile a model for inference, on WebAssembly where it works unless another backend is named; its tables as codes of fewer bits where wanted. */
export function compileFrontEnd(
  model: FrontEnd,
  backend: Backend = defaultBackend(),
  dtype: Dtype = 'f32',
  tables?: TableQuantization,
): CompiledFrontEnd {
  const { head } = model;
  const width = headWidth(head);
  const [samples, advance] = [resultSamples(head), resultHop(head)];
  const limit = largestSampleOf(head, dtype);
  const perRun = resultsOfRun(model);
  const block = Math.max(perRun, Math.floor(blockFrames / averagedFrames(head)));
  const floats = compileGraph(inferenceGraph(model), {
    dtype,
    reserve: { samples: (block - 1) * advance + samples, features: block * width },
  });
  const program = tables ? quantize(floats, tables) : floats;
  const executable = backend.instantiate(program);
  const source = arrayOf(executable, 'samples', (block - 1) * advance + samples);
  const result = viewOf(executable, 'features');
  return {
    program,
    executable,
    perFrame: countPer(program, framesOfRun(model)),
    tableBytes: tableBytesOf(program).stored,
    features(signal) {
      const count = resultCount(head, signal.length);
      if (count === 0)
        throw new InvalidArgumentError(
          `${signal.length} samples are fewer than ${samples}, ${averagedFrames(head) === 1 ? 'one frame' : `${averagedFrames(head)} frames`}`,
        );
      const out = newArray(dtype, count * width);
      for (let first = 0; first < count; first += block) {
        const n = Math.min(block, count - first);
        const from = first * advance;
        const length = (n - 1) * advance + samples;
        copySamples(signal, from, length, source);
        const bad = firstUnusable(source, 0, length, limit);
        if (bad >= 0) refuseSample(from + bad, signal[from + bad], head, limit);
        source.fill(0, length);
        executable.run(Math.ceil(n / perRun), perRun * advance, perRun * width);
        out.set(result.subarray(0, n * width), first * width);
      }
      return out;
    },
  };
}
