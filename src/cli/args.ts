/** Command-line arguments from one table per command: parsing, checking, defaults and help. Parsing itself is Node's `parseArgs`. */
import { parseArgs } from 'node:util';
import { InvalidArgumentError } from '../errors.ts';

export interface Flag {
  readonly kind: 'string' | 'number' | 'integer' | 'boolean';
  readonly default?: string | number | boolean;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly help: string;
}

export interface Command {
  readonly name: string;
  /** Positional arguments as shown in the usage line. */
  readonly operands: string;
  readonly summary: string;
  readonly flags: Readonly<Record<string, Flag>>;
  readonly run: (operands: string[], flags: FlagValues) => Promise<void>;
}

/** Checked values; a flag without default is undefined when not given. */
export class FlagValues {
  private readonly values: Readonly<Record<string, string | number | boolean | undefined>>;
  constructor(values: Readonly<Record<string, string | number | boolean | undefined>>) {
    this.values = values;
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
}

const expectation = (flag: Flag): string => {
  if (flag.choices) return flag.choices.join(' or ');
  const kind = flag.kind === 'integer' ? 'a whole number' : 'a number';
  const range = [
    flag.minimum === undefined ? '' : `at least ${flag.minimum}`,
    flag.maximum === undefined ? '' : `at most ${flag.maximum}`,
  ];
  return [kind, ...range.filter(Boolean)].join(' ');
};

function checkedValue(name: string, flag: Flag, raw: string | boolean): string | number | boolean {
  if (flag.kind === 'boolean') return raw === true;
  if (flag.kind === 'string') {
    if (flag.choices && !flag.choices.includes(raw as string))
      throw new InvalidArgumentError(`--${name} is ${JSON.stringify(raw)}; expected ${expectation(flag)}`);
    return raw as string;
  }
  const value = (raw as string).trim() === '' ? NaN : Number(raw);
  const inRange = value >= (flag.minimum ?? -Infinity) && value <= (flag.maximum ?? Infinity);
  if (!Number.isFinite(value) || !inRange || (flag.kind === 'integer' && !Number.isInteger(value)))
    throw new InvalidArgumentError(`--${name} is ${JSON.stringify(raw)}; expected ${expectation(flag)}`);
  return value;
}

/** Parse the arguments of a command. Throws InvalidArgumentError naming the flag and what would be right. */
export function parseCommand(
  command: Command,
  argv: readonly string[],
): { operands: string[]; flags: FlagValues; help: boolean } {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
  };
  for (const [name, flag] of Object.entries(command.flags))
    options[name] = { type: flag.kind === 'boolean' ? 'boolean' : 'string' };
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message.split(/\.\s/)[0].split('\n')[0] : String(error);
    throw new InvalidArgumentError(`${message}; see papilio ${command.name} --help`);
  }
  const values: Record<string, string | number | boolean | undefined> = {};
  for (const [name, flag] of Object.entries(command.flags)) {
    const raw = parsed.values[name] as string | boolean | undefined;
    values[name] = raw === undefined ? flag.default : checkedValue(name, flag, raw);
  }
  return {
    operands: parsed.positionals,
    flags: new FlagValues(values),
    help: parsed.values['help'] === true,
  };
}

/** Longer lists of choices stand behind the help, not in the left column. */
const longestChoices = 60;

/** Help of one command from its table. */
export function helpOf(command: Command): string {
  const rows = Object.entries(command.flags).map(([name, flag]) => {
    const listed = flag.choices?.join('|') ?? '';
    const type = flag.kind === 'string' ? 'text' : flag.kind;
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
    `Usage: papilio ${command.name} ${command.operands} [options]`,
    '',
    'Options:',
    ...rows.map((r) => `  ${r.left.padEnd(width)}  ${r.right}`),
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
