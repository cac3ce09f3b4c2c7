/** A front end in front of a model: what is joined, and what is refused by name. */
import { describe, expect, it } from 'vitest';
import { mergeOnnx } from '../../../src/backends/onnx/merge.ts';
import { readMessage } from '../../../src/backends/onnx/protobuf.ts';
import { FileFormatError, InvalidArgumentError, UnsupportedError } from '../../../src/errors.ts';
import { exactFrontEnd } from '../../../src/front/front-end.ts';
import { mergedOnnxFiles } from '../../../src/front/onnx/files.ts';
import { frontEndOnnx } from '../../../src/front/onnx/front-end.ts';
import { featureHead } from '../../../src/spectral/presets.ts';
import { secondOnnx } from '../../../scripts/fuzz/second-onnx.ts';
import { gaussian } from '../../helpers.ts';
import { readOnnx, runOnnx } from '../../onnx.ts';

const head = featureHead('librosa', { nFft: 64, hop: 20, bank: { bands: 40 } });
const front = exactFrontEnd(head);
const x = { dims: [1, 500], data: gaussian(500, 1).map((v) => 0.1 * v) };
const feeds = { waveforms: x, waveforms_lens: { dims: [1], data: Float64Array.of(500) } };
const merged = (model: Uint8Array, input?: string): Uint8Array =>
  mergedOnnxFiles(front, { name: 'joined' }, { bytes: model, name: 'm.onnx', ...(input ? { input } : {}) })
    .bytes;

describe('a front end in front of a model', () => {
  const { features } = runOnnx(readOnnx(frontEndOnnx(front, { name: 'front' }).bytes), feeds);
  const [, width, frames] = features.dims;

  it('samples come in, what the model makes of features comes out', () => {
    const read = readOnnx(merged(secondOnnx({})));
    expect([read.inputs, read.outputs]).toEqual([['waveforms', 'waveforms_lens'], ['y']]);
    const { y } = runOnnx(read, feeds);
    expect(y).toEqual({ dims: features.dims, data: features.data.map((v) => -v) });
    expect(JSON.parse(read.metadata['papilio.head'])).toEqual(head);
  });

  it('says what the model still reads, with types and shapes', () => {
    const bytes = secondOnnx({ dims: ['N', 40, 'T'], kept: 'tokens' });
    const { inputs, outputs, files } = mergedOnnxFiles(front, { name: 'joined' }, { bytes, name: 'm.onnx' });
    // N is the batch of the second model, thus of the first; samples are called otherwise.
    expect(inputs).toEqual([
      { name: 'waveforms', element: 1, dims: ['N', 'papilio_N'] },
      { name: 'waveforms_lens', element: 7, dims: ['N'] },
      { name: 'tokens', element: 7, dims: ['N', ''] },
    ]);
    expect(outputs.map((o) => o.name)).toEqual(['y']);
    expect(Object.keys(files)).toEqual(['joined.onnx', 'joined.md']);
    expect(files['joined.md']).toContain('and as before tokens (int64 [N, ?]).');
    expect(files['joined.md']).toContain('"tokens": tokens})');
  });

  it('nodes, constants and values of one name in both stay apart', () => {
    const node = 'constant_0';
    for (const dims of [
      ['B', 40, 'T'],
      ['B', 'T', 40],
    ]) {
      const read = readOnnx(merged(secondOnnx({ input: node, node, dims })));
      const names = read.nodes.map((n) => n.name);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toContain(node);
      const { y } = runOnnx(read, feeds);
      expect(y.data[dims[1] === 40 ? 1 : 40]).toBe(-features.data[1]);
    }
  });

  it('frames first are turned', () => {
    const { y } = runOnnx(readOnnx(merged(secondOnnx({ dims: ['B', 'T', 40] }))), feeds);
    expect(y.dims).toEqual([1, frames, width]);
    expect(y.data[1]).toBe(-features.data[frames]);
  });

  it('opsets are raised where that is safe, and axes of ReduceMax read from 18 on', () => {
    expect(readOnnx(merged(secondOnnx({ opset: 13 }))).opset).toBe(17);
    const read = readOnnx(merged(secondOnnx({ opset: 20 })));
    expect(read.opset).toBe(20);
    const [largest] = read.nodes.filter(({ op }) => op === 'ReduceMax');
    expect([largest.inputs.length, largest.attributes]).toEqual([2, { keepdims: 1 }]);
    expect([...(read.constants.get(largest.inputs[1])?.data ?? [])]).toEqual([0, 2]);
  });

  it.each([
    [{ opset: 11, op: 'Squeeze' }, UnsupportedError, 'm.onnx: node "own" is Squeeze of opset 11'],
    [{ opset: 9 }, UnsupportedError, 'm.onnx: has opset 9; expected 11 to 23'],
    [{ opset: 99 }, UnsupportedError, 'm.onnx: has opset 99'],
    [
      { dims: ['B', 80, 'T'] },
      InvalidArgumentError,
      'm.onnx: input "x" is x [?, 80, ?]; expected [batch, 40, frames]',
    ],
    [
      { dims: ['B', 'T', 41] },
      InvalidArgumentError,
      'm.onnx: input "x" is x [?, ?, 41]; expected [batch, 40, frames] or [batch, frames, 40]',
    ],
    [
      { dims: ['B', 'T'] },
      InvalidArgumentError,
      'm.onnx: no input for the features; expected one of x [?, ?]',
    ],
    [{ type: 7 }, InvalidArgumentError, 'm.onnx: input "x" has element type 7'],
    [{ node: 'papilio_own' }, InvalidArgumentError, 'm.onnx: has a node "papilio_own" already'],
    [{ input: 'waveforms' }, InvalidArgumentError, 'm.onnx: has a value "waveforms" already'],
    [
      { opset: 11, op: 'Squeeze', isNested: true },
      UnsupportedError,
      'm.onnx: node "own" is Squeeze of opset 11',
    ],
    [{ opset: 13, isFunction: true }, UnsupportedError, 'm.onnx: function "f" is of opset 13'],
    [{ lens: 6 }, InvalidArgumentError, 'm.onnx: input "features_lens" has element type 6; expected int64'],
    [{ hasOutput: false }, InvalidArgumentError, 'm.onnx: has no output'],
    [{ isExternal: true }, UnsupportedError, 'm.onnx: tensor "w" lies in a file of its own'],
  ] as const)('%o is refused', (model, error, text) => {
    const join = (): Uint8Array => merged(secondOnnx(model));
    expect(join).toThrow(error);
    expect(join).toThrow(text);
  });

  it('frames that are known must be as many', () => {
    const join = (frames: number): Uint8Array =>
      mergedOnnxFiles(
        front,
        { name: 'joined', samples: 500 },
        { bytes: secondOnnx({ dims: ['B', 40, frames] }), name: 'm.onnx' },
      ).bytes;
    expect(readOnnx(join(frames)).outputs).toEqual(['y']);
    expect(() => join(frames + 1)).toThrow(
      `m.onnx: input "x" has ${frames + 1} frames, the front end ${frames}`,
    );
    expect(() =>
      mergedOnnxFiles(
        front,
        { name: 'joined', samples: 500 },
        { bytes: secondOnnx({ dims: [8, 'T', 40] }), name: 'm.onnx' },
      ),
    ).toThrow('m.onnx: input "x" is x [8, ?, 40]; expected [1, 40, frames]');
  });

  it('inputs that are named must be there; bytes that are no model are named', () => {
    expect(() => merged(secondOnnx({}), 'z')).toThrow(/no input for the features called "z"/);
    const options = { name: 'm.onnx', width };
    expect(() => mergeOnnx(merged(secondOnnx({})), Uint8Array.of(1, 2, 3), options)).toThrow(FileFormatError);
    expect(() => mergeOnnx(merged(secondOnnx({})), new Uint8Array(0), options)).toThrow(
      /m.onnx: has no graph/,
    );
    expect(() => readMessage(Uint8Array.of(10, 200), 'a file')).toThrow(/a file: byte/);
  });
});
