import { defineConfig } from 'tsdown';
import { notices } from './scripts/notices.ts';

const shared = {
  format: 'esm' as const,
  target: 'es2022',
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  plugins: [notices()],
};

export default defineConfig([
  // The entries share chunks, so that a class is one class whichever of them it comes from.
  {
    ...shared,
    entry: Object.fromEntries(
      ['index', 'learn', 'front', 'compiler', 'files', 'webgpu', 'node', 'compat/fft', 'compat/meyda'].map(
        (entry) => [entry, `src/${entry}.ts`],
      ),
    ),
    platform: 'neutral',
    external: [/^node:/],
    dts: true,
    clean: true,
  },
  // A worklet is one file that a page can serve as it is.
  { ...shared, entry: { worklet: 'src/worklet.ts' }, platform: 'neutral', dts: true, clean: false },
  // For <script type="module">: what runs, without what trains.
  {
    ...shared,
    entry: { 'papilio.min': 'src/page.ts' },
    platform: 'neutral',
    dts: false,
    clean: false,
    minify: true,
  },
  // Development dependencies that only the command line needs (fft.js, Plot) are bundled, so users never install them.
  {
    ...shared,
    entry: { cli: 'src/cli/main.ts' },
    platform: 'node',
    dts: false,
    clean: false,
    plugins: [notices('THIRD-PARTY-NOTICES.txt')],
  },
]);
