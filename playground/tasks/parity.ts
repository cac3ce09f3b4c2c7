/** The settings of an unknown front end, from a sound and its features. */
import { featureHead, features, headFrequencies, type HeadConfig } from 'papilio';
import {
  headCode,
  headText,
  parityExamples,
  solveParity,
  stageDifferences,
  type ParityResult,
  type ParityTensor,
  type StageDifference,
} from 'papilio/front';
import { riddleHead } from '../parity/riddle.ts';
import type { Frames } from '../sound/frames.ts';
import type { Task } from '../shell/task.ts';

interface ParityInput {
  readonly samples: Float64Array;
  readonly rate: number;
  /** null: a riddle of this seed is made. */
  readonly tensor: ParityTensor | null;
  readonly riddle: number;
}

export interface Found {
  readonly head: HeadConfig;
  readonly verdict: ParityResult['verdict'];
  readonly difference: number;
  readonly rms: number;
  readonly notes: readonly string[];
  readonly text: string;
  readonly code: string;
  /** The preset that it is nearest to, and where it is not that. */
  readonly preset: string;
  readonly apart: readonly StageDifference[];
  readonly frequencies: Float64Array;
  readonly theirs: Frames;
  readonly ours: Frames;
  readonly ms: number;
}

/** Seconds after which the search takes what it has. */
const mostSeconds = 40;

const parity: Task<ParityInput, Found> = ({ samples, rate, tensor, riddle }) => {
  const begun = performance.now();
  let given = tensor;
  if (!given) {
    const { data, frames, width } = features(riddleHead(riddle, rate), { dtype: 'f64' }).run(samples);
    given = { shape: [frames, width], data };
  }
  const ways = parityExamples([samples], [given], rate);
  const { head, verdict, difference, rms, noise, undecided, framesFirst } = solveParity([samples], [given], {
    rate,
    seconds: mostSeconds,
  });
  const { list, width } = ways.find((way) => way.framesFirst === framesFirst) ?? ways[0];
  const own = features(head, { dtype: 'f64' }).run(samples);
  const { preset, text: code } = headCode(head);
  return {
    head,
    verdict,
    difference,
    rms,
    notes: [...(noise ? [noise.text] : []), ...undecided.map(({ text }) => text)],
    text: headText(head),
    code,
    preset,
    apart: stageDifferences(head, featureHead(preset)),
    frequencies: headFrequencies(head),
    theirs: { data: list[0].values, frames: list[0].frames, width },
    ours: { data: own.data, frames: own.frames, width: own.width },
    ms: performance.now() - begun,
  };
};
export default parity;
