/**
 * npm run playground:shots [-- folder [room ...]]: pictures of every room of the built page, at 400, 1280 and 2560 px, light and dark, to be
 * looked at. The folder is a new one of the system's for temporary files where none is named.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtPage } from '../test/playground/built.ts';
import { noChromium, openTab, type Tab } from '../test/playground/chromium.ts';

/** Addresses at which rooms have something to show, and what holds when they do. */
const addresses: Readonly<Record<string, readonly [address: string, shown: string]>> = {
  listen: ['#/listen?front=papilio-learned-1', 'dataset.seen'],
  butterflies: [
    '#/butterflies?n=32&signal=noise&edits=1.3:drop~2.5:skip~3.4:w0.5,0.5&chosen=3.4',
    'dataset.proof',
  ],
  learn: ['#/learn?pace=fast', 'dataset.phase === "done"'],
  trade: ['#/trade?budget=0.05', 'dataset.done'],
  compare: ['#/compare?left=whisper&right=log-mel-80', 'dataset.done === "yes"'],
  parity: ['#/parity', 'dataset'],
  race: ['#/race', 'dataset.done === "yes"'],
  tour: ['#/tour', 'dataset'],
};
/** Rooms that begin at a button. */
const begins: Readonly<Record<string, string>> = { learn: 'Train', race: 'Race' };
const sizes = [
  [400, 860],
  [1280, 900],
  [2560, 1440],
] as const;

async function shown(tab: Tab, url: string, room: string): Promise<void> {
  const [address, condition] = addresses[room];
  await tab.open(`${url}${address}`);
  const begin = begins[room];
  if (begin)
    await tab.value(
      `[...document.querySelectorAll('main button')].find((b) => b.checkVisibility() && b.textContent === '${begin}').click()`,
    );
  const panel = room === 'tour' ? 'document.body' : `document.querySelector('#room-${room}')`;
  await tab.until(`Boolean(${panel}.${condition})`, 120);
}

const missing = noChromium();
if (missing !== null) {
  console.log(`skipped: ${missing}`);
} else {
  const [folder = mkdtempSync(join(tmpdir(), 'papilio-shots-')), ...named] = process.argv.slice(2);
  mkdirSync(folder, { recursive: true });
  const page = await builtPage();
  const tab = await openTab({ width: 1280, height: 900 });
  try {
    for (const room of named.length > 0 ? named : Object.keys(addresses)) {
      await shown(tab, page.url, room);
      for (const [width, height] of sizes)
        for (const scheme of ['light', 'dark'] as const) {
          await tab.look({ width, height, scheme });
          await tab.value('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 300)))');
          await tab.screenshot(join(folder, `${room}-${width}-${scheme}.png`));
        }
      if (tab.errors.length > 0) throw new Error(`${room}: ${tab.errors.join('\n')}`);
    }
    console.log(folder);
  } finally {
    await tab.close();
    page.remove();
  }
}
