/** Greedy removal finds what a planted target spares, keeps the budget on validation data, and resumes to the same bits. */
import { bandsOf } from '../../src/spectral/banks.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { constant, input } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { gateStates, type GateSpec } from '../../src/model/gates.ts';
import { initialize, type ParameterValues } from '../../src/model/initialize.ts';
import { binCount, spectrum, type NetworkSpec } from '../../src/model/network.ts';
import { frameSet } from '../../src/front/corpus.ts';
import { gateMap } from '../../src/prune/gate-map.ts';
import {
  featureObjective,
  spectrumObjective,
  spectrumSet,
  withGates,
  type GateObjective,
} from '../../src/prune/gate-objective.ts';
import { GateMeter, GateScorer } from '../../src/prune/gate-scores.ts';
import {
  pruneGates,
  type GreedyOptions,
  type GreedyProgress,
  type GreedyResult,
  type GreedyState,
} from '../../src/prune/greedy-gates.ts';
import { exactBase, structuredNetwork } from '../../src/prune/structure.ts';
import { gaussian, network, runOn } from '../helpers.ts';

const columns = 32;

/** Signals whose energy falls with frequency, so that some butterflies matter less; training or validation. */
function objectiveOf(
  spec: NetworkSpec,
  part: 'training' | 'validation',
  weights?: ArrayLike<number>,
  values: ParameterValues = initialize(spec, 'exact', 1),
  twiddles = false,
): GateObjective {
  const stream = part === 'training' ? 1 : 11;
  const smooth = (s: number): Float64Array => {
    const noise = gaussian(spec.n * columns, s);
    for (let at = columns; at < noise.length; at++) noise[at] = 0.9 * noise[at - columns] + 0.3 * noise[at];
    return noise;
  };
  const set = spectrumSet(spec, {
    re: smooth(stream),
    ...(spec.input === 'complex' ? { im: smooth(stream + 1) } : {}),
  });
  return spectrumObjective(spec, values, set, { twiddles, ...(weights ? { weights } : {}) });
}

const both = (...args: [NetworkSpec, ArrayLike<number>?, ParameterValues?, boolean?]) => {
  const [spec, ...rest] = args;
  return {
    training: objectiveOf(spec, 'training', ...rest),
    validation: objectiveOf(spec, 'validation', ...rest),
  };
};

async function prune(
  objectives: ReturnType<typeof both>,
  options: GreedyOptions,
  from?: GreedyState,
): Promise<{ result: GreedyResult; progress: GreedyProgress[] }> {
  const progress: GreedyProgress[] = [];
  const run = pruneGates(objectives, options, from);
  for (;;) {
    const next = await run.next();
    if (next.done) return { result: next.value, progress };
    progress.push(next.value);
  }
}

/** Relative L2 error of the frozen result on an objective's data, compiled; all bins weigh alike. */
function frozenError(objective: GateObjective, { network: spec, values }: GreedyResult): number {
  const source = {
    re: rows(input('re', [spec.n, columns]), columns),
    ...(spec.input === 'complex' ? { im: rows(input('im', [spec.n, columns]), columns) } : {}),
  };
  const x = spectrum(spec, source, {
    lanes: columns,
    provide: (name, shape) => constant(shape, values[name]),
  });
  const data = Object.fromEntries(objective.inputs.map((i) => [i.name, i.data]));
  const out = runOn(wasmBackend, { outputs: { outRe: x.re, outIm: x.im } }, data, { dtype: 'f64' });
  let [off, all] = [0, 0];
  for (let at = 0; at < binCount(spec) * columns; at++) {
    off += (out.outRe[at] - data.targetRe[at]) ** 2 + (out.outIm[at] - data.targetIm[at]) ** 2;
    all += data.targetRe[at] ** 2 + data.targetIm[at] ** 2;
  }
  return Math.sqrt(off / all);
}

describe('a planted target whose odd bins do not count', () => {
  const kinds = ['skip', 'drop', 'ternary'] as const;
  for (const kind of kinds)
    for (const grain of ['butterfly', 'run', 'block'] as const)
      for (const kindOfInput of ['complex', 'real'] as const)
        it(`all ${kind} gates of the odd sub-block go, by ${grain}, ${kindOfInput}, and no other`, async () => {
          const n = kindOfInput === 'real' ? 32 : 16;
          const spec = network(n, { decimation: 'frequency', input: kindOfInput });
          const even = Float64Array.from({ length: binCount(spec) }, (_, bin) => (bin % 2 === 0 ? 1 : 0));
          const options: GreedyOptions = { kind, grain, budget: 1e-9, share: 0.3, seed: 1 };
          const { result, progress } = await prune(both(spec, even), options);
          expect(result.state.error).toBeLessThan(1e-12);
          expect(progress.some((p) => p.accepted)).toBe(true);
          const map = gateMap(result.network, result.values);
          // Top stage first: group 0 of the stages below it is the even half, butterflies 0 to 3.
          expect(map[0]).toEqual(new Array<string>(8).fill(kind === 'drop' ? 'drop-difference' : 'active'));
          const closed = kind === 'drop' ? 'dead' : 'skip';
          for (const row of map.slice(1))
            expect(row).toEqual([
              ...new Array<string>(4).fill('active'),
              ...new Array<string>(4).fill(closed),
            ]);
        });

  it('in time the upper half of the bins is the differences of the last stage', async () => {
    const spec = network(16);
    const low = Float64Array.from({ length: 16 }, (_, bin) => (bin < 8 ? 1 : 0));
    const { result } = await prune(both(spec, low), { kind: 'drop', grain: 'run', budget: 1e-9, seed: 1 });
    const map = gateMap(result.network, result.values);
    expect(map[3]).toEqual(new Array<string>(8).fill('drop-difference'));
    expect(
      map
        .slice(0, 3)
        .flat()
        .every((s) => s === 'active'),
    ).toBe(true);
  });

  it('of a log-mel head whose bands are blind to odd bins', async () => {
    const head = featureHead('papilio', {
      nFft: 32,
      windowLength: 32,
      hop: 16,
      bank: { bands: 4, norm: 'none' },
    });
    const tree = structuredNetwork(exactBase(32), { depth: 0, dropped: [] });
    const { network: spec } = tree;
    const { bands, weights } = bandsOf(head, 32, 2);
    const binOf = (i: number): number => bands.start[Math.floor(i / bands.width)] + (i % bands.width);
    const blind = weights.map((w, i) => (binOf(i) % 2 === 0 ? w : 0));
    const [training, validation] = [31, 32].map((stream) => {
      const samples = gaussian(3000, stream).map((x) => 0.1 * x);
      const data = frameSet([{ name: 'noise', samples }], head, 64, 1);
      const transform = { kind: 'network', ...tree } as const;
      return featureObjective({ head, transform, bank: { kind: 'weights', bands, weights: blind } }, data);
    });
    const gate: GateSpec = { kind: 'drop', mode: 'hard', grain: 'block', threshold: 0.5 };
    const { network: gated, gates } = withGates(spec, gate);
    const trained = Object.fromEntries(validation.trained.map((p) => [p.name, p.start]));
    // The blind bank itself is off; the budget allows nothing more.
    const floor = new GateMeter(validation, gated, Object.keys(gates)).error({ ...gates, ...trained });
    expect(floor).toBeGreaterThan(0.1);
    const options = {
      kind: 'drop',
      grain: 'block',
      budget: floor * (1 + 1e-9),
      share: 0.3,
      seed: 1,
    } as const;
    const { result } = await prune({ training, validation }, options);
    const map = gateMap(result.network, result.values);
    expect(map[0].every((s) => s === 'drop-difference')).toBe(true);
    for (const row of map.slice(1)) expect(row.slice(4).every((s) => s === 'dead')).toBe(true);
  });
});

describe('scores', () => {
  it('predict what a gate does to a squared error: closed, opened and turned', () => {
    for (const kind of ['skip', 'drop', 'ternary'] as const) {
      const spec = network(4, { decimation: 'frequency' });
      const objective = objectiveOf(spec, 'training');
      const { network: gated, gates: values } = withGates(spec, {
        kind,
        mode: 'hard',
        grain: 'butterfly',
        threshold: 0.5,
      });
      const names = Object.keys(values);
      // Away from the exact transform: one gate is closed, so slopes do not vanish.
      const closed = kind === 'ternary' ? gateStates.ternary.skip : [0];
      values['stage0.gate'].set(closed, 0);
      const meter = new GateMeter(objective, gated, names);
      const before = meter.error(values) ** 2;
      const draws = 2000;
      const scores = new GateScorer(objective, gated, names).score(values, draws, 1, 0);
      const width = kind === 'ternary' ? 3 : 1;
      for (const name of names)
        for (let at = 0; at < values[name].length; at += width) {
          const from = [...values[name].subarray(at, at + width)];
          const states: readonly (readonly number[])[] =
            width === 1 ? [[0], [1]] : Object.values(gateStates.ternary);
          for (const to of states) {
            if (to.every((x, j) => x === from[j])) continue;
            values[name].set(to, at);
            const actual = meter.error(values) ** 2 - before;
            values[name].set(from, at);
            const { slope, probes } = scores[name];
            const along = (row: ArrayLike<number>): number =>
              to.reduce((sum, x, j) => sum + (x - from[j]) * row[at + j], 0);
            const curvature = probes.reduce((sum, row) => sum + along(row) ** 2, 0) / (2 * probes.length);
            // Four standard errors of the mean of a squared sum of signs, whose variance is at most twice its squared mean.
            const tolerance = 4 * Math.sqrt(2 / draws) * curvature + 1e-12;
            expect(Math.abs(along(slope) + curvature - actual), `${kind} ${name} ${at}`).toBeLessThan(
              tolerance,
            );
          }
        }
    }
  });
});

describe('within a budget', () => {
  const spec = network(16, { decimation: 'frequency', parametrization: 'twiddle' });
  const options: GreedyOptions = { kind: 'skip', grain: 'butterfly', budget: 0.25, flips: 4, seed: 3 };

  it('the error of the compiled result is that of the last state, on validation data, and operations fall', async () => {
    const objectives = both(spec);
    const { result, progress } = await prune(objectives, options);
    expect(frozenError(objectives.validation, result)).toBeCloseTo(result.state.error, 10);
    expect(result.state.error).toBeLessThanOrEqual(0.25);
    const [first] = progress;
    const operations = progress.map((p) => p.state.operations);
    operations.slice(1).forEach((x, i) => expect(x).toBeLessThanOrEqual(operations[i]));
    expect(operations[operations.length - 1]).toBeLessThan(
      objectives.training.operations(spec, initialize(spec, 'exact', 1)),
    );
    expect(first.state.round).toBe(1);
    for (const { state, open } of progress) {
      expect(state.error).toBeLessThanOrEqual(0.25);
      expect(open).toBeGreaterThan(0);
      expect(open).toBeLessThanOrEqual(1);
    }
    expect(result.open).toBeLessThan(result.total);
  });

  it('a refit of the twiddles that stay buys gates', async () => {
    const openAfter = async (refitSteps: number): Promise<number> => {
      const { progress } = await prune(both(spec, undefined, undefined, true), {
        ...options,
        flips: 0,
        refitSteps,
      });
      return progress[progress.length - 1].open;
    };
    expect(await openAfter(60)).toBeLessThan(await openAfter(0));
  });

  it('flips improve on a removal that stopped', async () => {
    const objectives = both(network(16));
    const base: GreedyOptions = { kind: 'ternary', grain: 'butterfly', budget: 0.5, share: 0.5, seed: 5 };
    const { result: without } = await prune(objectives, base);
    const { result: flipped } = await prune(objectives, { ...base, flips: 10 });
    expect(flipped.state.flips).toBeGreaterThan(0);
    expect(flipped.state.operations).toBeLessThanOrEqual(without.state.operations);
    const better =
      flipped.state.operations < without.state.operations || flipped.state.error < without.state.error;
    expect(better).toBe(true);
    expect(flipped.state.error).toBeLessThanOrEqual(0.5);
  });

  it('resumes from any state, through JSON, to the same end', async () => {
    const objectives = both(spec, undefined, undefined, true);
    const small = { ...options, refitSteps: 5, share: 0.3, flips: 2 };
    const { result, progress } = await prune(objectives, small);
    expect(progress.length).toBeGreaterThan(3);
    for (const at of [0, Math.floor(progress.length / 2), progress.length - 1]) {
      const saved = JSON.parse(JSON.stringify(progress[at].state)) as GreedyState;
      const { result: again, progress: rest } = await prune(objectives, small, saved);
      expect(again).toEqual(result);
      expect(rest).toEqual(progress.slice(at + 1));
    }
  });
});

describe('hostile options and states', () => {
  const objectives = both(network(4));
  const good: GreedyOptions = { kind: 'skip', grain: 'butterfly', budget: 0.1, seed: 1 };
  it.each([
    [{ budget: -1 }, /budget is -1/],
    [{ budget: NaN }, /budget is NaN/],
    [{ share: 0 }, /share is 0/],
    [{ flips: 1.5 }, /flips is 1\.5/],
    [{ tries: 0 }, /tries is 0/],
    [{ refitSteps: -1 }, /refitSteps is -1/],
  ])('refuses %j', async (part, message) => {
    await expect(prune(objectives, { ...good, ...part })).rejects.toThrow(message);
    await expect(prune(objectives, { ...good, ...part })).rejects.toThrow(InvalidArgumentError);
  });

  it('refuses a budget below the error with every gate open, and a network without ungated stages', async () => {
    const off = both(
      network(4, { parametrization: 'twiddle' }),
      undefined,
      initialize(network(4, { parametrization: 'twiddle' }), 'random', 1),
    );
    await expect(prune(off, good)).rejects.toThrow(/budget 0\.1 is below the error with every gate open/);
    const gate: GateSpec = { kind: 'skip', mode: 'hard', grain: 'stage', threshold: 0.5 };
    await expect(prune(both(network(4, { gate })), good)).rejects.toThrow(/every stage has gates already/);
  });

  it('refuses states that are not its own', async () => {
    const { progress } = await prune(objectives, good);
    const [{ state }] = progress;
    const broken = fc.oneof(
      fc
        .constantFrom(undefined, [], [NaN, 1], [0.5, 1], [1, 1, 1], [2, 1])
        .map((gates) => ({ ...state, gates: { ...state.gates, 'stage1.gate': gates } })),
      fc
        .array(fc.double(), { minLength: 2, maxLength: 2 })
        .filter((a) => a.some((x) => x !== 0 && x !== 1))
        .map((gates) => ({ ...state, gates: { ...state.gates, 'stage0.gate': gates } })),
    );
    await fc.assert(
      fc.asyncProperty(broken, async (bad) => {
        await expect(prune(objectives, good, bad as unknown as GreedyState)).rejects.toThrow(
          InvalidArgumentError,
        );
      }),
      { numRuns: 20 },
    );
  });
});
