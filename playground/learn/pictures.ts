/** What a network has become: its twiddles in the plane, and its matrix. */
import { canonicalize, networkOf, networksOf, type ParameterValues } from 'papilio/learn';
import {
  carried,
  drawn,
  editedBlocks,
  exactTwiddle,
  resultsOf,
  twiddleOf,
  wires,
  type Column,
  type Drawn,
} from '../butterflies/network.ts';
import { s, set } from '../shell/dom.ts';
import type { Subject } from '../subject.ts';

const size = 420;
const middle = size / 2;
/** Pixels of length 1, and the largest length that is seen. */
const unit = 140;
const most = 1.45;

/** Values whose blocks show their twiddles: scales moved to the end where that can be done. */
function comparable({ model }: Subject, values: ParameterValues): ParameterValues {
  const network = networkOf(model);
  if (networksOf(model).length > 1 || network.stages.some((x) => x.parametrization !== 'free')) return values;
  try {
    return canonicalize(network, values).values;
  } catch {
    return values;
  }
}

/** Twiddles of a column; of blocks that have none, their entries by their own size. */
function placesOf(column: Column, blocks: Float64Array): [number, number][] {
  const width = 4 * column.width;
  const count = blocks.length / width;
  const all: [number, number][] = [];
  for (let b = 0; b < count; b++) {
    const block = blocks.subarray(b * width, (b + 1) * width);
    if (column.width === 4) {
      for (let i = 0; i < width; i += 2) all.push([block[i], block[i + 1]]);
      continue;
    }
    const [re, im] = twiddleOf(column, block);
    all.push([re, im]);
    // The lower row has the same with the other sign: both walk.
    const lower = twiddleOf(column, [...block.subarray(4), ...block.subarray(0, 4)]);
    all.push([-lower[0], -lower[1]]);
  }
  return all;
}

/** Dots as one path of points with round ends. */
function dots(places: readonly (readonly [number, number])[]): string {
  return places
    .map(([re, im]) => {
      const length = Math.hypot(re, im);
      const shrink = length > most ? most / length : 1;
      return `M${(middle + unit * re * shrink).toFixed(1)} ${(middle - unit * im * shrink).toFixed(1)}h0`;
    })
    .join('');
}

export class Plane {
  readonly svg: SVGSVGElement;
  private readonly goals = s('path', { class: 'goals' });
  private readonly stages = s('g', { class: 'dots' });

  constructor() {
    this.svg = s(
      'svg',
      {
        viewBox: `0 0 ${size} ${size}`,
        role: 'img',
        'aria-label': 'Twiddles in the complex plane',
        class: 'plane',
      },
      s('path', { d: `M0 ${middle}H${size}M${middle} 0V${size}`, class: 'axes' }),
      s('circle', { cx: middle, cy: middle, r: unit, class: 'unit' }),
      this.goals,
      this.stages,
    );
  }

  /** A network, and the twiddles of a Fourier transform where it should have them. */
  show(d: Drawn, inverse: boolean | null): void {
    const goals = d.columns.flatMap(({ stride }) =>
      inverse === null ? [] : Array.from({ length: stride }, (_, k) => exactTwiddle(stride, k, inverse)),
    );
    set(this.goals, 'd', dots(goals));
    this.stages.replaceChildren(
      ...d.columns.map((column, c) =>
        s('path', { class: `stage-${c % 6}`, d: dots(placesOf(column, column.blocks)) }),
      ),
    );
  }
}

/** Both pictures of the same values. */
export const networkOfValues = (subject: Subject, values: ParameterValues): Drawn => drawn(subject, values);
export const comparableNetwork = (subject: Subject, values: ParameterValues): Drawn =>
  drawn(subject, comparable(subject, values));

/** The matrix of a network: its columns are what unit signals become. */
export function matrixOfNetwork(d: Drawn): { readonly re: Float64Array; readonly im: Float64Array } {
  const { n } = d;
  const blocks = editedBlocks(d, new Map());
  const [re, im] = [new Float64Array(n * n), new Float64Array(n * n)];
  for (let j = 0; j < n; j++) {
    const x = wires(n);
    x.re[j] = 1;
    const all = carried(d, blocks, x);
    const y = resultsOf(d, all[all.length - 1]);
    for (let i = 0; i < n; i++) [re[i * n + j], im[i * n + j]] = [y.re[i], y.im[i]];
  }
  return { re, im };
}
