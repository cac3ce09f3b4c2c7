/** Whole programs as shaders, gradients and parameters included, against the interpreter of kernels. */
import { afterAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../../src/backends/reference.ts';
import { ReadyShader, filledBuffer } from '../../../src/backends/webgpu/dispatch.ts';
import { bufferUsage, mapRead, type GpuBuffer } from '../../../src/backends/webgpu/gpu.ts';
import { printShader } from '../../../src/backends/webgpu/shader.ts';
import type { Program } from '../../../src/compiler/kernel.ts';
import { compileGraph } from '../../../src/compiler/pipeline.ts';
import { argument, exprCarrier as k } from '../../../src/ir/expr.ts';
import { gradient } from '../../../src/ir/grad.ts';
import { access, input, loop, map, parameter, type Graph, type Tensor } from '../../../src/ir/graph.ts';
import { rows } from '../../../src/ir/view.ts';
import { initialize } from '../../../src/model/initialize.ts';
import { binCount, spectrum, type NetworkSpec } from '../../../src/model/network.ts';
import { spectrumLoss } from '../../../src/optimize/losses.ts';
import { gpuCompilation } from '../../../src/plans/gpu-plan.ts';
import { gpuDevice, type TestDevice } from '../../gpu.ts';
import { distance, gaussian, network, runProgram } from '../../helpers.ts';

const found = await gpuDevice();
const device = found as TestDevice;
afterAll(() => found?.destroy());

type Values = Readonly<Record<string, ArrayLike<number>>>;

/** Outputs of one run of a program, one workgroup for all of it. */
async function runOnGpu(program: Program, values: Values): Promise<Record<string, Float32Array>> {
  const shader = printShader(program, { title: 'a program' });
  const ready = await ReadyShader.of(device, shader);
  const { storage, copySource, copyTarget } = bufferUsage;
  const targets: Record<string, GpuBuffer> = {};
  for (const [kind, ids] of Object.entries({
    input: program.inputs,
    parameter: program.parameters,
    output: program.outputs,
  }))
    for (const [name, id] of Object.entries(ids)) {
      const data = new Float32Array(program.buffers[id].size);
      if (kind !== 'output') data.set(values[name]);
      targets[name] = filledBuffer(device, data, storage | copySource);
    }
  const encoder = device.createCommandEncoder();
  ready.encode(encoder, targets, { rows: 1 });
  const staging = Object.keys(program.outputs).map((name) => {
    const { size } = targets[name];
    const buffer = device.createBuffer({ size, usage: bufferUsage.mapRead | copyTarget });
    encoder.copyBufferToBuffer(targets[name], 0, buffer, 0, size);
    return [name, buffer] as const;
  });
  device.queue.submit([encoder.finish()]);
  const read = async ([name, buffer]: (typeof staging)[number]): Promise<[string, Float32Array]> => {
    await buffer.mapAsync(mapRead);
    return [name, new Float32Array(buffer.getMappedRange().slice(0))];
  };
  return Object.fromEntries(await Promise.all(staging.map(read)));
}

/** The shader's numbers are the interpreter's, to the rounding of sums in another order. */
async function expectAlike(graph: Graph, values: Values): Promise<void> {
  const program = compileGraph(graph, gpuCompilation({}));
  const own = await runOnGpu(program, values);
  for (const [name, exact] of Object.entries(runProgram(referenceBackend, program, values)))
    expect(distance(own[name], exact), name).toBeLessThan(2e-6);
}

const lanes = 4;

/** Loss and gradients of a network whose parameters are parameters. */
function trained(spec: NetworkSpec): Graph {
  const leaves = new Map<string, Tensor>();
  const provide = (name: string, shape: readonly number[]): Tensor => {
    const made = leaves.get(name) ?? parameter(name, shape);
    leaves.set(name, made);
    return made;
  };
  const re = input('re', [spec.n, lanes]);
  const source = {
    re: rows(re, lanes),
    ...(spec.input === 'real' ? {} : { im: rows(input('im', [spec.n, lanes]), lanes) }),
  };
  const x = spectrum(spec, source, { lanes, provide });
  const bins = binCount(spec);
  const target = { re: input('targetRe', [bins, lanes]), im: input('targetIm', [bins, lanes]) };
  const loss = spectrumLoss(x, target, bins, lanes, 2);
  const [first] = leaves.values();
  const [toFirst, toInput] = gradient(loss, [first, re]);
  const outputs = { loss, toFirst, toInput };
  return { outputs };
}

describe.skipIf(!found)('programs on a GPU', () => {
  const specs = [
    network(8, { radices: [4, 2], parametrization: 'free' }),
    network(8, {
      radices: [2, 2],
      parametrization: 'unit-circle',
      decimation: 'frequency',
      input: 'real',
      split: 'twiddle',
    }),
    network(6, {
      radices: [3],
      input: 'real',
      parametrization: 'twiddle',
      gate: { kind: 'skip', mode: 'soft', grain: 'butterfly', threshold: 0.5 },
    }),
  ];
  it.each(specs)('a network with its gradients: %#', async (spec) => {
    const bins = binCount(spec);
    const values = {
      ...initialize(spec, 'random', 5),
      re: gaussian(spec.n * lanes, 1),
      im: gaussian(spec.n * lanes, 2),
      targetRe: gaussian(bins * lanes, 3),
      targetIm: gaussian(bins * lanes, 4),
    };
    await expectAlike(trained(spec), values);
  });

  it('every op, of ordinary numbers and of the ends of their range', async () => {
    const [a, b] = [argument(0), argument(1)];
    const bodies = [
      k.div(a, b),
      k.sqrt(k.abs(a)),
      k.min(a, b),
      k.max(a, k.neg(b)),
      k.round(k.mul(a, b)),
      k.select(k.less(a, b), a, k.literal(-0.25)),
      k.select(k.equal(a, a), b, a),
      k.exp(k.mul(b, k.literal(3))),
      k.log(k.abs(a)),
      k.sin(k.mul(a, b)),
      k.cos(a),
    ];
    const left = gaussian(64, 1).map((v, i) => (i === 0 ? 1e5 : i === 1 ? 1e-30 : v));
    const right = gaussian(64, 2).map((v) => v + 3 * Math.sign(v));
    for (const some of [bodies.slice(0, 6), bodies.slice(6)]) {
      const results = map('ops', [input('a', [64]), input('b', [64])], some);
      const outputs = Object.fromEntries(results.map((t, i) => [`y${i}`, t]));
      await expectAlike({ outputs }, { a: left, b: right });
    }
  });

  it('a table of offsets, a sum and a maximum, sums that meet in memory', async () => {
    const x = input('x', [12]);
    const table = Int32Array.of(0, 7, 2, 9);
    const reduced = (combine: 'sum' | 'max'): Tensor =>
      loop({
        label: combine,
        space: [4, 3],
        loads: [{ tensor: x, access: access(0, table, 1) }],
        body: [k.mul(argument(0), argument(0))],
        stores: [{ result: 0, access: access(0, 1, 0), combine }],
        shapes: [[4]],
      })[0];
    const [scattered] = loop({
      label: 'scatter',
      space: [4, 3],
      loads: [{ tensor: x, access: access(0, 3, 1) }],
      body: [argument(0)],
      stores: [{ result: 0, access: access(0, Int32Array.of(0, 1, 0, 2), 1), combine: 'sum' }],
      shapes: [[5]],
    });
    await expectAlike(
      { outputs: { sum: reduced('sum'), max: reduced('max'), scattered } },
      { x: gaussian(12, 1) },
    );
  });
});
