/** Suite compile: what planning costs in a process that has not planned before, and how large the code is. */
import { PapilioError } from '../../src/index.ts';
import type { BenchOptions } from '../args.ts';
import { describeShape, type Shape, type Skip } from '../contender.ts';
import { askChild, type ChildTask } from '../measure-shape.ts';
import { figure, type SuiteReport } from '../report.ts';
import { summarize, type Summary } from '../statistics.ts';
import type { Progress } from './transforms.ts';

const sizes = [64, 1024, 4096, 65536];
const plans: readonly { readonly kind: Shape['kind']; readonly dtype: 'f32' | 'f64' }[] = [
  { kind: 'complex', dtype: 'f32' },
  { kind: 'complex', dtype: 'f64' },
  { kind: 'real', dtype: 'f32' },
];
/** A process costs more than a sample elsewhere: a third of them. */
const samplesPerProcess = 3;

interface Cold {
  readonly planMs: number;
  readonly firstRunMs: number;
  readonly codeBytes: number;
  readonly tableBytes: number;
}

interface Point extends Cold {
  readonly n: number;
  readonly kind: Shape['kind'];
  readonly dtype: 'f32' | 'f64';
  readonly planSpreadMs: number;
  readonly samples: number;
}

/** Cold figures of one plan over several processes. */
function measurePlan(task: Extract<ChildTask, { task: 'compile' }>, processes: number): Point {
  const answers = Array.from({ length: processes }, () => askChild<Cold>(task));
  const plan: Summary = summarize(answers.map((a) => a.planMs));
  return {
    n: task.n,
    kind: task.kind,
    dtype: task.dtype,
    planMs: plan.median,
    planSpreadMs: plan.spread,
    firstRunMs: summarize(answers.map((a) => a.firstRunMs)).median,
    codeBytes: answers[0].codeBytes,
    tableBytes: answers[0].tableBytes,
    samples: plan.samples,
  };
}

export async function compileSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const points: Point[] = [];
  const skipped: Skip[] = [];
  const processes = Math.ceil(options.samples / samplesPerProcess);
  for (const { kind, dtype } of plans)
    for (const n of options.sizes ?? sizes) {
      if (options.dtype !== undefined && options.dtype !== dtype) continue;
      progress(`compile: ${kind} ${dtype} n = ${n}`);
      try {
        points.push(measurePlan({ task: 'compile', kind, n, dtype }, processes));
      } catch (error) {
        if (!(error instanceof PapilioError)) throw error;
        const what = describeShape({ kind, n, batch: 1 });
        skipped.push({ label: `papilio ${dtype}`, what, why: error.message });
      }
    }
  const table = {
    caption: 'Cold planning: the first plan of a fresh process (loading papilio not counted), wasm.',
    header: ['plan', 'plan ms', 'first run ms', 'code bytes', 'table bytes'],
    rows: points.map((p) => [
      `${p.kind} ${p.dtype} ${p.n}`,
      `${figure(p.planMs)} ± ${figure(p.planSpreadMs)}`,
      figure(p.firstRunMs),
      String(p.codeBytes),
      String(p.tableBytes),
    ]),
  };
  return { suite: 'compile', tables: [table], records: points.map((p) => ({ ...p })), skipped };
}
