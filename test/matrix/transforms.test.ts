/** One behaviour suite on every backend and dtype: transforms against the float64 DFT. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../src/ir/interpret.ts';
import { input, parameter } from '../../src/ir/graph.ts';
import { verify } from '../../src/ir/verify.ts';
import { verifyCoverage } from '../ir/coverage.ts';
import { rows } from '../../src/ir/view.ts';
import { initialize } from '../../src/model/initialize.ts';
import type { Storage } from '../../src/model/geometry.ts';
import { binCount, realInverse, spectrum, type NetworkSpec } from '../../src/model/network.ts';
import { frozen, type Parametrization } from '../../src/model/parametrization.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { countProgram } from '../../src/compiler/kernel.ts';
import { dft } from '../../src/numeric/dft.ts';
import { allBackends, distance, gaussian, network, runOn } from '../helpers.ts';

/** In units of eps sqrt(log2 n): SYSTEM.md section 1; 1.0 is the bound for any single input. */
const bound = (n: number, dtype: 'f32' | 'f64'): number =>
  (dtype === 'f32' ? 2 ** -23 : 2 ** -52) * Math.sqrt(Math.log2(n));

function graphOf(spec: NetworkSpec, lanes: number, storage: Storage) {
  const re = rows(input('re', [spec.n, lanes]), lanes);
  const im = rows(input('im', [spec.n, lanes]), lanes);
  const source = spec.input === 'real' ? { re } : { re, im };
  const x = spectrum(spec, source, { lanes, storage, provide: (name, shape) => parameter(name, shape) });
  return { outputs: { outRe: x.re, outIm: x.im } };
}

/** Lane `lane` of expected outputs. */
function expected(spec: NetworkSpec, re: Float64Array, im: Float64Array, lanes: number, lane: number) {
  const pick = (a: Float64Array): Float64Array =>
    Float64Array.from({ length: spec.n }, (_, j) => a[j * lanes + lane]);
  const imag = spec.input === 'real' ? new Float64Array(spec.n) : pick(im);
  const y = dft({ re: pick(re), im: imag }, { inverse: spec.direction === 'inverse', norm: spec.norm });
  return [...y.re.slice(0, binCount(spec)), ...y.im.slice(0, binCount(spec))];
}

const lane = (out: Record<string, Float64Array>, bins: number, lanes: number, l: number): number[] =>
  ['outRe', 'outIm'].flatMap((name) => Array.from({ length: bins }, (_, k) => out[name][k * lanes + l]));

const cases: { spec: NetworkSpec; lanes: number; storage: Storage }[] = [];
for (const decimation of ['time', 'frequency'] as const)
  for (const storage of ['in-place', 'stockham'] as const)
    for (const lanes of [1, 3, 4])
      for (const radices of [
        [2, 2, 2],
        [4, 4, 2],
        [8, 4],
        [3, 4, 5],
        [2, 2, 2, 2, 2],
      ]) {
        const n = radices.reduce((a, b) => a * b);
        cases.push({ spec: network(n, { radices, decimation }), lanes, storage });
        cases.push({
          spec: network(n, { radices, decimation, direction: 'inverse', norm: 'ortho' }),
          lanes,
          storage,
        });
        cases.push({ spec: network(2 * n, { radices, decimation, input: 'real' }), lanes, storage });
      }

describe.each(allBackends)('$name', (backend) => {
  it.each(['f64', 'f32'] as const)('exact networks are the DFT, %s', (dtype) => {
    for (const { spec, lanes, storage } of cases) {
      const graph = graphOf(spec, lanes, storage);
      verify(graph);
      const values = { re: gaussian(spec.n * lanes, 1), im: gaussian(spec.n * lanes, 2) };
      const out = runOn(backend, graph, values, { dtype });
      for (let l = 0; l < lanes; l++) {
        const error = distance(
          lane(out, binCount(spec), lanes, l),
          expected(spec, values.re, values.im, lanes, l),
        );
        expect(error, JSON.stringify({ spec, lanes, storage })).toBeLessThan(bound(spec.n, dtype));
      }
    }
  });

  it.each(['f64', 'f32'] as const)('n/2 + 1 bins come back as samples, %s', (dtype) => {
    for (const n of [4, 8, 32, 128]) {
      const x = gaussian(n, 3);
      const bins = dft({ re: x, im: new Float64Array(n) });
      const spec = network(n, { input: 'real', direction: 'inverse' });
      const source = { re: rows(input('re', [n / 2 + 1, 1]), 1), im: rows(input('im', [n / 2 + 1, 1]), 1) };
      const samples = realInverse(spec, source, {
        lanes: 1,
        provide: (name, shape) => parameter(name, shape),
      });
      const values = { re: bins.re.slice(0, n / 2 + 1), im: bins.im.slice(0, n / 2 + 1) };
      const out = runOn(backend, { outputs: { samples } }, values, { dtype });
      expect(distance(out.samples, x)).toBeLessThan(2 * bound(n, dtype));
    }
  });

  it('has the exact transform in every model class', () => {
    for (const parametrization of ['twiddle', 'unit-circle', 'free'] as Parametrization[])
      for (const decimation of ['time', 'frequency'] as const)
        for (const kind of ['complex', 'real'] as const) {
          const n = kind === 'real' ? 32 : 16;
          const split = parametrization === 'unit-circle' ? 'twiddle' : parametrization;
          const spec = network(n, {
            parametrization,
            decimation,
            input: kind,
            split: split === 'free' ? 'free' : 'twiddle',
          });
          const values = { ...initialize(spec, 'exact', 1), re: gaussian(n, 4), im: gaussian(n, 5) };
          const out = runOn(backend, graphOf(spec, 1, 'in-place'), values, { dtype: 'f64' });
          const error = distance(lane(out, binCount(spec), 1, 0), expected(spec, values.re, values.im, 1, 0));
          expect(error, `${parametrization} ${decimation} ${kind}`).toBeLessThan(4 * bound(n, 'f64'));
        }
  });
});

describe('frozen networks', () => {
  it('of angles cost what their twiddles and blocks do: cosines are tables, not code', () => {
    const operations = (parametrization: Parametrization): number => {
      const spec = network(32, { parametrization, input: 'complex' });
      const values = initialize(spec, 'random', 3);
      const re = rows(input('re', [32, 4]), 4);
      const x = spectrum(
        spec,
        { re, im: rows(input('im', [32, 4]), 4) },
        { lanes: 4, provide: frozen(values) },
      );
      const { mul, add } = countProgram(compileGraph({ outputs: { re: x.re, im: x.im } }, { dtype: 'f32' }));
      return (mul + add) / 4;
    };
    expect(operations('unit-circle')).toBe(operations('twiddle'));
    expect(operations('unitary')).toBeLessThanOrEqual(operations('free'));
  });
});

describe('interpreter', () => {
  it('agrees with the DFT and every store covers its result once', () => {
    for (const { spec, lanes, storage } of cases) {
      const graph = graphOf(spec, lanes, storage);
      verifyCoverage(graph);
      const values = { re: gaussian(spec.n * lanes, 6), im: gaussian(spec.n * lanes, 7) };
      const out = interpret(graph, values);
      const error = distance(
        lane(out, binCount(spec), lanes, 0),
        expected(spec, values.re, values.im, lanes, 0),
      );
      expect(error).toBeLessThan(bound(spec.n, 'f64'));
    }
  });
});
