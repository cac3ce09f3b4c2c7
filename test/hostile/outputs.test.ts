/** What is asked to hold two things, and what cannot be written. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { viewOf } from '../../src/backends/backend.ts';
import type { Ablation } from '../../src/cli/ablate-report.ts';
import { parseCommand, type Command } from '../../src/cli/args.ts';
import { compileCommand } from '../../src/cli/compile.ts';
import { featuresCommand } from '../../src/cli/features.ts';
import { writeAtomic } from '../../src/cli/files.ts';
import { whileLocked } from '../../src/cli/job.ts';
import { Output } from '../../src/cli/output.ts';
import { reportCommand } from '../../src/cli/report-command.ts';
import { studyCommand } from '../../src/cli/study.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { encodeWav } from '../../src/formats/wav.ts';
import { ablationKey } from '../../studies/ablation.ts';
import { compileGraph, wasmBackend } from '../../src/compiler.ts';
import { argument, exprCarrier as k, literal } from '../../src/ir/expr.ts';
import { input, map } from '../../src/ir/graph.ts';
import { papilio } from '../cli/helpers.ts';
import { runCommand } from './helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'papilio-outputs-'));
const at = (...names: string[]): string => join(folder, ...names);

/** A shell with the command line as "$0" "$1" and more words behind. */
const shell = (
  script: string,
  ...more: string[]
): { status: number | null; stdout: string; stderr: string } =>
  spawnSync('bash', ['-c', script, process.execPath, inject('cli'), ...more], {
    cwd: resolve(import.meta.dirname, '../..'),
    encoding: 'utf8',
  });

it('an output that has the name of an input is refused where it is asked for', () => {
  const doubled = map('doubled', [input('re', [4])], [k.mul(argument(0), literal(2))])[0];
  const executable = wasmBackend.instantiate(compileGraph({ outputs: { re: doubled } }, { dtype: 'f64' }));
  expect(() => viewOf(executable, 're')).toThrow(InvalidArgumentError);
  expect(() => viewOf(executable, 're')).toThrow(/"re" names an input or parameter and an output; expected/);
  expect(() => viewOf(executable, 'constructor')).toThrow(/"constructor" is no input, output or parameter/);
});

describe.skipIf(!existsSync('/dev/full'))('what cannot be written is dropped, and the job done', () => {
  it('a full disk behind stdout is one line', () => {
    const { status, stderr } = shell('"$0" "$1" compile --n 8 --to wat > /dev/full');
    expect(stderr).toBe('papilio: standard output: cannot write: ENOSPC\n');
    expect(status).toBe(2);
  });
  it('behind stderr, or stdout with its reader gone, it is nothing', () => {
    for (const [name, script] of [
      ['quiet', '"$0" "$1" fit dft --n 16 --out "$2" --json "$2/fit.json" 2> /dev/full'],
      ['gone', '{ "$0" "$1" fit dft --n 16 --out "$2" --json - 2>&1; echo $? > "$2.code"; } | true'],
    ]) {
      expect(shell(script, at(name)).status, name).toBe(0);
      expect(existsSync(at(name, 'model.safetensors')), name).toBe(true);
    }
    expect(readFileSync(at('gone.code'), 'utf8')).toBe('0\n');
    // In a folder that the command makes.
    expect(JSON.parse(readFileSync(at('quiet', 'fit.json'), 'utf8'))).toHaveProperty('rmse');
  });
});

describe.skipIf(process.platform === 'win32')('a place that is no plain file stays what it is', () => {
  it('links lead to what is written', () => {
    writeFileSync(at('old.json'), '{}');
    symlinkSync('old.json', at('link.json'));
    symlinkSync('new.json', at('dangling.json'));
    symlinkSync('circle.json', at('circle.json'));
    writeAtomic(at('link.json'), '[1]');
    writeAtomic(at('dangling.json'), '[2]');
    expect([readFileSync(at('old.json'), 'utf8'), readFileSync(at('new.json'), 'utf8')]).toEqual([
      '[1]',
      '[2]',
    ]);
    expect(lstatSync(at('link.json')).isSymbolicLink()).toBe(true);
    expect(() => writeAtomic(at('circle.json'), '')).toThrow(
      /circle\.json: cannot write: a link that leads in/,
    );
  });
  it('pipes and devices are written to', () => {
    const script =
      'mkfifo "$2" && { cat "$2" & "$0" "$1" compile --n 8 --quiet --out "$3" --json "$2"; wait; test -p "$2"; }';
    const pipe = shell(script, at('pipe'), at('piped'));
    expect(pipe.stderr).toBe('');
    expect(JSON.parse(pipe.stdout)).toHaveProperty('files');
    expect(pipe.status).toBe(0);
    writeAtomic('/dev/null', 'x');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    const stdout = shell('"$0" "$1" compile --n 8 --out "$2" --json /dev/stdout | cat', at('stdout'));
    expect(JSON.parse(stdout.stdout)).toHaveProperty('files');
    expect(stdout.stderr).toMatch(/written to/);
  });
});

describe('results replace nothing else', () => {
  const trained = (): string => {
    writeFileSync(at('m.st'), Buffer.concat([Buffer.from([0x7b, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]));
    return at('m.st');
  };
  const study = ['learnability', '--targets', 'dft', '--sizes', '8', '--seeds', '1', '--tables', 'learn'];
  const parsed = (...args: string[]): unknown => {
    const { operands, flags } = parseCommand(compileCommand, args);
    return new Output(flags, operands);
  };

  it.each([
    [
      'what is read',
      () => [trained(), '--json', trained()],
      /--json is .*m\.st, which is read, too; expected/,
    ],
    ['the same by a link', () => [at('alias.st'), '--json', trained()], /--json is .*m\.st, which is read/],
    [
      'a checkpoint',
      () => ['--n', '8', '--json', trained()],
      /m\.st: is no JSON and would be replaced by it/,
    ],
    [
      'the other output',
      () => ['--n', '8', '--out', at('k'), '--json', at('.', 'k')],
      /--json and --out are both/,
    ],
    ['a folder', () => ['--n', '8', '--json', folder], /--json is .*, a folder; expected a file/],
    ['nothing', () => ['--n', '8', '--json', ''], /--json is empty; expected a file, or - for stdout/],
    [
      'a place not there',
      () => ['--n', '8', '--json', at('no', 'x.json')],
      /cannot write there: no such file/,
    ],
  ])('JSON not %s', (_, args, message) => {
    if (!existsSync(at('alias.st'))) symlinkSync('m.st', at('alias.st'));
    const before = readFileSync(trained());
    expect(() => parsed(...args())).toThrow(message);
    expect(readFileSync(at('m.st')).equals(before)).toBe(true);
  });

  it('features not the model that they are made by, whatever --force says', () => {
    const output = (checkpoint: string, out: string): Output => {
      const args = ['a.wav', '--checkpoint', checkpoint, '--out', out, '--force'];
      const { operands, flags } = parseCommand(featuresCommand, args);
      return new Output(flags, operands);
    };
    expect(() => output(trained(), at('.', 'm.st'))).toThrow(
      /--out and --checkpoint are both .*; expected two files/,
    );
    // A folder may hold both.
    expect(() => output(folder, folder)).not.toThrow();
  });

  it('JSON not what the command itself has written', async () => {
    mkdirSync(at('own'));
    const run = await runCommand(compileCommand, [
      '--n',
      '8',
      '--out',
      at('own'),
      '--json',
      at('own', 'kernel.wasm'),
    ]);
    expect(run.stderr).toMatch(/kernel\.wasm: is no JSON and would be replaced/);
    expect(run.code).toBe(2);
    expect(WebAssembly.validate(readFileSync(at('own', 'kernel.wasm')))).toBe(true);
  });

  it('pages not the rows they are made of, nor others', async () => {
    const rows = at('rows.json');
    const made = await runCommand(studyCommand, [...study, '--json', rows, '--html', at('rows.html')]);
    expect(made.code, made.stderr).toBe(0);
    const before = readFileSync(rows, 'utf8');
    for (const [out, message] of [
      [rows, /the page is .*rows\.json, which is read, too/],
      [at('old.json'), /old\.json: is JSON and would be replaced by a page/],
    ] as const) {
      writeFileSync(at('old.json'), '[]');
      const refused = await runCommand(reportCommand, [rows, '--out', out]);
      expect(refused.stderr).toMatch(message);
    }
    const both = await runCommand(studyCommand, [...study, '--json', rows, '--html', rows]);
    expect(both.stderr).toMatch(/--json and --html are both/);
    expect(readFileSync(rows, 'utf8')).toBe(before);
    const page = await runCommand(reportCommand, [rows, '--out', at('rows.html')]);
    expect(page).toEqual({ code: 0, stdout: `${at('rows.html')}\n`, stderr: '' });
    expect(readdirSync(folder).filter((name) => name.startsWith('.papilio'))).toEqual([]);
  });
});

describe('runs beside each other', () => {
  const quietly = (command: Command, ...args: string[]): Promise<void> => {
    const { operands, flags, given } = parseCommand(command, [...args, '--quiet']);
    return command.run(operands, flags, new Output(flags, operands), given);
  };
  const rowsOf = (path: string): unknown[] => JSON.parse(readFileSync(path, 'utf8')) as unknown[];

  it('of study and ablate keep the rows of both', async () => {
    const study = [
      'learnability',
      '--sizes',
      '8',
      '--seeds',
      '1',
      '--tables',
      'learn',
      '--json',
      at('both.json'),
    ];
    const targets = ['dft', 'hadamard'].map((t) => quietly(studyCommand, ...study, '--targets', t));
    await Promise.all(targets);
    expect(new Set(rowsOf(at('both.json')).map((r) => (r as { target: string }).target))).toEqual(
      new Set(['dft', 'hadamard']),
    );
    const ablate = ['ablate', '--n', '8', '--samples', '1', '--out', at('ablation')];
    await Promise.all(['backend', 'network'].map((g) => papilio([...ablate, '--groups', g])));
    const { rows } = JSON.parse(readFileSync(at('ablation', 'ablation.json'), 'utf8')) as Ablation;
    expect(new Set(rows.map((r) => r.group))).toEqual(new Set(['backend', 'network']));
    expect(new Set(rows.map(ablationKey)).size).toBe(rows.length);
  });

  it('of features with two settings: the second is refused', async () => {
    writeFileSync(at('a.wav'), encodeWav(new Float64Array(4000).fill(0.1), 16000, { format: 'pcm16' }));
    const args = [at('a.wav'), '--jobs', '1', '--out', at('features')];
    const runs = await Promise.allSettled(
      ['kaldi', 'librosa'].map((preset) => quietly(featuresCommand, ...args, '--preset', preset)),
    );
    expect(runs.map((r) => r.status)).toEqual(['fulfilled', 'rejected']);
    expect(runs[1]).toMatchObject({
      reason: { message: expect.stringMatching(/manifest\.json: made with head/) },
    });
  });

  it('wait for a lock, but not for what a killed one left', () => {
    const lock = `${at('shared.json')}.lock`;
    writeFileSync(lock, '');
    utimesSync(lock, 1, 1);
    expect(whileLocked(at('shared.json'), () => existsSync(lock))).toBe(true);
    expect(existsSync(lock)).toBe(false);
    expect(() => whileLocked(at('none', 'shared.json'), () => 0)).toThrow(
      /shared\.json\.lock: cannot write: no such/,
    );
  });
});
