/** What a learned transform measures of frames, as nodes of ONNX: its stages as few products, window and conditioning included. */
import type { GraphBuilder, Value } from '../../backends/onnx/builder.ts';
import { leavesOf, type Tensor } from '../../ir/graph.ts';
import { linearStages, type SparseRow } from '../../plans/linear-stages.ts';
import { linearPlan, linearRows, type LinearPlan } from '../../plans/onnx-linear.ts';
import { measurementOrder } from '../../spectral/branches.ts';
import { bankOf, measurementCount, type FrontEnd } from '../front-end.ts';
import { transformGraph } from '../graphs.ts';
import { weightedBins, type BinLayout } from './bank.ts';

/** Stages from the samples of a frame to pairs of real and imaginary parts. */
interface LearnedStages {
  readonly linear: LinearPlan;
  /** The first sample that counts. */
  readonly start: number;
  /** Measurements, the pairs. */
  readonly measurements: readonly number[];
}

/** Both rows of a pair with the places of either: they stay in one block. */
function paired(re: SparseRow, im: SparseRow): [SparseRow, SparseRow] {
  const zeros = [...re.keys(), ...im.keys()].map((place): [number, number] => [place, 0]);
  return [new Map([...zeros, ...re]), new Map([...zeros, ...im])];
}

/** Places of the real and the imaginary part of each measurement among the outputs of the transform. */
function outputsOf(front: FrontEnd, outputs: readonly Tensor[]): [number, number][] {
  const first: number[] = [];
  outputs.reduce((at, t) => (first.push(at), at + t.size), 0);
  const { head, transform } = front;
  const count = measurementCount(front);
  if (transform.kind !== 'branches')
    return Array.from({ length: count }, (_, bin): [number, number] => [first[0] + bin, first[1] + bin]);
  const found = new Array<[number, number]>(count);
  measurementOrder(head, transform.branches).places.forEach((places, group) =>
    places.forEach((place, i) => (found[place] = [first[2 * group] + i, first[2 * group + 1] + i])),
  );
  return found;
}

/** The stages of a learned front end, of what its filterbank weights. */
export function learnedStages(front: FrontEnd): LearnedStages {
  const graph = transformGraph(front, 1);
  const { stages } = linearStages(graph, leavesOf(graph, 'input'));
  const [first, last] = weightedBins(bankOf(front));
  const measurements = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const ends = stages[stages.length - 1];
  const places = outputsOf(front, Object.values(graph.outputs));
  const rows = measurements.flatMap((m) => paired(ends[places[m][0]], ends[places[m][1]]));
  const all = [...stages.slice(0, -1), rows];
  const used = all[0].flatMap((row) => [...row.keys()]);
  const start = used.reduce((a, b) => Math.min(a, b), Infinity);
  const inputs = used.reduce((a, b) => Math.max(a, b), 0) + 1 - start;
  all[0] = all[0].map(
    (row): SparseRow => new Map([...row].map(([place, weight]) => [place - start, weight])),
  );
  return { linear: linearPlan({ inputs, stages: all }), start, measurements };
}

/** Powers [measurements, columns] of frames [linear.inputs, columns], and where each is. */
export function learnedPower(
  g: GraphBuilder,
  { linear, measurements }: LearnedStages,
  frames: Value,
): { power: Value; layout: BinLayout } {
  const { rows, places } = linearRows(g, linear, frames);
  const squares = g.reshape(g.node('Mul', [rows, rows]), [measurements.length, 2, -1]);
  const power = g.node('ReduceSum', [squares, g.ints([1])], { keepdims: 0 });
  const [first] = measurements;
  const layout = {
    bins1: 1,
    segments: measurements.length,
    place: (bin: number) => ({ k1: 0, segment: places[2 * (bin - first)] / 2 }),
  };
  return { power: g.reshape(power, [1, measurements.length, -1]), layout };
}
