/** A page in Chromium, served from here, and what it reports. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

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
