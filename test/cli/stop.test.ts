/** Ctrl-C and SIGTERM: a word at once, an end soon after with what was finished kept, and a second one that ends it now. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeWav } from '../../src/formats/wav.ts';
import { gaussian } from '../helpers.ts';
import { signalled, smallCorpus, temporary } from './helpers.ts';

const corpus = smallCorpus();
const folder = temporary();
const long = join(folder, 'long.wav');
writeFileSync(
  long,
  encodeWav(
    gaussian(1 << 19, 3).map((x) => 0.1 * x),
    16000,
    { format: 'float32' },
  ),
);
const out = (name: string): string => join(folder, name);

/** Jobs of half a minute and more, what says that they have begun, and what their word must say. */
const jobs: { args: string[]; begun: RegExp; word: RegExp }[] = [
  {
    args: ['learn', corpus, long, '--out', out('learn')],
    begun: /transform/,
    word: /the same command goes on from it/,
  },
  {
    args: ['pareto', corpus, long, '--minutes', '1', '--out', out('pareto')],
    begun: /left/,
    word: /no search is finished yet/,
  },
  {
    args: ['ablate', '--n', '256', '--groups', 'corrector,gates', '--out', out('ablate')],
    begun: /cells of/,
    // It says so while it computes, so the first cells are not past.
    word: /^(?![^]*low-rank)[^]*the same command goes on/,
  },
  { args: ['fit', 'dft', '--n', '512', '--out', out('fit')], begun: /hold-out/, word: /nothing is kept/ },
  {
    args: ['roundtrip', '--n', '512', '--out', out('roundtrip')],
    begun: /held-out/,
    word: /finished phases are kept/,
  },
  {
    args: ['study', 'learnability', '--sizes', '256', '--json', out('rows.json')],
    begun: /cells/,
    word: /the same command goes on/,
  },
];

describe('a command that is asked to stop', () => {
  const draws = gaussian(jobs.length, 4);
  const drawn = jobs.map((job, i) => ({
    ...job,
    signal: draws[i] < 0 ? ('SIGINT' as const) : ('SIGTERM' as const),
    delay: 400 * Math.abs(draws[i]),
  }));
  it.each(drawn)('$args.0 says a word and ends', async ({ args, begun, word, signal, delay }) => {
    const run = await signalled(args, begun, delay, [signal]);
    expect(run.stderr).toMatch(/papilio: stopping: .*; press Ctrl-C again to end now\n/);
    expect(run.stderr).toMatch(word);
    expect(run.code, run.stderr).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(run.stderr.match(/stopping/g)).toHaveLength(1);
  });

  it('keeps the checkpoint', () => {
    expect(existsSync(join(out('learn'), 'checkpoint.safetensors'))).toBe(true);
    expect(existsSync(join(out('learn'), 'summary.json'))).toBe(false);
  });

  it.each(['1', '2'])('features with %s jobs keeps what it finished and lists no failure', async (count) => {
    const many = [...Array(5).keys()].map((i) => {
      const path = join(folder, `${count}-${i}.wav`);
      writeFileSync(path, readFileSync(long));
      return path;
    });
    const to = out(`features-${count}`);
    const args = ['features', ...many, '--preset', 'librosa', '--dtype', 'f64', '--jobs', count, '--out', to];
    const run = await signalled(args, /1\/5/, 0, ['SIGINT']);
    if (run.code === 0) return;
    expect(run.code, run.stderr).toBe(130);
    expect(run.stderr).not.toMatch(/process ended/);
    const manifest = JSON.parse(readFileSync(join(to, 'manifest.json'), 'utf8')) as Record<string, unknown[]>;
    expect(manifest['failed']).toEqual([]);
  });

  it('ends now at the second signal, also in the middle of a long step', async () => {
    const run = await signalled(
      ['pareto', corpus, long, '--minutes', '1', '--out', out('twice')],
      /left/,
      500,
      ['SIGINT', 'SIGTERM'],
    );
    expect(run.code).toBe(130);
    expect(run.stderr.match(/stopping/g)?.length).toBe(1);
  });
});
