import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The tests of the command line first: a long one that starts last would leave the other cores idle. */
class CommandsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isCommand = (file: TestSpecification): boolean => file.moduleId.includes('/test/cli/');
    return [...sorted.filter(isCommand), ...sorted.filter((file) => !isCommand(file))];
  }
}

// Files share their worker's modules, which are loaded and compiled once: a third less work. So a test leaves nothing behind in them
// (globals, spies, wisdom). Two workers also on two cores, where the default is one: the tests of the command line mostly wait for their processes.
// The limit ends what hangs; a busy machine is given its time.
export default defineConfig({
  // Examples import papilio by its name.
  resolve: {
    alias: [
      { find: /^papilio$/, replacement: `${import.meta.dirname}/src/index.ts` },
      { find: /^papilio\/compat\/(\w+)(?:\.js)?$/, replacement: `${import.meta.dirname}/src/compat/$1.ts` },
      { find: /^papilio\/(\w+)$/, replacement: `${import.meta.dirname}/src/$1.ts` },
    ],
  },
  // Front ends and clips of the playground.
  assetsInclude: ['**/*.safetensors'],
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    isolate: false,
    sequence: { sequencer: CommandsFirst },
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: ['test/cli/bundle.ts'],
  },
});
