/**
 * A program as one compute shader: a workgroup runs it for several rows, temporaries lie in workgroup memory, constants in one table.
 * The shader is plain data; what a device makes of it is elsewhere.
 */
import { UnsupportedError } from '../../errors.ts';
import { topological } from '../../ir/expr.ts';
import { tablesOf, type Kernel, type Program } from '../../compiler/kernel.ts';
import { copiedOnce } from '../../compiler/once.ts';
import { phased, sharedPoints, type Phase, type PhasedProgram } from '../../compiler/phases.ts';
import type { KernelOp } from '../../compiler/statements.ts';
import {
  functions,
  notANumber,
  KernelText,
  quotient,
  remainder,
  sumText,
  type KernelSurroundings,
} from './kernel-text.ts';
import { globalTraffic, type Traffic } from './traffic.ts';

/** Limits that every WebGPU device has. */
const defaultLimits = { workgroupBytes: 16384, invocations: 256, groups: 65535 } as const;

/** From one row to the next, in elements: rows come in groups of `counts.inner`, whose distance is told when it runs. */
export interface RowStep {
  readonly step: number;
  /** Which word of the uniform holds the distance of groups of rows; none: groups are alike; null: rows follow each other evenly. */
  readonly group: 'input' | 'output' | 'none' | null;
}

/** How an input is read that is a signal with something beside it. */
interface Padded {
  /** Element of the signal that a row's first one is. */
  readonly shift: number;
  /** Body of a WGSL function (at: i32, samples: i32) -> i32: which sample stands at a position; -1: zero. */
  readonly place: string;
  /** x_j - emphasis x_{j - 1}; 0 for none. */
  readonly emphasis: number;
}

/**
 * An input or an output of pairs that a program takes for the spectrum of `n` real samples, all n bins of it, and of which memory holds
 * bins 0 to floor(n/2): the others are their conjugates. Row k of a group has the bins k, k + rows, k + 2 rows, ...
 */
interface Halved {
  readonly n: number;
  readonly rows: number;
}

/** What a shader is made for. */
export interface ShaderOptions {
  readonly title: string;
  /** Bytes of workgroup memory and invocations of a workgroup that may be used; those of every device by default. */
  readonly workgroupBytes?: number;
  /** Invocations that share a row, a power of two, and rows that share a workgroup. Default: what fits well. */
  readonly lanes?: number;
  readonly rows?: number;
  /** Steps of inputs and outputs by name; 0 where not named: the same for all rows. */
  readonly steps?: Readonly<Record<string, RowStep>>;
  readonly padded?: Readonly<Record<string, Padded>>;
  readonly halved?: Readonly<Record<string, Halved>>;
}

/** What is bound, in order. `counts` are the words of `rowCounts`. */
export interface Binding {
  readonly kind: 'input' | 'output' | 'parameter' | 'tables' | 'offsets' | 'counts';
  /** Public name of an input, output or parameter. */
  readonly name: string;
}

/** A compute shader and all that it needs. */
export interface Shader {
  readonly code: string;
  readonly bindings: readonly Binding[];
  /** Constants, and offsets of index maps, in the order of their binding. */
  readonly tables: Float32Array;
  readonly offsets: Int32Array;
  readonly invocations: number;
  readonly rows: number;
  readonly workgroupBytes: number;
  /** Bytes of global memory that one row reads and writes, counted from its statements. */
  readonly traffic: Traffic;
}

/** Points of a phase that are shared out. */
const pointsOf = ({ kernels }: Phase): number => kernels.reduce((sum, k) => sum + sharedPoints(k), 0);

const powerOfTwoFrom = (x: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, x)));

/** Invocations of a workgroup where several rows share one. */
const preferredInvocations = 64;

interface Shape {
  readonly lanes: number;
  readonly rows: number;
}

/** Invocations per row and rows per workgroup. Throws UnsupportedError where a row does not fit into a workgroup. */
function shapeOf(program: PhasedProgram, options: ShaderOptions): Shape {
  const bytes = options.workgroupBytes ?? defaultLimits.workgroupBytes;
  const own = 4 * program.size;
  if (own > bytes)
    throw new UnsupportedError(
      `${options.title}: ${own} bytes of workgroup memory; the device allows ${bytes} (maxComputeWorkgroupStorageSize)`,
    );
  const held = Math.max(1, ...program.phases.filter((p) => p.held).map(pointsOf));
  const most = Math.max(1, ...program.phases.map(pointsOf));
  const lanes = Math.max(
    powerOfTwoFrom(held),
    options.lanes ?? Math.min(preferredInvocations, powerOfTwoFrom(most / 2)),
  );
  if (lanes > defaultLimits.invocations)
    throw new UnsupportedError(
      `${options.title}: ${lanes} invocations of a workgroup; the device allows ${defaultLimits.invocations} (maxComputeInvocationsPerWorkgroup)`,
    );
  const fitting = own === 0 ? Infinity : Math.floor(bytes / own);
  const wanted = options.rows ?? Math.max(1, Math.floor(preferredInvocations / lanes));
  return { lanes, rows: Math.min(wanted, fitting, Math.floor(defaultLimits.invocations / lanes)) };
}

const identifier = (name: string): string => name.replace(/\W/g, '_');

/** Offset tables one behind the other. */
function joinedTables(list: readonly Int32Array[]): { offsets: Int32Array; at: Map<Int32Array, number> } {
  const at = new Map<Int32Array, number>();
  let size = 0;
  for (const t of list) {
    at.set(t, size);
    size += t.length;
  }
  const offsets = new Int32Array(size);
  for (const [t, from] of at) offsets.set(t, from);
  return { offsets, at };
}

/** Constants one behind the other. */
function joinedConstants(program: Program): { tables: Float32Array; at: Map<number, number> } {
  const used = new Set(program.kernels.flatMap((k) => k.loads.map((a) => a.buffer)));
  const at = new Map<number, number>();
  let size = 0;
  for (const [id, data] of program.constants) {
    if (!used.has(id)) continue;
    at.set(id, size);
    size += data.length;
  }
  const tables = new Float32Array(size);
  for (const [id, from] of at) tables.set(program.constants.get(id) as Float64Array, from);
  return { tables, at };
}

/** Prints a program. */
class ShaderText {
  private readonly program: Program;
  private readonly options: ShaderOptions;
  private readonly plan: PhasedProgram;
  private readonly shape: Shape;
  private readonly constants: ReturnType<typeof joinedConstants>;
  private readonly offsets: ReturnType<typeof joinedTables>;
  private readonly around: KernelSurroundings;

  constructor(program: Program, options: ShaderOptions) {
    this.program = program;
    this.options = options;
    this.plan = phased(program, (options.workgroupBytes ?? defaultLimits.workgroupBytes) / 4);
    this.shape = shapeOf(this.plan, options);
    this.constants = joinedConstants(program);
    this.offsets = joinedTables(tablesOf(program));
    this.around = {
      program,
      element: (buffer, index, offset) => this.element(buffer, index, offset),
      loaded: (buffer, index, offset) => this.loaded(buffer, index, offset),
      stored: (buffer, index, offset, value) => this.stored(buffer, index, offset, value),
      table: (t) => this.offsets.at.get(t) as number,
    };
  }

  private element(buffer: number, index: string, offset: number): string {
    const { kind, name } = this.program.buffers[buffer];
    if (kind === 'constant')
      return `tables[${sumText(index, offset + (this.constants.at.get(buffer) as number))}]`;
    if (kind === 'temporary') {
      const own = this.shape.rows > 1 ? 'own' : '';
      return `work[${sumText(own, index, offset + (this.plan.places.get(buffer) as number))}]`;
    }
    const from = this.options.steps?.[name] ? `from_${identifier(name)}` : '';
    return `${identifier(`${kind}_${name}`)}[${sumText(from, index, offset)}]`;
  }

  private loaded(buffer: number, index: string, offset: number): string {
    const { kind, name } = this.program.buffers[buffer];
    const functionOf = kind === 'input' ? (this.options.padded?.[name] ?? this.options.halved?.[name]) : null;
    if (!functionOf) return this.element(buffer, index, offset);
    return `sample_${identifier(name)}(${sumText('first', index, offset)}, from_${identifier(name)})`;
  }

  private stored(buffer: number, index: string, offset: number, value: string): string {
    const { kind, name } = this.program.buffers[buffer];
    if (kind !== 'output' || !this.options.halved?.[name])
      return `${this.element(buffer, index, offset)} = ${value}`;
    return `store_${identifier(name)}(${sumText('first', index, offset)}, from_${identifier(name)}, ${value})`;
  }

  private phase(phase: Phase, number: number): string {
    const points = pointsOf(phase);
    const title = `  // Phase ${number}: ${points} points\n`;
    if (phase.held) {
      const most = Math.max(...phase.kernels.map((k) => k.stores.length));
      const variables = Array.from({ length: most }, (_, i) => `  var h${number}_${i}: f32;\n`).join('');
      const named = (text: string): string => text.replace(/\bh(\d+)\b/g, `h${number}_$1`);
      return `${title}${variables}${named(this.heldPieces(phase.kernels, 'values'))}  workgroupBarrier();\n${named(this.heldPieces(phase.kernels, 'stores'))}`;
    }
    return title + this.pieces(phase.kernels);
  }

  /**
   * The kernels of a phase as loops. Each begins with the lane behind those that the one before ends with, so that short ones run
   * side by side.
   */
  private pieces(kernels: readonly Kernel[]): string {
    const { lanes } = this.shape;
    let first = 0;
    return kernels
      .map((kernel) => {
        const points = sharedPoints(kernel);
        const from = first === 0 ? 'lane' : remainder(`(lane - ${first}u)`, lanes);
        first = (first + points) % lanes;
        const head = `  for (var q = ${from}; ${this.shape.rows > 1 ? 'live && ' : ''}q < ${points}u; q += ${lanes}u) {\n`;
        const label = `    // ${kernel.label} [${kernel.extents.join(' x ')}]\n`;
        return `${head}${label}${new KernelText(kernel, this.around).text('q', 'all', '    ')}  }\n`;
      })
      .join('');
  }

  /** One pass over the kernels of a phase that is held, whose points are counted one behind the other: one per lane. */
  private heldPieces(kernels: readonly Kernel[], pass: 'values' | 'stores'): string {
    let first = 0;
    const parts = kernels.map((kernel) => {
      const q = first === 0 ? 'lane' : `(lane - ${first}u)`;
      first += sharedPoints(kernel);
      const label = `    // ${kernel.label} [${kernel.extents.join(' x ')}]\n`;
      return `if (lane < ${first}u) {\n${label}${new KernelText(kernel, this.around).text(q, pass, '    ')}  }`;
    });
    const text = parts.join(' else ');
    return this.shape.rows > 1 ? `  if (live) { ${text} }\n` : `  ${text}\n`;
  }

  private bindings(): Binding[] {
    const { inputs, outputs, parameters } = this.program;
    const of = (kind: Binding['kind'], names: readonly string[]): Binding[] =>
      names.map((name) => ({ kind, name }));
    return [
      ...of('input', Object.keys(inputs)),
      ...of('parameter', Object.keys(parameters)),
      ...of('output', Object.keys(outputs)),
      ...(this.constants.tables.length > 0 ? of('tables', ['tables']) : []),
      ...(this.offsets.offsets.length > 0 ? of('offsets', ['offsets']) : []),
      ...of('counts', ['counts']),
    ];
  }

  private declaration({ kind, name }: Binding, i: number): string {
    const own =
      kind === 'input' || kind === 'output' || kind === 'parameter' ? identifier(`${kind}_${name}`) : name;
    const space =
      kind === 'counts'
        ? 'uniform'
        : kind === 'output' || kind === 'parameter'
          ? 'storage, read_write'
          : 'storage, read';
    // Of known length: what keeps indices inside needs not ask for it.
    const types: { readonly [K in Binding['kind']]?: string } = {
      counts: 'Counts',
      tables: `array<f32, ${this.constants.tables.length}>`,
      offsets: `array<i32, ${this.offsets.offsets.length}>`,
    };
    const type = types[kind] ?? 'array<f32>';
    return `@group(0) @binding(${i}) var<${space}> ${own}: ${type};\n`;
  }

  private starts(): string {
    const steps = Object.entries(this.options.steps ?? {});
    const { lanes, rows } = this.shape;
    const grouped = steps.some(([, s]) => s.group !== null);
    const one = rows === 1;
    const lines = [
      `let row = ${one ? 'group.x + group.y * groups.x' : `(group.x + group.y * groups.x) * ${rows}u + (${quotient('invocation', lanes)})`};`,
      ...(one ? ['if (row >= counts.rows) { return; }'] : ['let live = row < counts.rows;']),
      `let lane = ${one ? 'invocation' : remainder('invocation', lanes)};`,
      ...(one || this.plan.size === 0
        ? []
        : [`let own = i32(${quotient('invocation', lanes)}) * ${this.plan.size};`]),
      ...(grouped ? ['let major = i32(row / counts.inner);', 'let minor = i32(row % counts.inner);'] : []),
      ...steps.map(([name, { step, group }]) => {
        const shift = this.options.halved?.[name] ? 0 : this.options.padded?.[name]?.shift;
        const even = group === null ? 'i32(row)' : 'minor';
        const within = step === 0 ? '' : `${even} * ${step}`;
        const far = group === null || group === 'none' ? '' : `major * counts.${group}`;
        // What functions read and write is found by its group, and by the position in it.
        if (shift !== undefined)
          return `let from_${identifier(name)} = ${far};\n  let first = ${within}${shift === 0 ? '' : ` - ${shift}`};`;
        return `let from_${identifier(name)} = ${sumText(far, within)};`;
      }),
    ];
    return lines.map((line) => `  ${line}\n`).join('');
  }

  private samples(): string {
    return Object.entries(this.options.padded ?? {})
      .map(([name, { place, emphasis }]) => {
        const own = identifier(name);
        const text = `fn place_${own}(at: i32, samples: i32) -> i32 {\n${place}}
fn signal_${own}(at: i32, from_signal: i32) -> f32 {
  let i = place_${own}(at, i32(counts.samples));
  return select(0.0, input_${own}[max(0, from_signal + i)], i >= 0);
}
`;
        const last =
          emphasis === 0
            ? `  return signal_${own}(at, from_signal);\n`
            : `  let i = place_${own}(at, i32(counts.samples));
  if (i < 0) { return 0.0; }
  let before = select(0.0, input_${own}[max(0, from_signal + i - 1)], i > 0);
  return input_${own}[from_signal + i] - ${emphasis} * before;
`;
        return `${text}fn sample_${own}(at: i32, from_signal: i32) -> f32 {\n${last}}\n`;
      })
      .join('');
  }

  /** Functions that read and write spectra of which memory holds a half. */
  private halves(): string {
    return Object.entries(this.options.halved ?? {})
      .map(([name, { n, rows }]) => {
        const own = identifier(name);
        if (this.program.inputs[name] !== undefined)
          return `fn sample_${own}(at: i32, from_signal: i32) -> f32 {
  let odd = at & 1;
  if (at < ${2 * Math.floor(n / 2) + 2}) { return input_${own}[from_signal + at]; }
  let mirrored = input_${own}[from_signal + ${2 * n} - at + 2 * odd];
  return select(mirrored, -mirrored, odd == 1);
}
`;
        // Rows 0 and rows / 2 have the mirrors of their own bins.
        const twice = `row == 0${rows % 2 === 0 ? ` || row == ${rows / 2}` : ''}`;
        return `fn store_${own}(at: i32, from_signal: i32, value: f32) {
  let odd = at & 1;
  let row = (at >> 1u) % ${rows};
  if (at < ${2 * Math.floor(n / 2) + 2}) { output_${own}[from_signal + at] = value; }
  else if (!(${twice})) { output_${own}[from_signal + ${2 * n} - at + 2 * odd] = select(value, -value, odd == 1); }
}
`;
      })
      .join('');
  }

  shader(): Shader {
    const { program, plan, shape } = this;
    const bindings = this.bindings();
    const values = topological(program.kernels.flatMap((k) => k.body));
    const ops = new Set(values.map((e) => e.op));
    const helpers = (Object.keys(functions) as KernelOp[]).flatMap((op) =>
      ops.has(op) ? [`${functions[op]}\n`] : [],
    );
    if (values.some((e) => e.op === 'literal' && Number.isNaN(e.value))) helpers.push(notANumber);
    const shares = [program.outputs, program.parameters].flatMap(Object.values<number>);
    const global = program.kernels.some((k) => k.loads.some((a) => shares.includes(a.buffer)));
    const barrier = `  workgroupBarrier();\n${global ? '  storageBarrier();\n' : ''}`;
    const rowText = shape.rows === 1 ? 'one row' : `${shape.rows} rows`;
    const code = [
      `// ${this.options.title}: ${rowText} a workgroup, ${shape.lanes} invocations each.\n`,
      'struct Counts { rows: u32, inner: u32, input: i32, output: i32, samples: u32 }\n',
      ...bindings.map((b, i) => this.declaration(b, i)),
      plan.size > 0 ? `var<workgroup> work: array<f32, ${plan.size * shape.rows}>;\n` : '',
      ...helpers,
      this.samples(),
      this.halves(),
      `@compute @workgroup_size(${shape.lanes * shape.rows})\n`,
      'fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {\n',
      this.starts(),
      plan.phases.map((p, i) => this.phase(p, i)).join(barrier),
      '}\n',
    ].join('');
    return {
      code,
      bindings,
      tables: this.constants.tables,
      offsets: this.offsets.offsets,
      invocations: shape.lanes * shape.rows,
      rows: shape.rows,
      workgroupBytes: 4 * plan.size * shape.rows,
      traffic: globalTraffic(program),
    };
  }
}

/**
 * The shader of a program of float32 that runs it once per row. Throws UnsupportedError for other number formats, and where one row
 * needs more than a workgroup has.
 */
export function printShader(program: Program, options: ShaderOptions): Shader {
  if (program.dtype !== 'f32') throw new UnsupportedError(`${program.dtype} on webgpu; expected f32`);
  return new ShaderText(copiedOnce(program), options).shader();
}
