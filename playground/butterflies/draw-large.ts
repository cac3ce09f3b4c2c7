/** A network of more than 64 points on a canvas: the same drawing, a wire a pixel or a few. */
import { pageRgb, phaseStep, stepColor } from '../shell/colors.ts';
import { h, set } from '../shell/dom.ts';
import { nameOf, type Choose, type Shown } from './draw.ts';
import { keyOf, placeOf, type Edit } from './edits.ts';
import { upperRow, type Drawn, type Wires } from './network.ts';

const left = 14;
/** Strengths that lines are drawn with. */
const levels = 4;

const heightOf = (n: number): number => (n <= 128 ? 640 : n <= 256 ? 768 : n <= 512 ? 896 : 1024);
const propertyOf = ({ act }: Edit): string =>
  act === 'skip'
    ? '--series-2'
    : act === 'reverse'
      ? '--series-3'
      : act === undefined
        ? '--series-0'
        : '--series-1';
const css = (property: string, alpha = 1): string => `rgb(${pageRgb(property).join(' ')} / ${alpha})`;

export class LargeDrawing {
  readonly element: HTMLCanvasElement;
  readonly width: number;
  private readonly drawn: Drawn;
  private readonly choose: Choose;
  private readonly height: number;
  private readonly step: number;
  private focus = keyOf(0, 0);
  private shown: Shown | null = null;

  constructor(drawn: Drawn, width: number, choose: Choose) {
    [this.drawn, this.width, this.choose] = [drawn, width, choose];
    this.height = heightOf(drawn.n);
    this.step = (width - 2 * left) / drawn.columns.length;
    const fine = Math.min(3, Math.ceil(devicePixelRatio));
    this.element = h('canvas', {
      width: width * fine,
      height: this.height * fine,
      style: `width: ${width}px; height: ${this.height}px`,
      class: 'network',
      role: 'application',
      tabindex: 0,
      'aria-label': `Network of ${drawn.n} points: ${drawn.columns.length} stages of ${drawn.n / 2} butterflies`,
      click: (e: MouseEvent) => this.clicked(e),
      keydown: (e: KeyboardEvent) => this.pressed(e),
    });
    this.element.getContext('2d')?.scale(fine, fine);
  }

  private readonly x = (c: number): number => left + c * this.step;
  private readonly y = (row: number): number => ((row + 0.5) * this.height) / this.drawn.n;

  private clicked(e: MouseEvent): void {
    const box = this.element.getBoundingClientRect();
    const { columns, n } = this.drawn;
    const c = Math.min(
      columns.length - 1,
      Math.max(0, Math.floor((e.clientX - box.left - left) / this.step)),
    );
    const row = ((e.clientY - box.top) / this.height) * n - 0.5;
    // The crossing nearest to the pointer: those of a group lie one row apart.
    const { stride } = columns[c];
    const group = Math.min(n / (2 * stride) - 1, Math.max(0, Math.floor(row / (2 * stride))));
    const k = Math.min(stride - 1, Math.max(0, Math.round(row - group * 2 * stride - stride / 2)));
    this.focus = keyOf(c, group * stride + k);
    this.choose(this.focus, null);
  }

  private pressed(e: KeyboardEvent): void {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const { column, butterfly } = placeOf(this.shown?.selected ?? this.focus);
    const [columns, count] = [this.drawn.columns.length, this.drawn.n / 2];
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[e.key];
    const isChoice = e.key === 'Enter' || e.key === ' ';
    if (!step && !isChoice && !/^[a-z]$/i.test(e.key)) return;
    if (step || isChoice) e.preventDefault();
    const [dc, db] = step ?? [0, 0];
    const to = keyOf(
      Math.min(columns - 1, Math.max(0, column + dc)),
      Math.min(count - 1, Math.max(0, butterfly + db)),
    );
    this.focus = to;
    if (step) this.choose(to, 'arrow');
    else this.choose(to, isChoice ? null : e.key.toLowerCase());
  }

  show(shown: Shown): void {
    this.shown = shown;
    const context = this.element.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, this.width, this.height);
    this.drawn.columns.forEach((_, c) => this.lines(context, c, shown));
    shown.wires.forEach((wires, c) => this.beads(context, wires, c, c <= shown.passed));
    for (const [place, edit] of shown.edits) this.mark(context, place, css(propertyOf(edit)), 3);
    if (shown.selected === null) return;
    this.mark(context, shown.selected, css('--text'), 5);
    const edit = shown.edits.get(shown.selected);
    set(this.element, 'aria-description', nameOf(shown.selected, edit));
  }

  /** Lines of one column, those of one colour and strength in one path. */
  private lines(context: CanvasRenderingContext2D, c: number, { wires, blocks, passed }: Shown): void {
    const { stride, width } = this.drawn.columns[c];
    const [before, after] = [wires[c], wires[c + 1]];
    const most = Math.max(largestOf(before), largestOf(after));
    const paths = new Map<number, Path2D>();
    const silent = new Path2D();
    let count = 0;
    const [x0, x1] = [this.x(c), this.x(c + 1)];
    for (let b = 0; b < this.drawn.n / 2; b++)
      for (let i = 0; i < 4; i++) {
        const [leg, to] = [i >> 1, i & 1];
        const from = upperRow(stride, b) + leg * stride;
        const at = 4 * width * b + 2 * width * to + 2 * leg;
        const [p, q] = [blocks[c][at], blocks[c][at + 1]];
        const [re, im] = [
          p * before.re[from] - q * before.im[from],
          p * before.im[from] + q * before.re[from],
        ];
        const strength = most === 0 || c >= passed ? 0 : Math.hypot(re, im) / most;
        const level = Math.min(levels, Math.ceil(strength * levels * 0.999));
        const goal = this.y(upperRow(stride, b) + to * stride);
        if (strength < 0.02) {
          // Zero, or next to it: the network itself is seen.
          if (p === 0 && q === 0) continue;
          silent.moveTo(x0, this.y(from));
          silent.lineTo(x1, goal);
          continue;
        }
        count++;
        const key = phaseStep(re, im) * (levels + 1) + level;
        let path = paths.get(key);
        if (!path) paths.set(key, (path = new Path2D()));
        path.moveTo(x0, this.y(from));
        path.lineTo(x1, goal);
      }
    // Many lines over each other are fainter each.
    const faint = Math.min(1, 400 / count + 0.12);
    context.lineWidth = 1;
    context.strokeStyle = css('--line');
    context.globalAlpha = Math.min(0.8, 90 / this.drawn.n);
    context.stroke(silent);
    for (const [key, path] of paths) {
      context.strokeStyle = stepColor(Math.floor(key / (levels + 1)));
      context.globalAlpha = (faint * (key % (levels + 1))) / levels;
      context.stroke(path);
    }
    context.globalAlpha = 1;
  }

  private beads(context: CanvasRenderingContext2D, wires: Wires, c: number, seen: boolean): void {
    const most = largestOf(wires);
    const tall = Math.max(1, this.height / this.drawn.n);
    wires.re.forEach((re, row) => {
      const im = wires.im[row];
      const strength = !seen || most === 0 ? 0 : Math.hypot(re, im) / most;
      context.fillStyle = strength < 0.01 ? css('--line') : stepColor(phaseStep(re, im));
      const wide = 2 + 8 * Math.sqrt(strength);
      context.fillRect(this.x(c) - wide / 2, this.y(row) - tall / 2, wide, Math.max(1, tall - 0.5));
    });
  }

  private mark(context: CanvasRenderingContext2D, place: string, color: string, r: number): void {
    const { column, butterfly } = placeOf(place);
    const { stride } = this.drawn.columns[column];
    const top = upperRow(stride, butterfly);
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = r > 4 ? 1.5 : 1;
    context.beginPath();
    for (const from of [top, top + stride])
      for (const to of [top, top + stride]) {
        context.moveTo(this.x(column), this.y(from));
        context.lineTo(this.x(column + 1), this.y(to));
      }
    if (r > 4) context.stroke();
    context.beginPath();
    context.arc(this.x(column + 0.5), this.y(top + stride / 2), r, 0, 2 * Math.PI);
    if (r > 4) context.stroke();
    else context.fill();
  }
}

function largestOf({ re, im }: Wires): number {
  let most = 0;
  for (let i = 0; i < re.length; i++) most = Math.max(most, re[i] * re[i] + im[i] * im[i]);
  return Math.sqrt(most);
}
