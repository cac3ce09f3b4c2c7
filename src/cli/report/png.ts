/** A minimal PNG encoder (8-bit RGB, no filter) for rasters in reports. Source: PNG specification, W3C 2003. */
import { deflateSync } from 'node:zlib';
import { dataUrl } from './html.ts';
import { rgbOf, type Rgb, type Scheme } from './colors.ts';

/** CRC-32 of the PNG specification, annex D; `zlib.crc32` needs Node 20.15. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = new Uint8Array(4 + data.length);
  body.set(new TextEncoder().encode(type));
  body.set(data, 4);
  const out = new Uint8Array(body.length + 8);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(body, 4);
  view.setUint32(4 + body.length, crc32(body));
  return out;
}

/** Bytes of an image; `color(x, y)` gives [r, g, b] from 0 to 255. */
export function png(width: number, height: number, color: (x: number, y: number) => Rgb): Uint8Array {
  const raw = new Uint8Array(height * (1 + 3 * width));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) raw.set(color(x, y), y * (1 + 3 * width) + 1 + 3 * x);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** The same as a data URL. */
export const pngDataUrl = (...image: Parameters<typeof png>): string => dataUrl('image/png', png(...image));

/** A map in both schemes, of which the page shows its own; pixels are not smoothed. */
export function schemedImage(
  alt: string,
  { width, height, style }: { readonly width: number; readonly height: number; readonly style?: string },
  color: (x: number, y: number, scheme: Scheme) => Rgb,
): string {
  const [light, dark] = (['light', 'dark'] as const).map((scheme) =>
    pngDataUrl(width, height, (x, y) => color(x, y, scheme)),
  );
  return `<picture><source media="(prefers-color-scheme: dark)" srcset="${dark}"><img class="map"${style ? ` style="${style}"` : ''} alt="${alt}" src="${light}"></picture>`;
}

/** Colours between stops, t from 0 to 1. */
function ramp(stops: readonly Rgb[], t: number): Rgb {
  const at = Math.max(0, Math.min(1, Number.isFinite(t) ? t : 0)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  const f = at - i;
  return [0, 1, 2].map((c) =>
    Math.round(stops[i][c] + f * (stops[i + 1][c] - stops[i][c])),
  ) as unknown as Rgb;
}

const magma = '#000004 #281159 #651a80 #9e2f7f #d8466b #f7715b #feb17a #fcfdbf'.split(' ').map(rgbOf);
/** Dark to light, perceptually even (after matplotlib's magma). */
export const sequential = (t: number): Rgb => ramp(magma, t);

const blueToRed = '#2166ac #92c5de #f7f7f7 #f4a582 #b2182b'.split(' ').map(rgbOf);
/** Blue through white to red, for differences. */
export const diverging = (t: number): Rgb => ramp(blueToRed, t);
