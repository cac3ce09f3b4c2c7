/** Learned front ends in every place that takes a head: whole, in chunks, as a Node stream and in a worklet, to the same bits. */
import type { HeadConfig } from '../../src/spectral/head.ts';
import { bandsOf } from '../../src/spectral/banks.ts';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { frameSet } from '../../src/front/corpus.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { compileFrontEnd, frontProgram } from '../../src/front/compile.ts';
import { exactFrontEnd, withGain, type FrontEnd } from '../../src/front/front-end.ts';
import { featureTransform } from '../../src/node.ts';
import { features } from '../../src/plans/features.ts';
import { stream, type FeatureStream } from '../../src/plans/streams.ts';
import { bandsOfMeasurements, type BranchStructure } from '../../src/prune/branch-structures.ts';
import { Measurements, structureModel } from '../../src/prune/structure-models.ts';
import { exactBase, structuredNetwork } from '../../src/prune/structure.ts';
import { gaussian } from '../helpers.ts';

const head: HeadConfig = { ...namedFeature('log-mel-8', 64).head, hop: 24 };

function pruned(): FrontEnd {
  const tree = structuredNetwork(exactBase(64), { depth: 2, dropped: [1, 3] });
  const gain = Float64Array.from({ length: 66 }, (_, i) => 1 + 0.01 * i);
  const bank = withGain(bandsOf(head, 64, 2), gain);
  return { head, transform: { kind: 'network', ...tree }, bank: { kind: 'weights', ...bank } };
}

function branched(): FrontEnd {
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
/** Chunks of 1, 2, 3, ... samples, up to 128 and again. */
const chunks = (signal: Float64Array): Float64Array[] => {
  const out: Float64Array[] = [];
  for (let at = 0, n = 1; at < signal.length; at += n, n = (n % 128) + 1) out.push(signal.slice(at, at + n));
  return out;
};

function streamed(to: FeatureStream, parts: readonly Float64Array[]): number[] {
  const out: number[] = [];
  const take = (count: number): unknown => out.push(...to.frames.subarray(0, count * to.width));
  for (const part of parts) take(to.push(part));
  take(to.flush());
  return out;
}

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
      expect(streamed(own, chunks(samples))).toEqual([...offline]);
      own.reset();
      expect(streamed(own, [samples])).toEqual([...offline]);
    }
  });

  it('a Node stream has them', async () => {
    const out: number[] = [];
    for await (const frame of Readable.from(chunks(samples)).pipe(featureTransform(frontProgram(model))))
      out.push(...(frame as Float32Array));
    expect(out).toEqual([...whole]);
  });
});

interface Processor {
  readonly port: { send(data: unknown): void };
  process(inputs: readonly (readonly Float32Array[])[]): boolean;
}
interface Posted {
  readonly kind: string;
  readonly frames?: Float32Array;
  readonly message?: string;
}

describe('the worklet', () => {
  let made: new (options: object) => Processor;
  let posted: Posted[] = [];
  beforeAll(async () => {
    // The module registers when it is first imported, and files may share a process.
    vi.resetModules();
    vi.stubGlobal('sampleRate', head.sampleRate);
    vi.stubGlobal('registerProcessor', (_: string, processor: typeof made) => (made = processor));
    vi.stubGlobal(
      'AudioWorkletProcessor',
      class {
        port = {
          send: (_: unknown): void => undefined,
          start: (): void => undefined,
          addEventListener(_: string, listen: (event: { data: unknown }) => void): void {
            this.send = (data) => listen({ data });
          },
          postMessage: (message: Posted) => posted.push(message),
        };
      },
    );
    await import('../../src/worklet.ts');
  });
  afterAll(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it.each(models)('%s: a model that came as a message gives the bits of the whole signal', (_, model) => {
    posted = [];
    const signal = Float32Array.from(samples);
    const processor = new made({ processorOptions: { head: structuredClone(model) } });
    for (let at = 0; at < signal.length; at += 128) processor.process([[signal.slice(at, at + 128)]]);
    processor.port.send('flush');
    expect(posted.map((m) => m.message).filter(Boolean)).toEqual([]);
    expect(posted.flatMap((m) => [...(m.frames ?? [])])).toEqual([
      ...compileFrontEnd(model, wasmBackend).features(signal),
    ]);
  });
});

it('a front end that averages, and a head that cannot be trained, are refused by name', () => {
  expect(() => frontProgram(exactFrontEnd(namedFeature('welch', 64).head))).toThrow(/^average is "mean"/);
  const broken = { ...exactFrontEnd(head), head: { ...head, preEmphasis: 0.97 } };
  expect(() => frontProgram(broken)).toThrow(InvalidArgumentError);
});

it('what only looks like a program is refused by name', () => {
  const made = frontProgram(exactFrontEnd(head));
  expect(() => features({ ...made, lanes: 0 })).toThrow(/^lanes is 0; expected a whole number/);
  expect(() => features({ ...made, width: '8' as never })).toThrow(/^width is "8"/);
  expect(() => stream({ graph: made.graph } as never)).toThrow(/^head is undefined; expected a head/);
});
