/** The start page: what it is, a picture of it, where to go; then the README. */
import type { Page } from './frame.ts';

const points = 8;
const stages = 3;
/** Of the picture: where columns and rows lie. */
const [left, across, down] = [14, 120, 34];

/** Butterflies that this picture has dropped, by stage and upper row: it shows a pruned network. */
const dropped = new Set(['1.1', '1.5', '2.1', '2.3']);

/** Eight points, three stages of butterflies, some dropped. */
function drawing(): string {
  const x = (column: number): number => left + column * across;
  const y = (row: number): number => left + row * down;
  const lines = Array.from({ length: stages }, (_, stage) => {
    const half = points >> (stage + 1);
    return Array.from({ length: points }, (_, row) => row)
      .filter((row) => (row & half) === 0)
      .flatMap((row) => {
        const isDropped = dropped.has(`${stage}.${row}`);
        const line = (from: number, to: number, kind: string): string =>
          `<path d="M${x(stage)} ${y(from)} L${x(stage + 1)} ${y(to)}" class="${isDropped ? 'gone' : kind}"/>`;
        return [
          line(row, row + half, 'mark-a'),
          line(row + half, row, 'mark-b'),
          line(row, row, 'mark-a'),
          line(row + half, row + half, 'mark-b'),
        ];
      });
  });
  const beads = Array.from({ length: (stages + 1) * points }, (_, i) => {
    const [column, row] = [Math.floor(i / points), i % points];
    return `<circle cx="${x(column)}" cy="${y(row)}" r="4.5"/>`;
  });
  const [width, height] = [2 * left + stages * across, 2 * left + (points - 1) * down];
  return `<svg viewBox="0 0 ${width} ${height}" class="mark network" role="img" aria-label="A butterfly network of eight points in three stages; four of its twelve butterflies are dropped.">${lines.flat().join('')}${beads.join('')}</svg>`;
}

const ways: readonly (readonly [title: string, text: string, href: string])[] = [
  [
    'Audio ML',
    'Log-mel front ends with a known error, the numbers of librosa, Whisper and Kaldi',
    'docs/features.html',
  ],
  ['Firmware', 'One file of C99, float or fixed point, with instructions, flash and RAM', 'docs/c.html'],
  [
    'Browser and Node',
    'FFTs of any size in WebAssembly SIMD, streams, worklets, WebGPU',
    'docs/library.html',
  ],
  [
    'Research and teaching',
    'Train a network from random blocks and watch it become the Fourier transform',
    'playground.html#/learn',
  ],
];

/** The README in the frame of a start page. */
export const homePage = (readme: Page): Page => ({
  ...readme,
  title: 'papilio',
  html: `<div class="hero"><div><h1 id="papilio">Learned fast transforms</h1>
<p class="lead">A fast Fourier transform is a product of sparse butterflies. papilio makes every butterfly trainable, drops those that a feature does not need, proves what is left, and compiles it to WebAssembly, JavaScript and C.</p>
<p class="ways"><a class="button main" href="playground.html#/tour">Tour of two minutes</a><a class="button" href="#60-seconds">Begin in 60 seconds</a><a class="button" href="api/index.html">API</a></p></div>
${drawing()}</div>
<ul class="tiles">${ways.map(([title, text, href]) => `<li><a class="tile" href="${href}"><strong>${title}</strong><span>${text}</span></a></li>`).join('')}</ul>
<div class="text">${readme.html.replace(/<h1[\s\S]*?<\/h1>/, '')}</div>`,
  headings: readme.headings.filter((h) => h.level > 1),
});
