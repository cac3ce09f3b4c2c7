/** Kernels in a folder: what runs, what loads it, and their types. */
import { extname, join } from 'node:path';
import { fftLoader, transformTypes, type TransformEnds } from '../compiler.ts';
import { frontEndTypes, standaloneLoader, standaloneTypes } from '../front.ts';
import { ensureFolder, writeAtomic } from './files.ts';

/** Is it a kernel by its name? */
export const isKernelFile = (path: string): boolean => extname(path).toLowerCase() === '.wasm';

/** A front end, or a transform with these ends. */
export type KernelKind = 'front end' | TransformEnds;

/** What `writeKernel` writes. */
export const kernelNames = ['kernel.wasm', 'kernel.js', 'kernel.d.ts'];

/** kernel.js and kernel.d.ts, which serve every kernel of a kind. */
export function writeLoader(out: string, kind: KernelKind): void {
  const [loader, types] =
    kind === 'front end' ? [standaloneLoader, standaloneTypes] : [fftLoader, transformTypes(kind, 'wasm')];
  writeAtomic(join(out, 'kernel.js'), loader);
  writeAtomic(join(out, 'kernel.d.ts'), types);
}

/** kernel.wasm and its loader. Returns the names of the files. */
export function writeKernel(out: string, bytes: Uint8Array, kind: KernelKind): string[] {
  ensureFolder(out);
  writeAtomic(join(out, 'kernel.wasm'), bytes);
  writeLoader(out, kind);
  return kernelNames;
}

/** kernel.mjs, plain JavaScript, and its types. Returns the names of the files. */
export function writeModule(out: string, text: string, kind: KernelKind): string[] {
  ensureFolder(out);
  writeAtomic(join(out, 'kernel.mjs'), text);
  writeAtomic(join(out, 'kernel.d.mts'), kind === 'front end' ? frontEndTypes : transformTypes(kind, 'esm'));
  return ['kernel.mjs', 'kernel.d.mts'];
}
