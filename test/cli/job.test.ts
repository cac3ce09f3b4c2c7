/** What a job left is gone on with by the same edition of papilio and the same settings only. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edition } from '../../src/cli/job.ts';
import { runLine } from '../hostile/helpers.ts';
import { changed, temporary } from './helpers.ts';

const folder = resolve(import.meta.dirname, '../fixtures/v1/jobs');
const recordings = join(folder, 'recordings');
const line = (words: string): string[] => words.split(' ');

/** What the fixture of a job was made by; where it goes on. */
const jobs: Readonly<Record<string, (out: string) => string[]>> = {
  pareto: (out) => [
    'pareto',
    recordings,
    ...line(`--n-fft 32 --feature log-mel-6 --rate 4000 --minutes 0.05 --out ${out}`),
  ],
  features: (out) => ['features', recordings, '--preset', 'papilio', '--out', out],
  ablate: (out) => line(`ablate --groups network --n 16 --samples 2 --steps 5 --out ${out}`),
  roundtrip: (out) => line(`roundtrip --n 64 --resume --out ${out}`),
  study: (out) =>
    line(
      `study learnability --targets dft --sizes 8 --seeds 1 --tables learn --json ${join(out, 'learnability.json')}`,
    ),
};

/** A copy of what a job left. */
function left(name: string): string {
  const out = join(temporary(), name);
  if (name === 'study') {
    mkdirSync(out);
    cpSync(join(folder, 'learnability.json'), join(out, 'learnability.json'));
  } else cpSync(join(folder, name), out, { recursive: true });
  return out;
}

describe('jobs', () => {
  it.each(Object.keys(jobs))('of papilio 0.1 are not gone on with: %s', async (name) => {
    const run = await runLine(jobs[name](left(name)));
    expect(run.code, run.stderr).toBe(2);
    expect(run.stderr).toMatch(
      new RegExp(
        `^papilio ${name}: [^\\n]*: a job of papilio 0\\.1, which papilio ${edition} does not go on with; [^\\n]*\\n$`,
      ),
    );
  });

  it('of pareto hold every option that changes rows', async () => {
    const out = left('pareto');
    const path = join(out, 'front.json');
    const rows = JSON.parse(readFileSync(path, 'utf8')) as { settings: object }[];
    const known = rows.map((r) => ({ ...r, settings: { papilio: edition, ...r.settings } }));
    writeFileSync(path, JSON.stringify(known));
    const same = await runLine(jobs['pareto'](out));
    expect(same.code, same.stderr).toBe(0);
    expect(same.stderr).toContain('1 already');
    const args = jobs['pareto'](out);
    // A preset's rate is its own, whatever --rate is for the others.
    const whisper = {
      ...known[0],
      feature: 'whisper',
      nFft: 400,
      settings: { ...known[0].settings, rate: 16000 },
    };
    writeFileSync(path, JSON.stringify([...known, whisper]));
    const both = await runLine(changed(args, '--feature', 'log-mel-6,whisper'));
    expect(both.code, both.stderr).toBe(0);
    expect(both.stderr).toContain('2 already');
    for (const [others, setting] of [
      [changed(args, '--minutes', '0.06'), 'minutes 0.05, not 0.06'],
      [[...args, '--gates'], 'gates false, not true'],
      [changed(args, '--channel', 'left'), 'channel "mix", not "left"'],
    ] as const) {
      const other = await runLine(others);
      expect(other.code).toBe(2);
      expect(other.stderr).toContain(setting);
    }
  });
});
