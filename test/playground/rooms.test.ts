/** Rooms in Chromium: what is changed in them has its consequences, and what is taken away is what commands write. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { decodeModel, encodeModel } from '../../src/files.ts';
import { chainMatrix, matrixError, targetModel, defaultRadices } from '../../src/learn.ts';
import { builtPage } from './built.ts';
import { noChromium, openTab, type Tab } from './chromium.ts';

const missing = noChromium();
if (missing !== null) console.log(`skipped, rooms of the playground: ${missing}`);

/** CRC-32, bit by bit. */
function crc32(bytes: Buffer): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
  }
  return ~c >>> 0;
}

/** Files of an archive that stores them, by its own list of them. */
function unzipped(bytes: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = bytes.length - 22;
  expect(bytes.readUInt32LE(end)).toBe(0x06054b50);
  let at = bytes.readUInt32LE(end + 16);
  for (let i = 0; i < bytes.readUInt16LE(end + 10); i++) {
    const [size, length, start] = [
      bytes.readUInt32LE(at + 24),
      bytes.readUInt16LE(at + 28),
      bytes.readUInt32LE(at + 42),
    ];
    const content = bytes.subarray(start + 30 + length, start + 30 + length + size);
    expect(crc32(content)).toBe(bytes.readUInt32LE(at + 16));
    files.set(bytes.toString('utf8', at + 46, at + 46 + length), content);
    at += 46 + length;
  }
  return files;
}

describe.skipIf(missing !== null)('rooms in Chromium', () => {
  let page: Awaited<ReturnType<typeof builtPage>>;
  let tab: Tab;
  const folder = mkdtempSync(join(tmpdir(), 'papilio-exports-'));
  const run = promisify(execFile);
  const cli = (...args: string[]) => run(process.execPath, [inject('cli'), ...args], { cwd: folder });

  beforeAll(async () => {
    page = await builtPage();
    tab = await openTab({ width: 1280, height: 1000 });
  });
  afterAll(async () => {
    await tab.close();
    page.remove();
    rmSync(folder, { recursive: true });
  });

  const tileOf = (name: string): Promise<string> =>
    tab.value(
      `[...document.querySelectorAll('.tile')].find((t) => t.checkVisibility() && t.textContent.startsWith(${JSON.stringify(name)}))?.children[1].textContent`,
    );
  const buttonWith = async (text: string): Promise<void> => {
    await tab.value(
      `[...document.querySelectorAll('main button')].find((b) => b.checkVisibility() && b.textContent === ${JSON.stringify(text)}).id = 'pressed'`,
    );
    await tab.click('#pressed');
    await tab.value("document.querySelector('#pressed').removeAttribute('id')");
  };
  /** What is saved next comes into window.taken. */
  const watchSaves = (): Promise<unknown> =>
    tab.value(`(() => {
      window.taken = null;
      HTMLAnchorElement.prototype.click = async function () {
        const bytes = new Uint8Array(await (await fetch(this.href)).arrayBuffer());
        window.taken = btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
      };
    })()`);
  /** The file that a button gives. */
  const taken = async (name: string): Promise<Buffer> => {
    await watchSaves();
    await buttonWith(name);
    await tab.until('typeof window.taken === "string"');
    return Buffer.from(await tab.value<string>('window.taken'), 'base64');
  };

  it('Butterflies: an edit shows its consequences, and the keyboard makes it too', async () => {
    await tab.open(`${page.url}#/butterflies?n=16&signal=noise`);
    await tab.until('document.querySelector("#room-butterflies").dataset.proof !== undefined');
    expect(await tileOf('Error of this signal')).toBe('none');
    const before = await tileOf('Operations');
    await tab.click('[data-place="1.2"]');
    await tab.key('d');
    await tab.until('document.querySelector("[data-place=\\"1.2\\"]").classList.contains("drop")');
    expect(await tileOf('Error of this signal')).not.toBe('none');
    await tab.until('!document.querySelector(".tile.busy")');
    expect(await tileOf('Proven bound')).toMatch(/^≤ 1/);
    expect(await tileOf('Operations')).not.toBe(before);
    await tab.key('ArrowDown');
    await tab.key('s');
    await tab.key('k');
    await tab.key('ArrowUp');
    await tab.key('k');
    await tab.until('!location.hash.includes("edits")');
    expect(await tileOf('Error of this signal')).toBe('none');
  });

  it('Butterflies: a twiddle is dragged, and snaps back to where it was', async () => {
    await tab.open(`${page.url}#/butterflies?chosen=1.1&signal=noise`);
    const knob = await tab.place('.knob');
    await tab.drag(knob, { x: knob.x + 60, y: knob.y - 30 });
    await tab.until('/edits=1.1:w/.test(location.hash)');
    const error = Number(await tileOf('Error of this signal'));
    expect(error).toBeGreaterThan(0.05);
    // Scrolled to once, both are seen.
    await tab.place('.circle');
    const moved = await tab.place('.knob');
    await tab.drag(moved, await tab.place('.ghost'));
    await tab.until('!location.hash.includes("edits")');
    await tab.value('document.querySelector(".knob").focus()');
    await tab.key('ArrowLeft');
    await tab.until('/edits=1.1:w/.test(location.hash)');
    expect(tab.errors).toEqual([]);
  });

  it('Learn: the Fourier transform of 64 points to 1e-12 in ten seconds, and the same files as the command line', async () => {
    await tab.open(`${page.url}#/learn?pace=fast`);
    await buttonWith('Train');
    await tab.until('document.querySelector("#room-learn").dataset.phase === "done"', 10);
    const { error, seconds } = await tab.value<{ error: string; seconds: string }>(
      '({ ...document.querySelector("#room-learn").dataset })',
    );
    expect(Number(error)).toBeLessThan(1e-12);
    expect(Number(seconds)).toBeLessThan(10);
    const bytes = await taken('Model (safetensors)');
    const model = decodeModel(bytes);
    const { matrix } = targetModel('dft', defaultRadices(64));
    expect(matrixError(chainMatrix(model.model, model.values), matrix).relativeL2).toBeLessThan(1e-14);
    // The same numbers as `papilio fit` comes to, whose engine has other bits in Math.cos and **; only the time it took is its own.
    await cli('fit', 'dft', '--n', '64', '--seed', '1', '--out', 'fit');
    const own = decodeModel(readFileSync(join(folder, 'fit/model.safetensors')));
    expect(own.report['seconds']).toBeGreaterThan(0);
    const report = { ...own.report, seconds: model.report['seconds'] };
    expect(Buffer.from(encodeModel(own, report)).equals(bytes)).toBe(true);
    const kinds = [
      ['wasm', 'WebAssembly'],
      ['esm', 'JavaScript'],
      ['c', 'C'],
    ] as const;
    await Promise.all(kinds.map(([to]) => cli('compile', 'fit/model.safetensors', '--to', to, '--out', to)));
    for (const [to, button] of kinds) {
      const files = unzipped(await taken(button));
      expect([...files.keys()].sort()).toEqual(readdirSync(join(folder, to)).sort());
      for (const [name, content] of files) expect(content).toEqual(readFileSync(join(folder, to, name)));
    }
    await buttonWith('Open in Butterflies');
    await tab.until('document.querySelectorAll("[data-place]").length === 192');
    expect(
      Number(await tileOf('Error of this signal').then((t) => (t === 'none' ? '0' : t.replace('−', '-')))),
    ).toBeLessThan(1e-12);
    expect(tab.errors).toEqual([]);
  });

  it('pictures are saved as they are seen', async () => {
    await tab.open(`${page.url}#/butterflies?n=8&signal=noise`);
    const save = (format: string): Promise<void> =>
      tab.click(`#room-butterflies button[aria-label="Save The network as ${format}"]`);
    await watchSaves();
    await save('SVG');
    await tab.until('typeof window.taken === "string"');
    const svg = Buffer.from(await tab.value<string>('window.taken'), 'base64').toString();
    expect([
      svg.startsWith('<svg '),
      svg.includes('xmlns="http://www.w3.org/2000/svg"'),
      svg.includes('var(--'),
    ]).toEqual([true, true, false]);
    expect(svg.match(/<circle/g)?.length).toBeGreaterThan(32);
    await watchSaves();
    await save('PNG');
    await tab.until('typeof window.taken === "string"');
    const png = Buffer.from(await tab.value<string>('window.taken'), 'base64');
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBeGreaterThan(1000);
    expect(tab.errors).toEqual([]);
  });

  it('Learn: stops, steps and goes on', async () => {
    await tab.open(`${page.url}#/learn?n=16&pace=slow`);
    const steps = (): Promise<number> => tileOf('Steps').then(Number);
    await buttonWith('Step');
    await tab.until('document.querySelector("#room-learn").dataset.phase === "paused"');
    await tab.until('[...document.querySelectorAll(".tile dd")].some((d) => d.textContent === "1")');
    await buttonWith('Step');
    await tab.until('[...document.querySelectorAll(".tile dd")].some((d) => d.textContent === "2")');
    await buttonWith('Go on');
    await tab.until('[...document.querySelectorAll(".tile dd")].some((d) => Number(d.textContent) > 5)');
    await buttonWith('Pause');
    await new Promise((resolve) => setTimeout(resolve, 150));
    const at = await steps();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await steps()).toBe(at);
    expect(tab.errors).toEqual([]);
  });
});
