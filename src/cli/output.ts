/** Where the words of a command go: results to stdout, progress and notes to stderr, JSON to a file or to stdout instead. */
import { writeAtomic } from './files.ts';
import { checkPlaces, refuseOtherKind } from './places.ts';
import { number } from './report/figures.ts';

/** Flags of every command. */
interface Given {
  readonly json: string | undefined;
  readonly quiet: boolean;
}

/** Names of stdout, which JSON then has to itself. */
const stdoutNames = ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'];

/** Where a long command is: a step of so many in a phase, and figures beside it. */
export interface Progress {
  /** A change of it is always shown. */
  readonly phase: string;
  readonly step: number;
  readonly of: number;
  readonly numbers?: Readonly<Record<string, number | string>>;
  /** Of the whole command, 0 .. 1; it says what time is left. */
  readonly fraction?: number;
}

/** A time in minutes and whole seconds, rounded up. */
export function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export class Output {
  private readonly quiet: boolean;
  private readonly path: string | undefined;
  /** Progress is for terminals, or where PAPILIO_PROGRESS asks for it as lines; escape sequences for terminals that know them. */
  private readonly shows: boolean;
  private readonly redraws: boolean;
  private readonly start = performance.now();
  private startFraction = -1;
  private last = 0;
  private lastPhase = '';
  /** Throws InvalidArgumentError, naming the flag, if a file that flags ask for cannot be written or would replace another. */
  constructor(flags: Given, operands: readonly string[] = []) {
    this.quiet = flags.quiet;
    const { json: path } = flags;
    this.path = path !== undefined && stdoutNames.includes(path) ? '-' : path;
    const texts = Object.entries({ ...flags, json: this.path }).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    );
    checkPlaces(operands, texts);
    const { isTTY } = process.stderr;
    this.shows = !this.quiet && (isTTY || Boolean(process.env['PAPILIO_PROGRESS']));
    this.redraws = isTTY && process.env['TERM'] !== 'dumb' && !process.env['NO_COLOR'];
  }

  private lineOf({ phase, step, of, numbers = {}, fraction }: Progress): string {
    const done = fraction ?? step / of;
    const width = 24;
    const filled = Math.round(width * Math.min(1, done));
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
    const figures = Object.entries(numbers).map(
      ([name, x]) => `  ${name} ${typeof x === 'number' ? number(x) : x}`,
    );
    const seconds = (performance.now() - this.start) / 1000;
    const since = done - Math.max(0, this.startFraction);
    const left = since > 0.01 ? clock((seconds * (1 - done)) / since) : '...';
    return `${bar} ${phase.padEnd(10)} ${step}/${of}${figures.join('')}${fraction === undefined ? '' : `  left ${left}`}`;
  }

  /** One line that redraws itself; where it cannot, a line now and then. */
  progress(now: Progress): void {
    if (!this.shows) return;
    const { phase, fraction = 0 } = now;
    if (this.startFraction < 0) this.startFraction = fraction;
    const due = performance.now() - this.last > (this.redraws ? 80 : 3000);
    if (!due && phase === this.lastPhase && now.step < now.of) return;
    this.last = performance.now();
    this.lastPhase = phase;
    const line = this.lineOf(now);
    const { stderr } = process;
    stderr.write(
      this.redraws ? `\r\x1b[2K${line.slice(0, Math.max(20, (stderr.columns || 100) - 1))}` : `${line}\n`,
    );
  }

  /** Ends the line of progress. */
  end(): void {
    if (this.redraws && this.last > 0) process.stderr.write('\r\x1b[2K');
    this.last = 0;
  }

  /** Lines of results for people; to stderr where stdout has JSON. */
  print(text: string): void {
    if (this.quiet) return;
    this.end();
    (this.path === '-' ? process.stderr : process.stdout).write(`${text}\n`);
  }

  /** A line beside the results. */
  note(text: string): void {
    if (!this.quiet) this.warn(text);
  }

  /** A line that --quiet does not silence. */
  warn(text: string): void {
    this.end();
    process.stderr.write(`${text}\n`);
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
