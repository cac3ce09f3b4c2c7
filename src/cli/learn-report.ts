/** The report of a learn job. */
import * as frontEnds from '../front.ts';
import { canonicalize, gateMap, initialize } from '../learn.ts';
import { backendByName } from '../compiler.ts';
import { headPlaces, numberUnit } from './band-places.ts';
import { errorText, formatNumber } from './report/figures.ts';
import { gateMapOf } from './report/gate-map.ts';
import { plot, twiddlePlot, type Twiddle } from './report/plots.ts';
import { diverging, sequential } from './report/png.ts';
import { raster, type Raster } from './report/raster.ts';
import { section, tableOf, type Drawing, type Report, type Section } from './report/report.ts';
import { recordingTable, type Finished, type Summary } from './summary.ts';
import { comparedAddress, exactModel } from './playground.ts';
import { needsColumns, needsNote } from './target.ts';
import { version } from './version.ts';

/** Frames of a picture of features. */
const pictureFrames = 400;

/** First numbers of the rows j >= 1 of the canonical blocks: the twiddles, beside the exact ones. */
function twiddlesOf(result: frontEnds.LearnResult): Twiddle[] {
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

/** What a job gave, and what its test recordings say of it. */
export interface Learned extends Finished {
  readonly summary: Summary;
  /** Exact features of the test recordings. */
  readonly targets: readonly Float64Array[];
  readonly verdict: readonly string[];
  /** Of model.safetensors. */
  readonly bytes: Uint8Array;
}

function comparison({ rows, options: { target } }: Learned): Section {
  const spread = (x: number, s: number): string => `${formatNumber(x)} ± ${formatNumber(s)}`;
  return section(
    'Comparison',
    'Operations are counted from the compiled programs, the whole front end included. Times are medians of interleaved samples ± half the interquartile range. Errors are mean absolute differences of the features, in log10, on the test recordings.' +
      needsNote(target),
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
        ...needsColumns(rows),
      },
      'comparison',
    ),
  );
}

function phase1({ summary, result: { spectrumCurve } }: Learned): Section {
  const title = 'Phase 1: learning the transform';
  if (spectrumCurve.length === 0)
    return section(title, 'Skipped: this job started from the exact transform (--start exact).');
  const points = spectrumCurve.flatMap(({ step: x, loss, error }) => [
    { x, y: loss, series: 'loss' },
    { x, y: error, series: 'relative L2 error' },
  ]);
  return section(
    title,
    `From random blocks, relative L2 error ${formatNumber(summary.startError)}, to ${formatNumber(summary.spectrumErrorAfterPhase1)} against the float64 DFT. The chain learns the complex DFT first, then the split stage the real one. Every canonical block is within ${formatNumber(summary.snapDistance)} of an exact twiddle block.`,
    plot(points, { xLabel: 'step', yLabel: 'loss and error', scale: 'log' }),
  );
}

function phase2({ result: { gateCurve } }: Learned): Section {
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

function structuresTried({ result: { front, chosen }, summary: { budget } }: Learned): Section {
  const counted = front.every((c) => c.needs !== undefined);
  const points = front.map(({ name, gates: own, operations, cost, validationError: y }) => {
    const x = counted ? cost : operations;
    const series = name === chosen.name && own === chosen.gates ? `chosen: ${name}` : 'a structure';
    return { x, y, series, title: `${name}: ${y.toPrecision(3)}` };
  });
  return section(
    'Structures tried',
    `Validation error against ${counted ? 'instructions of the target' : 'real operations'} per frame of the compiled front end.`,
    plot(points, {
      xLabel: `${counted ? 'instructions' : 'operations'} per frame`,
      yLabel: 'validation error, log10',
      dots: true,
      scale: 'sqrt',
      limit: { y: budget, text: `budget ${budget}, log10` },
    }),
  );
}

const gates = ({ result: { tree }, summary }: Learned): Section =>
  section(
    'Gate map',
    `Butterflies of the chain by stage, first executed stage on top: ${summary.activeButterflies} of ${summary.totalButterflies} are computed. reverse: its outputs are swapped; drop-sum, drop-difference: one of two outputs is not computed; dead: neither is, or everything that feeds it, or that it feeds, is dropped.`,
    gateMapOf(gateMap(tree.network, tree.values)),
  );

function learnedBlocks({ result }: Learned): Section {
  const twiddles = twiddlesOf(result);
  const title = 'Learned twiddles';
  if (twiddles.length === 0)
    return section(title, 'Not learned in this job: it started from the exact transform.');
  return section(
    title,
    'Entries of the canonical blocks in the complex plane (dots), one colour per stage, over the exact twiddles (rings).',
    twiddlePlot(twiddles),
  );
}

/** What is measured at each place of a result: nothing where every frame was left out. */
function bands({ rows: [learned], options: { head } }: Learned): Section {
  const places = headPlaces(head);
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

function features({ result, split: { test }, targets }: Learned): Section {
  const model = frontEnds.levelsFront(result.model);
  const { head } = model;
  const speech = test.findIndex((r) => r.name.startsWith('speech'));
  const shown = Math.max(0, speech);
  const width = frontEnds.headWidth(head);
  const exact = targets[shown].subarray(0, pictureFrames * width);
  const learned = frontEnds.compileFrontEnd(model, backendByName('wasm')).features(test[shown].samples);
  const places = headPlaces(head);
  const frames = exact.length / width;
  const unit = places.label.endsWith('Hz') ? ' Hz' : '';
  const [bottom, top] = [places.at[0], places.at[width - 1]].map((at) => `${formatNumber(at)}${unit}`);
  const [low, high] = exact.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  const limit = 0.5;
  const seconds = (frames * frontEnds.framingOf(head).hop) / head.sampleRate;
  const drawing = (name: string, color: Raster['color'], scale: string): Drawing =>
    raster({ name, frames, width, color, scale, ends: [bottom, top], seconds });
  const level = (values: ArrayLike<number>) => (i: number) =>
    sequential((values[i] - low) / (high - low || 1));
  const range = `dark to light: ${formatNumber(low)} to ${formatNumber(high)} in ${numberUnit(head)}`;
  return section(
    'Features of a test recording',
    test[shown].name,
    drawing('exact', level(exact), range),
    drawing('learned', level(learned), range),
    drawing(
      'difference, learned − exact',
      (i) => diverging(0.5 + (learned[i] - exact[i]) / (2 * limit)),
      `blue to red: −${limit} to +${limit} in ${numberUnit(head)}`,
    ),
  );
}

const recordings = ({ rows: [learned] }: Learned): Section =>
  section(
    'Test recordings',
    'Mean and 95th percentile of |log10 difference|; frames whose target lies wholly on the floor are excluded.',
    recordingTable(learned.error),
  );

export function learnReport(job: Learned, writtenBy: string): Report {
  const { summary: s, verdict, bytes } = job;
  const { head } = job.options;
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
    ].map((sectionOf) => sectionOf(job)),
    commands: [writtenBy],
    playground: comparedAddress(exactModel(head), { name: 'learned', bytes }),
    settings: [
      `seed ${s.seed}, start ${s.start}`,
      `papilio ${version}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
    ],
    details: {
      title: 'Recordings and conventions',
      items: [
        ...Object.entries(s.files).map(([part, files]) => `${part}: ${files.join(', ')}`),
        `${head.sampleRate} Hz mono, samples in [-1, 1]`,
        frontEnds.headText(head),
        'errors are mean absolute differences in log10, results wholly on the floor excluded',
        'targets are computed by a direct float64 DFT; operations are counted from the compiled program',
      ],
    },
  };
}
