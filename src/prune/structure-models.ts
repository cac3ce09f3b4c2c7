/**
 * Structures as models: what a structure measures of a set of frames, the filterbank fitted on that, and the front end that
 * computes it. Trees of one network and sets of branches are told apart here, and nowhere else.
 */
import { powerGraph } from '../front/graphs.ts';
import type { HeadConfig } from '../spectral/head.ts';
import { bandsOf, type Bank } from '../spectral/banks.ts';
import { viewOf } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { isExactNetwork, regroup } from '../model/canonicalize.ts';
import type { TransformModel } from '../model/initialize.ts';
import { measurementOrder, type Branch } from '../spectral/branches.ts';
import {
  bandsOfMeasurements,
  branchStructureName,
  enumerateBranchStructures,
  type BranchStructure,
  type FrameSpectra,
} from './branch-structures.ts';
import { fillFrames, type FrameSet } from '../front/corpus.ts';
import { averagedFrames } from '../front/spectral-head.ts';
import { refittedBank, startWeights, type RefitData } from '../front/refit.ts';
import { exactFrontEnd, measurementCount, type FrontEnd, type Measuring } from '../front/front-end.ts';
import {
  enumerateStructures,
  exactBase,
  liveBins,
  structuredNetwork,
  structureName,
  treeLevels,
  wholeTree,
  type Structure,
} from './structure.ts';

/** What a front end may compute instead of all bins of one transform. */
export type AnyStructure = Structure | BranchStructure;

const treeDepth = 2;
/** Bins by which a band may reach beyond the exact one. */
export const bandMargin = 3;

export const isTree = (structure: AnyStructure): structure is Structure => 'dropped' in structure;

export const nameOfStructure = (structure: AnyStructure, head: HeadConfig): string =>
  isTree(structure) ? structureName(structure) : branchStructureName(structure, head);

/**
 * Every structure that is tried, the whole tree first, with filters for the frames whose spectra these are. Branches are exact
 * transforms of other sizes: parts of the exact transform alone, not of a base that is not exact.
 */
export const enumerateAll = (
  head: HeadConfig,
  spectra: FrameSpectra,
  base: TransformModel = exactBase(head.nFft),
): AnyStructure[] => [
  ...enumerateStructures(Math.min(treeDepth, treeLevels(head.nFft))),
  ...(isExactNetwork(base.network) ? enumerateBranchStructures(head, spectra) : []),
];

/** Columns that one run of a power graph takes where results are averages. */
const blockColumns = 1024;

/** Powers [rows, lanes] of each group that a front end measures of the results of a set, averaged where its head averages. */
function groupPowers(model: Measuring, counts: readonly number[], data: FrameSet): Float32Array[] {
  const { lanes } = data;
  const averaged = averagedFrames(model.head);
  const block = averaged === 1 ? lanes : Math.min(lanes, Math.max(1, Math.floor(blockColumns / averaged)));
  const columns = block * averaged;
  const e = defaultBackend().instantiate(
    compileGraph(powerGraph(model, columns), { dtype: 'f32', specialize: false }),
  );
  const out = counts.map((count) => new Float32Array(count * lanes));
  for (let done = 0; done < lanes; done += block) {
    const first = Math.min(done, lanes - block);
    fillFrames(data, model.head, first, columns, viewOf(e, 'frames'));
    e.run();
    out.forEach((own, group) => {
      const powers = viewOf(e, `power${group}`);
      for (let row = 0; row < counts[group]; row++)
        for (let r = 0; r < block; r++) {
          let sum = 0;
          for (let f = 0; f < averaged; f++) sum += powers[row * columns + r * averaged + f];
          own[row * lanes + first + r] = sum / averaged;
        }
    });
  }
  e.dispose();
  return out;
}

/** Power [bins, lanes] of the results of a set through a front end of one transform. */
export const powerOf = (model: Measuring, data: FrameSet): Float32Array =>
  groupPowers(model, [measurementCount(model)], data)[0];

const masked = (power: Float32Array, live: readonly boolean[], lanes: number): Float32Array => {
  const out = power.slice();
  live.forEach((alive, bin) => {
    if (!alive) out.fill(0, bin * lanes, (bin + 1) * lanes);
  });
  return out;
};

/** What structures measure of one set of frames; each branch is computed once. */
export class Measurements {
  private readonly head: HeadConfig;
  private readonly frames: FrameSet;
  private readonly whole: Float32Array;
  private readonly branches = new Map<string, Float32Array[]>();

  constructor(head: HeadConfig, frames: FrameSet, base: TransformModel = exactBase(head.nFft)) {
    this.head = head;
    this.frames = frames;
    this.whole = powerOf(wholeModel(head, base), frames);
  }

  /** What the whole base measures. */
  spectra(): FrameSpectra {
    return { lanes: this.frames.lanes, power: this.whole };
  }

  /** Powers that a structure measures, by frequency, and the exact features. */
  of(structure: AnyStructure): RefitData {
    const { lanes, targets, levels, weights } = this.frames;
    const known = { lanes, targets, levels, weights };
    if (isTree(structure))
      return { ...known, power: masked(this.whole, liveBins(this.head.nFft, structure), lanes) };
    const { frequencies, places } = measurementOrder(this.head, structure.branches);
    const power = new Float32Array(frequencies.length * lanes);
    const groups = structure.branches.flatMap((branch) => this.branchPowers(branch));
    places.forEach((list, group) =>
      list.forEach((place, i) =>
        power.set(groups[group].subarray(i * lanes, (i + 1) * lanes), place * lanes),
      ),
    );
    return { ...known, power };
  }

  private branchPowers(branch: Branch): Float32Array[] {
    const { head, frames, branches } = this;
    const key = JSON.stringify(branch);
    const transform = { kind: 'branches', branches: [branch] } as const;
    const counts = measurementOrder(head, [branch]).places.map((list) => list.length);
    const powers = branches.get(key) ?? groupPowers({ head, transform }, counts, frames);
    branches.set(key, powers);
    return powers;
  }
}

/** The filterbank of a network fitted over its live bins, from the exact one, with wider bands. */
export const fittedTreeBank = (
  head: HeadConfig,
  live: readonly boolean[],
  data: RefitData,
  steps: number,
): Promise<Bank> => refittedBank(head, startWeights(bandsOf(head, head.nFft, bandMargin), live), data, steps);

/** The filterbank of a structure fitted on what it measures of training frames. */
export const fittedBank = (
  head: HeadConfig,
  structure: AnyStructure,
  data: RefitData,
  steps: number,
): Promise<Bank> =>
  isTree(structure)
    ? fittedTreeBank(head, liveBins(head.nFft, structure), data, steps)
    : refittedBank(head, bandsOfMeasurements(head, structure, data), data, steps);

/** The front end of all bins of a base, with the head's own filterbank. */
export const wholeModel = (head: HeadConfig, base: TransformModel): FrontEnd =>
  isExactNetwork(base.network)
    ? exactFrontEnd(head)
    : { ...exactFrontEnd(head), transform: { kind: 'network', ...base } };

/** A structure of a base with its filterbank as a front end; trees with exact stages merged, and as they are. */
export function structureModel(
  head: HeadConfig,
  structure: AnyStructure,
  { bands, weights }: Bank,
  base: TransformModel = exactBase(head.nFft),
): { model: FrontEnd; tree: TransformModel } {
  const bank = { kind: 'weights', bands, weights } as const;
  if (!isTree(structure)) {
    // The nearest tree, for pictures: what is left of the network of all bins.
    const half = structure.branches[0].points * 2 === head.nFft;
    const tree = structuredNetwork(base, half ? { depth: 1, dropped: [1] } : wholeTree);
    const { branches } = structure;
    return { model: { head, transform: { kind: 'branches', branches }, bank }, tree };
  }
  const tree = structuredNetwork(base, structure);
  const { spec, values } = regroup(tree.network, tree.values);
  return { model: { head, transform: { kind: 'network', network: spec, values }, bank }, tree };
}
