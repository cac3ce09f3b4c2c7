/** papilio inspect: what a file of papilio holds, or an exact transform: graph, kernels, operation counts. */
import { InvalidArgumentError } from '../errors.ts';
import { oneOf, whole } from '../options.ts';
import {
  activeButterflies,
  correctorOf,
  gateMap,
  keptBins,
  networkOf,
  type NetworkSpec,
  type ParameterValues,
} from '../learn.ts';
import {
  compileGraph,
  countProgram,
  planGraph,
  printGraph,
  printProgram,
  type Dtype,
  type OperationCount,
} from '../compiler.ts';
import { framesOfRun, inferenceGraph } from '../front.ts';
import { flag, type Command, type FlagsOf, type Given } from './args.ts';
import { readBytes } from './files.ts';
import { isKernelFile } from './kernel-files.ts';
import { describeKernel } from './kernels.ts';
import { allKinds, mapOfFile, readModelFile, type ModelFile } from './model-file.ts';
import type { Output } from './output.ts';

/** What there is to say of a file or a plan. */
interface Inspected {
  /** Line by line: what, and its value as JSON shows it. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly graph: ReturnType<typeof inferenceGraph>;
  /** What its operations are counted for, and how many of them a run computes. */
  readonly unit: string;
  readonly perRun: number;
}

const butterflies = (network: NetworkSpec, values: ParameterValues): object => {
  if (!network.stages.every((s) => s.radix === 2)) return {};
  const { active, total } = activeButterflies(gateMap(network, values));
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
  const kept = keptBins(file.model);
  const network = networkOf(file.model);
  return {
    kind,
    network,
    corrector: correctorOf(file.model),
    ...(kept ? { 'bins kept': kept.reduce((a, b) => a + b, 0) } : {}),
    report,
    ...butterflies(network, file.values),
  };
}

function inspectFile(path: string): Inspected {
  const file = readModelFile(path, allKinds);
  if (file.kind === 'front end')
    return {
      facts: factsOf(file),
      graph: inferenceGraph(file.model),
      unit: 'frame',
      perRun: framesOfRun(file.model),
    };
  return { facts: factsOf(file), graph: mapOfFile(file).graph(1), unit: 'transform', perRun: 1 };
}

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

const countText = (unit: string, { mul, add, loads, stores }: OperationCount): string =>
  `per ${unit}: ${mul} real multiplications, ${add} additions, ${loads} loads, ${stores} stores`;

/** A compiled kernel says what it is in a section of its own. */
function inspectKernel(path: string, output: Output): void {
  const bytes = readBytes(path);
  const { layout } = describeKernel(bytes, path);
  const { operations, tableBytes } = layout;
  const transform = 'transform' in layout;
  const { n, input, direction, norm } = transform
    ? layout.transform
    : { n: 0, input: '', direction: '', norm: '' };
  output.json({ kind: 'kernel', bytes: bytes.length, ...layout });
  output.print(
    [
      `${path}: a kernel compiled by papilio, ${bytes.length} bytes, ${tableBytes} of them tables`,
      transform
        ? `${layout.computes ?? `Fourier transform, ${direction}, norm ${norm}`}: ${n} ${input} points, ${layout.dtype}`
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
    path === undefined
      ? {
          facts: {},
          graph: planGraph({ n: n as number, input: flags.input as 'complex' | 'real' }).graph,
          unit: 'transform',
          perRun: 1,
        }
      : inspectFile(path);
  for (const [name, value] of Object.entries(facts)) output.print(`${name}: ${brief(value)}`);
  if (flags.graph) output.print(printGraph(graph));
  const program = compileGraph(graph, { dtype: flags.dtype as Dtype });
  const computed = perRun === 1 ? `one ${unit}` : `a block of ${perRun} ${unit}s`;
  output.print(`program, with counts for ${computed}:`);
  output.print(printProgram(program, { bodies: flags.bodies }));
  const counted = countProgram(program);
  const operations = Object.fromEntries(
    Object.entries(counted).map(([name, count]) => [name, count / perRun]),
  ) as unknown as OperationCount;
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
