/** Command-line arguments from one table per command: parsing, checking, defaults and help. Parsing itself is Node's `parseArgs`. */
import { parseArgs } from 'node:util';
import { InvalidArgumentError } from '../errors.ts';
import { matching, suggestion, whole, type Predicate, type Rule } from '../options.ts';
import type { Output } from './output.ts';

type Value = string | number | boolean | readonly (string | number)[] | undefined;

/** A flag whose checked value is a T. */
interface Flag<T extends Value = Value> {
  readonly help: string;
  readonly rule: Predicate;
  readonly default?: T;
  /** What its text means, where that is neither the text nor a number as JavaScript has it. */
  readonly read?: (text: string) => number;
  /** Several values, separated by commas. */
  readonly list?: boolean;
  /** Takes no value. */
  readonly toggle?: boolean;
  /** What the help calls its value. */
  readonly argument?: string;
}

type FlagTable = Readonly<Record<string, Flag>>;
/** The checked values of the flags of a table. */
export type FlagsOf<F extends FlagTable> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

/** A flag whose value a rule allows; `usual`: its default, without which it is undefined where it is not given. */
const of = <T extends string | number, const D extends T | undefined = undefined>(
  help: string,
  rule: Rule<T>,
  usual?: D,
) => ({ help, rule, default: usual }) as Flag<D extends undefined ? T | undefined : T>;

/** A flag of several values that a rule allows. */
const list = <T extends string | number, const D extends readonly T[] | undefined = undefined>(
  help: string,
  rule: Rule<T>,
  usual?: D,
) =>
  ({ help, rule, default: usual, list: true }) as unknown as Flag<
    D extends undefined ? readonly T[] | undefined : readonly T[]
  >;

const anyText = matching<string>('a text', () => true);
const text = <const T extends string | undefined = undefined>(help: string, usual?: T) =>
  ({ help, rule: anyText, default: usual }) as Flag<T extends string ? string : string | undefined>;

const toggle = (help: string): Flag<boolean> => ({
  help,
  rule: anyText,
  default: false,
  toggle: true,
});

/** Bytes of a text as in 800, 16k or 1.5M, a k being 1024; NaN for anything else. */
function bytesOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(text.trim()) ?? [];
  return Math.floor(Number(digits) * { '': 1, k: 2 ** 10, m: 2 ** 20 }[unit.toLowerCase() as '' | 'k' | 'm']);
}

/** A number of bytes. */
const bytes = (help: string): Flag<number | undefined> => ({
  help,
  rule: { ...whole(1), expected: 'bytes, as in 800, 16k or 1.5M' },
  read: bytesOf,
  argument: 'bytes',
});

const rateHelp = 'sample rate in Hz that recordings are brought to';

/** Kinds of flags, and those that several commands have. */
export const flag = {
  of,
  list,
  text,
  toggle,
  bytes,
  force: toggle('overwrite results in --out that were made with other settings'),
  seed: (what: string) => of(`seed of ${what}`, whole(0, 4294967295), 1),
  rate: (more = '') => of(rateHelp + more, whole(1, 1_000_000), 16000),
  /** Of recordings that may stay at their own. */
  anyRate: (more: string) => of(rateHelp + more, whole(1, 1_000_000)),
};

export interface Command<F extends FlagTable = FlagTable> {
  readonly name: string;
  /** Positional arguments as shown in the usage line. */
  readonly operands: string;
  /** What is said where none is given and one must be. */
  readonly needs?: string;
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

/** Of every command. */
const commonFlags = {
  json: { ...text('write the results as JSON to this file, or to stdout for -'), argument: 'FILE|-' },
  quiet: toggle('print no progress and no tables; errors and warnings only'),
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

/** What `f` returns; its errors about an option that a flag of the same name has given name the flag. */
export function asFlags<T>(names: readonly string[], f: () => T): T {
  try {
    return f();
  } catch (error) {
    const isOption =
      error instanceof InvalidArgumentError && names.some((name) => error.message.startsWith(`${name} is `));
    throw isOption ? new InvalidArgumentError(`--${error.message}`, { cause: error }) : error;
  }
}

/** Why a flag does nothing beside a preset as the feature. */
export const ofPresets = (name: string): string =>
  `is given, but preset ${name} brings its own; expected --feature ${name} alone, or another feature`;

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
/** Of some options those that have a value. */
export const known = <T extends object>(options: T): Known<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Known<T>;

/** A value as it was typed, checked. Throws InvalidArgumentError naming the flag. */
function checkedValue(name: string, own: Flag, raw: string): Value {
  const { expected, allows, values = [] } = own.rule;
  const checked = (text: string): string | number => {
    const meanings = own.read ? [own.read(text)] : [text, text.trim() === '' ? NaN : Number(text)];
    const typed = meanings.find((value) => allows(value));
    if (typed !== undefined) return typed;
    const [verb, more] = own.list ? ['names', ', separated by commas'] : ['is', ''];
    throw new InvalidArgumentError(
      `--${name} ${verb} ${JSON.stringify(text)}; expected ${expected}${more}${suggestion(text, values.map(String))}`,
    );
  };
  return own.list ? raw.split(',').map((text) => checked(text.trim())) : checked(raw);
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
  const isSwitch = (name: string): boolean => name === 'help' || flags[name].toggle === true;
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
    if (raw.has(name))
      refuse(
        `--${name} is given twice; expected it once${flags[name]?.list ? ', values separated by commas' : ''}`,
      );
    raw.set(name, value ?? '');
  }
  const valueOf = (name: string): Value => {
    const text = raw.get(name);
    if (text === undefined) return flags[name].default;
    return isSwitch(name) || checkedValue(name, flags[name], text);
  };
  const values = Object.fromEntries(Object.keys(flags).map((name) => [name, valueOf(name)]));
  const help = raw.has('help');
  if (operands.length === 0 && command.needs !== undefined && !help)
    throw new InvalidArgumentError(command.needs);
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
    const { help, rule, default: usual = false } = own;
    const listed = (rule.values ?? []).join('|');
    const short = listed !== '' && listed.length <= longestChoices;
    const kind = own.argument ?? (rule.allows('') || listed !== '' ? 'text' : 'number');
    const value = own.toggle ? '' : ` <${short ? listed : kind}>`;
    const choices = listed === '' || short ? '' : `: ${rule.expected}`;
    return {
      left: `--${name}${value}`,
      right: `${help}${choices}${usual === false ? '' : ` (default ${usual})`}`,
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
