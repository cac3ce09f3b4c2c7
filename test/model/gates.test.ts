/** What gates of every kind do: counted in compiled code, compared with their formulas, and given what nobody should give. */
import { transformModel } from '../../src/model/model.ts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { countProgram } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { numberCarrier } from '../../src/ir/expr.ts';
import { constant, input, type Graph, type Tensor } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import {
  decidedGates,
  gateCount,
  gateIndex,
  gateKinds,
  gateModes,
  gateOpenness,
  gateShares,
  gateShareTensor,
  gateStates,
  hardConcrete,
  openGates,
  type GateSpec,
} from '../../src/model/gates.ts';
import { initialize, type ParameterValues } from '../../src/model/initialize.ts';
import { spectrum, validateNetwork, type NetworkSpec } from '../../src/model/network.ts';
import { fillLogistic } from '../../src/numeric/random.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { decodeTransform, encodeTransform } from '../transform-file.ts';
import { distance, gaussian, network, runOn } from '../helpers.ts';
import { stageSize } from '../../src/model/geometry.ts';

const lanes = 4;
const gate = (kind: GateSpec['kind'], mode: GateSpec['mode'], more: Partial<GateSpec> = {}): GateSpec => ({
  kind,
  mode,
  grain: 'butterfly',
  threshold: 0.5,
  ...more,
});

function frozen(spec: NetworkSpec, values: ParameterValues): Graph {
  const source = {
    re: rows(input('re', [spec.n, lanes]), lanes),
    im: rows(input('im', [spec.n, lanes]), lanes),
  };
  const x = spectrum(spec, source, { lanes, provide: (name, shape) => constant(shape, values[name]) });
  return { outputs: { outRe: x.re, outIm: x.im } };
}

/** Real multiplications and additions per butterfly of a frozen network with general twiddles. */
function perButterfly(own: GateSpec, parameters: readonly number[], more: Partial<NetworkSpec> = {}) {
  const spec = network(32, { parametrization: 'twiddle', gate: own, ...more });
  const values = initialize(spec, 'random', 3);
  for (const name of Object.keys(values))
    if (name.endsWith('gate'))
      values[name] = values[name].map((_, i) => parameters[i % parameters.length] + 1e-3 * (i % 7));
  const { mul, add, other } = countProgram(compileGraph(frozen(spec, values), { dtype: 'f32' }));
  return [mul, add, other].map((x) => x / (lanes * 16 * 5));
}

describe('operations of compiled gates per butterfly with a general twiddle (DESIGN.md section 1)', () => {
  // Skipped butterflies of the first stage read nothing and of the last store nothing: none of them is work.
  const counts: [string, GateSpec, number[], number[]][] = [
    ['soft, in time', gate('skip', 'soft'), [0.4], [10, 10, 0]],
    ['hard-concrete, deterministic', gate('skip', 'hard-concrete'), [0.2], [10, 10, 0]],
    ['soft at a temperature', gate('skip', 'soft', { temperature: 0.9 }), [0.4], [10, 10, 0]],
    ['hard, closed, by a value that is not 0', gate('skip', 'hard'), [0.4], [0, 0, 0]],
    ['hard, open, by a value that is not 1', gate('skip', 'hard'), [0.6], [4, 6, 0]],
    ['ternary skip', gate('ternary', 'hard'), [0.9, 0.2, 0.3], [0, 0, 0]],
    ['ternary forward', gate('ternary', 'hard'), [0.1, 0.9, 0.3], [4, 6, 0]],
    ['ternary reverse', gate('ternary', 'hard'), [0.1, 0.2, 0.9], [4, 6, 0]],
  ];
  it.each(counts)('%s', (_, own, parameters, expected) => {
    expect(perButterfly(own, parameters)).toEqual(expected);
  });
  it('soft in frequency: 12 / 10, because its twiddle stands in one row', () => {
    expect(perButterfly(gate('skip', 'soft'), [0.4], { decimation: 'frequency' })).toEqual([12, 10, 0]);
  });
  it('drop: a sum or a difference alone costs 4 / 4', () => {
    const spec = network(2, { parametrization: 'twiddle', gate: gate('drop', 'hard') });
    const cost = (own: readonly number[]): number[] => {
      const values = { ...initialize(spec, 'random', 3), 'stage0.gate': Float64Array.from(own) };
      const { mul, add } = countProgram(compileGraph(frozen(spec, values), { dtype: 'f32' }));
      return [mul / lanes, add / lanes];
    };
    const { dead, active, 'drop-sum': noSum, 'drop-difference': noDifference } = gateStates.drop;
    expect([noSum, noDifference, active, dead].map(cost)).toEqual([
      [4, 4],
      [4, 4],
      [4, 6],
      [0, 0],
    ]);
  });
});

describe('reverse', () => {
  it.each(['time', 'frequency'] as const)(
    'swaps the outputs of the butterfly, decimation in %s',
    (decimation) => {
      const spec = network(8, { parametrization: 'twiddle', gate: gate('ternary', 'hard'), decimation });
      const values = initialize(spec, 'random', 5);
      const plain = runOn(wasmBackend, frozen(spec, values), signals(8), { dtype: 'f64' });
      // In the stage that is executed last position p holds bin p in time, and bin reversed(p) in frequency.
      const last = decimation === 'time' ? 2 : 0;
      values[`stage${last}.gate`].set(gateStates.ternary.reverse, 3 * 1);
      const out = runOn(wasmBackend, frozen(spec, values), signals(8), { dtype: 'f64' });
      const pair = decimation === 'time' ? [1, 5] : [2, 6];
      for (let bin = 0; bin < 8; bin++) {
        const from = bin === pair[0] ? pair[1] : bin === pair[1] ? pair[0] : bin;
        for (const part of ['outRe', 'outIm'])
          expect(out[part].slice(bin * lanes, (bin + 1) * lanes)).toEqual(
            plain[part].slice(from * lanes, (from + 1) * lanes),
          );
      }
    },
  );
});

const signals = (n: number): Record<string, Float64Array> => ({
  re: gaussian(n * lanes, 1),
  im: gaussian(n * lanes, 2),
});

describe('shares', () => {
  const finiteNumber = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  it('lie in [0, 1], and those of three sum to 1', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...gateKinds),
        fc.constantFrom(...gateModes),
        fc.tuple(finiteNumber, finiteNumber, finiteNumber),
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        fc.tuple(finiteNumber, finiteNumber, finiteNumber),
        (kind, mode, p, temperature, noise) => {
          const sampled = mode === 'hard-concrete';
          const shares = gateShares(
            numberCarrier,
            gate(kind, mode, { temperature }),
            p,
            sampled ? { noise } : {},
          );
          for (const g of shares) {
            expect(g).toBeGreaterThanOrEqual(0);
            expect(g).toBeLessThanOrEqual(1);
          }
          if (kind === 'ternary') expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
          const open = gateOpenness(numberCarrier, gate(kind, mode, { temperature }), p);
          expect(open).toBeGreaterThanOrEqual(0);
          expect(open).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('a low temperature ends at the decision of the hard gate', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...gateKinds),
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (kind, p) => {
          const spread = kind === 'ternary' ? [...p].sort((a, b) => b - a) : null;
          if (spread ? spread[0] - spread[1] < 1e-3 : p.some((x) => Math.abs(x - 0.5) < 1e-3)) return;
          const cold = gateShares(numberCarrier, gate(kind, 'soft', { temperature: 1e-5 }), p);
          expect(cold.map((x) => Math.round(x * 1e9) / 1e9)).toEqual([
            ...decidedGates(gate(kind, 'soft'), 3, p),
          ]);
        },
      ),
    );
  });

  it('of a hard-concrete ternary gate come from its softmax: open and direction', () => {
    const z = [0.3, -0.2, 0.7];
    const e = z.map(Math.exp);
    const total = e.reduce((a, b) => a + b);
    const stretched = (s: number): number => Math.min(1, Math.max(0, s * 1.2 - 0.1));
    const open = stretched(1 - e[0] / total);
    const direction = stretched(e[1] / (e[1] + e[2]));
    const shares = gateShares(numberCarrier, gate('ternary', 'hard-concrete'), z);
    [1 - open, open * direction, open * (1 - direction)].forEach((x, i) =>
      expect(shares[i]).toBeCloseTo(x, 14),
    );
  });

  it('the closed form of the expected L0 norm is the rate of nonzero samples', () => {
    const draws = 20000;
    const noise = new Float64Array(draws);
    fillLogistic(noise, 7, 3);
    expect(Math.abs(noise.reduce((a, b) => a + b) / draws)).toBeLessThan(0.05);
    // Variance pi^2 / 3 of the logistic distribution; 4 standard errors of it are 0.13.
    expect(noise.reduce((a, b) => a + b * b, 0) / draws).toBeCloseTo(Math.PI ** 2 / 3, 0);
    for (const logAlpha of [-3, -1, 0, 2]) {
      const own = gate('skip', 'hard-concrete', { sampled: true });
      const nonzero = noise.filter((l) => gateShares(numberCarrier, own, [logAlpha], { noise: [l] })[0] > 0);
      const expected = gateOpenness(numberCarrier, own, [logAlpha]);
      expect(expected).toBeCloseTo(
        1 / (1 + Math.exp(-logAlpha + hardConcrete.temperature * Math.log(0.1 / 1.1))),
        14,
      );
      // Four standard errors of a rate.
      expect(Math.abs(nonzero.length / draws - expected)).toBeLessThan(
        4 * Math.sqrt((expected * (1 - expected)) / draws),
      );
    }
  });

  it.each(gateKinds)('start open: %s', (kind) => {
    for (const mode of gateModes) {
      const p = [...openGates(gate(kind, mode), kind === 'ternary' ? 3 : 2)];
      const shares = gateShares(numberCarrier, gate(kind, mode), p);
      const forward = kind === 'ternary' ? shares[1] : shares[0];
      expect(forward).toBeGreaterThan(mode === 'soft' && kind === 'ternary' ? 0.98 : 1 - 1e-15);
      expect([...decidedGates(gate(kind, mode), 2, p)]).toEqual(kind === 'ternary' ? [0, 1, 0] : [1, 1]);
    }
  });
});

describe('hostile gates', () => {
  const hostile = fc.oneof(fc.constantFrom(NaN, Infinity, -Infinity), fc.double({ noNaN: true }));
  it('parameters are refused by position, or decided', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...gateKinds),
        fc.constantFrom(...gateModes),
        fc.array(hostile, { minLength: 6, maxLength: 6 }),
        (kind, mode, p) => {
          const bad = p.findIndex((x) => !Number.isFinite(x));
          const own = gate(kind, mode);
          const tensor = (): Tensor =>
            gateShareTensor(own, 2, constant(kind === 'skip' ? [6] : kind === 'drop' ? [3, 2] : [2, 3], p));
          if (bad >= 0) {
            expect(() => decidedGates(own, 2, p)).toThrow(InvalidArgumentError);
            expect(() => decidedGates(own, 2, p)).toThrow(`gate parameter ${bad} is ${p[bad]}`);
            expect(tensor).toThrow(`gate parameter ${bad} is ${p[bad]}`);
            return;
          }
          const decided = decidedGates(own, 2, p);
          expect(decided.every((x) => x === 0 || x === 1)).toBe(true);
          if (kind === 'ternary')
            expect([0, 3].map((at) => decided.slice(at, at + 3).reduce((a, b) => a + b))).toEqual([1, 1]);
          // Decisions are their own decisions.
          if (mode !== 'hard-concrete') expect(decidedGates(gate(kind, 'hard'), 2, decided)).toEqual(decided);
          const { source } = tensor();
          if (source.kind === 'constant') expect(source.data.every((x) => x >= 0 && x <= 1)).toBe(true);
        },
      ),
    );
  });

  const bad: [string, Record<string, unknown>, RegExp][] = [
    ['kind', { kind: 'flip' }, /kind is "flip"; expected skip, drop, ternary/],
    ['mode', { mode: 'tepid' }, /mode is "tepid"; expected soft, hard, hard-concrete/],
    ['no threshold', { threshold: undefined }, /threshold is undefined/],
    ['threshold NaN', { threshold: NaN }, /threshold is NaN/],
    ['temperature 0', { temperature: 0 }, /temperature is 0; expected a number above 0 or input/],
    ['temperature text', { temperature: 'warm' }, /temperature is "warm"/],
    ['sampled', { sampled: 1 }, /sampled is 1/],
    ['sampled soft', { sampled: true }, /a soft gate is sampled/],
  ];
  it.each(bad)('a spec with a wrong %s', (_, part, message) => {
    const spec = network(4, { gate: { ...gate('skip', 'soft'), ...part } });
    expect(() => validateNetwork(spec)).toThrow(InvalidArgumentError);
    expect(() => validateNetwork(spec)).toThrow(message);
  });

  it('a checkpoint keeps gates of every kind, and refuses those that read inputs of training', () => {
    for (const kind of gateKinds)
      for (const mode of gateModes) {
        const spec = network(8, { gate: gate(kind, mode, { temperature: 0.4 }), parametrization: 'twiddle' });
        const values = initialize(spec, 'random', 2);
        const read = decodeTransform(encodeTransform({ network: spec, values }), 'x.safetensors');
        expect(read.network).toEqual(spec);
        expect(read.values).toEqual(values);
      }
    for (const part of [{ temperature: 'input' as const }, { sampled: true }]) {
      const spec = network(8, { gate: gate('skip', 'hard-concrete', part) });
      const values = initialize(spec, 'exact', 2);
      expect(() => encodeTransform({ network: spec, values })).toThrow(/^stage 0 has gates that read/);
      const bytes = encodeTransform({ network: network(8, { gate: gate('skip', 'soft') }), values });
      const { tensors, metadata } = decodeSafetensors(bytes, 'x');
      const changed = { ...metadata, spec: JSON.stringify(transformModel(spec, {}).model) };
      expect(() =>
        decodeTransform(encodeSafetensors(Object.fromEntries(tensors), changed), 'x.safetensors'),
      ).toThrow(/x\.safetensors: stage 0 has gates that read/);
    }
  });

  it('every butterfly has one gate of its stage', () => {
    for (const grain of ['butterfly', 'run', 'block', 'stage'] as const)
      for (const stride of [1, 2, 4, 8]) {
        const gates = new Set(Array.from({ length: 8 }, (_, b) => gateIndex(grain, stride, b)));
        expect([...gates]).toEqual(
          Array.from({ length: gateCount(grain, stageSize([stride, 2, 8 / stride], 1)) }, (_, i) => i),
        );
      }
  });

  it('open gates of every kind and mode leave the transform: soft ternary ones to 1 - 0.987^4', () => {
    const exact = runOn(wasmBackend, frozen(network(16), {}), signals(16), { dtype: 'f64' });
    for (const kind of gateKinds)
      for (const mode of gateModes) {
        const spec = network(16, { gate: gate(kind, mode) });
        const out = runOn(wasmBackend, frozen(spec, initialize(spec, 'exact', 1)), signals(16), {
          dtype: 'f64',
        });
        expect(distance(out.outRe, exact.outRe)).toBeLessThan(
          kind === 'ternary' && mode === 'soft' ? 0.06 : 1e-14,
        );
      }
  });
});
