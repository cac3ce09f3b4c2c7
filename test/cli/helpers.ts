/** Running the command line as a user does, in a process of its own. */
import { spawn } from 'node:child_process';
import { constants, tmpdir } from 'node:os';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';
import { encodeWav } from '../../src/formats/wav.ts';
import { gaussian } from '../helpers.ts';

// Progress is for terminals; tests wait for it, too.
process.env['PAPILIO_PROGRESS'] = '1';

const root = resolve(import.meta.dirname, '../..');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Run papilio; `during` may act on the process, for example kill it. */
export function papilio(
  args: readonly string[],
  during?: (kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [inject('cli'), ...args], { cwd: root });
    const out: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (x: Buffer) => (out.stdout += x.toString()));
    child.stderr.on('data', (x: Buffer) => (out.stderr += x.toString()));
    child.on('close', (code) => done({ ...out, code }));
    during?.((signal) => child.kill(signal));
  });
}

/** Run papilio, and send it signals, each when the word of the one before is there, so long after stderr shows `begun`. */
export function signalled(
  args: readonly string[],
  begun: RegExp,
  delay: number,
  signals: readonly NodeJS.Signals[],
): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [inject('cli'), ...args], { cwd: root });
    const out: Outcome = { code: null, stdout: '', stderr: '' };
    let sent = 0;
    let worded = false;
    const next = (): void => {
      if (sent < signals.length) child.kill(signals[sent++]);
    };
    let waiting = false;
    child.stdout.on('data', (x: Buffer) => (out.stdout += x.toString()));
    child.stderr.on('data', (x: Buffer) => {
      out.stderr += x.toString();
      if (!waiting && begun.test(out.stderr)) {
        waiting = true;
        setTimeout(next, delay);
      }
      if (sent > 0 && !worded && out.stderr.includes('stopping')) {
        worded = true;
        next();
      }
    });
    // As a shell shows it: a process that a signal ended has 128 and its number.
    child.on('close', (code, signal) =>
      done({ ...out, code: code ?? 128 + constants.signals[signal ?? 'SIGKILL'] }),
    );
  });
}

export const temporary = (): string => mkdtempSync(join(tmpdir(), 'papilio-'));

/** A command line with other values of flags, given there or not. */
export function changed(args: readonly string[], ...flags: readonly string[]): string[] {
  const kept = [...args];
  for (let i = 0; i < flags.length; i += 2) {
    const at = kept.indexOf(flags[i]);
    kept.splice(at < 0 ? kept.length : at, at < 0 ? 0 : 2, flags[i], flags[i + 1]);
  }
  return kept;
}

/** Four recordings of coloured noise and tones, half a second each. */
export function smallCorpus(): string {
  const folder = temporary();
  for (let r = 0; r < 5; r++) {
    const noise = gaussian(8000, 70 + r);
    let low = 0;
    const samples = noise.map((x, i) => {
      low = 0.9 * low + 0.1 * x;
      return 0.2 * low + 0.002 * x + 0.1 * Math.sin(0.05 * (r + 1) * i) * Math.exp(-i / 3000);
    });
    writeFileSync(join(folder, `noise-${r}.wav`), encodeWav(samples, 16000, { format: 'float32' }));
  }
  return folder;
}

/** Flags of a job that takes a second or two. */
export const smallHead = [
  '--n-fft',
  '32',
  '--window',
  '32',
  '--hop',
  '16',
  '--feature',
  'log-mel-8',
  '--budget',
  '0.3',
] as const;
