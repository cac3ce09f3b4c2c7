/** Phase 2 prunes what phase 1 learned: the same network, broken or whole, snapped or not. */
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { decodeFrontEnd, encodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { decodeJob, encodeJob } from '../../src/checkpoints/job-checkpoint.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import { exactFrontEnd } from '../../src/front/front-end.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import {
  LearnJob,
  type LearnCheckpoint,
  type LearnOptions,
  type LearnResult,
} from '../../src/prune/learn.ts';
import { treeNetwork } from '../../src/prune/structure.ts';
import { initialize } from '../../src/model/initialize.ts';
import { spectrumError } from '../../src/fit/spectrum-error.ts';
import { isTree } from '../../src/prune/structure-models.ts';
import { gaussian } from '../helpers.ts';

const head = featureHead('papilio', { nFft: 32, windowLength: 32, hop: 16, bank: { bands: 4 } });
const noise = (stream: number) => ({
  name: String(stream),
  samples: gaussian(3000, stream).map((x) => 0.1 * x),
});
const split = { train: [noise(1)], validation: [noise(2)] };
const options: LearnOptions = { head, budget: 2, seed: 3, start: 'random', snap: true };

/** Runs a job to the start of a phase. */
async function checkpointAt(phase: string, own: LearnOptions): Promise<LearnCheckpoint> {
  const job = new LearnJob(own, split);
  for await (const progress of job.run()) {
    if (progress.phase !== phase) continue;
    return job.checkpoint();
  }
  throw new Error(`no phase ${phase}`);
}

async function finish(own: LearnOptions, from: LearnCheckpoint): Promise<LearnResult> {
  const job = new LearnJob(own, split, from);
  for await (const _ of job.run());
  return job.result;
}

/** The checkpoint as it was when phase 1 ended, its arrays changed. */
const restarted = (
  { progress, ...rest }: LearnCheckpoint,
  change: (arrays: Record<string, Float64Array>) => void,
): LearnCheckpoint => {
  const arrays = Object.fromEntries(
    Object.entries(rest.arrays).map(([name, data]) => [name, Float64Array.from(data)]),
  );
  change(arrays);
  return { ...rest, arrays, progress: { ...progress, screened: [] } };
};

const featuresOf = ({ model }: Pick<LearnResult, 'model'>): number[] => [
  ...compileFrontEnd(model, wasmBackend).features(split.validation[0].samples),
];

describe('the network learned in phase 1', () => {
  let learned: LearnCheckpoint;
  let whole: LearnResult;
  beforeAll(async () => {
    learned = restarted(await checkpointAt('structures', options), () => undefined);
    whole = await finish(options, learned);
  }, 60_000);

  it('gives the front end of the exact start, where its blocks came to the exact ones', async () => {
    const exact: LearnOptions = { ...options, start: 'exact' };
    const job = new LearnJob(exact, split);
    for await (const _ of job.run());
    expect(whole.learned).not.toBeNull();
    expect(encodeFrontEnd(whole.model)).toEqual(encodeFrontEnd(job.result.model));
    expect(whole.tree).toEqual(job.result.tree);
    expect(whole.front).toEqual(job.result.front);
  });

  it('is what is pruned: with one block broken the front end is another one, with nothing else changed', async () => {
    // An entry of the last butterfly that stage 0 runs in frequency decimation: canonical forms of other blocks do not see it.
    const broken = await finish(
      options,
      restarted(learned, (arrays) => (arrays['stage0.block'][8 * 7 + 6] += 0.5)),
    );
    expect(broken.tree.network.stages.map((s) => s.parametrization)).toEqual([
      'free',
      'exact',
      'exact',
      'exact',
    ]);
    expect(featuresOf(broken)).not.toEqual(featuresOf(whole));
    expect(featuresOf(broken).every(Number.isFinite)).toBe(true);
    // Branches are parts of the exact transform alone.
    expect(broken.front.every((c) => isTree(c.structure))).toBe(true);
    expect(whole.front.every((c) => isTree(c.structure))).toBe(false);
  });

  it('is carried through gates, fit, compilation and file block by block where it is not snapped', async () => {
    const own = { ...options, snap: false, budget: 0.02 };
    const { model, tree, chosen, front } = await finish(own, { ...learned, options: own });
    expect(tree.network.stages.every((s) => s.parametrization === 'free')).toBe(true);
    expect(model.transform).toMatchObject({ kind: 'network', network: { split: 'free' } });
    expect(front.some((c) => c.gates !== 'none')).toBe(true);
    const exact = exactFrontEnd(head);
    const compiled = compileFrontEnd(model, wasmBackend);
    const { mul, add } = compiled.perFrame;
    expect(mul + add).toBe(chosen.operations);
    const { perFrame } = compileFrontEnd(exact, wasmBackend);
    expect(chosen.operations).toBeGreaterThan(perFrame.mul + perFrame.add);
    const target = featuresOf({ model: exact });
    const off = featuresOf({ model }).map((x, i) => Math.abs(x - target[i]));
    expect(off.reduce((a, b) => a + b, 0) / off.length).toBeLessThan(0.02);
    expect(featuresOf({ model: decodeFrontEnd(encodeFrontEnd(model), 'm') })).toEqual(featuresOf({ model }));
  });

  it('has the prime factors of half the size, radix 2 on top', async () => {
    const forty = { ...head, nFft: 40, windowLength: 40, hop: 20 };
    const job = new LearnJob({ ...options, head: forty }, split);
    for await (const _ of job.run());
    const { snapDistance, tree, front, learned } = job.result;
    expect(snapDistance).toBeLessThan(1e-12);
    expect(learned?.network.stages.map((s) => s.radix)).toEqual([5, 2, 2]);
    expect(tree.network.stages.map((s) => s.parametrization)).toEqual(['exact', 'exact', 'exact']);
    expect(front.some((c) => c.name === 'bins 0 mod 4')).toBe(true);
    const wide = { ...head, nFft: 502, windowLength: 502, hop: 251 };
    expect(() => new LearnJob({ ...options, head: wide }, split)).toThrow(
      /nFft is 502; expected prime factors/,
    );
    expect(() => new LearnJob({ ...options, head: wide, start: 'exact' }, split)).not.toThrow();
  });

  it('starts from the error of the attempt that learned it', async () => {
    const later = await finish(options, { ...learned, progress: { ...learned.progress, restarts: 1 } });
    const network = { ...treeNetwork(32, 'free'), norm: 'ortho' } as const;
    const errorOf = (seed: number) =>
      spectrumError(network, initialize(network, 'random', seed), options.seed);
    expect([whole.startError, later.startError]).toEqual([errorOf(3), errorOf(3 + 7919)]);
  });

  it('is refused where it is too far off, and in another job', async () => {
    const broken = restarted(learned, (arrays) => (arrays['stage0.block'][8 * 7 + 6] += 0.5));
    const tight = { ...options, budget: 1e-3 };
    await expect(finish(tight, { ...broken, options: tight })).rejects.toThrow(
      /budget 0.001 is below the error of the learned transform/,
    );
    expect(() => new LearnJob({ ...options, snap: false }, split, learned)).toThrow(/of another job/);
    expect(() => new LearnJob({ ...options, start: 'exact', snap: false }, split)).toThrow(
      InvalidArgumentError,
    );
  });
});

describe('a job for a machine', () => {
  const own: LearnOptions = {
    ...options,
    start: 'exact',
    target: 'cortex-m4f',
    maxFlash: 16384,
    maxRam: 4096,
  };

  it('goes on from its file to the same front end, with what was counted of the structures so far', async () => {
    const job = new LearnJob(own, split);
    const files: Uint8Array[] = [];
    for await (const { phase } of job.run())
      if (phase === 'structures') files.push(encodeJob(job.checkpoint(), {}));
    const { checkpoint } = decodeJob(files[2], 'job');
    const { screened } = checkpoint.progress;
    expect(screened.length).toBe(3);
    for (const { needs, cost } of screened) expect(needs?.instructions).toBe(cost);
    const resumed = await finish(own, checkpoint);
    expect(resumed.chosen).toEqual(job.result.chosen);
    expect(resumed.front).toEqual(job.result.front);
  });

  it('has one machine, and sizes that are some', () => {
    const make = (change: object) => () => new LearnJob({ ...own, ...change }, split);
    expect(make({ target: 'm4' })).toThrow('target is "m4"; expected wasm, x86-64, cortex-m0plus,');
    expect(make({ maxFlash: '16k' })).toThrow('maxFlash is "16k"; expected a whole number of at least 1');
    expect(make({ maxRam: 0 })).toThrow('maxRam is 0; expected a whole number of at least 1');
    expect(make({ target: 'wasm' })).toThrow('maxFlash is 16384 with target wasm, whose code is not counted');
  });
});
