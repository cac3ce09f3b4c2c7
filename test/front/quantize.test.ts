/** Quantised parameters: what training sees is what is stored, and training from a start lowers the quantised error. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { gradient } from '../../src/ir/grad.ts';
import { argument, exprCarrier as k, literal } from '../../src/ir/expr.ts';
import { map, parameter, type Tensor } from '../../src/ir/graph.ts';
import {
  decodeTable,
  encodeTables,
  leadingLimbs,
  takeElements,
  type LimbFormat,
} from '../../src/ir/stored.ts';
import { initialize, type ParameterValues } from '../../src/model/initialize.ts';
import { parameterShapes } from '../../src/model/network.ts';
import {
  decodedValues,
  latentShapes,
  limbsOf,
  quantizedProvides,
  storeValues,
  type Quantization,
} from '../../src/model/quantization.ts';
import { halfRung, quantize, quantizedErrors, trainQuantized } from '../../src/front/quantize.ts';
import { sumOver } from '../../src/optimize/losses.ts';
import { allBackends, gaussian, network, runOn } from '../helpers.ts';

const formats: readonly Quantization[] = [
  { format: 'q8' },
  { format: 'q8', per: 'tensor' },
  { format: 'f16' },
  { format: 'powers-of-two', terms: 1 },
  { format: 'powers-of-two', terms: 4 },
  { format: 'hi-lo' },
  { format: 'hi-lo', hi: 'q8', per: 'tensor' },
  { format: 'hi-lo', hi: 'f16' },
];

const numbers = fc.float64Array({ min: -60000, max: 60000, noNaN: true, minLength: 1, maxLength: 20 });
const limbs = fc.constantFrom<[LimbFormat, number]>(
  ['q8', 1],
  ['q8', 3],
  ['f16', 1],
  ['f16', 2],
  ['power-of-two', 1],
  ['power-of-two', 4],
);

describe('stored tables', () => {
  it('are as close as their limbs allow, and closer with every limb', () => {
    fc.assert(
      fc.property(numbers, limbs, (data, [format, count]) => {
        const [table] = encodeTables([data], format, count);
        const peak = Math.max(2 ** -126, ...data.map(Math.abs));
        const bound = (x: number): number => {
          // Half a step of each limb of the rest of the one before; binary16: 2^-11 and half its smallest; a third each time.
          if (format === 'q8') return peak * 254 ** -count * (1 + 1e-9) + 2 ** -126;
          if (format === 'f16') return Math.abs(x) * 2 ** (-11 * count) + 2 ** -25;
          return Math.abs(x) * 3 ** -count * (1 + 1e-9) + 2 ** -63;
        };
        decodeTable(table).forEach((value, i) => {
          expect(Math.abs(value - data[i])).toBeLessThanOrEqual(bound(data[i]) + Math.abs(data[i]) * 1e-15);
        });
        const rung = leadingLimbs(table, 1);
        expect(rung).toEqual(encodeTables([data], format, 1)[0]);
        expect(decodeTable(takeElements(table, [data.length - 1, 0]))).toEqual(
          Float64Array.of(decodeTable(table)[data.length - 1], decodeTable(table)[0]),
        );
      }),
    );
  });

  it('of one list share their scale', () => {
    const tables = encodeTables([Float64Array.of(1, 0.5), Float64Array.of(4)], 'q8', 1);
    expect(tables.map((t) => [...t.codes])).toEqual([[32, 16], [127]]);
    expect(tables.every((t) => t.peaks[0] === 4)).toBe(true);
    expect(decodeTable(encodeTables([new Float64Array(3)], 'q8', 2)[0])).toEqual(new Float64Array(3));
  });

  it('refuse numbers they cannot hold, by place', () => {
    const encode =
      (x: number, format: LimbFormat, count = 1) =>
      () =>
        encodeTables([Float64Array.of(0, x)], format, count);
    expect(encode(65520, 'f16')).toThrow('element 1 is 65520; f16 tables hold numbers below 65520');
    for (const format of ['q8', 'f16', 'power-of-two'] as const)
      for (const x of [NaN, Infinity, -Infinity]) expect(encode(x, format)).toThrow(InvalidArgumentError);
    expect(encode(1, 'f16', 3)).toThrow('3 limbs of f16; expected 1 to 2');
    expect(encode(1, 'q8', 0)).toThrow(InvalidArgumentError);
  });
});

describe('quantisations', () => {
  it('refuse options by name', () => {
    const refused = (q: unknown): (() => unknown) => {
      return () => limbsOf(q as Quantization);
    };
    expect(refused({ format: 'q4' })).toThrow('format is "q4"; expected q8, f16, powers-of-two, hi-lo');
    expect(refused({ format: 'powers-of-two', terms: 5 })).toThrow(
      'terms is 5; expected a whole number from 1 to 4',
    );
    expect(refused({ format: 'f16', terms: 2 })).toThrow('a quantisation of f16 has no option "terms"');
    expect(refused({ format: 'q8', terms: 5 })).toThrow('terms is 5; expected a whole number from 1 to 4');
    expect(refused({ format: 'q8', per: 'row' })).toThrow('per is "row"; expected tensor, stage');
    expect(refused({ format: 'hi-lo', hi: 'q4' })).toThrow('hi is "q4"; expected q8, f16');
    expect(refused({ format: 'f16', hi: 'q8' })).toThrow('a quantisation of f16 has no option "hi"');
  });

  it('share a scale per stage, or over the stages of a tensor', () => {
    const values = {
      'stage0.block': Float64Array.of(1, 0.3),
      'stage1.block': Float64Array.of(100, 1),
      'split.block': Float64Array.of(0.001),
      'stage0.gate': Float64Array.of(0.3),
    };
    const stage = quantize(values, { format: 'q8' });
    const tensor = quantize(values, { format: 'q8', per: 'tensor' });
    expect([stage, tensor].map((q) => q.values['stage0.block'][0])).toEqual([1, (1 / 127) * 100]);
    expect([stage, tensor].map((q) => q.values['split.block'][0])).toEqual([0.001, 0.001]);
    expect(stage.values['stage0.gate']).toEqual(values['stage0.gate']);
    expect(Object.keys(stage.tables)).toEqual(['stage0.block', 'stage1.block', 'split.block']);
    expect(stage.bytes).toBe(5);
    expect(() => stage.provide('stage2.block', [1])).toThrow('the model has no parameter "stage2.block"');
  });
});

/** Random parameters of a small network, with a gate that must pass unrounded. */
const spec = network(16, {
  parametrization: 'free',
  gate: { kind: 'skip', mode: 'soft', grain: 'stage', threshold: 0.5 },
});
const values: ParameterValues = {
  ...initialize(spec, 'random', 4),
  'stage0.gate': Float64Array.of(0.3),
};
const shapes = parameterShapes(spec);

/** Zeros without their sign, which codes of 8 bits and powers of two do not have. */
const unsigned = (a: Float64Array): Float64Array => a.map((x) => x + 0);

describe('training graphs', () => {
  it.each(formats)('%o: the numbers are those of the codes, on every backend', (q) => {
    const provides = quantizedProvides(parameter, shapes, q);
    const { rungs } = limbsOf(q);
    const outputs: Record<string, Tensor> = {};
    // Numbers of their own behind a nested hi rung.
    const own: ParameterValues = { ...values };
    for (const name of Object.keys(latentShapes(shapes, q)))
      if (name.endsWith('.hi')) own[name] = values[name.slice(0, -3)].map((x) => 1.02 * x + 0.01);
    const tables = storeValues(own, q);
    rungs.forEach((rung, i) => {
      for (const [name, shape] of Object.entries(shapes))
        outputs[`${rung} ${name}`] = provides[i](name, shape);
    });
    for (const backend of allBackends) {
      const out = runOn(backend, { outputs }, own, { dtype: 'f64' });
      for (const rung of rungs) {
        const expected = decodedValues(own, tables, rung);
        for (const name of Object.keys(shapes))
          expect(unsigned(out[`${rung} ${name}`]), name).toEqual(unsigned(expected[name]));
      }
    }
    // Zeros, subnormal numbers and ties, too.
    const edge = Float64Array.of(0, -0, 1e-310, 2 ** -25, 3 * 2 ** -25, -1.5, 2 ** -64, 65503.9);
    const [provide] = quantizedProvides(parameter, { edge: [edge.length] }, q).slice(-1);
    const graph = { outputs: { out: provide('edge', [edge.length]) } };
    const stored = decodeTable(storeValues({ edge }, q).edge);
    for (const backend of allBackends)
      expect(unsigned(runOn(backend, graph, { edge, 'edge.hi': edge }, { dtype: 'f64' }).out)).toEqual(
        unsigned(stored),
      );
  });

  it.each(formats)('%o: the gradient is that of the quantised number', (q) => {
    // d/dp sum (Q(p) - 3)^2 / 2 = Q(p) - 3, straight through.
    const leaf = parameter('p', [8]);
    const data = gaussian(8, 3);
    const provides = quantizedProvides((name) => (name === 'p' ? leaf : parameter(name, [8])), { p: [8] }, q);
    const quantized = decodeTable(storeValues({ p: data, 'p.hi': data }, q).p);
    const seen = provides[provides.length - 1]('p', [8]);
    const d = k.sub(argument(0), literal(3));
    const loss = map(
      'half',
      [sumOver('squares', [seen], k.mul(d, d))],
      [k.mul(literal(0.5), argument(0))],
    )[0];
    const out = runOn(
      wasmBackend,
      { outputs: { g: gradient(loss, [leaf])[0] } },
      { p: data, 'p.hi': data },
      { dtype: 'f64' },
    );
    expect(out.g).toEqual(quantized.map((x) => x - 3));
  });
});

describe('straight-through training', () => {
  const real = network(64, { parametrization: 'twiddle', input: 'real', split: 'twiddle', norm: 'ortho' });

  it.each([
    [{ format: 'q8' }, 0.97],
    [{ format: 'f16' }, 0.97],
    [{ format: 'powers-of-two', terms: 2 }, 0.8],
  ] as const)('%o: closer than rounded exact twiddles', async (quantization, factor) => {
    const initial = initialize(real, 'exact', 1);
    const learningRate = quantization.format === 'f16' ? 1e-4 : 3e-3;
    const r = await trainQuantized({ spec: real, initial, quantization, steps: 600, learningRate, seed: 1 });
    expect(r.before).toEqual(quantizedErrors(real, initial, quantization, 3));
    expect(r.after[0]).toBeLessThan(factor * r.before[0]);
    expect(r.after).toEqual(quantizedErrors(real, r.latent, quantization, 3));
    expect(r.quantized.values).toEqual(quantize(r.latent, quantization).values);
  });

  it('refuses starting values that do not fit, by name', async () => {
    const exact = initialize(real, 'exact', 1);
    const common = { spec: real, quantization: { format: 'q8' }, steps: 1, seed: 1 } as const;
    await expect(trainQuantized({ ...common, initial: {} })).rejects.toThrow(
      'parameter "stage0.twiddle" starts with no values; expected 32',
    );
    const short = { ...exact, 'split.twiddle': new Float64Array(3) };
    await expect(trainQuantized({ ...common, initial: short })).rejects.toThrow(InvalidArgumentError);
  });

  it('nested: both rungs from a start that is no answer', async () => {
    const quantization: Quantization = { format: 'hi-lo' };
    const exact = initialize(real, 'exact', 1);
    const initial = Object.fromEntries(
      Object.entries(exact).map(([name, x], i) => [
        name,
        x.map((v, j) => v + 0.05 * gaussian(x.length, 20 + i)[j]),
      ]),
    );
    const r = await trainQuantized({
      spec: real,
      initial,
      quantization,
      steps: 1500,
      learningRate: 3e-3,
      seed: 2,
    });
    expect(r.before[0]).toBeGreaterThan(0.05);
    // Rounding exact twiddles to 8 bits costs 0.004.
    expect(r.after[0]).toBeLessThan(0.006);
    expect(r.after[1]).toBeLessThan(1e-4);
    const program = quantize(r.latent, quantization);
    expect(program.bytes).toBe(2 * Object.values(exact).reduce((n, x) => n + x.length, 0));
  });
});

it('the half rung of a program without codes is the program', async () => {
  const { compileGraph } = await import('../../src/compiler/pipeline.ts');
  const program = compileGraph(
    { outputs: { y: map('x', [parameter('p', [4])], [k.add(argument(0), literal(1))])[0] } },
    { dtype: 'f32' },
  );
  expect(halfRung(program)).toEqual(program);
});
