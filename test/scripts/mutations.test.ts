/** Mutations that `npm run mutation` makes are of text that is there. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutations } from '../../scripts/mutations.ts';

it.each(mutations)('$name: its text is there exactly once', ({ file, from, to }) => {
  expect(readFileSync(file, 'utf8').split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});
