/** What commands left out without a word. */
import { expect, it } from 'vitest';
import { studyCommand } from '../../src/cli/study.ts';
import { runCommand } from '../hostile/helpers.ts';

it('study says which sizes it has no cell for, and what fits them', async () => {
  const sizes = ['--targets', 'dct2', '--sizes', '48', '--seeds', '1'];
  const run = await runCommand(studyCommand, ['learnability', ...sizes, '--json', '-']);
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual([]);
  expect(run.stderr).toMatch(/no cell for dct2 at 48: .*papilio fit dct2 --n 48 fits one/);
});
