/** A number in the plane, dragged with the pointer or turned with the keys, beside the unit circle. */
import { phaseColor } from '../shell/colors.ts';
import { s, set } from '../shell/dom.ts';

const size = 220;
const middle = size / 2;
/** Pixels of length 1. */
const unit = 76;
/** How close to the exact place, or to the circle, a drag snaps, in lengths. */
const near = 0.05;

export class Circle {
  readonly svg: SVGSVGElement;
  private readonly moved: (w: [number, number]) => void;
  private readonly hand = s('line', { x1: middle, y1: middle, class: 'hand' });
  private readonly ghost = s('circle', { r: 6, class: 'ghost' });
  private readonly knob: SVGCircleElement;
  private value: readonly [number, number] = [1, 0];
  private exact: readonly [number, number] = [1, 0];

  constructor(moved: (w: [number, number]) => void) {
    this.moved = moved;
    this.knob = s('circle', {
      r: 11,
      class: 'knob',
      tabindex: 0,
      role: 'slider',
      'aria-label': 'Twiddle: left and right turn it, up and down change its length',
      'aria-valuemin': -180,
      'aria-valuemax': 180,
      keydown: (e: KeyboardEvent) => this.pressed(e),
    });
    this.svg = s(
      'svg',
      {
        viewBox: `0 0 ${size} ${size}`,
        class: 'circle',
        role: 'group',
        'aria-label': 'Twiddle in the complex plane',
      },
      s('path', { d: `M8 ${middle}H${size - 8}M${middle} 8V${size - 8}`, class: 'axes' }),
      s('circle', { cx: middle, cy: middle, r: unit, class: 'unit' }),
      s('text', { x: size - 8, y: middle - 6, 'text-anchor': 'end' }, 're'),
      s('text', { x: middle + 6, y: 16 }, 'im'),
      this.hand,
      this.ghost,
      this.knob,
    );
    this.svg.addEventListener('pointerdown', (e) => {
      this.svg.setPointerCapture(e.pointerId);
      this.drag(e);
      this.knob.focus({ preventScroll: true });
      e.preventDefault();
    });
    this.svg.addEventListener('pointermove', (e) => {
      if (this.svg.hasPointerCapture(e.pointerId)) this.drag(e);
    });
  }

  private drag(e: PointerEvent): void {
    const box = this.svg.getBoundingClientRect();
    const scale = size / box.width;
    const re = ((e.clientX - box.left) * scale - middle) / unit;
    const im = (middle - (e.clientY - box.top) * scale) / unit;
    const length = Math.hypot(re, im);
    if (Math.hypot(re - this.exact[0], im - this.exact[1]) < near)
      this.moved([...this.exact] as [number, number]);
    else if (Math.abs(length - 1) < near) this.moved([re / length, im / length]);
    else this.moved([re, im]);
  }

  private pressed(e: KeyboardEvent): void {
    const [re, im] = this.value;
    const turn = { ArrowLeft: 1, ArrowRight: -1 }[e.key];
    const grow = { ArrowUp: 1.05, ArrowDown: 1 / 1.05 }[e.key];
    if (turn === undefined && grow === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    const angle = ((turn ?? 0) * Math.PI) / (e.shiftKey ? 180 : 32);
    const [c, sine] = [(grow ?? 1) * Math.cos(angle), (grow ?? 1) * Math.sin(angle)];
    this.moved([re * c - im * sine, re * sine + im * c]);
  }

  show(value: readonly [number, number], exact: readonly [number, number]): void {
    [this.value, this.exact] = [value, exact];
    const place = ([re, im]: readonly [number, number]): [number, number] => [
      middle + unit * re,
      middle - unit * im,
    ];
    const [x, y] = place(value);
    set(this.knob, 'cx', x.toFixed(1));
    set(this.knob, 'cy', y.toFixed(1));
    set(this.knob, 'fill', phaseColor(value[0], value[1]));
    set(this.hand, 'x2', x.toFixed(1));
    set(this.hand, 'y2', y.toFixed(1));
    const [gx, gy] = place(exact);
    set(this.ghost, 'cx', gx.toFixed(1));
    set(this.ghost, 'cy', gy.toFixed(1));
    const degrees = (Math.atan2(value[1], value[0]) * 180) / Math.PI;
    const length = Math.hypot(value[0], value[1]);
    set(this.knob, 'aria-valuenow', degrees.toFixed(1));
    set(this.knob, 'aria-valuetext', `${degrees.toFixed(1)} degrees, length ${length.toFixed(3)}`);
  }
}
