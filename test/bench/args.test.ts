/** Arguments of the benchmark: what is understood, and the one line for what is not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBenchArguments, usage } from '../../bench/args.ts';
import { requirePeers } from '../../bench/environment.ts';
import { peerNames } from '../../bench/peers/registry.ts';
import { InvalidArgumentError, UnsupportedError } from '../../src/errors.ts';

const parse = (...argv: string[]) => parseBenchArguments(argv, peerNames);

describe('bench arguments', () => {
  it('have defaults', () => {
    expect(parse()).toEqual({
      suites: ['fft', 'real', 'batch', 'sizes', 'compile', 'train'],
      samples: 15,
      fresh: false,
      help: false,
    });
  });

  it('take suites, lists and files in any order', () => {
    const argv =
      'sparse --sizes 64,256,64 fft --peers fft.js,fftw --dtype=f32 --samples 3 --fresh --json a.json';
    expect(parse(...argv.split(' '), '--markdown', 'b.md', 'fft')).toEqual({
      suites: ['sparse', 'fft'],
      sizes: [64, 256],
      peers: ['fft.js', 'fftw'],
      dtype: 'f32',
      samples: 3,
      fresh: true,
      json: 'a.json',
      markdown: 'b.md',
      help: false,
    });
  });

  it.each([
    [
      ['ftf'],
      /^no suite "ftf"; expected some of fft, real, batch, sizes, sparse, compile, train, features, peaks, calls, embedded, native, onnx, webgpu$/,
    ],
    [['--size', '64'], /^unknown option --size; expected some of --sizes, /],
    [['--sizes', '64,1e3'], /^--sizes is "1e3"; expected a whole number of at least 2$/],
    [['--sizes', '1'], /^--sizes is "1"; expected a whole number of at least 2$/],
    [['--sizes'], /^--sizes has no value; expected --sizes 64,256$/],
    [['--sizes', '--fresh'], /^--sizes has no value/],
    [['--samples', '0'], /^--samples is "0"; expected a whole number of at least 1$/],
    [['--samples', '3', '--samples', '4'], /^--samples is given twice; expected once$/],
    [['--dtype', 'f16'], /^--dtype is "f16"; expected one of f32, f64, q15, q31$/],
    [['--peers', 'fft.js,nobody'], /^--peers names "nobody"; expected some of papilio, .*fftw/],
    [['--boards', 'cortex-m4f,z80'], /^--boards names "z80"; expected some of cortex-m0plus, /],
    [['--fresh=yes'], /^--fresh takes no value; expected --fresh alone$/],
    [['--json', ''], /^--json has no value; expected --json FILE$/],
  ])('%j', (argv, message) => {
    expect(() => parse(...argv)).toThrow(InvalidArgumentError);
    expect(() => parse(...argv)).toThrow(message);
  });

  it('are listed by --help', () => {
    expect(parse('--help').help).toBe(true);
    expect(usage(peerNames)).toMatch(/Suites: fft, real.*\n[^]*pffft-wasm[^]*--fresh/);
  });
});

describe('peers', () => {
  it('that are not installed are one line that says how', () => {
    const folder = mkdtempSync(join(tmpdir(), 'papilio-bench-'));
    expect(() => requirePeers(folder)).toThrow(UnsupportedError);
    expect(() => requirePeers(folder)).toThrow('bench/node_modules is missing; run npm ci --prefix bench');
    rmSync(folder, { recursive: true });
  });
});
