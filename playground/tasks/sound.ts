/** Sound from features alone: what a front end has kept of a recording. */
import { decodeFrontEnd } from 'papilio/files';
import { canResynthesize, compileFrontEnd, exactFrontEnd, resynthesize } from 'papilio/front';
import { atRate, headOf } from '../sound/heads.ts';
import type { Task } from '../shell/task.ts';

interface SoundInput {
  readonly samples: Float64Array;
  readonly rate: number;
  readonly feature: string;
  readonly front: Uint8Array | null;
}

/** Longest sound, in seconds, and turns of its phases. */
const most = 6;
const iterations = 16;

const sound: Task<SoundInput, { readonly samples: Float64Array; readonly rate: number }> = ({
  samples,
  rate,
  feature,
  front,
}) => {
  const own = headOf(feature);
  if (!canResynthesize(own)) throw new Error('these features do not hold enough to be made sound again');
  const model = front ? decodeFrontEnd(front, 'the front end') : exactFrontEnd(own);
  // As long as the recording: no silence behind it is made sound of.
  const head = { ...own, fit: null };
  const part = atRate(samples.slice(0, Math.round(most * rate)), rate, head.sampleRate);
  const features = compileFrontEnd({ ...model, head }).features(part);
  return { samples: resynthesize(head, features, { iterations }), rate: head.sampleRate };
};
export default sound;
