/**
 * npm run results: the fronts of docs/results.md, from the speech, music and noise of npm run corpus. Takes about three hours; run
 * again after a stop, it goes on. `-- --only speech-512` makes one part, so that two can run at a time; `-- --remeasure` measures all
 * times again at the end, on a machine that does nothing else; `-- --document` writes the document from what there is;
 * `-- --minutes 2` is a quick look.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '12' },
    out: { type: 'string', default: join('out', 'results') },
    docs: { type: 'string', default: join('docs', 'results.md') },
    only: { type: 'string' },
    document: { type: 'boolean', default: false },
    remeasure: { type: 'boolean', default: false },
  },
});

/** Game voices with effects under them are no speech. */
const leftOut = { speech: ['hedgewars-data'], music: [], noise: [] } as const;
type Corpus = keyof typeof leftOut;

const foldersOf = (corpus: Corpus): string[] =>
  readdirSync(join('out', 'corpus', corpus))
    .filter((name) => !(leftOut[corpus] as readonly string[]).includes(name))
    .sort()
    .map((name) => join('out', 'corpus', corpus, name));

function papilio(...args: string[]): void {
  const run = spawnSync('npx', ['tsx', 'src/cli/main.ts', ...args], { stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

/** A part: fronts of one corpus. */
interface Part {
  readonly corpus: Corpus;
  readonly sizes: string;
  readonly features: string;
  readonly seeds: number;
  /** A document of its own. */
  readonly docs?: string;
}

const logMel = 'log-mel-40,log-mel-80';
const averages = 'third-octaves,welch,peaks';
const parts: Readonly<Record<string, Part>> = {
  'speech-512': { corpus: 'speech', sizes: '512', features: logMel, seeds: 3 },
  'speech-512-averages': { corpus: 'speech', sizes: '512', features: averages, seeds: 3 },
  'speech-sizes': { corpus: 'speech', sizes: '256,1024', features: logMel, seeds: 3 },
  music: { corpus: 'music', sizes: '512', features: 'log-mel-40,third-octaves', seeds: 3 },
  noise: { corpus: 'noise', sizes: '512', features: 'log-mel-40,third-octaves', seeds: 3 },
  'speech-sizes-averages': { corpus: 'speech', sizes: '256,1024', features: averages, seeds: 3 },
  presets: {
    corpus: 'speech',
    // Presets have sizes of their own.
    sizes: '',
    features: 'whisper,librosa,kaldi',
    seeds: 1,
    docs: join('docs', 'results-presets.md'),
  },
  'speech-more': { corpus: 'speech', sizes: '512', features: 'mfcc-13,spectrum', seeds: 3 },
};

/** Budgets of the table at the top: what hand-built structures reached. */
const budgets = '0.012,0.035,0.09';

if (flags.only !== undefined && !(flags.only in parts))
  throw new Error(`--only ${flags.only}; expected ${Object.keys(parts).join(', ')}`);

for (const [name, { corpus, sizes, features, seeds, docs }] of Object.entries(parts)) {
  if (flags.document || (flags.only !== undefined && name !== flags.only)) continue;
  const what = ['--corpus', corpus, ...(sizes ? ['--n-fft', sizes] : []), '--feature', features];
  const out = join(flags.out, name);
  const how = ['--seeds', String(seeds), '--minutes', flags.minutes, '--out', out];
  papilio('pareto', ...foldersOf(corpus), ...what, ...how);
  if (docs === undefined) continue;
  if (flags.remeasure) papilio('pareto', ...foldersOf(corpus), ...what, ...how, '--remeasure');
  papilio('report', join(out, 'front.json'), '--markdown', '--budgets', budgets, '--out', docs);
}

if (flags.only === undefined) {
  const rows = Object.entries(parts).flatMap(([name, { docs }]) => {
    if (docs !== undefined) return [];
    const front = join(flags.out, name, 'front.json');
    if (!existsSync(front)) return [];
    const own = JSON.parse(readFileSync(front, 'utf8')) as { files: string[] }[];
    return own.map((r) => ({ ...r, files: r.files.map((f) => `${name}/${f}`) }));
  });
  const whole = join(flags.out, 'front.json');
  writeFileSync(whole, JSON.stringify(rows));
  if (flags.remeasure) papilio('pareto', ...foldersOf('speech'), '--out', flags.out, '--remeasure');
  papilio('report', whole, '--markdown', '--budgets', budgets, '--out', flags.docs);
}
