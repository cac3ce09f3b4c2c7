/** The command line in one file, made once per test run: starting it from its sources would cost a second each time. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
  // Inside the checkout, so that optional packages are found from there.
  const cache = join(project.config.root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const outDir = mkdtempSync(join(cache, 'papilio-cli-'));
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
