/**
 * A pass on a compiled program: its constants as codes of fewer bits (ir/stored.ts). What the compiler folded into the code,
 * such as twiddles 1 and -i, stays exact. The kernels are untouched; only the tables they read change.
 */
import { decodeTable, encodeTables, leadingLimbs, type LimbFormat, type StoredTable } from '../ir/stored.ts';
import type { Program } from './kernel.ts';

/** How the constants of a loop are coded, and what shares the scales of q8: a stage, or all stages of a kind. */
export interface TableFormat {
  readonly format: LimbFormat;
  readonly limbs: number;
  readonly per: 'tensor' | 'stage';
}

/** The label of the first kernel that reads each constant. */
function readersOf(program: Program): Map<number, string> {
  const readers = new Map<number, string>();
  for (const { label, loads } of program.kernels)
    for (const { buffer } of loads)
      if (program.constants.has(buffer) && !readers.has(buffer)) readers.set(buffer, label);
  return readers;
}

const withTables = (program: Program, stored: ReadonlyMap<number, StoredTable>): Program => ({
  ...program,
  stored,
  constants: new Map(
    [...program.constants].map(([id, data]) => {
      const table = stored.get(id);
      return [id, table ? decodeTable(table) : data];
    }),
  ),
});

/**
 * The program with every constant as codes, in the format of the loop that reads it, by the loop's label. Constants that one
 * stage reads share the scales of q8 (per: stage), or those of all stages (per: tensor); constants that are codes already keep
 * theirs. Throws InvalidArgumentError for numbers that the format cannot hold.
 */
export function quantizeProgram(program: Program, formatOf: (label: string) => TableFormat): Program {
  const groups = new Map<string, { coded: TableFormat; ids: number[] }>();
  for (const [id, label] of readersOf(program)) {
    if (program.stored.has(id)) continue;
    const coded = formatOf(label);
    const name = coded.per === 'stage' ? label : label.replace(/\d+/g, '');
    const group = groups.get(name) ?? { coded, ids: [] };
    group.ids.push(id);
    groups.set(name, group);
  }
  const stored = new Map(program.stored);
  for (const { coded, ids } of groups.values())
    encodeTables(
      ids.map((id) => program.constants.get(id) as Float64Array),
      coded.format,
      coded.limbs,
    ).forEach((table, i) => stored.set(ids[i], table));
  return withTables(program, stored);
}

/** The program with the first limbs of its codes alone: the coarser rung of nested tables, in fewer bytes. */
export const leadingRung = (program: Program, limbs: number): Program =>
  withTables(
    program,
    new Map([...program.stored].map(([id, t]) => [id, leadingLimbs(t, Math.min(limbs, t.limbs))])),
  );
