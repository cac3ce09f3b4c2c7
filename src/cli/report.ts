/** The report of a learn job: one HTML file that opens offline, complete without script. */
import type { ButterflyState } from '../learn.ts';
import type { FeatureError } from '../front.ts';
import { gateMapHtml } from './report/gate-map.ts';
import { escapeHtml, lineOrNote, structurePlot, twiddlePlot } from './report/plots.ts';
import { htmlList, htmlTable, page, type Reproduction } from './report/page.ts';
import { diverging, pngDataUrl, sequential } from './report/png.ts';

interface ReportRow {
  readonly name: string;
  readonly mul: number | null;
  readonly add: number | null;
  readonly nsTransform: number;
  readonly nsTransformSpread: number;
  readonly nsPerFrame: number;
  readonly nsPerFrameSpread: number;
  readonly error: number;
  readonly errorP95: number;
}

interface ReportSummary {
  readonly seed: number;
  readonly start: string;
  readonly feature: string;
  readonly nFft: number;
  readonly budget: number;
  readonly structure: string;
  readonly startError: number;
  readonly spectrumErrorAfterPhase1: number;
  readonly snapDistance: number;
  readonly validationError: number;
  readonly testError: number;
  readonly testErrorP95: number;
  readonly activeButterflies: number;
  readonly totalButterflies: number;
  readonly trainSeconds: number;
}

/** Plain data: everything a report shows. Errors are in log10 units. */
export interface ReportData {
  readonly summary: ReportSummary;
  readonly table: readonly ReportRow[];
  readonly curves: {
    readonly spectrum: readonly { step: number; loss: number; error: number }[];
    readonly gates: readonly { step: number; loss: number; validationError: number; open: number }[];
  };
  readonly gateMap: {
    readonly stages: number;
    readonly butterflies: number;
    readonly state: readonly (readonly ButterflyState[])[];
  };
  readonly twiddles: readonly { stage: number; re: number; im: number; exactRe: number; exactIm: number }[];
  /** What the numbers of a result are told apart by, as a label: middles of bands in Hz, or their places (cepstra, sums of features). */
  readonly axis: string;
  readonly bands: readonly { at: number; mean: number; p95: number }[];
  readonly spectrogram: {
    readonly file: string;
    readonly width: number;
    readonly frames: number;
    readonly hopSeconds: number;
    /** [frames, width] */
    readonly exact: readonly number[];
    readonly learned: readonly number[];
  };
  readonly recordings: FeatureError['recordings'];
  readonly front: readonly { name: string; operations: number; validationError: number; chosen: boolean }[];
  readonly verdict: readonly string[];
  readonly reproduction: {
    readonly command: string;
    readonly version: string;
    readonly node: string;
    readonly date: string;
    readonly splits: {
      readonly train: readonly string[];
      readonly validation: readonly string[];
      readonly test: readonly string[];
    };
    readonly conventions: readonly string[];
  };
}

/** A number with sensible digits, or a dash. */
export function formatNumber(x: number | null): string {
  if (x === null || !Number.isFinite(x)) return '–';
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size < 1e-3 || size >= 1e6) {
    const [digits, exponent] = x.toExponential(1).split('e');
    return `${digits} · 10${exponent.startsWith('-') ? '⁻' : ''}${superscript(exponent.slice(1))}`;
  }
  return size >= 100 ? String(Math.round(x)) : x.toPrecision(3);
}

const superscript = (digits: string): string => [...digits].map((d) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(d)]).join('');

const section = (title: string, note: string, body: string): string =>
  `<section><h2>${escapeHtml(title)}</h2><p class="note">${escapeHtml(note)}</p>${body}</section>`;

function comparison(data: ReportData): string {
  const spread = (x: number, s: number): string => `${formatNumber(x)} ± ${formatNumber(s)}`;
  return htmlTable(
    'Comparison of front ends',
    [
      'front end',
      'mul / frame',
      'add / frame',
      'transform, ns',
      'whole frame, ns',
      'test error, log10',
      'p95, log10',
    ],
    data.table.map((r) => [
      r.name,
      formatNumber(r.mul),
      formatNumber(r.add),
      spread(r.nsTransform, r.nsTransformSpread),
      spread(r.nsPerFrame, r.nsPerFrameSpread),
      formatNumber(r.error),
      formatNumber(r.errorP95),
    ]),
    'comparison',
  );
}

function phase1(data: ReportData): string {
  if (data.curves.spectrum.length === 0)
    return section(
      'Phase 1: learning the transform',
      'Skipped: this job started from the exact transform (--start exact).',
      '',
    );
  const points = data.curves.spectrum.flatMap((p) => [
    { step: p.step, value: p.loss, what: 'loss' },
    { step: p.step, value: p.error, what: 'relative L2 error' },
  ]);
  return section(
    'Phase 1: learning the transform',
    `From random blocks, relative L2 error ${formatNumber(data.summary.startError)}, to ${formatNumber(data.summary.spectrumErrorAfterPhase1)} against the float64 DFT. The chain learns the complex DFT first, then the split stage the real one. Every canonical block is within ${formatNumber(data.summary.snapDistance)} of an exact twiddle block.`,
    lineOrNote(points, {
      x: 'step',
      y: 'value',
      color: 'what',
      xLabel: 'step',
      yLabel: 'loss and error',
      log: true,
    }),
  );
}

function phase2(data: ReportData): string {
  const { gates } = data.curves;
  if (gates.length === 0)
    return section(
      'Phase 2: scattered gates',
      'Not tried: gates belong to the butterflies of one network, and nothing is pruned here, or several transforms were chosen.',
      '',
    );
  const errors = gates.flatMap((p) => [
    { step: p.step, value: p.loss, what: 'objective' },
    ...(Number.isFinite(p.validationError)
      ? [{ step: p.step, value: p.validationError, what: 'validation error' }]
      : []),
  ]);
  const active = gates.map((p) => ({ step: p.step, value: p.open, what: 'open gates' }));
  return section(
    'Phase 2: scattered gates',
    'Soft gates on single butterflies of the chosen structure, trainings one after the other: skip gates, then drop gates, each with a weaker and a stronger penalty on open gates. They are kept only if the compiled program gets cheaper within the budget.',
    `<div class="pair">${lineOrNote(errors, { x: 'step', y: 'value', color: 'what', xLabel: 'step', yLabel: 'objective and validation error', log: true })}${lineOrNote(active, { x: 'step', y: 'value', color: 'what', xLabel: 'step', yLabel: 'share of open gates', zero: true })}</div>`,
  );
}

function gates(data: ReportData): string {
  return section(
    'Gate map',
    `Butterflies of the chain by stage, first executed stage on top: ${data.summary.activeButterflies} of ${data.summary.totalButterflies} are computed. reverse: its outputs are swapped; drop-sum, drop-difference: one of two outputs is not computed; dead: neither is, or everything that feeds it, or that it feeds, is dropped.`,
    gateMapHtml(data.gateMap.state),
  );
}

function twiddles(data: ReportData): string {
  if (data.twiddles.length === 0)
    return section('Learned twiddles', 'Not learned in this job: it started from the exact transform.', '');
  return section(
    'Learned twiddles',
    'Entries of the canonical blocks in the complex plane (dots), one colour per stage, over the exact twiddles (rings).',
    twiddlePlot(data.twiddles),
  );
}

function bands(data: ReportData): string {
  const points = data.bands.flatMap((b) => [
    { at: b.at, value: b.mean, what: 'mean' },
    { at: b.at, value: b.p95, what: '95th percentile' },
  ]);
  return section(
    'Error per band',
    'Absolute difference of the features on the test recordings, in log10.',
    lineOrNote(points, {
      x: 'at',
      y: 'value',
      color: 'what',
      xLabel: data.axis.endsWith('Hz') ? 'centre frequency, Hz' : 'number in the result',
      yLabel: '|difference|, log10',
    }),
  );
}

function spectrogram(data: ReportData): string {
  const { file, width, frames, hopSeconds, exact, learned } = data.spectrogram;
  const ends = [data.bands[0]?.at ?? NaN, data.bands[data.bands.length - 1]?.at ?? NaN].map((at) =>
    data.axis.endsWith('Hz') ? `${formatNumber(at)} Hz` : formatNumber(at),
  );
  if (frames === 0) return section('Features', 'No test frames to show.', '');
  const [low, high] = exact.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  const limit = 0.5;
  const picture = (
    title: string,
    color: (f: number, m: number) => readonly [number, number, number],
    scale: string,
  ): string => {
    const url = pngDataUrl(frames, width, (x, y) => color(x, width - 1 - y));
    return `<figure><figcaption>${escapeHtml(title)}</figcaption><div class="raster"><span class="axis">${ends[1]}</span><img alt="${escapeHtml(title)}" src="${url}"><span class="axis low">${ends[0]}</span></div><p class="scale">0 to ${formatNumber(frames * hopSeconds)} s · ${escapeHtml(scale)}</p></figure>`;
  };
  const level = (values: readonly number[]) => (f: number, m: number) =>
    sequential((values[f * width + m] - low) / (high - low || 1));
  const range = `dark to light: ${formatNumber(low)} to ${formatNumber(high)} in log10`;
  return section(
    'Features of a test recording',
    file,
    picture('exact', level(exact), range) +
      picture('learned', level(learned), range) +
      picture(
        'difference, learned − exact',
        (f, m) => diverging(0.5 + (learned[f * width + m] - exact[f * width + m]) / (2 * limit)),
        `blue to red: −${limit} to +${limit} in log10`,
      ),
  );
}

function front(data: ReportData): string {
  return section(
    'Structures tried',
    'Validation error against real operations per frame of the compiled front end.',
    structurePlot(data.front, data.summary.budget),
  );
}

function recordings(data: ReportData): string {
  return section(
    'Test recordings',
    'Mean and 95th percentile of |log10 difference|; frames whose target lies wholly on the floor are excluded.',
    htmlTable(
      'Test recordings',
      ['recording', 'frames', 'frames excluded', 'mean, log10', 'p95, log10'],
      data.recordings.map((r) => [
        r.file,
        String(r.frames),
        String(r.excludedFrames),
        formatNumber(r.mean),
        formatNumber(r.p95),
      ]),
    ),
  );
}

function reproduction(data: ReportData): Reproduction {
  const { command, version, node, date, splits, conventions } = data.reproduction;
  return {
    commands: [command],
    facts: [
      `seed ${data.summary.seed}, start ${data.summary.start}`,
      `papilio ${version}, Node ${node}, ${date}`,
    ],
    more: `<details><summary>Recordings and conventions</summary>${htmlList([
      ...Object.entries(splits).map(([part, files]) => `${part}: ${files.join(', ')}`),
      ...conventions,
    ])}</details>`,
  };
}

/** The HTML of a report. */
export function renderReport(data: ReportData): string {
  const { summary } = data;
  const facts: readonly (readonly [string, string])[] = [
    ['chosen structure', summary.structure],
    ['test error, log10', formatNumber(summary.testError)],
    [
      'validation error / budget, log10',
      `${formatNumber(summary.validationError)} / ${formatNumber(summary.budget)}`,
    ],
    ['active butterflies', `${summary.activeButterflies} of ${summary.totalButterflies}`],
    ['feature', `${summary.feature}, n_fft ${summary.nFft}`],
    ['training', `${formatNumber(summary.trainSeconds)} s, seed ${summary.seed}`],
  ];
  return page(
    'A learned front end',
    `<p class="lead">${escapeHtml(data.verdict[0] ?? '')}</p>
${data.verdict
  .slice(1)
  .map((v) => `<p>${escapeHtml(v)}</p>`)
  .join('\n')}
<dl>${facts.map(([k, v]) => `<div><dt>${escapeHtml(k)}</dt><dd>${escapeHtml(v)}</dd></div>`).join('')}</dl>
${section('Comparison', 'Operations are counted from the compiled programs, the whole front end included. Times are medians of interleaved samples ± half the interquartile range. Errors are mean absolute differences of the features, in log10, on the test recordings.', comparison(data))}
${phase1(data)}
${front(data)}
${gates(data)}
${phase2(data)}
${twiddles(data)}
${bands(data)}
${spectrogram(data)}
${recordings(data)}`,
    reproduction(data),
  );
}
