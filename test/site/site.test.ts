/** The site as files: every document, every public name, every example; no link that leads nowhere; a search that finds. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Site } from '../../site/build.ts';
import { Search, type SearchData } from '../../site/client/rank.ts';
import { colored } from '../../site/code.ts';
import { documentGroups } from '../../site/documents.ts';
import { brokenLinks, LinkError } from '../../site/links.ts';
import { anchorOf, render, textOfHtml } from '../../site/markdown.ts';
import { builtSite } from './built.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(path, 'utf8');

describe('the site', () => {
  let folder = '';
  let remove = (): void => undefined;
  const page = (path: string): string => read(join(folder, path));
  beforeAll(async () => ({ folder, remove } = await builtSite()));
  afterAll(() => remove());

  it('has every document, and lists it beside the others', () => {
    const documents = readdirSync(join(root, 'docs')).filter((f) => f.endsWith('.md'));
    const listed = documentGroups(root).flatMap((g) => g.links.map((l) => l.path));
    for (const name of documents) {
      const path = `docs/${name.replace('.md', '.html')}`;
      const title = /^# (.*)$/m.exec(read(join(root, 'docs', name)))?.[1] ?? '';
      expect(textOfHtml(/<h1[\s\S]*?<\/h1>/.exec(page(path))?.[0] ?? ''), path).toBe(
        title.replaceAll('`', ''),
      );
      expect(listed, 'README.md, "## Documents"').toContain(path);
      expect(page('docs/library.html')).toContain(`href="${name.replace('.md', '.html')}"`);
    }
  });

  it('keeps every table, and every block of code to the letter', () => {
    const source = read(join(root, 'docs/features.md'));
    const html = page('docs/features.html');
    expect(html.match(/<table>/g)?.length).toBe(source.match(/^\|[ :|-]+\|$/gm)?.length);
    const codes = [...source.matchAll(/^```\w*\n([\s\S]*?)\n```$/gm)].map((m) => m[1].trim());
    const shown = [...html.matchAll(/<pre[^>]*><code>([\s\S]*?)<\/code><\/pre>/g)].map((m) =>
      textOfHtml(m[1]),
    );
    expect(shown).toEqual(codes.map((c) => c.replace(/\s+/g, ' ')));
  });

  it('has every public name with what it says of itself, and the source where it stands', () => {
    const api = page('api/papilio.html');
    const lists = [...read(join(root, 'src/index.ts')).matchAll(/^export (?:type )?\{([^}]*)\}/gm)].map(
      (m) => m[1],
    );
    const names = lists.flatMap((list) => list.replaceAll(/\btype /g, '').match(/\w+/g) ?? []);
    expect(names.length).toBeGreaterThan(100);
    for (const name of names) expect(api).toContain(`id="${name}"`);
    expect(api).toContain('href="#PlanOptions">PlanOptions</a>');
    const [, source, line] =
      /href="\.\.\/(source\/src\/plans\/plan\.ts\.html)#(L\d+)" aria-label="src\/plans\/plan\.ts: source of planFft"/.exec(
        api,
      ) ?? [];
    const at = page(source).indexOf(`id="${line}"`);
    expect(textOfHtml(page(source).slice(at).split('</span>\n')[0])).toContain('planFft');
  });

  it('has every example, with the test that runs it', () => {
    for (const name of readdirSync(join(root, 'examples'))) {
      const html = page(`examples/${name.replace('.ts', '')}.html`);
      expect(html).toContain('Runs as a test');
    }
    expect(textOfHtml(page('examples/training-loop.html'))).toContain('const network: NetworkSpec = {');
  });

  it('has relative addresses alone, and asks nobody else', () => {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) =>
      /^(?!playground\.)[^]*\.html$/.test(f),
    )) {
      expect(page(name), name).not.toMatch(/(?:href|src)="(?:\/|file:)/);
      expect(page(name), name).not.toMatch(/<(?:script|link|img)[^>]*(?:src|href)="https?:/);
    }
    expect(existsSync(join(folder, 'playground.html'))).toBe(true);
  });

  it.each([
    ['whisper', /whisper/i],
    ['planFft', /^api\/papilio\.html#planFft$/],
    ['planfftsync', /^api\/papilio\.html#planFftSync$/],
    ['safetensors', /conventions|files|checkpoint/i],
    ['featureHead', /^api\/papilio\.html#featureHead$/],
    ['cortex-m4f', /in-firmware|docs\/c\.html/],
    ['training loop', /examples\/training-loop\.html/],
    ['butterfly.ts', /source\/src\/model\/butterfly\.ts\.html/],
  ])('finds %s', (asked, first) => {
    const data = JSON.parse(
      page('assets/search.js').replace(/^window\.papilioSearch=|;\n$/g, ''),
    ) as SearchData;
    const { found } = new Search(data).answer(asked);
    expect(found[0].address + found[0].heading).toMatch(
      first.source.endsWith('$') ? new RegExp(first.source.replace('$', '')) : first,
    );
    for (const f of found) expect(existsSync(join(folder, f.address.split('#')[0]))).toBe(true);
  });
});

describe('links', () => {
  it('that lead nowhere are named: pages, anchors, rooms, and what is not relative', () => {
    const files = new Map([
      [
        'a.html',
        '<h1 id="x"></h1><a href="b/c.html#y">b</a><a href="#x">x</a><a href="playground.html#/learn?n=4">l</a><a href="https://example.org/">e</a>',
      ],
      ['b/c.html', '<p id="y"></p><a href="../a.html">a</a>'],
    ]);
    expect(brokenLinks(files, ['learn'])).toEqual([]);
    files.set(
      'b/c.html',
      '<p id="z"></p><p id="z"></p><a href="d.html">d</a><a href="/a.html">a</a><a href="../playground.html#/nowhere">n</a>',
    );
    expect(brokenLinks(files, ['learn'])).toEqual([
      'a.html: b/c.html#y has no such anchor',
      'b/c.html: #z is there twice',
      'b/c.html: d.html is no page',
      'b/c.html: /a.html is not relative',
      'b/c.html: ../playground.html#/nowhere is no room',
    ]);
  });

  it('are seen however they are quoted, and in tags alone', () => {
    const broken = (html: string): string[] => brokenLinks(new Map([['a.html', html]]), []);
    expect(broken("<a href='x.html'>x</a><img alt=\"\" SRC = y.png><a href=#z title='>'>z</a>")).toEqual([
      'a.html: x.html is no page',
      'a.html: y.png is no page',
      'a.html: #z has no such anchor',
    ]);
    expect(broken('<i id=z></i><a href=\'#z\' title="see href=x.html">a href=x.html</a>')).toEqual([]);
    expect(broken("<i id='z'></i><a id=z></a>")).toEqual(['a.html: #z is there twice']);
    expect(broken('<a href="javascript:alert(1)">j</a>')).toEqual(['a.html: javascript:alert(1) is no page']);
  });

  it('of documents are refused by name where a page may not lead', () => {
    const own = mkdtempSync(join(tmpdir(), 'papilio-links-'));
    const linking = (href: string) => (): unknown => {
      writeFileSync(join(own, 'a.md'), `[x](${href})`);
      return new Site(own).document('a.md', 'docs');
    };
    const wrong = (message: string): LinkError => new LinkError(message);
    expect(linking('javascript:alert(1)')).toThrow(
      wrong('a.md: links to javascript:alert(1); expected https:, http:, mailto:, # or a path'),
    );
    expect(linking('b.md')).toThrow(wrong('a.html: links to b.md, which is not there'));
    expect(linking('../b.md')).toThrow(wrong('a.html: links to ../b.md, which is outside of the repository'));
    expect(linking('a.md#x')).not.toThrow();
    rmSync(own, { recursive: true });
  });
});

describe('Markdown', () => {
  it('has the anchors of GitHub', () => {
    const taken = new Set<string>();
    const anchors = ["Native: papilio's C, beside FFTW", 'A  b', 'x', 'x'].map((t) => anchorOf(t, taken));
    expect(anchors).toEqual(['native-papilios-c-beside-fftw', 'a--b', 'x', 'x-1']);
  });

  it('keeps formulas, tables and code, and sends links where they lead', () => {
    const { html, headings } = render(
      '# A `b`\n\n[c](d.md#e) <https://x.org>\n\n| n | F_N |\n| --- | ---: |\n| 1 | a\\|b |\n\n```ts\nconst x = "<";\n```\n\nsqrt(log2 n) <= 1e-6',
      (href) => href.replace('.md', '.html'),
    );
    expect(headings).toEqual([{ level: 1, anchor: 'a-b', html: 'A <code>b</code>' }]);
    expect(html).toContain('<a href="d.html#e">c</a>');
    expect(html).toContain('<td class="right">a|b</td>');
    expect(html).toContain('<span class="k">const</span> x = <span class="s">&quot;&lt;&quot;</span>;');
    expect(html).toContain('sqrt(log2 n) &lt;= 1e-6');
  });

  it('colours code without changing it, line by line', () => {
    const code = '/* a\n b */ const x: Plan = `y\n`; // 12\n';
    const html = colored(code, 'ts', (name) => (name === 'Plan' ? '#Plan' : null));
    expect(html.replace(/<[^>]*>/g, '')).toBe(code);
    for (const line of html.split('\n'))
      expect(line.match(/<span/g)?.length ?? 0).toBe(line.match(/<\/span/g)?.length ?? 0);
    expect(html).toContain('<a href="#Plan">Plan</a>');
  });
});

describe('the search', () => {
  const data: SearchData = {
    pages: [
      ['a.html', 'Alpha', 'docs'],
      ['api/b.html', 'papilio', 'api'],
    ],
    sections: [
      [0, '', '', 'The whisper preset, and planFft in a sentence.'],
      [0, 'more', 'More about whisper', 'Nothing else.'],
      [1, 'planFft', 'planFft', 'A plan.'],
      [1, 'planFftSync', 'planFftSync', 'planFft at once.'],
    ],
  };
  const found = (asked: string): string[] => new Search(data).answer(asked).found.map((f) => f.address);

  it('puts a name before a heading, and a heading before text', () => {
    expect(found('planfft')).toEqual(['api/b.html#planFft', 'api/b.html#planFftSync', 'a.html']);
    expect(found('whisper')).toEqual(['a.html#more', 'a.html']);
  });

  it('wants every word, which the page may have', () => {
    expect(found('alpha else')).toEqual(['a.html#more']);
    expect(found('planfft whisper')).toEqual(['a.html']);
  });

  it('takes a word that nothing has for one that is close, and says so', () => {
    const answer = new Search(data).answer('wisper');
    expect(answer.words).toEqual(['whisper']);
    expect(answer.found.length).toBe(2);
    expect(new Search(data).answer('xylophone')).toEqual({ words: ['xylophone'], found: [] });
  });

  it('takes the more frequent one of two words that are as close', () => {
    const texts = ['banks', 'ranks ranks', 'tanks'];
    const search = new Search({
      pages: data.pages,
      sections: texts.map((text, i) => [0, `s${i}`, '', text]),
    });
    expect(search.answer('zanks').words).toEqual(['ranks']);
  });

  it('shows the words around the one that was asked for, within a long run of letters, too', () => {
    const excerpt = (text: string): string =>
      new Search({ pages: data.pages, sections: [[0, '', '', text]] }).answer('needle').found[0].excerpt;
    const words = 'some words of hay '.repeat(30);
    expect(excerpt(`${words}needle ${words}`)).toMatch(/^… [a-z ]*\bneedle some [a-z ]+…$/);
    const run = 'x'.repeat(300);
    expect(excerpt(`${words}${run}needle${run} end`)).toMatch(/^… needlex/);
    expect(excerpt(`${run}needle`)).toBe('… needle');
  });
});

it('a document that links to a file that is not there stops the build', async () => {
  const { Site } = await import('../../site/build.ts');
  const folder = mkdtempSync(join(tmpdir(), 'papilio-site-'));
  mkdirSync(join(folder, 'docs'));
  writeFileSync(join(folder, 'docs/a.md'), '# A\n\n[b](b.md)\n');
  expect(() => new Site(folder).document('docs/a.md', 'docs')).toThrow(
    'docs/a.html: links to docs/b.md, which is not there',
  );
  rmSync(folder, { recursive: true });
});
