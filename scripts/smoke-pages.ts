/**
 * A page of every kind in Chromium at 400, 1200 and 2560 px, light and dark: nothing is wider than the screen, every plot is as wide
 * as its column with letters of 9 px or more, no two labels of a plot touch, and axe finds nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { samplePages } from '../test/cli/page-samples.ts';

const widths = [400, 1200, 2560] as const;

/** What a page looks for in itself: a list of what is wrong. */
const inspection = `
const wrong = [];
const root = document.documentElement;
if (root.scrollWidth > innerWidth) wrong.push('the page is ' + root.scrollWidth + ' px wide');
const shown = [...document.querySelectorAll('.plot svg')].filter((svg) => svg.getBoundingClientRect().width > 0);
if (shown.length !== document.querySelectorAll('.plot').length) wrong.push(shown.length + ' drawings are shown for ' + document.querySelectorAll('.plot').length + ' plots');
for (const svg of shown) {
  const name = svg.getAttribute('aria-label');
  const box = svg.getBoundingClientRect();
  const column = svg.parentElement.getBoundingClientRect();
  if (Math.abs(box.width - column.width) > 1) wrong.push(name + ': ' + box.width + ' px of ' + column.width);
  const scale = box.width / svg.viewBox.baseVal.width;
  const labels = [...svg.querySelectorAll('text')].filter((t) => t.textContent.trim() !== '');
  for (const t of labels) {
    const size = scale * parseFloat(getComputedStyle(t).fontSize);
    if (size < 9) wrong.push(name + ': "' + t.textContent + '" is ' + size.toFixed(1) + ' px');
  }
  const boxes = labels.map((t) => t.getBoundingClientRect());
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
    if (a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom)
      wrong.push(name + ': "' + labels[i].textContent + '" touches "' + labels[i + 1 + j].textContent + '"');
  }));
}
`;

const script = (axe: boolean): string => `<script type="module">
${inspection}
${
  axe
    ? `const { violations } = await window.axe.run(document);
for (const v of violations) wrong.push(v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', '));`
    : ''
}
parent.postMessage({ width: innerWidth, wrong }, '*');
</script>`;

/** Shows a page in frames of every width, and puts what is wrong into the title. */
const frames = (name: string): string => `<!doctype html><html><head><title>not run</title></head><body>
${widths.map((w) => `<iframe src="${name}.html" style="width: ${w}px; height: 2000px; border: 0"></iframe>`).join('\n')}
<script>
const wrong = [];
let count = 0;
addEventListener('message', ({ data }) => {
  wrong.push(...data.wrong.map((text) => data.width + ' px: ' + text));
  if (++count === ${widths.length}) document.title = wrong.length === 0 ? 'ok' : wrong.join('; ');
});
</script></body></html>`;

/** Writes a page of every kind, and its frames, into a folder. Returns the kinds, and whether axe is there to read them. */
export function writePages(folder: string): { readonly kinds: string[]; readonly axe: boolean } {
  let axe = true;
  try {
    const path = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    writeFileSync(join(folder, 'axe.js'), readFileSync(path));
  } catch {
    axe = false;
  }
  const pages = Object.entries(samplePages());
  for (const [name, html] of pages) {
    const head = axe ? '<script src="axe.js"></script>' : '';
    writeFileSync(join(folder, `${name}.html`), html.replace('</body>', `${head}${script(axe)}</body>`));
    writeFileSync(join(folder, `${name}-frames.html`), frames(name));
  }
  return { kinds: pages.map(([name]) => name), axe };
}
