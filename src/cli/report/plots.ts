/** SVG plots for reports, drawn by Observable Plot on a linkedom document. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { seriesColor, seriesColors } from './colors.ts';

const { document } = parseHTML('<html><body></body></html>');

const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML content and quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => replacements[c]);

/** A picture is drawn for columns of three widths, and the stylesheet shows the one that fits: text keeps its size. */
const drawings = [
  { name: 'narrow', width: 360, height: 270 },
  { name: 'middle', width: 600, height: 310 },
  { name: 'wide', width: 900, height: 350 },
] as const;

const shared = {
  document: document as unknown as Document,
  marginLeft: 58,
  marginRight: 24,
  marginTop: 34,
  marginBottom: 46,
  style: { background: 'transparent', fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
};

/** One drawing as wide as its column: an image with a name, whose parts have none of their own. */
function drawing(options: Plot.PlotOptions, name: string, label: string): string {
  const svg = Plot.plot({ ...shared, ...options }) as unknown as Element;
  for (const part of svg.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  for (const attribute of ['width', 'height']) svg.removeAttribute(attribute);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.setAttribute('class', `${svg.getAttribute('class') ?? ''} ${name}`.trim());
  return svg.outerHTML;
}

/** The picture alone: Plot wraps a legend around it, which we draw ourselves. */
const markup = (label: string, options: Plot.PlotOptions): string =>
  `<div class="plot">${drawings
    .map(({ name, width, height }) => drawing({ width, height, ...options }, name, label))
    .join('')}</div>`;

/** A square picture, which one drawing serves. */
const squareMarkup = (label: string, options: Plot.PlotOptions): string =>
  `<div class="plot square">${drawing({ width: 440, height: 440, ...options }, 'only', label)}</div>`;

const key = (color: string, text: string): string =>
  `<span class="key"><i style="background: ${color}"></i>${escapeHtml(text)}</span>`;

export const legend = (names: readonly string[]): string =>
  names.length < 2 ? '' : `<p>${names.map((n, i) => key(seriesColor(i), n)).join(' ')}</p>`;

interface LineOptions {
  readonly x: string;
  readonly y: string;
  readonly color: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly log?: boolean;
  /** A horizontal axis of powers of two. */
  readonly octaves?: boolean;
  /** Start the vertical axis at zero. */
  readonly zero?: boolean;
}

type Point = Readonly<Record<string, string | number>>;

/** Points of a line so few that each is marked. */
const markedPoints = 40;

/** Lines through points, one per colour; a note when there is nothing finite to draw. */
export function lineOrNote(points: readonly Point[], options: LineOptions): string {
  const drawn = points.filter(
    (p) => Number.isFinite(p[options.y]) && (!options.log || (p[options.y] as number) > 0),
  );
  if (drawn.length === 0) return '<p class="note">No values to draw.</p>';
  const names = [...new Set(drawn.map((p) => String(p[options.color])))];
  const marked = drawn.length <= markedPoints * names.length ? drawn : [];
  return `<div>${
    legend(names) +
    markup(`${options.yLabel} against ${options.xLabel}`, {
      x: {
        label: options.xLabel,
        ...(options.octaves ? { type: 'log' as const, base: 2, tickFormat: 'd' } : {}),
      },
      y: {
        label: options.yLabel,
        grid: true,
        ...(options.zero ? { zero: true } : {}),
        ...(options.log ? { type: 'log' as const, tickFormat: '.0e', ticks: 6 } : {}),
      },
      color: { domain: names, range: seriesColors(names.length) },
      marks: [
        Plot.lineY(drawn, {
          x: options.x,
          y: options.y,
          z: options.color,
          stroke: options.color,
          strokeWidth: 1.8,
        }),
        Plot.dot(marked, { x: options.x, y: options.y, fill: options.color, r: 2.5 }),
      ],
    })
  }</div>`;
}

/** Error against the share of the exact kernel's operations, by kind of front end; names as tooltips. */
export function frontPlot(points: readonly { x: number; y: number; kind: string; title: string }[]): string {
  if (points.length === 0) return '<p class="note">Nothing beside the exact kernel.</p>';
  const kinds = [...new Set(points.map((p) => p.kind))].sort().reverse();
  return (
    legend(kinds) +
    markup("test error in log10 against the share of the exact kernel's FFT operations", {
      x: { label: "share of the exact kernel's FFT operations", grid: true, tickFormat: '.0%' },
      y: { label: 'test error, log10', grid: true, type: 'log', tickFormat: '.2~g' },
      color: { domain: kinds, range: seriesColors(kinds.length) },
      marks: [Plot.dot(points, { x: 'x', y: 'y', fill: 'kind', fillOpacity: 0.8, r: 4, title: 'title' })],
    })
  );
}

/** Medians with their spread, by name: named by tooltip, coloured by the first word. */
export function spreadPlot(
  points: readonly { name: string; x: number; low: number; y: number; high: number }[],
  labels: { readonly xLabel: string; readonly yLabel: string },
): string {
  const drawn = points
    .filter((p) => p.low > 0)
    .map((p) => ({ ...p, kind: p.name.split(', ')[0], title: `${p.name}: ${p.y.toPrecision(3)}` }));
  if (drawn.length === 0) return '<p class="note">No values to draw.</p>';
  const kinds = [...new Set(drawn.map((p) => p.kind))];
  return (
    legend(kinds) +
    markup(`${labels.yLabel} against ${labels.xLabel}`, {
      x: { label: labels.xLabel, grid: true },
      y: { label: labels.yLabel, grid: true, type: 'log', tickFormat: '.2~g' },
      color: { domain: kinds, range: seriesColors(kinds.length) },
      marks: [
        Plot.ruleX(drawn, { x: 'x', y1: 'low', y2: 'high', stroke: 'kind', strokeOpacity: 0.5 }),
        Plot.dot(drawn, { x: 'x', y: 'y', fill: 'kind', fillOpacity: 0.85, r: 4, title: 'title' }),
      ],
    })
  );
}

/** Learned twiddles in the complex plane, one colour per stage, over the exact ones. */
export function twiddlePlot(
  points: readonly { stage: number; re: number; im: number; exactRe: number; exactIm: number }[],
): string {
  const stages = [...new Set(points.map((p) => p.stage))];
  const circle = Array.from({ length: 121 }, (_, i) => ({
    x: Math.cos((Math.PI * i) / 60),
    y: Math.sin((Math.PI * i) / 60),
  }));
  return (
    legend(stages.map((s) => `stage ${s}`)) +
    squareMarkup('learned twiddles over exact ones in the complex plane', {
      aspectRatio: 1,
      x: { label: 'real part', domain: [-1.15, 1.15] },
      y: { label: 'imaginary part', domain: [-1.15, 1.15] },
      r: { type: 'identity' },
      color: { domain: stages, range: seriesColors(stages.length), type: 'categorical' },
      marks: [
        Plot.line(circle, { x: 'x', y: 'y', stroke: 'currentColor', strokeOpacity: 0.25 }),
        Plot.dot(points, { x: 'exactRe', y: 'exactIm', r: 4.5, stroke: 'currentColor', strokeOpacity: 0.35 }),
        Plot.dot([...points].reverse(), {
          x: 're',
          y: 'im',
          r: (p: { stage: number }) => 2 + 0.45 * (stages.length - p.stage),
          fill: 'stage',
        }),
      ],
    })
  );
}

interface Structure {
  readonly name: string;
  readonly operations: number;
  readonly validationError: number;
  readonly chosen: boolean;
}

/** Validation error against operations of structures; the budget and the chosen one are named beside the picture. */
export function structurePlot(structures: readonly Structure[], budget: number): string {
  const points = structures.filter((p) => Number.isFinite(p.validationError));
  if (points.length === 0) return '<p class="note">No structures were tried.</p>';
  const chosen = points.filter((p) => p.chosen);
  const named = chosen.map(
    (p) => `<span class="key"><i class="ring"></i>chosen: ${escapeHtml(p.name)}</span>`,
  );
  const line = `<span class="key"><i class="dashed"></i>budget ${budget}, log10</span>`;
  const [plain, marked] = [seriesColor(0), seriesColor(1)];
  return `<p>${[key(plain, 'a structure'), ...named, line].join(' ')}</p>${markup(
    'validation error in log10 against operations per frame',
    {
      x: { label: 'operations per frame', grid: true },
      y: { label: 'validation error, log10', grid: true, type: 'sqrt' },
      marks: [
        Plot.ruleY([budget], { stroke: marked, strokeDasharray: '4 3' }),
        Plot.dot(points, {
          x: 'operations',
          y: 'validationError',
          r: 3.5,
          fill: plain,
          fillOpacity: 0.75,
          title: (p: Structure) => `${p.name}: ${p.validationError.toPrecision(3)}`,
        }),
        Plot.dot(chosen, { x: 'operations', y: 'validationError', r: 8, stroke: marked, strokeWidth: 2 }),
      ],
    },
  )}`;
}
