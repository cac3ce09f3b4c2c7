/** Rows of a front: errors on test recordings, operations counted from the compiled programs, times of one interleaved run. */
import {
  backendByName,
  compileGraph,
  compileSpectralModel,
  countProgram,
  featureError,
  framesOfRun,
  measure,
  standaloneModule,
  transformGraph,
  viewOf,
  windowMultiplications,
  type FeatureError,
  type FrontPoint,
  type FrontRow,
  type LogMelConfig,
  type Recording,
  type SpectralModel,
} from '../index.ts';

interface Input {
  readonly corpus?: string;
  readonly nFft: number;
  readonly mels: number;
  readonly seed: number;
  readonly head: LogMelConfig;
  /** The exact front end first. */
  readonly learned: readonly FrontPoint[];
  readonly baselines: readonly FrontPoint[];
  readonly test: readonly Recording[];
}

/** Frames of one timed call. */
const timedFrames = 256;
/** Interleaved samples of each front end's time. */
const timedSamples = 21;

const wasm = backendByName('wasm');

function operationsOf(model: SpectralModel): { transform: number; fft: number } {
  const count = countProgram(compileGraph(transformGraph(model), { dtype: 'f32' }));
  const transform = (count.mul + count.add) / framesOfRun(model);
  return { transform, fft: transform - windowMultiplications(model) };
}

/** Every second frame of exact features, the others half way between their neighbours. */
export function interpolated(exact: ArrayLike<number>, mels: number): Float64Array {
  const out = Float64Array.from(exact);
  const frames = out.length / mels;
  for (let f = 1; f < frames; f += 2)
    for (let m = 0; m < mels; m++) {
      const before = out[(f - 1) * mels + m];
      out[f * mels + m] = f + 1 < frames ? (before + out[(f + 1) * mels + m]) / 2 : before;
    }
  return out;
}

const errorFields = (error: FeatureError): Pick<FrontRow, 'error' | 'errorP95' | 'bandErrors'> => ({
  error: error.mean,
  errorP95: error.p95,
  bandErrors: error.perBand.map((b) => Number(b.mean.toPrecision(4))),
});

/** Measure all front ends of a search. `write` stores one that has a model and returns the names of its files. */
export function measureFront(
  input: Input,
  write: (point: FrontPoint, index: number) => string[],
): FrontRow[] {
  const { corpus, head, learned, baselines, test, nFft, mels, seed } = input;
  const [exact] = learned;
  const reference = compileSpectralModel(exact.model, wasm, 'f64');
  const targets = test.map((r) => reference.logMel(r.samples));
  const points = [...learned, ...baselines];
  const fronts = points.map((p) => compileSpectralModel(p.model, wasm));
  const [source] = test;
  const timings = measure(
    fronts.map((front, i) => {
      const signal = viewOf(front.executable, 'samples');
      for (let j = 0; j < signal.length; j++) signal[j] = source.samples[j % source.samples.length];
      const perRun = framesOfRun(points[i].model);
      const run = (): void =>
        front.executable.runMany(timedFrames / perRun, perRun * head.hop, perRun * head.mels);
      return { name: String(i), run, units: timedFrames };
    }),
    { samples: timedSamples, sampleMs: 5, warmupMs: 60 },
  );
  const exactCounts = operationsOf(exact.model);
  const exactOperations = fronts[0].perFrame.mul + fronts[0].perFrame.add;
  const shared = {
    ...(corpus === undefined ? {} : { corpus }),
    feature: `log-mel ${mels}`,
    nFft,
    mels,
    seed,
    exactOperations,
    exactTransformOperations: exactCounts.transform,
    exactFftOperations: exactCounts.fft,
    exactNsPerFrame: timings[0].ns,
  };
  const rows = points.map(({ model, candidate }, i): FrontRow => {
    const { transform, fft } = operationsOf(model);
    const features = test.map((r) => fronts[i].logMel(r.samples));
    const kind = i === 0 ? 'exact' : i < learned.length ? 'learned' : 'baseline';
    return {
      ...shared,
      structure: i === 0 ? 'exact real-input kernel' : candidate.name,
      kind,
      ...errorFields(featureError(test, features, targets, head)),
      validationError: candidate.validationError,
      operations: fronts[i].perFrame.mul + fronts[i].perFrame.add,
      transformOperations: transform,
      fftOperations: fft,
      nsPerFrame: timings[i].ns,
      tableBytes: fronts[i].tableBytes,
      codeBytes: standaloneModule(model).length,
      files: write(points[i], i),
    };
  });
  const fewerBits = (['f16', 'q8'] as const).map((format): FrontRow => {
    const tables = { format };
    const front = compileSpectralModel(exact.model, wasm, 'f32', tables);
    const features = test.map((r) => front.logMel(r.samples));
    return {
      ...rows[0],
      structure: `exact kernel, ${format} tables`,
      kind: 'baseline',
      ...errorFields(featureError(test, features, targets, head)),
      validationError: null,
      nsPerFrame: null,
      tableBytes: front.tableBytes,
      codeBytes: standaloneModule(exact.model, tables).length,
      files: [],
    };
  });
  const halfRate = featureError(
    test,
    targets.map((t) => interpolated(t, mels)),
    targets,
    head,
  );
  return [
    ...rows,
    ...fewerBits,
    {
      ...rows[0],
      structure: 'every second frame, interpolated',
      kind: 'baseline',
      ...errorFields(halfRate),
      validationError: null,
      operations: exactOperations / 2 + mels,
      transformOperations: exactCounts.transform / 2,
      fftOperations: exactCounts.fft / 2,
      nsPerFrame: null,
      files: [],
    },
  ];
}
