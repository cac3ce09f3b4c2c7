/** Complex numbers as pixels: hue is the phase, strength the size. */
import { pageRgb, phaseRgb } from './colors.ts';
import { h } from './dom.ts';

export class Heat {
  readonly canvas: HTMLCanvasElement;
  private redraw = (): void => undefined;

  constructor(label: string) {
    this.canvas = h('canvas', { role: 'img', 'aria-label': label, class: 'heat' });
    addEventListener('colourschange', () => this.redraw());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw());
  }

  /** Rows from the top; `most` is shown at full strength. */
  show(
    columns: number,
    rows: number,
    at: (row: number, column: number) => readonly [number, number],
    most: number,
  ): void {
    this.redraw = () => this.draw(columns, rows, at, most);
    this.redraw();
  }

  private draw(
    columns: number,
    rows: number,
    at: (row: number, column: number) => readonly [number, number],
    most: number,
  ): void {
    const { canvas } = this;
    if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
    const context = canvas.getContext('2d');
    if (!context) return;
    const image = context.createImageData(columns, rows);
    const ground = pageRgb('--card');
    for (let i = 0, p = 0; i < rows; i++)
      for (let j = 0; j < columns; j++, p += 4) {
        const [re, im] = at(i, j);
        const strength = Math.min(1, Math.hypot(re, im) / (most || 1));
        const color = phaseRgb(re, im);
        for (let c = 0; c < 3; c++) image.data[p + c] = ground[c] + strength * (color[c] - ground[c]);
        image.data[p + 3] = 255;
      }
    context.putImageData(image, 0, 0);
  }
}
