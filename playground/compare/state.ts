/** The state of the room: a recording, and two front ends of it. */
import { oneOf, textOf, type Raw } from '../shell/room.ts';
import { clipNames, type ClipName } from '../sound/clips.ts';
import { openedFeatures } from '../sound/fronts.ts';
import { heardFeatures } from '../sound/heads.ts';

export interface State {
  readonly clip: ClipName;
  readonly left: string;
  readonly leftFront: string;
  readonly right: string;
  readonly rightFront: string;
}

export const comparedFeatures = (): string[] => [...heardFeatures, ...openedFeatures()];

export const readState = (raw: Raw): State => ({
  clip: oneOf(raw['clip'], clipNames, 'speech'),
  left: oneOf(raw['left'], comparedFeatures(), 'papilio'),
  leftFront: textOf(raw['leftFront'], 80, 'exact'),
  right: oneOf(raw['right'], comparedFeatures(), 'papilio'),
  rightFront: textOf(raw['rightFront'], 80, 'papilio-learned-4'),
});

export const codeOf = ({ left, right }: State): string =>
  `import { featureHead, features } from 'papilio';
import { decodeWav } from 'papilio/files';
import { differenceText, stageDifferences } from 'papilio/front';

const { samples } = decodeWav(bytes, 'recording.wav');
const [left, right] = ['${left}', '${right}'].map((name) => features(name).run(samples));
console.log([left.frames, left.width], [right.frames, right.width]);
for (const stage of stageDifferences(featureHead('${left}'), featureHead('${right}')))
  console.log(differenceText(stage, '${right}'));
`;
