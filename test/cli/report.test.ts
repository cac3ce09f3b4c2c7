/** The report opens offline, shows every section, escapes what it is given, and survives missing values. */
import { describe, expect, it } from 'vitest';
import { parseHTML } from 'linkedom';
import { headText } from '../../src/spectral/head-text.ts';
import { learnReport, type Learned } from '../../src/cli/learn-report.ts';
import { formatNumber } from '../../src/cli/report/figures.ts';
import { pageOf } from '../../src/cli/report/page.ts';
import { csvOf, reportMarkdown, reportText, tableOf, type Report } from '../../src/cli/report/report.ts';
import { featureHead } from '../../src/spectral/presets.ts';
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
  'See and hear it',
  'How to reproduce this',
];

describe('a head in words', () => {
  const mels = 'slaney mels, slaney norm; log10(max(E, 1e-10))';
  it.each([
    [
      featureHead(),
      `periodic hann of 400 samples, centred in n_fft 512, hop 160, frames inside the signal, no padding; power spectrum E, 40 ${mels}`,
    ],
    [
      featureHead('whisper'),
      `periodic hann of 400 samples, hop 160, 200 samples of reflect padding at both ends; clips of 480000 samples; power spectrum E, 80 ${mels}, at most 8 below the largest`,
    ],
    [
      featureHead('kaldi', { framing: 'midpoints', window: Array.from({ length: 400 }, () => 1) }),
      'symmetric own window of 400 samples, at the start of n_fft 512, hop 160, frames centred in the middle of every hop, symmetric padding; constant trend taken from each frame; pre-emphasis 0.97; power spectrum E, 23 kaldi mels, none norm; ln(max(E, 1.1920928955078125e-7))',
    ],
    [
      featureHead('tensorflow', { framing: 'padded-end', bank: null, log: { reference: 2 } }),
      'periodic hann of 400 samples, at the start of n_fft 512, hop 160, a frame at every hop that begins inside the signal, zero padding; magnitude spectrum E, single bins; ln(max(E, 0) + 0.000001) relative to 2',
    ],
  ])('says what it does: %#', (head, text) => expect(headText(head)).toBe(text));
  it('says that there is no logarithm', () =>
    expect(headText(featureHead('torchaudio'))).toMatch(/; no logarithm$/));
});

describe('report', () => {
  const html = pageOf(learnReport(learnSample(), 'papilio learn x'));
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
    const sample = learnSample();
    const none = { mean: NaN, p95: NaN, perBand: [], recordings: [] };
    const empty: Learned = {
      ...sample,
      rows: sample.rows.map((r) => ({ ...r, error: none })),
      result: {
        ...sample.result,
        spectrumCurve: [],
        gateCurve: [{ step: 1, loss: NaN, validationError: NaN, open: NaN, error: NaN, active: 0 }],
        learned: null,
        front: [],
      },
      targets: [new Float64Array(0)],
      verdict: [],
    };
    const text = pageOf(learnReport(empty, 'papilio learn x'));
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

describe('printers', () => {
  const drawing = { kind: 'plot', html: () => '<svg></svg>' } as const;
  const table = tableOf(
    'Figures',
    [
      { name: 'a|b', x: 1 },
      { name: 'c', x: 23 },
    ],
    {
      name: (r) => r.name,
      x: (r) => String(r.x),
    },
  );
  const report: Report = {
    title: 'A report',
    verdict: ['It is **good**.', 'Really.'],
    sections: [
      { title: 'First', notes: ['A note.'], parts: [table, drawing, { title: 'Inner', parts: ['Words.'] }] },
      { title: 'Drawn', parts: [drawing, drawing] },
    ],
    commands: ['papilio x', 'papilio x'],
    settings: ['seed 1'],
  };
  it('a terminal has the tables of the first section and the verdict', () => {
    expect(reportText(report)).toBe('First\nname   x\na|b    1\nc     23\nIt is **good**.\nReally.');
  });
  it('Markdown has words and tables, and no section that is only drawn', () => {
    expect(reportMarkdown(report)).toBe(
      '# A report\n\nIt is **good**.\n\nReally.\n\n## First\n\nA note.\n\n| name | x |\n| --- | ---: |\n| a\\|b | 1 |\n| c | 23 |\n\n### Inner\n\nWords.\n\n## How to reproduce this\n\n```sh\npapilio x\n```\n\n- seed 1\n',
    );
  });
  it('a page has all of it, plots that follow each other side by side', () => {
    const { document } = parseHTML(pageOf(report));
    expect(document.querySelector('.lead')?.innerHTML).toBe('It is <strong>good</strong>.');
    expect([...document.querySelectorAll('h2, h3')].map((h) => h.textContent)).toEqual([
      'First',
      'Inner',
      'Drawn',
      'How to reproduce this',
    ]);
    expect(document.querySelectorAll('.pair svg').length).toBe(2);
    expect(document.querySelectorAll('svg').length).toBe(3);
  });
  it('CSV quotes what it must, and has every column that a row has', () => {
    const rows = [
      { a: 'x,"y"', b: null },
      { a: 1, error: { p5: 2, p50: 3 }, files: ['c', 'd'] },
    ];
    expect(csvOf(rows)).toBe('a,error.p5,error.p50,files\n"x,""y""",,,\n1,2,3,c d\n');
  });
});
