/** Programs of training steps: how many passes over memory, and where they write. */
import { describe, expect, it } from 'vitest';
import { viewOf } from '../../src/backends/backend.ts';
import type { Kernel, Program } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { argument, exprCarrier as k } from '../../src/ir/expr.ts';
import { loop, map, parameter, type Graph, type Tensor } from '../../src/ir/graph.ts';
import { interpret } from '../../src/ir/interpret.ts';
import type { Parametrization } from '../../src/model/parametrization.ts';
import { adam, trainingStep } from '../../src/optimize/optimizers.ts';
import { transformTask } from '../../src/fit/transform-task.ts';
import { allBackends, network } from '../helpers.ts';

function step(parametrization: Parametrization): Program {
  const task = transformTask(network(16, { parametrization }), 8, 1);
  return compileGraph(trainingStep(task.loss, task.parameters, adam, Infinity), { dtype: 'f32' });
}

const labelled = (p: Program, label: string): Kernel[] => p.kernels.filter((k) => k.label.startsWith(label));
const modes = (k: Kernel): string => [...new Set(k.stores.map((s) => s.mode))].join();

describe('an update', () => {
  it('is written where its parameter was read for the last time, without a pass of its own', () => {
    const program = step('free');
    expect(labelled(program, 'update')).toEqual([]);
    const [adamStep] = labelled(program, 'adam stage1');
    const names = adamStep.stores.map((s) => program.buffers[s.buffer].name);
    const block = 'stage1.block';
    expect(names.sort()).toEqual([block, `${block}/momentum`, `${block}/second-moment`]);
  });

  it('is copied where its parameter is read otherwise or later', () => {
    const p = parameter('p', [4]);
    const mirrored = { offset: 3, terms: [-1] };
    const whole = { offset: 0, terms: [1] };
    const reversed = (t: Tensor): Tensor =>
      loop({
        label: 'reverse',
        space: [4],
        loads: [{ tensor: t, access: mirrored }],
        body: [argument(0)],
        stores: [{ result: 0, access: whole, combine: 'store' }],
        shapes: [[4]],
      })[0];
    const [twice] = map('twice', [p], [k.add(argument(0), argument(0))]);
    const graphs: Graph[] = [
      { outputs: {}, updates: [{ parameter: p, value: reversed(p) }] },
      {
        outputs: { sum: map('sum', [twice, p], [k.add(argument(0), argument(1))])[0] },
        updates: [{ parameter: p, value: twice }],
      },
      { outputs: { same: parameter('p', [4]) }, updates: [{ parameter: p, value: twice }] },
    ];
    for (const graph of graphs) {
      expect(labelled(compileGraph(graph, { dtype: 'f64' }), 'update')).toHaveLength(1);
      for (const backend of allBackends) {
        const e = backend.instantiate(compileGraph(graph, { dtype: 'f64' }));
        viewOf(e, 'p').set([1, 2, 3, 4]);
        const expected = interpret(graph, { p: Float64Array.of(1, 2, 3, 4) });
        e.run();
        for (const name of ['p', ...Object.keys(graph.outputs)])
          expect([...viewOf(e, name)]).toEqual([...expected[name]]);
      }
    }
  });
});

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
