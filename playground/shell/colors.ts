/** Colours of drawings: the phase of a number as a hue, all hues equally light. */
import { h } from './dom.ts';

/** sRGB of a colour of OKLCh (Ottosson, 2020), 0 to 255 each. */
function rgbOf(lightness: number, chroma: number, hue: number): [number, number, number] {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((x) => {
    const c = Math.min(1, Math.max(0, x));
    return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));
  }) as [number, number, number];
}

const steps = 96;
/** Blue at 0, orange at pi: those of the first two series. */
const hueAtZero = (250 * Math.PI) / 180;
const wheel = Array.from({ length: steps }, (_, i) =>
  rgbOf(0.62, 0.125, hueAtZero + (2 * Math.PI * i) / steps),
);
const names = wheel.map((c) => `#${c.map((x) => x.toString(16).padStart(2, '0')).join('')}`);

/** The phase of a number as one of a few, and the colour of that. */
export const phaseStep = (re: number, im: number): number =>
  (Math.round((Math.atan2(im, re) / (2 * Math.PI)) * steps) + steps) % steps;

export const stepColor = (step: number): string => names[step];

/** Colour of the phase of a number. */
export const phaseColor = (re: number, im: number): string => names[phaseStep(re, im)];
export const phaseRgb = (re: number, im: number): readonly [number, number, number] =>
  wheel[phaseStep(re, im)];

/** A colour of the stylesheet, as pixels need it: of an element that has it, which is told the scheme. */
export function pageRgb(property: string): [number, number, number] {
  const probe = h('i', { hidden: true, style: `color: var(${property})` });
  document.body.append(probe);
  const numbers = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
  probe.remove();
  return [0, 1, 2].map((at) => Number(numbers[at])) as [number, number, number];
}
