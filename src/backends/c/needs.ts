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

/** What a file needs that has been printed; null for machines, and number formats, whose instructions are not counted. */
export function needsOf(
  { functions, stream }: CFile,
  printed: { readonly tableBytes: number; readonly functions: readonly CReport[] },
  target: Machine,
): Needs | null {
  let [instructions, code, ram] = [0, 0, 0];
  for (const [i, f] of functions.entries()) {
    const costs = costsOf(f, target);
    if (costs === null) return null;
    const { run, text } = programCost(preparedProgram(f), costs);
    instructions += run;
    code += costs.size * (i === 0 ? text + (stream?.text ?? 0) : text);
    // Functions are called one after the other.
    ram = Math.max(ram, callerBytes(f) + printed.functions[i].scratch * bytesOf(f.program.dtype));
  }
  return {
    instructions: Math.round(instructions),
    flash: Math.round(printed.tableBytes + code),
    ram: stream?.bytes ?? ram,
  };
}

/** What a file takes on its target, in a sentence: instructions, flash, RAM. */
export function needsText({
  target,
  needs,
}: {
  readonly target: Machine;
  readonly needs: Needs | null;
}): string {
  const { is, costs } = machines[target];
  if (needs === null)
    return `For ${is}, whose instructions are ${costs.f32 ? `counted for ${Object.keys(costs).join(', ')} alone` : 'not counted'}.`;
  const { instructions, flash, ram } = needs;
  return `For ${is}: about ${instructions} instructions a result, ${flash} bytes of flash, ${ram} bytes of RAM.`;
}
