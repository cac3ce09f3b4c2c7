import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Two workers also on two cores, where the default is one: the tests of the command line mostly wait for their processes.
// The limit ends what hangs; a busy machine is given its time.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 1_200_000,
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: ['test/cli/bundle.ts'],
  },
});
