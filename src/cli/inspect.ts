/** papilio inspect: what a file of papilio holds, or an exact transform: graph, kernels, operation counts. */
import { InvalidArgumentError } from '../errors.ts';
import { oneOf, whole } from '../options.ts';
import * as learn from '../learn.ts';
import * as compiler from '../compiler.ts';
import { framesOfRun, inferenceGraph } from '../front.ts';
import { flag, type Command, type FlagsOf, type Given } from './args.ts';
import { readBytes } from './files.ts';
import { isKernelFile } from './kernel-files.ts';
import { describeKernel } from './kernels.ts';
import { allKinds, mapOfFile, readModelFile, type ModelFile } from './model-file.ts';
import type { Output } from './output.ts';

const butterflies = (network: learn.NetworkSpec, values: learn.ParameterValues): object => {
  const { active, total } = learn.activeButterflies(learn.gateMap(network, values));
  return { butterflies: `${active} of ${total} active` };
};

/** What is in a file by name. */
function factsOf(file: ModelFile): Record<string, unknown> {
  const { kind, report } = file;
  if (kind === 'front end') {
    const { head, transform } = file.model;
    if (transform.kind !== 'network') return { kind, head, transform, report };
    const { network, values } = transform;
    return { kind, head, network, report, ...butterflies(network, values) };
  }
  if (kind !== 'transform') return { kind, model: file.model, report };
  const kept = learn.keptBins(file.model);
  const network = learn.networkOf(file.model);
  return {
    kind,
    network,
    corrector: learn.correctorOf(file.model),
    ...(kept ? { 'bins kept': kept.reduce((a, b) => a + b, 0) } : {}),
    report,
    ...butterflies(network, file.values),
  };
}

/** What there is to say of a file by name, its graph, what operations are counted for, and how many of these a run computes. */
function inspectFile(path: string) {
  const file = readModelFile(path, allKinds);
  const facts = factsOf(file);
  if (file.kind !== 'front end')
    return { facts, graph: mapOfFile(file).graph(1), unit: 'transform', perRun: 1 };
  return { facts, graph: inferenceGraph(file.model), unit: 'frame', perRun: framesOfRun(file.model) };
}

/** The same of an exact transform. */
const inspectPlan = (n: number, input: 'complex' | 'real') => ({
  facts: {},
  graph: compiler.planGraph({ n, input }).graph,
  unit: 'transform',
  perRun: 1,
});

/** Longer lists are shown by their first few, longer texts cut; --json has all of it. */
const [mostItems, mostCharacters] = [6, 240];

/** A fact in one line that can be read. */
function brief(value: unknown): string {
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value, (_, v: unknown) =>
    Array.isArray(v) && v.length > mostItems
      ? [...(v as unknown[]).slice(0, mostItems - 2), `... ${v.length} in all`]
      : v,
  );
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)} ... (all of it with --json)` : text;
}

const countText = (unit: string, { mul, add, loads, stores }: compiler.OperationCount): string =>
  `per ${unit}: ${mul} real multiplications, ${add} additions, ${loads} loads, ${stores} stores`;

/** A compiled kernel says what it is in a section of its own. */
function inspectKernel(path: string, output: Output): void {
  const bytes = readBytes(path);
  const { layout } = describeKernel(bytes, path);
  const { operations, tableBytes } = layout;
  const transform = 'transform' in layout;
  output.json({ kind: 'kernel', bytes: bytes.length, ...layout });
  output.print(
    [
      `${path}: a kernel compiled by papilio, ${bytes.length} bytes, ${tableBytes} of them tables`,
      transform
        ? `${layout.computes ?? `Fourier transform, ${layout.transform.direction}, norm ${layout.transform.norm}`}: ${layout.transform.n} ${layout.transform.input} points, ${layout.dtype}`
        : `front end: ${layout.width} numbers, n_fft ${layout.nFft}, hop ${layout.hop}, ${layout.sampleRate} Hz`,
      countText(transform ? 'run' : 'frame', operations),
    ].join('\n'),
  );
}

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const [path] = operands;
  const { n } = flags;
  if (path === undefined && n === undefined)
    throw new InvalidArgumentError('nothing to inspect; give a checkpoint, a kernel.wasm or --n');
  if (path !== undefined)
    given.refuse(['n', 'input'], `is given with ${path}; expected it for an exact transform alone`);
  if (path !== undefined && isKernelFile(path)) {
    given.refuse(['dtype', 'graph', 'bodies'], `is given with ${path}, which is compiled already`);
    return inspectKernel(path, output);
  }
  const { facts, graph, unit, perRun } =
    path === undefined ? inspectPlan(n as number, flags.input) : inspectFile(path);
  for (const [name, value] of Object.entries(facts)) output.print(`${name}: ${brief(value)}`);
  if (flags.graph) output.print(compiler.printGraph(graph));
  const program = compiler.compileGraph(graph, { dtype: flags.dtype });
  const computed = perRun === 1 ? `one ${unit}` : `a block of ${perRun} ${unit}s`;
  output.print(`program, with counts for ${computed}:`);
  output.print(compiler.printProgram(program, { bodies: flags.bodies }));
  const counted = compiler.countProgram(program);
  const operations = Object.fromEntries(
    Object.entries(counted).map(([name, count]) => [name, count / perRun]),
  ) as unknown as compiler.OperationCount;
  output.json({ ...facts, unit, operations });
  output.print(countText(unit, operations));
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  n: flag.of('inspect the exact transform of this size instead of a file', whole(1, 1 << 22)),
  input: flag.of('input of the exact transform', oneOf(['complex', 'real']), 'complex'),
  dtype: flag.of('number format of the program', oneOf(['f32', 'f64']), 'f32'),
  graph: flag.toggle('print the graph too'),
  bodies: flag.toggle('print what every kernel computes'),
};

export const inspectCommand: Command<typeof flags> = {
  name: 'inspect',
  operands: '[checkpoint or kernel.wasm]',
  operandLimit: 1,
  summary: 'graph, kernels and operation counts of a file of papilio, or of an exact transform with --n',
  examples: [
    'inspect my-front-end/model.safetensors',
    'inspect my-front-end/kernel.wasm',
    'inspect --n 400 --input real --bodies',
  ],
  flags,
  run,
};
