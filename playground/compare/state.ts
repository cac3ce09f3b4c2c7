/** The state of the room: a recording, and two front ends of it. */
import { literal } from '../shell/code.ts';
import { oneOf, textOf, type Raw } from '../shell/room.ts';
import { clipNames, type ClipName } from '../sound/clips.ts';
import { modelOfText, openedFeatures } from '../sound/fronts.ts';
import { heardFeatures } from '../sound/heads.ts';

export interface State {
  readonly clip: ClipName;
  readonly left: string;
  readonly leftFront: string;
  /** The front end of a file, `modelText`; none is empty. */
  readonly leftModel: string;
  readonly right: string;
  readonly rightFront: string;
  readonly rightModel: string;
}

export const comparedFeatures = (): string[] => [...heardFeatures, ...openedFeatures()];

type Side = readonly [feature: string, front: string, model: string];

/** A side whose model comes with the state, else one of the page. */
function readSide(raw: Raw, side: 'left' | 'right', usual: string): Side {
  const front = textOf(raw[`${side}Front`], 80, usual);
  const model = textOf(raw[`${side}Model`], 300_000);
  const own = model === '' ? null : modelOfText(model, front);
  return own ? [own.feature, front, model] : [oneOf(raw[side], comparedFeatures(), 'papilio'), front, ''];
}

export function readState(raw: Raw): State {
  const [left, leftFront, leftModel] = readSide(raw, 'left', 'exact');
  const [right, rightFront, rightModel] = readSide(raw, 'right', 'papilio-learned-4');
  const clip = oneOf(raw['clip'], clipNames, 'speech');
  return { clip, left, leftFront, leftModel, right, rightFront, rightModel };
}

export const codeOf = ({ left, right }: State): string =>
  `import { featureHead, features } from 'papilio';
import { decodeWav } from 'papilio/files';
import { differenceText, stageDifferences } from 'papilio/front';

const { samples } = decodeWav(bytes, 'recording.wav');
const [left, right] = [${literal(left)}, ${literal(right)}].map((name) => features(name).run(samples));
console.log([left.frames, left.width], [right.frames, right.width]);
for (const stage of stageDifferences(featureHead(${literal(left)}), featureHead(${literal(right)})))
  console.log(differenceText(stage, ${literal(right)}));
`;
