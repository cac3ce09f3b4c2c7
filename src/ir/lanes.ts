/** Graphs that run on many signals at once: lanes, as a last dimension of everything that is no constant. */
import { input, leafName, loop, loopsOf, type Access, type Graph, type Tensor } from './graph.ts';

const widened = ({ offset, terms }: Access, lanes: number): Access => ({
  offset: offset * lanes,
  terms: [...terms.map((t) => (typeof t === 'number' ? t * lanes : t.map((x) => x * lanes))), 1],
});

/**
 * A graph of inputs and constants on `lanes` signals next to each other: inputs and outputs of shape [...] become [..., lanes];
 * constants are those of one lane.
 */
export function inLanes(graph: Graph, lanes: number): Graph {
  const moved = new Map<Tensor, Tensor>();
  const wide = (t: Tensor): Tensor => {
    const known = moved.get(t);
    if (known || t.source.kind !== 'input') return known ?? t;
    const own = input(leafName(t), [...t.shape, lanes]);
    moved.set(t, own);
    return own;
  };
  for (const l of loopsOf(graph))
    loop({
      label: l.label,
      space: [...l.space, lanes],
      loads: l.loads.map(({ tensor, access }) =>
        tensor.source.kind === 'constant'
          ? { tensor, access: { ...access, terms: [...access.terms, 0] } }
          : { tensor: wide(tensor), access: widened(access, lanes) },
      ),
      body: l.body,
      stores: l.stores.map((s) => ({ ...s, access: widened(s.access, lanes) })),
      shapes: l.results.map((t) => [...t.shape, lanes]),
    }).forEach((t, i) => moved.set(l.results[i], t));
  return {
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, t]) => [name, wide(t)])),
  };
}
