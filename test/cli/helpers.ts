/** Running the command line as a user does, in a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';
import { encodeWav } from '../../src/formats/wav.ts';
import { gaussian } from '../helpers.ts';

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

export const temporary = (): string => mkdtempSync(join(tmpdir(), 'papilio-'));

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
  '64',
  '--window',
  '64',
  '--hop',
  '32',
  '--feature',
  'log-mel-8',
  '--budget',
  '0.3',
] as const;
