import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Two workers also on two cores, where the default is one: the tests of the command line mostly wait for their processes.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 180_000,
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: ['test/cli/bundle.ts'],
  },
});
