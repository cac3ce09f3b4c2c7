/**
 * Text that every loader of a kernel.wasm shares, and the layout it reads. It runs wherever WebAssembly does: nothing but
 * the language is used (audio worklets have no TextDecoder and no atob), and a ready module will do (some workers compile none).
 */
import type { WasmModule } from './wasm/emitter.ts';

/** The custom section `papilio`: JSON in ASCII, which any scope can decode. */
export function layoutSection(layout: object): NonNullable<WasmModule['customSections']>[number] {
  const json = JSON.stringify(layout).replace(
    /[^\0-\x7f]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { name: 'papilio', bytes: Uint8Array.from(json, (c) => c.charCodeAt(0)) };
}

/** Lines of a usage comment: what `load` takes. */
const sources = `// source: the bytes of kernel.wasm (fs.readFile), a Response (fetch), or a ready WebAssembly.Module, as a bundler, a worker or
// postMessage gives it; the last one needs no policy that allows compiling. loadSync(bytes or module) is for audio worklets.`;

/**
 * A loader: `load` and `loadSync`, which give what `bind` makes of the layout and the exports.
 * `usage` are lines of a comment, `bind` is the body of a function of (layout, exports).
 */
export const loaderText = (title: string, usage: string, bind: string): string => `// ${title}
${usage}
${sources}
const isModule = (x) => Object.prototype.toString.call(x) === '[object WebAssembly.Module]';
const isBytes = (x) => ArrayBuffer.isView(x) || /^\\[object (Shared)?ArrayBuffer\\]$/.test(Object.prototype.toString.call(x));
const refuse = () => {
  throw new TypeError('expected the bytes of kernel.wasm, a Response or a WebAssembly.Module');
};
function layoutOf(module) {
  const [section] = WebAssembly.Module.customSections(module, 'papilio');
  let text = '';
  for (const byte of new Uint8Array(section)) text += String.fromCharCode(byte);
  return JSON.parse(text);
}
export async function load(source) {
  let given = await source;
  if (given && typeof given.arrayBuffer === 'function') given = await given.arrayBuffer();
  const module = isModule(given) ? given : await WebAssembly.compile(isBytes(given) ? given : refuse());
  return bind(layoutOf(module), (await WebAssembly.instantiate(module, {})).exports);
}
export function loadSync(source) {
  const module = isModule(source) ? source : new WebAssembly.Module(isBytes(source) ? source : refuse());
  return bind(layoutOf(module), new WebAssembly.Instance(module, {}).exports);
}
function bind(layout, exports) {
${bind}
}
`;

/** Types of a loader whose kernels are of the type `name`, declared by `declarations`. */
export const loaderTypes = (
  name: string,
  declarations: string,
): string => `// Types of kernel.js, written by papilio.
${declarations}
/** \`source\`: the bytes of kernel.wasm, a Response, or a ready WebAssembly.Module; or a promise of one. */
export function load(source: object): Promise<${name}>;
/** The same at once, from bytes or a ready WebAssembly.Module. */
export function loadSync(source: object): ${name};
`;
