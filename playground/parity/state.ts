/** The state of the room: the sound that features are of, and a riddle in the place of a file. */
import { oneOf, wholeIn, type Raw } from '../shell/room.ts';
import { clipNames, type ClipName } from '../sound/clips.ts';

export interface State {
  readonly clip: ClipName;
  /** Seed of settings to be found; 0: a file is waited for. */
  readonly riddle: number;
}

export const readState = (raw: Raw): State => ({
  clip: oneOf(raw['clip'], clipNames, 'probe'),
  riddle: wholeIn(raw['riddle'], 0, 9999, 0),
});

export const codeOf = (): string => `import { features } from 'papilio';
import { decodeNpy, decodeWav } from 'papilio/files';
import { headText, solveParity } from 'papilio/front';

// A sound, and what the unknown front end made of it.
const { samples, sampleRate: rate } = decodeWav(bytesOfSound, 'probe.wav');
const { shape, re: data } = decodeNpy(bytesOfFeatures, 'features.npy');
const { head, verdict, difference } = solveParity([samples], [{ shape, data }], { rate });
console.log(verdict, difference, headText(head));
console.log(features(head).run(samples).data);
`;
