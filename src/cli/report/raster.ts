/** Features of a clip as a picture: time to the right, the last number of a frame on top. */
import type { Rgb } from './colors.ts';
import { formatNumber } from './figures.ts';
import { escapeHtml } from './html.ts';
import { pngDataUrl } from './png.ts';
import type { Drawing } from './report.ts';

/** What a picture shows. */
export interface Raster {
  readonly name: string;
  readonly frames: number;
  /** Numbers of a frame. */
  readonly width: number;
  /** Of the number at an index of [frames, width]. */
  readonly color: (i: number) => Rgb;
  /** What colours mean, in words. */
  readonly scale: string;
  /** What the first number of a frame is, and the last. */
  readonly ends: readonly [bottom: string, top: string];
  readonly seconds: number;
}

export const raster = ({ name, frames, width, color, scale, ends, seconds }: Raster): Drawing => ({
  kind: 'picture',
  html: () => {
    const url = pngDataUrl(frames, width, (x, y) => color(x * width + width - 1 - y));
    const [bottom, top] = ends.map(escapeHtml);
    return `<figure><figcaption>${escapeHtml(name)}</figcaption><div class="raster"><span class="axis">${top}</span><img alt="${escapeHtml(name)}" src="${url}"><span class="axis low">${bottom}</span></div><p class="scale">0 to ${formatNumber(seconds)} s · ${escapeHtml(scale)}</p></figure>`;
  },
});
