/** The chain of a transform that costs a machine least: a few factorisations that promise much, compiled and counted. */
import { packConstants } from '../compiler/pack.ts';
import { compileArithmetic } from '../compiler/pipeline.ts';
import { dtypeOf, isFixed, programIn, type CFormat } from '../backends/c/format.ts';
import { programCost } from '../compiler/cost.ts';
import { lanesOfC, machines, type InstructionCosts, type Machine } from '../compiler/machines.ts';
import type { AnyProgram } from '../compiler/kernel.ts';
import type { ChainPlan } from '../model/exact.ts';
import { primeFactors } from '../numeric/digits.ts';
import { planGraph } from './plan.ts';
import { exactRadices } from './strategy.ts';

/** Radices beyond this spill on every machine. */
const largestRadix = 20;

/** What an instruction that is there counts beside one that runs: of chains that are equally fast the shorter one is taken. */
const textShare = 0.25;

/** Factorisations that are compiled. */
const compiledAtMost = 8;

/**
 * Instructions per point of a stage, roughly: a pass through memory, the butterfly, its twiddles; more for primes, whose butterflies are
 * dense, and for what does not fit into registers.
 */
function stageEstimate(radix: number, isFirst: boolean): number {
  const largest = Math.max(...primeFactors(radix));
  const dense = largest > 3 ? 0.3 * (largest - 1) : 0;
  const twiddles = isFirst ? 0 : (2.6 * (radix - 1)) / radix;
  return 2.2 + 1.5 * Math.log2(radix) + twiddles + dense + 0.2 * Math.max(0, radix - 16);
}

const estimate = (radices: readonly number[]): number =>
  radices.reduce((sum, r, i) => sum + stageEstimate(r, i === 0), 0);

/** All products of radices that make n, in every order. */
function factorisations(n: number): number[][] {
  if (n === 1) return [[]];
  const found: number[][] = [];
  for (let r = 2; r <= Math.min(n, largestRadix); r++)
    if (n % r === 0) for (const rest of factorisations(n / r)) found.push([r, ...rest]);
  return found;
}

/** Sizes whose factorisations are too many to list have good chains anyhow. */
const largestSearched = 4096;

/** Chains whose last radix makes whole vectors of all loops before the last stage, and squares of that one's. */
function wholeVectors(all: readonly number[][], lanes: number): readonly number[][] {
  const whole = all.filter((radices) => radices[radices.length - 1] % lanes === 0);
  return whole.length > 0 ? whole : all;
}

/** What arithmetic on real numbers costs a machine that integers are made of it for: products that are scaled down are what differs most. */
function realCosts(format: CFormat, target: Machine): InstructionCosts | undefined {
  const { costs } = machines[target];
  if (!isFixed(format)) return costs[format];
  const { f32, i32 } = costs;
  const product = format === 'q15' ? i32?.ops.mulHigh16 : i32?.ops.mulHigh;
  // A product of one instruction, which sums take along, costs what a single does.
  if (!i32 || product === undefined || product <= 1) return f32;
  return { ...i32, ops: { ...i32.ops, mul: product }, fused: {} };
}

/** Chains that become integers: the proof of each takes its time. */
const provenAtMost = 3;

/** Sizes whose chains are compared as integers. */
const largestProven = 1024;

interface Ranked {
  readonly chain: ChainPlan;
  readonly cost: number;
}

const byCost = (a: Ranked, b: Ranked): number => a.cost - b.cost;

/** Instructions that run, and a share of those that are there. */
function counted(program: AnyProgram, costs: InstructionCosts): number {
  const { run, text } = programCost(program, costs);
  return run + textShare * text;
}

type Asked = readonly [
  n: number,
  input: 'real' | 'complex',
  format: CFormat,
  target: Machine,
  vectors: boolean,
];

/** The best chains as the integers that they become, ranked again. */
function asIntegers(ranked: readonly Ranked[], ...[n, input, format, target]: Asked): readonly Ranked[] {
  const costs = machines[target].costs.i32;
  if (!isFixed(format) || !costs || n > largestProven) return ranked;
  const rank = ({ chain }: Ranked): Ranked => {
    const { graph } = planGraph({ n, input, layout: 'interleaved', chain });
    return { chain, cost: counted(programIn(format, graph, { vectors: false }).program, costs) };
  };
  return ranked.slice(0, provenAtMost).map(rank).sort(byCost);
}

function search(...asked: Asked): ChainPlan | null {
  const [n, input, format, target, vectors] = asked;
  if (n < 2 || n > largestSearched || exactRadices(n) === null) return null;
  const costs = vectors ? machines[target].vectors : realCosts(format, target);
  if (!costs) return null;
  const dtype = dtypeOf(format);
  const lanes = lanesOfC(target, dtype, vectors);
  const promising = wholeVectors(factorisations(n), lanes)
    .map((radices) => ({ radices, cost: estimate(radices) }))
    .sort((a, b) => a.cost - b.cost)
    .slice(0, compiledAtMost);
  const rank = ({ radices }: { radices: readonly number[] }): Ranked => {
    const chain: ChainPlan = { kind: 'stages', n, radices };
    const { graph } = planGraph({ n, input, layout: 'interleaved', chain });
    const program = packConstants(compileArithmetic(graph, { dtype, vectors: lanes > 1, lanes }));
    // Integers are four bytes long, whatever they are made of.
    return { chain, cost: counted(isFixed(format) ? { ...program, dtype: 'f32' } : program, costs) };
  };
  const [best] = asIntegers(promising.map(rank).sort(byCost), ...asked);
  return best?.chain ?? null;
}

const known = /* @__PURE__ */ new Map<string, ChainPlan | null>();

/** The chain of n points for a target; null where the planner's own is taken: other machines, large sizes, large prime factors. */
export function targetChain(
  ...asked: [n: number, input: 'real' | 'complex', format: CFormat, target: Machine, vectors?: boolean]
): ChainPlan | null {
  const key = asked.join();
  const found = known.get(key);
  if (found !== undefined) return found;
  const [n, input, format, target, vectors = false] = asked;
  const chain = search(n, input, format, target, vectors);
  known.set(key, chain);
  return chain;
}
