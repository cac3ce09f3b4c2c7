/** The commands: finds one, runs it, and turns expected errors into one line and exit code 2. */
import { InvalidArgumentError, PapilioError } from '../errors.ts';
import { helpOf, overview, parseCommand, type Command } from './args.ts';
import { ablateCommand } from './ablate.ts';
import { certifyCommand } from './certify.ts';
import { compareCommand } from './compare.ts';
import { compileCommand } from './compile.ts';
import { distillCommand } from './distill.ts';
import { evalCommand } from './eval.ts';
import { featuresCommand } from './features.ts';
import { fitCommand } from './fit.ts';
import { inspectCommand } from './inspect.ts';
import { learnCommand } from './learn.ts';
import { suggestion } from '../options.ts';
import { Output } from './output.ts';
import { paretoCommand } from './pareto.ts';
import { parityCommand } from './parity.ts';
import { peaksCommand } from './peaks.ts';
import { playCommand } from './play.ts';
import { reportCommand } from './report-command.ts';
import { roundtripCommand } from './roundtrip.ts';
import { studyCommand } from './study.ts';
import { version } from './version.ts';

/** In the order of the overview. */
export const commands: readonly Command[] = [
  learnCommand,
  fitCommand,
  roundtripCommand,
  studyCommand,
  paretoCommand,
  distillCommand,
  ablateCommand,
  evalCommand,
  compareCommand,
  featuresCommand,
  peaksCommand,
  parityCommand,
  compileCommand,
  inspectCommand,
  certifyCommand,
  reportCommand,
  playCommand,
];

const names = commands.map((c) => c.name);

function commandOf(name: string): Command {
  const command = commands.find((c) => c.name === name);
  if (command) return command;
  throw new InvalidArgumentError(
    `no command ${JSON.stringify(name)}${suggestion(name, names)}; expected ${names.join(', ')}`,
  );
}

async function run(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const help = name === '--help' || name === '-h' || name === 'help';
  if (name === undefined || help) {
    process.stdout.write(help && rest.length > 0 ? helpOf(commandOf(rest[0])) : overview(commands, version));
    return help ? 0 : 2;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = commandOf(name);
  const { operands, flags, given, help: wanted } = parseCommand(command, rest);
  if (wanted) process.stdout.write(helpOf(command));
  else await command.run(operands, flags, new Output(flags, operands), given);
  return process.exitCode === undefined ? 0 : Number(process.exitCode);
}

/** Run a command line; its exit code. Expected errors become a line and 2. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  try {
    return await run(argv);
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    const own = names.includes(argv[0]) ? ` ${argv[0]}` : '';
    process.stderr.write(`papilio${own}: ${error.message}\n`);
    return 2;
  }
}
