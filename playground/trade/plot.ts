/** Error against operations, a mark to each front end. */
import { onWidth, s, set } from '../shell/dom.ts';
import { figure } from '../sound/text.ts';

const height = 300;
const margin = { left: 52, right: 16, top: 14, bottom: 40 } as const;

export interface Mark {
  readonly id: string;
  readonly title: string;
  readonly kind: 'exact' | 'learned' | 'smaller';
  readonly operations: number;
  readonly error: number;
}

export class TradePlot {
  readonly svg: SVGSVGElement;
  private readonly axis = s('g', { class: 'axis' });
  private readonly line = s('path', { class: 'budget' });
  private readonly marks = s('g');
  private readonly choose: (id: string) => void;
  private width = 600;
  private redraw = (): void => undefined;

  constructor(choose: (id: string) => void) {
    this.choose = choose;
    this.svg = s(
      'svg',
      {
        role: 'group',
        'aria-label': 'Error against operations',
        class: 'trade-plot',
        viewBox: `0 0 600 ${height}`,
      },
      this.axis,
      this.line,
      this.marks,
    );
    onWidth(this.svg, (width) => {
      this.width = width;
      set(this.svg, 'viewBox', `0 0 ${width} ${height}`);
      this.redraw();
    });
  }

  show(marks: readonly Mark[], chosen: string, budget: number): void {
    this.redraw = () => this.draw(marks, chosen, budget);
    this.redraw();
  }

  private draw(all: readonly Mark[], chosen: string, budget: number): void {
    const most = 1.06 * Math.max(1, ...all.map((m) => m.operations));
    const x = (v: number): number => margin.left + ((this.width - margin.left - margin.right) * v) / most;
    // From 0.001 to 1; what is exact stands on the ground.
    const y = (v: number): number => {
      const at = (Math.log10(Math.max(v, 1e-3)) + 3) / 3;
      return margin.top + (height - margin.top - margin.bottom) * (1 - Math.min(1, at));
    };
    const base = height - margin.bottom;
    const text = (at: readonly [number, number], anchor: string, what: string): SVGTextElement =>
      s('text', { x: at[0], y: at[1], 'text-anchor': anchor }, what);
    this.axis.replaceChildren(
      ...[1, 0.1, 0.01, 0.001].flatMap((v) => [
        s('path', { d: `M${margin.left} ${y(v)}H${this.width - margin.right}` }),
        text([margin.left - 6, y(v) + 4], 'end', v === 0.001 ? '≤ 0.001' : String(v)),
      ]),
      text([margin.left, base + 16], 'start', '0'),
      text([x(most / 1.06), base + 16], 'end', `${Math.round(most / 1.06)}`),
      text([(margin.left + this.width) / 2, base + 32], 'middle', 'operations per frame'),
    );
    set(this.line, 'd', `M${margin.left} ${y(budget)}H${this.width - margin.right}`);
    this.marks.replaceChildren(
      ...all.map((m) => this.mark(m, m.id === chosen, [x(m.operations), y(m.error)])),
    );
  }

  private mark(m: Mark, isChosen: boolean, [x, y]: readonly [number, number]): SVGGElement {
    const r = isChosen ? 8 : 5.5;
    const shapes = {
      learned: `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
      smaller: `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`,
      exact: `M${x} ${y - 1.3 * r}L${x + 1.3 * r} ${y}L${x} ${y + 1.3 * r}L${x - 1.3 * r} ${y}Z`,
    };
    const name = `${m.title}: ${Math.round(m.operations)} operations, error ${figure(m.error)}`;
    const act = (): void => this.choose(m.id);
    return s(
      'g',
      {
        class: `mark-${m.kind}${isChosen ? ' chosen' : ''}`,
        role: 'button',
        tabindex: 0,
        'aria-label': name,
        'aria-pressed': String(isChosen),
        'data-front': m.id,
        click: act,
        keydown: (e: KeyboardEvent) => {
          if (e.key !== 'Enter' && e.key !== ' ') return;
          e.preventDefault();
          act();
        },
      },
      s('title', {}, name),
      s('circle', { cx: x, cy: y, r: 16, class: 'reach' }),
      s('path', { d: shapes[m.kind] }),
    );
  }
}
