/** papilio's own C for a task: the files that the command line writes. */
import { fftC, type COptions } from '../../src/compiler.ts';
import { exactFrontEnd, frontEndC } from '../../src/front.ts';
import type { Board } from './boards.ts';
import type { Call, CallerArray } from './harness.ts';
import { flagsFor, fromPairs, type Peer } from './peer.ts';
import type { Files } from './run.ts';
import { logMelHead, type Task, type TaskKind } from './task.ts';

export interface KernelSpec {
  readonly task: Pick<Task, 'kind' | 'n'>;
  readonly format: 'f32';
  readonly board: Board;
}

/** The function of a task and its arguments before the scratch array. */
const functions: Readonly<Record<TaskKind, readonly [name: string, input: string, output: string]>> = {
  real: ['kernel', 'in', 'out'],
  'log-mel': ['kernel_frame', 'samples', 'features'],
};

function filesOf({ task: { kind, n }, format, board }: KernelSpec): Files {
  const options: COptions = { name: 'kernel', format, target: board.target };
  // Natively the same input is transformed again and again, and frames that overlap cannot be overwritten.
  return kind === 'real'
    ? fftC({ n, input: 'real' }, { ...options, overwrite: board.tick !== null }).files
    : frontEndC(exactFrontEnd(logMelHead), options).files;
}

/** The files of a function, and its call. Its arrays are as long as those of its own test. */
export function kernelOf(spec: KernelSpec): { files: Files; call: Call } {
  const { 'kernel.h': header, 'kernel.c': source, 'kernel_test.c': test } = filesOf(spec);
  const [name, input, output] = functions[spec.task.kind];
  const lengthOf = (array: string): number =>
    Number(new RegExp(`^static \\w+ ${name}_${array}\\[(\\d+)\\]`, 'm').exec(test)?.[1]);
  const scratch = Number(new RegExp(`^#define ${name.toUpperCase()}_SCRATCH (\\d+)`, 'm').exec(header)?.[1]);
  const arrays = [input, output].map((own): CallerArray => ({
    name: own,
    format: spec.format,
    length: lengthOf(own),
  }));
  if (scratch > 0) arrays.push({ name: 'scratch', format: spec.format, length: scratch });
  return {
    files: { 'kernel.h': header, 'kernel.c': source },
    call: {
      declarations: '#include "kernel.h"',
      arrays,
      input,
      call: `${name}(${input}, ${output}, ${scratch > 0 ? 'scratch' : 'NULL'});`,
      outputs: [output],
    },
  };
}

const own = (kind: TaskKind, format: 'f32'): Peer => ({
  name: 'papilio',
  format,
  kind,
  runsOn: () => true,
  make: (task, board) => {
    const { files, call } = kernelOf({ task, format, board });
    const [output] = call.outputs;
    return {
      label: 'papilio',
      format,
      job: { sources: files, flags: flagsFor(board) },
      call,
      result: (printed) =>
        kind === 'real' ? fromPairs(printed(output), Math.floor(task.n / 2) + 1) : printed(output),
    };
  },
});

export const papilio: readonly Peer[] = [own('real', 'f32'), own('log-mel', 'f32')];
