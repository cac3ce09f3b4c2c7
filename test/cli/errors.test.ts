/** Bad input: one line naming the file, flag or value, exit code 2, nothing half-written. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { encodeWav } from '../../src/formats/wav.ts';
import { version } from '../../src/cli/version.ts';
import { secondOnnx } from '../../scripts/fuzz/second-onnx.ts';
import { encodeTransform } from '../transform-file.ts';
import { gaussian, network } from '../helpers.ts';
import { runLine } from '../hostile/helpers.ts';
import { papilio, temporary } from './helpers.ts';

const folder = temporary();
const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const noise = gaussian(16000, 1).map((x) => 0.1 * x);
const good = encodeWav(noise, 16000, { format: 'float32' });
const withNaN = good.slice();
new DataView(withNaN.buffer).setFloat32(withNaN.length - 400, NaN, true);

const paths = {
  good: file('good.wav', good),
  empty: file('empty.wav', ''),
  truncated: file('truncated.wav', good.slice(0, 40)),
  text: file('text.wav', 'this is no recording at all, just text that is long enough'),
  flac: file('text.flac', 'this is no recording at all, just text that is long enough'),
  nan: file('nan.wav', withNaN),
  silent: file('silent.wav', encodeWav(new Float64Array(4000), 16000, { format: 'pcm16' })),
  short: file('short.wav', encodeWav(noise.slice(0, 100), 16000, { format: 'pcm16' })),
  foreign: file(
    'foreign.safetensors',
    encodeSafetensors({ w: { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) } }, {}),
  ),
  hostile: file('hostile.safetensors', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 1, 2, 3)),
  transform: file('transform.safetensors', encodeTransform({ network: network(8), values: {} })),
  real: file('real.safetensors', encodeTransform({ network: network(8, { input: 'real' }), values: {} })),
  second: file('second.onnx', secondOnnx({ opset: 11, op: 'Squeeze', dims: ['B', 23, 'T'] })),
  bigHeader: file('big-header.safetensors', Uint8Array.of(0, 0, 0x40, 6, 0, 0, 0, 0, 123)),
};
const emptyFolder = join(folder, 'empty');
mkdirSync(emptyFolder);
const out = join(folder, 'out');
const learn = (...args: string[]): string[] => ['learn', ...args, '--out', out];

/** [arguments, what the line must name] */
const cases: [string[], RegExp][] = [
  [learn(), /no recordings given; expected a folder or audio files/],
  [learn(emptyFolder), /empty: no recordings in this folder \(\.wav \.flac/],
  [learn(join(folder, 'missing.wav')), /missing\.wav: no such file/],
  [learn(paths.empty), /empty\.wav/],
  [learn(paths.truncated), /truncated\.wav/],
  [learn(paths.text), /text\.wav.*RIFF|text\.wav.*WAV/],
  [learn(paths.flac), /text\.flac: no flac audio that audio-decode can read/],
  [learn(paths.nan), /nan\.wav.*3\d\d\d|nan\.wav/],
  [learn(paths.silent), /silent\.wav: silent/],
  [learn(paths.short), /short\.wav: 100 samples are shorter than one frame/],
  [
    learn(paths.good, '--feature', 'whisper', '--hop', '80'),
    /--hop is given, but preset whisper brings its own/,
  ],
  [
    ['pareto', paths.good, '--feature', 'whisper,kaldi', '--rate', '8000'],
    /--rate is given, but preset whisper/,
  ],
  [learn(paths.good, '--n-fft', '501'), /--n-fft is "501"; expected an even number from 32 to 4096/],
  [learn(paths.good, '--n-fft', '1e9'), /--n-fft is "1e9"; expected an even number/],
  [learn(paths.good, '--budget', '0'), /--budget is "0"; expected a number above 0/],
  [learn(paths.good, '--budget', 'tiny'), /--budget is "tiny"; expected a number/],
  [
    learn(
      paths.good,
      '--budget',
      '1e-12',
      '--start',
      'exact',
      '--n-fft',
      '64',
      '--hop',
      '32',
      '--feature',
      'log-mel-8',
    ),
    /budget 1e-12 is below the error of the exact transform/,
  ],
  [learn(paths.good, '--feature', 'log-mel-400'), /400 bands; expected at most nFft \/ 2 = 256/],
  [learn(paths.good, '--hop', '0'), /--hop is "0"/],
  [learn(paths.good, '--start', 'warm'), /--start is "warm"; expected random, exact/],
  [
    learn(paths.good, '--minutes', '1'),
    /Unknown option '--minutes': learn .* no time limit; pareto --minutes/,
  ],
  [learn(paths.good, '--colour', 'red'), /Unknown option '--colour'; see papilio learn --help/],
  [learn(paths.good, '--seed', '-1'), /seed/],
  [['learn', paths.good, '--out', join(paths.good, 'sub')], /good\.wav\/sub: cannot write there/],
  [['eval'], /no checkpoint given/],
  [['eval', paths.foreign, paths.good], /foreign\.safetensors: no papilio metadata/],
  [['eval', paths.hostile, paths.good], /hostile\.safetensors/],
  [['compile', paths.bigHeader, '--out', out], /big-header\.safetensors/],
  [['compile', paths.good, '--out', out], /good\.wav/],
  [['inspect'], /nothing to inspect/],
  [['compile'], /nothing to compile; give a checkpoint, --n, --preset or --istft/],
  [['compile', '--n', '8', '--preset', 'kaldi'], /both --n 8 and --preset kaldi are given/],
  [['compile', '--n', '8', '--options', '{}'], /--options is given with --n 8; expected it with --preset/],
  [['compile', '--preset', 'kaldi', '--options', '{"x": 1}'], /has no option "x"/],
  [['compile', '--preset', 'kaldi', '--options', 'x'], /--options is "x"; expected JSON/],
  [
    ['compile', '--n', '8', '--to', 'c', '--name', '8fft', '--out', out],
    /--name is "8fft"; expected an identifier of C/,
  ],
  [['compile', '--n', '8', '--to', 'c', '--target', 'm4', '--out', out], /--target is "m4"/],
  [['compile', '--n', '8', '--to', 'c', '--batch', '2', '--out', out], /--batch is given with --to c/],
  [
    ['compile', '--n', '8', '--name', 'fft', '--out', out],
    /--name is given with --to wasm; expected it with --to c/,
  ],
  [
    ['compile', '--preset', 'kaldi', '--to', 'c', '--overwrite', '--out', out],
    /--overwrite is true; expected false/,
  ],
  [
    ['compile', '--preset', 'kaldi', '--to', 'onnx', '--name', 'a/b', '--out', out],
    /--name is "a\/b"; expected letters/,
  ],
  [
    ['compile', '--preset', 'kaldi', '--to', 'onnx', '--merge', paths.good, '--out', out],
    /good\.wav: byte .* is no field of a protocol buffer; expected an ONNX model/,
  ],
  [
    ['compile', '--preset', 'kaldi', '--to', 'onnx', '--merge', join(folder, 'none.onnx'), '--out', out],
    /none\.onnx: no such file/,
  ],
  [
    ['compile', '--preset', 'kaldi', '--to', 'onnx', '--merge', paths.second, '--out', out],
    /second\.onnx: node "own" is Squeeze of opset 11, which means something else in 17/,
  ],
  [
    [
      'compile',
      '--preset',
      'kaldi',
      '--to',
      'onnx',
      '--merge',
      paths.second,
      '--merge-input',
      'z',
      '--out',
      out,
    ],
    /second\.onnx: no input for the features called "z"; expected one of x/,
  ],
  [
    ['compile', '--n', '8', '--dtype', 'f64', '--to', 'onnx', '--out', out],
    /--dtype is given with --to onnx, whose numbers are float32; expected --f16 or nothing/,
  ],
  [
    ['compile', '--n', '8', '--batch', '4', '--to', 'onnx', '--out', out],
    /--batch is given with --to onnx, which takes as many transforms as a run brings/,
  ],
  [['compile', '--istft', '64', '--out', out], /--istft is given with --to wasm; expected it with --to onnx/],
  [['compile', '--n', '64', '--hop', '8'], /--hop is given with --n 64; expected it with --istft/],
  [
    ['compile', '--istft', '64', '--hop', '65', '--to', 'onnx', '--out', out],
    /a window of 64 samples with a hop of 65 leaves samples out/,
  ],
  [
    ['compile', '--istft', '64', '--static', '9', '--framing', 'inside', '--to', 'onnx', '--out', out],
    /--static is 9, less than one frame/,
  ],
  [
    ['compile', '--istft', '64', '--int16', '--to', 'onnx', '--out', out],
    /--int16, --resample-from or --merge is given with a transform/,
  ],
  [['compile', 'a.safetensors', '--n', '8'], /both a\.safetensors and --n 8 are given/],
  [['compile', '--n', '5000000'], /--n/],
  [['compile', '--n', '8', '--norm', 'none'], /--norm is "none"/],
  [['inspect', '--n', '0'], /--n/],
  [['certify'], /no checkpoint given; expected the path of a transform\.safetensors/],
  [['certify', join(folder, 'missing.safetensors')], /missing\.safetensors: no such file/],
  [['certify', paths.foreign], /foreign\.safetensors: no papilio metadata/],
  [['certify', paths.hostile], /hostile\.safetensors/],
  [['certify', paths.transform, 'b.safetensors'], /b\.safetensors: expected only <checkpoint>/],
  [['certify', paths.transform, '--target', 'fft'], /--target is "fft"; expected dft, idft/],
  [['certify', paths.transform, '--dtype', 'f16'], /--dtype is "f16"; expected f32, f64/],
  [['certify', paths.transform, '--json', join(folder, 'none', 'c.json')], /none\/c\.json: cannot write/],
  [['certify', paths.real, '--target', 'idft'], /target is idft; a network of real input/],
  [
    ['lern'],
    /no command "lern" \(did you mean learn\?\); expected learn, fit, roundtrip, study, pareto, distill, ablate, eval/,
  ],
];

describe('bad input', () => {
  it.each(cases)('%j', async (args, message) => {
    const run = await runLine(args);
    expect(run.stderr).toMatch(message);
    expect(
      run.stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('█') && !line.startsWith('░')).length,
    ).toBe(1);
    expect(run.code).toBe(2);
    const left = existsSync(out) ? readdirSync(out) : [];
    expect(left.filter((name) => name !== 'checkpoint.safetensors')).toEqual([]);
  });
});

it('a process ends with the same line and code', async () => {
  const args = ['learn', paths.empty, '--out', out];
  expect(await papilio(args)).toEqual(await runLine(args));
});

describe('help', () => {
  it('comes from the argument tables, with defaults', async () => {
    const [all, learnHelp, number] = await Promise.all([
      papilio(['--help']),
      papilio(['learn', '--help']),
      papilio(['--version']),
    ]);
    expect(all.stdout).toMatch(/learn (.|\n)*eval (.|\n)*features (.|\n)*compile (.|\n)*inspect/);
    expect(learnHelp.stdout).toMatch(/--budget <number>.*default 0\.06/);
    expect(learnHelp.code).toBe(0);
    expect(number.stdout.trim()).toBe(version);
  });
  it('the version is that of the package', () => {
    const { version: packaged } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as { version: string };
    expect(version).toBe(packaged);
  });
});
