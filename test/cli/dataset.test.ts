/** Sets of recordings are told apart by what is in them and by what is read of them. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordingSet, recordingSetOf } from '../../src/cli/dataset.ts';
import { temporary } from './helpers.ts';

const reading = { rate: 16000, channel: 'mix', minutes: 5 } as const;

it('a set is its names, its contents and their order, not the folder they lie in', () => {
  const [folder, other] = [temporary(), temporary()];
  const write = (into: string, name: string, text: string): string => {
    writeFileSync(join(into, name), text);
    return join(into, name);
  };
  const paths = ['a.wav', 'b.wav'].map((name) => write(folder, name, `sound of ${name}`));
  const set = recordingSetOf(paths, reading);
  expect(set).toEqual({ ...reading, recordings: expect.stringMatching(/^2 files, [0-9a-f]{16}$/) });
  const moved = ['a.wav', 'b.wav'].map((name) => write(other, name, `sound of ${name}`));
  expect(recordingSetOf(moved, reading)).toEqual(set);
  expect(recordingSetOf([...paths].reverse(), reading)).not.toEqual(set);
  // As many bytes under the same name.
  write(other, 'b.wav', 'sound of c.wav');
  expect(recordingSetOf(moved, reading).recordings).not.toBe(set.recordings);
  write(other, 'b.wav', 'sound of b.wav');
  renameSync(moved[1], join(other, 'c.wav'));
  expect(recordingSetOf([moved[0], join(other, 'c.wav')], reading).recordings).not.toBe(set.recordings);
  // What cannot be read is no error here, and not what it was.
  expect(recordingSetOf(moved, reading).recordings).not.toBe(set.recordings);
  expect(recordingSet([], reading).recordings).toMatch(/^0 files/);
});

it('a file is read whole', () => {
  const path = join(temporary(), 'long.wav');
  writeFileSync(path, new Uint8Array((1 << 20) + 5));
  const set = recordingSetOf([path], reading);
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = 1;
  writeFileSync(path, bytes);
  expect(recordingSetOf([path], reading)).not.toEqual(set);
});
