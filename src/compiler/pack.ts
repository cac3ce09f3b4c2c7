/**
 * Constants in the order in which scalar code reads them: what a kernel reads at one point lies side by side, so that one pointer walks
 * over all of it. For targets whose loads take one address and a small offset.
 */
import { sizeOf, type Term } from '../ir/graph.ts';
import type { Buffer, Kernel, KernelAccess, AnyProgram, Format, Program } from './kernel.ts';

const at = (t: Term, i: number): number => (typeof t === 'number' ? t * i : t[i]);

/** Accesses of constants of one format that move together. */
interface Row {
  readonly terms: readonly Term[];
  readonly fixed: Buffer['fixed'];
  readonly accesses: KernelAccess[];
}

const sameTerms = (a: readonly Term[], b: readonly Term[]): boolean => a.every((t, d) => t === b[d]);

function rowsOf(kernel: Kernel, program: AnyProgram): Row[] {
  const rows: Row[] = [];
  for (const a of kernel.loads) {
    if (!program.constants.has(a.buffer) || program.stored.has(a.buffer)) continue;
    // Vectors want neighbours of a table beside each other.
    if (kernel.vector !== null && a.terms[kernel.vector] !== 0) continue;
    const { fixed } = program.buffers[a.buffer];
    const row = rows.find((r) => sameTerms(r.terms, a.terms) && r.fixed?.bits === fixed?.bits);
    if (row) row.accesses.push(a);
    else rows.push({ terms: a.terms, fixed, accesses: [a] });
  }
  // In the order of the table they come from.
  for (const { accesses } of rows) accesses.sort((a, b) => a.buffer - b.buffer || a.offset - b.offset);
  // One access over straight loops is in order already; of a part of a table, that part is enough.
  return rows.filter(
    ({ terms, accesses: [{ buffer }, ...others] }) =>
      others.length > 0 ||
      terms.some((t) => typeof t !== 'number') ||
      pointsOf(terms, kernel.extents) < program.buffers[buffer].size,
  );
}

/** Points that are told apart by an address. */
const pointsOf = (terms: readonly Term[], extents: readonly number[]): number =>
  sizeOf(extents.filter((_, d) => terms[d] !== 0));

/** The numbers of a row at every point, and where its accesses find them. */
function packed({ terms, accesses }: Row, extents: readonly number[], program: AnyProgram) {
  const moving = terms.map((t) => t !== 0);
  const steps = extents.map(() => 0);
  let step = accesses.length;
  for (let d = extents.length - 1; d >= 0; d--)
    if (moving[d]) {
      steps[d] = step;
      step *= extents[d];
    }
  const space = extents.map((e, d) => (moving[d] ? e : 1));
  const data = new Float64Array(step);
  const point = space.map(() => 0);
  for (let p = 0; p < sizeOf(space); p++) {
    const from = terms.reduce((sum: number, t, d) => sum + at(t, point[d]), 0);
    const to = steps.reduce((sum, s, d) => sum + s * point[d], 0);
    accesses.forEach((a, j) => {
      data[to + j] = (program.constants.get(a.buffer) as Float64Array)[a.offset + from];
    });
    for (let d = space.length - 1; d >= 0 && ++point[d] === space[d]; d--) point[d] = 0;
  }
  return { data, steps };
}

/** The same program with its constants as rows. */
export function packConstants<F extends Format>(program: Program<F>): Program<F> {
  const buffers: Buffer[] = [...program.buffers];
  const constants = new Map<number, Float64Array>();
  const kernels = program.kernels.map((kernel): Kernel => {
    const places = new Map<KernelAccess, KernelAccess>();
    for (const row of rowsOf(kernel, program)) {
      const { data, steps } = packed(row, kernel.extents, program);
      const known = [...constants].find(
        ([id, other]) =>
          buffers[id].fixed?.bits === row.fixed?.bits &&
          other.length === data.length &&
          other.every((x, i) => Object.is(x, data[i])),
      );
      const buffer = known
        ? known[0]
        : buffers.push({
            name: 'constant',
            kind: 'constant',
            size: data.length,
            offset: -1,
            ...(row.fixed ? { fixed: row.fixed } : {}),
          }) - 1;
      constants.set(buffer, data);
      row.accesses.forEach((a, offset) => places.set(a, { buffer, offset, terms: steps }));
    }
    return { ...kernel, loads: kernel.loads.map((a) => places.get(a) ?? a) };
  });
  // Constants that nothing reads any more go.
  for (const a of kernels.flatMap((k) => k.loads)) {
    const data = program.constants.get(a.buffer);
    if (data) constants.set(a.buffer, data);
  }
  return { ...program, kernels, buffers, constants };
}
