/** Learned front ends in every place that takes a head: whole, in chunks, as a Node stream and in a worklet, to the same bits. */
import type { HeadConfig } from '../../src/spectral/head.ts';
import { framingOf } from '../../src/front/spectral-head.ts';
import { bandsOf } from '../../src/spectral/banks.ts';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { compileFrontEnd, frontProgram } from '../../src/front/compile.ts';
import { exactFrontEnd, type FrontEnd } from '../../src/front/front-end.ts';
import { featureTransform } from '../../src/node.ts';
import { encodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { frontEndModule, standaloneModule } from '../../src/front/standalone.ts';
import { initialize } from '../../src/model/initialize.ts';
import { features } from '../../src/plans/features.ts';
import { stream } from '../../src/plans/streams.ts';
import { treeNetwork } from '../../src/prune/structure.ts';
import { tableFormats } from '../../src/front/quantize.ts';
import { gaussian } from '../helpers.ts';
import { branched, head, pruned } from './small-fronts.ts';
import { chunksOf, loadWorklet, streamed, workletFeatures, type Worklet } from './walkers.ts';

const further: HeadConfig = {
  ...head,
  also: [{ bank: { kind: 'bands', edges: [[0, 2000]] }, cepstrum: null, weight: 1 }],
};
const models: readonly [string, FrontEnd][] = [
  ['exact', exactFrontEnd(head)],
  ['several filterbanks', exactFrontEnd(further)],
  ['pruned with gains', pruned()],
  ['branches', branched()],
];
// More than one block of 256 frames, and no whole number of runs.
const samples = Float64Array.from(gaussian(24 * 300 + 77, 5), (x) => 0.1 * x);
describe.each(models)('%s', (_, model) => {
  const whole = compileFrontEnd(model, wasmBackend).features(samples);

  it('features have the bits of the compiled model', () => {
    const extractor = features(frontProgram(model));
    const { data, width, frames } = extractor.run(samples);
    expect(data).toEqual(whole);
    expect(frames * width).toBe(whole.length);
    expect(frames).toBe(extractor.frames(samples.length));
  });

  it('a stream has them for every cut, again after a reset, and on the other backend', () => {
    for (const backend of ['wasm', 'js'] as const) {
      const own = stream(frontProgram(model), { backend });
      const offline = features(frontProgram(model), { backend }).run(samples).data;
      expect(streamed(own, chunksOf(samples))).toEqual([...offline]);
      own.reset();
      expect(streamed(own, [samples])).toEqual([...offline]);
    }
  });

  it('a Node stream has them', async () => {
    const out: number[] = [];
    for await (const frame of Readable.from(chunksOf(samples)).pipe(featureTransform(frontProgram(model))))
      out.push(...(frame as Float32Array));
    expect(out).toEqual([...whole]);
  });
});

describe('the worklet', () => {
  let worklet: Worklet;
  beforeAll(async () => {
    worklet = await loadWorklet();
  });
  afterAll(() => worklet.close());

  it.each(models)('%s: a model that came as a message gives the bits of the whole signal', (_, model) => {
    const signal = Float32Array.from(samples);
    expect(workletFeatures(worklet, model, signal)).toEqual([
      ...compileFrontEnd(model, wasmBackend).features(signal),
    ]);
  });
});

it('is made ready by the backend that is given', () => {
  const instantiated: unknown[] = [];
  const own: Backend = {
    ...wasmBackend,
    instantiate(program, options) {
      instantiated.push(program);
      return wasmBackend.instantiate(program, options);
    },
  };
  const front = compileFrontEnd(pruned(), own);
  expect(instantiated).toEqual([front.program]);
  expect(front.features(samples)).toEqual(compileFrontEnd(pruned(), wasmBackend).features(samples));
});

it('a stream of averages says which clip it lacks', () => {
  const welch = namedFeature('welch', 64).head;
  const own = stream(frontProgram(exactFrontEnd(welch)));
  own.push(samples.subarray(0, 100));
  expect(() => own.flush()).toThrow(`100 samples hold no clip of ${framingOf(welch).nFft} samples`);
});

it('tables of fewer bits run in a stream, too', () => {
  const program = frontProgram(pruned(), tableFormats.f16);
  const { data } = features(program).run(samples);
  expect(data).toEqual(compileFrontEnd(pruned(), wasmBackend, 'f32', tableFormats.f16).features(samples));
  expect(data).not.toEqual(compileFrontEnd(pruned(), wasmBackend).features(samples));
  expect(streamed(stream(program), chunksOf(samples))).toEqual([...data]);
});

describe('tables that are no format are refused at once', () => {
  it.each<[string, unknown, string]>([
    [
      'a name',
      'q8',
      'tables is "q8"; expected a value of tableFormats of papilio/learn (q24, hi-lo, f16, q8)',
    ],
    ['null', null, 'tables is null; expected a value of tableFormats'],
    ['false', false, 'tables is false; expected a value of tableFormats'],
    [
      'nothing in it',
      {},
      'tables.format is undefined; expected q8, f16, powers-of-two, hi-lo, or a value of',
    ],
    [
      'a name as format',
      { format: 'q24' },
      'tables.format is "q24"; expected q8, f16, powers-of-two, hi-lo, or',
    ],
    ['an unknown option', { format: 'f16', bits: 8 }, 'a quantisation of f16 has no option "bits"'],
    ['a filterbank of null', { format: 'q8', filterbank: null }, 'a quantisation is null'],
    ['a filterbank of no format', { format: 'q8', filterbank: {} }, 'format is undefined'],
  ])('%s', (_, tables, message) => {
    const own = exactFrontEnd(head);
    expect(() => frontProgram(own, tables as never)).toThrow(message);
    expect(() => compileFrontEnd(own, wasmBackend, 'f32', tables as never)).toThrow(message);
    expect(() => standaloneModule(own, tables as never)).toThrow(message);
  });
});

it('one that averages gives clip after clip', () => {
  const welch = namedFeature('welch', 64).head;
  const clip = welch.fit as number;
  const signal = gaussian(3 * clip + 5, 3);
  const own = features(frontProgram(exactFrontEnd(welch)));
  expect(own.frames(signal.length)).toBe(3);
  const { data, width } = own.run(signal);
  const parts = [0, 1, 2].map(
    (i) => features(welch).run(signal.slice(i * framingOf(welch).hop, i * framingOf(welch).hop + clip)).data,
  );
  parts.flatMap((part) => [...part]).forEach((x, i) => expect(Math.abs(data[i] - x)).toBeLessThan(1e-4));
  expect(streamed(stream(frontProgram(exactFrontEnd(welch))), chunksOf(signal))).toEqual([...data]);
  expect(data.length).toBe(3 * width);
  expect(own.report.perFrame.mul).toBeLessThan(64 * 40);
});

it('a head that no other transform can serve is refused by name', () => {
  const { transform, bank } = pruned();
  const odd = { head: { ...head, average: 'median' as const }, transform, bank };
  expect(() => frontProgram(odd)).toThrow(/^average is "median"/);
  expect(() => frontProgram({ ...odd, head: { ...head, nFft: 0 } })).toThrow(InvalidArgumentError);
});

it('what only looks like a program is refused by name', () => {
  const made = frontProgram(exactFrontEnd(head));
  expect(() => features({ ...made, lanes: 0 })).toThrow(/^lanes is 0; expected a whole number/);
  expect(() => features({ ...made, width: '8' as never })).toThrow(/^width is "8"/);
  expect(() => stream({ graph: made.graph } as never)).toThrow(/^head is undefined; expected a head/);
  for (const front of [pruned(), compileFrontEnd(pruned())])
    for (const take of [features, stream, featureTransform])
      expect(() => take(front as never)).toThrow(
        /^head is an object; expected .* frontProgram\(front\) of papilio\/front/,
      );
});

describe('what is no front end is refused by the name of the member, wherever it goes', () => {
  const network = treeNetwork(64, 'free');
  const values = initialize(network, 'exact', 0);
  const transform = { kind: 'network', network, values };
  const bank = { kind: 'weights', ...bandsOf(head, 64) };
  const good = { head, transform, bank } as FrontEnd;
  const spoilt = (x: Float64Array, value: number): Float64Array => x.map((w, i) => (i === 3 ? value : w));
  const key = 'stage1.block';
  const block = (value: Float64Array): object => ({ ...transform, values: { ...values, [key]: value } });
  const larger = treeNetwork(128, 'exact');
  const { bands, weights } = bandsOf(namedFeature('log-mel-9', 64).head, 64);

  it('a good one is taken', () => {
    for (const take of [frontProgram, compileFrontEnd, frontEndModule, standaloneModule, encodeFrontEnd])
      expect(() => take(good)).not.toThrow();
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'the front end is null; expected an object'],
    ['no head', { transform, bank }, 'the options of a head are undefined'],
    ['no transform', { head, bank }, 'transform.kind is undefined; expected exact, network or branches'],
    ['no bank', { head, transform }, 'bank.kind is undefined; expected rule or weights'],
    ['an unknown transform', { ...good, transform: { kind: 'dct' } }, 'transform.kind is "dct"; expected'],
    ['an unknown bank', { ...good, bank: { kind: 'mel' } }, 'bank.kind is "mel"; expected'],
    ['no bands', { ...good, bank: { kind: 'weights', weights } }, 'bank.bands.width is undefined; expected'],
    ['bands of another head', { ...good, bank: { kind: 'weights', bands, weights } }, '"bands.start" must'],
    ['weights of another head', { ...good, bank: { ...bank, weights } }, 'bank.weights has'],
    [
      'a weight of NaN',
      { ...good, bank: { ...bank, weights: spoilt(bandsOf(head, 64).weights, NaN) } },
      'bank.weights[3] is NaN; expected a number that float32 holds',
    ],
    ['no values', { ...good, transform: { kind: 'network', network } }, 'transform.values is undefined'],
    ['a value beyond float32', { ...good, transform: block(spoilt(values[key], 1e39)) }, '[3] is 1e+39'],
    ['too few values', { ...good, transform: block(values[key].slice(1)) }, `transform.values["${key}"] has`],
    ['a larger network', { ...good, transform: { ...transform, network: larger } }, 'at most nFft = 64'],
    ['a rule over branches', { ...branched(), bank: { kind: 'rule' } }, 'bank.kind is "rule" over branches'],
  ])('%s', (_, front, message) => {
    for (const take of [frontProgram, compileFrontEnd, frontEndModule, standaloneModule, encodeFrontEnd]) {
      expect(() => take(front as FrontEnd)).toThrow(InvalidArgumentError);
      expect(() => take(front as FrontEnd)).toThrow(message);
    }
  });
});
