/** The four front ends a learned kernel is compared with, their test errors, and their times in one interleaved run. */
import { backendByName, compileGraph, countProgram, measure, viewOf, type Contender } from '../compiler.ts';
import {
  compileFrontEnd,
  featureError,
  framesOfRun,
  transformGraph,
  type ErrorPlaces,
  type FeatureError,
  averagedFrames,
  resultCount,
  type HeadConfig,
  type Recording,
  type FrontEnd,
} from '../front.ts';
import { timedFront } from './front-times.ts';
import { fftjsFeatures } from './fftjs.ts';

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
  readonly error: FeatureError;
}

/** Frames of one timed call. */
const timedFrames = 256;

interface Prepared {
  readonly mul: number | null;
  readonly add: number | null;
  readonly transformOperations: number | null;
  readonly transform: () => void;
  readonly frame: () => void;
  /** Frames of a call of `frame`. */
  readonly frames: number;
  readonly features: (samples: Float64Array) => ArrayLike<number>;
}

function prepareModel(model: FrontEnd, signal: Float64Array): Prepared {
  const wasm = backendByName('wasm');
  const front = compileFrontEnd(model, wasm);
  const program = compileGraph(transformGraph(model), { dtype: 'f32', reserve: { samples: signal.length } });
  const transform = wasm.instantiate(program);
  const count = countProgram(program);
  const perRun = framesOfRun(model);
  viewOf(transform, 'samples').set(signal);
  const { hop } = model.head;
  const timed = timedFront(model, front, signal);
  return {
    mul: front.perFrame.mul,
    add: front.perFrame.add,
    transformOperations: (count.mul + count.add) / perRun,
    transform: () => {
      transform.run(Math.ceil(timedFrames / perRun), perRun * hop);
    },
    frame: timed.run,
    frames: timed.units,
    features: (samples) => front.features(samples),
  };
}

function prepareFftjs(head: HeadConfig, signal: Float64Array): Prepared {
  const { features, transform } = fftjsFeatures(head);
  return {
    mul: null,
    add: null,
    transformOperations: null,
    transform: () => {
      for (let f = 0; f < timedFrames; f++) transform(signal, f * head.hop);
    },
    frame: () => void features(signal),
    frames: Math.max(1, resultCount(head, signal.length)) * averagedFrames(head),
    features,
  };
}

/** Compare models of one head and fft.js on test recordings whose exact features are `targets`, by errors that count at `places`. */
export function compareFrontEnds(
  models: readonly { name: string; model: FrontEnd }[],
  test: readonly Recording[],
  targets: readonly Float64Array[],
  places?: ErrorPlaces,
): Row[] {
  const { head } = models[0].model;
  const length = (timedFrames - 1) * head.hop + head.nFft;
  const source = test[0].samples;
  const signal = Float64Array.from({ length }, (_, i) => source[i % source.length]);
  const prepared = [
    ...models.map(({ name, model }) => ({ name, ...prepareModel(model, signal) })),
    { name: 'fft.js, same head', ...prepareFftjs(head, signal) },
  ];
  const contenders: Contender[] = prepared.flatMap((p) => [
    { name: `${p.name} transform`, run: p.transform, units: timedFrames },
    { name: `${p.name} frame`, run: p.frame, units: p.frames },
  ]);
  const timings = measure(contenders);
  return prepared.map((p, i) => ({
    name: p.name,
    mul: p.mul,
    add: p.add,
    transformOperations: p.transformOperations,
    nsTransform: timings[2 * i].ns,
    nsTransformSpread: timings[2 * i].spread,
    nsPerFrame: timings[2 * i + 1].ns,
    nsPerFrameSpread: timings[2 * i + 1].spread,
    error: featureError(
      test,
      test.map((r) => p.features(r.samples)),
      targets,
      head,
      places,
    ),
  }));
}
