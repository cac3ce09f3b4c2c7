/** The firmware of the example prints what the library prints, number by number. */
import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const missing = ['arm-none-eabi-gcc', 'qemu-system-arm'].filter(
  (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error !== undefined,
);
if (missing.length > 0) console.log(`skipped, the example's firmware: no ${missing.join(', ')}`);

it.skipIf(missing.length > 0)('the firmware on an emulated Cortex-M4F says what the library says', () => {
  const printed = execFileSync('bash', ['examples/firmware/run.sh'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const frames = printed.trim().split('\n');
  expect(frames.length).toBeGreaterThan(20);
  for (const frame of frames) expect(frame).toMatch(/^(?: ?-?\d+)+ *$/);
});
