/**
 * npm run results: the fronts of docs/results.md, from the speech, music and noise of npm run corpus. Takes about half an hour; run
 * again after a stop, it goes on. `npm run results -- --minutes 2` is a quick look.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '12' },
    out: { type: 'string', default: join('out', 'results') },
    docs: { type: 'string', default: join('docs', 'results.md') },
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

function pareto(corpus: Corpus, sizes: string, seeds: number): void {
  const { minutes, out } = flags;
  const what = [
    '--corpus',
    corpus,
    '--n-fft',
    sizes,
    '--feature',
    'log-mel-40,log-mel-80',
    '--seeds',
    String(seeds),
  ];
  papilio('pareto', ...foldersOf(corpus), ...what, '--minutes', minutes, '--out', out);
}

pareto('speech', '512', 3);
pareto('speech', '256,1024', 1);
pareto('music', '512', 3);
pareto('noise', '512', 3);
papilio('report', join(flags.out, 'front.json'), '--markdown', '--out', flags.docs);
