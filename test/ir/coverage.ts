/** What a graph's stores reach, element by element. */
import { IllegalGraphError } from '../../src/errors.ts';
import { addresses, loopsOf, type Graph } from '../../src/ir/graph.ts';

/** Every element of every plainly stored result is written exactly once. */
export function verifyCoverage(graph: Graph): void {
  for (const l of loopsOf(graph))
    l.results.forEach((t, result) => {
      const stores = l.stores.filter((s) => s.result === result);
      if (stores.some((s) => s.combine !== stores[0].combine))
        throw new IllegalGraphError(`loop "${l.label}": result ${result} mixes ways to combine`);
      if (stores[0].combine !== 'store') return;
      const count = new Uint8Array(t.size);
      for (const s of stores)
        for (const at of addresses(s.access, l.space)) count[at] = Math.min(2, count[at] + 1);
      const wrong = count.findIndex((c) => c !== 1);
      if (wrong >= 0)
        throw new IllegalGraphError(
          `loop "${l.label}": element ${wrong} of result ${result} is stored ${count[wrong] === 0 ? 'never' : 'twice'}`,
        );
    });
}
