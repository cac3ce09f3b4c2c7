/** papilio: the programs that `train` compiles and runs, one per phase, on the same task. */
import { compileGraph, viewOf, wasmBackend, type Dtype, type HostExecutable } from '../../src/compiler.ts';
import { gradient } from '../../src/ir/grad.ts';
import { input, type Graph } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { parameterShapes, spectrum } from '../../src/model/network.ts';
import { spectrumLoss } from '../../src/optimize/losses.ts';
import { trainingStep } from '../../src/optimize/optimizers.ts';
import { namedLeaves } from '../../src/fit/transform-task.ts';
import { corrections, optimizer, type Trainer, type TrainingTask } from './task.ts';

/** loss; loss and gradients; loss and updates. */
function graphsOf({ spec, n, batch, factor }: TrainingTask): Record<keyof typeof phases, Graph> {
  const { provide, leaves } = namedLeaves();
  const part = (name: string) => input(name, [n, batch]);
  const source = { re: rows(part('re'), batch), im: rows(part('im'), batch) };
  const output = spectrum(spec, source, { lanes: batch, provide });
  const target = { re: part('targetRe'), im: part('targetIm') };
  const loss = spectrumLoss(output, target, n, batch, 1 / (factor * n * batch));
  const parameters = Object.keys(parameterShapes(spec)).flatMap((name) => leaves.get(name) ?? []);
  const gradients = gradient(loss, parameters);
  const adam = { kind: 'adam', ...optimizer } as const;
  return {
    forward: { outputs: { loss } },
    backward: {
      outputs: { loss, ...Object.fromEntries(gradients.map((t, s) => [gradientName(s), t])) },
    },
    step: trainingStep(
      loss,
      parameters.map((tensor) => ({ tensor })),
      adam,
      Infinity,
    ),
  };
}
const phases = { forward: 0, backward: 0, step: 0 };
const gradientName = (s: number): string => `d stage${s}.block`;

function instantiate(graph: Graph, task: TrainingTask, dtype: Dtype, relaxed: boolean): HostExecutable {
  const e = wasmBackend.instantiate(compileGraph(graph, { dtype }), { relaxed });
  const { input: x, target } = task;
  const values = { re: x.re, im: x.im, targetRe: target.re, targetIm: target.im };
  for (const [name, value] of Object.entries(values)) viewOf(e, name).set(value);
  task.blocks.forEach((blocks, s) => viewOf(e, `stage${s}.block`).set(blocks));
  return e;
}

export interface PapilioTrainer extends Trainer {
  /** Gradients of stage s of the last backward pass. */
  readonly gradients: (s: number) => ArrayLike<number>;
  readonly fma: boolean;
}

/** relaxed: with fused multiply-add, where the engine has it. */
export function papilioTrainer(task: TrainingTask, dtype: Dtype, relaxed: boolean): PapilioTrainer {
  const graphs = graphsOf(task);
  const [forward, backward, step] = [graphs.forward, graphs.backward, graphs.step].map((graph) =>
    instantiate(graph, task, dtype, relaxed),
  );
  const [rate, correction1, correction2] = ['learningRate', 'biasCorrection1', 'biasCorrection2'].map(
    (name) => viewOf(step, name),
  );
  const runs = (e: HostExecutable): (() => number) => {
    const loss = viewOf(e, 'loss');
    return () => {
      e.run();
      return loss[0];
    };
  };
  const stepOnce = runs(step);
  let t = 0;
  rate[0] = optimizer.rate;
  return {
    label: step.fma ? 'papilio fma' : 'papilio',
    fma: step.fma,
    gradients: (s) => viewOf(backward, gradientName(s)),
    forward: runs(forward),
    backward: runs(backward),
    step() {
      [correction1[0], correction2[0]] = corrections(++t);
      return stepOnce();
    },
  };
}
