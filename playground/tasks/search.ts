/** Front ends learned on one recording: the front of `papilio pareto`, every one as its file. */
import { encodeFrontEnd } from 'papilio/files';
import { splitRecordings, StructureSearch } from 'papilio/front';
import { atRate, headOf } from '../sound/heads.ts';
import type { Task } from '../shell/task.ts';

interface SearchInput {
  readonly samples: Float64Array;
  readonly rate: number;
  readonly feature: string;
  readonly seed: number;
}

/** Parts of the work. */
const parts = { structures: [0, 0.5], refit: [0.5, 0.5], gates: [0, 0] } as const;

/** Of the front, at most so many. */
const mostKept = 8;

const search: Task<SearchInput, Uint8Array[], number> = async (
  { samples, rate, feature, seed },
  { progress, breathe },
) => {
  const head = headOf(feature);
  const own = [{ name: 'the recording', samples: atRate(samples, rate, head.sampleRate) }];
  const found = new StructureSearch({ head, budget: Infinity, seed }, splitRecordings(own, seed, head));
  const steps = found.front();
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) {
    const { phase, step, steps: all } = next.value;
    const [from, share] = parts[phase];
    progress(from + (share * step) / all);
    await breathe();
  }
  // The exact one is there anyway; of the rest some from all over the front.
  const learned = next.value.slice(1);
  const every = Math.max(1, learned.length / mostKept);
  const kept = learned.filter((_, i) => Math.floor(i / every) !== Math.floor((i - 1) / every));
  return kept.map(({ model, candidate: { name: structure, validationError, estimate } }) =>
    encodeFrontEnd(model, { structure, validationError, estimate, seed }),
  );
};
export default search;
