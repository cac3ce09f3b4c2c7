/** papilio certify as a user runs it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { certify } from '../../src/certify/certify.ts';
import { decodeTransform } from '../transform-file.ts';
import { papilio, temporary } from './helpers.ts';

const checkpoint = join(import.meta.dirname, '../fixtures/certificates/transform.safetensors');

it('prints the claims and writes the certificate that the library makes, with the hash of the file', async () => {
  const json = join(temporary(), 'certificate.json');
  const run = await papilio(['certify', checkpoint, '--dtype', 'f32', '--json', json]);
  expect(run.stderr).toBe('');
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/proven: \|\|error\|\| <= [\d.]+e-\d+ \|\|x\|\| for every x/);
  expect(run.stdout).toMatch(/the bound is 1\.0020 times that/);
  const {
    checkpoint: name,
    sha256,
    ...rest
  } = JSON.parse(readFileSync(json, 'utf8')) as Record<string, unknown>;
  expect(name).toBe('transform.safetensors');
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  const own = certify(decodeTransform(readFileSync(checkpoint), 'x'), { dtype: 'f32' });
  expect(rest).toEqual(JSON.parse(JSON.stringify(own)));
});

it('a damaged checkpoint is one line and writes nothing', async () => {
  const folder = temporary();
  const damaged = join(folder, 'damaged.safetensors');
  writeFileSync(damaged, readFileSync(checkpoint).subarray(0, 900));
  const json = join(folder, 'certificate.json');
  const run = await papilio(['certify', damaged, '--json', json]);
  expect(run.code).toBe(2);
  expect(run.stderr).toMatch(/^papilio certify: .*damaged\.safetensors: [^\n]*\n$/);
  expect(() => readFileSync(json)).toThrow(/ENOENT/);
});
