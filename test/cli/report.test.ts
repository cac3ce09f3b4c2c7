/** The report opens offline, shows every section, escapes what it is given, and survives missing values. */
import { describe, expect, it } from 'vitest';
import { parseHTML } from 'linkedom';
import type { ButterflyState } from '../../src/index.ts';
import { formatNumber, renderReport, type ReportData } from '../../src/cli/report.ts';

function sample(): ReportData {
  const stages = 4;
  const butterflies = 8;
  const states: ButterflyState[] = ['active', 'reverse', 'skip', 'drop-sum', 'drop-difference', 'dead'];
  return {
    summary: {
      seed: 1,
      start: 'random',
      feature: 'log-mel-4',
      nFft: 32,
      budget: 0.06,
      structure: 'bins 0 mod 2',
      startError: 1.4,
      spectrumErrorAfterPhase1: 4e-16,
      snapDistance: 1e-15,
      validationError: 0.05,
      testError: 0.047,
      testErrorP95: 0.16,
      activeButterflies: 20,
      totalButterflies: 32,
      trainSeconds: 12.3,
    },
    table: ['learned', 'exact'].map((name) => ({
      name,
      mul: name === 'exact' ? null : 100,
      add: 200,
      nsTransform: 10,
      nsTransformSpread: 1,
      nsPerFrame: 20,
      nsPerFrameSpread: 2,
      error: 0.04,
      errorP95: 0.2,
    })),
    curves: {
      spectrum: Array.from({ length: 20 }, (_, i) => ({
        step: 10 * i,
        loss: 10 ** -i,
        error: 10 ** (-i / 2),
      })),
      gates: Array.from({ length: 5 }, (_, i) => ({
        step: i,
        loss: 1,
        validationError: i % 2 ? NaN : 0.1,
        open: 1 - i / 5,
      })),
    },
    gateMap: {
      stages,
      butterflies,
      state: Array.from({ length: stages }, (_, s) =>
        Array.from({ length: butterflies }, (_b, b) => states[(s + b) % 6]),
      ),
    },
    twiddles: Array.from({ length: 8 }, (_, i) => ({
      stage: i % 4,
      re: Math.cos(i),
      im: Math.sin(i),
      exactRe: Math.cos(i),
      exactIm: Math.sin(i),
    })),
    axis: 'Hz',
    bands: [100, 500, 1000, 4000].map((at) => ({ at, mean: 0.05, p95: 0.1 })),
    spectrogram: {
      file: '<script>alert("x")</script>.wav',
      width: 4,
      frames: 3,
      hopSeconds: 0.01,
      exact: Array.from({ length: 12 }, (_, i) => -i),
      learned: Array.from({ length: 12 }, (_, i) => -i + 0.1),
    },
    recordings: [
      { file: '<script>alert("x")</script>.wav', frames: 3, excludedFrames: 0, mean: 0.05, p95: 0.1 },
    ],
    front: [
      { name: 'all bins', operations: 100, validationError: 0, chosen: false },
      { name: 'bins 0 mod 2', operations: 60, validationError: 0.05, chosen: true },
    ],
    verdict: ['It is <b>cheaper</b>.', 'And & more.'],
    reproduction: {
      command: "papilio learn 'a b' --out x",
      version: '0',
      node: 'v20',
      date: '2026-01-01',
      splits: { train: ['a'], validation: ['b'], test: ['c'] },
      conventions: ['one'],
    },
  };
}

const sections = [
  'Comparison',
  'Phase 1: learning the transform',
  'Structures tried',
  'Gate map',
  'Phase 2: scattered gates',
  'Learned twiddles',
  'Error per band',
  'Features of a test recording',
  'Test recordings',
];

describe('report', () => {
  const html = renderReport(sample());
  it('has every section, pictures and plots', () => {
    const { document } = parseHTML(html);
    expect([...document.querySelectorAll('h2')].map((h) => h.textContent)).toEqual(sections);
    expect(document.querySelectorAll('svg').length).toBe(6);
    expect(document.querySelectorAll('img').length).toBe(4);
    expect(document.querySelectorAll('tbody tr').length).toBe(3);
  });
  it('refers to nothing outside itself and has no script', () => {
    expect(html.replaceAll('http://www.w3.org/', '')).not.toMatch(
      /https?:|@import|<link|<script|src="(?!data:)|url\(/,
    );
    expect(html.length).toBeLessThan(2_000_000);
  });
  it('escapes names', () => {
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;.wav');
    expect(html).toContain('It is &lt;b&gt;cheaper&lt;/b&gt;.');
  });
  it('says so when a phase is missing, and survives empty and broken values', () => {
    const empty: ReportData = {
      ...sample(),
      curves: { spectrum: [], gates: [{ step: 1, loss: NaN, validationError: NaN, open: NaN }] },
      twiddles: [],
      bands: [],
      front: [],
      recordings: [],
      verdict: [],
      spectrogram: { ...sample().spectrogram, frames: 0, exact: [], learned: [] },
    };
    const text = renderReport(empty);
    expect(text).toContain('started from the exact transform');
    expect(text).toContain('No values to draw.');
    expect(text).not.toContain('NaN');
  });
  it('numbers have sensible digits', () => {
    expect([0, 1234.56, 12.345, 0.04567, 4e-16, 2.5e7, null, NaN].map(formatNumber)).toEqual([
      '0',
      '1235',
      '12.3',
      '0.0457',
      '4.0 · 10⁻¹⁶',
      '2.5 · 10⁷',
      '–',
      '–',
    ]);
  });
});
