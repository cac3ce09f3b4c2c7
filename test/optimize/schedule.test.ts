/** Several sizes, one step at a time. */
import { describe, expect, it } from 'vitest';
import { interleave, nextSize, sizeSchedules, type SizeSchedule } from '../../src/optimize/schedule.ts';

async function* count(steps: number, result: string): AsyncGenerator<number, string> {
  for (let i = 1; i <= steps; i++) yield i;
  return result;
}

async function order(schedule: SizeSchedule): Promise<{ jobs: number[]; results: string[] }> {
  const all = interleave(
    schedule,
    [
      { n: 8, run: count(12, 'small') },
      { n: 16, run: count(6, 'large') },
    ],
    5,
  );
  const jobs: number[] = [];
  let next = await all.next();
  for (; !next.done; next = await all.next()) jobs.push(next.value.job);
  return { jobs, results: next.value };
}

describe('interleave', () => {
  it.each(sizeSchedules)('%s takes every step of every size once', async (schedule) => {
    const { jobs, results } = await order(schedule);
    expect(results).toEqual(['small', 'large']);
    expect([0, 1].map((job) => jobs.filter((j) => j === job).length)).toEqual([12, 6]);
  });
  it('has the order its name says', async () => {
    expect((await order('single')).jobs.slice(0, 13).join('')).toBe('0000000000001');
    expect((await order('round-robin')).jobs.slice(0, 6).join('')).toBe('010101');
    const random = (await order('random')).jobs.join('');
    expect(random).toBe((await order('random')).jobs.join(''));
    expect(random).not.toBe((await order('round-robin')).jobs.join(''));
  });
  it('balanced gives every size the same work, n log2 n a step', () => {
    const sizes = [8, 64].map((n) => ({ n, steps: 0, done: false }));
    for (let turn = 0; turn < 1000; turn++) sizes[nextSize('balanced', sizes, turn, 1)].steps++;
    expect(sizes[0].steps / sizes[1].steps).toBeCloseTo((64 * 6) / (8 * 3), 0);
    expect(nextSize('balanced', [{ n: 8, steps: 1, done: true }], 0, 1)).toBe(-1);
  });
});
