/** Command-line arguments from one table per command: parsing, checking, defaults and help. Parsing itself is Node's `parseArgs`. */
import { parseArgs } from 'node:util';
import { InvalidArgumentError } from '../errors.ts';
import { suggestion } from './nearest.ts';
import type { Output } from './output.ts';

export interface Flag {
  readonly kind: 'string' | 'number' | 'integer' | 'boolean';
  readonly default?: string | number | boolean;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Numbers must be larger. */
  readonly above?: number;
  readonly powerOfTwo?: boolean;
  /** What the help calls its value; its kind by default. */
  readonly argument?: string;
  readonly help: string;
}

export interface Command {
  readonly name: string;
  /** Positional arguments as shown in the usage line. */
  readonly operands: string;
  /** So many at most; any number by default. */
  readonly operandLimit?: number;
  readonly summary: string;
  /** More lines for the help. */
  readonly details?: string;
  /** Command lines as one types them, without the name of the program. */
  readonly examples: readonly string[];
  /** Flags that it does not have but one may look for, and what to do instead. */
  readonly instead?: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, Flag>>;
  readonly run: (operands: string[], flags: FlagValues, output: Output) => Promise<void>;
}

/** For commands that give results: what a program can read of them. */
export const jsonFlag: Flag = {
  kind: 'string',
  argument: 'FILE|-',
  help: 'write the results as JSON to this file, or to stdout for -',
};

export const forceFlag: Flag = {
  kind: 'boolean',
  help: 'overwrite results in --out that were made with other settings',
};

/** For every command that brings recordings to a rate of one's choice; some have another help or default. */
export const anyRateFlag = {
  kind: 'integer',
  minimum: 1,
  maximum: 1_000_000,
  help: 'sample rate in Hz that recordings are brought to',
} as const satisfies Flag;
export const rateFlag = { ...anyRateFlag, default: 16000 } as const satisfies Flag;

/** Of every command. */
const commonFlags: Readonly<Record<string, Flag>> = {
  quiet: { kind: 'boolean', help: 'print no progress and no tables; errors and warnings only' },
};

const flagsOf = (command: Command): Readonly<Record<string, Flag>> => ({ ...command.flags, ...commonFlags });

type Value = string | number | boolean | undefined;

/** Checked values; a flag without default is undefined when not given. */
export class FlagValues {
  private readonly values: Readonly<Record<string, Value>>;
  private readonly given: ReadonlySet<string>;
  constructor(values: Readonly<Record<string, Value>>, given: ReadonlySet<string>) {
    this.values = values;
    this.given = given;
  }
  /** Was it on the command line? */
  has(name: string): boolean {
    return this.given.has(name);
  }
  /** Throws InvalidArgumentError if one of these flags is given where it would do nothing: "--batch <why>". */
  refuse(names: readonly string[], why: string): void {
    const idle = names.find((name) => this.given.has(name));
    if (idle !== undefined) throw new InvalidArgumentError(`--${idle} ${why}`);
  }
  number(name: string): number {
    return this.values[name] as number;
  }
  maybeNumber(name: string): number | undefined {
    return this.values[name] as number | undefined;
  }
  text(name: string): string {
    return this.values[name] as string;
  }
  maybeText(name: string): string | undefined {
    return this.values[name] as string | undefined;
  }
  on(name: string): boolean {
    return this.values[name] === true;
  }
  /** Every flag that is a text, defaults too. */
  texts(): [name: string, value: string][] {
    return Object.entries(this.values).flatMap(([name, x]): [string, string][] =>
      typeof x === 'string' ? [[name, x]] : [],
    );
  }
}

const expectation = (flag: Flag): string => {
  if (flag.choices) return flag.choices.join(' or ');
  const kind = flag.powerOfTwo ? 'a power of two' : flag.kind === 'integer' ? 'a whole number' : 'a number';
  const { minimum, maximum, above } = flag;
  if (above !== undefined) return `${kind} above ${above}`;
  if (minimum !== undefined && maximum !== undefined) return `${kind} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${kind} of at least ${minimum}`;
  return maximum === undefined ? kind : `${kind} of at most ${maximum}`;
};

function checkedValue(name: string, flag: Flag, raw: string | boolean): string | number | boolean {
  if (flag.kind === 'boolean') return raw === true;
  if (flag.kind === 'string') {
    if (flag.choices && !flag.choices.includes(raw as string))
      throw new InvalidArgumentError(
        `--${name} is ${JSON.stringify(raw)}; expected ${expectation(flag)}${suggestion(raw as string, flag.choices)}`,
      );
    return raw as string;
  }
  const value = (raw as string).trim() === '' ? NaN : Number(raw);
  const inRange =
    value >= (flag.minimum ?? -Infinity) &&
    value <= (flag.maximum ?? Infinity) &&
    value > (flag.above ?? -Infinity) &&
    (!flag.powerOfTwo || Number.isInteger(Math.log2(value)));
  if (!Number.isFinite(value) || !inRange || (flag.kind === 'integer' && !Number.isInteger(value)))
    throw new InvalidArgumentError(`--${name} is ${JSON.stringify(raw)}; expected ${expectation(flag)}`);
  return value;
}

interface Given {
  readonly operands: string[];
  readonly values: Readonly<Record<string, string | boolean>>;
}

/** What to write instead of a flag that there is not. */
const hintFor = ({ instead = {} }: Command, name: string, known: readonly string[]): string =>
  Object.hasOwn(instead, name) ? `: ${instead[name]}` : suggestion(name, known, '--');

/** Operands and raw values of flags. Throws InvalidArgumentError for what the command does not have. */
function givenOf(command: Command, flags: Readonly<Record<string, Flag>>, argv: readonly string[]): Given {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
  };
  for (const [name, flag] of Object.entries(flags))
    options[name] = { type: flag.kind === 'boolean' ? 'boolean' : 'string' };
  const refuse = (message: string): never => {
    throw new InvalidArgumentError(`${message}; see papilio ${command.name} --help`);
  };
  // Not strict: the messages are ours, and a value may begin with a dash.
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const operands: string[] = [];
  const values: Record<string, string | boolean> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    if (!Object.hasOwn(options, name))
      refuse(`Unknown option '${rawName}'${hintFor(command, name, Object.keys(options))}`);
    if (options[name].type === 'boolean') {
      if (value !== undefined) refuse(`--${name} is a switch; expected no value`);
      values[name] = true;
    } else {
      if (value === undefined || (!inlineValue && value.startsWith('--')))
        refuse(`--${name} has no value; expected one behind it`);
      values[name] = value as string;
    }
  }
  return { operands, values };
}

/** Parse the arguments of a command. Throws InvalidArgumentError naming the flag and what would be right. */
export function parseCommand(
  command: Command,
  argv: readonly string[],
): { operands: string[]; flags: FlagValues; help: boolean } {
  const flags = flagsOf(command);
  const { operands, values: raw } = givenOf(command, flags, argv);
  const help = raw['help'] === true;
  const values: Record<string, Value> = {};
  for (const [name, flag] of Object.entries(flags))
    values[name] = raw[name] === undefined ? flag.default : checkedValue(name, flag, raw[name]);
  const { operandLimit = Infinity } = command;
  if (operands.length > operandLimit && !help)
    throw new InvalidArgumentError(
      `${operands[operandLimit]}: expected ${operandLimit === 0 ? 'no operands' : `only ${command.operands}`}; see papilio ${command.name} --help`,
    );
  return { operands, flags: new FlagValues(values, new Set(Object.keys(raw))), help };
}

/** Longer lists of choices stand behind the help, not in the left column. */
const longestChoices = 60;

/** Help of one command from its table. */
export function helpOf(command: Command): string {
  const rows = Object.entries(flagsOf(command)).map(([name, flag]) => {
    const listed = flag.choices?.join('|') ?? '';
    const type = flag.argument ?? (flag.kind === 'string' ? 'text' : flag.kind);
    const argument =
      flag.kind === 'boolean'
        ? ''
        : listed && listed.length <= longestChoices
          ? ` <${listed}>`
          : ` <${type}>`;
    const choices = listed.length > longestChoices ? `: ${flag.choices?.join(', ')}` : '';
    return {
      left: `--${name}${argument}`,
      right: `${flag.help}${choices}${flag.default === undefined || flag.default === false ? '' : ` (default ${flag.default})`}`,
    };
  });
  rows.push({ left: '-h, --help', right: 'this text' });
  const width = Math.max(...rows.map((r) => r.left.length));
  return [
    command.summary,
    '',
    ['Usage: papilio', command.name, command.operands, '[options]'].filter(Boolean).join(' '),
    '',
    'Options:',
    ...rows.map((r) => `  ${r.left.padEnd(width)}  ${r.right}`),
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
    'Examples:',
    ...command.examples.map((e) => `  papilio ${e}`),
    '',
  ].join('\n');
}

/** Overview of all commands. */
export function overview(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map((c) => c.name.length));
  return [
    `papilio ${version}: learned fast transforms`,
    '',
    'Usage: papilio <command> [arguments]',
    '',
    'Commands:',
    ...commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`),
    '',
    'papilio <command> --help shows the options of a command.',
    '',
  ].join('\n');
}
