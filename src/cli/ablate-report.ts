/** An ablation as JSON, CSV and a report, from its rows alone. */
import * as shape from '../formats/shape.ts';
import type { Percentiles } from '../compiler.ts';
import { ablationGroups, settingsShapes, type AblationGroup } from '../../studies/ablation-cells.ts';
import { ablationRowShape, type AblationRow } from '../../studies/ablation.ts';
import { errorText, formatNumber, levelText, quartiles } from './report/figures.ts';
import { plot } from './report/plots.ts';
import { csvOf, section, tableOf, type Columns, type Report, type Section } from './report/report.ts';

const ablationShape = shape.object({
  kind: shape.oneOf(['ablation']),
  settings: shape.object({ ...settingsShapes, signals: shape.text }),
  /** The command lines that measured the rows. */
  commands: shape.listOf(shape.text),
  rows: shape.listOf(ablationRowShape),
});

/** ablation.json. Rows belong to these settings and signals. */
export type Ablation = shape.ShapeOf<typeof ablationShape>;

export const isAblation = (value: unknown): value is Ablation => shape.matches(ablationShape, value);

/** Rows one a line, so that a difference of two ablations can be read. */
export const ablationText = ({ kind, settings, rows, commands }: Ablation): string =>
  `{"kind": "${kind}",\n "settings": ${JSON.stringify(settings)},\n "commands": ${JSON.stringify(commands)},\n "rows": [\n${rows.map((r) => `  ${JSON.stringify(r)}`).join(',\n')}\n]}\n`;

export const ablationCsv = ({ settings: { n }, rows }: Ablation): string =>
  csvOf(rows.map(({ group, name, ...row }) => ({ group, name, n, ...row })));

const range = (p: Percentiles | null, text: (x: number) => string): string => {
  if (!p) return '–';
  return p.p5 === p.p95 ? text(p.p50) : `${text(p.p50)} (${text(p.p5)} to ${text(p.p95)})`;
};

/** A ratio of times with its quartiles; one that two exact kernels might show as well is marked. */
function ratioText({ timeRatio: p, timeNoise }: AblationRow): string {
  if (!p) return '–';
  const text = (x: number): string => (x < 100 ? x.toFixed(2) : formatNumber(x));
  const level = levelText(p, timeNoise ?? 0);
  return `${quartiles(p, text)}${level === null ? '' : `, ${level}`}`;
}

const columns: Columns<AblationRow> = {
  variant: (r) => r.name,
  'error, relative L2': (r) => (r.failed === null ? range(r.error, errorText) : 'failed'),
  'operations / transform': (r) => range(r.operations, formatNumber),
  'ns / transform': (r) => range(r.nsPerTransform, formatNumber),
  'time / exact': ratioText,
  'tables, bytes': (r) => formatNumber(r.tableBytes),
  'code, bytes': (r) => formatNumber(r.codeBytes),
  seeds: (r) => String(r.samples),
};

const titles: Readonly<Record<AblationGroup, readonly [title: string, note: string]>> = {
  network: ['Networks', 'The exact transform as networks of several forms, and by the plan.'],
  backend: ['Backends', 'The exact kernel on every backend and number format.'],
  quantization: [
    'Quantisations',
    'The exact kernel with its tables in fewer bits; radix-2 networks with a twiddle per butterfly, rounded, and trained behind the rounding.',
  ],
  corrector: [
    'Correctors',
    'The exact transform with one sub-block skipped, another one for every seed, and the best corrector behind it, solved on other signals.',
  ],
  parametrization: [
    'Parametrisations',
    'Learned from random blocks by Adam, another start for every seed; nothing of the answer is in the start but the order of the samples and the exact split stage.',
  ],
  gates: [
    'Gates',
    'Kind, mode, grain: trained under a penalty on open gates that rises, decided now and then, and the cheapest within the error budget kept (on the signals searched on; the error here is on others). The open network, merged, where nothing is cheaper.',
  ],
};

const failures = (rows: readonly AblationRow[]): string => {
  const count = rows.filter((r) => r.failed !== null).length;
  return count === 0
    ? 'No cell failed.'
    : `${count} of ${rows.length} cells failed; their messages stand in their rows.`;
};

const explanation = ({ settings: s, rows }: Ablation): string =>
  `${s.n} real points, decimation in ${s.decimation} where not said otherwise; signals: ${s.signals}. Budget of gates: ${s.budget}. Every cell: ${s.samples} seeds from ${s.seed} on${s.samples < 20 ? ' (a trial: fewer than 20 say little)' : ''}; median, and 5th to 95th percentile over seeds. Error: relative L2 of the float32 kernel's spectra against the exact ones in float64, on signals nothing was fitted to. Operations: real, per transform, counted from the compiled program. Times: four transforms at once, the seed with the median of operations, ${s.samples} samples in turn with the exact kernel and a second one like it, in an order that rotates; ratios with their quartiles, "as fast" where they are not further from 1 than those of the two exact kernels, "too noisy to tell" where these are far off too. Tables and code in bytes. ${failures(rows)}`;

/** Groups whose errors are drawn over their operations. */
const drawn: readonly AblationGroup[] = ['gates', 'corrector', 'parametrization'];

function sectionOf(group: AblationGroup, rows: readonly AblationRow[]): Section {
  const [title, note] = titles[group];
  const points = rows.flatMap(({ name, error, operations }) =>
    error && operations
      ? [
          {
            x: operations.p50,
            low: error.p5,
            y: error.p50,
            high: error.p95,
            series: name.split(', ')[0],
            title: `${name}: ${error.p50.toPrecision(3)}`,
          },
        ]
      : [],
  );
  const labels = { xLabel: 'operations per transform', yLabel: 'relative L2 error' };
  const picture = drawn.includes(group) ? [plot(points, { ...labels, dots: true, scale: 'log' })] : [];
  const failures = rows.flatMap(({ name, failed }) => (failed === null ? [] : [`${name} failed: ${failed}`]));
  return section(title, note, ...picture, tableOf(title, rows, columns, 'front'), ...failures);
}

/** `writtenBy`: the command line that renders it. */
export const ablationReport = (a: Ablation, writtenBy: string): Report => ({
  title: 'Ablation',
  verdict: [],
  notes: [explanation(a)],
  sections: ablationGroups.flatMap((group) => {
    const rows = a.rows.filter((r) => r.group === group);
    return rows.length > 0 ? [sectionOf(group, rows)] : [];
  }),
  commands: [...a.commands, writtenBy],
});
