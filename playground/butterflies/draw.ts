/** The network as a drawing: rows are wires, columns are stages, every butterfly a crossing that can be chosen. */
import { phaseColor } from '../shell/colors.ts';
import { s, set } from '../shell/dom.ts';
import { acts, keyOf, placeOf, type Edit, type Edits } from './edits.ts';
import { upperRow, type Column, type Drawn, type Wires } from './network.ts';

/** What is shown. */
export interface Shown {
  readonly edits: Edits;
  readonly blocks: readonly Float64Array[];
  readonly wires: readonly Wires[];
  readonly selected: string | null;
  /** Columns that the signal has passed. */
  readonly passed: number;
}

interface Parts {
  readonly node: SVGGElement;
  readonly shape: SVGPathElement;
  /** From upper and lower to upper and lower. */
  readonly lines: readonly SVGLineElement[];
}

/** Chosen with the pointer or the keyboard; `key` is the letter that was pressed. */
export type Choose = (place: string, key: string | null) => void;

const circle = (r: number): string => `M${-r} 0 A${r} ${r} 0 1 1 ${r} 0 A${r} ${r} 0 1 1 ${-r} 0 Z`;
const diamond = (r: number): string => `M0 ${-1.3 * r} L${1.3 * r} 0 L0 ${1.3 * r} L${-1.3 * r} 0 Z`;
const bar = (r: number): string => `M${-1.2 * r} ${-r / 2} H${1.2 * r} V${r / 2} H${-1.2 * r} Z`;
const cross = (r: number): string =>
  `M${-r} ${-r} L0 ${-r / 3} L${r} ${-r} L${r / 3} 0 L${r} ${r} L0 ${r / 3} L${-r} ${r} L${-r / 3} 0 Z`;
const arrows = (r: number): string => `M0 ${-1.4 * r} L${r} 0 L0 ${1.4 * r} L${-r} 0 Z`;

/** Form and class of a butterfly by what was done to it: never told by colour alone. */
export function lookOf(edit: Edit | undefined, r: number): readonly [path: string, kind: string] {
  switch (edit?.act) {
    case 'skip':
      return [bar(r), 'skip'];
    case 'reverse':
      return [arrows(r), 'reverse'];
    case 'drop':
    case 'drop-sum':
    case 'drop-difference':
      return [cross(r), 'drop'];
    default:
      return edit ? [diamond(0.9 * r), 'moved'] : [circle(r), 'plain'];
  }
}

/** What a reader of the screen hears. */
export function nameOf(place: string, edit: Edit | undefined): string {
  const { column, butterfly } = placeOf(place);
  const done = [
    edit?.act === undefined ? null : acts[edit.act].toLowerCase(),
    edit?.w === undefined ? null : 'twiddle moved',
    edit?.bits === undefined ? null : `${edit.bits} bits`,
  ].filter((x) => x !== null);
  return `Stage ${column + 1}, butterfly ${butterfly + 1}${done.length === 0 ? '' : `, ${done.join(', ')}`}`;
}

export class Drawing {
  readonly element: SVGSVGElement;
  readonly width: number;
  private readonly drawn: Drawn;
  private readonly choose: Choose;
  private readonly parts = new Map<string, Parts>();
  private readonly beads: { readonly bead: SVGCircleElement; readonly hand: SVGLineElement | null }[][] = [];
  private readonly row: number;
  private readonly left = 46;
  private readonly step: number;
  private readonly bead: number;
  private focus = keyOf(0, 0);

  constructor(drawn: Drawn, width: number, choose: Choose) {
    this.width = width;
    this.drawn = drawn;
    this.choose = choose;
    const { n, columns } = drawn;
    const most = (n <= 8 ? 52 : n <= 16 ? 36 : n <= 32 ? 22 : 15) * Math.max(1, width / 1200);
    this.row = Math.min(most, Math.max(n <= 8 ? 34 : 14, width / 18));
    this.bead = Math.min(11, 0.4 * this.row);
    this.step = (width - 2 * this.left) / columns.length;
    const height = n * this.row;
    this.element = s('svg', {
      viewBox: `0 0 ${width} ${height}`,
      role: 'group',
      'aria-label': `Network of ${n} points: ${columns.length} stages of ${n / 2} butterflies`,
      class: 'network',
      keydown: (e: KeyboardEvent) => this.pressed(e),
    });
    const [lines, beads, nodes, labels] = ['lines', 'beads', 'nodes', 'labels'].map((name) =>
      s('g', { class: name }),
    );
    columns.forEach((column, c) => this.addColumn(column, c, lines, nodes));
    for (let c = 0; c <= columns.length; c++) this.addBeads(c, beads);
    this.addLabels(labels);
    this.element.append(lines, beads, nodes, labels);
  }

  private readonly x = (c: number): number => this.left + c * this.step;
  private readonly y = (row: number): number => (row + 0.5) * this.row;

  private addColumn({ stride }: Column, c: number, lines: SVGGElement, nodes: SVGGElement): void {
    const r = Math.min(8.5, 0.34 * this.row);
    for (let b = 0; b < this.drawn.n / 2; b++) {
      const key = keyOf(c, b);
      const rows = [upperRow(stride, b), upperRow(stride, b) + stride];
      const own = rows.flatMap((from) =>
        rows.map((to) => s('line', { x1: this.x(c), y1: this.y(from), x2: this.x(c + 1), y2: this.y(to) })),
      );
      lines.append(...own);
      const shape = s('path');
      const node = s(
        'g',
        {
          role: 'button',
          tabindex: key === this.focus ? 0 : -1,
          transform: `translate(${this.x(c + 0.5)} ${this.y(rows[0] + stride / 2)})`,
          'data-place': key,
          click: () => this.choose(key, null),
          focus: () => this.focused(key),
        },
        s('circle', { r: Math.max(0.5 * this.row, 7), class: 'reach' }),
        shape,
      );
      shape.dataset['r'] = String(r);
      nodes.append(node);
      this.parts.set(key, { node, shape, lines: own });
    }
  }

  private addBeads(c: number, group: SVGGElement): void {
    const withHands = this.row >= 20;
    this.beads.push(
      Array.from({ length: this.drawn.n }, (_, row) => {
        const bead = s('circle', { cx: this.x(c), cy: this.y(row) });
        const hand = withHands ? s('line', { x1: this.x(c), y1: this.y(row) }) : null;
        group.append(bead, ...(hand ? [hand] : []));
        return { bead, hand };
      }),
    );
  }

  private addLabels(group: SVGGElement): void {
    const { n, samples, results, columns } = this.drawn;
    const size = Math.min(13, Math.max(9, 0.72 * this.row));
    for (let row = 0; row < n; row++) {
      const y = this.y(row) + 0.35 * size;
      const style = `font-size: ${size}px`;
      group.append(
        s('text', { x: this.left - 14, y, 'text-anchor': 'end', style }, `x${samples[row]}`),
        s('text', { x: this.x(columns.length) + 14, y, style }, `X${results[row]}`),
      );
    }
  }

  private focused(key: string): void {
    set(this.parts.get(this.focus)?.node as Element, 'tabindex', -1);
    this.focus = key;
    set(this.parts.get(key)?.node as Element, 'tabindex', 0);
  }

  /** Arrows go to neighbours, letters and Enter choose. */
  private pressed(e: KeyboardEvent): void {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const { column, butterfly } = placeOf(this.focus);
    const [columns, count] = [this.drawn.columns.length, this.drawn.n / 2];
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[e.key];
    if (step) {
      const to = keyOf(
        Math.min(columns - 1, Math.max(0, column + step[0])),
        Math.min(count - 1, Math.max(0, butterfly + step[1])),
      );
      e.preventDefault();
      this.parts.get(to)?.node.focus();
      return;
    }
    const isChoice = e.key === 'Enter' || e.key === ' ';
    if (!isChoice && !/^[a-z]$/i.test(e.key)) return;
    if (isChoice) e.preventDefault();
    this.choose(this.focus, isChoice ? null : e.key.toLowerCase());
  }

  show(shown: Shown): void {
    const { columns } = this.drawn;
    columns.forEach((column, c) => this.showColumn(column, c, shown));
    shown.wires.forEach((wires, c) => this.showBeads(wires, c, c <= shown.passed));
  }

  private showColumn({ stride, width }: Column, c: number, shown: Shown): void {
    const [before, after] = [shown.wires[c], shown.wires[c + 1]];
    const most = largestOf(before, after);
    const seen = c < shown.passed;
    for (let b = 0; b < this.drawn.n / 2; b++) {
      const key = keyOf(c, b);
      const { node, shape, lines } = this.parts.get(key) as Parts;
      const edit = shown.edits.get(key);
      const [path, kind] = lookOf(edit, Number(shape.dataset['r']));
      set(shape, 'd', path);
      set(node, 'class', `node ${kind}${shown.selected === key ? ' selected' : ''}`);
      set(node, 'aria-label', nameOf(key, edit));
      set(node, 'aria-pressed', String(shown.selected === key));
      lines.forEach((line, i) => {
        const [from, to] = [upperRow(stride, b) + (i >> 1) * stride, i & 1];
        const at = 4 * width * b + 2 * width * to + 2 * (i >> 1);
        const block = shown.blocks[c];
        const [p, q] = [block[at], block[at + 1]];
        const wide = width === 4 && (block[at + 4] !== 0 || block[at + 5] !== 0);
        const [x, y] = [before.re[from], before.im[from]];
        const [re, im] = [p * x - q * y, p * y + q * x];
        const strength = most === 0 || !seen ? 0 : Math.min(1, Math.hypot(re, im) / most);
        const none = p === 0 && q === 0 && !wide;
        set(line, 'visibility', none ? 'hidden' : null);
        set(line, 'class', strength > 1e-9 ? null : 'silent');
        set(line, 'stroke', strength > 1e-9 ? phaseColor(re, im) : null);
        set(line, 'stroke-opacity', strength > 1e-9 ? (0.18 + 0.82 * strength).toFixed(3) : null);
      });
    }
  }

  private showBeads(wires: Wires, c: number, seen: boolean): void {
    const most = largestOf(wires, wires);
    this.beads[c].forEach(({ bead, hand }, row) => {
      const [re, im] = [wires.re[row], wires.im[row]];
      const strength = most === 0 || !seen ? 0 : Math.hypot(re, im) / most;
      const is = strength > 1e-9;
      const r = is ? this.bead * (0.25 + 0.75 * Math.sqrt(strength)) : 0.2 * this.bead;
      set(bead, 'r', r.toFixed(2));
      set(bead, 'class', is ? null : 'silent');
      set(bead, 'fill', is ? phaseColor(re, im) : null);
      if (!hand) return;
      const angle = Math.atan2(im, re);
      set(hand, 'visibility', is ? null : 'hidden');
      set(hand, 'x2', (this.x(c) + r * Math.cos(angle)).toFixed(2));
      set(hand, 'y2', (this.y(row) - r * Math.sin(angle)).toFixed(2));
    });
  }
}

function largestOf(...all: readonly Wires[]): number {
  let most = 0;
  for (const { re, im } of all)
    for (let i = 0; i < re.length; i++) most = Math.max(most, re[i] * re[i] + im[i] * im[i]);
  return Math.sqrt(most);
}
