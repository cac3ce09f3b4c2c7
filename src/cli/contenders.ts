/** The four front ends a learned kernel is compared with, their test errors, and their times in one interleaved run. */
import { backendByName, compileGraph, measure, type Contender } from '../compiler.ts';
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
import { operationsOf, timedFront } from './front-times.ts';
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

/** What is known of a front end before it is timed, and what is timed of it: its transform, and all of it. */
interface Prepared extends Pick<Row, 'name' | 'mul' | 'add' | 'transformOperations'> {
  readonly timed: readonly [transform: Contender, frame: Contender];
  readonly features: (samples: Float64Array) => ArrayLike<number>;
}

function prepareModel(name: string, model: FrontEnd, signal: Float64Array): Prepared {
  const wasm = backendByName('wasm');
  const front = compileFrontEnd(model, wasm);
  const program = compileGraph(transformGraph(model), { dtype: 'f32', reserve: { samples: signal.length } });
  const transform = wasm.instantiate(program);
  const perRun = framesOfRun(model);
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

function prepareFftjs(head: HeadConfig, signal: Float64Array): Prepared {
  const { features, transform } = fftjsFeatures(head);
  const run = (): void => {
    for (let f = 0; f < timedFrames; f++) transform(signal, f * head.hop);
  };
  const frames = Math.max(1, resultCount(head, signal.length)) * averagedFrames(head);
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
    ...models.map(({ name, model }) => prepareModel(name, model, signal)),
    prepareFftjs(head, signal),
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
      error: featureError(test, own, targets, head, places),
    };
  });
}
