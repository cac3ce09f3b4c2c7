/** The playground from the command line: its address, and what opens it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { wholeOfAddress, wholeOfFile } from '../../playground/shell/address.ts';
import { rooms } from '../../playground/shell/registry.ts';
import { compareReport, isComparison } from '../../src/cli/compare-report.ts';
import { frontReport } from '../../src/cli/front-report.ts';
import { learnReport } from '../../src/cli/learn-report.ts';
import { leadingTo, openerOf, pageAddress, printedOf } from '../../src/cli/play.ts';
import { addressOfFiles, comparedAddress, exactModel, roomNames } from '../../src/cli/playground.ts';
import { pageOf } from '../../src/cli/report/page.ts';
import { decodeFrontEnd } from '../../src/files.ts';
import { runLine } from '../hostile/helpers.ts';
import { learnSample } from './page-samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'papilio play '));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the playground', () => {
  it('has an address with a state, also in a folder of any name', () => {
    const page = join(folder, 'playground.html');
    writeFileSync(page, '');
    const { href } = pathToFileURL(page);
    expect(href).toContain('%20');
    const paths = [join(folder, 'none.html'), page];
    expect(pageAddress(paths)).toBe(href);
    expect(pageAddress(paths, 'tour')).toBe(`${href}#/tour`);
    expect(pageAddress(paths, '#/trade?budget=0.1')).toBe(`${href}#/trade?budget=0.1`);
  });

  it('says where it is not', () => {
    const path = join(folder, 'none.html');
    expect(() => pageAddress([path])).toThrow(`${path}: no such page; expected one that npm run build made`);
  });

  it('is opened where somebody sees it', () => {
    expect(openerOf('darwin', {})).toEqual(['open']);
    expect(openerOf('win32', {})).toEqual(['rundll32', 'url.dll,FileProtocolHandler']);
    expect(openerOf('linux', {})).toBeNull();
    expect(openerOf('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open']);
  });
});

/** A room that shows what it was given. */
const compare = {
  id: 'compare',
  title: 'Compare',
  about: '',
  order: 1,
  read: (raw: object) => raw,
  mount: () => ({ show: () => undefined }),
  code: () => '',
};
type Shown = Readonly<Record<'leftFront' | 'leftModel' | 'rightFront' | 'rightModel', string>>;
/** What the page would show of an address. */
const shownAt = (address: string | undefined): Shown => {
  const { states } = wholeOfAddress(address ?? '', [compare]);
  return states['compare'] as Shown;
};

describe('what the playground is opened with', () => {
  const model = 'playground/fronts/papilio-learned-2.safetensors';
  const bytes = readFileSync(model);
  const { head } = decodeFrontEnd(bytes, model);
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const modelOf = (text: string): Buffer => Buffer.from(text, 'base64url');

  it('is a model beside its exact front end, or beside another', () => {
    const one = shownAt(addressOfFiles([model]));
    expect([one.leftFront, one.rightFront]).toEqual(['exact', 'papilio-learned-2.safetensors']);
    expect(modelOf(one.rightModel).equals(bytes)).toBe(true);
    expect(decodeFrontEnd(modelOf(one.leftModel), 'exact').transform).toEqual({ kind: 'exact' });
    expect(decodeFrontEnd(modelOf(one.leftModel), 'exact').head).toEqual(head);
    const two = shownAt(addressOfFiles([model, file('papilio-learned-2.safetensors', bytes)]));
    expect(two.rightFront).toBe('papilio-learned-2.safetensors (2)');
    expect(modelOf(two.leftModel).equals(bytes)).toBe(true);
  });

  it('is a report of learn, which says how, and the page opens it as a file too', () => {
    const sample = { ...learnSample(), bytes };
    const path = join(folder, 'my report.html');
    const html = pageOf(learnReport(sample, 'papilio learn x'), path);
    expect(html).toContain('papilio play');
    expect(html).toContain('my report.html');
    const address = addressOfFiles([file('my report.html', html)]);
    expect(modelOf(shownAt(address).rightModel).equals(bytes)).toBe(true);
    expect(wholeOfFile(html, [compare])).toEqual(wholeOfAddress(address, [compare]));
  });

  it('is what compare wrote of front ends, and a page of it', async () => {
    const json = join(folder, 'comparison.json');
    const { code } = await runLine(['compare', model, '--json', json]);
    expect(code).toBe(0);
    const value: unknown = JSON.parse(readFileSync(json, 'utf8'));
    if (!isComparison(value)) throw new Error('no comparison');
    const address = addressOfFiles([json]);
    expect(modelOf(shownAt(address).rightModel).equals(bytes)).toBe(true);
    const html = pageOf(compareReport(value, 'papilio report comparison.json'));
    expect(addressOfFiles([file('comparison.html', html)])).toBe(address);
  });

  it('is the learned front end in the middle of a front, where its file is there', () => {
    const row = { kind: 'learned', feature: 'papilio', nFft: 512, seed: 0, structure: 'x' };
    const ones =
      'error errorP95 operations exactOperations mels transformOperations exactTransformOperations fftOperations exactFftOperations tableBytes codeBytes';
    const rows = ['a', 'b', 'c'].map((name) => ({
      ...row,
      ...Object.fromEntries(ones.split(' ').map((key) => [key, 1])),
      nsPerFrame: null,
      exactNsPerFrame: null,
      validationError: null,
      bandErrors: [1],
      files: [`${name}.safetensors`],
    })) as unknown as Parameters<typeof frontReport>[0];
    const address = (): string | undefined => frontReport(rows, folder, 'papilio pareto', []).playground;
    expect(address()).toBeUndefined();
    for (const name of ['a', 'b', 'c']) file(`${name}.safetensors`, bytes);
    expect(shownAt(address()).rightFront).toBe('b.safetensors');
    for (const name of ['a', 'b', 'c']) rmSync(join(folder, `${name}.safetensors`));
  });

  it('is a state that the page saved, all rooms of it', () => {
    const state = {
      papilio: 'playground',
      room: 'learn',
      states: { compare: { left: 'a b' }, learn: { n: 64 } },
    };
    expect(addressOfFiles([file('state.json', JSON.stringify(state))])).toBe(
      '#/learn?n=64/compare?left=a%20b',
    );
  });

  it('is nothing that is too large, and files without a state are named', () => {
    const large = { name: 'large', bytes: new Uint8Array(200_001) };
    expect(comparedAddress(exactModel(head), large)).toBeUndefined();
    expect(() => addressOfFiles([file('a.html', '<p>')])).toThrow(
      /a\.html: no models in it; expected a report/,
    );
    expect(() => addressOfFiles([file('a.json', '{}')])).toThrow(/a\.json: no state of the playground/);
    expect(() => addressOfFiles([file('b.html', '<p>'), model])).toThrow(/expected one file, or two models/);
    expect(() => addressOfFiles([join(folder, 'none.html')])).toThrow(/none\.html: no such file/);
  });

  it('gets to the page through one that leads there: what opens pages drops what stands behind #', () => {
    const address = 'file:///a/playground.html#/compare?left=</script>';
    const path = fileURLToPath(leadingTo(address));
    const [, text] = /location\.replace\((.*)\)<\/script>/.exec(readFileSync(path, 'utf8')) ?? [];
    expect(JSON.parse(text)).toBe(address);
    rmSync(join(path, '..'), { recursive: true });
  });

  it('is printed where it is short; a page that leads to it stands for a long one', () => {
    const page = 'file:///tmp/play.html';
    expect(printedOf('file:///a/playground.html#/trade', page)).toBe('file:///a/playground.html#/trade');
    expect(printedOf(`file:///a/playground.html#/${'x'.repeat(14_000)}`, page)).toBe(page);
  });

  it('is refused where a room stands beside a file', async () => {
    const { code, stderr } = await runLine(['play', 'trade', model, '--print']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/trade: is no file; expected one room, or one or two files/);
  });

  it('is refused where it is no room of the page', async () => {
    expect(roomNames).toEqual([...rooms.map((room) => room.id), 'tour']);
    const evil = file('evil.html', '<p data-playground="#/evil">');
    const text = file('t.txt', 'learn');
    for (const [operand, message] of [
      ['nosuch', 'nosuch: no such room; expected listen, butterflies, '],
      ['learn?n=4/nosuch', 'learn?n=4/nosuch: nosuch: no such room; expected '],
      ['javascript:alert(1)', 'javascript:alert(1): no such room; expected '],
      [text, `${text}: neither a room nor a file of the playground; expected `],
      ['.', '.: neither a room nor a file of the playground; expected '],
      [evil, `${evil}: its address leads to evil, no such room; expected `],
    ]) {
      const { code, stderr } = await runLine(['play', operand, '--print']);
      expect([operand, code]).toEqual([operand, 2]);
      expect(stderr).toContain(message);
    }
  });
});
