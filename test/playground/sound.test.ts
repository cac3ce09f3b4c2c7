/** Rooms of sound in Chromium, with a recording in the place of the microphone. PAPILIO_MICROPHONE: seconds that it is heard, 4. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { decodeFrontEnd, decodeWav } from '../../src/files.ts';
import {
  compileFrontEnd,
  exactFrontEnd,
  featureError,
  namedFeature,
  probeSignal,
  stageDifferences,
} from '../../src/front.ts';
import { featureHead, features } from '../../src/index.ts';
import { builtPage } from './built.ts';
import { addressOfFiles } from '../../src/cli/playground.ts';
import { noChromium, openTab, type Tab } from './chromium.ts';

const missing = noChromium();
if (missing !== null) console.log(`skipped, rooms of sound: ${missing}`);

const heardSeconds = Number(process.env['PAPILIO_MICROPHONE'] ?? 4);
const recording = resolve('data/speech-austen-0930.wav');

describe.skipIf(missing !== null)('rooms of sound in Chromium', () => {
  let page: Awaited<ReturnType<typeof builtPage>>;
  let tab: Tab;
  const folder = mkdtempSync(join(tmpdir(), 'papilio-sound-'));
  const run = promisify(execFile);
  const cli = (...args: string[]) => run(process.execPath, [inject('cli'), ...args], { cwd: folder });
  beforeAll(async () => {
    page = await builtPage();
    tab = await openTab({ width: 1280, height: 1000 }, [
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${recording}`,
    ]);
  }, 120_000);
  afterAll(async () => {
    await tab.close();
    page.remove();
    rmSync(folder, { recursive: true });
  });

  const data = (room: string): Promise<Record<string, string>> =>
    tab.value(`({ ...document.querySelector('#room-${room}').dataset })`);
  /** Presses the button of a text. */
  const press = async (text: string): Promise<void> => {
    await tab.until(
      `[...document.querySelectorAll('main button')].some((b) => b.checkVisibility() && !b.disabled && b.textContent === ${JSON.stringify(text)})`,
    );
    await tab.value(
      `[...document.querySelectorAll('main button')].find((b) => b.checkVisibility() && b.textContent === ${JSON.stringify(text)}).id = 'pressed'`,
    );
    await tab.click('#pressed');
    await tab.value("document.querySelector('#pressed')?.removeAttribute('id')");
  };
  const tileOf = (name: string): Promise<string> =>
    tab.value(
      `[...document.querySelectorAll('.tile')].find((t) => t.checkVisibility() && t.textContent.startsWith(${JSON.stringify(name)}))?.children[1].textContent`,
    );
  /** The file that a button gives. */
  const taken = async (name: string): Promise<Buffer> => {
    await tab.value(`(() => {
      window.taken = null;
      HTMLAnchorElement.prototype.click = async function () {
        const bytes = new Uint8Array(await (await fetch(this.href)).arrayBuffer());
        window.taken = btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
      };
    })()`);
    await press(name);
    await tab.until('typeof window.taken === "string"');
    return Buffer.from(await tab.value<string>('window.taken'), 'base64');
  };
  const heap = async (): Promise<number> => {
    await tab.send('HeapProfiler.collectGarbage');
    const { usedSize } = (await tab.send('Runtime.getHeapUsage')) as { usedSize: number };
    return usedSize;
  };
  /** A file, dropped where nothing else is. */
  const drop = (selector: string, name: string, base64: string): Promise<void> =>
    tab.value(`(() => {
      const bytes = Uint8Array.from(atob(${JSON.stringify(base64)}), (c) => c.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}));
      document.querySelector(${JSON.stringify(selector)}).dispatchEvent(
        new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    })()`);

  it('Listen: a recording that is dropped has its picture, its difference and its sound', async () => {
    await tab.open(`${page.url}#/listen?front=papilio-learned-4`);
    await tab.until("document.querySelector('#room-listen').dataset.seen");
    const bytes = readFileSync('data/speech-austen-0890.wav');
    await drop('#room-listen', 'mine.wav', bytes.toString('base64'));
    await tab.until("document.querySelector('#room-listen').dataset.seen.startsWith('own 1')");
    const { samples } = decodeWav(bytes, 'mine.wav');
    const model = decodeFrontEnd(readFileSync('playground/fronts/papilio-learned-4.safetensors'), 'model');
    const [own, exact] = [model, exactFrontEnd(model.head)].map((f) => compileFrontEnd(f).features(samples));
    const { mean } = featureError([{ name: 'mine', samples }], [own], [exact], model.head);
    expect(Number(await tileOf('Difference from exact'))).toBeCloseTo(mean, 4);
    expect(await tileOf('Features')).toBe(`${exact.length / 40} × 40`);
    // Shades of the picture differ: it is drawn.
    const colours = await tab.value<number>(`(() => {
      const [, canvas] = document.querySelectorAll('#room-listen canvas');
      const { data } = canvas.getContext('2d').getImageData(100, 10, canvas.width - 110, 150);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`);
    expect(colours).toBeGreaterThan(50);
    await press('Hear this front end');
    await tab.until("document.querySelector('#room-listen').dataset.heard > 16000", 60);
    expect(tab.errors).toEqual([]);
  });

  it(`Listen: ${heardSeconds} s of microphone lose no sample and no frame, and memory does not grow`, async () => {
    await tab.open(`${page.url}#/listen?front=papilio-learned-1`);
    await tab.until("document.querySelector('#room-listen').dataset.seen");
    await press('Microphone');
    await tab.until("document.querySelector('#room-listen').dataset.frames > 100");
    const before = await heap();
    const begun = Number((await data('listen'))['frames']);
    await new Promise((done) => setTimeout(done, 1000 * heardSeconds));
    const { frames, expected, lost } = await data('listen');
    const grown = (await heap()) - before;
    console.log(`microphone: ${heardSeconds} s, ${frames} frames, ${lost} samples lost, ${grown} bytes more`);
    expect(lost).toBe('0');
    expect(Number(expected) - Number(frames)).toBeLessThanOrEqual(4);
    // A frame every 10 ms, on a machine that may be busy.
    expect(Number(frames) - begun).toBeGreaterThan(80 * heardSeconds);
    // What the engine keeps of code comes and goes by a megabyte or two.
    expect(grown).toBeLessThan(4e6);
    await press('Stop');
    await tab.until("document.querySelector('#room-listen').dataset.seen?.startsWith('own ')");
    await tab.until('location.hash.includes("clip=own")');
    expect(tab.errors).toEqual([]);
  });

  it('Trade: a budget chooses, and what is taken away equals what the command line writes', async () => {
    await tab.open(`${page.url}#/trade?budget=0.05`);
    // Nothing can be taken away before it is known.
    const files = '[...document.querySelectorAll(\'#room-trade [aria-label="Take it away"] button\')]';
    expect(await tab.value(`${files}.every((b) => b.disabled)`)).toBe(true);
    await tab.until("document.querySelector('#room-trade').dataset.done !== ''", 60);
    expect(await tab.value("document.querySelector('#room-trade h2').textContent")).toMatch(
      /^Chosen: learned/,
    );
    expect(Number(await tileOf('Error on your sound'))).toBeLessThan(0.05);
    // The keyboard chooses as the pointer does.
    await tab.value("document.querySelector('[data-front=papilio-smaller-256]').focus()");
    await tab.key('Enter');
    await tab.until('location.hash.includes("front=papilio-smaller-256")');
    expect(await tileOf('Error on your sound')).toMatch(/^0\.1/);
    await tab.click('[data-front=papilio-learned-4]');
    await tab.until('location.hash.includes("front=papilio-learned-4")');
    const model = await taken('model.safetensors');
    expect(model.equals(readFileSync('playground/fronts/papilio-learned-4.safetensors'))).toBe(true);
    writeFileSync(join(folder, 'model.safetensors'), model);
    const compile = (...args: string[]) => cli('compile', 'model.safetensors', ...args);
    await Promise.all([
      compile('--out', 'wasm'),
      compile('--to', 'esm', '--out', 'esm'),
      compile('--to', 'c', '--name', 'front', '--target', 'cortex-m4f', '--out', 'c'),
      compile('--to', 'onnx', '--name', 'front', '--out', 'onnx'),
    ]);
    for (const path of [
      'wasm/kernel.wasm',
      'wasm/kernel.js',
      'esm/kernel.mjs',
      'c/front.c',
      'c/front.h',
      'onnx/front.onnx',
    ])
      expect((await taken(basename(path))).equals(readFileSync(join(folder, path))), path).toBe(true);
    const certificate = JSON.parse((await taken('certificate.json')).toString()) as Record<string, unknown>;
    expect(certificate['sha256']).toBe(createHash('sha256').update(model).digest('hex'));
    expect(certificate['statement']).toMatch(/nine of ten/);
    await press('Learn on this sound');
    await tab.until("document.querySelector('#room-trade progress').value > 0", 60);
    await press('Stop');
    await press('Look at it in Listen');
    await tab.until("document.querySelector('#room-listen').dataset.seen?.endsWith('papilio-learned-4')");
    expect(tab.errors).toEqual([]);
  });

  it('Compare: stages that differ, and a model that is dropped', async () => {
    await tab.open(`${page.url}#/compare?left=whisper&right=log-mel-80`);
    await tab.until("document.querySelector('#room-compare').dataset.done === 'yes'", 60);
    const stages = stageDifferences(featureHead('whisper'), namedFeature('log-mel-80', 512, 16000).head);
    expect(await tab.value("document.querySelectorAll('#room-compare tbody tr').length")).toBe(stages.length);
    await tab.open(`${page.url}#/compare`);
    const bytes = readFileSync('playground/fronts/papilio-learned-2.safetensors');
    await drop('#room-compare', 'mine.safetensors', bytes.toString('base64'));
    await tab.until('location.hash.includes("right=file")');
    await tab.until("document.querySelector('#room-compare').dataset.timed === 'yes'", 60);
    const { samples } = decodeWav(readFileSync(recording), recording);
    const model = decodeFrontEnd(bytes, 'model');
    const [own, exact] = [model, exactFrontEnd(model.head)].map((f) => compileFrontEnd(f).features(samples));
    const mean = Array.from(own, (x, i) => Math.abs(x - exact[i])).reduce((a, b) => a + b, 0) / own.length;
    expect(Number(await tileOf('Mean |left less right|'))).toBeCloseTo(mean, 4);
    expect(tab.errors).toEqual([]);
  });

  it('Compare: models that come with the address, as papilio play writes it', async () => {
    await tab.open(`${page.url}${addressOfFiles(['playground/fronts/papilio-learned-2.safetensors'])}`);
    await tab.until("document.querySelector('#room-compare').dataset.done === 'yes'", 60);
    const pair = "[...document.querySelectorAll('#room-compare .pair select')]";
    const chosen = await tab.value<string[]>(`${pair}.map((s) => s.selectedOptions[0].textContent)`);
    expect(chosen.filter((text) => text.startsWith('file: '))).toEqual([
      'file: exact',
      'file: papilio-learned-2.safetensors',
    ]);
    expect(await tab.value(`${pair}[1].selectedOptions[0].textContent`)).toBe('exact');
    expect(Number(await tileOf('Mean |left less right|'))).toBeGreaterThan(1e-4);
    // And they stay with the address when the page is loaded again.
    await tab.until('location.hash.includes("rightModel=")');
    await tab.open(await tab.value('location.href'));
    await tab.until("document.querySelector('#room-compare').dataset.done === 'yes'", 60);
    expect(tab.errors).toEqual([]);
  });

  it('Parity: settings are found of a sound and its features', async () => {
    await tab.open(`${page.url}#/parity`);
    const head = featureHead('papilio', { hop: 200, bank: { bands: 23 } });
    const { data, width } = features(head, { dtype: 'f64' }).run(probeSignal(16000));
    const rows = Array.from({ length: data.length / width }, (_, f) => [
      ...data.subarray(f * width, (f + 1) * width),
    ]);
    const json = Buffer.from(JSON.stringify(rows)).toString('base64');
    await drop('#room-parity', 'features.json', json);
    await tab.until("document.querySelector('#room-parity').dataset.found === 'exact'", 60);
    const code = await tab.value<string>("document.querySelector('#room-parity pre').textContent");
    for (const setting of ["featureHead('papilio'", 'hop: 200', 'bank: { bands: 23 }'])
      expect(code).toContain(setting);
    await drop('#room-parity', 'broken.csv', Buffer.from('1,2\n3').toString('base64'));
    await tab.until("document.querySelector('#room-parity [role=alert]').textContent.includes('row 2')");
    expect(tab.errors).toEqual([]);
  });

  it('Race: every result is right before it is timed', async () => {
    await tab.open(`${page.url}#/race`);
    await press('Real');
    await press('Race');
    await tab.until("document.querySelector('#room-race').dataset.done === 'yes'", 120);
    const rows = await tab.value<string[][]>(
      "[...document.querySelectorAll('#room-race tbody tr')].map((r) => [...r.children].map((c) => c.textContent))",
    );
    // Three of papilio and jax-js for each of four sizes, fft.js and pffft-wasm where they have the size.
    expect(rows).toHaveLength(22);
    for (const [name, time, , error] of rows) {
      expect(time, name).toMatch(/^[\d.]+ ± [\d.]+ (?:ns|µs)$/);
      expect(Number(error.replace('−', '-')), name).toBeLessThan(name.includes('float32') ? 1e-5 : 1e-12);
    }
    expect(tab.errors).toEqual([]);
  });
});
