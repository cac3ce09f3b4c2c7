/** Command-line arguments from one table per command: parsing, checking, defaults and help. Parsing itself is Node's `parseArgs`. */
import { parseArgs } from 'node:util';
import { InvalidArgumentError } from '../errors.ts';
import { finite, whole, type Bounds, type Predicate } from '../options.ts';
import { suggestion } from './nearest.ts';
import type { Output } from './output.ts';

type Value = string | number | boolean | readonly (string | number)[] | undefined;

/** A flag whose checked value is a T; undefined where it is not given and has no default. Made by the functions of `flag`. */
interface Flag<T extends Value = Value> {
  readonly kind: 'text' | 'number' | 'switch';
  readonly help: string;
  readonly rule: Predicate;
  readonly default?: T;
  readonly choices?: readonly string[];
  /** Values separated by commas. */
  readonly list?: boolean;
  /** What the help calls its value. */
  readonly argument: string;
}

type FlagTable = Readonly<Record<string, Flag>>;
/** The checked values of the flags of a table. */
export type FlagsOf<F extends FlagTable> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

interface Whole {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly powerOfTwo?: boolean;
}
interface Default<T> {
  readonly default?: T;
}
type Defaulted<O, T extends Value> = Flag<O extends { readonly default: T } ? T : T | undefined>;

function wholeRule({ minimum = 0, maximum, powerOfTwo = false }: Whole): Predicate {
  const { expected, allows } = whole(minimum, maximum);
  if (!powerOfTwo) return { expected, allows };
  return {
    expected: expected.replace('whole number', 'power of two'),
    allows: (x) => allows(x) && Number.isInteger(Math.log2(Number(x))),
  };
}

const anyText: Predicate = { expected: 'a text', allows: () => true };

/** Numbers of a flag within bounds, or of one that is a list. */
const numberFlag = (help: string, options: Bounds): object => ({
  kind: 'number',
  argument: 'number',
  help,
  ...options,
  rule: finite(options),
});
const wholeFlag = (help: string, options: Whole): object => ({
  kind: 'number',
  argument: 'integer',
  help,
  ...options,
  rule: wholeRule(options),
});
const listed = { list: true, argument: 'text' } as const;

/** Kinds of flags; those of several values take them separated by commas. */
export const flag = {
  switch: (help: string): Flag<boolean> => ({
    kind: 'switch',
    rule: anyText,
    default: false,
    argument: '',
    help,
  }),
  text: <const O extends Default<string> & { readonly argument?: string }>(help: string, options?: O) =>
    ({ kind: 'text', rule: anyText, argument: 'text', help, ...options }) as Defaulted<O, string>,
  number: <const O extends Default<number> & Bounds>(help: string, options = {} as O) =>
    numberFlag(help, options) as Defaulted<O, number>,
  numbers: <const O extends Default<readonly number[]> & Bounds>(help: string, options = {} as O) =>
    ({ ...numberFlag(help, options), ...listed }) as Defaulted<O, readonly number[]>,
  integer: <const O extends Default<number> & Whole>(help: string, options = {} as O) =>
    wholeFlag(help, options) as Defaulted<O, number>,
  integers: <const O extends Default<readonly number[]> & Whole>(help: string, options = {} as O) =>
    ({ ...wholeFlag(help, options), ...listed }) as Defaulted<O, readonly number[]>,
  choice: <const T extends string, const O extends Default<T>>(
    choices: readonly T[],
    help: string,
    options?: O,
  ) => {
    const rule = { expected: choices.join(' or '), allows: (x: unknown) => choices.includes(x as T) };
    return { kind: 'text', rule, choices, argument: 'text', help, ...options } as Defaulted<O, T>;
  },
  choices: <const T extends string, const O extends Default<readonly T[]>>(
    choices: readonly T[],
    help: string,
    options?: O,
  ) => ({ ...flag.choice(choices, help), ...listed, ...options }) as Defaulted<O, readonly T[]>,
};

export interface Command<F extends FlagTable = FlagTable> {
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
  readonly flags: F;
  run(operands: string[], flags: FlagsOf<F>, output: Output, given: Given): Promise<void>;
}

/** Where a default is overwritten. */
export const forceFlag = flag.switch('overwrite results in --out that were made with other settings');
export const seedFlag = (of: string) =>
  flag.integer(`seed of ${of}`, { default: 1, minimum: 0, maximum: 4294967295 });

/** For every command that brings recordings to a rate of one's choice. */
const rateHelp = 'sample rate in Hz that recordings are brought to';
const rates = { minimum: 1, maximum: 1_000_000 } as const;
export const rateFlag = (more = '') => flag.integer(rateHelp + more, { ...rates, default: 16000 });
export const anyRateFlag = (more: string) => flag.integer(rateHelp + more, rates);

/** Of every command. */
const commonFlags = {
  json: flag.text('write the results as JSON to this file, or to stdout for -', { argument: 'FILE|-' }),
  quiet: flag.switch('print no progress and no tables; errors and warnings only'),
};

type CommonFlags = FlagsOf<typeof commonFlags>;

const allFlags = (own: FlagTable): FlagTable => ({ ...own, ...commonFlags, ...own });

/** Flags that are on the command line. */
export class Given extends Set<string> {
  /** Throws InvalidArgumentError if one of these flags is given where it would do nothing: "--batch <why>". */
  refuse(names: readonly string[], why: string): void {
    const idle = names.find((name) => this.has(name));
    if (idle !== undefined) throw new InvalidArgumentError(`--${idle} ${why}`);
  }
}

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
/** Of some options those that have a value. */
export const known = <T extends object>(options: T): Known<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Known<T>;

/** A value as it was typed, checked. Throws InvalidArgumentError naming the flag. */
function checkedValue(name: string, { kind, rule, list = false, choices = [] }: Flag, raw: string): Value {
  const checked = (text: string): string | number => {
    const value = kind === 'text' ? text : text.trim() === '' ? NaN : Number(text);
    if (rule.allows(value)) return value;
    const [verb, expected] = list
      ? ['names', `${rule.expected}, separated by commas`]
      : ['is', rule.expected];
    throw new InvalidArgumentError(
      `--${name} ${verb} ${JSON.stringify(text)}; expected ${expected}${suggestion(text, choices)}`,
    );
  };
  return list ? raw.split(',').map((text) => checked(text.trim())) : checked(raw);
}

/** What to write instead of a flag that there is not. */
const hintFor = (
  { instead = {} }: Pick<Command, 'instead'>,
  name: string,
  names: readonly string[],
): string => (Object.hasOwn(instead, name) ? `: ${instead[name]}` : suggestion(name, names, '--'));

/** The arguments of a command, checked. Throws InvalidArgumentError naming the flag and what would be right. */
export function parseCommand<F extends FlagTable>(
  command: Command<F>,
  argv: readonly string[],
): { operands: string[]; flags: FlagsOf<F> & CommonFlags; given: Given; help: boolean } {
  const { name: own, operandLimit = Infinity } = command;
  const flags = allFlags(command.flags);
  const names = [...Object.keys(flags), 'help'];
  const refuse = (message: string): never => {
    throw new InvalidArgumentError(`${message}; see papilio ${own} --help`);
  };
  const isSwitch = (name: string): boolean => name === 'help' || flags[name].kind === 'switch';
  const options = names.map((name) => [name, { type: isSwitch(name) ? 'boolean' : 'string' }] as const);
  // Not strict: the messages are ours, and a value may begin with a dash.
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...Object.fromEntries(options), help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const operands: string[] = [];
  const raw = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    if (!names.includes(name)) refuse(`Unknown option '${rawName}'${hintFor(command, name, names)}`);
    if (isSwitch(name) && value !== undefined) refuse(`--${name} is a switch; expected no value`);
    if (!isSwitch(name) && (value === undefined || (!inlineValue && value.startsWith('--'))))
      refuse(`--${name} has no value; expected one behind it`);
    raw.set(name, value ?? '');
  }
  const valueOf = (name: string): Value => {
    const text = raw.get(name);
    if (text === undefined) return flags[name].default;
    return isSwitch(name) || checkedValue(name, flags[name], text);
  };
  const values = Object.fromEntries(Object.keys(flags).map((name) => [name, valueOf(name)]));
  const help = raw.has('help');
  if (operands.length > operandLimit && !help)
    refuse(
      `${operands[operandLimit]}: expected ${operandLimit === 0 ? 'no operands' : `only ${command.operands}`}`,
    );
  return { operands, flags: values as FlagsOf<F> & CommonFlags, given: new Given(raw.keys()), help };
}

/** Longer lists of choices stand behind the help, not in the left column. */
const longestChoices = 60;

/** Help of one command from its table. */
export function helpOf(command: Command): string {
  const rows = Object.entries(allFlags(command.flags)).map(([name, own]) => {
    const { help, argument, choices = [], default: usual = false } = own;
    const listed = choices.join('|');
    const short = listed !== '' && listed.length <= longestChoices;
    const value = short ? listed : argument;
    return {
      left: `--${name}${value && ` <${value}>`}`,
      right: `${help}${listed && !short ? `: ${choices.join(', ')}` : ''}${usual === false ? '' : ` (default ${usual})`}`,
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
