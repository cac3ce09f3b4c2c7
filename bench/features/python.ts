/**
 * Python's libraries as contenders, each in a process of its own on one thread, in the first interpreter that has it:
 * those listed in PAPILIO_PYTHON, separated like PATH, or python3.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { UnsupportedError } from '../../src/index.ts';
import { converse, type Conversation } from '../conversation.ts';
import type { FeatureContender } from './contender.ts';
import { filtersOf, windowOf, type FeatureTask } from './task.ts';

export type PythonPeer = 'torch' | 'librosa' | 'scipy';

/**
 * OpenMP, MKL, OpenBLAS and numba on one thread; and glibc's allocator keeps large arrays instead of returning them to the
 * system after each run: where page faults are expensive, torch takes less than half the time with that.
 */
const settings = {
  ...Object.fromEntries(['OMP', 'MKL', 'OPENBLAS', 'NUMBA'].map((name) => [`${name}_NUM_THREADS`, '1'])),
  MALLOC_MMAP_THRESHOLD_: String(2 ** 25),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 30),
};

export const interpreters = (): string[] =>
  (process.env.PAPILIO_PYTHON ?? 'python3').split(delimiter).filter((path) => path !== '');

function writeTask(folder: string, task: FeatureTask): void {
  const arrays = { samples: task.samples, window: windowOf(task), filters: filtersOf(task) };
  for (const [name, data] of Object.entries(arrays))
    writeFileSync(join(folder, `${name}.f32`), Float32Array.from(data));
  writeFileSync(join(folder, 'task.json'), JSON.stringify({ ...task, samples: undefined }));
}

/** Its answer. Throws UnsupportedError for an error, or none. */
async function answer({ ask }: Conversation, request?: string): Promise<string> {
  const line = await ask(request);
  if (line === undefined) throw new UnsupportedError('cannot be started or has stopped');
  if (line.startsWith('error')) throw new UnsupportedError(line.slice('error '.length));
  return line;
}

/** The first interpreter that is ready, and the version of its library. Throws UnsupportedError with every reason. */
async function firstReady(peer: PythonPeer, folder: string): Promise<[Conversation, version: string]> {
  const reasons: string[] = [];
  for (const interpreter of interpreters()) {
    const program = converse(interpreter, [join(import.meta.dirname, 'features.py'), peer, folder], settings);
    try {
      return [program, (await answer(program)).replace(/^ready /, '')];
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      program.close();
      reasons.push(`${interpreter}: ${error.message}`);
    }
  }
  throw new UnsupportedError(reasons.join('; ') || 'PAPILIO_PYTHON names no interpreter');
}

export const python =
  (peer: PythonPeer) =>
  async (task: FeatureTask): Promise<FeatureContender> => {
    const folder = mkdtempSync(join(tmpdir(), 'papilio-features-'));
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    try {
      writeTask(folder, task);
      const [program, version] = await firstReady(peer, folder);
      return {
        note: version,
        sample: async (repetitions) => Number(await answer(program, `run ${repetitions}`)),
        read: async () => {
          await answer(program, 'write');
          const bytes = new Uint8Array(readFileSync(join(folder, 'features.f32')));
          return { data: new Float32Array(bytes.buffer), order: 'bands' };
        },
        close: () => {
          program.close();
          remove();
        },
      };
    } catch (error) {
      remove();
      throw error;
    }
  };
