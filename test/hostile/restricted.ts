/** Scopes that allow less than Node does: the library, or a module it wrote, as one script in a bare context. */
import { createContext, runInContext, type Context } from 'node:vm';
import { build } from 'vite';

/** The library as a script that defines `papilio`. */
export async function libraryScript(): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry: 'test/entries.ts', formats: ['iife'], name: 'papilio', fileName: 'papilio' },
    },
  });
  const [bundle] = Array.isArray(made) ? made : [made];
  if (!('output' in bundle)) throw new Error('nothing was built');
  return `${bundle.output[0].code}\nglobalThis.papilio = papilio;`;
}

export interface Policy {
  /** Is code made of text, `new Function`, allowed? */
  readonly strings?: boolean;
  /** Is WebAssembly compiled from bytes allowed? */
  readonly wasm?: boolean;
  /** Is there WebAssembly at all? */
  readonly hasWasm?: boolean;
}

/** A scope with the language alone, as an AudioWorklet has it: no TextDecoder, atob, fetch, URL, performance or timers. */
export function restrictedScope(
  scripts: readonly string[],
  { strings = false, wasm = false, hasWasm = true }: Policy,
): { scope: Context; warnings: string[] } {
  const warnings: string[] = [];
  const scope = createContext(
    { console: { warn: (text: string) => warnings.push(text) } },
    { codeGeneration: { strings, wasm } },
  );
  if (!hasWasm) runInContext('delete globalThis.WebAssembly', scope);
  for (const script of scripts) runInContext(script, scope);
  return { scope, warnings };
}

/** An ES module without imports as a script that defines its exports. */
export const asScript = (module: string): string => {
  const names = [...module.matchAll(/^export (?:async )?function (\w+)/gm)].map((m) => m[1]);
  return `Object.assign(globalThis, (() => {\n${module.replace(/^export /gm, '')}\nreturn { ${names.join(', ')} };\n})());`;
};
