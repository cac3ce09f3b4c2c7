/** Students come close to teachers that are not the transform, and their cost is that of what they compute. */
import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { initialize, type ParameterValues } from '../../src/model/initialize.ts';
import type { GateSpec } from '../../src/model/parametrization.ts';
import { keptBins, modelGraph, networkOf, transformModel, type TrainedModel } from '../../src/model/model.ts';
import { distill, type Distilled } from '../../src/distill/distill.ts';
import { decideGates } from '../../src/prune/gates.ts';
import { realDft } from '../../src/numeric/dft.ts';
import { gaussian, network, runOn } from '../helpers.ts';

const n = 32;
const bins = n / 2 + 1;

/** Exact twiddles, off by some noise. */
function noisy(spec: ReturnType<typeof network>, by: number): ParameterValues {
  return Object.fromEntries(
    Object.entries(initialize(spec, 'exact', 1)).map(([name, x], i) => [
      name,
      name.endsWith('gate') ? x : x.map((v, j) => v + by * gaussian(x.length, 30 + i)[j]),
    ]),
  );
}

/** A teacher of learned twiddles and gains of its own. */
function denseTeacher(): TrainedModel {
  const spec = network(n, { input: 'real', parametrization: 'twiddle', split: 'twiddle' });
  const gain = gaussian(2 * bins, 9).map((g, i) => (i % 2 === 0 ? 1 : 0) + 0.3 * g);
  const corrector = { spec: { kind: 'banded', radius: 0 }, values: { 'corrector.band': gain } } as const;
  return transformModel(spec, noisy(spec, 0.02), { corrector });
}

describe('dense students', () => {
  it('are the exact transform and the best corrector', async () => {
    const teacher = denseTeacher();
    const affine = await distill(teacher, { student: 'dense', seed: 1 });
    const band = await distill(teacher, {
      student: 'dense',
      corrector: { kind: 'banded', radius: 2 },
      seed: 1,
    });
    const all = await distill(teacher, {
      student: 'dense',
      corrector: { kind: 'banded', radius: bins - 1 },
      seed: 1,
    });
    expect(affine.before).toBeGreaterThan(0.3);
    // The gains are in the class of affine correctors, the twiddles are not.
    expect(affine.after).toBeLessThan(0.1);
    expect(band.after).toBeLessThan(affine.after);
    expect(all.after).toBeLessThan(0.9 * band.after);
    const exact = await distill(
      transformModel(
        network(n, { input: 'real', parametrization: 'twiddle', split: 'twiddle' }),
        noisy(network(n, { input: 'real', parametrization: 'twiddle', split: 'twiddle' }), 0),
      ),
      { student: 'dense', corrector: { kind: 'identity' }, seed: 1 },
    );
    expect(exact.after).toBeLessThan(1e-15);
    // Four multiplications per bin for the factors, two additions more for the offsets.
    expect(affine.operations.mul - exact.operations.mul).toBe(4 * bins);
    expect(affine.operations.add - exact.operations.add).toBe(4 * bins);
    expect(band.operations.mul).toBeGreaterThan(affine.operations.mul + 12 * bins);
    expect(networkOf(affine.student.model).stages.every((s) => s.parametrization === 'exact')).toBe(true);
  });

  it('leave out the bins that the teacher leaves out', async () => {
    const teacher = denseTeacher();
    const kept = Array.from({ length: bins }, (_, b) => (b < 8 ? 1 : 0));
    const whole = await distill(teacher, { student: 'dense', seed: 1 });
    const half = await distill(transformModel(networkOf(teacher.model), teacher.values, { kept }), {
      student: 'dense',
      seed: 1,
    });
    expect(half.operations.mul).toBeLessThan(whole.operations.mul - 4 * 8);
    expect(half.after).toBeLessThan(0.1);
    expect(keptBins(half.student.model)).toEqual(kept);
  });

  it('are fitted to the signals given, and measured on others', async () => {
    const streams: number[] = [];
    // Signals of the lowest four bins alone: the corrector has no reason to touch the rest.
    const low = (stream: number, re: { [i: number]: number; length: number }): void => {
      streams.push(stream);
      const lanes = re.length / n;
      const amplitudes = gaussian(8 * lanes, stream % 2 ** 20);
      for (let j = 0; j < n; j++)
        for (let l = 0; l < lanes; l++) {
          re[j * lanes + l] = 0;
          for (let k = 0; k < 4; k++) {
            const t = (2 * Math.PI * j * k) / n;
            const [a, b] = [amplitudes[8 * l + 2 * k], amplitudes[8 * l + 2 * k + 1]];
            re[j * lanes + l] += a * Math.cos(t) + b * Math.sin(t);
          }
        }
    };
    const teacher = denseTeacher();
    const fitted = await distill(teacher, { student: 'dense', signals: low, seed: 1 });
    const general = await distill(teacher, { student: 'dense', seed: 1 });
    expect(fitted.after).toBeLessThan(general.after);
    expect(new Set(streams)).toEqual(new Set([2 ** 30, 2 ** 31]));
    expect(Math.abs(fitted.student.values['corrector.scale'][2 * 10] - 1)).toBeLessThan(1e-3);
  });

  it('compile to what was measured', async () => {
    const { student } = await distill(denseTeacher(), { student: 'dense', seed: 1 });
    const x = gaussian(n, 77);
    const out = runOn(wasmBackend, modelGraph(student, 1), { re: x }, { dtype: 'f64' });
    const spectrum = realDft(Array.from(x));
    const [scale, offset] = [student.values['corrector.scale'], student.values['corrector.offset']];
    for (let b = 0; b < bins; b++) {
      const [a, c, u, v] = [scale[2 * b], scale[2 * b + 1], spectrum.re[b], spectrum.im[b]];
      expect(Math.abs(out.outRe[b] - (a * u - c * v + offset[2 * b]))).toBeLessThan(1e-12);
      expect(Math.abs(out.outIm[b] - (a * v + c * u + offset[2 * b + 1]))).toBeLessThan(1e-12);
    }
  });
});

describe('gated students', () => {
  const gate: GateSpec = { kind: 'skip', mode: 'soft', grain: 'block', threshold: 0.5 };
  const spec = network(n, { input: 'real', parametrization: 'twiddle', decimation: 'frequency', gate });

  /** A teacher with a few gates half closed, one quarter of all closed. */
  function gatedTeacher(): TrainedModel {
    const values = { ...noisy(spec, 0.01) };
    for (const name of Object.keys(values))
      if (name.endsWith('gate'))
        values[name] = gaussian(values[name].length, 60).map((g) => (g < -0.6 ? 0 : g < 0 ? 0.8 : 1));
    return transformModel(spec, values);
  }

  it('start from the gates of the teacher, decided, and come closer by a corrector and training', async () => {
    const teacher = gatedTeacher();
    const asIs = await distill(teacher, {
      student: 'gated',
      corrector: { kind: 'identity' },
      steps: 0,
      seed: 2,
    });
    const closed = (values: ParameterValues): number =>
      Object.entries(values)
        .filter(([name]) => name.endsWith('gate'))
        .reduce((sum, [, x]) => sum + x.filter((g) => g < 0.5).length, 0);
    expect(closed(teacher.values)).toBeGreaterThan(1);
    expect(closed(asIs.student.values)).toBe(closed(teacher.values));
    for (const { gate: own, parametrization } of networkOf(asIs.student.model).stages)
      expect([own?.mode ?? 'hard', parametrization]).toEqual(['hard', 'exact']);
    // The merged stages round in another order.
    expect(Math.abs(asIs.after - asIs.before)).toBeLessThan(1e-14);
    expect(asIs.before).toBeGreaterThan(0.05);
    const affine = await distill(teacher, { student: 'gated', steps: 0, seed: 2 });
    const trained = await distill(teacher, { student: 'gated', steps: 200, seed: 2 });
    expect(affine.after).toBeLessThan(asIs.after);
    expect(trained.after).toBeLessThan(affine.after * 1.001);
    expect(affine.operations.mul).toBeLessThan(affine.teacherOperations.mul);
  });

  it.each(['ternary', 'skip'] as const)(
    'of exact blocks and decided %s gates are the teacher',
    async (kind) => {
      // Logits above the threshold, of which the largest decides; or log alpha, which decides by the gate that it means.
      const mode = kind === 'ternary' ? 'hard' : 'hard-concrete';
      const spec = network(n, { input: 'real', gate: { kind, mode, grain: 'butterfly', threshold: 0.5 } });
      const values = initialize(spec, 'exact', 1);
      for (const [i, name] of Object.keys(values).entries())
        if (name.endsWith('gate'))
          values[name] = values[name].map(
            (_, j) => (kind === 'ternary' ? 2 : 0) + [3, -3, 1, 2][(5 * i + 7 * j) % 4],
          );
      const settled = decideGates(spec, values);
      expect(settled.open).toBeGreaterThan(0);
      expect(settled.open).toBeLessThan(settled.total);
      const student = await distill(transformModel(spec, values), {
        student: 'gated',
        corrector: { kind: 'identity' },
        steps: 0,
        seed: 3,
      });
      const teacher = transformModel(settled.network, settled.values);
      const again = await distill(teacher, {
        student: 'gated',
        corrector: { kind: 'identity' },
        steps: 0,
        seed: 3,
      });
      expect(again.after).toBeLessThan(1e-15 * n);
      expect(student.student).toEqual(again.student);
    },
  );

  it('close gates that are paid for', async () => {
    const teacher = gatedTeacher();
    const closed = (t: TrainedModel): number =>
      Object.values(t.values).reduce((sum, x) => sum + x.filter((g) => g < 0.5).length, 0);
    const free = await distill(teacher, { student: 'gated', steps: 150, seed: 2 });
    const paid = await distill(teacher, { student: 'gated', steps: 150, sparsity: 5, seed: 2 });
    expect(closed(paid.student)).toBeGreaterThan(closed(free.student));
    const total = ({ operations }: Distilled): number => operations.mul + operations.add;
    expect(total(paid)).toBeLessThan(total(free));
  });

  it('refuse by name what they cannot do', async () => {
    await expect(distill(denseTeacher(), { student: 'gated', seed: 1 })).rejects.toThrow(
      'the teacher has no gates',
    );
    await expect(distill(denseTeacher(), { student: 'tiny' as 'dense', seed: 1 })).rejects.toThrow(
      'student is "tiny"; expected dense, gated, ternary',
    );
    const short = {
      spec: { kind: 'banded', radius: 0 },
      values: { 'corrector.band': new Float64Array(3) },
    } as const;
    const teacher = transformModel(spec, noisy(spec, 0), { corrector: short });
    await expect(distill(teacher, { student: 'dense', seed: 1 })).rejects.toThrow(
      'parameter "corrector.band" has 3 values; expected 34 finite ones',
    );
  });
});

describe('ternary students', () => {
  const identity = { corrector: { kind: 'identity' }, steps: 0, seed: 4 } as const;

  it('of a teacher that drops every odd bin of the tree compute what it computes, no more', async () => {
    const drop: GateSpec = { kind: 'drop', mode: 'hard', grain: 'stage', threshold: 0.5 };
    const open = network(n, { input: 'real', decimation: 'frequency' });
    // The last stage by stride runs first in frequency and parts even from odd.
    const stages = open.stages.map((stage, s) =>
      s === open.stages.length - 1 ? { ...stage, gate: drop } : stage,
    );
    const gateName = `stage${stages.length - 1}.gate`;
    const teacher = transformModel({ ...open, stages }, { [gateName]: Float64Array.of(1, 0) });
    const { student, after, before, operations, teacherOperations } = await distill(teacher, {
      student: 'ternary',
      ...identity,
    });
    expect(before).toBeGreaterThan(0);
    expect(after).toBeLessThan(1e-15 * n);
    expect(keptBins(student.model)?.filter((kept) => kept === 0).length).toBe(n / 4);
    expect(operations.add + operations.mul).toBeLessThanOrEqual(
      teacherOperations.add + teacherOperations.mul,
    );
    for (const { gate } of networkOf(student.model).stages) expect(gate?.kind ?? 'ternary').toBe('ternary');
  });

  it('take skip gates over as skips', async () => {
    const gate: GateSpec = { kind: 'skip', mode: 'hard', grain: 'block', threshold: 0.5 };
    const spec = network(n, { input: 'real', gate });
    const values = initialize(spec, 'exact', 1);
    for (const [i, name] of Object.keys(values).entries())
      values[name] = values[name].map((_, j) => ((3 * i + 5 * j) % 4 === 1 ? 0 : 1));
    const { student, after } = await distill(transformModel(spec, values), {
      student: 'ternary',
      ...identity,
    });
    expect(after).toBeLessThan(1e-15 * n);
    const skips = Object.values(student.values).flatMap((z) => [...z].filter((_, i) => i % 3 === 0));
    const closed = Object.values(values).flatMap((z) => [...z].filter((g) => g === 0));
    expect(closed.length).toBeGreaterThan(2);
    expect(skips.filter((z) => z === 1).length).toBe(closed.length);
  });

  it('of a teacher without gates start as the exact transform and close what is paid for', async () => {
    const teacher = denseTeacher();
    const steps: number[] = [];
    const start = await distill(teacher, { student: 'ternary', steps: 0, seed: 1 });
    const dense = await distill(teacher, { student: 'dense', seed: 1 });
    expect(start.after).toBeCloseTo(dense.after, 12);
    expect(start.operations).toEqual(dense.operations);
    const paid = await distill(teacher, {
      student: 'ternary',
      grain: 'run',
      steps: 150,
      sparsity: 4,
      seed: 1,
      onStep: (step) => steps.push(step),
    });
    expect(steps.length).toBe(150);
    expect(paid.operations.mul + paid.operations.add).toBeLessThan(
      dense.operations.mul + dense.operations.add,
    );
    expect(networkOf(paid.student.model).stages.some(({ gate }) => gate?.grain === 'run')).toBe(true);
  });
});
