/** The command line: words that are nearly right, options that do nothing, JSON, quiet, help, results that are there already. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { encodeWav } from '../../src/formats/wav.ts';
import { helpOf, parseCommand, type Command } from '../../src/cli/args.ts';
import { commands } from '../../src/cli/commands.ts';
import { paretoCommand } from '../../src/cli/pareto.ts';
import { studyCommand } from '../../src/cli/study.ts';
import { editDistance, nearest } from '../../src/options.ts';
import { clock, Output } from '../../src/cli/output.ts';
import { recordingSetOf } from '../../src/cli/dataset.ts';
import { findAll } from '../../src/cli/recordings.ts';
import { difference } from '../../src/cli/job.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { gaussian } from '../helpers.ts';
import { runLine } from '../hostile/helpers.ts';
import { changed, papilio, smallCorpus, smallHead, temporary } from './helpers.ts';

const commandOf = (name: string): Command => commands.find((c) => c.name === name) as Command;

/** A command in this process, its words thrown away: errors as they are thrown. */
async function run(name: string, ...args: string[]): Promise<void> {
  const command = commandOf(name);
  const { operands, flags, given } = parseCommand(command, [...args, '--quiet']);
  await command.run(operands, flags, new Output(flags, operands), given);
}

const folder = temporary();
const wav = join(folder, 'a.wav');
writeFileSync(
  wav,
  encodeWav(
    gaussian(32000, 1).map((x) => 0.1 * x),
    8000,
    { format: 'float32' },
  ),
);

describe('a word that is nearly right', () => {
  it.each([
    ['learn', 'lern', 1],
    ['budget', 'buget', 1],
    ['features', 'faetures', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('%s and %s are %i apart', (a, b, off) => {
    expect(editDistance(a, b)).toBe(off);
    expect(editDistance(b, a)).toBe(off);
  });
  it('is taken for the nearest name, and nothing else for any', () => {
    expect(nearest('comprae', ['compile', 'compare'])).toBe('compare');
    expect(nearest('speed', ['compile', 'compare', 'eval'])).toBeUndefined();
  });
});

describe('arguments', () => {
  /** [command, arguments, what the line says] */
  const wrong: [string, string[], RegExp][] = [
    [
      'learn',
      ['a', '--buget', '1'],
      /Unknown option '--buget' \(did you mean --budget\?\); see papilio learn --help/,
    ],
    ['learn', ['a', '--seed', '-3'], /--seed is "-3"; expected a whole number from 0 to 4294967295/],
    ['features', ['a', '--preset', 'whispr'], /expected papilio, .*\(did you mean whisper\?\)/],
    ['learn', ['a', '--out', '--resume'], /--out has no value/],
    ['learn', ['a', '--out'], /--out has no value/],
    ['learn', ['a', '--resume=yes'], /--resume is a switch/],
    ['learn', ['a', '-x'], /Unknown option '-x'/],
    ['learn', ['a', '--n-fft', '49'], /--n-fft is "49"; expected an even number from 32 to 4096/],
    ['pareto', ['a', '--n-fft', '64,x'], /--n-fft names "x"; expected a whole number .*separated by commas/],
    ['pareto', ['a', '--budgets', '0.1,,'], /--budgets names ""; expected a number above 0/],
    ['pareto', ['a', '--budgets', '0'], /--budgets names "0"; expected a number above 0/],
    ['ablate', ['--groups', 'gates,netwrk'], /--groups names "netwrk"; .* \(did you mean network\?\)/],
    ['fit', ['dft', 'idft', '--n', '8'], /idft: expected only <target or matrix file>/],
    ['compile', ['a', 'b'], /b: expected only/],
    ['inspect', ['a', 'b'], /b: expected only/],
    ['study', ['learnability', 'x'], /x: expected only learnability/],
    ['distill', ['a', 'b'], /b: expected only/],
    ['learn', ['a', '--seed', '1', '--seed', '2'], /--seed is given twice; expected it once; see/],
    [
      'fit',
      ['dft', '--n', '8', '--n', '16'],
      /--n is given twice; expected it once, values separated by commas/,
    ],
  ];
  it.each(wrong)('%s %j is refused', (name, args, message) => {
    expect(() => parseCommand(commandOf(name), args)).toThrow(message);
    expect(() => parseCommand(commandOf(name), args)).toThrow(InvalidArgumentError);
  });

  it('flags of several values are lists, with and without a default', () => {
    expect(parseCommand(paretoCommand, ['x', '--budgets', '0.05, 1e-3']).flags.budgets).toEqual([0.05, 1e-3]);
    expect(parseCommand(paretoCommand, ['x']).flags).toMatchObject({ budgets: [], 'n-fft': [512] });
    expect(parseCommand(studyCommand, ['--tables', 'note']).flags).toMatchObject({ tables: ['note'] });
    expect(parseCommand(studyCommand, []).flags.sizes).toBeUndefined();
  });

  const model = join(folder, 'none.safetensors');
  const idle: [string, string[], RegExp][] = [
    ['compile', [model, '--inverse'], /--inverse is given with .*none\.safetensors; expected it with --n/],
    ['compile', [model, '--norm', 'ortho'], /--norm is given with/],
    ['compile', [model, '--batch', '4'], /--batch is given with/],
    ['compile', [model, '--dtype', 'f64'], /--dtype is given with/],
    ['inspect', ['--n', '8', model], /--n is given with .*none\.safetensors/],
    [
      'inspect',
      [join(folder, 'k.wasm'), '--graph'],
      /--graph is given with .*k\.wasm, which is compiled already/,
    ],
    ['distill', [model, '--steps', '9'], /--steps is given for a dense student/],
    ['distill', [model, '--minutes', '9'], /--minutes is given without --recordings/],
    ['ablate', ['--minutes', '9'], /--minutes is given without recordings/],
    ['compare', [model, '--rate', '8000'], /--rate is given without recordings/],
    ['fit', ['dft', '--n', '8', '--permutation', 'identity'], /--permutation is given for dft/],
    ['fit', ['dft', '--examples', 'e.json'], /both dft and --examples e\.json are given/],
    ['fit', ['m.npy', '--n', '8'], /--n is given for a file/],
    ['fit', ['dct22', '--n', '8'], /target is "dct22" \(did you mean dct2\?\)/],
    ['learn', [wav, '--start', 'exact', '--no-snap'], /--no-snap is given with --start exact/],
    [
      'learn',
      [wav, '--feature', 'log_mel_80'],
      /feature "log_mel_80" \(did you mean log-mel-80\?\); expected/,
    ],
    ['compile', ['--preset', 'scipy-welch'], /--preset scipy-welch averages a clip of any length; expected/],
    ['compile', ['--n', '8', '--to', 'c', '--target', 'cortex-m4'], /\(did you mean cortex-m4f\?\)/],
    ['compile', ['--n', '8', '--to', 'c', '--target', 'M7'], /\(did you mean cortex-m7\?\)/],
    ['learn', [wav, '--feature', 'whispr'], /feature "whispr" \(did you mean whisper\?\); expected/],
    ['features', [wav, '--checkpoint', model, '--rate', '8000'], /--rate is given with --checkpoint/],
  ];
  it.each(idle)('%s %j is refused, because something in it does nothing', async (name, args, message) => {
    await expect(run(name, ...args)).rejects.toThrow(message);
    await expect(run(name, ...args)).rejects.toBeInstanceOf(InvalidArgumentError);
  });
});

it('a line of results takes the place of the progress on a terminal', () => {
  const { stderr, stdout } = process;
  vi.stubEnv('TERM', 'xterm');
  vi.stubEnv('NO_COLOR', '');
  const terminal = Object.getOwnPropertyDescriptor(stderr, 'isTTY');
  Object.defineProperty(stderr, 'isTTY', { value: true, configurable: true });
  const written: string[] = [];
  for (const stream of [stderr, stdout])
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    const output = new Output({ json: undefined, quiet: false });
    output.progress({ phase: 'gates', step: 1, of: 2 });
    output.print('a row');
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    if (terminal) Object.defineProperty(stderr, 'isTTY', terminal);
    else Reflect.deleteProperty(stderr, 'isTTY');
  }
  expect(written).toEqual([expect.stringContaining('gates'), '\r\x1b[2K', 'a row\n']);
});

it.each([
  [0, '0 s'],
  [59.2, '1 min 0 s'],
  [60, '1 min 0 s'],
  [119.5, '2 min 0 s'],
])('%d seconds are shown as %s', (seconds, text) => expect(clock(seconds)).toBe(text));

describe('help', () => {
  it.each(commands.map((c) => [c.name, c] as const))('%s has examples that parse', (name, command) => {
    const text = helpOf(command);
    expect(text).toContain('Examples:\n  papilio ');
    for (const example of command.examples) {
      const [own, ...args] = (example.match(/'[^']*'|\S+/g) ?? []).map((w) => w.replace(/^'|'$/g, ''));
      expect(own).toBe(name);
      expect(() => parseCommand(command, args)).not.toThrow();
    }
  });
  it('of fit lists its targets', () => {
    const text = helpOf(commandOf('fit'));
    for (const name of ['hartley', 'dct2', 'dst2', 'convolution'])
      expect(text).toMatch(new RegExp(`^  ${name} `, 'm'));
  });
  it('help X and X --help are the same, -v is the version', async () => {
    const [a, b, v, w] = await Promise.all(
      [['help', 'learn'], ['learn', '--help'], ['-v'], ['--version']].map((args) => papilio(args)),
    );
    expect(a).toEqual(b);
    expect(a.code).toBe(0);
    expect(v).toEqual(w);
    const unknown = await papilio(['help', 'lern']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/^papilio: no command "lern" \(did you mean learn\?\)[^\n]*\n$/);
  });
});

describe('--json and --quiet', () => {
  it.each(commands.map((c) => [c.name, c] as const))('%s has --json FILE|-', (_, command) =>
    expect(parseCommand(command, [...(command.needs ? ['x'] : []), '--json', '-']).flags.json).toBe('-'),
  );
  it('to a file beside the table, to stdout instead of it, or alone', async () => {
    const json = join(folder, 'fit.json');
    const fit = ['fit', 'dft', '--n', '8'];
    const [both, only, quiet] = await Promise.all([
      papilio([...fit, '--json', json]),
      papilio([...fit, '--json', '-']),
      papilio([...fit, '--json', '-', '--quiet']),
    ]);
    expect(both.stdout).toMatch(/^target +n +radices/);
    const { seconds: _, ...rest } = JSON.parse(readFileSync(json, 'utf8')) as Record<string, unknown>;
    expect(JSON.parse(only.stdout)).toMatchObject(rest);
    expect(only.stderr).toMatch(/^target +n +radices/m);
    expect(JSON.parse(quiet.stdout)).toMatchObject(rest);
    expect(quiet.stderr).toBe('');
  });
});

it('--rate means one thing in every command that brings recordings to one', () => {
  const brought = commands.filter(({ flags }) => flags['rate'] && 'channel' in flags);
  expect(brought.map((c) => c.name).sort()).toEqual(
    ['ablate', 'compare', 'distill', 'features', 'learn', 'pareto', 'peaks'].sort(),
  );
  for (const { flags } of brought) {
    expect(flags['rate']).toMatchObject({ rule: { expected: 'a whole number from 1 to 1000000' } });
    expect(flags['rate'].help).toMatch(/^sample rate in Hz that recordings are brought to/);
  }
});

describe('--out', () => {
  it('is where every format goes; text to read is printed without it', async () => {
    const [out, none] = [join(folder, 'formats'), join(folder, 'none')];
    for (const to of ['wasm', 'esm', 'wat', 'js']) await run('compile', '--n', '8', '--to', to, '--out', out);
    expect(readdirSync(out)).toEqual(
      expect.arrayContaining(['kernel.js', 'kernel.mjs', 'kernel.wasm', 'kernel.wat', 'program.js']),
    );
    const printed = await runLine(['compile', '--n', '8', '--to', 'wat']);
    expect(printed.stdout).toBe(readFileSync(join(out, 'kernel.wat'), 'utf8'));
    expect(existsSync(none)).toBe(false);
  });
});

describe('results that are there already', () => {
  it('differ where they differ', () => {
    expect(difference({ a: { b: 1, c: [1, 2] } }, { a: { c: [1, 2], b: 1 } })).toBeNull();
    expect(difference({ a: { b: 1, c: [1, 2] } }, { a: { b: 1, c: [1, 3] } })).toBe('a.c.1 2, not 3');
    expect(difference({ a: 1 }, { a: 1, b: 'x' })).toBe('b none, not "x"');
  });

  it('of a fit, a kernel, a round trip and features with other settings need --force', async () => {
    const dft = ['dft', '--n', '8', '--out', join(folder, 'fit')];
    await run('fit', ...dft);
    await run('fit', ...dft);
    await expect(run('fit', ...dft, '--seed', '2')).rejects.toThrow(
      /fit\/model\.safetensors: made with seed 1, not 2; give another --out, or --force/,
    );
    await run('fit', ...dft, '--seed', '2', '--force');
    const kernel = ['--to', 'esm', '--out', join(folder, 'other-kernel')];
    await run('compile', '--n', '8', ...kernel);
    await run('compile', '--n', '8', ...kernel);
    await expect(run('compile', '--n', '16', ...kernel)).rejects.toThrow(
      /kernel\.mjs: is another kernel; give another --out, or --force/,
    );
    await run('compile', '--n', '16', ...kernel, '--force');
    const pair = ['--n', '4', '--mode', 'joint', '--out', join(folder, 'pair')];
    await run('roundtrip', ...pair);
    await expect(run('roundtrip', ...pair, '--seed', '2')).rejects.toThrow(/made with seed 1, not 2/);
    const features = [wav, '--jobs', '1', '--out', join(folder, 'features')];
    await run('features', ...features, '--preset', 'kaldi');
    const before = readFileSync(join(folder, 'features', 'a.npy'));
    await expect(run('features', ...features, '--preset', 'librosa')).rejects.toThrow(
      /manifest\.json: made with head\.[^\n]*, not [^\n]*; give another --out, or --force/,
    );
    expect(readFileSync(join(folder, 'features', 'a.npy')).equals(before)).toBe(true);
    await run('features', ...features, '--preset', 'librosa', '--force');
    expect(readFileSync(join(folder, 'features', 'a.npy')).equals(before)).toBe(false);
  });

  it('of learn and pareto too, recordings included', async () => {
    const [corpus, out] = [smallCorpus(), join(folder, 'learned')];
    mkdirSync(out);
    writeFileSync(join(out, 'summary.json'), '{"feature": "log-mel-8", "seed": 1}');
    await expect(run('learn', corpus, ...smallHead, '--out', out)).rejects.toThrow(
      /summary\.json: a job of papilio 0\.1, which papilio 0\.2 does not go on with/,
    );
    writeFileSync(join(out, 'summary.json'), '{"papilio": "0.2", "feature": "log-mel-8", "seed": 7}');
    await expect(run('learn', corpus, ...smallHead, '--out', out)).rejects.toThrow(
      /summary\.json: made with --seed 7, not 1/,
    );
    const front = [corpus, '--n-fft', '64', '--feature', 'log-mel-8', '--out', join(folder, 'front')];
    mkdirSync(join(folder, 'front'));
    const numbers = ['errorP95', 'validationError', 'transformOperations', 'exactTransformOperations'].concat(
      ['fftOperations', 'exactFftOperations', 'nsPerFrame', 'exactNsPerFrame', 'tableBytes', 'codeBytes'],
    );
    const row = {
      feature: 'log-mel-8',
      structure: 'exact',
      kind: 'exact',
      bandErrors: [],
      files: [],
      nFft: 64,
      mels: 8,
      seed: 0,
      error: 0,
      operations: 1,
      exactOperations: 1,
      ...Object.fromEntries(numbers.map((key) => [key, 1])),
      settings: { papilio: '0.2', minutes: 1, gates: false, rate: 16000, recordings: '3 files, 01234567' },
    };
    writeFileSync(join(folder, 'front', 'front.json'), JSON.stringify([row]));
    await expect(run('pareto', ...front, '--minutes', '1')).rejects.toThrow(
      /front\.json: made with recordings "3 files, 01234567", not "5 files, [0-9a-f]{16}"/,
    );
    await expect(run('pareto', ...front, '--minutes', '2')).rejects.toThrow(/made with minutes 1, not 2/);
    const set = recordingSetOf(findAll([corpus]), { rate: 16000, channel: 'left', minutes: 1 });
    writeFileSync(
      join(folder, 'front', 'front.json'),
      JSON.stringify([{ ...row, settings: { papilio: '0.2', gates: false, ...set } }]),
    );
    await expect(run('pareto', ...front, '--minutes', '1')).rejects.toThrow(
      /made with channel "left", not "mix"/,
    );
  });
});

it('features of a clip that its head cuts off say so, and count what they use', async () => {
  const long = join(folder, 'long.wav');
  writeFileSync(
    long,
    encodeWav(
      gaussian(32 * 16000, 2).map((x) => 0.1 * x),
      16000,
      { format: 'pcm16' },
    ),
  );
  const out = join(folder, 'whisper');
  const done = await runLine(['features', long, '--preset', 'whisper', '--jobs', '1', '--out', out]);
  expect(done.code, done.stderr).toBe(0);
  expect(done.stderr).toMatch(
    /1 of 1 files are longer than the 30\.0 s that this head takes; 2\.0 s at their ends/,
  );
  expect(done.stdout).toMatch(/, 30\.0 s of audio,/);
});

it('learn says that recordings of a lower rate are empty above, and learns at theirs with --rate', async () => {
  const low = temporary();
  for (const i of [0, 1, 2, 3])
    writeFileSync(
      join(low, `${i}.wav`),
      encodeWav(
        gaussian(8000, 90 + i).map((x) => 0.1 * x),
        8000,
        { format: 'float32' },
      ),
    );
  // A budget that is refused once the recordings are read.
  const args = ['learn', low, ...changed(smallHead, '--budget', '1e-12'), '--start', 'exact'];
  const warned = await runLine([...args, '--out', join(low, 'a')]);
  expect(warned.stderr).toMatch(
    /warning: 4 of 4 recordings have 8000 samples a second or fewer: above 4000 Hz/,
  );
  const right = await runLine([...args, '--rate', '8000', '--out', join(low, 'b')]);
  expect(right.stderr).toMatch(/budget 1e-12/);
  expect(right.stderr).not.toMatch(/warning/);
});
