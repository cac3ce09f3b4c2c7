/**
 * npm run playground:check [-- seconds]: the built page in Chromium: its size, when it is seen and can be used, how fast an edit shows
 * its consequences at 64 points, and a monkey that plays for two minutes.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { builtPage } from '../test/playground/built.ts';
import { noChromium, openTab, type Tab } from '../test/playground/chromium.ts';
import { play } from '../test/playground/monkey.ts';

const seconds = Number(process.argv[2] ?? 120);
const middle = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const shown = (all: readonly number[]): string =>
  `${middle(all).toFixed(0)} ms (of ${all.length}; ${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)})`;

async function opening(tab: Tab, url: string): Promise<void> {
  const [painted, usable]: [number[], number[]] = [[], []];
  for (let i = 0; i < 7; i++) {
    await tab.open(url);
    await tab.until('performance.getEntriesByName("first-contentful-paint").length > 0');
    painted.push(await tab.value('performance.getEntriesByName("first-contentful-paint")[0].startTime'));
    usable.push(await tab.value('performance.getEntriesByName("interactive")[0].startTime'));
  }
  console.log(`first picture: ${shown(painted)}; usable: ${shown(usable)}`);
}

async function edits(tab: Tab, url: string): Promise<void> {
  await tab.open(`${url}#/butterflies?n=64&signal=noise&hand=drop`);
  const data = 'document.querySelector("#room-butterflies").dataset';
  await tab.until(`${data}.proof !== undefined && ${data}.code !== undefined`);
  const times: Record<'drawn' | 'code' | 'proof', number[]> = { drawn: [], code: [], proof: [] };
  let begun = 0;
  for (let i = 0; i < 30; i++) {
    if (i === 10) begun = tab.processorTime();
    await tab.value(`delete ${data}.code; delete ${data}.proof;`);
    await tab.click(`[data-place="${i % 6}.${(7 * i) % 32}"]`);
    await tab.until(`${data}.proof !== undefined && ${data}.code !== undefined`);
    // The first ones compile the code of the page itself.
    if (i >= 10)
      for (const what of Object.keys(times) as (keyof typeof times)[])
        times[what].push(await tab.value(`Number(${data}.${what})`));
  }
  const each = (tab.processorTime() - begun) / times.drawn.length;
  console.log(`an edit at 64 points, processor time of the whole browser: ${each.toFixed(0)} ms`);
  for (const [what, all] of Object.entries(times))
    console.log(`an edit at 64 points, ${what}: ${shown(all)}`);
}

const missing = noChromium();
if (missing !== null) {
  console.log(`skipped: ${missing}`);
} else {
  const page = await builtPage();
  const tab = await openTab({ width: 1280, height: 900 });
  try {
    console.log(`page: ${(gzipSync(readFileSync(page.path)).length / 1e6).toFixed(3)} MB gzipped`);
    await opening(tab, page.url);
    await edits(tab, page.url);
    const seed = Math.floor(performance.now());
    await tab.open(page.url);
    const done = await play(tab, seed, seconds);
    if (tab.errors.length > 0) process.exitCode = 1;
    console.log(
      tab.errors.length === 0
        ? `${seconds} s of a monkey (seed ${seed}): nothing was thrown`
        : `seed ${seed}: ${tab.errors.join('\n')}\nafter ${done.join('; ')}`,
    );
  } finally {
    await tab.close();
    page.remove();
  }
}
