/** SVG plots for reports, drawn by Observable Plot on a linkedom document. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

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

const palette = [
  '#2b6ca3',
  '#d1662f',
  '#4c9a5b',
  '#9355a8',
  '#b8962e',
  '#3f9aa5',
  '#b84a6a',
  '#6b7a3a',
  '#5b5ea6',
  '#8a6f5a',
  '#777777',
  '#c2577f',
];
const shared = {
  document: document as unknown as Document,
  width: 640,
  height: 280,
  marginLeft: 64,
  style: { background: 'transparent', fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
};

/** The picture alone: Plot wraps a legend around it, which we draw ourselves. */
function markup(options: Plot.PlotOptions): string {
  const svg = Plot.plot({ ...shared, ...options });
  return `<div class="plot">${(svg as unknown as { outerHTML: string }).outerHTML}</div>`;
}

/** Colour of the i-th thing in a picture, as in plots. */
export const paletteRgb = (i: number): [number, number, number] => {
  const hex = palette[i % palette.length];
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as [number, number, number];
};

export const legend = (names: readonly string[]): string =>
  names.length < 2
    ? ''
    : `<p>${names.map((n, i) => `<span class="key"><i style="background: ${palette[i % palette.length]}"></i>${escapeHtml(n)}</span>`).join('')}</p>`;

interface LineOptions {
  readonly x: string;
  readonly y: string;
  readonly color: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly log?: boolean;
  /** Start the vertical axis at zero. */
  readonly zero?: boolean;
}

type Point = Readonly<Record<string, string | number>>;

/** Lines through points, one per colour; a note when there is nothing finite to draw. */
export function lineOrNote(points: readonly Point[], options: LineOptions): string {
  const drawn = points.filter(
    (p) => Number.isFinite(p[options.y]) && (!options.log || (p[options.y] as number) > 0),
  );
  if (drawn.length === 0) return '<p class="note">No values to draw.</p>';
  const names = [...new Set(drawn.map((p) => String(p[options.color])))];
  return `<div>${
    legend(names) +
    markup({
      x: { label: options.xLabel },
      y: {
        label: options.yLabel,
        grid: true,
        ...(options.zero ? { zero: true } : {}),
        ...(options.log ? { type: 'log' as const, tickFormat: '.0e', ticks: 6 } : {}),
      },
      color: { domain: names, range: palette.slice(0, names.length) },
      marks: [Plot.lineY(drawn, { x: options.x, y: options.y, stroke: options.color, strokeWidth: 1.8 })],
    })
  }</div>`;
}

/** Error against the share of the exact kernel's operations, by kind of front end; names as tooltips. */
export function frontPlot(points: readonly { x: number; y: number; kind: string; title: string }[]): string {
  if (points.length === 0) return '<p class="note">Nothing beside the exact kernel.</p>';
  const kinds = [...new Set(points.map((p) => p.kind))].sort().reverse();
  return (
    legend(kinds) +
    markup({
      height: 360,
      marginBottom: 44,
      x: { label: "share of the exact kernel's FFT operations", grid: true, tickFormat: '.0%' },
      y: { label: 'test error, log10', grid: true, type: 'log', tickFormat: '.2~g' },
      color: { domain: kinds, range: palette.slice(0, kinds.length) },
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
    markup({
      height: 320,
      marginBottom: 44,
      x: { label: labels.xLabel, grid: true },
      y: { label: labels.yLabel, grid: true, type: 'log', tickFormat: '.2~g' },
      color: { domain: kinds, range: kinds.map((_, i) => palette[i % palette.length]) },
      marks: [
        Plot.ruleX(drawn, { x: 'x', y1: 'low', y2: 'high', stroke: 'kind', strokeOpacity: 0.5 }),
        Plot.dot(drawn, { x: 'x', y: 'y', fill: 'kind', fillOpacity: 0.85, r: 4, title: 'title' }),
      ],
    })
  );
}

type Bare =
  | {
      readonly kind: 'twiddles';
      readonly points: readonly { stage: number; re: number; im: number; exactRe: number; exactIm: number }[];
    }
  | {
      readonly kind: 'front';
      readonly points: readonly {
        name: string;
        operations: number;
        validationError: number;
        chosen: boolean;
      }[];
      readonly budget: number;
    };

/** The two scatter plots of a report. */
export function barePlot(plot: Bare): string {
  if (plot.kind === 'twiddles') {
    const stages = [...new Set(plot.points.map((p) => p.stage))];
    const circle = Array.from({ length: 121 }, (_, i) => ({
      x: Math.cos((Math.PI * i) / 60),
      y: Math.sin((Math.PI * i) / 60),
    }));
    return (
      legend(stages.map((s) => `stage ${s}`)) +
      markup({
        width: 420,
        height: 420,
        aspectRatio: 1,
        x: { label: 'real', domain: [-1.15, 1.15] },
        y: { label: 'imaginary', domain: [-1.15, 1.15] },
        r: { type: 'identity' },
        color: { domain: stages, range: palette.slice(0, stages.length), type: 'categorical' },
        marks: [
          Plot.line(circle, { x: 'x', y: 'y', stroke: 'currentColor', strokeOpacity: 0.25 }),
          Plot.dot(plot.points, {
            x: 'exactRe',
            y: 'exactIm',
            r: 4.5,
            stroke: 'currentColor',
            strokeOpacity: 0.35,
          }),
          Plot.dot([...plot.points].reverse(), {
            x: 're',
            y: 'im',
            r: (p: { stage: number }) => 2 + 0.45 * (stages.length - p.stage),
            fill: 'stage',
          }),
        ],
      })
    );
  }
  const points = plot.points.filter((p) => Number.isFinite(p.validationError));
  if (points.length === 0) return '<p class="note">No structures were tried.</p>';
  const named = points.filter((p) => p.chosen || p.validationError <= plot.budget);
  return markup({
    marginRight: 80,
    height: 340,
    x: { label: 'operations per frame', grid: true },
    y: { label: 'validation error', grid: true, type: 'sqrt' },
    marks: [
      Plot.ruleY([plot.budget], { stroke: '#d1662f', strokeDasharray: '4 3' }),
      Plot.dot(points, { x: 'operations', y: 'validationError', r: 3.5, fill: '#2b6ca3', fillOpacity: 0.75 }),
      Plot.dot(
        points.filter((p) => p.chosen),
        { x: 'operations', y: 'validationError', r: 8, stroke: '#d1662f', strokeWidth: 2 },
      ),
      Plot.text(
        named.filter((p) => p.chosen),
        { x: 'operations', y: 'validationError', text: 'name', dy: -14, fontSize: 11 },
      ),
    ],
  });
}
