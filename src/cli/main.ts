#!/usr/bin/env node
/** The command line: finds the command, runs it, and turns expected errors into one line and exit code 2. */
import { PapilioError } from '../errors.ts';
import { helpOf, overview, parseCommand, type Command } from './args.ts';
import { ablateCommand } from './ablate.ts';
import { certifyCommand } from './certify.ts';
import { compareCommand } from './compare.ts';
import { compileCommand } from './compile.ts';
import { distillCommand } from './distill.ts';
import { evalCommand } from './eval.ts';
import { workerVariable } from './feature-pool.ts';
import { serveFeatures, type FeatureSettings } from './feature-worker.ts';
import { featuresCommand } from './features.ts';
import { fitCommand } from './fit.ts';
import { inspectCommand } from './inspect.ts';
import { learnCommand } from './learn.ts';
import { paretoCommand } from './pareto.ts';
import { peaksCommand } from './peaks.ts';
import { reportCommand } from './report-command.ts';
import { roundtripCommand } from './roundtrip.ts';
import { studyCommand } from './study.ts';
import { version } from './version.ts';

const commands: readonly Command[] = [
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
  compileCommand,
  inspectCommand,
  certifyCommand,
  reportCommand,
];

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview(commands, version));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = commands.find((c) => c.name === name);
  if (!command) {
    process.stderr.write(
      `papilio: no command ${JSON.stringify(name)}; expected ${commands.map((c) => c.name).join(', ')}\n`,
    );
    return 2;
  }
  try {
    const { operands, flags, help } = parseCommand(command, rest);
    if (help) process.stdout.write(helpOf(command));
    else await command.run(operands, flags);
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    process.stderr.write(`papilio ${command.name}: ${error.message}\n`);
    return 2;
  }
}

// A reader that closes the pipe early (head, less) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const settings = process.env[workerVariable];
if (settings !== undefined && process.send) serveFeatures(JSON.parse(settings) as FeatureSettings);
else process.exitCode = await main(process.argv.slice(2));
