/** A WebAssembly byte emitter: instructions are data, so one list is both encoded and printed. (Core Specification 2.0, section 5.) */
import { IllegalGraphError } from '../../errors.ts';
import { opcodes, type Opcode, type OpName } from './opcodes.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/**
 * Name and immediates. Memory ops take [offset], of lanes [offset, lane], and have their natural alignment; shuffle and v128.const
 * take 16 bytes; i64.const a safe integer.
 */
export type Instruction = readonly [op: OpName, ...immediates: number[]];

export interface WasmFunction {
  readonly name: string;
  readonly exported: boolean;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: readonly Instruction[];
}

export interface WasmModule {
  readonly memory: {
    readonly pages: number;
    readonly import?: { readonly module: string; readonly name: string };
    readonly exportName?: string;
  };
  readonly functions: readonly WasmFunction[];
  /** The function, without parameters and results, that runs once when the module is made an instance. */
  readonly start?: number;
  readonly data: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  readonly customSections?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

const valueTypes: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A growing byte string. */
class Bytes {
  private buffer = new Uint8Array(1024);
  private view = new DataView(this.buffer.buffer);
  length = 0;

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(2 * this.buffer.length, this.length + extra));
    grown.set(this.buffer);
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }

  byte(x: number): void {
    if (this.length === this.buffer.length) this.reserve(1);
    this.buffer[this.length++] = x;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** LEB128, unsigned. */
  unsigned(x: number): void {
    let rest = x;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** LEB128, signed, for safe integers. */
  signed(x: number): void {
    let rest = x;
    while (rest < -64 || rest >= 64) {
      this.byte((((rest % 128) + 128) % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest & 127);
  }

  float(x: number, bits: 32 | 64): void {
    this.reserve(8);
    if (bits === 32) this.view.setFloat32(this.length, x, true);
    else this.view.setFloat64(this.length, x, true);
    this.length += bits / 8;
  }

  name(text: string): void {
    // Names are ASCII; audio worklets have no TextEncoder.
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  /** A vector of the specification: a count, and every item. */
  list<T>(items: readonly T[], write: (item: T, i: number) => void): void {
    this.unsigned(items.length);
    items.forEach(write);
  }

  /** What `fill` writes, behind its length. */
  sized(fill: (s: Bytes) => void): void {
    const s = new Bytes();
    fill(s);
    this.unsigned(s.length);
    this.raw(s.done());
  }

  done(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }
}

const maximumIndex = 2 ** 32;

/** Throws IllegalGraphError, naming the instruction. */
function refuse(instruction: Instruction, what: string): never {
  throw new IllegalGraphError(`${instruction.join(' ')}: ${what}`);
}

/** Immediate `at` as an integer of low <= x < high. */
function integer(instruction: Instruction, at: number, low: number, high: number): number {
  const x = instruction[at] as number;
  if (!Number.isSafeInteger(x)) refuse(instruction, `immediate ${at} must be an integer`);
  if (x < low || x >= high) refuse(instruction, `${x} is out of range`);
  return x;
}

function encodeBytes(out: Bytes, instruction: Instruction, limit: number): void {
  for (let i = 1; i <= 16; i++) out.byte(integer(instruction, i, 0, limit));
}

/** Immediates that an instruction has. */
const counts: Record<Opcode['immediate'], number> = {
  none: 0,
  index: 1,
  block: 0,
  i32: 1,
  i64: 1,
  f32: 1,
  f64: 1,
  memory: 1,
  'memory-lane': 2,
  vector: 16,
  shuffle: 16,
};

/** Throws IllegalGraphError for immediates that do not fit the instruction. */
function encodeInstruction(out: Bytes, instruction: Instruction): void {
  const opcode: Opcode = opcodes[instruction[0]];
  const count = counts[opcode.immediate];
  if (instruction.length - 1 !== count) refuse(instruction, `expected ${count} immediates`);
  if (opcode.prefix) {
    out.byte(opcode.prefix);
    out.unsigned(opcode.code);
  } else out.byte(opcode.code);
  switch (opcode.immediate) {
    case 'none':
      return;
    case 'index':
      return out.unsigned(integer(instruction, 1, 0, maximumIndex));
    case 'block':
      return out.byte(0x40);
    case 'i32':
      return out.signed(integer(instruction, 1, -(2 ** 31), 2 ** 31));
    case 'i64':
      return out.signed(integer(instruction, 1, -Infinity, Infinity));
    case 'f32':
      return out.float(instruction[1], 32);
    case 'f64':
      return out.float(instruction[1], 64);
    case 'memory':
    case 'memory-lane':
      out.unsigned(opcode.align ?? 0);
      out.unsigned(integer(instruction, 1, 0, maximumIndex));
      if (opcode.immediate === 'memory-lane') out.byte(integer(instruction, 2, 0, 16));
      return;
    case 'vector':
      return encodeBytes(out, instruction, 256);
    case 'shuffle':
      return encodeBytes(out, instruction, 32);
    default:
      return opcode.immediate satisfies never;
  }
}

/** Local declarations as runs of one type. */
function encodeLocals(out: Bytes, locals: readonly ValueType[]): void {
  const runs: { type: ValueType; count: number }[] = [];
  for (const type of locals) {
    const last = runs[runs.length - 1];
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  out.list(runs, (run) => {
    out.unsigned(run.count);
    out.byte(valueTypes[run.type]);
  });
}

/** Bytes of a module. Linear in the length of the code. */
export function encodeModule(module: WasmModule): Uint8Array {
  const { memory, functions, start, data, customSections = [] } = module;
  const out = new Bytes();
  out.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const section = (id: number, fill: (s: Bytes) => void): void => {
    out.byte(id);
    out.sized(fill);
  };
  const limits = (s: Bytes): void => {
    s.byte(1);
    s.unsigned(memory.pages);
    s.unsigned(memory.pages);
  };
  section(1, (s) =>
    s.list(functions, (f) => {
      s.byte(0x60);
      for (const types of [f.parameters, f.results]) s.list(types, (t) => s.byte(valueTypes[t]));
    }),
  );
  if (memory.import) {
    const from = memory.import;
    section(2, (s) => {
      s.unsigned(1);
      s.name(from.module);
      s.name(from.name);
      s.byte(2);
      limits(s);
    });
  }
  section(3, (s) => s.list(functions, (_, i) => s.unsigned(i)));
  if (!memory.import)
    section(5, (s) => {
      s.unsigned(1);
      limits(s);
    });
  const exported = [
    ...(memory.exportName ? [{ name: memory.exportName, kind: 2, index: 0 }] : []),
    ...functions.flatMap((f, index) => (f.exported ? [{ name: f.name, kind: 0, index }] : [])),
  ];
  section(7, (s) =>
    s.list(exported, ({ name, kind, index }) => {
      s.name(name);
      s.byte(kind);
      s.unsigned(index);
    }),
  );
  if (start !== undefined) section(8, (s) => s.unsigned(start));
  section(10, (s) =>
    s.list(functions, (f) =>
      s.sized((code) => {
        encodeLocals(code, f.locals);
        for (const i of f.body) encodeInstruction(code, i);
        code.byte(0x0b);
      }),
    ),
  );
  if (data.length > 0)
    section(11, (s) =>
      s.list(data, (d) => {
        s.byte(0);
        encodeInstruction(s, ['i32.const', d.offset]);
        s.byte(0x0b);
        s.unsigned(d.bytes.length);
        s.raw(d.bytes);
      }),
    );
  for (const { name, bytes } of customSections)
    section(0, (s) => {
      s.name(name);
      s.raw(bytes);
    });
  return out.done();
}

function printFloat(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
  return Object.is(x, -0) ? '-0' : String(x);
}

function printInstruction([op, ...immediates]: Instruction): string {
  const opcode: Opcode = opcodes[op];
  switch (opcode.immediate) {
    case 'memory':
    case 'memory-lane': {
      const [offset, ...lane] = immediates;
      return [op, ...(offset ? [`offset=${offset}`] : []), ...lane].join(' ');
    }
    case 'vector':
      return `${op} i8x16 ${immediates.join(' ')}`;
    case 'f32':
    case 'f64':
      return `${op} ${printFloat(immediates[0])}`;
    default:
      return [op, ...immediates].join(' ');
  }
}

const escaped = (bytes: Uint8Array): string =>
  [...bytes].map((b) => `\\${b.toString(16).padStart(2, '0')}`).join('');

/** WebAssembly text of a module; data segments in full only when asked, else as comments of their length. */
export function printModule(module: WasmModule, options: { readonly data?: boolean } = {}): string {
  const { memory } = module;
  const limits = `${memory.pages} ${memory.pages}`;
  const lines = ['(module'];
  if (memory.import)
    lines.push(`  (import "${memory.import.module}" "${memory.import.name}" (memory ${limits}))`);
  else lines.push(`  (memory${memory.exportName ? ` (export "${memory.exportName}")` : ''} ${limits})`);
  for (const f of module.functions) {
    const list = (key: string, types: readonly ValueType[]): string =>
      types.length > 0 ? ` (${key} ${types.join(' ')})` : '';
    lines.push(
      `  (func $${f.name}${f.exported ? ` (export "${f.name}")` : ''}${list('param', f.parameters)}${list('result', f.results)}`,
    );
    if (f.locals.length > 0) lines.push(`    (local ${f.locals.join(' ')})`);
    let depth = 2;
    for (const i of f.body) {
      if (i[0] === 'end') depth--;
      lines.push(`${'  '.repeat(depth)}${printInstruction(i)}`);
      if (i[0] === 'loop') depth++;
    }
    lines.push('  )');
  }
  if (module.start !== undefined) lines.push(`  (start ${module.start})`);
  for (const d of module.data)
    lines.push(
      options.data
        ? `  (data (i32.const ${d.offset}) "${escaped(d.bytes)}")`
        : `  ;; data at ${d.offset}: ${d.bytes.length} bytes`,
    );
  return `${lines.join('\n')}\n)\n`;
}
