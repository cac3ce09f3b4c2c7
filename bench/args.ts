/** Arguments of npm run bench: suites by name, options by flag; whatever is wrong is one line that says what would be right. */
import { InvalidArgumentError } from '../src/index.ts';
import { boardNames, type BoardName } from './embedded/boards.ts';
import { formats, type Format } from './embedded/harness.ts';

export const suiteNames = [
  'fft',
  'real',
  'batch',
  'sizes',
  'sparse',
  'compile',
  'train',
  'features',
  'peaks',
  'calls',
  'embedded',
  'native',
  'onnx',
  'webgpu',
] as const;
export type SuiteName = (typeof suiteNames)[number];
const defaultSuites: readonly SuiteName[] = ['fft', 'real', 'batch', 'sizes', 'compile', 'train'];

export interface BenchOptions {
  readonly suites: readonly SuiteName[];
  /** Instead of a suite's own sizes. */
  readonly sizes?: readonly number[];
  /** Names besides papilio; all when absent. */
  readonly peers?: readonly string[];
  /** Only contenders of this dtype, or number format of suite embedded; all when absent. */
  readonly dtype?: Format;
  /** Boards of suite embedded; all when absent. */
  readonly boards?: readonly BoardName[];
  readonly samples: number;
  readonly fresh: boolean;
  readonly json?: string;
  readonly markdown?: string;
  readonly help: boolean;
}

const flags = {
  '--sizes': '64,256      sizes instead of the suite’s own',
  '--peers': 'a,b         only these besides papilio',
  '--dtype': 'f32|f64|q15|q31 only contenders of this dtype; q15 and q31: of suite embedded',
  '--boards': 'a,b        only these boards of suite embedded',
  '--samples': 'N         samples of at least 20 ms each (default 15)',
  '--json': 'FILE         write every figure',
  '--markdown': 'FILE     replace the suites’ tables in a document (docs/benchmarks.md)',
  '--fresh': '            measure each contender in three processes of its own as well',
  '--help': '             this text',
} as const;

export const usage = (peers: readonly string[]): string =>
  [
    `Usage: npm run bench -- [suites] [options]`,
    '',
    `Suites: ${suiteNames.join(', ')} (default ${defaultSuites.join(' ')})`,
    `Peers: ${peers.join(', ')}`,
    '',
    ...Object.entries(flags).map(([name, help]) => {
      const [argument, ...text] = help.split(/\s{2,}/);
      return `  ${`${name} ${argument}`.padEnd(18)} ${text.join(' ')}`;
    }),
    '',
  ].join('\n');

const fail = (message: string): never => {
  throw new InvalidArgumentError(message);
};

const isSuite = (name: string): name is SuiteName => (suiteNames as readonly string[]).includes(name);

function wholeNumber(flag: string, text: string, minimum: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value) || value < minimum)
    return fail(`${flag} is ${JSON.stringify(text)}; expected a whole number of at least ${minimum}`);
  return value;
}

function namesOf<T extends string>(flag: string, text: string, known: readonly T[]): T[] {
  return text.split(',').map((part) => {
    const name = known.find((k) => k === part.trim());
    return name ?? fail(`${flag} names ${JSON.stringify(part.trim())}; expected some of ${known.join(', ')}`);
  });
}

function dtypeOf(text: string): Format {
  return Object.hasOwn(formats, text)
    ? (text as Format)
    : fail(`--dtype is ${JSON.stringify(text)}; expected one of ${Object.keys(formats).join(', ')}`);
}

/** Flags with their values, and the rest. */
function split(argv: readonly string[]): { values: Map<string, string>; operands: string[] } {
  const values = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const [name, inline] = argv[i].split(/=(.*)/s);
    if (!name.startsWith('-')) {
      operands.push(argv[i]);
      continue;
    }
    if (!Object.hasOwn(flags, name))
      fail(`unknown option ${name}; expected some of ${Object.keys(flags).join(', ')}`);
    if (values.has(name)) fail(`${name} is given twice; expected once`);
    const alone = name === '--fresh' || name === '--help';
    const value = alone ? 'on' : (inline ?? argv[++i]);
    if (value === undefined || value === '' || (!alone && value.startsWith('--')))
      fail(`${name} has no value; expected ${name} ${flags[name as keyof typeof flags].split(/\s{2,}/)[0]}`);
    if (alone && inline !== undefined) fail(`${name} takes no value; expected ${name} alone`);
    values.set(name, value);
  }
  return { values, operands };
}

/** Checked options. Throws InvalidArgumentError. */
export function parseBenchArguments(argv: readonly string[], peers: readonly string[]): BenchOptions {
  const { values, operands } = split(argv);
  const suites = operands.map((name) =>
    isSuite(name)
      ? name
      : fail(`no suite ${JSON.stringify(name)}; expected some of ${suiteNames.join(', ')}`),
  );
  const [sizes, names, dtype, boards] = ['--sizes', '--peers', '--dtype', '--boards'].map((flag) =>
    values.get(flag),
  );
  const [json, markdown] = ['--json', '--markdown'].map((flag) => values.get(flag));
  const sizeList = sizes?.split(',').map((text) => wholeNumber('--sizes', text.trim(), 2));
  return {
    suites: suites.length > 0 ? [...new Set(suites)] : defaultSuites,
    ...(sizeList ? { sizes: [...new Set(sizeList)] } : {}),
    ...(names === undefined ? {} : { peers: namesOf('--peers', names, peers) }),
    ...(dtype === undefined ? {} : { dtype: dtypeOf(dtype) }),
    ...(boards === undefined ? {} : { boards: namesOf('--boards', boards, boardNames) }),
    samples: wholeNumber('--samples', values.get('--samples') ?? '15', 1),
    fresh: values.has('--fresh'),
    ...(json === undefined ? {} : { json }),
    ...(markdown === undefined ? {} : { markdown }),
    help: values.has('--help'),
  };
}
