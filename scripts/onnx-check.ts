/**
 * npm run onnx-check: front ends as ONNX in onnxruntime-node on the CPU, and in onnxruntime-web, WebAssembly and WebGPU, in Chromium: the
 * features of papilio in float64 within 1e-5 of the largest, frames of every length from 0 to 2000. What is not installed is skipped, with the
 * reason. Arguments: one of cpu, wasm, webgpu, and a preset. Exit code 1 for a failure.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { feedsOf, loadOrt, ortFolder, sessionOf, type Ort } from '../bench/onnx/runtime.ts';
import { noise } from '../bench/signal.ts';
import { exactFrontEnd, frontEndOnnx } from '../src/front.ts';
import { featureHead, features, presetNames, type HeadConfig } from '../src/index.ts';
import { UnsupportedError } from '../src/index.ts';

/** Of the largest number; where papilio's own float32 is further off, four times that. */
const tolerance = 1e-5;
const lengths = [16_000, 7_777];

/** A model, a signal and what papilio makes of it, [width, frames]. */
interface Case {
  readonly name: string;
  readonly head: HeadConfig;
  readonly bytes: Uint8Array;
  readonly x: Float32Array;
  readonly wanted: readonly number[];
  readonly tolerance: number;
}

const signal = (samples: number): Float32Array =>
  Float32Array.from(noise(samples, 1), (v, i) => 0.1 * v + 0.3 * Math.sin(i / 9));

/** Features [width, frames]. */
function columnsOf(head: HeadConfig, x: Float32Array, dtype: 'f32' | 'f64'): number[] {
  const { data, frames, width } = features(head, { dtype }).run(x);
  return Array.from({ length: data.length }, (_, i) => data[(i % frames) * width + Math.floor(i / frames)]);
}

function* cases(): Generator<Case> {
  const [, only] = process.argv.slice(2);
  for (const preset of presetNames.filter((n) => only === undefined || n === only)) {
    const head = featureHead(preset);
    for (const samples of lengths)
      for (const isStatic of [false, true]) {
        try {
          const { bytes } = frontEndOnnx(exactFrontEnd(head), {
            name: preset,
            ...(isStatic ? { samples } : {}),
          });
          const x = signal(samples);
          const wanted = columnsOf(head, x, 'f64');
          const own = differenceOf(columnsOf(head, x, 'f32'), wanted);
          const name = `${preset}, ${samples}${isStatic ? ', static' : ''}`;
          yield { name, head, bytes, x, wanted, tolerance: Math.max(tolerance, 4 * own) };
        } catch (error) {
          if (!(error instanceof UnsupportedError)) throw error;
          console.log(`not printed: ${preset}: ${error.message}`);
        }
      }
  }
}

/** Largest difference over the largest number; infinite for another count of numbers. */
function differenceOf(found: ArrayLike<number>, wanted: readonly number[]): number {
  if (found.length !== wanted.length) return Infinity;
  let [difference, largest] = [0, 0];
  for (const [i, value] of wanted.entries()) {
    difference = Math.max(difference, Math.abs(found[i] - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}

let failures = 0;
function report(where: string, one: Pick<Case, 'name' | 'tolerance'>, difference: number): void {
  const { name } = one;
  const fine = difference <= one.tolerance;
  if (!fine) failures++;
  console.log(`${fine ? 'ok' : 'WRONG'}: ${where}: ${name}: ${difference.toExponential(1)}`);
}

async function onCpu(ort: Ort, list: readonly Case[]): Promise<void> {
  for (const one of list) {
    const { bytes, x, wanted } = one;
    const session = await sessionOf(ort, bytes);
    const { features: found } = await session.run(feedsOf(ort, session, x, [x.length]));
    report('onnxruntime-node', one, differenceOf(found.data as Float32Array, wanted));
    await session.release();
  }
}

/** Frames of every length, those of papilio; nothing, or an error with a name, where there is none. */
async function everyLength(ort: Ort, name: string, head: HeadConfig): Promise<void> {
  const session = await sessionOf(ort, frontEndOnnx(exactFrontEnd(head), { name }).bytes);
  const extractor = features(head);
  const wrong: number[] = [];
  for (let n = 0; n <= 2000; n++) {
    const wanted = extractor.frames(n);
    try {
      const out = await session.run(feedsOf(ort, session, signal(n), [n]));
      const counted = Number(out['features_lens'].data[0]);
      // A clip without samples is filled up to its length like any other, and has no frame that counts.
      if (counted !== wanted || (n > 0 && out['features'].dims[2] !== wanted)) wrong.push(n);
    } catch (error) {
      if (wanted > 0 || !(error instanceof Error)) wrong.push(n);
    }
  }
  if (wrong.length > 0) failures++;
  console.log(
    `${wrong.length === 0 ? 'ok' : `WRONG at ${wrong.slice(0, 9).join()}`}: lengths 0 to 2000: ${name}`,
  );
}

const page = `<!doctype html><link rel="icon" href="data:,"><title>not run</title><script type="module">
import * as ort from './ort.mjs';
const { provider, cases } = await (await fetch('./cases.json')).json();
const results = [];
ort.env.wasm.numThreads = 1;
try {
  for (const { name, bytes, x } of cases) {
    try {
      const model = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
      const session = await ort.InferenceSession.create(model, { executionProviders: [provider], logSeverityLevel: 3 });
      const feeds = { waveforms: new ort.Tensor('float32', Float32Array.from(x), [1, x.length]) };
      if (session.inputNames.includes('waveforms_lens'))
        feeds.waveforms_lens = new ort.Tensor('int64', BigInt64Array.of(BigInt(x.length)), [1]);
      const { features } = await session.run(feeds);
      results.push({ name, data: Array.from(await features.getData()) });
      await session.release();
    } catch (e) { results.push({ name, error: String(e).slice(0, 300) }); }
  }
} catch (e) { results.push({ name: provider, error: String(e) }); }
await fetch('./report', { method: 'POST', body: JSON.stringify(results) });
</script>`;

interface PageResult {
  readonly name: string;
  readonly data?: readonly number[];
  readonly error?: string;
}

const body = (request: IncomingMessage): Promise<string> =>
  new Promise((done) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => done(text));
  });

/** What a page in Chromium finds with a provider. */
async function inChromium(
  provider: string,
  list: readonly Case[],
  folder: string,
): Promise<readonly PageResult[]> {
  const web = join(folder, 'node_modules/onnxruntime-web/dist');
  const entry = provider === 'webgpu' ? 'ort.webgpu.bundle.min.mjs' : 'ort.wasm.bundle.min.mjs';
  const sent = list.map(({ name, bytes, x }) => ({
    name,
    bytes: Buffer.from(bytes).toString('base64'),
    x: [...x],
  }));
  const texts: Readonly<Record<string, () => string | Buffer>> = {
    '/': () => page,
    '/cases.json': () => JSON.stringify({ provider, cases: sent }),
    '/ort.mjs': () => readFileSync(join(web, entry)),
  };
  let found: (results: readonly PageResult[]) => void = () => {};
  const reported = new Promise<readonly PageResult[]>((done) => (found = done));
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/report') {
      void body(request).then((text) => found(JSON.parse(text) as PageResult[]));
      response.end();
      return;
    }
    const types: Readonly<Record<string, string>> = {
      '.mjs': 'text/javascript',
      '.wasm': 'application/wasm',
      '': 'text/html',
    };
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/json' });
    response.end(texts[path]?.() ?? readFileSync(join(web, path.slice(1))));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const profile = mkdtempSync(join(tmpdir(), 'papilio-onnx-'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const gpu = [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
  ];
  const child = spawn(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      ...(provider === 'webgpu' ? gpu : ['--disable-gpu']),
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      url,
    ],
    // A group of its own: its children write to the profile until they end, too.
    { stdio: 'ignore', detached: true },
  );
  const late = new Promise<readonly PageResult[]>((done) =>
    setTimeout(() => done([{ name: provider, error: 'no report within five minutes' }]), 300_000).unref(),
  );
  const results = await Promise.race([reported, late]);
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  server.close();
  await new Promise((done) => child.on('close', done));
  rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  return results;
}

async function onWeb(provider: string, list: readonly Case[], folder: string): Promise<void> {
  for (const { name, data, error } of await inChromium(provider, list, folder)) {
    const one = list.find((c) => c.name === name);
    if (one && error === undefined)
      report(`onnxruntime-web, ${provider}`, one, differenceOf(data ?? [], one.wanted));
    else {
      failures++;
      console.log(`WRONG: onnxruntime-web, ${provider}: ${name}: ${error}`);
    }
  }
}

const folder = ortFolder();
if (folder === null) {
  console.log('skipped: onnxruntime is not installed; run npm run onnx-install');
} else {
  const ort = loadOrt();
  const list = [...cases()];
  const only = process.argv[2];
  if (only === undefined || only === 'cpu') {
    await onCpu(ort, list);
    for (const name of presetNames.filter(
      (n) =>
        list.some((c) => c.name.startsWith(`${n},`)) && n !== 'whisper' && featureHead(n).average === 'none',
    ))
      await everyLength(ort, name, featureHead(name));
    await everyLength(ort, 'whisper', featureHead('whisper', { fit: 4000 }));
  }
  const hasChromium = spawnSync('chromium', ['--version']).status === 0;
  for (const provider of ['wasm', 'webgpu'])
    if (only !== undefined && only !== provider) continue;
    else if (hasChromium) await onWeb(provider, list, resolve(folder));
    else console.log(`skipped: ${provider}: chromium is not installed`);
}
process.exitCode = failures === 0 ? 0 : 1;
