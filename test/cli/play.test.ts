/** The playground from the command line: its address, and what opens it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openerOf, pageAddress } from '../../src/cli/play.ts';

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
