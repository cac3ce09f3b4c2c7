/**
 * npm run encoder-decoder: encoder-decoders and filters from random starts, all modes, several sizes and seeds; rewrites the
 * figures of docs/encoder-decoder.md. Options: --seeds 3, --sizes 8,16, --docs FILE ("" for none).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  coderPhases,
  defaultRadices,
  encoderDecoder,
  coderOf,
  roundTripOperator,
  trainEncoderDecoder,
  type CoderMode,
  type CoderPhaseReport,
  type Model,
} from '../src/learn.ts';
import type { ComplexArray } from '../src/index.ts';
import { fillGaussian } from '../src/numeric/random.ts';

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '8,16,32,64,128,256' },
    docs: { type: 'string', default: 'docs/encoder-decoder.md' },
  },
});
const sizes = flags.sizes.split(',').map(Number);
const seeds = Array.from({ length: Number(flags.seeds) }, (_, i) => i + 1);
const goal = 1e-12;

type Input = 'complex' | 'real';
interface Outcome {
  readonly last: CoderPhaseReport;
  readonly steps: number;
  readonly seconds: number;
  readonly tau: number;
}

/** Gaussian, real where a filter of real signals is: another one for every seed. */
function responseOf(model: Model, seed: number): ComplexArray {
  const { bins, real } = coderOf(model);
  const response = { re: new Float64Array(bins), im: new Float64Array(bins) };
  fillGaussian(response.re, seed, 2 ** 42);
  fillGaussian(response.im, seed, 2 ** 42 + 1);
  if (real) response.im[0] = response.im[bins - 1] = 0;
  return response;
}

async function learn(
  n: number,
  input: Input,
  mode: CoderMode,
  seed: number,
  mask: boolean,
  spectrumWeight?: number,
): Promise<Outcome> {
  const model = encoderDecoder(defaultRadices(input === 'real' ? n / 2 : n), {
    input,
    mask,
    parametrization: mode === 'mask' ? 'exact' : 'free',
  });
  const steps = trainEncoderDecoder({
    model,
    phases: coderPhases(model, mode, spectrumWeight === undefined ? {} : { spectrumWeight }),
    start: 'random',
    seed,
    ...(mask ? { filter: { response: responseOf(model, seed) } } : {}),
  });
  let next = await steps.next();
  while (!next.done) next = await steps.next();
  const { phases, values } = next.value;
  const sum = (f: (p: CoderPhaseReport) => number): number => phases.reduce((s, p) => s + f(p), 0);
  return {
    last: phases[phases.length - 1],
    steps: sum((p) => p.steps),
    seconds: sum((p) => p.seconds),
    tau: mask ? NaN : roundTripOperator(model, values).tau,
  };
}

const exponent = (x: number): string => (Number.isFinite(x) ? x.toExponential(1) : '-');
const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1];
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i < 2 ? '---' : '--:')), ...rows].map((r) => `| ${r.join(' | ')} |`).join('\n');

/** One row: the worst of all seeds; the median of steps and seconds. */
async function row(
  label: string,
  n: number,
  input: Input,
  mode: CoderMode,
  mask: boolean,
  spectrumWeight?: number,
): Promise<string[]> {
  const all: Outcome[] = [];
  for (const seed of seeds) all.push(await learn(n, input, mode, seed, mask, spectrumWeight));
  const errors = (o: Outcome) => o.last.errors;
  const final = (o: Outcome): number => (mask ? errors(o).filter : errors(o).roundTrip)?.worst ?? NaN;
  const worst = (f: (o: Outcome) => number): string => exponent(Math.max(...all.map(f)));
  const reached = all.filter((o) => final(o) <= goal).length;
  const own = mask
    ? [worst(final), exponent(median(all.map(final))), worst((o) => o.last.maskError ?? NaN)]
    : [
        worst((o) => errors(o).spectrum?.worst ?? NaN),
        worst((o) => errors(o).roundTrip?.relativeL2 ?? NaN),
        worst(final),
        worst((o) => o.tau),
      ];
  const cells = [label, input, String(n), `${reached}/${all.length}`, ...own];
  const line = [
    ...cells,
    String(median(all.map((o) => o.steps))),
    median(all.map((o) => o.seconds)).toFixed(1),
  ];
  console.log(line.join('  '));
  return line;
}

const inputs: readonly Input[] = ['complex', 'real'];
const pairRows: string[][] = [];
const filterRows: string[][] = [];
for (const mode of ['alone', 'phases', 'joint'] as const)
  for (const input of inputs) for (const n of sizes) pairRows.push(await row(mode, n, input, mode, false));
for (const input of inputs)
  for (const n of sizes) pairRows.push(await row('joint, no spectrum term', n, input, 'joint', false, 0));
for (const mode of ['mask', 'phases', 'end-to-end'] as const)
  for (const input of inputs) for (const n of sizes) filterRows.push(await row(mode, n, input, mode, true));
for (const input of inputs)
  for (const n of sizes)
    filterRows.push(await row('end-to-end, output alone', n, input, 'end-to-end', true, 0));

const figures = [
  `Written by \`npm run encoder-decoder -- --seeds ${seeds.length}\`: random starts, free blocks, float64, ${seeds.length} seeds a row; the worst of all seeds, the median of steps and seconds. "Reached": round trip (filter) of the worst held-out signal at most ${goal}.`,
  table(
    [
      'mode',
      'samples',
      'N',
      'reached',
      'spectrum',
      'round trip',
      'worst signal',
      'every signal, proven',
      'steps',
      'seconds',
    ],
    pairRows,
  ),
  'Filters: Gaussian responses, another one for every seed; relative L2 errors of the worst held-out signal and of the mask.',
  table(
    ['mode', 'samples', 'N', 'reached', 'filter', 'filter, median', 'mask', 'steps', 'seconds'],
    filterRows,
  ),
].join('\n\n');
if (flags.docs !== '') {
  const [begin, end] = ['<!-- figures: npm run encoder-decoder -->', '<!-- end of figures -->'];
  const text = readFileSync(flags.docs, 'utf8');
  const [before, rest] = text.split(begin);
  if (rest === undefined || !rest.includes(end)) throw new Error(`${flags.docs}: no place for the figures`);
  writeFileSync(flags.docs, `${before}${begin}\n\n${figures}\n\n${end}${rest.split(end)[1]}`);
  execFileSync('npx', ['prettier', '--write', flags.docs]);
}
