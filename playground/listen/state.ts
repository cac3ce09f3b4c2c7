/** The state of the room: what is heard, and by what. */
import { oneOf, textOf, type Raw } from '../shell/room.ts';
import { clipNames, type ClipName } from '../sound/clips.ts';
import { heardFeatures } from '../sound/heads.ts';

export interface State {
  readonly clip: ClipName;
  readonly feature: string;
  /** Name of a front end. */
  readonly front: string;
}

export const readState = (raw: Raw): State => ({
  clip: oneOf(raw['clip'], clipNames, 'speech'),
  feature: oneOf(raw['feature'], heardFeatures, 'papilio'),
  front: textOf(raw['front'], 80, 'exact'),
});

export function codeOf({ feature, front }: State): string {
  const preset = `'${feature}'`;
  if (front === 'exact')
    return `import { features } from 'papilio';
import { decodeWav } from 'papilio/files';

const { samples } = decodeWav(bytes, 'recording.wav'); // at the rate of the preset
const { data, frames, width } = features(${preset}).run(samples);
console.log(frames, width, data);
`;
  return `import { features } from 'papilio';
import { decodeFrontEnd, decodeWav } from 'papilio/files';
import { frontProgram } from 'papilio/front';

// The front end: taken away in the room Trade as model.safetensors.
const model = decodeFrontEnd(bytesOfModel, 'model.safetensors');
const { samples } = decodeWav(bytes, 'recording.wav');
const exact = features(${preset}).run(samples);
const own = features(frontProgram(model)).run(samples);
console.log(own.data.reduce((sum, x, i) => sum + Math.abs(x - exact.data[i]), 0) / own.data.length);
`;
}
