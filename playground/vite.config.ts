import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const root = resolve(import.meta.dirname, '..');

const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };

/** Script and stylesheet inside the page, so that it is one file that opens from anywhere. */
const oneFile = (): Plugin => ({
  name: 'one-file',
  enforce: 'post',
  generateBundle(_, bundle) {
    const page = bundle['index.html'];
    if (page?.type !== 'asset') throw new Error('playground: no page was built');
    let html = String(page.source);
    for (const [name, part] of Object.entries(bundle)) {
      if (part === page) continue;
      const isScript = part.type === 'chunk';
      const text = isScript ? part.code : String(part.source);
      const tag = isScript
        ? `<script type="module">${text.replaceAll('</script', '<\\/script')}</script>`
        : `<style>${text}</style>`;
      const pattern = isScript
        ? new RegExp(`<script[^>]*src="[^"]*${part.fileName}"[^>]*></script>`)
        : new RegExp(`<link[^>]*href="[^"]*${part.fileName}"[^>]*>`);
      if (!pattern.test(html)) throw new Error(`playground: ${part.fileName} is a file of its own`);
      // A script in the head runs when the page is parsed, because it is a module.
      html = html.replace(pattern, () => tag);
      delete bundle[name];
    }
    page.fileName = 'playground.html';
    page.source = html;
  },
});

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  // As in src/cli/job.ts: versions of one edition go on with each other's files.
  define: { __PAPILIO__: JSON.stringify(version.split('.').slice(0, 2).join('.')) },
  assetsInclude: ['**/*.safetensors'],
  resolve: {
    alias: [
      { find: /^papilio$/, replacement: `${root}/src/index.ts` },
      { find: /^papilio\/(\w+)$/, replacement: `${root}/src/$1.ts` },
      {
        find: /^pffft\.wasm/,
        replacement: `${root}/node_modules/@echogarden/pffft-wasm/dist/simd/pffft.wasm`,
      },
    ],
  },
  plugins: [oneFile()],
  build: {
    outDir: `${root}/dist`,
    emptyOutDir: false,
    modulePreload: false,
    target: 'es2022',
    cssCodeSplit: false,
    assetsInlineLimit: Infinity,
    chunkSizeWarningLimit: 4000,
    rollupOptions: { output: { codeSplitting: false } },
  },
  // A page from a file may start no worker of modules.
  worker: { format: 'iife' },
});
