/** Where the words of a command go: results to stdout, progress and notes to stderr, JSON to a file or to stdout instead. */
import { writeAtomic } from './files.ts';
import { ProgressLine } from './progress.ts';

/** Flags as they are read here. */
interface Given {
  on(name: string): boolean;
  maybeText(name: string): string | undefined;
}

export class Output {
  /** One line that redraws itself; nothing with --quiet. */
  readonly line: ProgressLine;
  private readonly quiet: boolean;
  private readonly path: string | undefined;
  constructor(flags: Given) {
    this.quiet = flags.on('quiet');
    this.path = flags.maybeText('json');
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
    else writeAtomic(this.path, text);
  }
}
