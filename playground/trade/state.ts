/** The state of the room: a recording, a feature, and what error is allowed. */
import { countedMachines, machineNames, type Machine } from 'papilio/compiler';
import { numberIn, oneOf, textOf, type Raw } from '../shell/room.ts';
import { clipNames, type ClipName } from '../sound/clips.ts';
import { heardFeatures } from '../sound/heads.ts';

export interface State {
  readonly clip: ClipName;
  readonly feature: string;
  /** Mean |difference| in log10 that is allowed. */
  readonly budget: number;
  /** A front end that was chosen by itself, not by the budget; none is empty. */
  readonly front: string;
  readonly machine: Machine;
}

/** Machines with flash. */
export const machines: readonly Machine[] = machineNames.filter((m) => countedMachines.includes(m));

export const leastBudget = 0.001;
export const mostBudget = 1;

export const readState = (raw: Raw): State => ({
  clip: oneOf(raw['clip'], clipNames, 'speech'),
  feature: oneOf(raw['feature'], heardFeatures, 'papilio'),
  budget: numberIn(raw['budget'], leastBudget, mostBudget, 0.05),
  front: textOf(raw['front'], 80),
  machine: oneOf(raw['machine'], machines, 'cortex-m4f'),
});

export const codeOf = ({ feature, budget, machine }: State): string =>
  `import { decodeWav } from 'papilio/files';
import { frontEndC, featureError, namedFeature, splitRecordings, StructureSearch, upperError } from 'papilio/front';

// The front of error against operations, learned on recordings of your own.
const { head } = namedFeature('${feature}', 512, 16000);
const { samples } = decodeWav(bytes, 'recording.wav');
const split = splitRecordings([{ name: 'recording', samples }], 1, head);
const search = new StructureSearch({ head, budget: Infinity, seed: 1 }, split).front();
let next = await search.next();
while (!next.done) next = await search.next();

// The cheapest within the budget, as C.
const within = next.value.filter(({ candidate: c }) => c.estimate && upperError(c.estimate) <= ${budget});
const { model } = within.reduce((a, b) => (b.candidate.cost < a.candidate.cost ? b : a));
console.log(frontEndC(model, { name: 'front', target: '${machine}' }).files['front.c']);
`;
