/** The page in Chromium, from a file: state in the address, undo, tabs, one file and nothing else. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stylesheet } from '../../src/cli/report/style.ts';
import { steps } from '../../playground/tour/steps.ts';
import { builtPage } from './built.ts';
import { noChromium, openTab, type Tab } from './chromium.ts';
import { play } from './monkey.ts';

const missing = noChromium();
if (missing !== null) console.log(`skipped, the playground in a browser: ${missing}`);

let page: Awaited<ReturnType<typeof builtPage>>;
beforeAll(async () => {
  page = await builtPage();
});
afterAll(() => page.remove());

describe('the page as a file', () => {
  it('is one, of at most 1.2 MB gzipped without its recordings', () => {
    const html = readFileSync(page.path);
    const silent = html.toString().replace(/data:audio\/[a-z]*;base64,[A-Za-z0-9+/=]*/g, '');
    expect(gzipSync(silent).length).toBeLessThan(1.2e6);
    expect(html.toString().replace(/<script type="module">[\s\S]*?<\/script>/g, '')).not.toMatch(
      /(?:src|href)="(?!data:)/,
    );
  });

  it('has the colours of reports', () => {
    const css = readFileSync('playground/tokens.css', 'utf8');
    for (const name of [
      'text',
      'soft',
      'line',
      'page',
      'card',
      'series-0',
      'series-1',
      'series-2',
      'series-3',
    ]) {
      const [light, dark] = [...stylesheet.matchAll(new RegExp(`--${name}: (#[0-9a-f]{6})`, 'g'))].map(
        (m) => m[1],
      );
      expect(css).toContain(`--${name}: light-dark(${light}, ${dark});`);
    }
  });
});

describe.skipIf(missing !== null)('the page in Chromium', () => {
  let tab: Tab;
  beforeAll(async () => {
    tab = await openTab({ width: 1280, height: 900 });
  });
  afterAll(() => tab.close());

  it('keeps its state in the address, and takes steps back and forth', async () => {
    await tab.open(`${page.url}#/butterflies?n=4`);
    await tab.until('document.querySelectorAll("[data-place]").length === 4');
    await tab.click('[data-place="0.0"]');
    await tab.until('location.hash.includes("chosen=0.0")');
    await tab.key('s');
    await tab.until('location.hash.includes("edits=0.0:skip")');
    await tab.key('z', 'Control');
    await tab.until('!location.hash.includes("edits")');
    await tab.key('z', 'Control', 'Shift');
    await tab.until('location.hash.includes("edits=0.0:skip")');
    await tab.click('button[aria-label="Undo"]');
    await tab.until('!location.hash.includes("edits")');
    await tab.click('button[aria-label="Reset this room"]');
    await tab.until('document.querySelectorAll("[data-place]").length === 12');
    await tab.until('location.hash === "#/butterflies"');
    expect(tab.errors).toEqual([]);
  });

  it('follows an address that is changed, as soon as it is', async () => {
    await tab.open(`${page.url}#/learn`);
    for (const room of ['butterflies', 'learn', 'butterflies']) {
      await tab.value(`location.hash = '#/${room}'`);
      await tab.until(`!document.querySelector('#room-${room}').hidden`, 5);
    }
  });

  it('opens any address, also one that makes no sense', async () => {
    for (const text of [
      '#/butterflies?n=7&edits=9.9:skip~0.0:w5,5~x&chosen=77.1',
      '#%%%/?=&',
      '#/nowhere?a=b',
      '#/butterflies?chosen=-1.-1',
      '#/butterflies?n=64&signal=own&own=1e308 1e308 1e308 1e308',
    ]) {
      await tab.open(`${page.url}${text}`);
      await tab.until('document.querySelector("[role=tabpanel]:not([hidden]) .picture") !== null');
      expect(tab.errors).toEqual([]);
    }
  });

  it('says in a sentence what a browser does not give it: threads, sound, its address', async () => {
    const refused = `
      delete window.Worker; delete window.AudioContext; delete window.OfflineAudioContext;
      history.replaceState = () => { throw new DOMException('refused', 'SecurityError'); };`;
    const { identifier } = await tab.send('Page.addScriptToEvaluateOnNewDocument', { source: refused });
    await tab.open(page.url);
    const press = (text: string): Promise<unknown> =>
      tab.value(
        `[...document.querySelectorAll('main button')].find((b) => b.checkVisibility() && b.textContent === ${JSON.stringify(text)}).click()`,
      );
    const reads = (text: string): Promise<void> =>
      tab.until(
        `document.querySelector('[role=tabpanel]:not([hidden])').innerText.includes(${JSON.stringify(text)})`,
        5,
      );
    const noWorker = 'this browser gives this page no worker';
    for (const room of await tab.value<string[]>(
      '[...document.querySelectorAll("[role=tab]")].map((t) => t.id.slice(4))',
    )) {
      await tab.click(`#tab-${room}`);
      await tab.until(`!document.querySelector('#room-${room}').hidden`);
      if (room === 'listen') await press('Play').then(() => reads('this browser gives this page no sound'));
      if (room === 'butterflies') await reads(noWorker);
      if (room === 'race') await press('Race').then(() => reads(noWorker));
      if (room === 'learn') {
        await press('Train');
        await tab.until(`document.querySelector('.said').textContent.startsWith('${noWorker}')`, 5);
        expect(await tab.value('document.querySelector("#room-learn").dataset.phase')).toBe('ready');
      }
    }
    await tab.value('new Promise((resolve) => setTimeout(resolve, 300))');
    await tab.send('Page.removeScriptToEvaluateOnNewDocument', { identifier });
    expect(tab.errors).toEqual([]);
    expect(await tab.value('document.querySelector(".said").textContent')).not.toContain('went wrong');
  });

  it('goes through its rooms by keys', async () => {
    await tab.open(page.url);
    await tab.value('document.querySelector("[role=tab][aria-selected=true]").focus()');
    const rooms = await tab.value<number>('document.querySelectorAll("[role=tab]").length');
    const seen = new Set<string>();
    for (let i = 0; i < rooms; i++) {
      await tab.key('ArrowRight');
      seen.add(await tab.value('document.activeElement.id'));
      const panel = 'document.querySelector("[role=tabpanel]:not([hidden])")';
      expect(await tab.value(`${panel}.id`)).toBe(
        await tab.value('document.activeElement.getAttribute("aria-controls")'),
      );
    }
    expect(seen.size).toBe(rooms);
    await tab.key('Home');
    await tab.key('ArrowLeft');
    const last = await tab.value<boolean>(
      'document.activeElement === [...document.querySelectorAll("[role=tab]")].at(-1)',
    );
    expect(last).toBe(true);
    expect(tab.errors).toEqual([]);
  });

  it('is wrong in nothing that axe knows, in every room, light and dark, and never wider than a screen', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await tab.open(page.url);
    await tab.value(`${axe};0`);
    const rooms = await tab.value<string[]>(
      '[...document.querySelectorAll("[role=tab]")].map((t) => t.id.slice(4))',
    );
    for (const [width, scheme] of [
      [400, 'light'],
      [1280, 'dark'],
      [2560, 'light'],
    ] as const) {
      await tab.look({ width, height: 900, scheme });
      for (const room of rooms) {
        await tab.value(`location.hash = '#/${room}?chosen=0.1'`);
        await tab.until(`!document.querySelector('#room-${room}').hidden`);
        // Drawings follow the width a frame later.
        await tab.value('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))');
        const wide = await tab.value('document.documentElement.scrollWidth');
        expect(wide, `${room} at ${width} px`).toBeLessThanOrEqual(width);
        if (width > 2000) continue;
        const wrong = await tab.value<string[]>(
          `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')))`,
        );
        expect(wrong, `${room} at ${width} px, ${scheme}`).toEqual([]);
      }
    }
    await tab.look({ width: 1280, height: 900 });
  });

  it('throws nothing, wherever it is clicked', async () => {
    for (const seed of [1, 2]) {
      await tab.open(page.url);
      const done = await play(tab, seed, 2.5);
      expect(tab.errors, `seed ${seed}: ${done.join('; ')}`).toEqual([]);
    }
  });

  it('goes on a tour, every step of which shows its room', async () => {
    await tab.open(`${page.url}#/tour`);
    for (const { title, address } of steps) {
      const [, room] = /^#\/(\w+)/.exec(address) ?? [];
      await tab.until(`document.querySelector(".tour h2").textContent === ${JSON.stringify(title)}`);
      await tab.until(`!document.querySelector("#room-${room}").hidden`);
      // What an address says and the room does not take would not be in it again.
      await tab.until(`location.hash.split('/')[1] === ${JSON.stringify(address.slice(2))}`);
      await tab.key('Enter');
    }
    expect(await tab.value('document.querySelector(".tour").hidden')).toBe(true);
    expect(tab.errors).toEqual([]);
  });

  it('asks for nothing beside itself', () => {
    const asked = tab.requests.filter((url) => !/^(?:blob|data|about):/.test(url));
    expect(asked.every((url) => url.startsWith(page.url) || !url.startsWith('http'))).toBe(true);
  });
});
