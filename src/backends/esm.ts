/**
 * A program as the text of an ES module: plain JavaScript with its constants inside, for pages whose content security
 * policy forbids code made at run time (no `new Function`, no WebAssembly). It has the bits of the other backends without fma.
 */
import { bytesOf, tablesOf, type Program } from '../compiler/kernel.ts';
import { numberFormats } from '../compiler/number-format.ts';
import { topological, type Op } from '../ir/expr.ts';
import { q8Steps, type LimbFormat } from '../ir/stored.ts';
import { printJavaScript } from './js.ts';

/** A view the module exposes: `path` such as input.re, the buffer's public name, its length in elements. */
export interface ModuleView {
  readonly path: string;
  readonly name: string;
  readonly length: number;
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base 64 without padding; audio worklets have neither btoa nor atob. */
function base64(a: ArrayBufferView): string {
  const bytes = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const count = Math.min(4, bytes.length - i + 1);
    for (let d = 0; d < count; d++) text += digits[(word >>> (18 - 6 * d)) & 63];
  }
  return text;
}

/** Constant buffers as one string, and where each piece goes; those that are stored as codes apart. */
function constantsOf(program: Program): { text: string; places: [offset: number, length: number][] } {
  const places: [number, number][] = [];
  const values: number[] = [];
  for (const [id, data] of program.constants) {
    if (program.stored.has(id)) continue;
    places.push([program.buffers[id].offset, data.length]);
    for (const x of data) values.push(x);
  }
  return {
    text: base64(new numberFormats[program.dtype].array(values)),
    places,
  };
}

const codeArrays = { q8: 'Int8Array', f16: 'Uint16Array', 'power-of-two': 'Uint8Array' } as const;

/** `limbValue` of ir/stored.ts as text: the number of code c, with peak p. */
const limbTexts: Readonly<Record<LimbFormat, string>> = {
  q8: `(c, p) => (c / ${q8Steps}) * p`,
  f16: `(c) => (c & 0x8000 ? -1 : 1) * (c & 0x7c00 ? (1024 + (c & 1023)) * 2 ** (((c >>> 10) & 31) - 25) : (c & 1023) * 2 ** -24)`,
  'power-of-two': `(c) => (c === 0 ? 0 : (c & 128 ? -1 : 1) * 2 ** ((c & 127) - 64))`,
};

/** Statements that decode every quantised constant into memory M, and the functions they need. */
function storedConstants(program: Program): { functions: string; statements: string } {
  if (program.stored.size === 0) return { functions: '', statements: '' };
  const formats = [...new Set([...program.stored.values()].map((t) => t.format))];
  const statements = [...program.stored]
    .map(([id, { format, limbs, codes, peaks }]) => {
      const numbers = `numbers(${codeArrays[format]}, '${base64(codes)}')`;
      return `  widen(M, ${program.buffers[id].offset}, ${numbers}, ${limbs}, [${peaks.join(', ')}], limb['${format}']);\n`;
    })
    .join('');
  const limb = formats.map((format) => `  '${format}': ${limbTexts[format]},\n`).join('');
  return {
    functions: `const limb = {\n${limb}};
const widen = (M, at, codes, limbs, peaks, limb) => {
  for (let i = 0; i < codes.length; i += limbs) {
    let x = limb(codes[i], peaks[0]);
    for (let l = 1; l < limbs; l++) x += limb(codes[i + l], peaks[l]);
    M[at++] = x;
  }
};
`,
    statements,
  };
}

const needsFormat = new Set<Op>(['exponent', 'mantissa', 'powerOfTwo', 'round']);

const formatOps = `const word = new Float64Array(1);
const words = new Int32Array(word.buffer);
const exponent = (x) => ((word[0] = x), ((words[1] >>> 20) & 0x7ff) - 1023);
const mantissa = (x) => ((word[0] = x), (words[1] = (words[1] & 0x800fffff) | 0x3ff00000), word[0]);
const powerOfTwo = (x) => 2 ** x;
const round = (x) => (Math.abs(x) < 2 ** 52 ? (x > 0 ? x + 2 ** 52 - 2 ** 52 : x - 2 ** 52 + 2 ** 52) : x);
`;

const object = (views: readonly ModuleView[], program: Program, end: string): string =>
  views
    .filter((v) => v.path.startsWith(`${end}.`))
    .map(({ path, name, length }) => {
      const id = program.inputs[name] ?? program.outputs[name];
      const array = numberFormats[program.dtype].arrayName;
      const view =
        id === undefined
          ? `new ${array}(${length})`
          : `M.subarray(${program.buffers[id].offset}, ${program.buffers[id].offset + length})`;
      return `${path.slice(end.length + 1)}: ${view}`;
    })
    .join(', ');

interface EsModuleOptions {
  /** First lines, as comments: what it is and how it is used. */
  readonly title: string;
  readonly views: readonly ModuleView[];
  /** How many runs make one, and the steps between them. */
  readonly repeat?: { readonly count: number; readonly inputStep: number; readonly outputStep: number };
  /** More text behind \`create\`, such as functions that use it. */
  readonly tail?: string;
}

/** Text of a module that exports create(): { input, output, run(inputShift = 0, outputShift = 0) } with arrays to write to and read from. */
export function printEsModule(
  program: Program,
  { title, views, repeat, tail = '' }: EsModuleOptions,
): string {
  const array = numberFormats[program.dtype].arrayName;
  const { text, places } = constantsOf(program);
  const quantised = storedConstants(program);
  const tables = tablesOf(program).map((t) => `numbers(Int32Array, '${base64(t)}')`);
  const runs = repeat
    ? `() => {\n    for (let i = 0; i < ${repeat.count}; i++) step(i * ${repeat.inputStep}, i * ${repeat.outputStep});\n  }`
    : '(inputShift = 0, outputShift = 0) => step(inputShift, outputShift)';
  return `// ${title.replaceAll('\n', '\n// ')}
// Generated by papilio: plain JavaScript, nothing compiled at run time. (little-endian machines)
const digits = '${digits}';
const values = Uint8Array.from({ length: 128 }, (_, c) => Math.max(0, digits.indexOf(String.fromCharCode(c))));
const numbers = (Type, text) => {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  for (let i = 0, word = 0, at = 0; i < text.length; i++) {
    word = ((word & 0xffffff) << 6) | values[text.charCodeAt(i)];
    if (i % 4 > 0) bytes[at++] = (word >>> (2 * (3 - (i % 4)))) & 255;
  }
  return new Type(bytes.buffer);
};
const f = Math.fround;
${topological(program.kernels.flatMap((k) => k.body)).some((e) => needsFormat.has(e.op)) ? formatOps : ''}${quantised.functions}const constants = numbers(${array}, '${text}');
const places = ${JSON.stringify(places)};
const tables = [${tables.join(', ')}];
// ${program.arena * bytesOf(program.dtype)} bytes of memory each.
export function create() {
  const M = new ${array}(${program.arena});
  let from = 0;
  for (const [offset, length] of places) {
    M.set(constants.subarray(from, from + length), offset);
    from += length;
  }
${quantised.statements}  const step = make(M);
  return { input: { ${object(views, program, 'input')} }, output: { ${object(views, program, 'output')} }, run: ${runs} };
}
function make(M) {
${printJavaScript(program)
  .replace("'use strict';\n", '')
  .replace(/^(?=.)/gm, '  ')}}
${tail}`;
}
