/** Suite sparse: what skipped butterflies save in compiled code, against the dense learned network and the exact plan. */
import { PapilioError } from '../../src/index.ts';
import type { BenchOptions } from '../args.ts';
import type { Skip } from '../contender.ts';
import { defaultProtocol, measureInTurn } from '../protocol.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import { tolerance } from '../signal.ts';
import type { Summary } from '../statistics.ts';
import { gatedContender, type GatedCase } from './gated.ts';
import type { Progress } from './transforms.ts';

const sizes = [256, 512, 1024];
const shares = [0.5, 0.9];
const arrangements = [
  { lanes: 16, grain: 'butterfly', caption: '16 transforms in lanes, a gate per butterfly' },
  { lanes: 1, grain: 'run', caption: 'Single transforms, a gate per aligned run of four butterflies' },
] as const;
type Arrangement = (typeof arrangements)[number];

interface SparseRow extends GatedCase {
  readonly time: Summary;
  readonly operations: number;
  readonly codeBytes: number;
}

/** The yardsticks first: the exact transform as a plan compiles it, the dense learned network. */
function casesOf(n: number, { lanes, grain }: Arrangement): GatedCase[] {
  return [
    { label: 'exact plan', n, lanes, form: 'plan', grain, skipped: 0 },
    { label: 'dense learned', n, lanes, form: 'learned', grain, skipped: 0 },
    ...shares.map((skipped): GatedCase => {
      const label = `${100 * skipped} % skipped`;
      return { label, n, lanes, form: 'gated', grain, skipped };
    }),
  ];
}

async function measureCases(
  cases: readonly GatedCase[],
  samples: number,
): Promise<{ rows: SparseRow[]; skipped: Skip[] }> {
  const built = cases.map((c) => ({ case: c, ...gatedContender(c) }));
  const right = built.filter((b) => b.error <= tolerance);
  const times = await measureInTurn(
    right.map((b) => b.contender),
    { ...defaultProtocol, samples },
  );
  return {
    rows: right.map(({ case: c, operations, codeBytes }, i) => {
      const { median, spread } = times[i];
      const time = { median: median / c.lanes, spread: spread / c.lanes, samples: times[i].samples };
      return { ...c, operations, codeBytes, time };
    }),
    skipped: built
      .filter((b) => !right.includes(b))
      .map((b) => ({
        label: b.case.label,
        what: `n = ${b.case.n}`,
        why: `its output is wrong: relative error ${b.error.toExponential(1)}`,
      })),
  };
}

function tableOf({ caption }: Arrangement, rows: readonly SparseRow[]): Table {
  const dense = (n: number): number =>
    rows.find((r) => r.n === n && r.form === 'learned')?.time.median ?? NaN;
  return {
    caption: `${caption}: time and real operations per transform, f32 wasm.`,
    header: ['network', 'time', 'this / dense learned', 'operations', 'code bytes'],
    rows: rows.map((r) => [
      `${r.n}, ${r.label}`,
      duration(r.time.median, r.time.spread),
      figure(r.time.median / dense(r.n)),
      r.operations.toFixed(0),
      String(r.codeBytes),
    ]),
  };
}

export async function sparseSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const tables: Table[] = [];
  const records: SparseRow[] = [];
  const skipped: Skip[] = [];
  for (const arrangement of arrangements) {
    const own: SparseRow[] = [];
    for (const n of options.sizes ?? sizes) {
      progress(`sparse: ${arrangement.grain} n = ${n}`);
      try {
        const found = await measureCases(casesOf(n, arrangement), options.samples);
        own.push(...found.rows);
        skipped.push(...found.skipped);
      } catch (error) {
        if (!(error instanceof PapilioError)) throw error;
        skipped.push({ label: 'papilio f32', what: `n = ${n}`, why: error.message });
      }
    }
    tables.push(tableOf(arrangement, own));
    records.push(...own);
  }
  return {
    suite: 'sparse',
    tables,
    records: records.map(({ time, ...r }) => ({ ...r, ns: time.median, spread: time.spread })),
    skipped,
  };
}
