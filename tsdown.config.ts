import { defineConfig } from 'tsdown';

const shared = {
  format: 'esm' as const,
  target: 'es2022',
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
};

export default defineConfig([
  { ...shared, entry: { index: 'src/index.ts' }, platform: 'neutral', dts: true, clean: true },
  // Development dependencies that only the command line needs (fft.js, Plot) are bundled, so users never install them.
  { ...shared, entry: { cli: 'src/cli/main.ts' }, platform: 'node', dts: false, clean: false },
]);
