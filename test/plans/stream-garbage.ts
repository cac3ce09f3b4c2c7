/** A program: pushes ten minutes in chunks of 128 samples and prints what that allocated, by attempts. Run alone, it meets only its own compiled code. */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as tick } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { stream } from '../../src/plans/streams.ts';
import { gaussian } from '../helpers.ts';

const s = stream('papilio');
const chunk = Float32Array.from(gaussian(128, 3).map((x) => 0.1 * x));
const run = (chunks: number): number => {
  let frames = 0;
  for (let i = 0; i < chunks; i++) frames += s.push(chunk);
  return frames;
};
run(20_000); // warm: compiled code is made once
const chunks = (10 * 60 * 16_000) / 128;
// Compilers of code allocate beside us now and then; three attempts in a row are not their doing.
const attempts: { collections: number; bytesPerChunk: number; frames: number }[] = [];
for (let i = 0; i < 3; i++) {
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  await tick();
  observer.observe({ entryTypes: ['gc'] });
  const before = getHeapStatistics().used_heap_size;
  const frames = run(chunks);
  const bytes = getHeapStatistics().used_heap_size - before;
  await tick();
  collections += observer.takeRecords().length;
  observer.disconnect();
  attempts.push({ collections, bytesPerChunk: bytes / chunks, frames });
}
process.stdout.write(JSON.stringify(attempts));
