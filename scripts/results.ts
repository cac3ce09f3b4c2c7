/**
 * npm run results: the fronts of docs/results.md, from the speech of npm run corpus. Takes about a quarter of an hour; run again
 * after a stop, it goes on.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const speech = join('out', 'corpus', 'speech');
const out = join('out', 'results');
/** Game voices with effects under them are left out. */
const left = ['hedgewars-data'];
const folders = readdirSync(speech)
  .filter((name) => !left.includes(name))
  .sort()
  .map((name) => join(speech, name));

function papilio(...args: string[]): void {
  const run = spawnSync('npx', ['tsx', 'src/cli/main.ts', ...args], { stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

papilio(
  'pareto',
  ...folders,
  '--n-fft',
  '512',
  '--feature',
  'log-mel-40,log-mel-80',
  '--seeds',
  '3',
  '--minutes',
  '12',
  '--out',
  out,
);
papilio(
  'pareto',
  ...folders,
  '--n-fft',
  '256,1024',
  '--feature',
  'log-mel-40,log-mel-80',
  '--minutes',
  '12',
  '--out',
  out,
);
papilio('report', join(out, 'front.json'), '--markdown', '--out', join('docs', 'results.md'));
