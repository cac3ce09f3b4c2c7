/** Pages that commands write: whole on any screen, legible, for readers of any kind, and each says how to make it again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../src/cli/command-line.ts';
import { numberUnit, placeText, rowPlaces } from '../../src/cli/band-places.ts';
import type { FrontRow } from '../../src/cli/front-row.ts';
import { gateMapOf } from '../../src/cli/report/gate-map.ts';
import { featureHead } from '../../src/index.ts';
import type { ButterflyState } from '../../src/learn.ts';
import { papilio, temporary } from './helpers.ts';
import { samplePages } from './page-samples.ts';

/** Narrowest columns, in px, that the stylesheet shows each drawing in. */
const narrowest: Readonly<Record<string, number>> = { narrow: 350, only: 350, middle: 520, wide: 860 };

describe.each(Object.entries(samplePages()))('the page of %s', (_, html) => {
  const { document } = parseHTML(html);
  const all = (selector: string): Element[] => [...document.querySelectorAll(selector)];

  it('shows a command line', () => {
    const [pre] = all('.reproduce pre');
    expect(pre?.textContent).toMatch(/^papilio \w/);
  });

  it('has no table without a region to scroll in, and no header without words', () => {
    expect(all('table').length).toBe(all('.scroll > table').length);
    for (const region of all('.scroll')) {
      expect(region.getAttribute('role')).toBe('region');
      expect(region.getAttribute('tabindex')).toBe('0');
    }
    const names = all('.scroll').map((r) => r.getAttribute('aria-label') ?? '');
    expect(names.every((name) => name.length > 0)).toBe(true);
    expect(new Set(names).size).toBe(names.length);
    expect(all('th').filter((h) => (h.textContent ?? '').trim() === '')).toEqual([]);
  });

  it('draws as wide as the column, in letters of 9 px or more', () => {
    expect(all('[width]').map((e) => e.localName)).toEqual(all('rect[width]').map(() => 'rect'));
    for (const svg of all('svg')) {
      expect(svg.getAttribute('role')).toBe('img');
      expect(svg.getAttribute('aria-label')).toMatch(/\w/);
      expect([...svg.querySelectorAll('[aria-label]')]).toEqual([]);
      const [, , width] = (svg.getAttribute('viewBox') ?? '').split(' ').map(Number);
      const name = (svg.getAttribute('class') ?? '').split(' ').pop() ?? '';
      // The style of the picture comes before its attribute, and parts have none of their own.
      const [, size] = /font-size:\s*(\d+)px/.exec(svg.getAttribute('style') ?? '') ?? [];
      expect(svg.innerHTML).not.toContain('font-size');
      expect((Number(size) * narrowest[name]) / width).toBeGreaterThanOrEqual(9);
    }
  });

  it('has headings that skip no level', () => {
    const levels = all('h1, h2, h3').map((h) => Number(h.localName[1]));
    expect(levels[0]).toBe(1);
    levels.forEach((level, i) => expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1));
  });
});

describe('what pages say', () => {
  it('words of a command line are quoted as a shell reads them', () => {
    expect(commandLine(['learn', 'a b', "it's", '--n-fft', '256,512', '$x', ''])).toBe(
      `papilio learn 'a b' 'it'\\''s' --n-fft 256,512 '$x' ''`,
    );
  });

  it('the page of a study shows the command that ran, and after a second one both', async () => {
    const folder = temporary();
    const [json, html] = ['rows.json', 'a page.html'].map((name) => join(folder, name));
    const shown = (args: readonly string[]): string =>
      ['papilio', ...args].map((w) => (w.includes(' ') ? `'${w}'` : w)).join(' ');
    const shownIn = (): string[] =>
      (
        parseHTML(readFileSync(html, 'utf8')).document.querySelector('.reproduce pre')?.textContent ?? ''
      ).split('\n');
    const common = [
      'study',
      'learnability',
      '--targets',
      'dft',
      '--tables',
      'learn',
      '--seeds',
      '1',
      '--json',
      json,
    ];
    const first = [...common, '--sizes', '8', '--html', html];
    const second = [...common, '--sizes', '8,16', '--html', html];
    expect((await papilio(first)).code).toBe(0);
    expect(shownIn()).toEqual([shown(first)]);
    expect((await papilio(second)).code).toBe(0);
    expect(shownIn()).toEqual([shown(first), shown(second)]);
    const report = ['report', json, '--out', html];
    expect((await papilio(report)).code).toBe(0);
    expect(shownIn()).toEqual([shown(first), shown(second), shown(report)]);
  }, 60_000);

  it('bands of a front have frequencies; numbers where the feature has none, or is unknown', () => {
    const row = (feature: string, bands: number, rate?: number): FrontRow =>
      ({
        feature,
        nFft: 512,
        bandErrors: Array.from({ length: bands }, () => 0),
        ...(rate ? { settings: { rate } } : {}),
      }) as unknown as FrontRow;
    const mels = rowPlaces(row('log-mel-40', 40));
    expect(mels.label).toBe('centre frequency, Hz');
    expect(mels.at.every((hz, i) => hz > (mels.at[i - 1] ?? 0) && hz < 8000)).toBe(true);
    // The scale of mels is not linear, but the top of the bank is half the rate.
    expect(rowPlaces(row('log-mel-40', 40, 8000)).at[39]).toBeLessThan(4000);
    expect(placeText({ label: 'centre frequency, Hz', at: [1234.567] }, 0)).toBe('1235 Hz');
    expect(rowPlaces(row('mfcc-13', 13)).label).toBe('number in the result');
    expect(rowPlaces(row('no such feature', 3))).toEqual({ label: 'band', at: [0, 1, 2] });
    expect(rowPlaces(row('log-mel-40', 7)).label).toBe('band');
  });
});

it.each([
  ['papilio', {}, 'log10'],
  ['kaldi', {}, 'ln'],
  ['whisper', {}, 'log10, times 0.25'],
  ['papilio', { log: { kind: 'db' } }, 'dB'],
  ['papilio', { log: null }, 'power'],
] as const)('numbers of %s with %j are in %s', (preset, changes, unit) =>
  expect(numberUnit(featureHead(preset, changes))).toBe(unit),
);

it('leaves a gate map empty where a stage of a larger radix has no more butterflies', () => {
  const htmlOf = (rows: ButterflyState[][]): string => {
    const drawing = gateMapOf(rows);
    return drawing.kind === 'picture' ? drawing.html() : '';
  };
  const three: ButterflyState[] = ['active', 'active', 'active'];
  expect(htmlOf([three, ['active']])).not.toBe(htmlOf([three, ['active', 'dead', 'dead']]));
});
