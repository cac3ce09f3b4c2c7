/** The report opens offline, shows every section, escapes what it is given, and survives missing values. */
import { describe, expect, it } from 'vitest';
import { parseHTML } from 'linkedom';
import { formatNumber, renderReport, type ReportData } from '../../src/cli/report.ts';
import { learnSample } from './page-samples.ts';

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
  'How to reproduce this',
];

describe('report', () => {
  const html = renderReport(learnSample());
  it('has every section, pictures and plots', () => {
    const { document } = parseHTML(html);
    expect([...document.querySelectorAll('h2')].map((h) => h.textContent)).toEqual(sections);
    expect(document.querySelectorAll('.plot').length).toBe(6);
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
      ...learnSample(),
      curves: { spectrum: [], gates: [{ step: 1, loss: NaN, validationError: NaN, open: NaN }] },
      twiddles: [],
      bands: [],
      front: [],
      recordings: [],
      verdict: [],
      spectrogram: { ...learnSample().spectrogram, frames: 0, exact: [], learned: [] },
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
