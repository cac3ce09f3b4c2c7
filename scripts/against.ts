/**
 * npm run against -- OLD NEW [--rounds 31] [--only features]: two builds of papilio (their `dist` folders) timed turn by turn in one process: single and batched
 * transforms, features, first calls in processes of their own. Prints medians and the ratio new / old with half its interquartile range.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { median, summarize } from '../bench/statistics.ts';
import type * as Papilio from '../src/index.ts';

type Build = typeof Papilio;

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '31' }, only: { type: 'string', default: '' } },
  allowPositionals: true,
});
if (positionals.length !== 2) throw new Error('expected two dist folders: the old build and the new one');
const rounds = Number(values.rounds);
const folders = positionals.map((folder) => resolve(folder));

/** One thing to time: what a build runs, prepared once. */
interface Task {
  readonly name: string;
  readonly prepare: (build: Build) => () => unknown;
}

const noise = (n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(i * i * 0.37) + 0.3 * Math.sin(0.11 * i));

const single = (input: 'real' | 'complex', n: number, batch?: number): Task => ({
  name: `${input} ${n}${batch ? `, ${batch} rows` : ''}`,
  prepare(build) {
    const plan = build.planFftSync({ n, input, ...(batch ? { batch } : {}) });
    plan.input.re.set(noise(plan.input.re.length));
    return () => plan.run();
  },
});

const tasks: readonly Task[] = [
  ...[64, 256, 512, 1024, 4096, 16384, 65536].map((n) => single('complex', n)),
  ...[256, 512, 1024, 2048, 4096].map((n) => single('real', n)),
  single('real', 512, 64),
  single('complex', 256, 64),
  ...(['papilio', 'whisper', 'kaldi', 'librosa'] as const).map((preset) => ({
    name: `features of 10 s, ${preset}`,
    prepare(build: Build) {
      const extractor = build.features(preset);
      const samples = noise(160000);
      return () => extractor.run(samples);
    },
  })),
  {
    name: 'stft of 60 s, 512 / 128',
    prepare(build) {
      const samples = noise(960000);
      return () => build.stft(samples, { nFft: 512, hop: 128 });
    },
  },
];

/** Nanoseconds of one call, of so many calls that they take half a millisecond. */
function timer(run: () => unknown): () => number {
  let calls = 1;
  const time = (): number => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) run();
    return Number(process.hrtime.bigint() - start) / calls;
  };
  const end = performance.now() + 200;
  while (performance.now() < end) run();
  while (time() * calls < 5e5) calls *= 2;
  return time;
}

function row(name: string, times: readonly (readonly number[])[]): void {
  const ratios = summarize(times[0].map((old, i) => times[1][i] / old));
  const [old, now] = times.map((list) => (median(list) / 1000).toFixed(2).padStart(10));
  console.log(
    `${name.padEnd(28)}${old} us${now} us   ${ratios.median.toFixed(3)} ± ${ratios.spread.toFixed(3)}`,
  );
}

/** Both builds in turn, each first every second time. */
function interleaved(count: number, measure: (which: 0 | 1) => number): number[][] {
  const times: number[][] = [[], []];
  for (let round = 0; round < count; round++)
    for (const which of round % 2 ? ([1, 0] as const) : ([0, 1] as const)) times[which].push(measure(which));
  return times;
}

const builds = await Promise.all(
  folders.map(async (folder) => (await import(pathToFileURL(join(folder, 'index.js')).href)) as Build),
);
console.log(`${''.padEnd(28)}${'old'.padStart(13)}${'new'.padStart(13)}   new / old`);
for (const { name, prepare } of tasks) {
  if (!name.includes(values.only)) continue;
  const timers = builds.map((build) => timer(prepare(build)));
  row(
    name,
    interleaved(rounds, (which) => timers[which]()),
  );
}

/** A new process that imports a build and makes one plan: nanoseconds of that plan. */
function cold(folder: string, options: string): number {
  const url = pathToFileURL(join(folder, 'index.js')).href;
  const text = `const { planFftSync } = await import('${url}'); const t = process.hrtime.bigint(); planFftSync(${options}).run(); console.log(Number(process.hrtime.bigint() - t));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return Number(stdout);
}
for (const options of values.only ? [] : ['{ n: 1024 }', '{ n: 101 }', "{ n: 512, input: 'real' }"])
  row(
    `first plan of ${options.replace(/[{}]/g, '').trim()}`,
    interleaved(15, (which) => cold(folders[which], options)),
  );
