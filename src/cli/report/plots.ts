/** SVG plots for reports, drawn by Observable Plot on a linkedom document. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { seriesColor, seriesColors } from './colors.ts';
import { colorKey, escapeHtml } from './html.ts';
import type { Drawing } from './report.ts';

const { document } = parseHTML('<html><body></body></html>');

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

export const legend = (names: readonly string[]): string =>
  names.length < 2 ? '' : `<p>${names.map((n, i) => colorKey(seriesColor(i), n)).join(' ')}</p>`;

/** A point of a series; dots may have a tooltip and a spread. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly series: string;
  readonly title?: string;
  readonly low?: number;
  readonly high?: number;
}

interface PlotOptions {
  readonly xLabel: string;
  readonly yLabel: string;
  /** Points alone, not lines through them. */
  readonly dots?: boolean;
  readonly scale?: 'log' | 'sqrt';
  /** Of the horizontal axis: powers of two, or parts of 1. */
  readonly along?: 'octaves' | 'percent';
  /** Start the vertical axis at zero. */
  readonly zero?: boolean;
  /** A dashed line, and what it is. */
  readonly limit?: { readonly y: number; readonly text: string };
}

/** Points of a line so few that each is marked. */
const markedPoints = 40;

/** Tenths and below in powers of ten, which stay short. */
const powers = (x: number): string => (x < 1e-3 ? x.toExponential(0) : String(Number(x.toPrecision(2))));
const vertical = { log: { type: 'log', tickFormat: powers, ticks: 6 }, sqrt: { type: 'sqrt' } } as const;

const horizontal = (points: readonly Point[], along: PlotOptions['along']): Plot.ScaleOptions => {
  if (along !== 'octaves') return along ? { tickFormat: '.0%' } : {};
  const octaves = [...new Set(points.map((p) => p.x))].filter((x) => Number.isInteger(Math.log2(x)));
  return { type: 'log', base: 2, tickFormat: 'd', ticks: octaves };
};

const marksOf = (drawn: readonly Point[], dots: boolean, few: boolean): Plot.Markish[] =>
  dots
    ? [
        Plot.ruleX(
          drawn.filter((p) => p.low !== undefined),
          { x: 'x', y1: 'low', y2: 'high', stroke: 'series', strokeOpacity: 0.5 },
        ),
        Plot.dot(drawn, { x: 'x', y: 'y', fill: 'series', fillOpacity: 0.8, r: 4, title: 'title' }),
      ]
    : [
        Plot.lineY(drawn, { x: 'x', y: 'y', z: 'series', stroke: 'series', strokeWidth: 1.8 }),
        ...(few ? [Plot.dot(drawn, { x: 'x', y: 'y', fill: 'series', r: 2.5 })] : []),
      ];

/** Points by series, a colour each; a note when there is nothing finite to draw. */
export function plot(
  points: readonly Point[],
  { xLabel, yLabel, dots = false, scale, along, zero = false, limit }: PlotOptions,
): Drawing {
  const drawn = points.filter((p) => Number.isFinite(p.y) && (scale !== 'log' || (p.low ?? p.y) > 0));
  const names = [...new Set(drawn.map((p) => p.series))];
  const marks = marksOf(drawn, dots, drawn.length <= markedPoints * names.length);
  const limitKey = limit && `<p><span class="key"><i class="dashed"></i>${escapeHtml(limit.text)}</span></p>`;
  const html = (): string =>
    drawn.length === 0
      ? '<p class="note">No values to draw.</p>'
      : `<div>${legend(names)}${limitKey ?? ''}${markup(`${yLabel} against ${xLabel}`, {
          x: { label: xLabel, grid: dots, ...horizontal(drawn, along) },
          y: { label: yLabel, grid: true, zero, ...(scale && vertical[scale]) },
          color: { domain: names, range: seriesColors(names.length) },
          marks: [
            ...(limit ? [Plot.ruleY([limit.y], { stroke: 'currentColor', strokeDasharray: '4 3' })] : []),
            ...marks,
          ],
        })}</div>`;
  return { kind: 'plot', html };
}

export interface Twiddle {
  readonly stage: number;
  readonly re: number;
  readonly im: number;
  readonly exactRe: number;
  readonly exactIm: number;
}

/** Learned twiddles in the complex plane, one colour per stage, over the exact ones. */
export function twiddlePlot(points: readonly Twiddle[]): Drawing {
  const stages = [...new Set(points.map((p) => p.stage))];
  const circle = Array.from({ length: 121 }, (_, i) => ({
    x: Math.cos((Math.PI * i) / 60),
    y: Math.sin((Math.PI * i) / 60),
  }));
  const html = (): string =>
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
    });
  return { kind: 'picture', html };
}
