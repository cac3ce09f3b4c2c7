/**
 * npm run smoke: the built package as its users meet it. A page bundled by Vite in headless Chromium, the module written
 * ahead of time on a page whose policy forbids code made at run time, audio worklets, a page of
 * every kind that commands write on screens of three widths, Deno and Bun where they can be installed. Run after npm run build.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { build } from 'vite';
import { writePages } from './smoke-pages.ts';

const root = process.cwd();
const work = mkdtempSync(join(tmpdir(), 'papilio-smoke-'));
let [passed, failed] = [0, 0];

function report(name: string, problem: string | null): void {
  if (problem === null) passed++;
  else failed++;
  console.log(`${problem === null ? 'ok  ' : 'FAIL'} ${name}${problem === null ? '' : `: ${problem}`}`);
}
const skip = (name: string, why: string): void => console.log(`skip ${name}: ${why}`);

/** What every host runs: transforms on all backends it has, against what they must be. */
const check = `
import { fft, planDctSync, planFftSync, rfft } from 'papilio';
export function check() {
  const found = [];
  for (const backend of ['wasm', 'js'])
    for (const [n, input] of [[64, 'complex'], [400, 'complex'], [1021, 'complex'], [480, 'real']]) {
      const plan = planFftSync({ n, input, backend });
      plan.input.re[1] = 1;
      plan.run();
      let worst = 0;
      plan.output.re.forEach((re, k) => {
        const angle = (-2 * Math.PI * k) / n;
        worst = Math.max(worst, Math.abs(re - Math.cos(angle)), Math.abs(plan.output.im[k] - Math.sin(angle)));
      });
      if (!(worst < 1e-5)) throw new Error(backend + ' n = ' + n + ': off by ' + worst);
      found.push(plan.report.backend + ' ' + plan.report.simd + (plan.report.fma ? ' fma' : ''));
      plan.dispose();
    }
  if (Math.abs(rfft([1, 2, 3]).re[0] - 6) > 1e-12 || fft({ re: [1], im: [2] }).im[0] !== 2) throw new Error('one-call transforms');
  const dct = planDctSync({ n: 10 });
  dct.input.re.fill(1);
  dct.run();
  if (Math.abs(dct.output.re[0] - 20) > 1e-4) throw new Error('cosine transform');
  return [...new Set(found)].join(', ');
}
`;

/** A package that has papilio installed, as a folder. */
function userFolder(): string {
  const folder = join(work, 'user');
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', 'papilio'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  writeFileSync(join(folder, 'check.js'), check);
  return folder;
}

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serve a folder; pages get a content security policy when `policy` is given. */
async function serve(
  folder: string,
  policy?: string,
): Promise<{ url: string; reported: Promise<string>; close: () => void }> {
  let resolveReport: (text: string) => void;
  const reported = new Promise<string>((resolve) => (resolveReport = resolve));
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => resolveReport(text));
      response.end();
      return;
    }
    const file = join(folder, new URL(request.url ?? '/', 'http://x').pathname.replace(/\/$/, '/index.html'));
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      ...(policy ? { 'content-security-policy': policy } : {}),
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, reported, close: () => server.close() };
}

/** The text of <title> after the page has run: "ok ..." or what went wrong. Not synchronous: this process is the server. */
async function titleInChromium(url: string, more: readonly string[] = []): Promise<string> {
  const child = spawn('chromium', [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    `--user-data-dir=${join(work, 'profile')}`,
    '--virtual-time-budget=20000',
    ...more,
    '--dump-dom',
    url,
  ]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return /<title>([^<]*)<\/title>/.exec(text)?.[1] ?? `no page: ${text.slice(0, 200)}`;
}

/** What a page posts to its server, in real time: audio does not run in virtual time. */
async function reportFromChromium(url: string, reported: Promise<string>): Promise<string> {
  const child = spawn('chromium', [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--remote-debugging-port=0',
    `--user-data-dir=${join(work, 'profile-audio')}`,
    url,
  ]);
  const late = new Promise<string>((resolve) =>
    setTimeout(() => resolve('no report within a minute'), 60_000).unref(),
  );
  const text = await Promise.race([reported, late]);
  child.kill('SIGKILL');
  return text;
}

const page = (script: string): string =>
  `<!doctype html><html><head><title>not run</title></head><body><script type="module" src="${script}"></script></body></html>`;

const hasChromium = (): boolean => {
  try {
    execFileSync('chromium', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Bundle a script that imports from papilio as a page; returns its folder. */
async function bundle(folder: string, name: string, script: string): Promise<string> {
  const source = join(folder, name);
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'main.js'), script);
  writeFileSync(join(source, 'index.html'), page('./main.js'));
  const out = join(work, `${name}-dist`);
  await build({
    root: source,
    base: './',
    logLevel: 'error',
    build: { outDir: out, emptyOutDir: true, modulePreload: false, target: 'es2022' },
  });
  return out;
}

async function inBrowser(folder: string): Promise<void> {
  const out = await bundle(
    folder,
    'page',
    "import { check } from '../check.js';\ntry { document.title = 'ok ' + check(); } catch (e) { document.title = String(e.stack); }\n",
  );
  const forbidden = join(work, 'forbidden');
  mkdirSync(forbidden);
  execFileSync(process.execPath, [
    join(root, 'dist/cli.js'),
    'compile',
    '--n',
    '400',
    '--to',
    'esm',
    '--out',
    forbidden,
  ]);
  writeFileSync(
    join(forbidden, 'main.js'),
    `import { create } from './kernel.mjs';
import { planFftSync, rfft } from './papilio.min.js';
const warnings = [];
console.warn = (text) => warnings.push(text);
const { input, output, run } = create();
input.re[0] = 1;
run();
let refused = false;
try { new Function('return 1')(); } catch { refused = true; }
const called = rfft([1, 2, 3]).re[0];
const { backend } = planFftSync({ n: 8 }).report;
let named = 'nothing';
try { planFftSync({ n: 8, backend: 'wasm' }); } catch (e) { named = e.name; }
const fine = refused && output.re.every((x) => Math.abs(x - 1) < 1e-6) && called === 6 && backend === 'reference' && named === 'UnsupportedError' && warnings.length === 1;
document.title = fine ? 'ok' : JSON.stringify({ refused, first: output.re[0], called, backend, named, warnings });
`,
  );
  writeFileSync(join(forbidden, 'index.html'), page('./main.js'));
  copyFileSync(join(root, 'dist/papilio.min.js'), join(forbidden, 'papilio.min.js'));
  if (!hasChromium()) return skip('Chromium', 'chromium is not installed');
  for (const [name, where, policy] of [
    ['Vite bundle in Chromium', out, undefined],
    ['ES module under a policy without eval in Chromium', forbidden, "default-src 'self'"],
  ] as const) {
    const server = await serve(where, policy);
    const title = await titleInChromium(server.url);
    server.close();
    report(`${name} (${title})`, title.startsWith('ok') ? null : title);
  }
}

/** The worklet module as it is served: frames of a rendered signal have the bits of the whole signal. */
async function inWorklet(folder: string): Promise<void> {
  const out = await bundle(
    folder,
    'worklet',
    `import { features, resample } from 'papilio';
async function frames(rate) {
  const x = Float32Array.from({ length: rate }, (_, i) => 0.3 * Math.sin(i * i * 1e-4) + 0.1 * Math.sin(i));
  const context = new OfflineAudioContext(1, x.length, rate);
  await context.audioWorklet.addModule('./papilio-worklet.js');
  const buffer = context.createBuffer(1, x.length, rate);
  buffer.copyToChannel(x, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  const node = new AudioWorkletNode(context, 'papilio-features', { processorOptions: { head: 'papilio' } });
  const got = [];
  let failed = null;
  node.port.onmessage = ({ data }) => {
    if (data.kind === 'frames') got.push(...data.frames);
    if (data.kind === 'error') failed = data.message;
  };
  source.connect(node).connect(context.destination);
  source.start();
  await context.startRendering();
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (failed) throw new Error(failed);
  const want = features('papilio').run(rate === 16000 ? x : resample(x, { from: rate, to: 16000 })).data;
  if (got.length < want.length - 5 * 40) throw new Error(got.length + ' numbers of ' + want.length);
  got.forEach((value, i) => {
    if (value !== want[i]) throw new Error('number ' + i + ' is ' + value + '; expected ' + want[i]);
  });
  return got.length / 40;
}
let text;
try { text = 'ok ' + (await frames(16000)) + ' and ' + (await frames(48000)) + ' frames'; } catch (e) { text = String(e.stack); }
await fetch('/report', { method: 'POST', body: text });
`,
  );
  if (!hasChromium()) return skip('AudioWorklet', 'chromium is not installed');
  copyFileSync(join(root, 'dist/worklet.js'), join(out, 'papilio-worklet.js'));
  const server = await serve(out);
  const text = await reportFromChromium(server.url, server.reported);
  server.close();
  report(`AudioWorklet in Chromium (${text})`, text.startsWith('ok') ? null : text);
}

/** The recipe of docs/worklet.md: a kernel that the page compiles and the worklet runs. */
async function inRecipe(): Promise<void> {
  if (!hasChromium()) return skip('docs/worklet.md', 'chromium is not installed');
  const out = join(work, 'recipe');
  const cli = join(root, 'dist/cli.js');
  execFileSync(process.execPath, [cli, 'compile', '--n', '1024', '--input', 'real', '--out', out]);
  const recipe = readFileSync(join(root, 'docs/worklet.md'), 'utf8');
  const code = (name: string): string =>
    new RegExp(`\`\`\`js ${name}\\n([\\s\\S]+?)\`\`\``).exec(recipe)?.[1] ?? `no code "${name}"`;
  writeFileSync(join(out, 'processor.js'), code('processor'));
  const offline = code('page')
    .replace('new AudioContext()', 'new OfflineAudioContext(1, 4096, 16000)')
    .replace('numberOfOutputs: 0, ', '');
  writeFileSync(
    join(out, 'main.js'),
    `const spectra = [];
const draw = (data) => spectra.push(data);
let text;
try {
${offline}
const tone = new OscillatorNode(context, { frequency: 1000 });
tone.connect(node).connect(context.destination);
tone.start();
await context.startRendering();
await new Promise((resolve) => setTimeout(resolve, 500));
const peaks = spectra.map((s) => s.indexOf(Math.max(...s)));
text = peaks.length === 4 && peaks.every((k) => k === 64) ? 'ok 4 spectra' : 'peaks at ' + peaks;
} catch (e) { text = String(e.stack); }
await fetch('/report', { method: 'POST', body: text });
`,
  );
  writeFileSync(join(out, 'index.html'), page('./main.js'));
  const server = await serve(out);
  const text = await reportFromChromium(server.url, server.reported);
  server.close();
  report(`docs/worklet.md in Chromium (${text})`, text.startsWith('ok') ? null : text);
}

/** The pages that commands write, light and dark. */
async function inReports(): Promise<void> {
  if (!hasChromium()) return skip('pages of commands', 'chromium is not installed');
  const folder = join(work, 'reports');
  mkdirSync(folder);
  const { kinds, axe } = writePages(folder);
  if (!axe) skip('pages read by axe', 'axe-core is not installed');
  const server = await serve(folder);
  for (const [scheme, flags] of [
    ['light', []],
    ['dark', ['--blink-settings=preferredColorScheme=0']],
  ] as const)
    for (const kind of kinds) {
      const title = await titleInChromium(`${server.url}${kind}-frames.html`, flags);
      report(`page of ${kind}, ${scheme}, at 400, 1200 and 2560 px`, title === 'ok' ? null : title);
    }
  server.close();
}

/** Deno and Bun from the npm registry. */
function otherHosts(folder: string): void {
  writeFileSync(
    join(folder, 'host.js'),
    "import { check } from './check.js';\nconsole.log('ok ' + check());\n",
  );
  for (const [name, args] of [
    ['deno', ['run', '--allow-read', 'host.js']],
    ['bun', ['run', 'host.js']],
  ] as const) {
    const place = join(work, name);
    mkdirSync(place);
    writeFileSync(join(place, 'package.json'), '{ "private": true }');
    const binary = join(place, 'node_modules', '.bin', name);
    try {
      execFileSync('npm', ['install', '--no-save', '--silent', name], {
        cwd: place,
        stdio: 'ignore',
        timeout: 180_000,
      });
      execFileSync(binary, ['--version'], { stdio: 'ignore' });
    } catch {
      skip(name, 'cannot be installed here');
      continue;
    }
    try {
      const text = execFileSync(binary, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
      report(`${name} (${text.trim()})`, text.startsWith('ok') ? null : text);
    } catch (error) {
      report(name, String((error as { stderr?: string }).stderr ?? error));
    }
  }
}

try {
  const folder = userFolder();
  await inBrowser(folder);
  await inWorklet(folder);
  await inRecipe();
  await inReports();
  otherHosts(folder);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
