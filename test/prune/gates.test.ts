/** Searching gates by gradient: every kind, mode, grain, decimation and input; what is logged is what is minimised. */
import { bandsOf } from '../../src/spectral/banks.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { constant, input } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { decidedGates, gateShares, gateStates, type GateSpec } from '../../src/model/gates.ts';
import { numberCarrier } from '../../src/ir/expr.ts';
import { initialize } from '../../src/model/initialize.ts';
import { binCount, spectrum, type NetworkSpec } from '../../src/model/network.ts';
import { fillUniform } from '../../src/numeric/random.ts';
import { decodeFrontEnd, encodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { featureError, frameSet } from '../../src/front/corpus.ts';
import { referenceFeatures } from '../../src/front/reference-features.ts';
import { activeButterflies, gateMap } from '../../src/prune/gate-map.ts';
import {
  featureObjective,
  frontOf,
  spectrumObjective,
  spectrumSet,
  withGates,
  type GateObjective,
} from '../../src/prune/gate-objective.ts';
import type { FrontEnd } from '../../src/front/front-end.ts';
import {
  searchGates,
  decideAndRefit,
  decideGates,
  decideSearch,
  type GateSearchOptions,
} from '../../src/prune/gates.ts';
import { temperatureAt } from '../../src/optimize/schedule.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import { exactBase, structuredNetwork } from '../../src/prune/structure.ts';
import { distance, gaussian, network, runOn } from '../helpers.ts';

const kinds = ['skip', 'drop', 'ternary'] as const;
const modes = ['soft', 'hard', 'hard-concrete'] as const;
const grains = ['butterfly', 'run', 'block', 'stage'] as const;
const columns = 64;

function objectiveOf(spec: NetworkSpec, odd = 1): GateObjective {
  const set = spectrumSet(spec, {
    re: gaussian(spec.n * columns, 1),
    ...(spec.input === 'complex' ? { im: gaussian(spec.n * columns, 2) } : {}),
  });
  const weights = Float64Array.from({ length: binCount(spec) }, (_, bin) => (bin % 2 === 0 ? 1 : odd));
  return spectrumObjective(spec, initialize(spec, 'exact', 1), set, { weights });
}

/** Weighted relative L2 error of a frozen network on an objective's data, compiled. */
function frozenError(
  objective: GateObjective,
  spec: NetworkSpec,
  values: Record<string, Float64Array>,
  odd = 1,
) {
  const source = {
    re: rows(input('re', [spec.n, columns]), columns),
    ...(spec.input === 'complex' ? { im: rows(input('im', [spec.n, columns]), columns) } : {}),
  };
  const x = spectrum(spec, source, {
    lanes: columns,
    provide: (name, shape) => constant(shape, values[name]),
  });
  const inputs = Object.fromEntries(objective.inputs.map(({ name, data }) => [name, data]));
  const out = runOn(wasmBackend, { outputs: { outRe: x.re, outIm: x.im } }, inputs, { dtype: 'f64' });
  let [off, all] = [0, 0];
  for (let at = 0; at < binCount(spec) * columns; at++) {
    const w = Math.floor(at / columns) % 2 === 0 ? 1 : odd;
    off += w * ((out.outRe[at] - inputs.targetRe[at]) ** 2 + (out.outIm[at] - inputs.targetIm[at]) ** 2);
    all += w * (inputs.targetRe[at] ** 2 + inputs.targetIm[at] ** 2);
  }
  return Math.sqrt(off / all);
}

const cells = (['time', 'frequency'] as const).flatMap((decimation) =>
  (['complex', 'real'] as const).map((kind) => ({ decimation, input: kind })),
);

describe('every kind, mode and grain', () => {
  for (const kind of kinds)
    for (const mode of modes)
      for (const [g, grain] of grains.entries())
        it(`${kind}, ${mode}, ${grain}`, async () => {
          // Two of the four cells of decimation and input for each grain, all four over two grains.
          for (const cell of cells.filter((_, i) => i % 2 === g % 2)) {
            const spec = network(cell.input === 'real' ? 16 : 8, cell);
            const objective = objectiveOf(spec);
            const options = { kind, mode, grain, sparsity: 0.3, warmup: 0.5, steps: 6, seed: 3 };
            const search = searchGates(objective, options);
            let ramp = 0;
            for await (const { step, loss, terms } of search.training) {
              ramp = Math.min(1, step / 3);
              expect(loss).toBeCloseTo(terms.feature + 0.3 * ramp * terms.share, 5);
              expect(terms.share).toBeGreaterThanOrEqual(0);
              expect(terms.share).toBeLessThanOrEqual(1 + 1e-6);
            }
            expect(ramp).toBe(1);
            const settled = await decideAndRefit(objective, search);
            expect(settled.network.stages.every((s) => !s.gate || s.gate.mode === 'hard')).toBe(true);
            for (const [s, { gate }] of settled.network.stages.entries())
              if (gate)
                expect(settled.values[`stage${s}.gate`]).toEqual(
                  decidedGates(gate, 2, settled.values[`stage${s}.gate`]),
                );
            const { active, total } = activeButterflies(gateMap(settled.network, settled.values));
            expect(active).toBeLessThanOrEqual(total);
            expect(Number.isFinite(frozenError(objective, settled.network, settled.values))).toBe(true);
          }
        });
});

describe('a search', () => {
  // Only even bins count: all gates that feed odd bins alone may close. The penalty is far below what a needed gate is worth.
  const run = async (options: Partial<GateSearchOptions> & Pick<GateSearchOptions, 'kind'>) => {
    const objective = objectiveOf(network(16, { decimation: 'frequency' }), 0);
    const search = searchGates(objective, { sparsity: 0.02, steps: 400, seed: 2, ...options });
    let share = NaN;
    for await (const { terms } of search.training) share = terms.share;
    const settled = await decideAndRefit(objective, search);
    return {
      objective,
      search,
      share,
      settled,
      error: frozenError(objective, settled.network, settled.values, 0),
    };
  };
  it.each(kinds.flatMap((kind) => modes.map((mode) => ({ kind, mode }))))(
    '$mode $kind gates close what only odd bins need, and leave the rest',
    async ({ kind, mode }) => {
      const { settled, error } = await run({ kind, mode, warmup: 0.3 });
      // Closed: 12 butterflies of the odd half below the top stage; drop: 24 outputs of them and 8 of the top stage.
      expect(error).toBeLessThan(1e-12);
      expect([settled.open, settled.total]).toEqual(kind === 'drop' ? [32, 64] : [20, 32]);
    },
  );

  it('anneals to 0 and 1', async () => {
    const annealing = { from: 1, to: 0.01 };
    const { search } = await run({ kind: 'skip', annealing });
    const cold: GateSpec = {
      kind: 'skip',
      mode: 'soft',
      grain: 'butterfly',
      threshold: 0.5,
      temperature: 0.01,
    };
    for (const name of search.gates)
      for (const p of search.training.value(name)) {
        const [g] = gateShares(numberCarrier, cold, [p]);
        expect(Math.min(g, 1 - g)).toBeLessThan(1e-6);
      }
    expect([0, 49, 50, 99].map((step) => temperatureAt(step, 100, annealing))).toEqual([
      1,
      1,
      expect.closeTo(0.91, 1),
      expect.closeTo(0.01, 12),
    ]);
  });

  it('draws the noise of hard-concrete gates from the seed and the step: two runs and a resumed one agree bit by bit', async () => {
    const objective = objectiveOf(network(8));
    const make = () =>
      searchGates(objective, { kind: 'ternary', mode: 'hard-concrete', sparsity: 0.1, steps: 12, seed: 4 });
    const whole = make();
    for await (const _ of whole.training);
    const first = make();
    for await (const { step } of first.training) if (step === 5) break;
    const second = make();
    second.training.restore(first.training.state());
    for await (const _ of second.training);
    expect(second.training.state()).toEqual(whole.training.state());
    // Gates have moved by the noise: logits of equal start differ.
    expect(new Set(whole.training.value('stage0.gate')).size).toBeGreaterThan(3);
  });

  it.each([
    [{ sparsity: -1 }, /sparsity is -1/],
    [{ warmup: 2 }, /warmup is 2/],
    [{ annealing: { from: 0, to: 1 } }, /annealing\.from is 0/],
    [{ annealing: { from: 1, to: 0.1, hold: 1 } }, /hold is 1/],
    [{ mode: 'hard' as const, annealing: { from: 1, to: 0.1 } }, /hard gates have no temperature/],
  ])('refuses %j', (part, message) => {
    const objective = objectiveOf(network(4));
    const options = { kind: 'skip' as const, sparsity: 1, steps: 1, seed: 1, ...part };
    expect(() => searchGates(objective, options)).toThrow(InvalidArgumentError);
    expect(() => searchGates(objective, options)).toThrow(message);
  });

  it('refuses a network without ungated stages, data that do not fit, weights that are none', () => {
    const gate: GateSpec = { kind: 'skip', mode: 'hard', grain: 'stage', threshold: 0.5 };
    const options = { kind: 'skip' as const, sparsity: 1, steps: 1, seed: 1 };
    expect(() => searchGates(objectiveOf(network(4, { gate })), options)).toThrow(
      /every stage has gates already/,
    );
    expect(() => spectrumSet(network(4), { re: gaussian(8, 1) })).toThrow(
      /8 and no numbers; expected whole signals of 4 complex/,
    );
    const set = spectrumSet(network(4), { re: gaussian(8, 1), im: gaussian(8, 2) });
    expect(() => spectrumObjective(network(4), {}, set, { weights: [1, -1, 0, 0] })).toThrow(
      /expected 4 numbers/,
    );
    expect(() => spectrumObjective(network(4), {}, set, { weights: [0, 0, 0, 0] })).toThrow(/energy 0/);
  });
});

describe('a log-mel front end', () => {
  const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } });
  const noise = new Float64Array(4000);
  fillUniform(noise, 1, 9);
  const data = frameSet([{ name: 'noise', samples: noise.map((x) => 0.3 * x) }], head, 64, 1);
  it.each(kinds)('searches %s gates, and what is stored is what was decided', async (kind) => {
    const tree = structuredNetwork(exactBase(64), { depth: 0, dropped: [] });
    const { network: spec } = tree;
    const model: FrontEnd = {
      head,
      transform: { kind: 'network', ...tree },
      bank: { kind: 'weights', ...bandsOf(head, 64, 1) },
    };
    const objective = featureObjective(model, data);
    const search = searchGates(objective, { kind, mode: 'hard-concrete', sparsity: 3, steps: 120, seed: 1 });
    const losses: number[] = [];
    for await (const { loss } of search.training) losses.push(loss);
    expect(losses[119]).toBeLessThan(losses[0]);
    const { network, values, open, total } = decideSearch(objective, search);
    const pruned = frontOf(model, { network, values });
    expect(open).toBeLessThan(total);
    const states = new Set(gateMap(network, values).flat());
    expect(states.has('skip') || states.has('drop-sum') || states.has('drop-difference')).toBe(true);
    const read = decodeFrontEnd(encodeFrontEnd(pruned), 'x.safetensors');
    const front = compileFrontEnd(pruned, wasmBackend);
    expect(compileFrontEnd(read, wasmBackend).features(noise)).toEqual(front.features(noise));
    // Fewer operations than the same radix-2 stages with every gate open.
    const gate: GateSpec = { kind: 'skip', mode: 'hard', grain: 'butterfly', threshold: 0.5 };
    const { network: whole, gates } = withGates(spec, gate);
    const openValues = { ...values, ...gates };
    expect(Object.keys(gates)).toHaveLength(5);
    const all = compileFrontEnd(frontOf(model, { network: whole, values: openValues }), wasmBackend);
    expect(front.perFrame.add).toBeLessThan(all.perFrame.add);
  });
});

describe('a search of half-open gates', () => {
  const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } });
  const noise = new Float64Array(6000);
  fillUniform(noise, 3, 9);
  const recordings = [{ name: 'noise', samples: noise.map((x, i) => 0.3 * x * (1.1 + Math.sin(i / 400))) }];
  const model: FrontEnd = {
    head,
    transform: { kind: 'network', ...structuredNetwork(exactBase(64), { depth: 0, dropped: [] }) },
    bank: { kind: 'weights', ...bandsOf(head, 64, 3) },
  };

  it.each(['drop', 'skip'] as const)(
    'is decided, then fitted again: %s gates, the stated error is that of what is kept',
    async (kind) => {
      const objective = featureObjective(model, frameSet(recordings, head, 128, 1));
      // Too few steps for gates to reach 0 or 1; weights follow them half way.
      const search = searchGates(objective, { kind, sparsity: 4, steps: 120, seed: 1 });
      for await (const _ of search.training);
      const settled = await decideAndRefit(objective, search);
      expect(settled.open).toBeLessThan(settled.total);
      // Trained to 0.1 and 0.2, off by 1.0 and 0.8 once decided, 0.04 and 0.13 fitted again.
      expect(settled.decidedError).toBeGreaterThan(0.5);
      expect(settled.error).toBeLessThan(0.3 * settled.decidedError);
      const front = compileFrontEnd(frontOf(model, settled), wasmBackend, 'f64');
      const error = featureError(
        recordings,
        recordings.map((r) => front.features(r.samples)),
        recordings.map((r) => referenceFeatures(head, r.samples)),
        head,
      );
      // All frames instead of 128 of them.
      expect(error.mean / settled.error).toBeGreaterThan(0.8);
      expect(error.mean / settled.error).toBeLessThan(1.25);
    },
  );
});

describe('settled gates', () => {
  it('run as the training graph at their decisions, and all-open stages have none', () => {
    for (const kind of kinds) {
      const gate: GateSpec = { kind, mode: 'soft', grain: 'butterfly', threshold: 0.3 };
      const spec = network(8, { gate });
      const values = initialize(spec, 'exact', 1);
      values['stage1.gate'] = gaussian(values['stage1.gate'].length, 4);
      const settled = decideGates(spec, values);
      expect(settled.network.stages.map((s) => s.gate?.mode)).toEqual([undefined, 'hard', undefined]);
      expect(Object.keys(settled.values)).toEqual(['stage1.gate']);
      const again = decideGates(settled.network, settled.values);
      expect(again).toEqual({ ...settled, total: again.total, open: again.open });
      const run = (of: NetworkSpec, own: Record<string, Float64Array>) => {
        const source = { re: rows(input('re', [8, 4]), 4), im: rows(input('im', [8, 4]), 4) };
        const x = spectrum(of, source, { lanes: 4, provide: (name, shape) => constant(shape, own[name]) });
        const inputs = { re: gaussian(32, 1), im: gaussian(32, 2) };
        return runOn(wasmBackend, { outputs: { outRe: x.re } }, inputs, { dtype: 'f64' }).outRe;
      };
      const hard = {
        ...spec,
        stages: spec.stages.map((s) => ({ ...s, gate: { ...gate, mode: 'hard' as const } })),
      };
      expect(distance(run(settled.network, settled.values), run(hard, values))).toBeLessThan(1e-15);
    }
  });

  it('are mapped by kind and grain', () => {
    const map = (
      kind: GateSpec['kind'],
      grain: GateSpec['grain'],
      shares: readonly (readonly number[])[],
    ) => {
      const gate: GateSpec = { kind, mode: 'hard', grain, threshold: 0.5 };
      const spec = network(16, { gate });
      const values = initialize(spec, 'exact', 1);
      values['stage3.gate'] = Float64Array.from(shares.flat());
      return gateMap(spec, values)[3];
    };
    const { skip, drop, ternary } = gateStates;
    expect(map('skip', 'run', [skip.skip, skip.active])).toEqual([
      ...new Array<string>(4).fill('skip'),
      ...new Array<string>(4).fill('active'),
    ]);
    expect(map('ternary', 'stage', [ternary.reverse])).toEqual(new Array<string>(8).fill('reverse'));
    expect(map('drop', 'block', [drop['drop-sum']])).toEqual(new Array<string>(8).fill('drop-sum'));
    expect(map('drop', 'run', [drop['drop-difference'], drop.dead])).toEqual([
      ...new Array<string>(4).fill('drop-difference'),
      ...new Array<string>(4).fill('dead'),
    ]);
    expect(
      map('ternary', 'butterfly', [...new Array<readonly number[]>(7).fill(ternary.skip), ternary.active])[7],
    ).toBe('active');
    const gate: GateSpec = { kind: 'drop', mode: 'hard', grain: 'stage', threshold: 0.5 };
    const four = network(16, { radices: [4, 4], gate });
    const shares = (last: readonly number[]) => ({
      'stage0.gate': new Float64Array(4).fill(1),
      'stage1.gate': Float64Array.from(last),
    });
    expect(gateMap(four, shares([1, 0, 0, 1]))[1]).toEqual(new Array<string>(4).fill('part'));
    expect(gateMap(four, shares([0, 0, 0, 0]))[0]).toEqual(new Array<string>(4).fill('dead'));
  });
});
