/** Flags of commands that search front ends for a machine. */
import { countedMachines, machineNames, machineText, type Machine } from '../compiler.ts';
import type { Needs, TargetOptions } from '../front.ts';
import { oneOf } from '../options.ts';
import { flag, known, type FlagsOf, type Given } from './args.ts';
import { formatNumber } from './report/figures.ts';
import type { Columns } from './report/report.ts';

export const targetFlags = {
  target: flag.of(
    'machine whose instructions rank front ends, with its flash and RAM in the results; wasm and x86-64 rank by operations, loads and stores',
    oneOf(machineNames),
    'wasm',
  ),
  'max-flash': flag.bytes('flash of the target that a front end may take, as in 16k (16384)'),
  'max-ram': flag.bytes('RAM of the target that a front end may take, as in 8k (8192)'),
};

type TargetFlags = FlagsOf<typeof targetFlags>;

/** What a search is for; the default machine is not named, so that jobs of earlier versions go on. */
export const targetOf = (flags: TargetFlags): TargetOptions =>
  known({
    target: flags.target === 'wasm' ? undefined : flags.target,
    maxFlash: flags['max-flash'],
    maxRam: flags['max-ram'],
  });

/** Throws InvalidArgumentError for memory of a machine whose code is not counted. */
export function requireCounted({ target }: TargetFlags, given: Given): void {
  if (countedMachines.includes(target)) return;
  const expected = `expected one of ${countedMachines.join(', ')}`;
  given.refuse(
    ['max-flash', 'max-ram'],
    `is given with --target ${target}, whose code is not counted; ${expected}`,
  );
}

/** Columns of what rows take of the target; none where nothing is known of that. */
export const needsColumns = <R extends { readonly needs?: Needs }>(rows: readonly R[]): Columns<R> =>
  rows.every((r) => r.needs === undefined)
    ? {}
    : {
        'instructions / frame': (r) => formatNumber(r.needs?.instructions ?? null),
        'flash, bytes': (r) => formatNumber(r.needs?.flash ?? null),
        'RAM, bytes': (r) => formatNumber(r.needs?.ram ?? null),
      };

/** What those columns are. */
export const needsNote = (target: Machine = 'wasm'): string =>
  !countedMachines.includes(target)
    ? ''
    : ` Instructions, flash and RAM are those of the C for ${machineText(target)}: instructions by a model (of ten programs nine are within 10 % of what was counted), flash with code as estimated, RAM that of the stream. Times are those of WebAssembly on this machine.`;
