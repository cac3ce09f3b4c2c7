/** From the result of a learn job to the data of its report. */
import {
  compileFrontEnd,
  type LearnResult,
  resultHop,
  resultWidth,
  type TrainedHead,
  type Split,
} from '../front.ts';
import { canonicalize, gateMap, initialize } from '../learn.ts';
import { backendByName } from '../compiler.ts';
import { headPlaces } from './band-places.ts';
import type { Row } from './contenders.ts';
import type { Summary } from './summary.ts';
import type { ReportData } from './report.ts';
import { version } from './version.ts';

interface Input {
  readonly summary: Summary;
  readonly result: LearnResult;
  readonly rows: readonly Row[];
  readonly split: Split;
  readonly head: TrainedHead;
  readonly targets: readonly Float64Array[];
  readonly verdict: readonly string[];
  readonly command: string;
}

/** Frames of a spectrogram picture. */
const pictureFrames = 400;

/** First numbers of the rows j >= 1 of the canonical blocks: the twiddles, beside the exact ones. */
function learnedTwiddles(result: LearnResult): ReportData['twiddles'] {
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
function headText(head: TrainedHead): string {
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

export function reportData({
  summary,
  result,
  rows,
  split,
  head,
  targets,
  verdict,
  command,
}: Input): ReportData {
  const [learned] = rows;
  const width = resultWidth(head);
  const places = headPlaces(head);
  const state = gateMap(result.tree.network, result.tree.values);
  const speech = split.test.findIndex((r) => r.name.startsWith('speech'));
  const shown = Math.max(0, speech);
  const front = compileFrontEnd(result.model, backendByName('wasm')).features(split.test[shown].samples);
  const frames = Math.min(pictureFrames, targets[shown].length / width);
  return {
    summary,
    table: rows.map((r) => ({
      name: r.name,
      mul: r.mul,
      add: r.add,
      nsTransform: r.nsTransform,
      nsTransformSpread: r.nsTransformSpread,
      nsPerFrame: r.nsPerFrame,
      nsPerFrameSpread: r.nsPerFrameSpread,
      error: r.error.mean,
      errorP95: r.error.p95,
    })),
    curves: { spectrum: [...result.spectrumCurve], gates: [...result.gateCurve] },
    gateMap: { stages: state.length, butterflies: state[0].length, state },
    twiddles: learnedTwiddles(result),
    axis: places.label,
    bands: learned.error.perBand.flatMap(({ mean, p95, count }, m) =>
      count === 0 ? [] : [{ at: places.at[m], mean, p95 }],
    ),
    spectrogram: {
      file: split.test[shown].name,
      width,
      frames,
      hopSeconds: resultHop(head) / head.sampleRate,
      exact: Array.from(targets[shown].subarray(0, frames * width)),
      learned: Array.from(front.subarray(0, frames * width)),
    },
    recordings: [...learned.error.recordings],
    front: result.front.map((c) => ({
      name: c.name,
      operations: c.operations,
      validationError: c.validationError,
      chosen: c.name === result.chosen.name && c.gates === result.chosen.gates,
    })),
    verdict: [...verdict],
    reproduction: {
      command,
      version,
      node: process.version,
      date: new Date().toISOString().slice(0, 10),
      splits: {
        train: split.train.map((r) => r.name),
        validation: split.validation.map((r) => r.name),
        test: split.test.map((r) => r.name),
      },
      conventions: [
        `${head.sampleRate} Hz mono, samples in [-1, 1]`,
        headText(head),
        'errors are mean absolute differences in log10, results wholly on the floor excluded',
        'targets are computed by a direct float64 DFT; operations are counted from the compiled program',
      ],
    },
  };
}
