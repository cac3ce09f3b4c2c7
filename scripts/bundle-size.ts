/** npm run size:bundle: kilobytes that an import from the built package brings along, bundled by Vite, minified and compressed. */
import { gzipSync } from 'node:zlib';
import { resolve } from 'node:path';
import { build } from 'vite';

/** Names imported together, or a file of dist whose default is, and what they may take in kB (1000 bytes) of gzip. */
export const importBudgets: readonly (readonly [names: string, kilobytes: number])[] = [
  ['rfft', 35],
  ['fft, rfft', 35.1],
  ['planFftSync', 38],
  ['planDctSync', 37.2],
  ['features', 53.9],
  ['fftfreq', 4.2],
  ['czt', 38],
  ['csd', 55.5],
  ['lombscargle', 5.6],
  ['compat/fft', 39],
  ['compat/meyda', 41.4],
];

const entry = '\0entry';

/** Bytes of gzip of a bundle that uses these names of dist/index.js, or the default of one of compat. */
export async function bundledSize(names: readonly string[]): Promise<number> {
  const [module, clause, used] = names[0].startsWith('compat/')
    ? [names[0], 'Shim', 'Shim']
    : ['index', `{ ${names.join(', ')} }`, `[${names.join(', ')}]`];
  const library = resolve(import.meta.dirname, `../dist/${module}.js`);
  const text = `import ${clause} from ${JSON.stringify(library)};\nglobalThis.used = ${used};\n`;
  const made = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      rollupOptions: { input: entry },
    },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? text : null),
      },
    ],
  });
  const [bundle] = Array.isArray(made) ? made : [made];
  if (!('output' in bundle)) throw new Error('nothing was built');
  return gzipSync(bundle.output[0].code).length;
}

if (process.argv[1] === import.meta.filename)
  for (const [names, limit] of importBudgets) {
    const kilobytes = (await bundledSize(names.split(', '))) / 1000;
    console.log(`${names}: ${kilobytes.toFixed(1)} kB of ${limit}`);
    if (kilobytes > limit) process.exitCode = 1;
  }
