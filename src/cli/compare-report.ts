/** A comparison of models and kernels as text, Markdown, and a page, from its data alone. */
import { each, finite, listOf, matches, object, oneOf, optional, orNull, text } from '../formats/shape.ts';
import { differs, type Percentiles } from '../compiler.ts';
import { placesShape, placeText, type Places } from './band-places.ts';
import { textTable } from './progress.ts';
import { escapeHtml, lineOrNote } from './report/plots.ts';
import { htmlTable, markdownTable, page } from './report/page.ts';
import { formatNumber } from './report.ts';

export interface CompareRow {
  readonly name: string;
  readonly source: 'exact' | 'model' | 'kernel';
  /** Against the exact transform or features in float64: mean and 95th percentile. */
  readonly error: number;
  readonly errorP95: number;
  /** Mean error by band or bin; null where nothing was measured. */
  readonly bandErrors: readonly (number | null)[];
  readonly worst: { readonly band: number; readonly error: number };
  readonly mul: number;
  readonly add: number;
  readonly operations: number;
  readonly loads: number;
  readonly stores: number;
  /** Nanoseconds per unit, and over those of the exact kernel in the same round. */
  readonly ns: Percentiles;
  readonly timeRatio: Percentiles;
  readonly tableBytes: number;
  readonly codeBytes: number;
}

/** What `papilio compare --json` prints. The exact kernel is the first row. */
export interface Comparison {
  readonly kind: 'comparison';
  readonly subject: string;
  readonly unit: 'frame' | 'transform';
  readonly signals: string;
  readonly errorIs: string;
  readonly samples: number;
  /** What two exact kernels differed by in the same rounds, as a part of 1; absent in older files. */
  readonly timeNoise?: number;
  /** What bands or bins are told apart by; absent in older files. */
  readonly places?: Places;
  readonly rows: readonly CompareRow[];
  readonly command: string;
}

const percentiles = object({
  ...each(['p5', 'p50', 'p95'], finite),
  ...each(['p25', 'p75'], optional(finite)),
});

const comparisonShape = object({
  kind: oneOf(['comparison']),
  unit: oneOf(['frame', 'transform']),
  ...each(['subject', 'signals', 'errorIs', 'command'], text),
  samples: finite,
  timeNoise: optional(finite),
  places: optional(placesShape),
  rows: listOf(
    object({
      name: text,
      source: oneOf(['exact', 'model', 'kernel']),
      ...each(['error', 'errorP95', 'mul', 'add', 'operations', 'loads', 'stores'], finite),
      ...each(['tableBytes', 'codeBytes'], finite),
      bandErrors: listOf(orNull(finite)),
      worst: object(each(['band', 'error'], finite)),
      ns: percentiles,
      timeRatio: percentiles,
    }),
    1,
  ),
});

export const isComparison = (value: unknown): value is Comparison => matches(comparisonShape, value);

const error = (x: number): string => (x !== 0 && x < 1e-3 ? x.toExponential(1) : x.toFixed(4));

/** The median with the quartiles. */
const quartiles = ({ p5, p25 = p5, p50, p75, p95 }: Percentiles, text: (x: number) => string): string =>
  `${text(p50)} (${text(p25)} to ${text(p75 ?? p95)})`;

/** Ratios of times this near to 1 count as told. */
const tolerable = 0.1;

/** Are the quartiles on both sides of 1, and so far off that nothing can be said? */
const tooNoisy = ({ p5, p25 = p5, p75, p95 }: Percentiles): boolean => {
  const high = p75 ?? p95;
  return p25 < 1 && high > 1 && Math.max(1 - p25, high - 1) > tolerable;
};

const ratioText = (ratio: Percentiles): string => {
  const text = (x: number): string => x.toFixed(2);
  const { p5, p25 = p5, p75, p95 } = ratio;
  return tooNoisy(ratio) ? `too noisy to tell (${text(p25)} to ${text(p75 ?? p95)})` : quartiles(ratio, text);
};

/** Where bands or bins are; files of earlier versions number them. */
const placesOf = ({ unit, rows, places }: Comparison): Places =>
  places ?? { label: unit === 'frame' ? 'band' : 'bin', at: rows[0].bandErrors.map((_, i) => i) };

function table(c: Comparison): { head: string[]; body: string[][] } {
  const { unit, rows } = c;
  const [exact] = rows;
  const scale = unit === 'frame' ? 'log10' : 'relative L2';
  const places = placesOf(c);
  return {
    head: [
      'kernel',
      `error, ${scale}`,
      `p95, ${scale}`,
      `worst ${unit === 'frame' ? 'band' : 'bin'}, ${scale}`,
      `mul / ${unit}`,
      `add / ${unit}`,
      'operations, % of exact',
      `ns / ${unit} (quartiles)`,
      'time / exact (quartiles)',
      'tables, bytes',
      'code, bytes',
    ],
    body: rows.map((r) => [
      r.name,
      error(r.error),
      error(r.errorP95),
      `${error(r.worst.error)} (${placeText(places, r.worst.band)})`,
      formatNumber(r.mul),
      formatNumber(r.add),
      ((100 * r.operations) / exact.operations).toFixed(1),
      quartiles(r.ns, formatNumber),
      ratioText(r.timeRatio),
      String(r.tableBytes),
      String(r.codeBytes),
    ]),
  };
}

const explanation = (c: Comparison): string =>
  `${c.errorIs}, on ${c.signals}. Operations are real multiplications and additions per ${c.unit}, counted from the compiled programs. Times are medians of ${c.samples} samples of the float32 kernels (WebAssembly), taken in turn in an order that rotates, and of their ratio to the exact kernel in the same round${c.timeNoise === undefined ? '' : `; two exact kernels differed by ${(100 * c.timeNoise).toFixed(0)} % there, and what is nearer to 1 counts as as fast`}. Tables and code in bytes.`;

/** What is worth taking, in a sentence. Times count where they differ by more than equal kernels do. */
export function compareVerdict({ rows, timeNoise = 0 }: Comparison): string {
  const [exact, ...others] = rows;
  const isFaster = (r: CompareRow): boolean => r.timeRatio.p50 < 1 && differs(r.timeRatio, timeNoise);
  const cheaper = others.filter((r) => r.operations < exact.operations || isFaster(r));
  if (cheaper.length === 0)
    return 'Nothing here has fewer operations than the exact kernel, or is faster: use the exact kernel.';
  const finest = cheaper.reduce((a, b) => (b.error < a.error ? b : a));
  const faster = cheaper.filter(isFaster).sort((a, b) => a.timeRatio.p50 - b.timeRatio.p50);
  // The fastest, and what may be as fast: of these, the first is the fastest only by chance.
  const level = faster.filter((r) => (r.timeRatio.p25 ?? r.timeRatio.p5) <= upper(faster[0]) + timeNoise);
  const fastest = level.sort((a, b) => a.operations - b.operations || a.error - b.error).slice(0, 1);
  const timeText = ({ timeRatio }: CompareRow): string => {
    if (tooNoisy(timeRatio)) return 'a time too noisy to tell';
    const ratio = timeRatio.p50.toFixed(2);
    return differs(timeRatio, timeNoise) ? `${ratio} of its time` : `as fast (${ratio}, within the noise)`;
  };
  const text = (r: CompareRow): string =>
    `${r.name}: error ${error(r.error)} at ${((100 * r.operations) / exact.operations).toFixed(1)} % of the exact kernel's operations and ${timeText(r)}`;
  const lines = [...new Set([finest, ...fastest])].map(text).join('. ');
  const alike =
    level.length > 1 ? ` ${level.length} of them are equally fast, as far as these times tell.` : '';
  return `${lines}.${alike}${faster.length === 0 ? ' None is faster.' : ''}`;
}

const upper = ({ timeRatio: { p75, p95 } }: CompareRow): number => p75 ?? p95;

export const compareText = (c: Comparison): string => {
  const { head, body } = table(c);
  return `${c.subject}\n${textTable([head, ...body])}\n${compareVerdict(c)}\n`;
};

export const compareMarkdown = (c: Comparison): string => {
  const { head, body } = table(c);
  return `# ${c.subject}\n\n${compareVerdict(c)}\n\n${markdownTable(head, body)}\n\n${explanation(c)}\n`;
};

/** `writtenBy`: the command line that renders it. */
export function compareHtml(c: Comparison, writtenBy: string): string {
  const { head, body } = table(c);
  const places = placesOf(c);
  const points = c.rows
    .slice(1)
    .flatMap(({ name, bandErrors }) =>
      bandErrors.flatMap((e, i) => (e === null ? [] : [{ at: places.at[i] ?? i, error: e, name }])),
    );
  const title = `Models and kernels side by side`;
  return page(
    title,
    `<p class="lead">${escapeHtml(compareVerdict(c))}</p><p>${escapeHtml(c.subject)}</p>
${htmlTable('Models and kernels', head, body, 'comparison')}
<p class="note">${escapeHtml(explanation(c))}</p>
<h2>Error by ${c.unit === 'frame' ? 'band' : 'bin'}</h2>
${lineOrNote(points, { x: 'at', y: 'error', color: 'name', xLabel: places.label, yLabel: c.unit === 'frame' ? 'mean error, log10' : 'relative error, RMS', zero: true })}`,
    { commands: [c.command, writtenBy] },
    true,
  );
}
