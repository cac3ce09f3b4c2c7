/** The command line, bundled once per test run: starting it from its sources would cost a second each time. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the bundled command line. */
    cli: string;
  }
}

/** No test reads a time, only that there is one: a command measures a twentieth as long. */
const shortTimes: Plugin = {
  name: 'short-times',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('src/plans/measure.ts')) return null;
    const short = code.replace(
      /\{ samples = (\d+), sampleMs = (\d+), warmupMs = (\d+) \} = options;/,
      '{ samples = $1 } = options; const sampleMs = (options.sampleMs ?? $2) / 20, warmupMs = (options.warmupMs ?? $3) / 20;',
    );
    if (short === code) throw new Error('test/cli/bundle.ts: measure() is not what it was');
    return short;
  },
};

/** Bundles the command line; `remove` takes it away. */
export async function bundleCli(
  root: string,
  plugins: Plugin[] = [],
): Promise<{ path: string; remove: () => void }> {
  // Inside the checkout, so that optional packages are found from there.
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const outDir = mkdtempSync(join(cache, 'papilio-cli-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    plugins,
    ssr: { noExternal: true },
    build: {
      ssr: 'src/cli/main.ts',
      outDir,
      emptyOutDir: false,
      minify: false,
      // In several files, as it is shipped: the thread that answers loads no command.
      rollupOptions: { output: { entryFileNames: 'cli.mjs', chunkFileNames: '[name].mjs' } },
    },
  });
  return { path: join(outDir, 'cli.mjs'), remove: () => rmSync(outDir, { recursive: true, force: true }) };
}

export default async function setup(project: TestProject): Promise<() => void> {
  const { path, remove } = await bundleCli(project.config.root, [shortTimes]);
  project.provide('cli', path);
  return remove;
}
