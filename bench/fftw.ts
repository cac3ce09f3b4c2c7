/** FFTW as a contender: builds fftw.c in a temporary folder when cc and libfftw3f are there, and talks to its process. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { UnsupportedError } from '../src/index.ts';
import type { Bin, Contender, Shape } from './contender.ts';

let built: string | undefined;

/** Path of the compiled program, built once per process. Throws UnsupportedError without a compiler or FFTW. */
function program(): string {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), 'papilio-fftw-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'fftw');
  const source = join(import.meta.dirname, 'fftw.c');
  const run = spawnSync('cc', ['-O2', '-o', path, source, '-lfftw3f', '-lm'], { encoding: 'utf8' });
  if (run.error) throw new UnsupportedError('no C compiler (cc) to build bench/fftw.c with');
  if (run.status !== 0)
    throw new UnsupportedError('bench/fftw.c does not build; libfftw3-dev (single precision) is needed');
  built = path;
  return path;
}

/** Requests and answers, line by line. */
function conversation(path: string): { ask: (request: string) => Promise<string>; close: () => void } {
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (request) => {
      child.stdin.write(`${request}\n`);
      const { value, done } = await answers.next();
      if (done || value === 'error' || value === 'none')
        throw new UnsupportedError(done ? 'fftw has stopped' : 'fftw has no such plan');
      return value as string;
    },
    close: () => child.stdin.end(),
  };
}

/**
 * FFTW for a shape, planned with FFTW_MEASURE; `bits` 128 keeps it to the vectors WebAssembly has (see fftw.c). Its
 * complex numbers are interleaved; out of place, no copies.
 */
export const fftw =
  (name: string, bits: 0 | 128) =>
  async ({ kind, n, batch }: Shape): Promise<Contender> => {
    const { ask, close } = conversation(program());
    try {
      const instructions = await ask(`plan ${kind} ${n} ${batch} ${bits}`);
      return {
        label: `${name} f32`,
        note: bits === 0 ? instructions : undefined,
        sample: async (repetitions) => Number(await ask(`run ${repetitions}`)),
        read: async (row, bins) => {
          const out: Bin[] = [];
          for (const k of bins) {
            const [re, im] = (await ask(`read ${row} ${k}`)).split(' ').map(Number);
            out.push([re, im]);
          }
          return out;
        },
        close,
      };
    } catch (error) {
      close();
      throw error;
    }
  };
