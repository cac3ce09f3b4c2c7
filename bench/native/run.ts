/** papilio's C beside FFTW, kissfft and pffft on this machine: one program per shape, in which all take turns. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fftC } from '../../src/compiler.ts';
import { PapilioError, UnsupportedError } from '../../src/index.ts';
import { primeFactors } from '../../src/numeric/digits.ts';
import { checkout } from '../embedded/peer.ts';
import { summarize, type Summary } from '../statistics.ts';

export interface NativeShape {
  readonly kind: 'complex' | 'real';
  readonly n: number;
}

export interface NativeTime {
  readonly label: string;
  /** Nanoseconds of a transform. */
  readonly time: Summary;
}

export interface NativeResult {
  /** Instructions of FFTW's plan. */
  readonly instructions: string;
  readonly times: readonly NativeTime[];
  readonly skipped: readonly { readonly label: string; readonly why: string }[];
}

/** Largest difference from FFTW, as a part of the largest number, of one that is timed. */
const tolerance = 1e-5;

export const nativeFlags = ['-O3', '-march=x86-64-v3', '-ffp-contract=fast', '-fno-math-errno'];

interface Library {
  readonly name: string;
  /** Arguments of the compiler. Throws UnsupportedError where it is missing, or has no such transform. */
  readonly flags: (shape: NativeShape) => string[];
}

const libraries: readonly Library[] = [
  {
    name: 'kissfft',
    flags: ({ kind, n }) => {
      if (kind === 'real' && n % 2 === 1) throw new UnsupportedError(`n = ${n}; expected an even size`);
      const folder = checkout('kissfft', 'kiss_fftr.c');
      const sources = ['kiss_fft.c', 'kiss_fftr.c'].map((file) => join(folder, file));
      return ['-DHAVE_KISSFFT', '-DNDEBUG', `-I${folder}`, ...sources];
    },
  },
  {
    name: 'pffft',
    flags: ({ kind, n }) => {
      const multiple = kind === 'real' ? 32 : 16;
      if (n % multiple !== 0 || primeFactors(n).some((p) => p > 5))
        throw new UnsupportedError(`n = ${n}; expected a multiple of ${multiple} with factors 2, 3 and 5`);
      const folder = checkout('pffft', 'src/pffft.c');
      const sources = ['pffft.c', 'pffft_common.c'].map((file) => join(folder, 'src', file));
      return ['-DHAVE_PFFFT', ...['src', 'include/pffft'].map((x) => `-I${join(folder, x)}`), ...sources];
    },
  },
];

/** What the program printed: see native.c. */
export function parseNative(text: string): Omit<NativeResult, 'skipped'> & { wrong: string[] } {
  const [first, ...lines] = text.trim().split('\n');
  const times: NativeTime[] = [];
  const wrong: string[] = [];
  for (const line of lines) {
    const [label, error, ...samples] = line.split(' ');
    if (Number(error) <= tolerance) times.push({ label, time: summarize(samples.map(Number)) });
    else wrong.push(label);
  }
  return { instructions: first.replace(/^instructions ?/, '') || 'scalar', times, wrong };
}

/** Why nothing can be measured here; null where it can. */
export function nativeUnavailable(): string | null {
  if (process.arch !== 'x64') return `the machine is ${process.arch}; expected x86-64`;
  if (spawnSync('gcc', ['--version']).status !== 0) return 'no gcc';
  const probe = spawnSync('gcc', ['-x', 'c', '-', '-lfftw3f', '-o', '/dev/null'], {
    input: '#include <fftw3.h>\nint main(void) { return fftwf_malloc(1) == 0; }\n',
  });
  return probe.status === 0 ? null : 'no FFTW in single precision; libfftw3-dev is needed';
}

/** Throws UnsupportedError where the program does not build. */
export function runNative(shape: NativeShape, compiler: string, samples: number): NativeResult {
  const { kind, n } = shape;
  const folder = mkdtempSync(join(tmpdir(), 'papilio-native-'));
  try {
    for (const [name, vectors] of [
      ['vectors', true],
      ['scalar', false],
    ] as const) {
      const { files } = fftC({ n, input: kind }, { name, target: 'x86-64', vectors });
      for (const end of ['h', 'c']) writeFileSync(join(folder, `${name}.${end}`), files[`${name}.${end}`]);
    }
    const skipped: { label: string; why: string }[] = [];
    const peers = libraries.flatMap(({ name, flags }) => {
      try {
        return flags(shape);
      } catch (error) {
        if (!(error instanceof PapilioError)) throw error;
        skipped.push({ label: name, why: error.message });
        return [];
      }
    });
    const [path, own] = [join(folder, 'run'), ['vectors.c', 'scalar.c'].map((file) => join(folder, file))];
    const macros = [`-DPOINTS=${n}`, `-DREAL=${kind === 'real' ? 1 : 0}`, `-DSAMPLES=${samples}`];
    const sources = [join(import.meta.dirname, 'native.c'), ...own, ...peers];
    const built = spawnSync(
      compiler,
      [...nativeFlags, ...macros, `-I${folder}`, ...sources, '-o', path, '-lfftw3f', '-lm'],
      { encoding: 'utf8' },
    );
    if (built.status !== 0) throw new UnsupportedError(`${compiler}: ${built.stderr.split('\n')[0]}`);
    const { wrong, ...found } = parseNative(execFileSync(path, { encoding: 'utf8' }));
    const bad = wrong.map((label) => ({ label, why: `its output is no transform of ${n} points` }));
    return { ...found, skipped: [...skipped, ...bad] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
