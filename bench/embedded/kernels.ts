/** papilio's own C for a task: the files that the command line writes. */
import { fftC, type COptions } from '../../src/compiler.ts';
import { frontEndC } from '../../src/front.ts';
import type { Board } from './boards.ts';
import { formats, type Call, type CallerArray, type Format } from './harness.ts';
import { commonFlags, fromPairs, type Peer } from './peer.ts';
import type { Files } from './run.ts';
import type { Task, TaskKind } from './task.ts';

/** The function of a task and its arguments before the scratch array. */
const transform = ['kernel', 'in', 'out'] as const;
const functions: Readonly<Record<TaskKind, readonly [name: string, input: string, output: string]>> = {
  real: transform,
  complex: transform,
  'front end': ['kernel_frame', 'samples', 'features'],
};

function filesOf({ kind, n, front }: Task, board: Board, format: Format): Files {
  const options: COptions = { name: 'kernel', format, target: board.target };
  if (front) return frontEndC(front, options).files;
  return fftC({ n, input: kind === 'real' ? 'real' : 'complex' }, { ...options, overwrite: true }).files;
}

/** A number of the header or of the test, by what stands before it. */
const numberBehind = (text: string, pattern: string): number =>
  Number(new RegExp(`^${pattern}\\b(\\d+)`, 'm').exec(text)?.[1] ?? NaN);

/** The format whose numbers have a type of C. */
const formatOf = (type: string): Format =>
  (Object.keys(formats) as Format[]).find((name) => formats[name].type === type) ?? 'f32';

/** The files of a function, its call, and what an integer of its output is, as a part of what its type has. */
export function kernelOf(
  task: Task,
  board: Board,
  format: Format,
): { files: Files; call: Call; unit: number } {
  const { 'kernel.h': header, 'kernel.c': source, 'kernel_test.c': test } = filesOf(task, board, format);
  const [name, input, output] = functions[task.kind];
  // Arrays are as long as those of its own test.
  const arrayOf = (array: string): CallerArray => {
    const [, type, length] = new RegExp(`^static (\\w+) ${name}_${array}\\[(\\d+)\\]`, 'm').exec(test) ?? [];
    return { name: array, format: formatOf(type), length: Number(length) };
  };
  const results = arrayOf(output);
  const macro = (what: string): number => numberBehind(header, `#define ${name.toUpperCase()}_${what} `);
  const scratch = macro('SCRATCH');
  const { one } = formats[results.format];
  return {
    files: { 'kernel.h': header, 'kernel.c': source },
    call: {
      declarations: '#include "kernel.h"',
      arrays: [
        arrayOf(input),
        results,
        ...(scratch > 0 ? [{ name: 'scratch', format: results.format, length: scratch }] : []),
      ],
      input,
      call: `${name}(${input}, ${output}, ${scratch > 0 ? 'scratch' : 'NULL'});`,
      outputs: [output],
    },
    unit: one === 1 ? 1 : one / 2 ** macro(`${output.toUpperCase()}_FRACTION`),
  };
}

const own = (kind: TaskKind, format: Format): Peer => ({
  name: 'papilio',
  format,
  kind,
  runsOn: () => true,
  make: (task, board) => {
    const { files, call, unit } = kernelOf(task, board, format);
    const [output] = call.outputs;
    const bins = kind === 'real' ? Math.floor(task.n / 2) + 1 : task.n;
    return {
      label: 'papilio',
      format,
      job: { sources: files, flags: commonFlags },
      call,
      result: (printed) => {
        const numbers = printed(output).map((x) => unit * x);
        return kind === 'front end' ? numbers : fromPairs(numbers, bins);
      },
    };
  },
});

export const papilio: readonly Peer[] = (['real', 'complex', 'front end'] as const).flatMap((kind) =>
  (['f32', 'q15', 'q31'] as const).map((format) => own(kind, format)),
);
