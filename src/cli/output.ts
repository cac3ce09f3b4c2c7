/** Where the words of a command go: results to stdout, progress and notes to stderr, JSON to a file or to stdout instead. */
import { writeAtomic } from './files.ts';
import { checkPlaces, refuseOtherKind } from './places.ts';
import { ProgressLine } from './progress.ts';

/** Flags of every command. */
interface Given {
  readonly json: string | undefined;
  readonly quiet: boolean;
}

/** Names of stdout, which JSON then has to itself. */
const stdoutNames = ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'];

export class Output {
  /** One line that redraws itself; nothing with --quiet. */
  readonly line: ProgressLine;
  private readonly quiet: boolean;
  private readonly path: string | undefined;
  /** Throws InvalidArgumentError, naming the flag, if a file that flags ask for cannot be written or would replace another. */
  constructor(flags: Given, operands: readonly string[] = []) {
    this.quiet = flags.quiet;
    const { json: path } = flags;
    this.path = path !== undefined && stdoutNames.includes(path) ? '-' : path;
    const texts = Object.entries({ ...flags, json: this.path }).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    );
    checkPlaces(operands, texts);
    this.line = new ProgressLine(process.stderr, this.quiet);
  }

  /** Lines of results for people; to stderr where stdout has JSON. */
  print(text: string): void {
    if (this.quiet) return;
    this.line.end();
    (this.path === '-' ? process.stderr : process.stdout).write(`${text}\n`);
  }

  /** A line beside the results. */
  note(text: string): void {
    if (!this.quiet) this.line.say(text);
  }

  /** A line that --quiet does not silence. */
  warn(text: string): void {
    this.line.say(text);
  }

  /** The results for programs, where --json asks for them. */
  json(value: unknown): void {
    if (this.path === undefined) return;
    const text = `${JSON.stringify(value, null, 2)}\n`;
    if (this.path === '-') process.stdout.write(text);
    else {
      // Also what the command itself has written there meanwhile.
      refuseOtherKind(this.path, 'json');
      writeAtomic(this.path, text);
    }
  }
}
