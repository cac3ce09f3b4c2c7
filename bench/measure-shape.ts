/** Times of one shape: everyone in turn in this process and, if asked, each in fresh processes of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { UnsupportedError } from '../src/index.ts';
import type { BenchOptions } from './args.ts';
import type { Shape, Skip } from './contender.ts';
import { lineUp } from './line-up.ts';
import { defaultProtocol, measureInTurn } from './protocol.ts';
import { summarize, type Summary } from './statistics.ts';

export interface Row {
  readonly label: string;
  readonly note?: string | undefined;
  /** Nanoseconds per transform. */
  readonly time: Summary;
  /** The same over fresh processes: the median of their medians. */
  readonly fresh?: Summary;
}

export interface ShapeResult {
  readonly shape: Shape;
  readonly rows: readonly Row[];
  readonly skipped: readonly Skip[];
}

/** What a child process is asked; see child.ts. */
export type ChildTask =
  | { readonly task: 'measure'; readonly label: string; readonly shape: Shape; readonly samples: number }
  | {
      readonly task: 'compile';
      readonly kind: Shape['kind'];
      readonly n: number;
      readonly dtype: 'f32' | 'f64';
    };

const freshProcesses = 3;

/** The answer of bench/child.ts in a process of its own. */
export function askChild<T>(task: ChildTask): T {
  const child = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'child.ts'), JSON.stringify(task)],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (child.status !== 0)
    throw new UnsupportedError(child.stderr.trim().split('\n').at(-1) ?? 'a child process failed');
  return JSON.parse(child.stdout) as T;
}

/** Divided by the transforms of a run. */
const perTransform = ({ median, spread, samples }: Summary, batch: number): Summary => ({
  median: median / batch,
  spread: spread / batch,
  samples,
});

/** Interleaved: every contender once, then every contender again. */
function measureFresh(labels: readonly string[], shape: Shape, samples: number): Map<string, Summary> {
  const medians = new Map<string, number[]>(labels.map((label) => [label, []]));
  for (let round = 0; round < freshProcesses; round++)
    for (const [label, values] of medians)
      values.push(askChild<Summary>({ task: 'measure', label, shape, samples }).median);
  return new Map([...medians].map(([label, values]) => [label, summarize(values)]));
}

export async function measureShape(
  shape: Shape,
  options: Pick<BenchOptions, 'peers' | 'dtype' | 'samples' | 'fresh'>,
): Promise<ShapeResult> {
  const { contenders, skipped } = await lineUp(shape, options);
  const protocol = { ...defaultProtocol, samples: options.samples };
  const times = await measureInTurn(contenders, protocol);
  contenders.forEach((c) => c.close());
  const labels = contenders.map((c) => c.label);
  const fresh = options.fresh ? measureFresh(labels, shape, options.samples) : new Map<string, Summary>();
  const rows = contenders.map(({ label, note }, i): Row => {
    const own = fresh.get(label);
    return {
      label,
      note,
      time: perTransform(times[i], shape.batch),
      ...(own ? { fresh: perTransform(own, shape.batch) } : {}),
    };
  });
  return { shape, rows, skipped };
}

/** Time of `other` over the time of `ours`; NaN where one of them is not there. */
export function ratio(rows: readonly Row[], other: string, ours: string, which: 'time' | 'fresh'): number {
  const of = (label: string): number => rows.find((r) => r.label === label)?.[which]?.median ?? NaN;
  return of(other) / of(ours);
}
