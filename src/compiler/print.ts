/** Graphs and programs as text: what `papilio inspect` shows and goldens keep. */
import { topological, type Expr } from '../ir/expr.ts';
import { loopsOf, type Access, type Graph, type Tensor } from '../ir/graph.ts';
import { countKernel, type KernelAccess, type AnyProgram } from './kernel.ts';

const infix: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  less: '<',
  equal: '==',
};

/** A body as one assignment per shared value. */
function printBody(body: readonly Expr[]): string[] {
  const names = new Map<Expr, string>();
  const uses = new Map<Expr, number>();
  const order = topological(body);
  for (const e of [...order.flatMap((x) => x.args), ...body]) uses.set(e, (uses.get(e) ?? 0) + 1);
  const lines: string[] = [];
  const text = (e: Expr): string => names.get(e) ?? print(e);
  const print = (e: Expr): string => {
    if (e.op === 'literal') return String(e.value);
    if (e.op === 'argument') return `x${e.value}`;
    if (e.op in infix) return `(${text(e.args[0])} ${infix[e.op]} ${text(e.args[1])})`;
    return e.op === 'neg' ? `-${text(e.args[0])}` : `${e.op}(${e.args.map(text).join(', ')})`;
  };
  for (const e of order) {
    if ((uses.get(e) ?? 0) < 2 || e.args.length === 0) continue;
    lines.push(`t${lines.length} = ${print(e)}`);
    names.set(e, `t${lines.length - 1}`);
  }
  return [...lines, ...body.map((e, i) => `y${i} = ${text(e)}`)];
}

const printTerms = (terms: Access['terms']): string =>
  terms
    .map((t, d) => (t === 0 ? '' : typeof t === 'number' ? ` + ${t} i${d}` : ` + table${t.length}[i${d}]`))
    .join('');

function tensorName(t: Tensor, names: ReadonlyMap<Tensor, string>): string {
  const { source } = t;
  if (source.kind === 'loop') return names.get(t) ?? '?';
  return source.kind === 'constant' ? `constant[${t.shape.join(', ')}]` : `${source.kind} ${source.name}`;
}

/** Loops in order with their spaces, bodies and index maps. */
export function printGraph(graph: Graph): string {
  const names = new Map<Tensor, string>();
  const lines: string[] = [];
  loopsOf(graph).forEach((l, i) => {
    l.results.forEach((t, r) => names.set(t, `loop${i}.${r}`));
    lines.push(`loop${i} "${l.label}" over [${l.space.join(', ')}]`);
    l.loads.forEach((x, a) =>
      lines.push(`  x${a} = ${tensorName(x.tensor, names)}[${x.access.offset}${printTerms(x.access.terms)}]`),
    );
    lines.push(...printBody(l.body).map((line) => `  ${line}`));
    l.stores.forEach((s, a) =>
      lines.push(
        `  loop${i}.${s.result}[${s.access.offset}${printTerms(s.access.terms)}] ${s.combine === 'store' ? '=' : `${s.combine}=`} y${a}`,
      ),
    );
  });
  for (const [name, t] of Object.entries(graph.outputs))
    lines.push(`output ${name} = ${tensorName(t, names)}`);
  return `${lines.join('\n')}\n`;
}

/** Kernels with extents, vectorisation, memory places and operation counts. */
export function printProgram(program: AnyProgram, options: { readonly bodies?: boolean } = {}): string {
  const lines = [`${program.dtype}, arena of ${program.arena} elements, ${program.kernels.length} kernels`];
  const place = (a: KernelAccess): string =>
    `${program.buffers[a.buffer].name}@${program.buffers[a.buffer].offset + a.offset}${printTerms(a.terms)}`;
  program.kernels.forEach((k, i) => {
    const { mul, add, loads, stores } = countKernel(k);
    const vector = k.vector === null ? 'scalar' : `vector along loop ${k.vector}`;
    lines.push(
      `kernel ${i} "${k.label}" [${k.extents.join(' x ')}] ${vector}: ${mul} mul, ${add} add, ${loads} loads, ${stores} stores`,
    );
    if (!options.bodies) return;
    k.loads.forEach((a, j) => lines.push(`  x${j} = ${place(a)}`));
    lines.push(...printBody(k.body).map((line) => `  ${line}`));
    k.stores.forEach((s, j) =>
      lines.push(`  ${place(s)} ${s.mode === 'write' ? '=' : `${s.mode} ${s.combine}`} y${j}`),
    );
  });
  return `${lines.join('\n')}\n`;
}
