/** The site in Chromium, from a folder: search, keys, colours, what axe knows, and no request beside its own files. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noChromium, openTab, type Tab } from '../playground/chromium.ts';
import { builtSite } from './built.ts';

const missing = noChromium();
if (missing !== null) console.log(`skipped, the site in a browser: ${missing}`);

describe.skipIf(missing !== null)('the site in Chromium', () => {
  let tab: Tab;
  let [folder, site] = ['', ''];
  beforeAll(async () => {
    const built = await builtSite();
    // Under a path with a blank, as disks have them.
    folder = mkdtempSync(join(tmpdir(), 'papilio site-'));
    cpSync(built.folder, join(folder, 'under/a path'), { recursive: true });
    site = pathToFileURL(join(folder, 'under/a path')).href;
    tab = await openTab({ width: 1280, height: 900 });
  });
  afterAll(async () => {
    await tab.close();
    rmSync(folder, { recursive: true });
  });

  const visit = (path: string): Promise<void> => tab.open(`${site}/${path}`, '#search:not([hidden])');

  it('finds a name by keys alone, and goes there', async () => {
    await visit('docs/c.html');
    await tab.key('/');
    await tab.until('document.activeElement.id === "asked"');
    await tab.type('planFft');
    await tab.until('document.querySelectorAll(".finder li").length > 2');
    expect(await tab.value('document.querySelector(".finder strong").textContent')).toBe('planFft');
    await tab.key('ArrowDown');
    await tab.key('ArrowDown');
    await tab.key('ArrowUp');
    expect(await tab.value('document.activeElement === document.querySelector(".finder a")')).toBe(true);
    await tab.key('Enter');
    await tab.until('location.hash === "#planFft" && location.pathname.endsWith("/api/papilio.html")');
    expect(tab.errors).toEqual([]);
  });

  it('takes a misspelt word for one that it has, and says so', async () => {
    await visit('index.html');
    await tab.click('#search');
    await tab.type('safetenors');
    await tab.until('document.querySelectorAll(".finder li").length > 2');
    expect(await tab.value('document.querySelector(".finder [role=status]").textContent')).toContain(
      'safetensors',
    );
    await tab.key('Escape');
    expect(await tab.value('document.querySelector(".finder").open')).toBe(false);
    expect(await tab.value('document.activeElement.id')).toBe('search');
  });

  it('keeps the colours that were chosen from page to page, and in the playground', async () => {
    await visit('index.html');
    await tab.click('#colours');
    await tab.click('#colours');
    expect(await tab.value('getComputedStyle(document.body).backgroundColor')).toBe('rgb(20, 24, 30)');
    await visit('docs/features.html');
    expect(await tab.value('document.documentElement.dataset.scheme')).toBe('dark');
    await tab.open(`${site}/playground.html`);
    expect(await tab.value('document.documentElement.dataset.scheme')).toBe('dark');
    // And there is a way back.
    expect(await tab.value('document.querySelector("h1 a").href')).toBe(`${site}/index.html`);
    await visit('index.html');
    await tab.click('#colours');
    expect(await tab.value('document.documentElement.dataset.scheme ?? "system"')).toBe('system');
    expect(tab.errors).toEqual([]);
  });

  it('is wrong in nothing that axe knows, light and dark, and never wider than a screen', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const pages = [
      'index.html',
      'docs/index.html',
      'docs/features.html',
      'docs/c.html',
      'api/index.html',
      'api/papilio.html',
      'examples/firmware.html',
      'source/src/model/butterfly.ts.html',
    ];
    for (const [width, scheme] of [
      [400, 'dark'],
      [1280, 'light'],
      [2560, 'dark'],
    ] as const) {
      await tab.look({ width, height: 900, scheme });
      for (const path of pages) {
        await visit(path);
        expect(
          await tab.value('document.documentElement.scrollWidth'),
          `${path} at ${width} px`,
        ).toBeLessThanOrEqual(width);
        if (width > 2000) continue;
        const wrong = await tab.value<string[]>(
          `(() => { ${axe}; return axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', '))); })()`,
        );
        expect(wrong, `${path} at ${width} px, ${scheme}`).toEqual([]);
      }
    }
    await tab.look({ width: 1280, height: 900 });
  });

  it('can be read without its script', async () => {
    await tab.send('Emulation.setScriptExecutionDisabled', { value: true });
    await tab.send('Page.navigate', { url: `${site}/docs/c.html` });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await tab.send('Emulation.setScriptExecutionDisabled', { value: false });
    await tab.until('document.querySelector("h1") !== null && document.querySelector(".pages").open');
  });

  it('asks for nothing beside its own files', () => {
    const asked = tab.requests.filter((url) => !/^(?:blob|data|about):/.test(url));
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((url) => !url.startsWith(site))).toEqual([]);
  });
});
