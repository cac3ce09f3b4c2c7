/** A page in Chromium, served from here, and what it reports. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { UnsupportedError } from '../../src/index.ts';

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
 * folder else. Throws UnsupportedError where Chromium is missing.
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
    try {
      const content = texts[path]?.() ?? readFileSync(join(folder, path.slice(1)));
      response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/json' });
      response.end(content);
    } catch {
      // An icon that nobody made, say.
      response.writeHead(404);
      response.end();
    }
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
  const failed = new Promise<never>((_, refuse) =>
    child.on('error', (error) =>
      refuse(new UnsupportedError(`chromium cannot be started (${error.message}); expected it in the path`)),
    ),
  );
  const closed = new Promise((done) => child.on('close', done));
  const late = new Promise<null>((done) => setTimeout(() => done(null), 600_000).unref());
  try {
    return await Promise.race([reported, late, failed]);
  } finally {
    server.close();
    if (child.pid !== undefined) {
      process.kill(-child.pid, 'SIGKILL');
      await closed;
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  }
}
