/** The public tests against the built package: src/index.ts becomes dist/index.js. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const built = fileURLToPath(new URL('./dist/index.js', import.meta.url));

export default defineConfig({
  resolve: { alias: [{ find: /^.*\/src\/index\.ts$/, replacement: built }] },
  test: { include: ['test/public/**/*.test.ts', 'test/public/**/*.dist.ts'], testTimeout: 1_200_000 },
});
