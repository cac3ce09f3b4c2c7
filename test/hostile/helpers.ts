/** Commands in this process, which is a hundred times as quick as a process of their own. */
import { vi } from 'vitest';
import { parseCommand, type Command } from '../../src/cli/args.ts';
import { runCommand as runWords } from '../../src/cli/commands.ts';
import { Output } from '../../src/cli/output.ts';
import { PapilioError } from '../../src/errors.ts';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** What is written while `run` makes an exit code. */
async function captured(run: (outcome: Outcome) => Promise<number>): Promise<Outcome> {
  const outcome: Outcome = { code: 0, stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text: unknown, ...rest: unknown[]) => {
      outcome[stream] += String(text);
      // Whoever waits until the text is out waits for this.
      const written = rest.at(-1);
      if (typeof written === 'function') written();
      return true;
    }),
  );
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    outcome.code = await run(outcome);
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
  return outcome;
}

/** Runs a command as main.ts does; an error that is not a PapilioError is thrown on. */
export const runCommand = (command: Command, args: readonly string[]): Promise<Outcome> =>
  captured(async (outcome) => {
    try {
      const { operands, flags, given } = parseCommand(command, args);
      await command.run(operands, flags, new Output(flags, operands), given);
      return Number(process.exitCode ?? 0);
    } catch (error) {
      if (!(error instanceof PapilioError)) throw error;
      outcome.stderr += `papilio ${command.name}: ${error.message}\n`;
      return 2;
    }
  });

/** Runs a whole command line, the name of the command first. */
export const runLine = (argv: readonly string[]): Promise<Outcome> => captured(() => runWords(argv));
