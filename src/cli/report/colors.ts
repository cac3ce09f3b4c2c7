/** Colours of the series of a plot: three to one or better against the page, light and dark. */
const light =
  '#2b6ca3 #c2521a #35834a #8c4aa3 #94730f #20808c #b23a60 #5f6f2a #5254a8 #7d5c48 #6b6b6b #a0307f #1f6f5f #a8480f #3d4f8f #86613a'.split(
    ' ',
  );
const dark =
  '#6aaee6 #f08a52 #6cc784 #c88be0 #dcb84a #5cc6d2 #f0809f #b3c46a #9a9cf0 #c9a48d #b0b0b0 #f29ac0 #79d8c4 #ffb07a #a3b8ff #d9b98f'.split(
    ' ',
  );

export type Scheme = 'light' | 'dark';
const palettes = { light, dark } as const;

/** Of the i-th series, in whatever scheme the page is shown. */
export const seriesColor = (i: number): string => `var(--series-${i % light.length})`;
export const seriesColors = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => seriesColor(i));

export type Rgb = readonly [red: number, green: number, blue: number];

/** Of "#1f6f5f", each from 0 to 255. */
export const rgbOf = (hex: string): Rgb =>
  [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;

/** The same for pixels. */
export const seriesRgb = (i: number, scheme: Scheme): Rgb => rgbOf(palettes[scheme][i % light.length]);

/** Custom properties of a scheme. */
export const seriesProperties = (scheme: Scheme): string =>
  palettes[scheme].map((color, i) => `--series-${i}: ${color};`).join(' ');

/** What a picture has between its parts. */
export const pageRgb = { light: rgbOf('#ffffff'), dark: rgbOf('#14181e') } as const;
/** Of a picture, where nothing is. */
export const emptyRgb = { light: rgbOf('#eceff3'), dark: rgbOf('#2c343e') } as const;
