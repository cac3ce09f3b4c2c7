/** The public tests against the built package: the entries in src become those in dist. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const built = fileURLToPath(new URL('./dist/', import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^.*\/src\/(index|learn|front|compiler|files|webgpu|compat\/\w+)\.ts$/,
        replacement: `${built}$1.js`,
      },
    ],
  },
  test: {
    include: ['test/public/**/*.test.ts', 'test/public/**/*.dist.ts', 'test/compat/**/*.test.ts'],
    testTimeout: 1_200_000,
  },
});
