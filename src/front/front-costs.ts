/** What front ends of a search cost: by the machine that they are for, the one place where candidates are ranked; and what they may take of it. */
import type { Needs } from '../backends/c/needs.ts';
import { countedMachines, machineNames, type Machine } from '../compiler/machines.ts';
import { InvalidArgumentError } from '../errors.ts';
import { oneOf, whole, type OptionTable } from '../options.ts';
import type { HeadConfig } from '../spectral/head.ts';
import { frontEndNeeds, requireFrameWise } from './c.ts';
import { compileFrontEnd } from './compile.ts';
import type { FrontEnd } from './front-end.ts';
import { judgedError, upperError, type ErrorEstimate } from './held-out.ts';

/** What a search is for. */
export interface TargetOptions {
  /** The machine whose instructions rank candidates, as C runs them; default wasm, which ranks by operations, loads and stores. */
  readonly target?: Machine;
  /** Bytes of flash and of RAM beyond which a front end is none. Default Infinity. */
  readonly maxFlash?: number;
  readonly maxRam?: number;
}

export const targetRules: OptionTable<TargetOptions> = {
  target: oneOf(machineNames),
  maxFlash: whole(1),
  maxRam: whole(1),
};

/** What a front end costs per frame. */
export interface FrontCosts {
  /** Real multiplications and additions of the compiled front end. */
  readonly operations: number;
  /** What a search minimises: instructions of the target; else operations, loads and stores, each about one instruction. */
  readonly cost: number;
  /** Of the target; absent where its instructions are not counted. */
  readonly needs?: Needs;
}

/** Throws InvalidArgumentError for bounds of a target that is not counted, UnsupportedError for a head that C has not. */
export function validateTarget(head: HeadConfig, { target = 'wasm', maxFlash, maxRam }: TargetOptions): void {
  if (countedMachines.includes(target)) return requireFrameWise(head);
  const [name, bytes] = maxFlash === undefined ? ['maxRam', maxRam] : ['maxFlash', maxFlash];
  if (bytes !== undefined)
    throw new InvalidArgumentError(
      `${name} is ${bytes} with target ${target}, whose code is not counted; expected target ${countedMachines.join(', ')}`,
    );
}

/** Costs of a front end that is searched; `head`: the one that it is served with, where it is trained on another. */
export function frontCosts(
  model: FrontEnd,
  head: HeadConfig,
  { target = 'wasm' }: TargetOptions,
): FrontCosts {
  const { mul, add, loads, stores } = compileFrontEnd(model).perFrame;
  const needs = frontEndNeeds({ ...model, head }, target);
  const operations = mul + add;
  return needs
    ? { operations, cost: needs.instructions, needs }
    : { operations, cost: operations + loads + stores };
}

/** Does something keep within the flash and RAM that it may take? */
export const fits = (
  { needs }: Pick<FrontCosts, 'needs'>,
  { maxFlash = Infinity, maxRam = Infinity }: TargetOptions,
): boolean => needs === undefined || (needs.flash <= maxFlash && needs.ram <= maxRam);

/** What was tried of a search. */
interface Tried extends FrontCosts {
  readonly name: string;
  readonly validationError: number;
  /** Of what was fitted in full. */
  readonly estimate?: ErrorEstimate;
}

/** The errors of something in words: on validation recordings, and what is expected of others where that is known. */
function errorsText({ validationError, estimate }: Tried): string {
  const error = validationError.toPrecision(2);
  if (!estimate) return error;
  return `${error}, and ${upperError(estimate).toPrecision(2)} at most on nine of ten sets of recordings not seen`;
}

/** Why nothing of what was tried will do, in words: the bounds, and what comes nearest to them. */
export function unreachableText(
  tried: readonly Tried[],
  budget: number,
  { target, maxFlash = Infinity, maxRam = Infinity }: TargetOptions,
): string {
  /** How far something is beyond a bound: its largest part of one. */
  const excess = ({ needs, ...of }: Tried): number =>
    Math.max((needs?.flash ?? 0) / maxFlash, (needs?.ram ?? 0) / maxRam, judgedError(of) / budget);
  // What was fitted in full is judged by that.
  const known = new Map(
    [...tried].sort((a, b) => Number(!!a.estimate) - Number(!!b.estimate)).map((t) => [t.name, t]),
  );
  const nearest = [...known.values()].reduce((a, b) => (excess(b) < excess(a) ? b : a));
  const bounds = [
    ...(maxFlash < Infinity ? [`${maxFlash} bytes of flash`] : []),
    ...(maxRam < Infinity ? [`${maxRam} bytes of RAM`] : []),
    ...(budget < Infinity ? [`an error of ${budget}`] : []),
  ];
  const { flash, ram } = nearest.needs ?? { flash: NaN, ram: NaN };
  const last = bounds.pop();
  const within = bounds.length > 0 ? `${bounds.join(', ')} and ${last}` : last;
  return `nothing keeps within ${within} on ${target}; the nearest, ${nearest.name}, takes ${flash} bytes of flash and ${ram} bytes of RAM at an error of ${errorsText(nearest)}`;
}
