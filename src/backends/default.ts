/** The backend where none is named, chosen in this one place. */
import type { Backend, BackendName } from './backend.ts';
import { referenceBackend } from './reference.ts';
import { aheadOfTime, functionRefusal, wasmRefusal } from './scope.ts';
import { wasmBackend } from './wasm/wasm.ts';

let chosen: Backend | undefined;

/** Nothing is substituted silently: said once, and every plan's report names its backend. */
function warn(refusal: string): void {
  const faster = functionRefusal() === null ? `; backend: 'js' is faster and works here` : '';
  const text = `papilio: no WebAssembly in this scope (${refusal}), so transforms run on the interpreter, a hundred times slower${faster}; ${aheadOfTime}`;
  // oxlint-disable-next-line no-console -- the one warning of the library; a bare scope may have no console
  if (typeof console !== 'undefined') console.warn(text);
}

/** WebAssembly; the interpreter where this scope does not allow that, with one warning. */
export function defaultBackend(): Backend {
  if (chosen) return chosen;
  const refusal = wasmRefusal();
  if (refusal !== null) warn(refusal);
  return (chosen = refusal === null ? wasmBackend : referenceBackend);
}

/** The backends that a choice by speed is between: the default, and generated JavaScript where it may be made. */
export const workingBackends = (): BackendName[] => [
  defaultBackend().name,
  ...(functionRefusal() === null ? (['js'] as const) : []),
];
