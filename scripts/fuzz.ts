/**
 * npm run fuzz -- --minutes 10 [--seed 1] [--count N] [--format wav] [--case N]: hostile files of every format that papilio reads.
 * Every reader returns or throws a PapilioError of one line, within a second and 500 MB. Prints counts per format; a file that is
 * not borne ends the run with the command that makes it again. --case runs that one alone and shows where it throws.
 */
import { parseArgs } from 'node:util';
import { Broken, noCounts, runCase, type Counts } from './fuzz/run.ts';
import { Random } from './fuzz/random.ts';
import { targets, type Target } from './fuzz/targets.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string' },
    case: { type: 'string' },
  },
});

const chosen = targets.filter((t) => values.format === undefined || t.format === values.format);
if (chosen.length === 0)
  throw new Error(`--format is ${values.format}; expected ${targets.map((t) => t.format).join(', ')}`);
const seed = Number(values.seed);

function table(counts: ReadonlyMap<Target, Counts>): string {
  const rows = [...counts].map(([{ format }, c]) => [
    format,
    c.cases,
    c.read,
    c.refused,
    c.slowest.toFixed(0),
  ]);
  const total = [...counts.values()];
  const sum = (f: (c: Counts) => number): number => total.reduce((s, c) => s + f(c), 0);
  rows.push([
    'all',
    sum((c) => c.cases),
    sum((c) => c.read),
    sum((c) => c.refused),
    Math.max(...total.map((c) => c.slowest)).toFixed(0),
  ]);
  return [['format', 'files', 'read', 'refused', 'slowest, ms'], ...rows]
    .map((r) => r.map((x, i) => (i === 0 ? String(x).padEnd(22) : String(x).padStart(12))).join(''))
    .join('\n');
}

if (values.case !== undefined) {
  runCase(chosen[0], seed, Number(values.case), noCounts());
  process.stdout.write('borne\n');
} else {
  const until = values.count === undefined ? performance.now() + Number(values.minutes) * 60_000 : Infinity;
  const most = values.count === undefined ? Infinity : Number(values.count);
  const counts = new Map(chosen.map((t) => [t, noCounts()]));
  const lots = chosen.flatMap((t) => new Array<Target>(t.weight).fill(t));
  const order = new Random(seed);
  let done = 0;
  try {
    for (; done < most && performance.now() < until; done++) {
      const target = order.one(lots);
      const own = counts.get(target) as Counts;
      runCase(target, seed, own.cases, own);
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Broken ? error.message : (error as Error).stack}\n`);
    process.exitCode = 1;
  }
  process.stdout.write(`seed ${seed}\n${table(counts)}\n`);
}
