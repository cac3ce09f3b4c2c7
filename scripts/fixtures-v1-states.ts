/**
 * States of the library's unfinished jobs, and wisdom, for test/fixtures/v1/jobs. It was run at version 0.1.1 and is kept to show
 * what the files hold; where it no longer compiles it may go.
 *
 *   npx tsx scripts/fixtures-v1-states.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  coderPhases,
  encoderDecoder,
  initialize,
  pruneGates,
  spectrumObjective,
  spectrumSet,
  train,
  trainEncoderDecoder,
  transformTask,
  type NetworkSpec,
} from '../src/learn.ts';
import { exportWisdom } from '../src/compiler.ts';
import { planFftSync, planPeaks } from '../src/index.ts';
import { folder } from '../test/version-1.ts';

/** Arrays of numbers become lists. */
const write = (name: string, value: unknown): void =>
  writeFileSync(
    join(folder, 'jobs', `${name}.json`),
    `${JSON.stringify(value, (_, v: unknown) => (ArrayBuffer.isView(v) ? Array.from(v as Float64Array) : v))}\n`,
  );

const spec: NetworkSpec = {
  n: 16,
  input: 'complex',
  direction: 'forward',
  norm: 'backward',
  decimation: 'time',
  permutation: 'digit-reversal',
  stages: Array.from({ length: 4 }, () => ({ radix: 2, parametrization: 'free' })),
  split: 'exact',
};

async function trainingState(): Promise<void> {
  const { loss, parameters, feed } = transformTask(spec, 4, 1);
  const initial = initialize(spec, 'random', 1);
  const training = train({ loss, parameters, feed, initial, steps: 20, learningRate: 0.3 });
  for await (const { step } of training) if (step === 7) break;
  write('training-state', training.state());
}

/** Pruning stopped behind its third round. */
async function greedyState(): Promise<void> {
  const exact = {
    ...spec,
    stages: spec.stages.map(({ radix }) => ({ radix, parametrization: 'exact' as const })),
  };
  const objective = (phase: number) => {
    const wave = (shift: number) =>
      Float64Array.from(
        { length: 16 * 8 },
        (_, i) => Math.sin(0.7 * i + shift) + 0.01 * ((i * i + phase) % 7),
      );
    return spectrumObjective(exact, {}, spectrumSet(exact, { re: wave(phase), im: wave(phase + 1) }));
  };
  const objectives = { training: objective(0), validation: objective(3) };
  const run = pruneGates(objectives, {
    kind: 'drop',
    grain: 'butterfly',
    budget: 0.3,
    share: 0.2,
    flips: 2,
    seed: 1,
  });
  for (let round = 0; round < 3; round++) {
    const { value, done } = await run.next();
    if (!done) write('greedy-state', value.state);
  }
}

/** An encoder-decoder behind its first phase. */
async function coderState(): Promise<void> {
  const model = encoderDecoder([2, 2, 2]);
  const phases = coderPhases(model, 'phases');
  for await (const { finished } of trainEncoderDecoder({ model, phases, start: 'random', seed: 1 }))
    if (finished) return write('coder-state', finished);
}

function wisdom(): void {
  for (const n of [16, 60, 64]) planFftSync({ n, effort: 'measure' });
  planPeaks({ sampleRate: 8000, samples: 4096, peaks: 1, frequencyError: 2, levelError: 1 });
  writeFileSync(join(folder, 'jobs', 'wisdom.json'), `${exportWisdom()}\n`);
}

await trainingState();
await greedyState();
await coderState();
wisdom();
