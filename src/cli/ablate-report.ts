/** An ablation as JSON, CSV, Markdown and a page, from its rows alone. */
import { each, finite, listOf, matches, object, oneOf, optional, orNull, text } from '../formats/shape.ts';
import { ablationGroups, type AblationGroup, type AblationSettings } from '../../studies/ablation-cells.ts';
import { differs, type Percentiles } from '../compiler.ts';
import type { AblationRow } from '../../studies/ablation.ts';
import type { RecordingSet } from './recording-set.ts';
import { escapeHtml, spreadPlot } from './report/plots.ts';
import { csvText, htmlTable, markdownTable, page } from './report/page.ts';
import { formatNumber } from './report.ts';

/** ablation.json. Rows belong to these settings and signals. */
export interface Ablation {
  readonly kind: 'ablation';
  readonly settings: AblationSettings & {
    readonly signals: string;
    readonly papilio?: string;
  } & Partial<RecordingSet>;
  readonly rows: readonly AblationRow[];
  /** The command lines that measured them; absent in older files. */
  readonly commands?: readonly string[];
}

/** Rows one a line, so that a difference of two ablations can be read. */
export const ablationText = ({ kind, settings, rows, commands = [] }: Ablation): string =>
  `{"kind": "${kind}",\n "settings": ${JSON.stringify(settings)},\n "commands": ${JSON.stringify(commands)},\n "rows": [\n${rows.map((r) => `  ${JSON.stringify(r)}`).join(',\n')}\n]}\n`;

const spread = ['error', 'operations', 'nsPerTransform', 'timeRatio'] as const;
const percentiles = ['p5', 'p50', 'p95'] as const;

const ablationShape = object({
  kind: oneOf(['ablation']),
  settings: object({
    ...each(['n', 'samples', 'seed', 'steps', 'sparsity', 'budget'], finite),
    ...each(['decimation', 'signals'], text),
  }),
  commands: optional(listOf(text)),
  rows: listOf(
    object({
      group: oneOf(ablationGroups),
      name: text,
      ...each(['samples', 'seconds'], finite),
      ...each(
        spread,
        orNull(object({ ...each(percentiles, finite), ...each(['p25', 'p75'], optional(finite)) })),
      ),
      timeNoise: optional(orNull(finite)),
      ...each(['tableBytes', 'codeBytes'], orNull(finite)),
      failed: orNull(text),
    }),
  ),
});

export const isAblation = (value: unknown): value is Ablation => matches(ablationShape, value);

export const ablationCsv = ({ settings, rows }: Ablation): string =>
  csvText(
    [
      'group',
      'name',
      'n',
      'samples',
      ...spread.flatMap((key) => percentiles.map((p) => `${key}.${p}`)),
      'tableBytes',
      'codeBytes',
      'failed',
    ],
    rows.map((r) => [
      r.group,
      r.name,
      settings.n,
      r.samples,
      ...spread.flatMap((key) => percentiles.map((p) => r[key]?.[p])),
      r.tableBytes,
      r.codeBytes,
      r.failed,
    ]),
  );

const error = (x: number): string => (x !== 0 && x < 1e-3 ? x.toExponential(1) : x.toPrecision(3));
const range = (p: Percentiles, text: (x: number) => string): string =>
  p.p5 === p.p95 ? text(p.p50) : `${text(p.p50)} (${text(p.p5)} to ${text(p.p95)})`;

/** A ratio of times with its quartiles; one that two exact kernels might show as well is marked. */
function ratioText({ timeRatio: p, timeNoise }: AblationRow): string {
  if (!p) return '–';
  const text = (x: number): string => (x < 100 ? x.toFixed(2) : formatNumber(x));
  const quartiles = `${text(p.p50)} (${text(p.p25 ?? p.p5)} to ${text(p.p75 ?? p.p95)})`;
  return differs(p, timeNoise ?? 0) ? quartiles : `${quartiles}, as fast`;
}

const head = [
  'variant',
  'error, relative L2',
  'operations / transform',
  'ns / transform',
  'time / exact',
  'tables, bytes',
  'code, bytes',
  'seeds',
];

const cells = (r: AblationRow): string[] => {
  if (!r.error || !r.operations || !r.nsPerTransform || !r.timeRatio)
    return [r.name, 'failed', '–', '–', '–', '–', '–', String(r.samples)];
  return [
    r.name,
    range(r.error, error),
    range(r.operations, formatNumber),
    range(r.nsPerTransform, formatNumber),
    ratioText(r),
    formatNumber(r.tableBytes),
    formatNumber(r.codeBytes),
    String(r.samples),
  ];
};

/** What failed, and why. */
const messages = (rows: readonly AblationRow[]): string[] =>
  rows.flatMap(({ name, failed }) => (failed === null ? [] : [`${name} failed: ${failed}`]));

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

const groupsOf = (rows: readonly AblationRow[]): { group: AblationGroup; rows: AblationRow[] }[] =>
  ablationGroups
    .map((group) => ({ group, rows: rows.filter((r) => r.group === group) }))
    .filter((g) => g.rows.length > 0);

const failures = (rows: readonly AblationRow[]): string => {
  const count = rows.filter((r) => r.failed !== null).length;
  return count === 0
    ? 'No cell failed.'
    : `${count} of ${rows.length} cells failed; their messages stand in their rows.`;
};

const explanation = ({ settings: s, rows }: Ablation): string =>
  `${s.n} real points, decimation in ${s.decimation} where not said otherwise; signals: ${s.signals}. Budget of gates: ${s.budget}. Every cell: ${s.samples} seeds from ${s.seed} on${s.samples < 20 ? ' (a trial: fewer than 20 say little)' : ''}; median, and 5th to 95th percentile over seeds. Error: relative L2 of the float32 kernel's spectra against the exact ones in float64, on signals nothing was fitted to. Operations: real, per transform, counted from the compiled program. Times: four transforms at once, the seed with the median of operations, ${s.samples} samples in turn with the exact kernel and a second one like it, in an order that rotates; ratios with their quartiles, "as fast" where they are not further from 1 than those of the two exact kernels. Tables and code in bytes. ${failures(rows)}`;

export const ablationMarkdown = (a: Ablation): string =>
  `# Ablation\n\n${explanation(a)}\n\n${groupsOf(a.rows)
    .map(
      ({ group, rows }) =>
        `## ${titles[group][0]}\n\n${titles[group][1]}\n\n${markdownTable(head, rows.map(cells))}\n${messages(
          rows,
        )
          .map((m) => `\n- ${m}\n`)
          .join('')}`,
    )
    .join('\n')}`;

function groupHtml({ group, rows }: { group: AblationGroup; rows: readonly AblationRow[] }): string {
  const [title, note] = titles[group];
  const points = rows.flatMap(({ name, error: e, operations }) =>
    e && operations ? [{ name, x: operations.p50, low: e.p5, y: e.p50, high: e.p95 }] : [],
  );
  const plot =
    group === 'gates' || group === 'corrector' || group === 'parametrization'
      ? spreadPlot(points, { xLabel: 'operations per transform', yLabel: 'relative L2 error' })
      : '';
  return `<section><h2>${escapeHtml(title)}</h2><p class="note">${escapeHtml(note)}</p>${plot}${htmlTable(title, head, rows.map(cells), 'front')}${messages(
    rows,
  )
    .map((m) => `<p class="note">${escapeHtml(m)}</p>`)
    .join('')}</section>`;
}

/** `writtenBy`: the command line that renders it. */
export const ablationHtml = (a: Ablation, writtenBy: string): string =>
  page(
    'Ablation',
    `<p>${escapeHtml(explanation(a))}</p>\n${groupsOf(a.rows).map(groupHtml).join('\n')}`,
    { commands: [...(a.commands ?? []), writtenBy] },
    true,
  );
