/** One table of shapes against contenders: ratios first, then times. */
import { ratio, type Row, type ShapeResult } from '../measure-shape.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import { labelOf } from '../contender.ts';
import { registry } from '../peers/registry.ts';

/** [column, their label, our label] */
const ratios = [
  ['pffft-wasm / ours', 'pffft-wasm f32', 'papilio f32'],
  ['fft.js / ours', 'fft.js f64', 'papilio f32'],
  ['fft.js / ours f64', 'fft.js f64', 'papilio f64'],
] as const;

/** "0.98", and with fresh processes "0.98 (0.97)". */
function ratioCell(rows: readonly Row[], theirs: string, ours: string): string {
  const fresh = ratio(rows, theirs, ours, 'fresh');
  return figure(ratio(rows, theirs, ours, 'time')) + (Number.isFinite(fresh) ? ` (${figure(fresh)})` : '');
}

function timeCell(row: Row | undefined): string {
  if (!row) return '–';
  const note = row.note === undefined ? '' : ` ${row.note}`;
  const fresh = row.fresh ? ` (${duration(row.fresh.median, row.fresh.spread)})` : '';
  return duration(row.time.median, row.time.spread) + fresh + note;
}

/** Labels that were measured, in the order of the registry. */
export function labelsOf(results: readonly ShapeResult[]): string[] {
  const seen = new Set(results.flatMap((r) => r.rows.map((row) => row.label)));
  return registry.map(labelOf).filter((label) => seen.has(label));
}

export function timesTable(caption: string, results: readonly ShapeResult[]): Table {
  const labels = labelsOf(results);
  const columns = ratios.filter(([, theirs, ours]) => labels.includes(theirs) && labels.includes(ours));
  return {
    caption,
    header: ['n', ...columns.map(([name]) => name), ...labels],
    rows: results.map(({ shape, rows }) => [
      String(shape.n),
      ...columns.map(([, theirs, ours]) => ratioCell(rows, theirs, ours)),
      ...labels.map((label) => timeCell(rows.find((r) => r.label === label))),
    ]),
  };
}

/** Every figure of shapes as flat records. */
export const recordsOf = (results: readonly ShapeResult[]): SuiteReport['records'] =>
  results.flatMap(({ shape, rows }) =>
    rows.map((row) => ({
      ...shape,
      contender: row.label,
      ns: row.time.median,
      spread: row.time.spread,
      samples: row.time.samples,
      freshNs: row.fresh?.median,
      freshSpread: row.fresh?.spread,
      note: row.note,
    })),
  );
