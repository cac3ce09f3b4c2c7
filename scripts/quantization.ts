/**
 * npx tsx scripts/quantization.ts: what every quantisation costs in error and saves in bytes, before and after straight-through
 * training; rewrites the figures of docs/quantization.md. Options: --n 512, --steps 1000, --seeds 3, --docs FILE ("" for none).
 */
import { featureHead } from '../src/spectral/presets.ts';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bandSafety, exactFrontEnd, headFrames, inferenceGraph } from '../src/front.ts';
import {
  compileGraph,
  encodeModule,
  tableBytesOf,
  viewOf,
  wasmBackend,
  wasmModule,
  type Program,
} from '../src/compiler.ts';
import { decodeWav } from '../src/files.ts';
import {
  initialize,
  quantize,
  quantizedErrors,
  trainQuantized,
  type NetworkSpec,
  type ParameterValues,
  type Quantization,
} from '../src/learn.ts';
import { resample } from '../src/index.ts';
import { fillGaussian } from '../src/numeric/random.ts';

const { values: flags } = parseArgs({
  options: {
    n: { type: 'string', default: '512' },
    steps: { type: 'string', default: '1000' },
    seeds: { type: 'string', default: '3' },
    docs: { type: 'string', default: 'docs/quantization.md' },
  },
});
const [n, steps] = [Number(flags.n), Number(flags.steps)];
const seeds = Array.from({ length: Number(flags.seeds) }, (_, i) => i + 1);

/** Formats, and Adam's rate: less than half a step of the coarsest code. */
const formats: readonly { name: string; q: Quantization; rate: number }[] = [
  { name: 'q8', q: { format: 'q8' }, rate: 3e-3 },
  { name: 'q8 per tensor', q: { format: 'q8', per: 'tensor' }, rate: 3e-3 },
  { name: 'f16', q: { format: 'f16' }, rate: 1e-4 },
  ...[1, 2, 3, 4].map((terms) => ({
    name: `powers of two, ${terms}`,
    q: { format: 'powers-of-two', terms } as const,
    rate: 3e-3,
  })),
  { name: 'hi + lo, q8', q: { format: 'hi-lo' }, rate: 3e-3 },
  { name: 'hi + lo, f16', q: { format: 'hi-lo', hi: 'f16' }, rate: 1e-4 },
];

const spec = (parametrization: 'twiddle' | 'free'): NetworkSpec => ({
  n,
  input: 'real',
  direction: 'forward',
  norm: 'backward',
  decimation: 'time',
  permutation: 'digit-reversal',
  split: parametrization,
  stages: Array.from({ length: Math.log2(n) - 1 }, () => ({ radix: 2, parametrization })),
});

/** Parameters off the exact ones by Gaussian noise. */
function noisy(values: ParameterValues, size: number, seed: number): ParameterValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, data], i) => {
      const noise = new Float64Array(data.length);
      fillGaussian(noise, seed, 2 ** 40 + i);
      return [name, data.map((x, j) => x + size * noise[j])];
    }),
  );
}

const exponent = (x: number): string => x.toExponential(1);
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i < 1 ? '---' : '--:')), ...rows].map((r) => `| ${r.join(' | ')} |`).join('\n');
/** The worst of all seeds, rung by rung. */
const worst = (errors: readonly (readonly number[])[]): string =>
  errors[0].map((_, rung) => exponent(Math.max(...errors.map((e) => e[rung])))).join(', ');

async function trainingRow(
  parametrization: 'twiddle' | 'free',
  { name, q, rate }: (typeof formats)[number],
): Promise<string[]> {
  const network = spec(parametrization);
  const exact = initialize(network, 'exact', 1);
  const columns: number[][][] = [[], [], [], []];
  let bytes = 0;
  for (const seed of seeds) {
    const common = { spec: network, quantization: q, steps, learningRate: rate, batch: 16, seed };
    const fromExact = await trainQuantized({ ...common, initial: exact });
    const fromNoise = await trainQuantized({
      ...common,
      learningRate: 3e-3,
      initial: noisy(exact, 0.02, seed),
    });
    bytes = fromExact.quantized.bytes;
    [fromExact.before, fromExact.after, fromNoise.before, fromNoise.after].forEach((e, i) =>
      columns[i].push([...e]),
    );
  }
  const line = [name, String(bytes), ...columns.map(worst)];
  console.log(parametrization, line.join('  '));
  return line;
}

// The whole log-mel front end: every table of its kernel.

const head = featureHead();
const bands = 40;
const whole = compileGraph(inferenceGraph(exactFrontEnd(head)), {
  dtype: 'f32',
  reserve: { samples: 3 * head.hop + head.nFft },
});

/** log10 energies [frames, mels] of a signal, four frames at a time. */
function logMel(program: Program, samples: Float32Array): Float32Array {
  const e = wasmBackend.instantiate(program);
  const frames = headFrames(head, samples.length) & ~3;
  const out = new Float32Array(frames * bands);
  for (let f = 0; f < frames; f += 4) {
    viewOf(e, 'samples').set(samples.subarray(f * head.hop, f * head.hop + 3 * head.hop + head.nFft));
    e.run();
    out.set(viewOf(e, 'features', 4 * bands), f * bands);
  }
  e.dispose();
  return out;
}

const energies = (log: Float32Array): Float64Array =>
  Float64Array.from(log, (x) => 10 ** x - 1e-10).map((x) => Math.max(x, 0));

function kernelRow(name: string, program: Program, signals: Record<string, Float32Array[]>): string[] {
  const { stored, working } = tableBytesOf(program);
  const file = encodeModule(wasmModule(program)).length;
  const cells = Object.values(signals).flatMap((list) => {
    const exact = list.map((s) => logMel(whole, s));
    const own = list.map((s) => logMel(program, s));
    let [sum, count] = [0, 0];
    exact.forEach((e, i) => e.forEach((x, j) => ((sum += Math.abs(x - own[i][j])), count++)));
    const joined = (parts: Float32Array[]): Float64Array =>
      Float64Array.from(parts.flatMap((p) => [...energies(p)]));
    const safety = bandSafety(joined(exact), joined(own), bands);
    const unsafe = safety.filter((b) => !b.safe);
    const tonal = unsafe.filter((b) => b.cause === 'tonal').length;
    return [(sum / count).toFixed(4), unsafe.length === 0 ? '0' : `${unsafe.length} (${tonal})`];
  });
  const line = [name, String(stored), String(working), String(file), ...cells];
  console.log(line.join('  '));
  return line;
}

function recordings(kind: string): Float32Array[] {
  return readdirSync('data')
    .filter((f) => f.startsWith(kind) && f.endsWith('.wav'))
    .map((f) => {
      const { sampleRate, samples } = decodeWav(readFileSync(join('data', f)), f);
      return Float32Array.from(resample(samples, { from: sampleRate, to: head.sampleRate }));
    });
}

const trainHead = ['format', 'bytes', 'rounded exact', 'trained', 'rounded noise', 'trained from noise'];
const twiddleRows: string[][] = [];
const freeRows: string[][] = [];
for (const format of formats) twiddleRows.push(await trainingRow('twiddle', format));
for (const format of formats.slice(0, 5)) freeRows.push(await trainingRow('free', format));
const tone = Float32Array.from({ length: 16000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 1000 * i) / 16000));
const signals = { speech: recordings('speech'), music: recordings('music'), tone: [tone] };
const kernelRows = [
  kernelRow('float32', whole, signals),
  ...formats.map(({ name, q }) => kernelRow(name, quantize(whole, q), signals)),
];
const floor = quantizedErrors(spec('twiddle'), initialize(spec('twiddle'), 'exact', 1), null, 1)[0];
if (!(floor < 1e-14)) throw new Error(`the exact start is off by ${floor}`);

const kernelHead = [
  'tables',
  'in the file',
  'in memory',
  'kernel.wasm',
  ...Object.keys(signals).flatMap((s) => [s, 'unsafe (tonal)']),
];
const figures = `Written by \`npx tsx scripts/quantization.ts\`: relative L2 of the spectrum on held-out Gaussian signals, n = ${n}, real input, radix 2,
float64 arithmetic, ${steps} steps; the worst of ${seeds.length} seeds; nested formats show hi, then hi + lo. "Noise": exact parameters + 0.02 N(0, 1).

Twiddles:

${table(trainHead, twiddleRows)}

Free blocks:

${table(trainHead, freeRows)}

Every table of the exact log-mel kernel (${head.nFft} points, ${bands} mels, float32): bytes, mean |difference| of log10 energies from the
float32 kernel on the recordings in data/ and a tone of 1 kHz, and unsafe bands of ${bands} (of them tonal).

${table(kernelHead, kernelRows)}`;
// Figures end the document.
const marker = '<!-- figures: npx tsx scripts/quantization.ts -->';
if (flags.docs) {
  const text = readFileSync(flags.docs, 'utf8');
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`${flags.docs} has no line ${marker}`);
  writeFileSync(flags.docs, `${text.slice(0, at + marker.length)}\n\n${figures}\n`);
}
