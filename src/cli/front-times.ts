/** Times of the front ends of a search, whole front end per frame, all interleaved in one run; and their operations. */
import { join } from 'node:path';
import {
  averagedFrames,
  framesOfRun,
  transformGraph,
  windowMultiplications,
  compileFrontEnd,
  headWidth,
  resultHop,
  resultsOfRun,
  type CompiledFrontEnd,
  type FrontEnd,
} from '../front.ts';
import type { FrontRow } from './front-row.ts';
import { compileGraph, countProgram, backendByName, measure, viewOf } from '../compiler.ts';
import { decodeFrontEnd } from '../files.ts';
import { readBytes } from './files.ts';

const wasm = backendByName('wasm');

/** Frames of one timed call. */
const timedFrames = 256;
/** Interleaved samples of each front end's time. */
const timedSamples = 21;

/** A timed call of a front end over a signal that is repeated as often as needed; `units` are its frames. */
export function timedFront(
  model: FrontEnd,
  { executable }: CompiledFrontEnd,
  samples: ArrayLike<number>,
): { readonly run: () => void; readonly units: number } {
  const { head } = model;
  const signal = viewOf(executable, 'samples');
  for (let j = 0; j < signal.length; j++) signal[j] = samples[j % samples.length];
  const frames = averagedFrames(head);
  const perRun = resultsOfRun(model);
  const runs = Math.max(1, Math.floor(timedFrames / (perRun * frames)));
  return {
    run: () => executable.run(runs, perRun * resultHop(head), perRun * headWidth(head)),
    units: runs * perRun * frames,
  };
}

/** Nanoseconds per frame of compiled models of one head, medians, over a signal that is repeated as often as needed. */
export function timeFrontEnds(
  models: readonly FrontEnd[],
  fronts: readonly CompiledFrontEnd[],
  samples: ArrayLike<number>,
): number[] {
  const timings = measure(
    fronts.map((front, i) => ({ name: String(i), ...timedFront(models[i], front, samples) })),
    { samples: timedSamples, sampleMs: 5, warmupMs: 60 },
  );
  return timings.map((t) => t.ns);
}

/** Operations per frame of the transform alone: with windows and filters, and without multiplications by windows. */
export function operationsOf(model: FrontEnd): { transform: number; fft: number } {
  const count = countProgram(compileGraph(transformGraph(model), { dtype: 'f32' }));
  const transform = (count.mul + count.add) / framesOfRun(model);
  return { transform, fft: transform - windowMultiplications(model) };
}

/**
 * Rows of one search with times and operations measured again, from the models beside them; those without a model keep their
 * parts of the exact one.
 */
export function remeasured(
  rows: readonly FrontRow[],
  folder: string,
  samples: ArrayLike<number>,
): FrontRow[] {
  const known = rows.filter((r) => r.files.length > 0);
  const models = known.map(({ files }) => {
    const path = join(folder, files[0]);
    return decodeFrontEnd(readBytes(path), path);
  });
  const fronts = models.map((m) => compileFrontEnd(m, wasm));
  const times = timeFrontEnds(models, fronts, samples);
  const counts = models.map((model, i) => ({
    operations: fronts[i].perFrame.mul + fronts[i].perFrame.add,
    transformOperations: operationsOf(model).transform,
    fftOperations: operationsOf(model).fft,
  }));
  const exact = known.findIndex((r) => r.kind === 'exact');
  if (exact < 0) return [...rows];
  const shared = {
    exactOperations: counts[exact].operations,
    exactTransformOperations: counts[exact].transformOperations,
    exactFftOperations: counts[exact].fftOperations,
    exactNsPerFrame: times[exact],
  };
  return rows.map((r) => {
    const at = known.indexOf(r);
    if (at >= 0) return { ...r, ...shared, ...counts[at], nsPerFrame: times[at] };
    return {
      ...r,
      ...shared,
      operations: (r.operations / r.exactOperations) * shared.exactOperations,
      transformOperations:
        (r.transformOperations / r.exactTransformOperations) * shared.exactTransformOperations,
      fftOperations: (r.fftOperations / r.exactFftOperations) * shared.exactFftOperations,
    };
  });
}
