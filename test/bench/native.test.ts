/** Suite native: what its program prints is understood, and, where FFTW is there, papilio's C is a transform. */
import { describe, expect, it } from 'vitest';
import { nativeUnavailable, parseNative, runNative } from '../../bench/native/run.ts';

describe('native', () => {
  it('takes medians, and leaves out whose result is another', () => {
    const { instructions, times, wrong } = parseNative(
      'instructions avx sse2\npapilio 1e-7 3.0 1.0 2.0\nfftw 0 1.0 1.0 4.0\nother 0.5 1.0 1.0 1.0\nnone nan 1 1 1\n',
    );
    expect(instructions).toBe('avx sse2');
    expect(times.map((t) => [t.label, t.time.median])).toEqual([
      ['papilio', 2],
      ['fftw', 1],
    ]);
    expect(wrong).toEqual(['other', 'none']);
    expect(parseNative('instructions\n').instructions).toBe('scalar');
  });
  it.each(['complex', 'real'] as const)('%s transforms are right and timed', (kind) => {
    const why = nativeUnavailable();
    if (why !== null) return console.log(`skipped: ${why}`);
    const { times } = runNative({ kind, n: 48 }, 'gcc', 3);
    expect(times.map((t) => t.label)).toEqual(expect.arrayContaining(['papilio', 'papilio-scalar', 'fftw']));
    for (const { time } of times) expect(time.median).toBeGreaterThan(0);
  });
});
