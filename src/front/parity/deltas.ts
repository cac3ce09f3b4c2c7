/** Deltas that features end with: they follow from the numbers before them, whatever those are. */
import { withDeltas, type DeltaOptions } from '../../numeric/deltas.ts';
import type { Example } from './clips.ts';
import { lineThrough } from './levels.ts';

/** Features without their deltas. */
interface Statics {
  readonly deltas: DeltaOptions | null;
  readonly list: readonly Example[];
  readonly width: number;
}

const kinds = ['librosa', 'kaldi', 'torchaudio'] as const;
const widths = [9, 5, 3, 7, 11, 13, 15, 17, 19, 21];
/** What a line leaves at most between deltas and differences of what stands before them: float16 keeps as much. */
const alike = 3e-3;

/** Columns of an example. */
const columnsOf = (example: Example, width: number, [from, count]: readonly [number, number]): Example => ({
  ...example,
  values: Float64Array.from({ length: example.frames * count }, (_, i) => {
    const f = Math.floor(i / count);
    return example.values[f * width + from + i - f * count];
  }),
});

/** What lines leave of the last order of deltas under these options, the mean over some columns. */
function leftBy(example: Example, options: DeltaOptions, width: number): number {
  const own = width / (1 + options.order);
  const some = [...new Set([0.1, 0.4, 0.7].map((at) => Math.floor(at * own)))];
  const left = some.map((m) => {
    const before = columnsOf(example, width, [m, 1]);
    const made = withDeltas(options, before.values, before.frames);
    const step = 1 + options.order;
    const values = made.filter((_, i) => i % step === options.order);
    const wanted = columnsOf(example, width, [options.order * own + m, 1]);
    return lineThrough([values], [{ energies: values, logs: values, example: wanted }]).residual;
  });
  return left.reduce((a, b) => a + b, 0) / left.length;
}

/** Features [frames, width], their deltas known and taken away. */
export function deltasOf(list: readonly Example[], width: number): Statics {
  const none: Statics = { deltas: null, list, width };
  const long = list.reduce((a, b) => (b.frames > a.frames ? b : a));
  const options = [2, 1].flatMap((order) =>
    width % (1 + order) === 0 && width > 1 + order
      ? kinds.flatMap((kind) =>
          widths
            .filter((w) => w <= long.frames)
            .map((w): DeltaOptions => ({ kind, order: order as 1 | 2, width: w })),
        )
      : [],
  );
  const found = options.map((deltas) => ({ deltas, left: leftBy(long, deltas, width) }));
  if (found.length === 0) return none;
  const { deltas, left } = found.reduce((a, b) => (b.left < a.left ? b : a));
  if (left > alike) return none;
  const own = width / (1 + deltas.order);
  return { deltas, list: list.map((e) => columnsOf(e, width, [0, own])), width: own };
}
