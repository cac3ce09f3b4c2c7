/**
 * npx tsx scripts/machine-counts.ts: instructions of twelve programs in C on every machine whose costs the compiler has, counted by QEMU, and
 * bytes of their flash, into test/fixtures/machine-counts.json, which test/compiler/cost.test.ts holds the costs against. Needs what
 * npm run bench -- embedded needs. Prints each count beside what the compiler says, and how far that is off.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { boards, unavailable, versionOf, type BoardName } from '../bench/embedded/boards.ts';
import { harnessOf } from '../bench/embedded/harness.ts';
import { commonFlags } from '../bench/embedded/peer.ts';
import { runOnBoard } from '../bench/embedded/run.ts';
import { noise } from '../bench/signal.ts';
import { printC, type CFunction } from '../src/backends/c/c.ts';
import { needsOf, type Needs } from '../src/backends/c/needs.ts';
import { countedMachines, type Machine } from '../src/compiler/machines.ts';
import { compileArithmetic, compileGraph } from '../src/compiler/pipeline.ts';
import { exactFrontEnd } from '../src/front/front-end.ts';
import { inferenceGraph } from '../src/front/graphs.ts';
import { planGraph } from '../src/plans/plan.ts';
import { featureHead, type PresetName } from '../src/spectral/presets.ts';

/** A program as the function `kernel`. */
function functionOf(program: CFunction['program']): CFunction {
  const ends = Object.keys({ ...program.inputs, ...program.outputs });
  const parameters = ends.map((buffer) => ({ buffer, name: buffer, is: buffer }));
  return { name: 'kernel', summary: ['counted'], program, parameters };
}

/** A transform around stages that are given: no cost chooses what costs are held against. */
function transform(input: 'real' | 'complex', ...radices: number[]): CFunction {
  const n = radices.reduce((a, b) => a * b);
  const { graph } = planGraph({ n, input, layout: 'interleaved', chain: { kind: 'stages', n, radices } });
  return functionOf(compileArithmetic(graph, { dtype: 'f32', vectors: false }));
}

function front(preset: PresetName): CFunction {
  const graph = inferenceGraph(exactFrontEnd(featureHead(preset)), 1);
  return functionOf(compileGraph(graph, { dtype: 'f32', vectors: false }));
}

export const countedPrograms: Readonly<Record<string, () => CFunction>> = {
  'real 128': () => transform('real', 16, 8),
  'real 256': () => transform('real', 16, 4, 4),
  'real 400': () => transform('real', 16, 5, 5),
  'real 512': () => transform('real', 16, 8, 4),
  'real 1024': () => transform('real', 16, 8, 8),
  'complex 64': () => transform('complex', 8, 8),
  'complex 240': () => transform('complex', 16, 5, 3),
  'complex 512': () => transform('complex', 8, 8, 8),
  papilio: () => front('papilio'),
  kaldi: () => front('kaldi'),
  whisper: () => front('whisper'),
  librosa: () => front('librosa'),
};

/** Instructions, and bytes of code and tables. */
type Counts = Pick<Needs, 'instructions' | 'flash'>;

/** What the compiler says of a function on a machine. */
export function modelled(f: CFunction, machine: Machine): Counts {
  const file = { name: 'kernel', title: ['Counted.'], functions: [f] };
  const needs = needsOf(file, printC(file), machine);
  if (needs === null) throw new RangeError(`${machine}: its instructions are not counted`);
  return needs;
}

/** What a board and the compiler's `size` say. */
function counted(f: CFunction, machine: Machine): Counts {
  const { header, source, functions } = printC({ name: 'kernel', title: ['Counted.'], functions: [f] });
  const { inputs, outputs, buffers } = f.program;
  const sizeOf = (name: string): number => buffers[inputs[name] ?? outputs[name]].size;
  const ends = f.parameters.map((p) => p.name);
  const [input] = Object.keys(inputs);
  const arrays = [
    ...ends.map((name) => ({ name, format: 'f32' as const, length: sizeOf(name) })),
    { name: 'scratch', format: 'f32' as const, length: functions[0].scratch + 1 },
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
      const f = make();
      const [own, model] = [counted(f, machine), modelled(f, machine)];
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
