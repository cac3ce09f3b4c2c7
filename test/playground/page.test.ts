/** The page in Chromium, from a file: state in the address, undo, tabs, one file and nothing else. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stylesheet } from '../../src/cli/report/style.ts';
import { builtPage } from './built.ts';
import { noChromium, openTab, type Tab } from './chromium.ts';

const missing = noChromium();
if (missing !== null) console.log(`skipped, the playground in a browser: ${missing}`);

let page: Awaited<ReturnType<typeof builtPage>>;
beforeAll(async () => {
  page = await builtPage();
});
afterAll(() => page.remove());

describe('the page as a file', () => {
  it('is one, of at most 1.2 MB gzipped', () => {
    const html = readFileSync(page.path);
    expect(gzipSync(html).length).toBeLessThan(1.2e6);
    expect(html.toString().replace(/<script type="module">[\s\S]*?<\/script>/g, '')).not.toMatch(
      /(?:src|href)="(?!data:)/,
    );
  });

  it('has the colours of reports', () => {
    const css = readFileSync('playground/style.css', 'utf8');
    const properties = (name: string, from: string): string[] =>
      [...from.matchAll(new RegExp(`--${name}: (#[0-9a-f]{6})`, 'g'))].map((m) => m[1]);
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
      const [light, dark] = properties(name, stylesheet);
      expect(properties(name, css)).toEqual([light, dark, dark]);
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
    await tab.until('document.querySelectorAll(".node").length === 4');
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
    await tab.until('document.querySelectorAll(".node").length === 12');
    await tab.until('location.hash === "#/butterflies"');
    expect(tab.errors).toEqual([]);
  });

  it('opens any address, also one that makes no sense', async () => {
    for (const text of [
      '#/butterflies?n=7&edits=9.9:skip~0.0:w5,5~x&chosen=77.1',
      '#%%%/?=&',
      '#/nowhere?a=b',
    ]) {
      await tab.open(`${page.url}${text}`);
      await tab.until('document.querySelector(".node") !== null');
      expect(tab.errors).toEqual([]);
    }
  });

  it('asks for nothing beside itself', () => {
    const asked = tab.requests.filter((url) => !/^(?:blob|data|about):/.test(url));
    expect(asked.every((url) => url.startsWith(page.url))).toBe(true);
  });
});
