/** A recording by the front ends of a feature: spectrum, features, differences. */
import { features, headFrequencies, type FeatureExtractor, type HeadConfig } from 'papilio';
import { decodeFrontEnd } from 'papilio/files';
import { compileFrontEnd, exactFrontEnd, featureError, frontProgram, levelsFront } from 'papilio/front';
import type { Frames } from '../sound/frames.ts';
import { atRate, headOf, spectrumHead } from '../sound/heads.ts';
import type { Task } from '../shell/task.ts';

interface AnalyseInput {
  readonly samples: Float64Array;
  readonly rate: number;
  readonly feature: string;
  /** File of a front end; null: the exact one alone. */
  readonly front: Uint8Array | null;
}

/** What a front end computes of a recording, and what a frame costs. */
export interface Measured {
  readonly features: Frames;
  readonly mul: number;
  readonly add: number;
  /** Milliseconds that the whole recording takes, the median of a few. */
  readonly ms: number;
}

export interface Analysed {
  readonly head: HeadConfig;
  /** What the front end is, by its file. */
  readonly structure: string;
  /** Of the features; empty where they have none. */
  readonly frequencies: Float64Array;
  readonly seconds: number;
  readonly spectrum: Frames;
  readonly exact: Measured;
  readonly other: Measured | null;
  /** |difference| of the two in log10: its mean, and what 95 of 100 stay below. Null where there is none. */
  readonly error: { readonly mean: number; readonly p95: number } | null;
}

/** Extractors that were compiled last. */
const known = new Map<string, FeatureExtractor>();

function remembered(key: string, make: () => FeatureExtractor): FeatureExtractor {
  const found = known.get(key) ?? make();
  known.delete(key);
  known.set(key, found);
  for (const [old, extractor] of known) {
    if (known.size <= 8) break;
    extractor.dispose();
    known.delete(old);
  }
  return found;
}

/** Runs that are timed, and milliseconds after which no more are. */
const most = { runs: 15, ms: 150 } as const;

function measured(extractor: FeatureExtractor, samples: Float64Array): Measured {
  const { data, frames, width, imaginary } = extractor.run(samples);
  const begun = performance.now();
  const times: number[] = [];
  while (times.length < most.runs && performance.now() - begun < most.ms) {
    const start = performance.now();
    extractor.run(samples);
    times.push(performance.now() - start);
  }
  const ms = times.sort((a, b) => a - b)[times.length >> 1];
  const sizes = imaginary ? data.map((x, i) => Math.hypot(x, imaginary[i])) : data;
  const { mul, add } = extractor.report.perFrame;
  return { features: { data: sizes, frames, width }, mul, add, ms };
}

const textOf = (bytes: Uint8Array): string => {
  let sum = 0;
  for (const b of bytes) sum = (31 * sum + b) | 0;
  return `${bytes.length} ${sum}`;
};

const analyse: Task<AnalyseInput, Analysed> = ({ samples: given, rate, feature, front }) => {
  const model = front && decodeFrontEnd(front, 'the front end');
  // A file may have features of its own.
  const head = model ? model.head : headOf(feature);
  const samples = atRate(given, rate, head.sampleRate);
  const exact = measured(
    remembered(feature, () => features(head)),
    samples,
  );
  const spectrum = measured(
    remembered(`${feature} spectrum`, () => features(spectrumHead(head))),
    samples,
  ).features;
  const frequencies = headFrequencies(head);
  const seconds = samples.length / head.sampleRate;
  if (!model || !front)
    return { head, structure: '', frequencies, seconds, spectrum, exact, other: null, error: null };
  const other = measured(
    remembered(textOf(front), () => features(frontProgram(model))),
    samples,
  );
  const levels = [model, exactFrontEnd(head)].map((f) => compileFrontEnd(levelsFront(f)).features(samples));
  const recordings = [{ name: 'the recording', samples }];
  const { mean, p95 } = featureError(recordings, [levels[0]], [levels[1]], levelsFront(model).head);
  const { structure } = model.report;
  const text = typeof structure === 'string' ? structure : '';
  return { head, structure: text, frequencies, seconds, spectrum, exact, other, error: { mean, p95 } };
};
export default analyse;
