/** What a file of C needs of a machine: instructions by the machine's costs, bytes of flash and of RAM. */
import { programCost } from '../../compiler/cost.ts';
import { bytesOf } from '../../compiler/kernel.ts';
import { machines, type InstructionCosts, type Machine } from '../../compiler/machines.ts';
import { preparedProgram, type CFile, type CFunction, type CReport } from './c.ts';

/** What something takes on a machine. */
export interface Needs {
  /** Instructions of one call of every function of the file; of a front end of a frame. */
  readonly instructions: number;
  /** Bytes of constant tables and, as estimated, of code. */
  readonly flash: number;
  /** Bytes that the caller brings: arrays and scratch, or the state of a stream. */
  readonly ram: number;
}

/** Bytes of a function's arrays that its caller brings. */
export const callerBytes = ({ program, parameters }: CFunction): number =>
  parameters.reduce((sum, { buffer }) => {
    const { size, fixed } = program.buffers[program.inputs[buffer] ?? program.outputs[buffer]];
    return sum + size * (fixed ? fixed.bits / 8 : bytesOf(program.dtype));
  }, 0);

const costsOf = ({ program }: CFunction, target: Machine): InstructionCosts | null =>
  machines[target].costs[program.dtype] ?? null;

/** Instructions of one call of a function; null where they are not counted. */
export function instructionsOf(f: CFunction, target: Machine): number | null {
  const costs = costsOf(f, target);
  return costs && Math.round(programCost(preparedProgram(f), costs).run);
}

/** Bytes that callers of a printed file bring: the state of its stream, or arrays and scratch of the function that takes most. */
export const ramOf = (
  { functions, stream }: CFile,
  printed: { readonly functions: readonly CReport[] },
): number =>
  // Functions are called one after the other.
  stream?.bytes ??
  Math.max(
    ...functions.map((f, i) => callerBytes(f) + printed.functions[i].scratch * bytesOf(f.program.dtype)),
  );

/** What a file needs that has been printed; null for machines, and number formats, whose instructions are not counted. */
export function needsOf(
  file: CFile,
  printed: { readonly tableBytes: number; readonly functions: readonly CReport[] },
  target: Machine,
): Needs | null {
  const { functions, stream } = file;
  let [instructions, code] = [0, 0];
  for (const [i, f] of functions.entries()) {
    const costs = costsOf(f, target);
    if (costs === null) return null;
    const { run, text } = programCost(preparedProgram(f), costs);
    instructions += run;
    code += costs.size * (i === 0 ? text + (stream?.text ?? 0) : text);
  }
  return {
    instructions: Math.round(instructions),
    flash: Math.round(printed.tableBytes + code),
    ram: ramOf(file, printed),
  };
}

/** What a file takes on its target, in a sentence: instructions, flash, RAM; tables and RAM where instructions are not counted. */
export function needsText({
  target,
  needs,
  ...known
}: {
  readonly target: Machine;
  readonly needs: Needs | null;
  readonly tableBytes: number;
  readonly ram: number;
}): string {
  const { is, costs } = machines[target];
  if (needs === null)
    return `For ${is}, whose instructions are ${costs.f32 ? `counted for ${Object.keys(costs).join(', ')} alone` : 'not counted'}: ${known.tableBytes} bytes of tables, ${known.ram} bytes of RAM.`;
  const { instructions, flash, ram } = needs;
  return `For ${is}: about ${instructions} instructions a result, ${flash} bytes of flash, ${ram} bytes of RAM.`;
}
