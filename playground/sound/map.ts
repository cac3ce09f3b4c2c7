/** Frames as a picture: time to the right, bands or bins upwards, size as shade. */
import './style.css';
import { pageRgb } from '../shell/colors.ts';
import { h, onWidth } from '../shell/dom.ts';
import type { Frames } from './frames.ts';

type Rgb = readonly [number, number, number];

/** Shades of a scale, as pixels of 32 bits. */
const shades = 256;

function table(stops: readonly Rgb[]): Uint32Array {
  const bytes = new Uint8ClampedArray(4 * shades);
  for (let i = 0; i < shades; i++) {
    const at = (i / (shades - 1)) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++)
      bytes[4 * i + c] = stops[low][c] + (at - low) * (stops[low + 1][c] - stops[low][c]);
    bytes[4 * i + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

const scales = {
  /** From nothing to much. */
  size: ['--card', '--series-0', '--text'],
  /** Below, at and above zero. */
  difference: ['--series-1', '--card', '--series-0'],
} as const;
export type Scale = keyof typeof scales;

/** What stands beside a picture. */
export interface Axes {
  readonly low: number;
  readonly high: number;
  readonly scale?: Scale;
  /** Under the first and the last frame. */
  readonly time: readonly [string, string];
  /** At the lowest and the highest row. */
  readonly ends: readonly [string, string];
}

const gutter = { left: 62, bottom: 20, top: 8 } as const;

export class FrameMap {
  readonly canvas: HTMLCanvasElement;
  private readonly pixels = h('canvas');
  private image: ImageData | null = null;
  private words: Uint32Array | null = null;
  private colors: { readonly scale: Scale; readonly table: Uint32Array } | null = null;
  private height = 200;
  private width = 0;
  private last: { readonly frames: Frames; readonly axes: Axes } | null = null;

  constructor(label: string) {
    this.canvas = h('canvas', { role: 'img', 'aria-label': label, class: 'map' });
    const anew = (): void => {
      this.colors = null;
      this.redraw();
    };
    addEventListener('colourschange', anew);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', anew);
    onWidth(this.canvas, (width) => {
      this.width = width;
      this.height = Math.round(Math.min(360, Math.max(180, 0.16 * width)));
      this.canvas.style.height = `${this.height}px`;
      this.redraw();
    });
  }

  show(frames: Frames, axes: Axes): void {
    this.last = { frames, axes };
    this.redraw();
  }

  private redraw(): void {
    if (this.width === 0 || !this.last) return;
    const { canvas, width, height } = this;
    const { frames, axes } = this.last;
    this.paint(frames, axes);
    const fine = Math.min(2, devicePixelRatio || 1);
    const [w, t] = [Math.round(width * fine), Math.round(height * fine)];
    if (canvas.width !== w || canvas.height !== t) [canvas.width, canvas.height] = [w, t];
    const context = canvas.getContext('2d');
    if (!context) return;
    context.setTransform(fine, 0, 0, fine, 0, 0);
    context.clearRect(0, 0, width, height);
    const tall = height - gutter.top - gutter.bottom;
    context.imageSmoothingEnabled = frames.frames > width;
    context.drawImage(this.pixels, gutter.left, gutter.top, width - gutter.left, tall);
    this.label(context, axes);
  }

  private label(context: CanvasRenderingContext2D, { time, ends }: Axes): void {
    const { width, height } = this;
    const [r, g, b] = pageRgb('--soft');
    context.fillStyle = `rgb(${r} ${g} ${b})`;
    context.font = '12px system-ui, sans-serif';
    const text = (what: string, x: number, y: number, align: CanvasTextAlign): void => {
      context.textAlign = align;
      context.fillText(what, x, y);
    };
    text(ends[1], gutter.left - 6, gutter.top + 10, 'right');
    text(ends[0], gutter.left - 6, height - gutter.bottom - 2, 'right');
    text(time[0], gutter.left, height - 5, 'left');
    text(time[1], width, height - 5, 'right');
  }

  /** One pixel to a number. */
  private paint({ data, frames, width, first = 0 }: Frames, { low, high, scale = 'size' }: Axes): void {
    const { pixels } = this;
    if (this.colors?.scale !== scale)
      this.colors = { scale, table: table(scales[scale].map((name) => pageRgb(name))) };
    const { table: colors } = this.colors;
    if (!this.words || pixels.width !== frames || pixels.height !== width) {
      [pixels.width, pixels.height] = [Math.max(1, frames), Math.max(1, width)];
      this.image = new ImageData(pixels.width, pixels.height);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    const { words, image } = this;
    const factor = (shades - 1) / (high - low || 1);
    for (let f = 0; f < frames; f++) {
      const from = ((first + f) % frames) * width;
      for (let m = 0; m < width; m++) {
        const shade = (data[from + m] - low) * factor;
        words[(width - 1 - m) * frames + f] = colors[shade > 0 ? Math.min(shades - 1, shade | 0) : 0];
      }
    }
    pixels.getContext('2d')?.putImageData(image as ImageData, 0, 0);
  }
}
