/** Changes to a preset, given as JSON by a flag. */
import { InvalidArgumentError } from '../errors.ts';
import { parseJson } from '../formats/json.ts';
import type { HeadOverrides } from '../index.ts';
import { flag } from './args.ts';

export const overridesFlag = flag.text(`changes to the preset as JSON, as in '{"bank": {"bands": 128}}'`);

/** Overrides of a head as JSON. */
export function overridesOf(text: string | undefined): HeadOverrides {
  if (text === undefined) return {};
  try {
    return parseJson(text, '--options') as HeadOverrides;
  } catch {
    throw new InvalidArgumentError(
      `--options is ${JSON.stringify(text)}; expected JSON as in '{"hop": 80, "bank": {"bands": 128}}'`,
    );
  }
}
