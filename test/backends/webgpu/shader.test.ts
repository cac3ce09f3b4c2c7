/** Shaders as text and data: what they read and write, what fits, goldens; the one that holds results is run. */
import { afterAll, describe, expect, it } from 'vitest';
import { ReadyShader } from '../../../src/backends/webgpu/dispatch.ts';
import { printShader, type Shader, type ShaderOptions } from '../../../src/backends/webgpu/shader.ts';
import { compileGraph } from '../../../src/compiler/pipeline.ts';
import { UnsupportedError } from '../../../src/errors.ts';
import { gpuChain } from '../../../src/plans/gpu-chain.ts';
import { ArrayRuns, gpuCompilation } from '../../../src/plans/gpu-plan.ts';
import { graphOf } from '../../../src/plans/plan.ts';
import { planFftSync } from '../../../src/plans/plan.ts';
import { primeFactors } from '../../../src/numeric/digits.ts';
import { gpuDevice } from '../../gpu.ts';
import { distance, gaussian } from '../../helpers.ts';

/** A forward transform of n points, complex ends interleaved. */
function shaderOf(n: number, input: 'real' | 'complex', options: Partial<ShaderOptions> = {}): Shader {
  const bins = input === 'real' ? Math.floor(n / 2) + 1 : n;
  const { graph } = graphOf({ n, input, layout: 'interleaved', chain: gpuChain(n)! });
  const program = compileGraph(graph, gpuCompilation({ output: 2 * bins }));
  const [x] = Object.keys(program.inputs);
  const steps = {
    [x]: { step: input === 'real' ? n : 2 * n, group: null },
    output: { step: 2 * bins, group: null },
  };
  return printShader(program, { title: `DFT of ${n} ${input} samples`, steps, ...options });
}

/** 27 points in memory for one copy of them: the middle stage holds its results in registers. */
const held = printShader(
  compileGraph(
    graphOf({ n: 27, layout: 'interleaved', chain: { kind: 'stages', n: 27, radices: [3, 3, 3] } }).graph,
    gpuCompilation({ output: 54 }),
  ),
  { title: 'DFT of 27 complex samples', workgroupBytes: 216 },
);

const device = await gpuDevice();
afterAll(() => device?.destroy());

describe('shaders of transforms', () => {
  it.each(['real', 'complex'] as const)(
    'of %s samples read each once and write each result once',
    (input) => {
      const smooth = [
        2, 3, 7, 16, 45, 64, 100, 200, 256, 400, 480, 512, 735, 960, 1024, 1536, 1875, 2000, 2048,
      ];
      for (const n of smooth) {
        expect(Math.max(...primeFactors(n))).toBeLessThanOrEqual(7);
        const { traffic, workgroupBytes, invocations } = shaderOf(n, input);
        const width = input === 'real' ? 1 : 2;
        expect(traffic.read, `n = ${n}`).toBe(4 * width * n);
        expect(traffic.written, `n = ${n}`).toBe(8 * (input === 'real' ? Math.floor(n / 2) + 1 : n));
        expect(workgroupBytes).toBeLessThanOrEqual(16384);
        expect(invocations).toBeLessThanOrEqual(256);
      }
    },
  );

  it('count samples as often as they are read: a program that reads twice is found', () => {
    const { graph } = graphOf({ n: 37, input: 'complex', layout: 'interleaved' });
    const program = compileGraph(graph, gpuCompilation({ output: 74 }));
    const { traffic } = printShader(program, { title: 'a chirp' });
    expect(traffic.read).toBeGreaterThanOrEqual(4 * 74);
    expect(traffic.tables).toBeGreaterThan(0);
  });

  it('name what does not fit', () => {
    expect(() => shaderOf(2048, 'complex', { workgroupBytes: 8192 })).toThrow(
      new UnsupportedError(
        'DFT of 2048 complex samples: 16384 bytes of workgroup memory; the device allows 8192 (maxComputeWorkgroupStorageSize)',
      ),
    );
    const { graph } = graphOf({ n: 8 });
    expect(() => printShader(compileGraph(graph, { dtype: 'f64' }), { title: 'f64' })).toThrow(
      'f64 on webgpu',
    );
  });

  it('hold results in registers where memory is scarce, and nowhere else', () => {
    expect(shaderOf(2048, 'complex').code).toContain('h1_0');
    expect(shaderOf(1024, 'complex').code).not.toMatch(/\bh\d+_/);
  });

  it('of 64 real samples, two rows a workgroup (golden)', () =>
    expect(shaderOf(64, 'real', { lanes: 8, rows: 2 }).code).toMatchFileSnapshot(
      '../../goldens/rfft64.wgsl',
    ));
  it('of 27 points, in memory for one copy of them (golden)', () =>
    expect(held.code).toMatchFileSnapshot('../../goldens/fft27.wgsl'));
});

describe.skipIf(!device)('a shader that holds results', () => {
  it('gives the transform', async () => {
    const ready = await ReadyShader.of(device!, held);
    const x = Float32Array.from(gaussian(54, 1));
    const y = await new ArrayRuns(device!).run(x, 54, (encoder, input, output) =>
      ready.encode(encoder, { input, output }, { rows: 1 }),
    );
    const exact = planFftSync({ n: 27, layout: 'interleaved', dtype: 'f64' });
    exact.input.interleaved.set(x);
    exact.run();
    expect(distance(y, exact.output.interleaved)).toBeLessThan(5e-7);
  });
});
