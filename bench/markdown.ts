/** The part of a document that belongs to a suite: what stands between its two marker comments. */
import { InvalidArgumentError } from '../src/index.ts';

export const markers = (suite: string): readonly [start: string, end: string] => [
  `<!-- bench:${suite} -->`,
  `<!-- /bench:${suite} -->`,
];

/** `text` with `body` between the markers of `suite`. Throws InvalidArgumentError when they are not there once, in order. */
export function replaceSection(text: string, suite: string, body: string, file: string): string {
  const [start, end] = markers(suite);
  const [before, rest, ...more] = text.split(start);
  const [inside, after, ...others] = (rest ?? '').split(end);
  if (inside === undefined || after === undefined || more.length > 0 || others.length > 0)
    throw new InvalidArgumentError(`${file}: expected ${start} and then ${end}, each once`);
  return `${before}${start}\n\n${body}\n\n${end}${after}`;
}
