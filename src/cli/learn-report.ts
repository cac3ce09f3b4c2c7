/** The report of a learn job. */
import {
  compileFrontEnd,
  resultHop,
  headWidth,
  type LearnResult,
  type Split,
  type HeadConfig,
} from '../front.ts';
import { canonicalize, gateMap, initialize, type ButterflyState } from '../learn.ts';
import { backendByName } from '../compiler.ts';
import { headPlaces, type Places } from './band-places.ts';
import { commandLine } from './command-line.ts';
import type { Row } from './contenders.ts';
import { errorText, formatNumber } from './report/figures.ts';
import { gateMapOf } from './report/gate-map.ts';
import { escapeHtml } from './report/html.ts';
import { plot, twiddlePlot } from './report/plots.ts';
import { diverging, pngDataUrl, sequential } from './report/png.ts';
import { section, tableOf, type Drawing, type Report, type Section } from './report/report.ts';
import { recordingTable, type Summary } from './summary.ts';
import { version } from './version.ts';

/** Plain data: everything that the report shows. Errors are in log10. */
export interface LearnPage {
  readonly summary: Summary;
  /** The learned kernel first. */
  readonly rows: readonly Row[];
  readonly curves: Pick<LearnResult, 'spectrumCurve' | 'gateCurve'>;
  readonly structures: readonly {
    name: string;
    operations: number;
    validationError: number;
    chosen: boolean;
  }[];
  readonly states: readonly (readonly ButterflyState[])[];
  readonly twiddles: readonly { stage: number; re: number; im: number; exactRe: number; exactIm: number }[];
  /** What the numbers of a result are told apart by. */
  readonly places: Places;
  /** Features [frames, width] of a test recording. */
  readonly picture: {
    readonly file: string;
    readonly width: number;
    readonly hopSeconds: number;
    readonly exact: Float64Array;
    readonly learned: ArrayLike<number>;
  };
  readonly verdict: readonly string[];
  readonly command: string;
  readonly conventions: readonly string[];
}

/** Frames of a picture of features. */
const pictureFrames = 400;

/** First numbers of the rows j >= 1 of the canonical blocks: the twiddles, beside the exact ones. */
function learnedTwiddles(result: LearnResult): LearnPage['twiddles'] {
  if (!result.learned) return [];
  const { network } = result.learned;
  const learned = canonicalize(network, result.learned.values).values;
  const exact = initialize(network, 'exact', 0);
  let stride = 1;
  return network.stages.flatMap(({ radix: r }, stage) => {
    const name = `stage${stage}.block`;
    // One butterfly per distinct twiddle: those of the first group.
    const rows = Array.from({ length: stride * (r - 1) }, (_, i) => {
      const at = 2 * r * (r * Math.floor(i / (r - 1)) + 1 + (i % (r - 1)));
      return {
        stage,
        re: learned[name][at],
        im: learned[name][at + 1],
        exactRe: exact[name][at],
        exactIm: exact[name][at + 1],
      };
    });
    stride *= r;
    return rows;
  });
}

/** A head in words. */
function headText(head: HeadConfig): string {
  const { window, windowLength, nFft, hop, bank, cepstrum, log, average, fit } = head;
  const banks =
    bank === null
      ? 'single bins'
      : bank.kind === 'mel'
        ? `${bank.bands} ${bank.scale} mels, ${bank.norm} norm`
        : bank.kind;
  return [
    `${head.windowKind} ${String(window)} of ${windowLength ?? nFft} samples centred in n_fft ${nFft}, hop ${hop}, no padding`,
    ...(average === 'none' ? [] : [`averages over ${fit} samples`]),
    banks,
    `${log?.kind}(max(E, ${log?.floor}))`,
    ...(cepstrum ? [`${cepstrum.count} coefficients`] : []),
    ...(head.also ? [`and ${head.also.length} more over the same spectrum`] : []),
  ].join('; ');
}

interface Input {
  readonly summary: Summary;
  readonly result: LearnResult;
  readonly rows: readonly Row[];
  readonly split: Split;
  readonly head: HeadConfig;
  readonly targets: readonly Float64Array[];
  readonly verdict: readonly string[];
}

export function learnPage({ summary, result, rows, split, head, targets, verdict }: Input): LearnPage {
  const shown = Math.max(
    0,
    split.test.findIndex((r) => r.name.startsWith('speech')),
  );
  const width = headWidth(head);
  const front = compileFrontEnd(result.model, backendByName('wasm'));
  return {
    summary,
    rows,
    curves: result,
    structures: result.front.map((c) => ({
      ...c,
      chosen: c.name === result.chosen.name && c.gates === result.chosen.gates,
    })),
    states: gateMap(result.tree.network, result.tree.values),
    twiddles: learnedTwiddles(result),
    places: headPlaces(head),
    picture: {
      file: split.test[shown].name,
      width,
      hopSeconds: resultHop(head) / head.sampleRate,
      exact: targets[shown].subarray(0, pictureFrames * width),
      learned: front.features(split.test[shown].samples),
    },
    verdict,
    command: commandLine(),
    conventions: [
      `${head.sampleRate} Hz mono, samples in [-1, 1]`,
      headText(head),
      'errors are mean absolute differences in log10, results wholly on the floor excluded',
      'targets are computed by a direct float64 DFT; operations are counted from the compiled program',
    ],
  };
}

function comparison({ rows }: LearnPage): Section {
  const spread = (x: number, s: number): string => `${formatNumber(x)} ± ${formatNumber(s)}`;
  return section(
    'Comparison',
    'Operations are counted from the compiled programs, the whole front end included. Times are medians of interleaved samples ± half the interquartile range. Errors are mean absolute differences of the features, in log10, on the test recordings.',
    tableOf(
      'Comparison of front ends',
      rows,
      {
        'front end': (r) => r.name,
        'mul / frame': (r) => formatNumber(r.mul),
        'add / frame': (r) => formatNumber(r.add),
        'FFT operations': (r) => formatNumber(r.transformOperations),
        'transform, ns': (r) => spread(r.nsTransform, r.nsTransformSpread),
        'whole frame, ns': (r) => spread(r.nsPerFrame, r.nsPerFrameSpread),
        'test error, log10': (r) => errorText(r.error.mean),
        'p95, log10': (r) => errorText(r.error.p95),
      },
      'comparison',
    ),
  );
}

function phase1({ summary, curves }: LearnPage): Section {
  const title = 'Phase 1: learning the transform';
  if (curves.spectrumCurve.length === 0)
    return section(title, 'Skipped: this job started from the exact transform (--start exact).');
  const points = curves.spectrumCurve.flatMap(({ step: x, loss, error }) => [
    { x, y: loss, series: 'loss' },
    { x, y: error, series: 'relative L2 error' },
  ]);
  return section(
    title,
    `From random blocks, relative L2 error ${formatNumber(summary.startError)}, to ${formatNumber(summary.spectrumErrorAfterPhase1)} against the float64 DFT. The chain learns the complex DFT first, then the split stage the real one. Every canonical block is within ${formatNumber(summary.snapDistance)} of an exact twiddle block.`,
    plot(points, { xLabel: 'step', yLabel: 'loss and error', scale: 'log' }),
  );
}

function phase2({ curves: { gateCurve } }: LearnPage): Section {
  const title = 'Phase 2: scattered gates';
  if (gateCurve.length === 0)
    return section(
      title,
      'Not tried: gates belong to the butterflies of one network, and nothing is pruned here, or several transforms were chosen.',
    );
  const errors = gateCurve.flatMap(({ step: x, loss, validationError }) => [
    { x, y: loss, series: 'objective' },
    { x, y: validationError, series: 'validation error' },
  ]);
  const open = gateCurve.map(({ step: x, open: y }) => ({ x, y, series: 'open gates' }));
  return section(
    title,
    'Soft gates on single butterflies of the chosen structure, trainings one after the other: skip gates, then drop gates, each with a weaker and a stronger penalty on open gates. They are kept only if the compiled program gets cheaper within the budget.',
    plot(errors, { xLabel: 'step', yLabel: 'objective and validation error', scale: 'log' }),
    plot(open, { xLabel: 'step', yLabel: 'share of open gates', zero: true }),
  );
}

function structuresTried({ structures, summary: { budget } }: LearnPage): Section {
  const points = structures.map(({ name, operations: x, validationError: y, chosen }) => {
    const series = chosen ? `chosen: ${name}` : 'a structure';
    return { x, y, series, title: `${name}: ${y.toPrecision(3)}` };
  });
  return section(
    'Structures tried',
    'Validation error against real operations per frame of the compiled front end.',
    plot(points, {
      xLabel: 'operations per frame',
      yLabel: 'validation error, log10',
      dots: true,
      scale: 'sqrt',
      limit: { y: budget, text: `budget ${budget}, log10` },
    }),
  );
}

const gates = ({ states, summary }: LearnPage): Section =>
  section(
    'Gate map',
    `Butterflies of the chain by stage, first executed stage on top: ${summary.activeButterflies} of ${summary.totalButterflies} are computed. reverse: its outputs are swapped; drop-sum, drop-difference: one of two outputs is not computed; dead: neither is, or everything that feeds it, or that it feeds, is dropped.`,
    gateMapOf(states),
  );

const learnedBlocks = ({ twiddles }: LearnPage): Section =>
  twiddles.length === 0
    ? section('Learned twiddles', 'Not learned in this job: it started from the exact transform.')
    : section(
        'Learned twiddles',
        'Entries of the canonical blocks in the complex plane (dots), one colour per stage, over the exact twiddles (rings).',
        twiddlePlot(twiddles),
      );

/** What is measured at each place of a result: nothing where every frame was left out. */
function bands({ rows: [learned], places }: LearnPage): Section {
  const points = learned.error.perBand.flatMap(({ mean, p95, count }, m) =>
    count === 0
      ? []
      : [
          { x: places.at[m], y: mean, series: 'mean' },
          { x: places.at[m], y: p95, series: '95th percentile' },
        ],
  );
  return section(
    'Error per band',
    'Absolute difference of the features on the test recordings, in log10.',
    plot(points, { xLabel: places.label, yLabel: '|difference|, log10' }),
  );
}

function features({ picture, places }: LearnPage): Section {
  const { file, width, hopSeconds, exact, learned } = picture;
  const title = 'Features of a test recording';
  const frames = exact.length / width;
  if (frames === 0) return section(title, 'No test frames to show.');
  const unit = places.label.endsWith('Hz') ? ' Hz' : '';
  const [bottom, top] = [places.at[0], places.at[width - 1]].map((at) => `${formatNumber(at)}${unit}`);
  const [low, high] = exact.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  const limit = 0.5;
  const drawing = (
    name: string,
    color: (i: number) => readonly [number, number, number],
    scale: string,
  ): Drawing => ({
    kind: 'picture',
    html: () => {
      const url = pngDataUrl(frames, width, (x, y) => color(x * width + width - 1 - y));
      return `<figure><figcaption>${escapeHtml(name)}</figcaption><div class="raster"><span class="axis">${top}</span><img alt="${escapeHtml(name)}" src="${url}"><span class="axis low">${bottom}</span></div><p class="scale">0 to ${formatNumber(frames * hopSeconds)} s · ${escapeHtml(scale)}</p></figure>`;
    },
  });
  const level = (values: ArrayLike<number>) => (i: number) =>
    sequential((values[i] - low) / (high - low || 1));
  const range = `dark to light: ${formatNumber(low)} to ${formatNumber(high)} in log10`;
  return section(
    title,
    file,
    drawing('exact', level(exact), range),
    drawing('learned', level(learned), range),
    drawing(
      'difference, learned − exact',
      (i) => diverging(0.5 + (learned[i] - exact[i]) / (2 * limit)),
      `blue to red: −${limit} to +${limit} in log10`,
    ),
  );
}

const recordings = ({ rows: [learned] }: LearnPage): Section =>
  section(
    'Test recordings',
    'Mean and 95th percentile of |log10 difference|; frames whose target lies wholly on the floor are excluded.',
    recordingTable(learned.error),
  );

export function learnReport(page: LearnPage): Report {
  const { summary: s, verdict, command, conventions } = page;
  return {
    title: 'A learned front end',
    verdict,
    facts: {
      'chosen structure': s.structure,
      'test error, log10': formatNumber(s.testError),
      'validation error / budget, log10': `${formatNumber(s.validationError)} / ${formatNumber(s.budget)}`,
      'active butterflies': `${s.activeButterflies} of ${s.totalButterflies}`,
      feature: `${s.feature}, n_fft ${s.nFft}`,
      training: `${formatNumber(s.trainSeconds)} s, seed ${s.seed}`,
    },
    sections: [
      comparison,
      phase1,
      structuresTried,
      gates,
      phase2,
      learnedBlocks,
      bands,
      features,
      recordings,
    ].map((sectionOf) => sectionOf(page)),
    commands: [command],
    settings: [
      `seed ${s.seed}, start ${s.start}`,
      `papilio ${version}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
    ],
    details: {
      title: 'Recordings and conventions',
      items: [
        ...Object.entries(s.files).map(([part, files]) => `${part}: ${files.join(', ')}`),
        ...conventions,
      ],
    },
  };
}
