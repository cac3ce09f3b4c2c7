/**
 * npx tsx scripts/machine-counts.ts: instructions of programs in C, in floating and in fixed point, on every machine whose costs the compiler has,
 * counted by QEMU, and bytes of their flash, into test/fixtures/machine-counts.json, which test/compiler/cost.test.ts holds the costs against. Needs what
 * npm run bench -- embedded needs. Prints each count beside what the compiler says, and how far that is off.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { boards, unavailable, versionOf, type BoardName } from '../bench/embedded/boards.ts';
import { harnessOf, type Format } from '../bench/embedded/harness.ts';
import { commonFlags } from '../bench/embedded/peer.ts';
import { runOnBoard } from '../bench/embedded/run.ts';
import { noise } from '../bench/signal.ts';
import { printC, type CFunction } from '../src/backends/c/c.ts';
import { needsOf, type Needs } from '../src/backends/c/needs.ts';
import { countedMachines, type Machine } from '../src/compiler/machines.ts';
import type { Graph } from '../src/ir/graph.ts';
import { isFixed, programIn, type CFormat } from '../src/backends/c/format.ts';
import { exactFrontEnd } from '../src/front/front-end.ts';
import { inferenceGraph } from '../src/front/graphs.ts';
import { planGraph } from '../src/plans/plan.ts';
import { featureHead, type PresetName } from '../src/spectral/presets.ts';

/** A function `kernel` and the format of its samples. */
interface Counted {
  readonly f: CFunction;
  readonly format: CFormat;
}

/** A graph as the function `kernel`. */
function functionOf(graph: Graph, format: CFormat): Counted {
  const { program } = programIn(format, graph, { vectors: false });
  const ends = Object.keys({ ...program.inputs, ...program.outputs });
  const parameters = ends.map((buffer) => ({ buffer, name: buffer, is: buffer }));
  return { f: { name: 'kernel', summary: ['counted'], program, parameters }, format };
}

/** A transform around stages that are given: no cost chooses what costs are held against. */
function transform(format: CFormat, input: 'real' | 'complex', ...radices: number[]): Counted {
  const n = radices.reduce((a, b) => a * b);
  const { graph } = planGraph({ n, input, layout: 'interleaved', chain: { kind: 'stages', n, radices } });
  return functionOf(graph, format);
}

const front = (format: CFormat, preset: PresetName): Counted =>
  functionOf(inferenceGraph(exactFrontEnd(featureHead(preset)), 1), format);

export const countedPrograms: Readonly<Record<string, () => Counted>> = {
  'real 128': () => transform('f32', 'real', 16, 8),
  'real 256': () => transform('f32', 'real', 16, 4, 4),
  'real 400': () => transform('f32', 'real', 16, 5, 5),
  'real 512': () => transform('f32', 'real', 16, 8, 4),
  'real 1024': () => transform('f32', 'real', 16, 8, 8),
  'complex 64': () => transform('f32', 'complex', 8, 8),
  'complex 240': () => transform('f32', 'complex', 16, 5, 3),
  'complex 512': () => transform('f32', 'complex', 8, 8, 8),
  papilio: () => front('f32', 'papilio'),
  kaldi: () => front('f32', 'kaldi'),
  whisper: () => front('f32', 'whisper'),
  librosa: () => front('f32', 'librosa'),
  'f64 real 256': () => transform('f64', 'real', 16, 4, 4),
  'f64 complex 64': () => transform('f64', 'complex', 8, 8),
  'f64 papilio': () => front('f64', 'papilio'),
  'q15 real 256': () => transform('q15', 'real', 16, 4, 4),
  'q15 real 512': () => transform('q15', 'real', 16, 8, 4),
  'q15 complex 240': () => transform('q15', 'complex', 16, 5, 3),
  'q15 papilio': () => front('q15', 'papilio'),
  'q31 real 400': () => transform('q31', 'real', 16, 5, 5),
  'q31 real 512': () => transform('q31', 'real', 16, 8, 4),
  'q31 complex 64': () => transform('q31', 'complex', 8, 8),
  'q31 papilio': () => front('q31', 'papilio'),
};

/** Instructions, and bytes of code and tables. */
type Counts = Pick<Needs, 'instructions' | 'flash'>;

/** What the compiler says of a function, by machine. */
export function modelled(f: CFunction): (machine: Machine) => Counts {
  const file = { name: 'kernel', title: ['Counted.'], functions: [f] };
  const printed = printC(file);
  return (machine) => {
    const needs = needsOf(file, printed, machine);
    if (needs === null) throw new RangeError(`${machine}: its instructions are not counted`);
    return needs;
  };
}

/** What a board and the compiler's `size` say. */
function counted({ f, format }: Counted, machine: Machine): Counts {
  const { header, source, functions } = printC({ name: 'kernel', title: ['Counted.'], functions: [f] });
  const { inputs, outputs, buffers } = f.program;
  const sizeOf = (name: string): number => buffers[inputs[name] ?? outputs[name]].size;
  const ends = f.parameters.map((p) => p.name);
  const [input] = Object.keys(inputs);
  const number: Format = isFixed(format) ? 'q31' : format;
  const arrays = [
    ...ends.map((name) => ({ name, format: name in inputs ? format : number, length: sizeOf(name) })),
    { name: 'scratch', format: number, length: functions[0].scratch + 1 },
  ];
  const call = {
    declarations: '#include "kernel.h"',
    arrays,
    input,
    call: `kernel(${ends.join(', ')}, scratch);`,
    outputs: [],
  };
  const board = boards[machine as BoardName];
  const run = runOnBoard(board, {
    sources: { 'kernel.h': header, 'kernel.c': source },
    harness: harnessOf(call, [noise(sizeOf(input), 1)]),
    flags: commonFlags,
  });
  return { instructions: run.instructions, flash: run.flash };
}

function main(): void {
  const path = resolve(import.meta.dirname, '../test/fixtures/machine-counts.json');
  const counts: Record<string, Record<string, Counts>> = {};
  for (const machine of countedMachines) {
    const board = boards[machine as BoardName];
    const reason = unavailable(board);
    if (reason !== null) throw new RangeError(`${machine}: ${reason}`);
    counts[machine] = {};
    for (const [name, make] of Object.entries(countedPrograms)) {
      const made = make();
      const [own, model] = [counted(made, machine), modelled(made.f)(machine)];
      const off = (key: keyof Counts): string => `${((model[key] / own[key] - 1) * 100).toFixed(1)} %`;
      console.log(
        `${machine} ${name}: ${own.instructions} instructions, modelled ${off('instructions')} off; ${own.flash} bytes, ${off('flash')} off`,
      );
      counts[machine][name] = own;
    }
  }
  const compilers = [...new Set(countedMachines.map((m) => versionOf(boards[m as BoardName].compiler)))];
  const made = { command: 'npx tsx scripts/machine-counts.ts', compilers, counts };
  writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`);
}

if (process.argv[1] === import.meta.filename) main();
