/**
 * Fraction bits of every buffer. Outputs have as many as their worst case leaves; what leads there has the bits that products lose on the
 * way more, and in q31 two, so that few values are shifted, as far as their own worst cases leave room.
 */
import { topological, type Expr } from '../../ir/expr.ts';
import type { Kernel, Program } from '../kernel.ts';
import { kindsOf, type LoadKind } from './body.ts';
import { logFraction } from './floating.ts';
import { bitsOf, constantFraction, type FixedName } from './format.ts';
import { magnitudeOf, type KernelRange } from './worst.ts';

/** What buffers are. */
export function bufferKinds({ buffers, kernels, constants }: Program): LoadKind[] {
  const kinds = buffers.map((_, id): LoadKind => (constants.has(id) ? 'constant' : 'value'));
  for (const k of kernels) {
    const own = kindsOf(
      k.body,
      k.loads.map((a) => kinds[a.buffer]),
    );
    k.stores.forEach((s, i) => {
      if (own.get(k.body[i]) === 'power') kinds[s.buffer] = 'power';
    });
  }
  return kinds;
}

/** Fraction bits that products take from what a kernel loads, by node; `constants` has those of constants. */
function lossesOf(kernel: Kernel, constants: ReadonlyMap<number, number>, bits: number): Map<Expr, number> {
  const losses = new Map<Expr, number>();
  const constantOf = (e: Expr): number | null => {
    if (e.op === 'neg') return constantOf(e.args[0]);
    const own = e.op === 'argument' ? constants.get(kernel.loads[e.value].buffer) : undefined;
    if (own !== undefined) return bits - own;
    if (e.op !== 'literal') return null;
    const power = Math.log2(Math.abs(e.value));
    return Number.isInteger(power) ? power : bits - constantFraction(Math.abs(e.value), bits);
  };
  for (const e of topological(kernel.body)) {
    const own = e.args.map((a) => losses.get(a) ?? 0);
    if (e.op !== 'mul') losses.set(e, Math.max(0, ...own));
    else losses.set(e, Math.max(...own) + (constantOf(e.args[0]) ?? constantOf(e.args[1]) ?? 0));
  }
  return losses;
}

/** Bits more that what leads to a result has, where they fit: in q15 the tables round more than the values do. */
const guardBits: Readonly<Record<FixedName, number>> = { q15: 0, q31: 2 };

class Scales {
  readonly fractions: number[];
  private readonly guard: number;
  private readonly losses: readonly Map<Expr, number>[];
  private readonly program: Program;
  private readonly kinds: readonly LoadKind[];
  private readonly ranges: readonly KernelRange[];
  private readonly limit: (magnitude: number) => number;

  constructor(
    program: Program,
    kinds: readonly LoadKind[],
    ranges: readonly KernelRange[],
    name: FixedName,
    limit: (magnitude: number) => number,
  ) {
    [this.program, this.kinds, this.ranges, this.limit] = [program, kinds, ranges, limit];
    this.guard = guardBits[name];
    const bits = bitsOf(name);
    const constants = new Map(
      [...program.constants].map(([id, data]) => [
        id,
        constantFraction(
          data.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
          bits,
        ),
      ]),
    );
    this.fractions = program.buffers.map(
      ({ kind, fixed }, id) => fixed?.fraction ?? constants.get(id) ?? (kind === 'input' ? bits - 1 : 31),
    );
    this.losses = program.kernels.map((k) => lossesOf(k, constants, bits));
    program.kernels.forEach((k, i) =>
      k.stores.forEach((s, j) => {
        if (kinds[s.buffer] === 'value') this.lower(s.buffer, limit(magnitudeOf(ranges[i].stores[j])));
      }),
    );
  }

  private lower(id: number, fraction: number): void {
    this.fractions[id] = Math.min(this.fractions[id], fraction);
  }

  private read(k: Kernel): number[] {
    return k.loads.map((a) => a.buffer).filter((id) => this.kinds[id] === 'value');
  }

  /** Buffers of values that a kernel makes, and does not read, with the loss of what it stores there. */
  private made(i: number): (readonly [buffer: number, loss: number])[] {
    const k = this.program.kernels[i];
    const read = new Set(this.read(k));
    return k.stores.flatMap(({ buffer }, j) =>
      read.has(buffer) || this.kinds[buffer] !== 'value'
        ? []
        : [[buffer, Math.max(0, this.losses[i].get(k.body[j]) ?? 0)] as const],
    );
  }

  /** Fraction bits that a kernel would have its loads have: those of its results and the bits that it loses; half the room for squares. */
  private need(i: number): number {
    const results = this.made(i).map(([id, loss]) => this.fractions[id] + loss);
    const squared = topological(this.program.kernels[i].body).flatMap((e) => {
      if (e.op !== 'mul' || e.args[0] !== e.args[1]) return [];
      const [x] = e.args;
      const range = this.ranges[i].nodes.get(x);
      return range ? [this.limit(magnitudeOf(range)) - 1 + (this.losses[i].get(x) ?? 0)] : [];
    });
    return squared.length > 0 ? Math.min(...squared) : Math.max(0, ...results) + this.guard;
  }

  /** From the outputs back: what a kernel reads has the bits more that it loses. */
  back(): void {
    const { kernels } = this.program;
    const wanted = new Map<number, number>();
    for (let i = kernels.length - 1; i >= 0; i--) {
      for (const { buffer } of kernels[i].stores) this.lower(buffer, wanted.get(buffer) ?? Infinity);
      const need = this.need(i);
      if (need === 0) continue;
      for (const id of this.read(kernels[i])) wanted.set(id, Math.max(need, wanted.get(id) ?? 0));
    }
  }

  /** And forth: bits that products took are not made up unless more than two are missing, or short samples lie before them. */
  forth(): void {
    const { kernels, buffers } = this.program;
    const brought = new Map<number, number>();
    const settle = (id: number): void => this.lower(id, brought.get(id) ?? Infinity);
    kernels.forEach((k, i) => {
      const read = this.read(k);
      for (const id of read) settle(id);
      const powers = k.loads.some((a) => this.kinds[a.buffer] === 'power');
      const own = powers ? logFraction : Math.max(-Infinity, ...read.map((id) => this.fractions[id]));
      if (own === -Infinity || read.some((id) => buffers[id].kind === 'input')) return;
      for (const [id, loss] of this.made(i))
        brought.set(
          id,
          Math.max(powers ? own : own - loss, this.fractions[id] - 2, brought.get(id) ?? -Infinity),
        );
    });
    for (const id of brought.keys()) settle(id);
  }
}

/** Fraction bits by buffer; those of powers follow from what is squared. */
export function fractionsOf(
  ...given: readonly [
    program: Program,
    kinds: readonly LoadKind[],
    ranges: readonly KernelRange[],
    name: FixedName,
    limit: (magnitude: number) => number,
  ]
): number[] {
  const scales = new Scales(...given);
  scales.back();
  scales.forth();
  return scales.fractions;
}
