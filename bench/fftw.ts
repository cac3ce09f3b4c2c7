/** FFTW as a contender: builds fftw.c in a temporary folder when cc and libfftw3f are there, and talks to its process. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnsupportedError } from '../src/index.ts';
import type { Bin, Contender, Shape } from './contender.ts';
import { converse, type Conversation } from './conversation.ts';

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

/** The program's answer. Throws UnsupportedError when there is none. */
async function answer({ ask }: Conversation, request: string): Promise<string> {
  const line = await ask(request);
  if (line === undefined || line === 'error' || line === 'none')
    throw new UnsupportedError(line === undefined ? 'fftw has stopped' : 'fftw has no such plan');
  return line;
}

/**
 * FFTW for a shape, planned with FFTW_MEASURE; `bits` 128 keeps it to the vectors WebAssembly has (see fftw.c). Its
 * complex numbers are interleaved; out of place, no copies.
 */
export const fftw =
  (name: string, bits: 0 | 128) =>
  async ({ kind, n, batch }: Shape): Promise<Contender> => {
    const running = converse(program());
    try {
      const instructions = await answer(running, `plan ${kind} ${n} ${batch} ${bits}`);
      return {
        label: `${name} f32`,
        note: bits === 0 ? instructions : undefined,
        sample: async (repetitions) => Number(await answer(running, `run ${repetitions}`)),
        read: async (row, bins) => {
          const out: Bin[] = [];
          for (const k of bins) {
            const [re, im] = (await answer(running, `read ${row} ${k}`)).split(' ').map(Number);
            out.push([re, im]);
          }
          return out;
        },
        close: running.close,
      };
    } catch (error) {
      running.close();
      throw error;
    }
  };
