/** Programs of training steps: how many passes over memory, and where they write. */
import { describe, expect, it } from 'vitest';
import type { Kernel, Program } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import type { Parametrization } from '../../src/model/parametrization.ts';
import { adam, trainingStep } from '../../src/training/optimizers.ts';
import { transformTask } from '../../src/training/transform-task.ts';
import { network } from '../helpers.ts';

function step(parametrization: Parametrization): Program {
  const task = transformTask(network(16, { parametrization }), 8, 1);
  return compileGraph(trainingStep(task.loss, task.parameters, adam, Infinity), { dtype: 'f32' });
}

const labelled = (p: Program, label: string): Kernel[] => p.kernels.filter((k) => k.label.startsWith(label));
const modes = (k: Kernel): string => [...new Set(k.stores.map((s) => s.mode))].join();

describe('the adjoint of a stage', () => {
  it('of free blocks is a nest of sums and one of values, which are written where cotangents were read', () => {
    const [sums, values, ...others] = labelled(step('free'), 'adjoint of stage 2');
    expect(others).toEqual([]);
    expect([modes(sums), modes(values)]).toEqual(['reduce', 'write']);
    const read = new Set(values.loads.map((x) => x.buffer));
    expect(values.stores.every((s) => read.has(s.buffer))).toBe(true);
  });

  it('of twiddles has registers for both', () => {
    const adjoints = labelled(step('twiddle'), 'adjoint of stage 2');
    expect(adjoints.map(modes)).toEqual(['write,reduce']);
  });
});
