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

/** Bundles the command line; `remove` takes it away. */
export async function bundleCli(root: string): Promise<{ path: string; remove: () => void }> {
  // Inside the checkout, so that optional packages are found from there.
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const outDir = mkdtempSync(join(cache, 'papilio-cli-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    ssr: { noExternal: true },
    build: {
      ssr: 'src/cli/main.ts',
      outDir,
      emptyOutDir: false,
      minify: false,
      rollupOptions: { output: { entryFileNames: 'cli.mjs', codeSplitting: false } },
    },
  });
  return { path: join(outDir, 'cli.mjs'), remove: () => rmSync(outDir, { recursive: true, force: true }) };
}

export default async function setup(project: TestProject): Promise<() => void> {
  const { path, remove } = await bundleCli(project.config.root);
  project.provide('cli', path);
  return remove;
}
