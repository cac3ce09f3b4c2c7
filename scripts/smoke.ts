/**
 * npm run smoke: the built package as its users meet it. A page bundled by Vite in headless Chromium, the module written
 * ahead of time on a page whose policy forbids code made at run time, Deno and Bun where they can be installed, and the
 * size of what an import brings along. Run after npm run build.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
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
import { gzipSync } from 'node:zlib';
import type { AddressInfo } from 'node:net';
import { build } from 'vite';

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
};

/** Serve a folder; pages get a content security policy when `policy` is given. */
async function serve(folder: string, policy?: string): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
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
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

/** The text of <title> after the page has run: "ok ..." or what went wrong. Not synchronous: this process is the server. */
async function titleInChromium(url: string): Promise<string> {
  const child = spawn('chromium', [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    `--user-data-dir=${join(work, 'profile')}`,
    '--virtual-time-budget=20000',
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

/** Bundle a script that imports from papilio; bytes minified and compressed. */
async function bundle(folder: string, name: string, script: string): Promise<{ out: string; bytes: number }> {
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
  const html = readFileSync(join(out, 'index.html'), 'utf8');
  const file = /src="\.\/([^"]+\.js)"/.exec(html)?.[1] as string;
  return { out, bytes: gzipSync(readFileSync(join(out, file))).length };
}

async function inBrowser(folder: string): Promise<void> {
  const { out } = await bundle(
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
const { input, output, run } = create();
input.re[0] = 1;
run();
let refused = false;
try { new Function('return 1')(); } catch { refused = true; }
document.title = refused && output.re.every((x) => Math.abs(x - 1) < 1e-6) ? 'ok' : 'refused: ' + refused + ', first bin ' + output.re[0];
`,
  );
  writeFileSync(join(forbidden, 'index.html'), page('./main.js'));
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

/** Compressed kilobytes that an import may bring along. */
const budget: readonly [name: string, imports: string, kilobytes: number][] = [
  ['planFftSync', 'planFftSync', 36],
  ['fft and rfft', 'fft, rfft', 36],
  ['planDctSync', 'planDctSync', 38],
  ['fftfreq', 'fftfreq', 4],
];

async function sizes(folder: string): Promise<void> {
  for (const [i, [name, imports, limit]] of budget.entries()) {
    const { bytes } = await bundle(
      folder,
      `size${i}`,
      `import { ${imports} } from 'papilio';\nglobalThis.used = [${imports}];\n`,
    );
    const kilobytes = bytes / 1000;
    report(
      `import of ${name}: ${kilobytes.toFixed(1)} kB of ${limit}`,
      kilobytes <= limit ? null : 'over its budget',
    );
  }
}

try {
  const folder = userFolder();
  await inBrowser(folder);
  otherHosts(folder);
  await sizes(folder);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
