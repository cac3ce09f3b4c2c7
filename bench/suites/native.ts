/** Suite native: papilio's C for x86-64, with vectors and without, beside FFTW, kissfft and pffft. */
import { spawnSync } from 'node:child_process';
import type { BenchOptions } from '../args.ts';
import type { Skip } from '../contender.ts';
import {
  nativeFlags,
  nativeUnavailable,
  runNative,
  type NativeResult,
  type NativeShape,
} from '../native/run.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import type { Progress } from './transforms.ts';

const sizes = [64, 128, 256, 400, 480, 512, 960, 1024];
/** Short samples, many of them: one takes as long as a few transforms. */
const samplesPerAsked = 20;

const compilers = ['gcc', 'clang'] as const;
const labels = ['papilio', 'papilio-scalar', 'fftw', 'kissfft', 'pffft'];

interface Row extends NativeShape, NativeResult {
  readonly compiler: string;
}

const medianOf = ({ times }: Row, label: string): number =>
  times.find((t) => t.label === label)?.time.median ?? NaN;

function tableOf(compiler: string, rows: readonly Row[]): Table {
  const present = labels.filter((label) => rows.some((row) => row.times.some((t) => t.label === label)));
  return {
    caption: `**${compiler}**, \`${nativeFlags.join(' ')}\`: time of a transform, interleaved ends; \`papilio / …\` below 1 where papilio is faster.`,
    header: ['shape', ...present, ...present.slice(1).map((x) => `papilio / ${x}`), 'FFTW’s plan'],
    rows: rows.map((row) => [
      `${row.kind} ${row.n}`,
      ...present.map((label) => {
        const found = row.times.find((t) => t.label === label);
        return found ? duration(found.time.median, found.time.spread) : '–';
      }),
      ...present.slice(1).map((x) => figure(medianOf(row, 'papilio') / medianOf(row, x))),
      row.instructions,
    ]),
  };
}

export async function nativeSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const why = nativeUnavailable();
  if (why !== null)
    return {
      suite: 'native',
      tables: [],
      records: [],
      skipped: [{ label: 'native', what: 'everything', why }],
    };
  const skipped: Skip[] = [];
  const tables: Table[] = [];
  const all: Row[] = [];
  for (const compiler of compilers) {
    if (spawnSync(compiler, ['--version']).status !== 0) {
      skipped.push({ label: compiler, what: 'everything', why: 'not installed' });
      continue;
    }
    const rows: Row[] = [];
    for (const kind of ['complex', 'real'] as const)
      for (const n of options.sizes ?? sizes) {
        progress(`native: ${compiler} ${kind} ${n}`);
        const found = runNative({ kind, n }, compiler, samplesPerAsked * options.samples);
        rows.push({ kind, n, compiler, ...found });
        skipped.push(...found.skipped.map((s) => ({ ...s, what: `${kind} ${n}` })));
      }
    tables.push(tableOf(compiler, rows));
    all.push(...rows);
  }
  const records = all.flatMap(({ kind, n, compiler, instructions, times }) =>
    times.map(({ label, time }) => ({
      kind,
      n,
      compiler,
      instructions,
      contender: label,
      ns: time.median,
      spread: time.spread,
    })),
  );
  return { suite: 'native', tables, records, skipped };
}
