/** Who takes part: contenders of a shape, loaded, prepared and checked; whoever cannot is listed with the reason. */
import { type BenchOptions } from './args.ts';
import {
  describeShape,
  labelOf,
  type Contender,
  type Peer,
  type Shape,
  type Signal,
  type Skip,
} from './contender.ts';
import { loadPeer, registry, type PeerEntry } from './peers/registry.ts';
import { timedLoop } from './protocol.ts';
import { checkerOf, signalOf, tolerance } from './signal.ts';

export type Selection = Pick<BenchOptions, 'peers' | 'dtype'>;

export interface LineUp {
  readonly contenders: readonly Contender[];
  readonly skipped: readonly Skip[];
}

/** papilio always takes part: the ratios are to its times. */
export const isSelected = (entry: Pick<PeerEntry, 'name' | 'dtype'>, { peers, dtype }: Selection): boolean =>
  (dtype === undefined || entry.dtype === dtype) &&
  (peers === undefined || entry.name === 'papilio' || peers.includes(entry.name));

export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0];

/** A peer in this process, ready to be timed. */
function contenderOf(peer: Peer, shape: Shape, signal: Signal): Contender {
  const prepared = peer.make(shape, signal);
  return {
    label: labelOf(peer),
    note: prepared.note,
    sample: timedLoop(prepared.run),
    read: (row, bins) => bins.map((k) => prepared.bin(row, k)),
    close: () => {},
  };
}

/** A contender that gives the right transform, or why there is none. */
export async function entrant(
  entry: PeerEntry,
  shape: Shape,
  signal: Signal,
  check: (contender: Contender) => Promise<number>,
): Promise<Contender | Skip> {
  const skip = (why: string): Skip => ({ label: labelOf(entry), what: describeShape(shape), why });
  let contender: Contender | undefined;
  try {
    if ('start' in entry) contender = await entry.start(shape);
    else {
      const peer = await loadPeer(entry);
      if (!peer.supports(shape.n, shape.kind)) return skip(`has ${peer.sizes}`);
      contender = contenderOf(peer, shape, signal);
    }
    const error = await check(contender);
    if (error <= tolerance) return contender;
    contender.close();
    return skip(`its output is wrong: relative error ${error.toExponential(1)}`);
  } catch (error) {
    contender?.close();
    return skip(reasonOf(error));
  }
}

/** Everyone selected that can do a shape. */
export async function lineUp(shape: Shape, selection: Selection): Promise<LineUp> {
  const signal = signalOf(shape);
  const check = checkerOf(shape, signal);
  const contenders: Contender[] = [];
  const skipped: Skip[] = [];
  for (const entry of registry) {
    if (!isSelected(entry, selection)) continue;
    const found = await entrant(entry, shape, signal, check);
    if ('why' in found) skipped.push(found);
    else contenders.push(found);
  }
  return { contenders, skipped };
}
