/** Tables as text and Markdown, and the part of a document that a suite replaces. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { suiteNames } from '../../bench/args.ts';
import { markers, replaceSection } from '../../bench/markdown.ts';
import { duration, markdownReport, markdownTable, skipLines, textTable } from '../../bench/report.ts';
import { InvalidArgumentError } from '../../src/errors.ts';

const table = {
  caption: 'Times.',
  header: ['n', 'a', 'bb'],
  rows: [
    ['64', '1', '22'],
    ['1024', '333', '4'],
  ],
};

describe('report', () => {
  it('pads text and rules Markdown', () => {
    expect(textTable(table)).toBe('Times.\nn       a  bb\n64      1  22\n1024  333   4');
    expect(markdownTable(table)).toBe(
      'Times.\n\n| n | a | bb |\n| --- | ---: | ---: |\n| 64 | 1 | 22 |\n| 1024 | 333 | 4 |',
    );
  });

  it('goes on below when a table is wide', () => {
    const wide = Array.from({ length: 4 }, (_, c) => 'x'.repeat(50 - c));
    const lines = textTable({
      caption: '',
      header: ['n', ...wide],
      rows: [['64', '1', '2', '3', '4']],
    }).split('\n');
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(120);
    expect(lines.filter((l) => l.startsWith('64'))).toHaveLength(2);
  });

  it('writes times in their unit', () => {
    expect([duration(597.3, 3.21), duration(1.5e6), duration(2.5e7), duration(NaN)]).toEqual([
      '597 ± 3.2 ns',
      '1500 µs',
      '25.0 ms',
      '–',
    ]);
  });

  it('joins skips of one reason', () => {
    const skip = (what: string, why: string) => ({ label: 'x f32', what, why });
    expect(skipLines([skip('n = 1', 'a'), skip('n = 2', 'a'), skip('n = 3', 'b')])).toEqual([
      'skipped: x f32 (a): n = 1, n = 2',
      'skipped: x f32 (b): n = 3',
    ]);
  });

  it('says when, where and how', () => {
    const machine = {
      date: '2030-01-02',
      cpu: 'CPU',
      cores: 2,
      node: 'v20.0.0',
      command: 'npm run bench -- fft',
    };
    const text = markdownReport({ suite: 'fft', tables: [table], records: [], skipped: [] }, machine);
    expect(text).toMatch(/^2030-01-02, CPU, 2 cores, Node v20\.0\.0, `npm run bench -- fft`:\n\nTimes\./);
  });
});

describe('replaceSection', () => {
  const [start, end] = markers('fft');
  const document = `# Title\n\n${start}\nold\n${end}\n\nrest\n`;

  it('replaces what is between the markers, again and again, and nothing else', () => {
    const once = replaceSection(document, 'fft', 'new $& text', 'a.md');
    expect(once).toBe(`# Title\n\n${start}\n\nnew $& text\n\n${end}\n\nrest\n`);
    expect(replaceSection(once, 'fft', 'new $& text', 'a.md')).toBe(once);
  });

  it.each([
    ['no marker', '# Title'],
    ['no end', start],
    ['the wrong order', `${end} ${start}`],
    ['two sections', document + document],
  ])('refuses a document with %s', (_, text) => {
    expect(() => replaceSection(text, 'fft', '', 'a.md')).toThrow(InvalidArgumentError);
    expect(() => replaceSection(text, 'fft', '', 'a.md')).toThrow(
      `a.md: expected ${start} and then ${end}, each once`,
    );
  });

  it('docs have a place for every suite', () => {
    for (const suite of suiteNames) {
      const name = suite === 'embedded' ? 'docs/embedded.md' : 'docs/benchmarks.md';
      const path = new URL(`../../${name}`, import.meta.url);
      expect(existsSync(path)).toBe(true);
      expect(replaceSection(readFileSync(path, 'utf8'), suite, '', name)).toContain(suite);
    }
  });
});
