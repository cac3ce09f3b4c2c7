/** A function on this machine as a process that runs when it is asked to, so that all are timed in turn. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnsupportedError } from '../../src/index.ts';
import type { Contender as Timed } from '../contender.ts';
import { converse } from '../conversation.ts';
import type { Board } from './boards.ts';
import { buildFor, type Job } from './run.ts';

/** Throws as `buildFor` does. Its folder is gone once it is closed. */
export function startNative(board: Board, label: string, job: Job): Timed {
  const folder = mkdtempSync(join(tmpdir(), 'papilio-native-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const running = converse(buildFor(board, job, folder, 'serve.c').path);
    return {
      label,
      sample: async (repetitions) => {
        const answer = await running.ask(`run ${repetitions}`);
        if (answer === undefined) throw new UnsupportedError(`${label} has stopped`);
        return Number(answer);
      },
      read: () => [],
      close: () => {
        running.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
