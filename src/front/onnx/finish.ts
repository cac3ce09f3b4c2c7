/** What stands behind the levels of a head, as nodes of ONNX: the largest of a clip or frame, cepstra, deltas, normalisation, an affine map. */
import type { GraphBuilder, Length, Value } from '../../backends/onnx/builder.ts';
import { cepstrumOf } from '../../spectral/banks.ts';
import { needsClip, needsFrame, type HeadConfig, type LogRule } from '../../spectral/head.ts';
import { normalized, withDeltas } from './clip-steps.ts';
import type { Results } from './head.ts';
import { pcenRows } from './pcen.ts';
import { before } from './signal.ts';

/** Numbers of frames in one of two shapes: [width, columns], or [width, batch, frames]. */
class Rows {
  readonly width: number;
  private readonly g: GraphBuilder;
  private readonly lengths: readonly [Length, Length];
  private readonly value: Value;
  private readonly isFlat: boolean;

  constructor(
    g: GraphBuilder,
    value: Value,
    width: number,
    lengths: readonly [Length, Length],
    isFlat: boolean,
  ) {
    this.g = g;
    this.value = value;
    this.width = width;
    this.lengths = lengths;
    this.isFlat = isFlat;
  }

  flat(): Value {
    return this.isFlat ? this.value : this.g.reshape(this.value, [this.width, -1]);
  }

  cube(): Value {
    return this.isFlat ? this.g.reshapeTo(this.value, [this.width, ...this.lengths]) : this.value;
  }

  asFlat(value: Value, width = this.width): Rows {
    return new Rows(this.g, value, width, this.lengths, true);
  }

  asCube(value: Value, width = this.width): Rows {
    return new Rows(this.g, value, width, this.lengths, false);
  }

  /** In the shape that it has. */
  map(f: (x: Value) => Value): Rows {
    return new Rows(this.g, f(this.value), this.width, this.lengths, this.isFlat);
  }

  /** [batch, width, frames] */
  finished(): Value {
    const [batch, frames] = this.lengths;
    if (batch === 1) return this.g.reshapeTo(this.value, [1, this.width, frames]);
    return this.g.transpose(this.cube(), [1, 0, 2]);
  }
}

/** Below every level. */
const lowest = -3e38;

/** Levels raised to what lies below the largest, and less that, as a logarithm says. */
function belowLargest(g: GraphBuilder, { range, reference }: LogRule, x: Value, top: Value): Value {
  const raised = range === null ? x : g.node('Max', [x, g.node('Sub', [top, g.scalar(range)])]);
  return reference === 'max' ? g.node('Sub', [raised, top]) : raised;
}

/** Levels by the largest of each clip, or each frame, or by those before them, where a head has those. */
function relative(g: GraphBuilder, head: HeadConfig, rows: Rows, { frames, frameLens }: Results): Rows {
  const { log, pcen } = head;
  if (pcen) return rows.asCube(pcenRows(g, rows.cube(), frames, pcen));
  if (log && needsFrame(head)) {
    const x = rows.flat();
    return rows.asFlat(belowLargest(g, log, x, g.node('ReduceMax', [x], { axes: [0], keepdims: 1 })));
  }
  if (!log || !needsClip(head)) return rows;
  const x = rows.cube();
  const counted =
    frameLens === null ? x : g.node('Where', [before(g, frames, frameLens, [1, -1, 1]), x, g.scalar(lowest)]);
  return rows.asCube(belowLargest(g, log, x, g.node('ReduceMax', [counted], { axes: [0, 2], keepdims: 1 })));
}

/** Features [batch, width, frames] of levels, zeros behind the last frame of each clip. */
export function finishedRows(g: GraphBuilder, head: HeadConfig, results: Results): Value {
  const { batch, frames, frameLens, width } = results;
  let rows = relative(g, head, new Rows(g, results.cube, width, [batch, frames], false), results);
  const matrix = cepstrumOf(head);
  if (matrix) {
    const count = matrix.length / width;
    rows = rows.asFlat(g.node('MatMul', [g.reals([count, width], matrix), rows.flat()]), count);
  }
  const { deltas, normalize, affine } = head;
  if (deltas)
    rows = rows.asCube(withDeltas(g, rows.cube(), results, deltas), rows.width * (1 + deltas.order));
  if (normalize) rows = rows.asCube(normalized(g, rows.cube(), results, rows.width, normalize));
  if (affine)
    rows = rows.map((x) =>
      g.node('Add', [g.node('Mul', [x, g.scalar(affine.multiply)]), g.scalar(affine.add)]),
    );
  const out = rows.finished();
  if (frameLens === null) return out;
  return g.node('Where', [before(g, frames, frameLens, [-1, 1, 1]), out, g.scalar(0)]);
}
