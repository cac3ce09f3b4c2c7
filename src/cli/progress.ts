/** One line of progress that redraws itself on a terminal, and a line now and then elsewhere. */
import type { LearnProgress } from '../front.ts';
import { number } from './report/figures.ts';

const clock = (seconds: number): string =>
  seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.ceil(seconds % 60)} s`;

/** How far a job is. */
export interface Status {
  /** Of the whole job, 0 .. 1. */
  readonly fraction: number;
  /** A change of it is always shown. */
  readonly phase: string;
  readonly text: string;
}

export class ProgressLine {
  private readonly stream: NodeJS.WriteStream;
  private readonly start = performance.now();
  private startFraction = -1;
  private last = 0;
  private lastPhase = '';
  private readonly silent: boolean;
  /** Escape sequences are for terminals that know them. */
  private readonly redraws: boolean;
  constructor(stream: NodeJS.WriteStream, silent = false) {
    this.stream = stream;
    this.silent = silent;
    this.redraws = stream.isTTY && process.env['TERM'] !== 'dumb' && !process.env['NO_COLOR'];
  }

  /** The line of a state after some seconds. */
  line({ fraction, phase, text }: Status, seconds: number): string {
    const width = 24;
    const filled = Math.round(width * Math.min(1, fraction));
    const done = fraction - Math.max(0, this.startFraction);
    const left = done > 0.01 ? clock((seconds * (1 - fraction)) / done) : '...';
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
    return `${bar} ${phase.padEnd(10)} ${text}  left ${left}`;
  }

  show(status: Status): void {
    if (this.silent) return;
    if (this.startFraction < 0) this.startFraction = status.fraction;
    const now = performance.now();
    const due =
      now - this.last > (this.redraws ? 80 : 3000) || status.phase !== this.lastPhase || status.fraction >= 1;
    if (!due) return;
    this.last = now;
    this.lastPhase = status.phase;
    const line = this.line(status, (now - this.start) / 1000);
    if (this.redraws)
      this.stream.write(`\r\x1b[2K${line.slice(0, Math.max(20, (this.stream.columns || 100) - 1))}`);
    else this.stream.write(`${line}\n`);
  }

  /** A line that stays, above the progress. */
  say(text: string): void {
    this.end();
    this.stream.write(`${text}\n`);
    this.last = 0;
  }

  end(): void {
    if (this.redraws && this.last > 0) this.stream.write('\r\x1b[2K');
  }

  /** Ends, and waits until all of it is out: what is written to stdout then stands below it. */
  finish(): Promise<void> {
    this.end();
    return new Promise((resolve) => {
      this.stream.write('', () => resolve());
    });
  }
}

/** What a learning job shows. */
export const learnStatus = (p: LearnProgress): Status => ({
  fraction: p.fraction,
  phase: p.phase,
  text: `${p.step}/${p.steps}  loss ${number(p.loss)}  error ${number(p.error)}  butterflies ${p.active}/${p.total}`,
});
