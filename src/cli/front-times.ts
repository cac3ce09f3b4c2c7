/** Times of front ends, all interleaved in one run, and their operations: those of a search, and a learned one beside its rivals. */
import { join } from 'node:path';
import FFT from 'fft.js';
import * as frontEnds from '../front.ts';
import type { FrontRow } from './front-row.ts';
import {
  compileGraph,
  countProgram,
  backendByName,
  machineNames,
  measure,
  viewOf,
  type Contender,
  type Machine,
} from '../compiler.ts';
import { known } from './args.ts';
import { decodeFrontEnd } from '../files.ts';
import { readBytes } from './files.ts';

const wasm = backendByName('wasm');

/** Frames of one timed call. */
const timedFrames = 256;

/** Interleaved samples of each front end's time. */
const timedSamples = 21;

/** A timed call of a front end over a signal that is repeated as often as needed; `units` are its frames. */
function timedFront(
  model: frontEnds.FrontEnd,
  { executable }: frontEnds.CompiledFrontEnd,
  samples: ArrayLike<number>,
): { readonly run: () => void; readonly units: number } {
  const { head } = model;
  const signal = viewOf(executable, 'samples');
  for (let j = 0; j < signal.length; j++) signal[j] = samples[j % samples.length];
  const frames = frontEnds.averagedFrames(head);
  const perRun = frontEnds.resultsOfRun(model);
  const runs = Math.max(1, Math.floor(timedFrames / (perRun * frames)));
  return {
    run: () =>
      executable.run(runs, perRun * frontEnds.framingOf(head).hop, perRun * frontEnds.headWidth(head)),
    units: runs * perRun * frames,
  };
}

/** Operations per frame of the transform alone: with windows and filters, and without multiplications by windows. */
function operationsOf(model: frontEnds.FrontEnd): { transform: number; fft: number } {
  const count = countProgram(compileGraph(frontEnds.transformGraph(model), { dtype: 'f32' }));
  const transform = (count.mul + count.add) / frontEnds.framesOfRun(model);
  return { transform, fft: transform - frontEnds.windowMultiplications(model) };
}

/** Models of one head compiled, their operations and nanoseconds per frame, and those of the exact one among them. */
export function measuredFronts(models: readonly frontEnds.FrontEnd[], samples: ArrayLike<number>, exact = 0) {
  const fronts = models.map((m) => frontEnds.compileFrontEnd(m, wasm));
  const timings = measure(
    fronts.map((front, i) => ({ name: String(i), ...timedFront(models[i], front, samples) })),
    { samples: timedSamples, sampleMs: 5, warmupMs: 60 },
  );
  const own = fronts.map(({ perFrame }, i) => {
    const { transform, fft } = operationsOf(models[i]);
    const operations = perFrame.mul + perFrame.add;
    return { operations, transformOperations: transform, fftOperations: fft, nsPerFrame: timings[i].ns };
  });
  const shared = {
    exactOperations: own[exact].operations,
    exactTransformOperations: own[exact].transformOperations,
    exactFftOperations: own[exact].fftOperations,
    exactNsPerFrame: own[exact].nsPerFrame,
  };
  return fronts.map((front, i) => ({ front, counts: { ...own[i], ...shared } }));
}

/** The target of a row's search. */
const machineOf = ({ settings }: FrontRow): Machine | undefined =>
  machineNames.find((name) => name === settings?.['target']);

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
  const exact = known.findIndex((r) => r.kind === 'exact');
  if (exact < 0) return [...rows];
  const models = known.map(({ files }) => {
    const path = join(folder, files[0]);
    return decodeFrontEnd(readBytes(path), path);
  });
  const measured = measuredFronts(models, samples, exact);
  const { counts } = measured[exact];
  return rows.map((r) => {
    const at = known.indexOf(r);
    if (at >= 0) return { ...r, ...measured[at].counts, ...(r.needs && needsOn(models[at], machineOf(r))) };
    return {
      ...r,
      ...counts,
      // Products first: what has not changed stays to the bit.
      operations: (r.operations * counts.operations) / r.exactOperations,
      transformOperations: (r.transformOperations * counts.transformOperations) / r.exactTransformOperations,
      fftOperations: (r.fftOperations * counts.fftOperations) / r.exactFftOperations,
      nsPerFrame: r.nsPerFrame,
    };
  });
}

export interface Row {
  readonly name: string;
  /** Real multiplications and additions per frame, whole front end; null where they are not counted. */
  readonly mul: number | null;
  readonly add: number | null;
  readonly transformOperations: number | null;
  readonly nsTransform: number;
  readonly nsTransformSpread: number;
  readonly nsPerFrame: number;
  readonly nsPerFrameSpread: number;
  readonly error: frontEnds.FeatureError;
  /** Of the target; absent where that is not counted. */
  readonly needs?: frontEnds.Needs;
}

/** What is known of a front end before it is timed, and what is timed of it: its transform, and all of it. */
interface Prepared extends Pick<Row, 'name' | 'mul' | 'add' | 'transformOperations' | 'needs'> {
  readonly timed: readonly [transform: Contender, frame: Contender];
  readonly features: (samples: Float64Array) => ArrayLike<number>;
}

function prepareModel(name: string, model: frontEnds.FrontEnd, signal: Float64Array): Prepared {
  const front = frontEnds.compileFrontEnd(model, wasm);
  const program = compileGraph(frontEnds.transformGraph(model), {
    dtype: 'f32',
    reserve: { samples: signal.length },
  });
  const transform = wasm.instantiate(program);
  const perRun = frontEnds.framesOfRun(model);
  transform.write('samples', signal);
  const run = (): void => void transform.run(Math.ceil(timedFrames / perRun), perRun * model.head.hop);
  const { mul, add } = front.perFrame;
  return {
    name,
    mul,
    add,
    transformOperations: operationsOf(model).transform,
    timed: [
      { name: `${name} transform`, run, units: timedFrames },
      { name: `${name} frame`, ...timedFront(model, front, signal) },
    ],
    features: (samples) => front.features(samples),
  };
}

/** What a front end takes of a target. */
export const needsOn = (
  model: frontEnds.FrontEnd,
  target: Machine = 'wasm',
): { readonly needs?: frontEnds.Needs } =>
  known({ needs: frontEnds.frontEndNeeds(frontEnds.levelsFront(model), target) ?? undefined });

/** The baseline in plain JavaScript: fft.js with the same window, filterbank, logarithm and cepstrum; tables and buffers made once. */
function prepareFftjs(head: frontEnds.HeadConfig, signal: Float64Array): Prepared {
  const fft = new FFT(head.nFft);
  const window = frontEnds.headWindow(head);
  const frame = new Array<number>(head.nFft).fill(0);
  const spectrum = fft.createComplexArray();
  const features = frontEnds.featuresByPowers(head, (windowed, powers) => {
    fft.realTransform(spectrum, windowed);
    for (let k = 0; k < powers.length; k++) powers[k] = spectrum[2 * k] ** 2 + spectrum[2 * k + 1] ** 2;
  });
  const run = (): void => {
    for (let f = 0; f < timedFrames; f++) {
      for (let j = 0; j < head.nFft; j++) frame[j] = signal[f * head.hop + j] * window[j];
      fft.realTransform(spectrum, frame);
    }
  };
  const frames = Math.max(1, frontEnds.resultCount(head, signal.length)) * frontEnds.averagedFrames(head);
  return {
    name: 'fft.js, same head',
    mul: null,
    add: null,
    transformOperations: null,
    timed: [
      { name: 'fft.js transform', run, units: timedFrames },
      { name: 'fft.js frame', run: () => void features(signal), units: frames },
    ],
    features,
  };
}

/**
 * Compare models of one head and, where it has the size, fft.js on test recordings whose exact levels are `targets`, by errors that count
 * at the places of a job, and what they take of its target.
 */
export function compareFrontEnds(
  given: readonly { name: string; model: frontEnds.FrontEnd }[],
  test: readonly frontEnds.Recording[],
  targets: readonly Float64Array[],
  { places, target }: Pick<frontEnds.LearnOptions, 'places' | 'target'> = {},
): Row[] {
  const models = given.map(({ name, model }) => ({ name, model: frontEnds.levelsFront(model) }));
  const { head } = models[0].model;
  const length = (timedFrames - 1) * head.hop + head.nFft;
  const source = test[0].samples;
  const signal = Float64Array.from({ length }, (_, i) => source[i % source.length]);
  const prepared = [
    ...models.map(({ name, model }) => ({ ...prepareModel(name, model, signal), ...needsOn(model, target) })),
    // fft.js has no other sizes.
    ...(Number.isInteger(Math.log2(head.nFft)) ? [prepareFftjs(head, signal)] : []),
  ];
  const timings = measure(prepared.flatMap((p) => p.timed));
  return prepared.map(({ timed: _, features, ...row }, i) => {
    const [transform, frame] = timings.slice(2 * i);
    const own = test.map((r) => features(r.samples));
    return {
      ...row,
      nsTransform: transform.ns,
      nsTransformSpread: transform.spread,
      nsPerFrame: frame.ns,
      nsPerFrameSpread: frame.spread,
      error: frontEnds.featureError(test, own, targets, head, places),
    };
  });
}
