/** Runs cases of the fuzzer and says which of them broke their reader. */
import { PapilioError } from '../../src/errors.ts';
import { caseSeed, Random } from './random.ts';
import type { Target } from './targets.ts';

/** A second, and half a gigabyte: what no file may cost. */
export const limits = { ms: 1000, bytes: 500e6 } as const;

export interface Counts {
  cases: number;
  read: number;
  refused: number;
  /** Longest case, milliseconds. */
  slowest: number;
}

export const noCounts = (): Counts => ({ cases: 0, read: 0, refused: 0, slowest: 0 });

/** A file that its reader did not bear. */
export class Broken extends Error {
  override name = 'Broken';
}

const oneLine = /^[^\n\r\u2028\u2029]*$/;

/** Milliseconds are of the processor: on a busy machine a clock counts what others do. */
function readOnce(target: Target, seed: number): { error: unknown; ms: number } {
  const { read } = target.next(new Random(seed));
  const begun = process.cpuUsage();
  let error: unknown = null;
  try {
    read();
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.cpuUsage(begun);
  return { error, ms: (user + system) / 1000 };
}

/** Case number `index` of a format. Throws Broken for an error without a name, and for what takes too long or too much. */
export function runCase(target: Target, seed: number, index: number, counts: Counts): void {
  const own = caseSeed(seed, target.format, index);
  const before = process.memoryUsage.rss();
  let { error, ms } = readOnce(target, own);
  // The engine may have been compiling, or collecting garbage: three times is no chance.
  for (let again = 0; ms > limits.ms && again < 2; again++) ({ error, ms } = readOnce(target, own));
  const grown = process.memoryUsage.rss() - before;
  counts.cases++;
  counts.slowest = Math.max(counts.slowest, ms);
  const where = `${target.format}, case ${index} of seed ${seed} (npm run fuzz -- --seed ${seed} --format "${target.format}" --case ${index})`;
  if (error !== null && !(error instanceof PapilioError))
    throw new Broken(`${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  if (error instanceof PapilioError && !oneLine.test(error.message))
    throw new Broken(`${where}: a message of several lines: ${JSON.stringify(error.message)}`);
  if (ms > limits.ms) throw new Broken(`${where}: ${ms.toFixed(0)} ms`);
  if (grown > limits.bytes) throw new Broken(`${where}: ${(grown / 1e6).toFixed(0)} MB`);
  if (error === null) counts.read++;
  else counts.refused++;
}
