/**
 * npx tsx bench/embedded/learn.ts: the learned front ends of npm run bench -- embedded, from the recordings in data/, into
 * bench/embedded/models. Each is what `papilio learn data --start exact --target cortex-m4f` finds for its head, with its error on
 * the recordings that are kept for that. Takes a few minutes.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { decodeWav, encodeFrontEnd } from '../../src/files.ts';
import {
  compileFrontEnd,
  featureError,
  LearnJob,
  splitRecordings,
  type HeadConfig,
} from '../../src/front.ts';
import { exactFeatures } from '../../src/front/corpus.ts';
import { fronts, modelPath } from './fronts.ts';

/** Of 16 kHz, as all heads here. */
const data = resolve(import.meta.dirname, '../../data');
const recordings = readdirSync(data)
  .filter((name) => name.endsWith('.wav'))
  .map((name) => ({ name, samples: decodeWav(readFileSync(join(data, name)), name).samples }));

/** The bytes of a model. */
async function learn(head: HeadConfig, budget: number): Promise<Uint8Array> {
  const settings = { budget, seed: 1, start: 'exact', snap: true, target: 'cortex-m4f' } as const;
  const split = splitRecordings(recordings, settings.seed, head);
  const job = new LearnJob({ ...settings, head }, split);
  const steps = job.run();
  while (!(await steps.next()).done);
  const { model, chosen } = job.result;
  const compiled = compileFrontEnd(model);
  const found = split.test.map((r) => compiled.features(r.samples));
  const { mean } = featureError(split.test, found, exactFeatures(head, split.test), head);
  console.log(`${chosen.name}: ${mean.toFixed(4)}`);
  return encodeFrontEnd(model, { ...settings, structure: chosen.name, testError: mean });
}

for (const [name, { head, budget }] of Object.entries(fronts)) {
  if (budget === undefined) continue;
  const path = modelPath(name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, await learn(head, budget));
}
