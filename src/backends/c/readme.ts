/** README.md of files of C: what they are, how they are built in, called and tested, and what they need. */
import type { EnergyReport } from '../../compiler/fixed/energies.ts';
import type { OutputReport } from '../../compiler/fixed/fixed.ts';
import { bytesOf } from '../../compiler/kernel.ts';
import type { Machine } from '../../compiler/machines.ts';
import type { CFile, CFunction, CReport } from './c.ts';
import { cTypes, elementType } from './numbers.ts';
import { callerBytes, instructionsOf, needsText, type Needs } from './needs.ts';

/** Where files lie, and what is done with them. */
export interface Places {
  /** By layout: the path of a file. */
  readonly at: (file: string) => string;
  /** How a firmware takes them, a sentence. */
  readonly how: string;
}

interface Report {
  readonly tableBytes: number;
  readonly functions: readonly CReport[];
  readonly target: Machine;
  readonly needs: Needs | null;
  readonly ram: number;
}

/** How gcc is told of a machine, as the bench has it; of WebAssembly it is not. */
const compilers: Readonly<Record<Machine, string | null>> = {
  wasm: null,
  'x86-64': 'cc -O3 -march=x86-64-v3 -ffp-contract=fast',
  'cortex-m0plus': 'arm-none-eabi-gcc -mcpu=cortex-m0plus -mthumb -O2 -std=c99',
  'cortex-m3': 'arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -O2 -std=c99',
  'cortex-m4f': 'arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -O2 -std=c99',
  'cortex-m7': 'arm-none-eabi-gcc -mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16 -O2 -std=c99',
  'cortex-m33': 'arm-none-eabi-gcc -mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16 -O2 -std=c99',
  riscv32: 'riscv64-unknown-elf-gcc -march=rv32imafc -mabi=ilp32f -O2 -std=c99',
  riscv32im: 'riscv64-unknown-elf-gcc -march=rv32im -mabi=ilp32 -O2 -std=c99',
};

/** A function called on arrays of its own, in C. */
function callText({ name, program, parameters }: CFunction, scratch: number): string {
  const arrays = parameters.map((p) => {
    const buffer = program.buffers[program.inputs[p.buffer] ?? program.outputs[p.buffer]];
    return `static ${elementType(buffer, program.dtype)} ${p.name}[${buffer.size}]; /* ${p.is} */\n`;
  });
  const held =
    scratch > 0 ? `static ${cTypes[program.dtype].name} scratch[${name.toUpperCase()}_SCRATCH];\n` : '';
  const list = [...parameters.map((p) => p.name), scratch > 0 ? 'scratch' : '0'].join(', ');
  return `${arrays.join('')}${held}\n${name}(${list});`;
}

const digits = (x: number, count: number): string => String(Number(x.toPrecision(count)));

/** What is proven of an output in fixed point. */
function outputText(name: string, { fraction, worst, noise, noiseDb, level }: OutputReport): string {
  const size = `An integer k of \`${name}\` is k / 2^${fraction}, of size ${digits(worst, 4)} at most`;
  const steps = `${digits(noise, 3)} steps of 2^-${fraction}`;
  return level
    ? `${size}. Logarithms are within ${steps} of those of the energies they get.`
    : `${size}. No number of it is further than ${steps} from the exact one, ${Math.abs(noiseDb).toFixed(1)} dB below the largest.`;
}

/** What is proven of energies before their logarithms: of what is squared, in units of the energies. */
function energyText(energies: EnergyReport | null): string {
  if (energies === null || !Number.isFinite(energies.noise)) return '';
  const { noise, worst } = energies;
  return ` Those are as if noise of energy ${digits(noise, 3)} at most were added to what is squared, ${(10 * Math.log10(worst / noise)).toFixed(1)} dB below the largest:
a level 20 dB above it is off by 0.92 dB at most, 40 dB above by 0.09. Beside that a power keeps 20 bits.`;
}

/** How results are rounded, and what is proven of functions in fixed point. */
function roundingText({ functions }: CFile): string {
  const proven = functions.flatMap(({ name, proven: own, parameters }) => {
    if (!own) return [];
    const nameOf = (buffer: string): string => parameters.find((p) => p.buffer === buffer)?.name ?? buffer;
    const outputs = Object.entries(own.outputs).map(([buffer, report]) => outputText(nameOf(buffer), report));
    return [
      `\`${name}\` is fixed point: proven for all samples, no value leaves 32 bits. ${outputs.join(' ')}${energyText(own.energies)}`,
    ];
  });
  if (proven.length > 0)
    return `${proven.join('\n')} The bits are the same on every machine, whatever the flags.`;
  return `With \`-std=c99\`, or \`-ffp-contract=off\`, every bit is that of papilio's other backends. Where a machine multiplies and adds at
once, \`-ffp-contract=fast\` takes fewer instructions and rounds once less.`;
}

/** How files with vectors are compiled. */
const vectorsNote = `
With gcc from 12 on and clang there are vectors of as many numbers as the machine has: \`-march=x86-64-v3\`, or what you have.
\`-DPAPILIO_LANES=1\` is without. The bits are the same.
`;

/** What each function takes, as a table, and what the columns are. */
function needsTable(file: CFile, report: Report): string {
  const { functions, target, needs, tableBytes } = report;
  const rows = functions.map((r, i) => {
    const f = file.functions[i];
    const { mul, add, other, loads, stores } = r.operations;
    const scratch = r.scratch * bytesOf(f.program.dtype);
    return `| \`${r.name}\` | ${instructionsOf(f, target) ?? '-'} | ${mul + add + other} | ${loads} | ${stores} | ${callerBytes(f)} | ${scratch} |`;
  });
  const ram = file.stream
    ? `RAM is \`${file.name}_state\`, which the caller has.`
    : 'RAM is the arrays below, which the caller has.';
  return `${needsText(report)} Flash holds ${tableBytes} bytes of tables, the rest is code as \`-O2\` makes it. ${ram} The
stack takes a few hundred bytes beside.

| function | instructions | operations | loads | stores | bytes of the caller's arrays | bytes of scratch |
| -------- | -----------: | ---------: | ----: | -----: | ---------------------------: | ---------------: |
${rows.join('\n')}

Of one call.${needs ? ' Instructions are of a model: of ten programs nine are within 10 % of what was counted, the worst took a fifth more. They are no cycles: a core adds its waits for flash.' : ''} Operations are additions, multiplications and
the like; loads and stores are of numbers and tables. Arrays are the parameters of the function, and scratch is one of them more.
`;
}

/** The text of README.md. */
export function readme(file: CFile, report: Report, { at, how }: Places): string {
  const { name, title, stream, about } = file;
  const macro = name.toUpperCase();
  const [first] = file.functions;
  const hasVectors = file.functions.some((f) => (f.lanes ?? 1) > 1);
  const [header, source, test] = ['.h', '.c', '_test.c'].map((end) => at(name + end));
  const compiler = compilers[report.target];
  const [folder, ...others] = [header, source, test].map((path) => path.split('/').slice(0, -1).join('/'));
  const inclusion = others.every((other) => other === folder) ? '' : `-I${folder || '.'} `;
  return `# ${name}

${[...title, ...(about ? [about] : [])].join('\n\n')}

Generated by papilio: C99 that is C++, too. No memory of its own but constant tables, no library, no recursion. Functions keep nothing
between calls: threads and interrupts may call them at once on arrays of their own. Arrays of one call do not overlap. These files are
yours, under no licence of papilio.

## Use

\`\`\`c
#include "${name}.h"
${stream ? stream.use : callText(first, report.functions[0].scratch)}
\`\`\`

\`${header}\` says what each function takes and gives. ${how}${compiler ? ` By hand:\n\`${compiler} ${inclusion}-c ${source}\`.` : ''}

\`${test}\` compares with papilio's interpreter: \`cc -std=c99 ${inclusion}${source} ${test} && ./a.out\`, or
\`${name}_test()\` in the firmware, compiled with \`-D${macro}_TEST_NO_MAIN\`: it returns how many numbers are wrong.

## What it needs

${needsTable(file, report)}
## Rounding

${roundingText(file)}
${hasVectors ? vectorsNote : ''}`;
}
