/**
 * A JSON reader for untrusted headers: refuses what `JSON.parse` lets through (duplicate keys, lone surrogates).
 * Source: RFC 8259, narrowed to what a safetensors header can hold: numbers are integers, nesting is shallow.
 */

/** A JSON value; objects are Maps, so a key such as `__proto__` is only a key. */
export type JsonValue = null | boolean | number | string | JsonValue[] | Map<string, JsonValue>;

/** Reports a problem; must throw. */
type Fail = (problem: string) => never;

const MAX_DEPTH = 16;
const INTEGER = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
/** A run without quotes, backslashes and control characters. */
// oxlint-disable-next-line no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]+/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const WORD = /true|false|null/y;
const ESCAPE = /^["\\/bfnrt]$/;

/** Text in double quotes on one line, cut to 60 characters: how messages show what a file says. */
export function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Parses one JSON text; only white space may follow the value. An integer beyond 2^53 comes back rounded, hence not
 * as a safe integer.
 *
 * @param fail receives the problem, with the character offset, and throws the caller's error
 */
export function parseStrictJson(text: string, fail: Fail): JsonValue {
  const reader = new Reader(text, fail);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  private at = 0;
  private readonly text: string;
  private readonly fail: Fail;

  constructor(text: string, fail: Fail) {
    this.text = text;
    this.fail = fail;
  }

  value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) this.refuse(`values are nested more than ${MAX_DEPTH} deep`);
    this.space();
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return this.string();
      default:
        return this.integerOrWord();
    }
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) this.refuse('text follows the end of the JSON value');
  }

  private object(depth: number): Map<string, JsonValue> {
    const entries = new Map<string, JsonValue>();
    this.at++;
    if (this.take('}')) return entries;
    do {
      this.space();
      if (this.text[this.at] !== '"') this.refuse('a key in double quotes is missing');
      const key = this.string();
      if (entries.has(key)) this.refuse(`key ${quote(key)} appears twice in one object`);
      if (!this.take(':')) this.refuse(`':' is missing after key ${quote(key)}`);
      entries.set(key, this.value(depth + 1));
    } while (this.take(','));
    if (!this.take('}')) this.refuse("',' or '}' is missing");
    return entries;
  }

  private array(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.at++;
    if (this.take(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.take(','));
    if (!this.take(']')) this.refuse("',' or ']' is missing");
    return items;
  }

  private string(): string {
    const parts: string[] = [];
    this.at++;
    for (;;) {
      const run = this.match(PLAIN);
      if (run !== undefined) parts.push(run);
      const character = this.text[this.at];
      if (character === '"') break;
      if (character === undefined) this.refuse('a string is not closed');
      if (character !== '\\') this.refuse('a string holds a control character');
      parts.push(this.escape());
    }
    this.at++;
    const whole = parts.join('');
    if (/\p{Surrogate}/u.test(whole)) this.refuse('a string holds half of a surrogate pair');
    return whole;
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? '';
    this.at += 2;
    if (letter === 'u') {
      const digits = this.match(HEX4);
      if (digits === undefined) this.refuse("'\\u' is not followed by four hexadecimal digits");
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    if (!ESCAPE.test(letter)) this.refuse('a string holds an unknown escape');
    return JSON.parse(`"\\${letter}"`) as string;
  }

  private integerOrWord(): JsonValue {
    const digits = this.match(INTEGER);
    if (digits !== undefined) return Number(digits);
    const word = this.match(WORD);
    if (word === undefined) this.refuse('a value is missing, or a number is not an integer');
    return word === 'null' ? null : word === 'true';
  }

  /** Skips white space, then `token` if it is next. */
  private take(token: string): boolean {
    this.space();
    if (this.text[this.at] !== token) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text[this.at])) this.at++;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private refuse(problem: string): never {
    return this.fail(`${problem} (character ${this.at})`);
  }
}
