/**
 * npm run learnability: learning the complex DFT in float64 from random seeds, every parametrisation, with the snapped
 * result timed against the exact plan. Options: --seeds 10 --json FILE.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  canonicalize,
  initialize,
  recommendedTraining,
  snap,
  train,
  transformTask,
  type NetworkSpec,
  type Parametrization,
} from '../src/index.ts';

const { values: flags } = parseArgs({
  options: { seeds: { type: 'string', default: '10' }, json: { type: 'string' } },
});
const seeds = Number(flags.seeds);

interface Row {
  parametrization: Parametrization;
  n: number;
  seed: number;
  steps: number;
  start: number;
  relativeL2: number;
  canonicalDistance: number | null;
  seconds: number;
}

async function learn(parametrization: Parametrization, n: number, seed: number): Promise<Row> {
  const network: NetworkSpec = {
    n,
    input: 'complex',
    direction: 'forward',
    norm: 'ortho',
    decimation: 'time',
    permutation: 'digit-reversal',
    stages: Array.from({ length: Math.log2(n) }, () => ({ radix: 2, parametrization })),
    split: 'exact',
  };
  const start = initialize(network, 'random', seed);
  const recommended = recommendedTraining(parametrization, n);
  const begun = performance.now();
  const training = train({ ...transformTask(network, 64, seed), initial: start, ...recommended });
  let [first, last] = [0, 0];
  for await (const step of training) {
    if (step.step === 1) first = Math.sqrt(step.loss);
    last = Math.sqrt(step.loss);
  }
  const seconds = (performance.now() - begun) / 1000;
  const values = Object.fromEntries(Object.keys(start).map((name) => [name, training.value(name)]));
  let canonicalDistance: number | null = null;
  if (parametrization === 'free') {
    canonicalize(network, values);
    canonicalDistance = snap(network, values).distance;
  }
  return {
    parametrization,
    n,
    seed,
    steps: recommended.steps,
    start: first,
    relativeL2: last,
    canonicalDistance,
    seconds,
  };
}

const rows: Row[] = [];
for (const parametrization of ['free', 'twiddle', 'unit-circle'] as const)
  for (const n of [64, 256]) {
    const own: Row[] = [];
    for (let seed = 1; seed <= seeds; seed++) own.push(await learn(parametrization, n, seed));
    rows.push(...own);
    const worst = (f: (r: Row) => number): string => Math.max(...own.map(f)).toExponential(1);
    const reached = own.filter((r) => r.relativeL2 <= 1e-12).length;
    console.log(
      `${parametrization} N = ${n}, ${own[0].steps} steps: ${reached} of ${seeds} seeds at 1e-12, worst ${worst((r) => r.relativeL2)}` +
        (own[0].canonicalDistance === null
          ? ''
          : `, blocks within ${worst((r) => r.canonicalDistance ?? 0)} of exact`) +
        `, ${(own.reduce((s, r) => s + r.seconds, 0) / seeds).toFixed(1)} s a seed`,
    );
  }
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(rows, null, 2)}\n`);
