/** Other people's threads as data (threads/*.json), and what their calls may name: all of papilio and a few signals. */
import { readdirSync, readFileSync } from 'node:fs';
import * as files from '../../src/files.ts';
import * as front from '../../src/front.ts';
import * as papilio from '../../src/index.ts';

export interface Thread {
  /** project/name#number */
  readonly thread: string;
  readonly wrong: string;
  readonly input: string;
  /** An expression over `scope`. */
  readonly call: string;
  /** Where the value comes from: an expression for scripts/parity/people.py, or words. */
  readonly python?: string;
  readonly hand?: string;
  readonly right: number | boolean | readonly number[] | { readonly throws: string };
  /** Of the largest number there is, at least of 1; default 1e-12. */
  readonly within?: number;
}

const folder = new URL('threads/', import.meta.url);

/** Threads by kind, in the order of the files' names. */
export const threads: Readonly<Record<string, readonly Thread[]>> = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [
      name.slice(0, -5).replaceAll('-', ' '),
      JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Thread[],
    ]),
);

const tone = (hz: number, rate: number, n: number, amplitude = 1): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rate));
const chirp = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(i * i * 1e-3));
const rough = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(i * i));
const pulse = (n: number, at: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => +(i === at));
const pick = (x: ArrayLike<number>, ...at: number[]): number[] => at.map((i) => x[i < 0 ? x.length + i : i]);
const largest = (x: ArrayLike<number>): number =>
  Array.from(x).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length ? largest(Array.from(a, (v, i) => v - b[i])) : Infinity;

type Chunks = readonly (readonly [name: string, bytes: number])[];
interface WavShape {
  readonly bits?: number;
  readonly tag?: number;
  readonly extra?: number;
  readonly before?: Chunks;
  readonly between?: Chunks;
  readonly behind?: Chunks;
  readonly size?: number;
}
const bytesOf = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** i) % 256);
const letters = (name: string): number[] => Array.from(name, (c) => c.charCodeAt(0));
const chunk = (name: string, body: readonly number[], size = body.length): number[] => [
  ...letters(name),
  ...bytesOf(size, 4),
  ...body,
  ...(body.length % 2 ? [0] : []),
];
const filler = (chunks: Chunks = []): number[] =>
  chunks.flatMap(([name, n]) =>
    chunk(
      name,
      Array.from({ length: n }, (_, i) => (i * 7 + 1) % 256),
    ),
  );
const pcmGuid = [1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/** A WAV file of one channel at 16 kHz around the bytes of its samples; chunks beside them hold so many bytes. */
function wav(data: readonly number[], shape: WavShape = {}): Uint8Array {
  const { bits = 16, tag = 1, extra = 0, size } = shape;
  const format = [
    ...bytesOf(tag, 2),
    ...bytesOf(1, 2),
    ...bytesOf(16000, 4),
    ...bytesOf((16000 * bits) / 8, 4),
    ...bytesOf(bits / 8, 2),
    ...bytesOf(bits, 2),
    ...(tag === 0xfffe
      ? [22, 0, ...bytesOf(bits, 2), ...bytesOf(4, 4), ...pcmGuid]
      : new Array<number>(extra).fill(0)),
  ];
  const body = [
    ...letters('WAVE'),
    ...filler(shape.before),
    ...chunk('fmt ', format),
    ...filler(shape.between),
    ...chunk('data', data, size),
    ...filler(shape.behind),
  ];
  return Uint8Array.from([...letters('RIFF'), ...bytesOf(body.length, 4), ...body]);
}

/** Frames of a stream that gets its samples in chunks of so many, flushed. */
function streamed(live: papilio.FeatureStream, x: Float64Array, chunkSize: number): number[] {
  const out: number[] = [];
  const take = (count: number): void => void out.push(...live.frames.subarray(0, count * live.width));
  for (let i = 0; i < x.length; i += chunkSize) take(live.push(x.subarray(i, i + chunkSize)));
  take(live.flush());
  return out;
}

/** A signal resampled in chunks of so many samples, flushed. */
function resampled(options: papilio.ResampleOptions, x: Float64Array, chunkSize: number): number[] {
  const live = new papilio.Resampler(options);
  const out: number[] = [];
  for (let i = 0; i < x.length; i += chunkSize) out.push(...live.push(x.subarray(i, i + chunkSize)));
  out.push(...live.flush());
  return out;
}

/** Features in float64, [frames, width] in one row. */
const run = (
  preset: papilio.PresetName,
  overrides: papilio.HeadOverrides,
  x: ArrayLike<number>,
): ArrayLike<number> =>
  papilio.features(papilio.featureHead(preset, overrides), { dtype: 'f64' }).run(x).data.slice();

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as unknown;

const scope = {
  ...papilio,
  ...front,
  ...files,
  tone,
  chirp,
  rough,
  pulse,
  pick,
  largest,
  difference,
  wav,
  streamed,
  resampled,
  run,
  manifest,
};

/** What a row's call gives: rows are data, so that the document shows the very text that runs. */
export const valueOf = (call: string): unknown =>
  // eslint-disable-next-line no-new-func, typescript/no-implied-eval
  (
    new Function(...Object.keys(scope), `"use strict"; return (${call});`) as (
      ...values: unknown[]
    ) => unknown
  )(...Object.values(scope));
