/** A program beside this process that answers a line with a line. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Conversation {
  /** The next line, after `request` if there is one; undefined once the program has ended or could not be started. */
  readonly ask: (request?: string) => Promise<string | undefined>;
  readonly close: () => void;
}

export function converse(
  program: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Conversation {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // Either shows as the end of the answers.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  return {
    ask: async (request) => {
      if (request !== undefined) child.stdin.write(`${request}\n`);
      const { value, done } = await answers.next();
      return done ? undefined : (value as string);
    },
    close: () => child.stdin.end(),
  };
}
