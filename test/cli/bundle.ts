/** The command line in one file, made once per test run: starting it from its sources would cost a second each time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the bundled command line. */
    cli: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const outDir = mkdtempSync(join(tmpdir(), 'papilio-cli-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: project.config.root,
    ssr: { noExternal: true },
    build: {
      ssr: 'src/cli/main.ts',
      outDir,
      emptyOutDir: false,
      minify: false,
      rollupOptions: { output: { entryFileNames: 'cli.mjs', codeSplitting: false } },
    },
  });
  project.provide('cli', join(outDir, 'cli.mjs'));
  return () => rmSync(outDir, { recursive: true, force: true });
}
