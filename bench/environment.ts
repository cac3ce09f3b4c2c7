/** What a figure was measured on, and whether the peers are installed. */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { UnsupportedError } from '../src/index.ts';

export interface Environment {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly command: string;
}

export function environment(argv: readonly string[]): Environment {
  const cores = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    node: process.version,
    command: ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' '),
  };
}

/** Throws UnsupportedError when bench/package.json is not installed. */
export function requirePeers(folder: string = import.meta.dirname): void {
  if (!existsSync(join(folder, 'node_modules')))
    throw new UnsupportedError('bench/node_modules is missing; run npm ci --prefix bench');
}
