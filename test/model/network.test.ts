/** Specs that are no networks, gate shapes, and what a gate of each kind and grain does to a transform. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError, UnsupportedError } from '../../src/errors.ts';
import { input, loopsOf, parameter } from '../../src/ir/graph.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { verifyCoverage } from '../ir/coverage.ts';
import { rows } from '../../src/ir/view.ts';
import { initialize, type ParameterValues } from '../../src/model/initialize.ts';
import {
  binCount,
  parameterShapes,
  powerSpectrum,
  spectrum,
  validateNetwork,
  type NetworkSpec,
} from '../../src/model/network.ts';
import type { GateSpec } from '../../src/model/parametrization.ts';
import { distance, gaussian, network } from '../helpers.ts';

function transform(
  spec: NetworkSpec,
  values: ParameterValues,
  re: Float64Array,
  im: Float64Array,
): Record<string, Float64Array> {
  const source = { re: rows(input('re', [spec.n, 1]), 1), im: rows(input('im', [spec.n, 1]), 1) };
  const x = spectrum(spec, source, { lanes: 1, provide: (name, shape) => parameter(name, shape) });
  return interpret({ outputs: { outRe: x.re, outIm: x.im } }, { ...values, re, im });
}

const gate = (kind: GateSpec['kind'], grain: GateSpec['grain']): GateSpec => ({
  kind,
  mode: 'hard',
  grain,
  threshold: 0.5,
});
const [re, im] = [gaussian(16, 1), gaussian(16, 2)];

describe('specs', () => {
  const good = network(16);
  const bad: [string, unknown, RegExp][] = [
    ['no object', null, /options of a network are null/],
    ['no stages', { ...good, stages: undefined }, /stages is undefined; expected a list/],
    ['a wrong product', { ...good, n: 32 }, /radices \[2, 2, 2, 2\] multiply to 16; expected 32/],
    ['a fractional size', { ...good, n: 16.5 }, /n is 16\.5/],
    ['an odd real size', { ...good, n: 15, input: 'real' }, /n is 15; a real-input network needs an even n/],
    ['radix 1', network(2, { radices: [2, 1] }), /stages\[1\]\.radix is 1; expected a whole number from 2/],
    [
      'an unknown direction',
      { ...good, direction: 'sideways' },
      /direction is "sideways"; expected forward, inverse/,
    ],
    [
      'an unknown parametrisation',
      { ...good, stages: [{ radix: 16, parametrization: 'magic' }] },
      /parametrization is "magic"/,
    ],
    [
      'an unknown gate',
      network(4, { gate: { ...gate('skip', 'stage'), kind: 'flip' as 'skip' } }),
      /kind is "flip"/,
    ],
    ['a huge size', { ...good, n: 1e300 }, /n is 1e\+300; expected a whole number from 1 to/],
  ];
  it.each(bad)('%s', (_, spec, message) => {
    expect(() => validateNetwork(spec as NetworkSpec)).toThrow(InvalidArgumentError);
    expect(() => validateNetwork(spec as NetworkSpec)).toThrow(message);
  });

  it('parameters have the shapes of docs/conventions.md', () => {
    expect(parameterShapes(network(16, { parametrization: 'twiddle' }))['stage1.twiddle']).toEqual([8, 1, 2]);
    expect(
      parameterShapes(network(16, { radices: [4, 4], parametrization: 'twiddle' }))['stage1.twiddle'],
    ).toEqual([4, 3, 2]);
    expect(
      parameterShapes(network(16, { radices: [4, 4], parametrization: 'unit-circle' }))['stage0.angle'],
    ).toEqual([4, 3]);
    expect(
      parameterShapes(network(12, { radices: [3, 4], parametrization: 'free' }))['stage0.block'],
    ).toEqual([4, 3, 3, 2]);
    expect(parameterShapes(network(32, { input: 'real', split: 'free' }))['split.block']).toEqual([
      9, 2, 2, 2,
    ]);
    const gates = (kind: GateSpec['kind'], grain: GateSpec['grain']) =>
      [0, 1, 2, 3].map((s) => parameterShapes(network(16, { gate: gate(kind, grain) }))[`stage${s}.gate`]);
    expect(gates('skip', 'butterfly')).toEqual([[8], [8], [8], [8]]);
    expect(gates('skip', 'run')).toEqual([[2], [2], [2], [2]]);
    expect(gates('drop', 'block')).toEqual([
      [8, 2],
      [4, 2],
      [2, 2],
      [1, 2],
    ]);
    expect(gates('drop', 'stage')).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });
});

describe('gates', () => {
  const plain = transform(network(16), {}, re, im);
  it.each(['butterfly', 'run', 'block', 'stage'] as const)(
    'open gates change nothing, all closed skip gates leave the input: %s',
    (grain) => {
      for (const kind of ['skip', 'drop'] as const) {
        const spec = network(16, { gate: gate(kind, grain) });
        expect(
          distance(transform(spec, initialize(spec, 'exact', 1), re, im).outRe, plain.outRe),
        ).toBeLessThan(1e-15);
      }
      const closed = network(16, {
        gate: gate('skip', grain),
        decimation: 'frequency',
        permutation: 'identity',
      });
      const values = Object.fromEntries(
        Object.entries(initialize(closed, 'exact', 1)).map(([name, v]) => [name, v.map(() => 0)]),
      );
      expect([...transform(closed, values, re, im).outRe]).toEqual([...re]);
    },
  );

  it('one closed run skips exactly its four butterflies', () => {
    const [byRun, byButterfly] = [
      network(16, { gate: gate('skip', 'run') }),
      network(16, { gate: gate('skip', 'butterfly') }),
    ];
    for (let s = 0; s < 4; s++) {
      const runs = initialize(byRun, 'exact', 1);
      runs[`stage${s}.gate`][1] = 0;
      const butterflies = initialize(byButterfly, 'exact', 1);
      butterflies[`stage${s}.gate`].fill(0, 4, 8);
      expect(transform(byRun, runs, re, im)).toEqual(transform(byButterfly, butterflies, re, im));
    }
    expect(() =>
      transform(
        network(12, { radices: [3, 4], gate: gate('skip', 'run') }),
        {},
        gaussian(12, 1),
        gaussian(12, 2),
      ),
    ).toThrow(UnsupportedError);
  });

  it('a dropped output of the first stage in frequency takes every second bin', () => {
    const spec = network(16, { gate: gate('drop', 'block'), decimation: 'frequency' });
    const values = initialize(spec, 'exact', 1);
    values['stage3.gate'][1] = 0;
    const out = transform(spec, values, re, im);
    for (let k = 0; k < 16; k++) {
      if (k % 2 === 1) expect(out.outRe[k] + 0).toBe(0);
      else expect(out.outRe[k]).toBeCloseTo(plain.outRe[k], 12);
    }
  });
});

describe('a single transform in place', () => {
  const specs = (['time', 'frequency'] as const).flatMap((decimation) => [
    network(64, { decimation }),
    network(64, { decimation, direction: 'inverse' }),
    network(60, { decimation, radices: [4, 3, 5], norm: 'ortho' }),
    network(128, { decimation, radices: [2, 4, 2, 8] }),
    network(240, { decimation, radices: [2, 2, 3, 5, 4], direction: 'inverse' }),
    network(128, { decimation, input: 'real' }),
  ]);
  const provide = (): never => {
    throw new Error('an exact network has no parameters');
  };
  it.each(specs)('reverses digits in a loop of its own: $n, $decimation', (spec) => {
    const signal = { re: gaussian(spec.n, 3), im: gaussian(spec.n, 4) };
    const run = (lanes: number): [Float64Array, Float64Array, Float64Array] => {
      const source = {
        re: rows(input('re', [spec.n, lanes]), lanes),
        im: rows(input('im', [spec.n, lanes]), lanes),
      };
      const x = spectrum(spec, source, { lanes, provide });
      const graph = {
        outputs: { re: x.re, im: x.im, power: powerSpectrum(spec, source, { lanes, provide }) },
      };
      verifyCoverage(graph);
      if (lanes === 1)
        expect(loopsOf(graph).filter((l) => l.label === 'digit reversal')).toHaveLength(
          spec.n === 60 ? 0 : 2,
        );
      const wide = (a: Float64Array) =>
        Float64Array.from({ length: a.length * lanes }, (_, i) => a[Math.floor(i / lanes)]);
      const out = interpret(graph, { re: wide(signal.re), im: wide(signal.im) });
      const first = (a: Float64Array) => a.filter((_, i) => i % lanes === 0).slice(0, binCount(spec));
      return [first(out.re), first(out.im), first(out.power)];
    };
    const [alone, across] = [run(1), run(3)];
    alone.forEach((a, i) => expect(a).toEqual(across[i]));
  });
});

describe('Hadamard: identity permutation and w = 1', () => {
  it('is the Walsh-Hadamard transform', () => {
    const spec = network(8, { parametrization: 'twiddle', permutation: 'identity' });
    const values = initialize(spec, 'ones', 1);
    const x = gaussian(8, 5);
    const out = transform(spec, values, x, new Float64Array(8));
    const bits = (v: number): number => v.toString(2).replaceAll('0', '').length;
    for (let k = 0; k < 8; k++) {
      const expected = x.reduce((sum, v, j) => sum + (bits(k & j) % 2 === 0 ? v : -v), 0);
      expect(out.outRe[k]).toBeCloseTo(expected, 12);
    }
  });
});
