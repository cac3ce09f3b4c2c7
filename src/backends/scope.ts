/**
 * What the scope that papilio runs in allows. Kernels are made at run time; a content security policy without
 * `wasm-unsafe-eval`, a worker that takes ready modules only, or an engine without WebAssembly forbids that.
 */
import { UnsupportedError } from '../errors.ts';

/** Why something fails here, or null where it works; asked once. */
function refusalOf(attempt: () => unknown): () => string | null {
  let known: string | null | undefined;
  return () => {
    if (known === undefined) {
      known = null;
      try {
        attempt();
      } catch (error) {
        known = error instanceof Error ? error.message : String(error);
      }
    }
    return known;
  };
}

/** The magic number and version of a module of nothing. */
const emptyModule = /* @__PURE__ */ Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Why this scope makes no WebAssembly, or null. */
export const wasmRefusal = /* @__PURE__ */ refusalOf(() => {
  if (typeof WebAssembly === 'undefined') throw new UnsupportedError('WebAssembly is not defined');
  return new WebAssembly.Module(emptyModule);
});

/** Why this scope makes no functions from text, or null. */
// oxlint-disable-next-line no-new-func -- the question is whether that is allowed
export const functionRefusal = /* @__PURE__ */ refusalOf(() => new Function(''));

/** The way around, named by every message. */
export const aheadOfTime = '"papilio compile --to esm" writes modules that need no code made at run time';

/** Throws UnsupportedError where a backend that makes its code at run time cannot. */
export function requireScope(backend: 'wasm' | 'js', refusal: string | null): void {
  if (refusal !== null)
    throw new UnsupportedError(
      `backend ${backend} cannot make code in this scope (${refusal}); expected backend reference, which is slow; ${aheadOfTime}`,
    );
}
