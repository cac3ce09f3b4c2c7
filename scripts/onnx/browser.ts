/** Cases in onnxruntime-web, in Chromium. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Case } from './cases.ts';

const page = `<!doctype html><link rel="icon" href="data:,"><title>not run</title><script type="module">
import * as ort from './ort.mjs';
const { provider, cases } = await (await fetch('./cases.json')).json();
const results = [];
ort.env.wasm.numThreads = 1;
try {
  for (const { name, bytes, inputs } of cases) {
    try {
      const model = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
      const session = await ort.InferenceSession.create(model, { executionProviders: [provider], logSeverityLevel: 3 });
      const feeds = {};
      for (const [key, { type, dims, data }] of Object.entries(inputs)) {
        const numbers = { float32: Float32Array, int16: Int16Array, int64: BigInt64Array }[type];
        feeds[key] = new ort.Tensor(type, numbers.from(data, type === 'int64' ? BigInt : Number), dims);
      }
      const found = await session.run(feeds);
      const outputs = {};
      for (const [key, tensor] of Object.entries(found)) outputs[key] = Array.from(await tensor.getData(), Number);
      results.push({ name, outputs });
      await session.release();
    } catch (e) { results.push({ name, error: String(e).slice(0, 700) }); }
  }
} catch (e) { results.push({ name: provider, error: String(e) }); }
await fetch('./report', { method: 'POST', body: JSON.stringify(results) });
</script>`;

export interface PageResult {
  readonly name: string;
  readonly outputs?: Readonly<Record<string, readonly number[]>>;
  readonly error?: string;
}

const body = (request: IncomingMessage): Promise<string> =>
  new Promise((done) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => done(text));
  });

const types: Readonly<Record<string, string>> = {
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '': 'text/html',
};

/** Flags of a software adapter of WebGPU. */
const softwareAdapter = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
];

/**
 * What a page in Chromium posts to ./report, as text; null where it does not within ten minutes. `texts`: what is served by path, files of a
 * folder else.
 */
export async function pageReport(
  texts: Readonly<Record<string, () => string | Buffer>>,
  folder: string,
  gpu: boolean,
): Promise<string | null> {
  let found: (text: string) => void = () => {};
  const reported = new Promise<string>((done) => (found = done));
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/report') {
      void body(request).then(found);
      response.end();
      return;
    }
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/json' });
    response.end(texts[path]?.() ?? readFileSync(join(folder, path.slice(1))));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const profile = mkdtempSync(join(tmpdir(), 'papilio-onnx-'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const child = spawn(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      ...(gpu ? softwareAdapter : ['--disable-gpu']),
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      url,
    ],
    // A group of its own: its children write to the profile until they end, too.
    { stdio: 'ignore', detached: true },
  );
  const late = new Promise<null>((done) => setTimeout(() => done(null), 600_000).unref());
  const report = await Promise.race([reported, late]);
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  server.close();
  await new Promise((done) => child.on('close', done));
  rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  return report;
}

/** What a page in Chromium finds with a provider. */
export async function inChromium(
  provider: string,
  list: readonly Case[],
  folder: string,
): Promise<readonly PageResult[]> {
  const web = join(folder, 'node_modules/onnxruntime-web/dist');
  const entry = provider === 'webgpu' ? 'ort.webgpu.bundle.min.mjs' : 'ort.wasm.bundle.min.mjs';
  const sent = list.map(({ name, bytes, inputs }) => ({
    name,
    bytes: Buffer.from(bytes).toString('base64'),
    inputs,
  }));
  const texts = {
    '/': () => page,
    '/cases.json': () => JSON.stringify({ provider, cases: sent }),
    '/ort.mjs': () => readFileSync(join(web, entry)),
  };
  const report = await pageReport(texts, web, provider === 'webgpu');
  return report === null
    ? [{ name: provider, error: 'no report within ten minutes' }]
    : (JSON.parse(report) as PageResult[]);
}
