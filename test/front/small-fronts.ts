/** Small front ends that are learned, for tests that take them somewhere. */
import { frameSet } from '../../src/front/corpus.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { withGain, type FrontEnd } from '../../src/front/front-end.ts';
import { bandsOfMeasurements, type BranchStructure } from '../../src/prune/branch-structures.ts';
import { exactBase, structuredNetwork } from '../../src/prune/structure.ts';
import { Measurements, structureModel } from '../../src/prune/structure-models.ts';
import { bandsOf } from '../../src/spectral/banks.ts';
import type { HeadConfig } from '../../src/spectral/head.ts';
import { gaussian } from '../helpers.ts';

/** Eight bands of 64 samples. */
export const head: HeadConfig = { ...namedFeature('log-mel-8', 64).head, hop: 24 };

/** Its exact transform without some of its tree, and gains in its weights. */
export function pruned(): FrontEnd {
  const tree = structuredNetwork(exactBase(64), { depth: 2, dropped: [1, 3] });
  const gain = Float64Array.from({ length: 66 }, (_, i) => 1 + 0.01 * i);
  const bank = withGain(bandsOf(head, 64, 2), gain);
  return { head, transform: { kind: 'network', ...tree }, bank: { kind: 'weights', ...bank } };
}

/** Two exact transforms at rates of their own. */
export function branched(): FrontEnd {
  const structure = {
    branches: [
      { filters: [], points: 32, bins: 'all', below: 8000, between: { taps: [1], below: 4000 } },
      { filters: [[0.5, 1, 0.5]], points: 32, bins: 'odd', below: 2000 },
    ],
  } satisfies BranchStructure;
  const frames = frameSet([{ name: 'noise', samples: gaussian(4000, 2) }], head, 16, 0);
  const bank = bandsOfMeasurements(head, structure, new Measurements(head, frames).of(structure));
  return structureModel(head, structure, bank).model;
}
