/** Fronts as JSON, CSV, Markdown and a self-contained page, from their rows alone. */
import { InvalidArgumentError } from '../errors.ts';
import {
  count,
  each,
  finite,
  listOf,
  matches,
  object,
  oneOf,
  optional,
  orNull,
  text,
} from '../formats/shape.ts';
import type { FrontRow } from '../front.ts';
import { rowPlaces } from './band-places.ts';
import { binMapsHtml, examplesHtml, galleryOf, ownFile, type Gallery } from './front-gallery.ts';
import { frontTitle } from './front-title.ts';
import { readJson } from './files.ts';
import { budgetCells, budgetHead, withinBudgets } from './front-budgets.ts';
import { errorText, frontTable, groupBy, summaries, verdict, type Summary } from './front-summary.ts';
import { csvText, htmlTable, markdownTable, page } from './report/page.ts';
import { escapeHtml, frontPlot, lineOrNote } from './report/plots.ts';

/** Rows, one a line, so that a difference of two fronts can be read. */
export const rowsText = (rows: readonly FrontRow[]): string =>
  `[\n${rows.map((r) => `  ${JSON.stringify(r)}`).join(',\n')}\n]\n`;

const spread = orNull(object(each(['mean', 'p95'], finite)));

const rowShape = object({
  corpus: optional(text),
  feature: text,
  structure: text,
  kind: oneOf(['exact', 'learned', 'baseline']),
  ...each(['nFft', 'mels', 'seed', 'error', 'errorP95', 'operations', 'exactOperations'], finite),
  ...each(['transformOperations', 'exactTransformOperations', 'fftOperations', 'exactFftOperations'], finite),
  ...each(['tableBytes', 'codeBytes'], finite),
  ...each(['validationError', 'nsPerFrame', 'exactNsPerFrame'], orNull(finite)),
  estimate: optional(object(each(['mean', 'margin', 'recordings'], finite))),
  peaks: optional(
    object({ ...each(['peaks', 'missed', 'extra'], count), ...each(['frequency', 'level'], spread) }),
  ),
  bandErrors: listOf(orNull(finite)),
  files: listOf(ownFile),
  settings: optional(object({})),
  command: optional(text),
  example: optional(
    object({
      recording: text,
      ...each(['original', 'sound', 'features'], ownFile),
      difference: orNull(ownFile),
    }),
  ),
});

/** Are these rows of a front? */
export const isFront = (value: unknown): value is FrontRow[] => matches(listOf(rowShape, 1), value);

/** Rows of a file. Throws InvalidArgumentError naming it if it holds none. */
export function readFront(path: string): FrontRow[] {
  const value = readJson(path, 'give another --out or remove the file');
  if (Array.isArray(value) && value.length === 0) return [];
  if (!isFront(value))
    throw new InvalidArgumentError(`${path}: not the rows of papilio pareto; give another --out`);
  return value;
}

const columns = [
  'corpus',
  'feature',
  'nFft',
  'mels',
  'structure',
  'kind',
  'seed',
  'error',
  'errorP95',
  'validationError',
  'operations',
  'exactOperations',
  'transformOperations',
  'exactTransformOperations',
  'fftOperations',
  'exactFftOperations',
  'nsPerFrame',
  'exactNsPerFrame',
  'tableBytes',
  'codeBytes',
] as const;

export const frontCsv = (rows: readonly FrontRow[]): string =>
  csvText(
    [...columns, 'expected', 'margin', 'files'],
    rows.map((r) => [...columns.map((c) => r[c]), r.estimate?.mean, r.estimate?.margin, r.files.join(' ')]),
  );

const groupsOf = (rows: readonly FrontRow[]): { title: string; rows: FrontRow[] }[] =>
  groupBy(rows, frontTitle).map((g) => ({ title: frontTitle(g[0]), rows: g }));

const explanation =
  'Errors are mean absolute differences of log10 band energies against the exact features in float64, on test recordings that nothing else has read; over all seeds, and the worst seed in brackets. Operations are counted from the compiled programs and set against the exact real-input kernel: of the transform without multiplications by windows, with them, and of the whole front end. Time: whole front end over exact, medians of interleaved samples. Where peaks are read off, those within three bins of the exact ones count as found.';

/** The tables as Markdown. */
export const frontMarkdown = (rows: readonly FrontRow[], budgets: readonly number[] = []): string =>
  `# Error against cost\n\nWritten by \`papilio report front.json --markdown\` from what \`papilio pareto\` measured. ${explanation}\n\n${budgetMarkdown(rows, budgets)}${groupsOf(
    rows,
  )
    .map(({ title, rows: g }) => {
      const all = summaries(g);
      const { head, lines } = frontTable(all);
      return `### ${title}\n\n${verdict(all)}\n\n${markdownTable(head, lines)}\n`;
    })
    .join('\n')}`;

const budgetNote =
  'The cheapest front end that stays within a budget on recordings not seen, as far as the others tell: expected is the mean over recordings that it was not fitted to, and the margin that nine of ten sets of as many others as the test part has stay within. Means over seeds.';

/** What a front has within budgets; nothing without any. */
function budgetMarkdown(rows: readonly FrontRow[], budgets: readonly number[]): string {
  if (budgets.length === 0) return '';
  const lines = withinBudgets(rows, budgets).map(budgetCells);
  return `### Within a budget\n\n${budgetNote}\n\n${markdownTable(budgetHead, lines)}\n\n`;
}

function budgetHtml(rows: readonly FrontRow[], budgets: readonly number[]): string {
  if (budgets.length === 0) return '';
  const lines = withinBudgets(rows, budgets).map(budgetCells);
  return `<section><h2>Within a budget</h2><p>${budgetNote}</p>${htmlTable('Within a budget', budgetHead, lines, 'front')}</section>`;
}

/** The model of a structure in the first seed that has one. */
const fileOf = ({ structure, kind }: Summary, rows: readonly FrontRow[]): string =>
  rows.find((r) => r.structure === structure && r.kind === kind && r.files.length > 0)?.files[0] ?? '-';

function groupHtml(title: string, rows: readonly FrontRow[], gallery: Gallery): string {
  const all = summaries(rows);
  const { head, lines } = frontTable(all);
  const points = rows
    .filter((r) => r.error > 1e-5)
    .map((r) => ({
      x: r.fftOperations / r.exactFftOperations,
      y: r.error,
      kind: r.kind,
      title: `${r.structure}: ${errorText(r.error)}`,
    }));
  const shown = all.filter((s) => s.kind === 'learned');
  const picked = [shown[0], shown[Math.floor(shown.length / 2)], shown[shown.length - 1]].filter(Boolean);
  const places = rowPlaces(rows[0]);
  const bands = [...new Set(picked)].flatMap((s) => {
    const row = rows.find((r) => r.structure === s.structure && r.kind === 'learned') as FrontRow;
    return row.bandErrors.flatMap((error, band) =>
      error === null ? [] : [{ at: places.at[band] ?? band, error, structure: s.structure }],
    );
  });
  return `<section><h2>${escapeHtml(title)}</h2><p>${escapeHtml(verdict(all))}</p>
${frontPlot(points)}
${htmlTable(
  title,
  [...head, 'model (first seed)'],
  lines.map((line, i) => [...line, fileOf(all[i], rows)]),
  'comparison front',
)}
${lineOrNote(bands, { x: 'at', y: 'error', color: 'structure', xLabel: places.label, yLabel: 'mean error, log10', zero: true })}
${binMapsHtml(rows, gallery)}
${examplesHtml(rows, gallery)}</section>`;
}

/** What searches were made with, each combination once. */
const settingsOf = (rows: readonly FrontRow[]): string[] => [
  ...new Set(
    rows.flatMap(({ settings }) =>
      settings === undefined
        ? []
        : [
            Object.entries(settings)
              .map(([name, value]) => `${name} ${value}`)
              .join(', '),
          ],
    ),
  ),
];

/** The page, with what it shows of the files in the folder of its rows. */
export const frontHtml = (
  rows: readonly FrontRow[],
  folder: string,
  writtenBy: string,
  budgets: readonly number[] = [],
): string => {
  const gallery = galleryOf(folder);
  return page(
    'What less computing costs',
    `<p class="note">${escapeHtml(explanation)} Beside each model lies its kernel, the same name with the ending .wasm; kernel.js loads it.</p>
${budgetHtml(rows, budgets)}
${groupsOf(rows)
  .map(({ title, rows: g }) => groupHtml(title, g, gallery))
  .join('\n')}`,
    { commands: [...rows.flatMap((r) => r.command ?? []), writtenBy], facts: settingsOf(rows) },
    true,
  );
};
