/** Curves over steps, on a logarithmic scale. */
import { onWidth, s, set } from './dom.ts';

const height = 230;
const room = { left: 44, top: 10, bottom: 24, right: 8 };

export interface Line {
  /** Style class. */
  readonly name: string;
  /** Places along the axis, and values; what is not above 0 is left out. */
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Of so many points more than a screen shows, every k-th. */
const mostPoints = 1200;

export class Curve {
  readonly svg: SVGSVGElement;
  private readonly axis = s('g', { class: 'axis' });
  private readonly lines = s('g', { class: 'curves' });
  private width = 600;
  private redraw = (): void => undefined;

  constructor(label: string) {
    this.svg = s(
      'svg',
      { role: 'img', 'aria-label': label, viewBox: `0 0 600 ${height}` },
      this.axis,
      this.lines,
    );
    onWidth(this.svg, (width) => {
      this.width = width;
      set(this.svg, 'viewBox', `0 0 ${width} ${height}`);
      this.redraw();
    });
  }

  /** Powers of ten from `low` to `high`. */
  show(
    lines: readonly Line[],
    { low, high }: { readonly low: number; readonly high: number },
    unit: string,
  ): void {
    this.redraw = () => this.draw(lines, low, high, unit);
    this.redraw();
  }

  private draw(lines: readonly Line[], low: number, high: number, unit: string): void {
    const most = Math.max(10, ...lines.map(({ x }) => x[x.length - 1] ?? 0));
    const x = (v: number): number => room.left + ((this.width - room.left - room.right) * v) / most;
    const y = (v: number): number => {
      const at = (Math.log10(Math.max(v, 10 ** low)) - low) / (high - low);
      return room.top + (height - room.top - room.bottom) * (1 - Math.min(1, at));
    };
    const ticks = Array.from({ length: Math.floor((high - low) / 4) + 1 }, (_, i) => high - 4 * i);
    this.axis.replaceChildren(
      ...ticks.flatMap((power) => [
        s('path', { d: `M${room.left} ${y(10 ** power)}H${this.width - room.right}` }),
        s(
          'text',
          { x: room.left - 6, y: y(10 ** power) + 4, 'text-anchor': 'end' },
          power === 0 ? '1' : `1e${power}`,
        ),
      ]),
      s('text', { x: room.left, y: height - 6 }, '0'),
      s(
        'text',
        { x: this.width - room.right, y: height - 6, 'text-anchor': 'end' },
        `${Math.round(most)} ${unit}`,
      ),
    );
    this.lines.replaceChildren(
      ...lines.map((line) => {
        const every = Math.ceil(line.x.length / mostPoints);
        const points = line.y.flatMap((v, i) =>
          v > 0 && (i % every === 0 || i === line.y.length - 1)
            ? [`${x(line.x[i]).toFixed(1)} ${y(v).toFixed(1)}`]
            : [],
        );
        return s('path', { class: line.name, d: points.length === 0 ? null : `M${points.join('L')}` });
      }),
    );
  }
}
