/** Filterbanks over the bins of a factored DFT, as few products of dense matrices as are cheap: bands side by side share their bins. */
import { InvalidArgumentError } from '../../errors.ts';
import type { BinPlace } from '../../plans/onnx-dft.ts';
import type { GraphBuilder, Value } from '../../backends/onnx/builder.ts';
import type { Bank } from '../../spectral/banks.ts';

/** Where measurements lie among rows [bins1, segments]. */
export interface BinLayout {
  readonly bins1: number;
  readonly segments: number;
  readonly place: (bin: number) => BinPlace;
}

/** Weights of one band: [segment, k1] -> weight. */
interface BandWeights {
  readonly first: number;
  /** Behind the last segment; `first` for a band that weights nothing. */
  readonly end: number;
  readonly at: ReadonlyMap<number, number>;
}

/** A run of bands, and the segments that they weight. */
interface BandGroup {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly end: number;
}

/** The bins from the first to the last that a bank weights. Throws InvalidArgumentError for a bank that weights nothing. */
export function weightedBins({ bands: { start, width }, weights }: Bank): [number, number] {
  let [first, last] = [Infinity, -1];
  weights.forEach((w, i) => {
    if (w === 0) return;
    const bin = start[Math.floor(i / width)] + (i % width);
    first = Math.min(first, bin);
    last = Math.max(last, bin);
  });
  if (last >= 0) return [first, last];
  throw new InvalidArgumentError(
    'the features are the same for all samples; expected bands that hold a bin at nFft',
  );
}

function bandWeights(layout: BinLayout, { bands: { start, width }, weights }: Bank): BandWeights[] {
  return Array.from(start, (from, m) => {
    const at = new Map<number, number>();
    let [first, end] = [Infinity, 0];
    for (let j = 0; j < width; j++) {
      const weight = weights[m * width + j];
      if (weight === 0) continue;
      const { k1, segment } = layout.place(from + j);
      at.set(k1 * layout.segments + segment, weight);
      first = Math.min(first, segment);
      end = Math.max(end, segment + 1);
    }
    return { first: Math.min(first, end), end, at };
  });
}

/** What a run of so many bands over so many segments costs. */
type Cost = (bands: number, segments: number) => number;

/** Runs of bands that cost least together. */
function groupsOf(bands: readonly BandWeights[], cost: Cost): BandGroup[] {
  const best: { cost: number; group: BandGroup | null }[] = [{ cost: 0, group: null }];
  for (let to = 1; to <= bands.length; to++) {
    let [first, end] = [Infinity, 0];
    best[to] = { cost: Infinity, group: null };
    for (let from = to - 1; from >= 0; from--) {
      if (bands[from].at.size > 0) {
        first = Math.min(first, bands[from].first);
        end = Math.max(end, bands[from].end);
      }
      const group = { from, to, first: Math.min(first, Math.max(end - 1, 0)), end: Math.max(end, 1) };
      const sum = best[from].cost + cost(to - from, group.end - group.first);
      if (sum < best[to].cost) best[to] = { cost: sum, group };
    }
  }
  const groups: BandGroup[] = [];
  for (let to = bands.length; to > 0; to = groups[0].from) groups.unshift(best[to].group as BandGroup);
  return groups;
}

/** Multiplications that reading a row costs, and a group: as measured for ten seconds of sound. */
const [readCost, groupCost] = [20, 2500];

/** Products and reads of rows of a group; reading all of them is no copy. */
const timeOf =
  ({ bins1, segments }: BinLayout): Cost =>
  (bands, own) =>
    own * bins1 * (bands + (own === segments ? 0 : readCost)) + groupCost;

/** Bytes of a part of a matrix in the file. */
const bytesOf =
  ({ bins1 }: BinLayout): Cost =>
  (bands, own) =>
    4 * bands * own * bins1 + 200;

/** The matrix [bands, bins1 segments] of a group: kept as parts without most of its zeros, which runtimes join when they load the model. */
function groupMatrix(
  g: GraphBuilder,
  layout: BinLayout,
  bands: readonly BandWeights[],
  group: BandGroup,
): Value {
  const { bins1 } = layout;
  const own = bands.slice(group.from, group.to);
  const parts = groupsOf(own, bytesOf(layout)).map(({ from, to, first, end }) => {
    const width = end - first;
    const weights = new Float64Array((to - from) * bins1 * width);
    for (let m = from; m < to; m++)
      for (const [place, weight] of own[m].at) {
        const [k1, segment] = [Math.floor(place / layout.segments), place % layout.segments];
        weights[((m - from) * bins1 + k1) * width + segment - first] = weight;
      }
    const part = g.reals([to - from, bins1, width], weights);
    const [front, back] = [first - group.first, group.end - end];
    return front + back === 0 ? part : g.node('Pad', [part, g.ints([0, 0, front, 0, 0, back])]);
  });
  return g.reshape(g.concat(parts, 0), [own.length, -1]);
}

/** Bands [bands, columns] of values [bins1, segments, columns]. */
export function bankRows(g: GraphBuilder, layout: BinLayout, bank: Bank, x: Value): Value {
  const bands = bandWeights(layout, bank);
  const parts = groupsOf(bands, timeOf(layout)).map((group) => {
    const { first, end } = group;
    const own = end - first === layout.segments ? x : g.slice(x, { axis: 1, start: first, end });
    const flat = g.reshape(own, [layout.bins1 * (end - first), -1]);
    return g.node('MatMul', [groupMatrix(g, layout, bands, group), flat]);
  });
  return g.concat(parts, 0);
}
