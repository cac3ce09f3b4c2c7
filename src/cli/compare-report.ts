/** A comparison of models and kernels as a report, from its data alone. */
import * as shape from '../formats/shape.ts';
import { differs, type Percentiles } from '../compiler.ts';
import { percentilesShape } from '../../studies/ablation.ts';
import { placesShape, placeText } from './band-places.ts';
import { errorText, formatNumber, levelText, percent, quartiles } from './report/figures.ts';
import { plot } from './report/plots.ts';
import { section, tableOf, type Report } from './report/report.ts';

const rowShape = shape.object({
  name: shape.text,
  source: shape.oneOf(['exact', 'model', 'kernel']),
  /** Against the exact transform or features in float64: mean and 95th percentile. */
  ...shape.each(['error', 'errorP95'], shape.finite),
  /** Mean error by band or bin; null where nothing was measured. */
  bandErrors: shape.listOf(shape.orNull(shape.finite)),
  ...shape.each(['mul', 'add', 'operations', 'loads', 'stores', 'tableBytes', 'codeBytes'], shape.finite),
  /** Nanoseconds per unit, and over those of the exact kernel in the same round. */
  ...shape.each(['ns', 'timeRatio'], percentilesShape),
});

const comparisonShape = shape.object({
  kind: shape.oneOf(['comparison']),
  unit: shape.oneOf(['frame', 'transform']),
  ...shape.each(['subject', 'signals', 'errorIs', 'command'], shape.text),
  samples: shape.finite,
  /** What two exact kernels differed by in the same rounds, as a part of 1. */
  timeNoise: shape.finite,
  /** Front ends beside each other in the playground: an address there. */
  playground: shape.optional(shape.text),
  /** What bands or bins are told apart by. */
  places: placesShape,
  /** The exact kernel first. */
  rows: shape.listOf(rowShape, 1),
});

export type CompareRow = shape.ShapeOf<typeof rowShape>;
/** What `papilio compare --json` prints. */
export type Comparison = shape.ShapeOf<typeof comparisonShape>;

export const isComparison = (value: unknown): value is Comparison => shape.matches(comparisonShape, value);

const ratioText = (ratio: Percentiles, noise = 0): string => {
  const text = (x: number): string => x.toFixed(2);
  const level = levelText(ratio, noise);
  return level === 'too noisy to tell'
    ? `${level} (${text(ratio.p25)} to ${text(ratio.p75)})`
    : quartiles(ratio, text);
};

const explanation = (c: Comparison): string =>
  `${c.errorIs}, on ${c.signals}. Operations are real multiplications and additions per ${c.unit}, counted from the compiled programs. Times are medians of ${c.samples} samples of the float32 kernels (WebAssembly), taken in turn in an order that rotates, and of their ratio to the exact kernel in the same round; two exact kernels differed by ${(100 * c.timeNoise).toFixed(0)} % there, and what is nearer to 1 counts as as fast, or as too noisy to tell where it is far off. Tables and code in bytes.`;

/** What is worth taking, in a sentence. Times count where they differ by more than equal kernels do. */
export function compareVerdict({ rows, timeNoise }: Comparison): string {
  const [exact, ...others] = rows;
  const isFaster = (r: CompareRow): boolean => r.timeRatio.p50 < 1 && differs(r.timeRatio, timeNoise);
  const cheaper = others.filter((r) => r.operations < exact.operations || isFaster(r));
  if (cheaper.length === 0)
    return 'Nothing here has fewer operations than the exact kernel, or is faster: use the exact kernel.';
  const finest = cheaper.reduce((a, b) => (b.error < a.error ? b : a));
  const faster = cheaper.filter(isFaster).sort((a, b) => a.timeRatio.p50 - b.timeRatio.p50);
  // The fastest, and what may be as fast: of these, the first is the fastest only by chance.
  const level = faster.filter((r) => r.timeRatio.p25 <= faster[0].timeRatio.p75 + timeNoise);
  const fastest = level.sort((a, b) => a.operations - b.operations || a.error - b.error).slice(0, 1);
  const timeText = ({ timeRatio }: CompareRow): string => {
    const ratio = timeRatio.p50.toFixed(2);
    const level = levelText(timeRatio, timeNoise);
    if (level === null) return `${ratio} of its time`;
    return level === 'as fast'
      ? `as fast (${ratio}, within the noise)`
      : `a time ${ratioText(timeRatio, timeNoise)}`;
  };
  const text = (r: CompareRow): string =>
    `${r.name}: error ${errorText(r.error)} at ${percent(r.operations / exact.operations)} of the exact kernel's operations and ${timeText(r)}`;
  const lines = [...new Set([finest, ...fastest])].map(text).join('. ');
  const alike =
    level.length > 1 ? ` ${level.length} of them are equally fast, as far as these times tell.` : '';
  return `${lines}.${alike}${faster.length === 0 ? ' None is faster.' : ''}`;
}

/** `writtenBy`: the command line that renders it. */
export function compareReport(c: Comparison, writtenBy: string): Report {
  const { unit, rows, places } = c;
  const [exact, ...others] = rows;
  const [band, scale] = unit === 'frame' ? ['band', 'log10'] : ['bin', 'relative L2'];
  const table = tableOf<CompareRow>(
    'Models and kernels',
    rows,
    {
      kernel: (r) => r.name,
      [`error, ${scale}`]: (r) => errorText(r.error),
      [`p95, ${scale}`]: (r) => errorText(r.errorP95),
      [`worst ${band}, ${scale}`]: ({ bandErrors }) => {
        const worst = Math.max(0, ...bandErrors.map((e) => e ?? 0));
        return `${errorText(worst)} (${placeText(places, Math.max(0, bandErrors.indexOf(worst)))})`;
      },
      [`mul / ${unit}`]: (r) => formatNumber(r.mul),
      [`add / ${unit}`]: (r) => formatNumber(r.add),
      'operations / exact': (r) => percent(r.operations / exact.operations),
      [`ns / ${unit} (quartiles)`]: (r) => quartiles(r.ns, formatNumber),
      'time / exact (quartiles)': (r) => ratioText(r.timeRatio),
      'tables, bytes': (r) => String(r.tableBytes),
      'code, bytes': (r) => String(r.codeBytes),
    },
    'comparison',
  );
  const points = others.flatMap(({ name, bandErrors }) =>
    bandErrors.flatMap((y, i) => (y === null ? [] : [{ x: places.at[i] ?? i, y, series: name }])),
  );
  const yLabel = unit === 'frame' ? 'mean error, log10' : 'relative error, RMS';
  return {
    title: 'Models and kernels side by side',
    verdict: [compareVerdict(c)],
    sections: [
      section(c.subject, explanation(c), table),
      { title: `Error by ${band}`, parts: [plot(points, { xLabel: places.label, yLabel, zero: true })] },
    ],
    commands: [c.command, writtenBy],
    playground: c.playground,
  };
}
