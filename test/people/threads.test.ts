/** Other people's threads as data: threads/*.json, with values that scripts/parity/people.py computes; docs/people.md shows them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { page, rendered } from '../../scripts/people.ts';
import { threads, valueOf, type Thread } from './threads.ts';

/** Numbers of whatever holds some. */
const numbersOf = (value: unknown): number[] =>
  typeof value === 'number' ? [value] : Array.from(value as ArrayLike<number>);

function check({ call, right, within = 1e-12 }: Thread): void {
  if (typeof right === 'object' && 'throws' in right) {
    expect(() => valueOf(call)).toThrow(new RegExp(right.throws));
    return;
  }
  const own = valueOf(call);
  if (typeof right === 'boolean') {
    expect(own).toBe(right);
    return;
  }
  const [a, b] = [numbersOf(own), numbersOf(right)];
  expect(a).toHaveLength(b.length);
  const scale = b.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  for (const [i, v] of b.entries())
    expect(Math.abs(a[i] - v), `number ${i}`).toBeLessThanOrEqual(within * scale);
}

describe.each(Object.entries(threads))('%s', (_, rows) => {
  it.each(rows.map((row) => [row.thread, row.wrong, row] as const))('%s: %s', (_thread, _wrong, row) =>
    check(row),
  );
});

it('a thread is in one place, and says where its value is from', () => {
  const rows = Object.values(threads).flat();
  const names = rows.map((row) => row.thread);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  for (const row of rows) {
    expect(row.thread).toMatch(/^[\w.-]+\/[\w.-]+#\d+$/);
    expect([row.python, row.hand].filter((from) => from !== undefined)).toHaveLength(1);
  }
});

it('docs/people.md is made of them', () => {
  expect(readFileSync(page, 'utf8')).toBe(rendered());
});
