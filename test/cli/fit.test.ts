/** papilio fit and papilio study as a user runs them. */
import { networkOf } from '../../src/model/model.ts';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand, type Command } from '../../src/cli/args.ts';
import { fitCommand } from '../../src/cli/fit.ts';
import { studyCommand } from '../../src/cli/study.ts';
import { Output } from '../../src/cli/output.ts';
import { PapilioError } from '../../src/errors.ts';
import { decodeModel } from '../../src/checkpoints/checkpoint.ts';
import { runLine } from '../hostile/helpers.ts';
import { papilio, temporary } from './helpers.ts';

/** A command in this process: errors as they are thrown. */
async function run(command: Command, args: readonly string[]): Promise<void> {
  const { operands, flags, given } = parseCommand(command, args);
  await command.run(operands, flags, new Output(flags, operands), given);
}

const folder = temporary();
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
/** The DFT of four points times a permutation is still a chain of four. */
const matrix = {
  re: [0, 1, 2, 3].map((k) => [0, 1, 2, 3].map((j) => Math.round(Math.cos((Math.PI * k * j) / 2)) / 2)),
  im: [0, 1, 2, 3].map((k) => [0, 1, 2, 3].map((j) => -Math.round(Math.sin((Math.PI * k * j) / 2)) / 2)),
};

describe('papilio fit', () => {
  it('learns, saves and reports', async () => {
    const out = join(folder, 'dft');
    const { code, stdout } = await papilio([
      'fit',
      'dft',
      '--n',
      '16',
      '--seed',
      '3',
      '--out',
      out,
      '--json',
      '-',
    ]);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      target: 'dft',
      n: 16,
      radices: [2, 2, 2, 2],
      parametrization: 'free',
      start: 'random',
      seed: 3,
    });
    expect(report['rmse']).toBeLessThan(1e-14);
    const path = join(out, 'model.safetensors');
    const saved = decodeModel(readFileSync(path), path);
    expect(saved.report).toEqual(report);
    expect(networkOf(saved.model).n).toBe(16);
  });
  it('takes several sizes, a known shuffle and a matrix from a file', async () => {
    const sizes = await runLine([
      'fit',
      'hadamard',
      '--n',
      '4,8',
      '--schedule',
      'balanced',
      '--shuffle',
      '2',
      '--json',
      '-',
    ]);
    expect(sizes.code).toBe(0);
    expect((JSON.parse(sizes.stdout) as { n: number }[]).map((r) => r.n)).toEqual([4, 8]);
    const own = await runLine(['fit', file('m.json', JSON.stringify(matrix)), '--radices', '2,2']);
    expect(own.code).toBe(0);
    expect(own.stdout).toMatch(/m\.json/);
  });
  it('says that a goal was not reached', async () => {
    const { code, stderr } = await runLine(['fit', 'dft', '--n', '8', '--method', 'adam', '--steps', '3']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/the goal of 1e-12 was not reached/);
  });
  it('knows its results by all that decides them, the content of a file too', async () => {
    const [out, path] = [join(folder, 'known'), file('known.json', JSON.stringify(matrix))];
    const args = [path, '--radices', '2,2', '--quiet', '--out', out];
    await run(fitCommand, args);
    await run(fitCommand, args);
    for (const [flag, value, message] of [
      ['--pairs', '12', /made with asked\.pairs null, not 12/],
      ['--restarts', '1', /made with asked\.restarts 0, not 1/],
      ['--goal', '0.1', /made with goal 1e-12, not 0\.1/],
      ['--permutation', 'identity', /made with permutation null, not "identity"/],
    ] as const)
      await expect(run(fitCommand, [...args, flag, value])).rejects.toThrow(message);
    file('known.json', JSON.stringify(matrix, null, 1));
    await expect(run(fitCommand, args)).rejects.toThrow(/made with sha256 "\w+\.\.\.", not "\w+/);
    await run(fitCommand, [...args, '--force']);
  });
  it.each([
    [[], /no target given/],
    [['fft', '--n', '8'], /target is "fft" \(did you mean dft\?\); expected dft/],
    [['dft'], /--n is missing/],
    [['dft', '--n', '11'], /n is 11; expected a product of 2, 3, 5 and 7/],
    [['dft', '--n', 'x'], /--n names "x"; expected a whole number/],
    [['dft', '--n', '8', '--radices', '2,2'], /--radices 2,2 multiply to 4; expected 8/],
    [['dct2', '--n', '8', '--parametrization', 'unitary'], /dct2 is not in the class of unitary blocks/],
    [
      ['dft', '--n', '8', '--rate', '1'],
      /--rate without a --method that has it; expected --method adam or sgd/,
    ],
    [
      ['dft', '--n', '8', '--method', 'adam', '--decay', '1'],
      /--decay without a --method that has it; expected --method lbfgs or gauss-newton/,
    ],
    [['dft', '--n', '8', '--start', 'answer'], /--start is "answer"; expected exact, noise/],
    [['missing.npy'], /missing.npy: no such file/],
    [[file('wide.json', '[[1, 2]]')], /wide.json: a matrix of 1 x 2; expected a square one/],
  ] as [string[], RegExp][])('%j is refused in one line', async (args, message) => {
    const error = await run(fitCommand, args).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PapilioError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toMatch(/\n/);
  });
});

describe('papilio study learnability', () => {
  const json = join(folder, 'rows.json');
  const docs = join(folder, 'learning.md');
  const html = join(folder, 'learning.html');
  const cells = ['study', 'learnability', '--targets', 'dft', '--sizes', '8', '--tables', 'learn'];
  const files = ['--json', json, '--docs', docs, '--html', html];
  const args = (seeds: string): string[] => cells.concat('--seeds', seeds, files);
  it('writes rows, resumes, and writes the reports from them', async () => {
    expect((await runLine(args('1'))).code).toBe(0);
    const first = JSON.parse(readFileSync(json, 'utf8')) as Record<string, unknown>[];
    expect(first.length).toBe(2);
    for (const key of [
      'target',
      'n',
      'radices',
      'parametrization',
      'start',
      'seed',
      'rmse',
      'relativeL2',
      'steps',
      'restarts',
      'seconds',
    ])
      expect(first[0]).toHaveProperty(key);
    const again = await runLine(args('2'));
    expect(again.stderr).toMatch(/4 cells, 2 already in/);
    const second = JSON.parse(readFileSync(json, 'utf8')) as Record<string, unknown>[];
    expect(second.slice(0, 2)).toEqual(first);
    expect(second.length).toBe(4);
    expect(readFileSync(docs, 'utf8')).toMatch(/\| dft \| free \| 8 \| 2 2 2 \|.*\| 2\/2 \|/);
    const page = readFileSync(html, 'utf8');
    expect(page).toMatch(/<svg/);
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  });
  it('refuses a file that is not its own, and leaves it alone', async () => {
    const other = file('other.json', '{"a": 1}');
    await expect(run(studyCommand, ['learnability', '--json', other])).rejects.toThrow(
      /other.json: not the rows of a study/,
    );
    expect(readFileSync(other, 'utf8')).toBe('{"a": 1}');
    const speed = await runLine(['study', 'speed']);
    expect(speed.code).toBe(2);
    expect(speed.stderr).toMatch(/study is "speed"; expected learnability/);
    expect(existsSync(join(folder, 'learnability.json'))).toBe(false);
  });
});
