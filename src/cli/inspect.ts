/** papilio inspect: graph, kernels and operation counts of a checkpoint or of an exact transform. */
import { InvalidArgumentError } from '../errors.ts';
import {
  activeButterflies,
  compileGraph,
  countProgram,
  framesOfRun,
  gateMap,
  inferenceGraph,
  planGraph,
  printGraph,
  printProgram,
  type Dtype,
} from '../index.ts';
import type { Command, FlagValues } from './args.ts';
import { readModel } from './model-file.ts';

async function run(operands: string[], flags: FlagValues): Promise<void> {
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  const n = flags.number('n');
  const dtype = flags.text('dtype') as Dtype;
  if (operands.length === 0 && n === undefined)
    throw new InvalidArgumentError('nothing to inspect; give a checkpoint or --n');
  const model = operands.length > 0 ? readModel(operands[0]) : null;
  const graph = model
    ? inferenceGraph(model)
    : planGraph({ n, input: flags.text('input') as 'complex' | 'real' }).graph;
  if (model) {
    print(`log-mel head: ${JSON.stringify(model.head)}`);
    print(`network: ${JSON.stringify(model.network)}`);
    print(`report: ${JSON.stringify(model.report)}`);
    if (model.network.stages.every((s) => s.radix === 2)) {
      const { active, total } = activeButterflies(gateMap(model.network, model.values));
      print(`butterflies: ${active} of ${total} active`);
    }
  }
  if (flags.on('graph')) print(printGraph(graph));
  const program = compileGraph(graph, { dtype });
  print(printProgram(program, { bodies: flags.on('bodies') }));
  const { mul, add, loads, stores } = countProgram(program);
  const per = model ? framesOfRun(model) : 1;
  print(
    `per ${model ? 'frame' : 'transform'}: ${mul / per} real multiplications, ${add / per} additions, ${loads / per} loads, ${stores / per} stores`,
  );
}

export const inspectCommand: Command = {
  name: 'inspect',
  operands: '[checkpoint]',
  summary: 'graph, kernels and operation counts of a checkpoint, or of an exact transform with --n',
  flags: {
    n: {
      kind: 'integer',
      minimum: 1,
      maximum: 1 << 22,
      help: 'inspect the exact transform of this size instead of a checkpoint',
    },
    input: {
      kind: 'string',
      default: 'complex',
      choices: ['complex', 'real'],
      help: 'input of the exact transform',
    },
    dtype: { kind: 'string', default: 'f32', choices: ['f32', 'f64'], help: 'number format of the program' },
    graph: { kind: 'boolean', help: 'print the graph too' },
    bodies: { kind: 'boolean', help: 'print what every kernel computes' },
  },
  run,
};
