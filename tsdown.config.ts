import { defineConfig } from 'tsdown';
import { notices } from './scripts/notices.ts';

const shared = {
  format: 'esm' as const,
  target: 'es2022',
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  plugins: [notices()],
};

export default defineConfig([
  { ...shared, entry: { index: 'src/index.ts' }, platform: 'neutral', dts: true, clean: true },
  // Node streams share the library; a worklet is one file that a page can serve as it is.
  {
    ...shared,
    entry: { node: 'src/node.ts' },
    platform: 'node',
    dts: true,
    clean: false,
    external: [/index\.ts$/],
    outputOptions: { paths: (id: string) => (id.endsWith('index.ts') ? './index.js' : id) },
  },
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
