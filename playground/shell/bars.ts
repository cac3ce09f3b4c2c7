/** Bars with marks of what they should be. */
import { onWidth, s, set } from './dom.ts';

const height = 150;
const room = { left: 40, top: 8, bottom: 22 };

export class Bars {
  readonly svg: SVGSVGElement;
  private readonly bars = s('path', { class: 'bars' });
  private readonly marks = s('path', { class: 'marks' });
  private readonly axis = s('g', { class: 'axis' });
  private width = 600;
  private redraw = (): void => undefined;

  constructor(label: string) {
    this.svg = s('svg', { role: 'img', 'aria-label': label }, this.axis, this.bars, this.marks);
    onWidth(this.svg, (width) => {
      this.width = width;
      set(this.svg, 'viewBox', `0 0 ${width} ${height}`);
      this.redraw();
    });
  }

  /** Both of one length; bars rise from `floor`. `ends`: what stands under the first and the last. */
  show(
    values: ArrayLike<number>,
    wanted: ArrayLike<number>,
    ends: readonly [string, string],
    floor = 0,
  ): void {
    this.redraw = () => this.draw(values, wanted, ends, floor);
    this.redraw();
  }

  private draw(
    values: ArrayLike<number>,
    wanted: ArrayLike<number>,
    ends: readonly [string, string],
    floor: number,
  ): void {
    const all = [...Array.from(values), ...Array.from(wanted)];
    const most = Math.max(floor + 1e-12, ...all);
    const step = (this.width - room.left) / values.length;
    const span = height - room.top - room.bottom;
    const y = (v: number): number => room.top + span * (1 - (Math.max(v, floor) - floor) / (most - floor));
    const base = height - room.bottom;
    const gap = Math.min(3, 0.25 * step);
    const x = (i: number): number => room.left + i * step + gap / 2;
    const wide = step - gap;
    const f = (v: number): string => v.toFixed(1);
    set(
      this.bars,
      'd',
      Array.from(values, (v, i) => `M${f(x(i))} ${base}V${f(y(v))}h${f(wide)}V${base}Z`).join(''),
    );
    set(this.marks, 'd', Array.from(wanted, (v, i) => `M${f(x(i))} ${f(y(v))}h${f(wide)}`).join(''));
    const label = (at: number, anchor: string, text: string, atY = height - 6): SVGTextElement =>
      s('text', { x: at, y: atY, 'text-anchor': anchor }, text);
    const number = (v: number): string =>
      Math.abs(v) >= 100 ? v.toFixed(0) : String(Number(v.toPrecision(2)));
    this.axis.replaceChildren(
      s('path', { d: `M${room.left} ${base}H${this.width}` }),
      label(room.left, 'start', ends[0]),
      label(this.width, 'end', ends[1]),
      label(room.left - 6, 'end', number(most), room.top + 8),
      label(room.left - 6, 'end', number(floor), base),
    );
  }
}
