/** Where students of a distillation start: the teacher's gates, decided, and its mask. */
import { InvalidArgumentError } from '../errors.ts';
import { decidedGates, gateWidth, openGates, type GateSpec } from '../model/gates.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { parameterName } from '../model/geometry.ts';
import { binCount, parameterShapes, type NetworkSpec } from '../model/network.ts';
import type { StageSpec } from '../model/parametrization.ts';
import { sizeOf } from '../ir/graph.ts';
import { keptBins, networkOf, transformModel, type TrainedModel } from '../model/model.ts';
import { exactSpec } from '../fit/transform-task.ts';
import { gaussianSignals, spectraOf } from './transform-spectra.ts';

/**
 * dense: the exact transform. gated: exact blocks behind the teacher's gates, of their kind and grain. ternary: exact blocks
 * behind skip, forward and reverse gates on every stage.
 */
export const studentKinds = ['dense', 'gated', 'ternary'] as const;

interface StudentStart {
  readonly network: NetworkSpec;
  /** Gate parameters; exact blocks have no others. */
  readonly values: ParameterValues;
  /** [bins] of 0 and 1. */
  readonly kept?: readonly number[] | undefined;
}

const gateName = (s: number): string => parameterName(s, 'gate');
const probeLanes = 4;

/** Bins that the teacher keeps and that its decided gates do not make zero; undefined if these are all bins. */
function liveBins(teacher: TrainedModel, gated: StudentStart): number[] | undefined {
  const bins = binCount(networkOf(teacher.model));
  const kept = keptBins(teacher.model);
  const { network, values } = gated;
  const x = spectraOf(transformModel(network, values), gaussianSignals(1), 0, probeLanes);
  const live = Array.from({ length: bins }, (_, b) => {
    const own = (part: Float64Array): boolean =>
      part.subarray(b * probeLanes, (b + 1) * probeLanes).some((v) => v !== 0);
    return kept?.[b] !== 0 && (own(x.re) || own(x.im)) ? 1 : 0;
  });
  return live.includes(0) ? live : undefined;
}

/** Exact blocks behind the teacher's gates, decided. */
function gatedStart(teacher: TrainedModel): StudentStart {
  const values: ParameterValues = {};
  const whole = networkOf(teacher.model);
  const stages = whole.stages.map(({ radix, gate }, s): StageSpec => {
    const stage = { radix, parametrization: 'exact' as const };
    if (!gate) return stage;
    values[gateName(s)] = decidedGates(gate, radix, teacher.values[gateName(s)]);
    const { kind, grain, threshold } = gate;
    return { ...stage, gate: { kind, grain, threshold, mode: 'hard' } };
  });
  const network: NetworkSpec = { ...whole, stages, split: 'exact' };
  return { network, values, kept: keptBins(teacher.model) };
}

/**
 * Decided gates as shares of skip, forward and reverse. A drop gate that is off altogether skips; one that drops one output goes
 * forward: that its output vanishes is said by the mask, where it reaches the bins as a zero.
 */
function asTernary(kind: GateSpec['kind'], radix: number, decided: Float64Array): Float64Array {
  if (kind === 'ternary') return decided;
  const width = gateWidth(kind, radix);
  const out = new Float64Array((3 * decided.length) / width);
  for (let i = 0; 3 * i < out.length; i++) {
    const open = decided.subarray(i * width, (i + 1) * width).some((g) => g !== 0);
    out[3 * i + (open ? 1 : 0)] = 1;
  }
  return out;
}

/** The parameter of a ternary gate's decision starts here, the other two at 0: as far from another decision as a skip gate is. */
const startLogit = 0.5;

/** Ternary gates on every stage. Where the teacher has gates, they start as its gates do, in its grain; elsewhere they start at forward. */
function ternaryStart(teacher: TrainedModel, gated: StudentStart, grain: GateSpec['grain']): StudentStart {
  const stages = gated.network.stages.map(({ radix, gate }): StageSpec => {
    const own = { kind: 'ternary', mode: 'hard', grain: gate?.grain ?? grain, threshold: 0.5 } as const;
    return { radix, parametrization: 'exact', gate: own };
  });
  const network = { ...gated.network, stages };
  const shapes = parameterShapes(network);
  const values = Object.fromEntries(
    stages.map(({ radix, gate }, s) => {
      const from = gated.network.stages[s].gate;
      const name = gateName(s);
      const decided = from
        ? asTernary(from.kind, radix, gated.values[name])
        : openGates(gate as GateSpec, sizeOf(shapes[name]));
      return [name, decided.map((z) => startLogit * z)];
    }),
  );
  return { network, values, kept: liveBins(teacher, gated) };
}

/**
 * A student of a teacher before any training. Bins that the teacher leaves zero are masked where the student's own gates do not
 * see to it. Throws InvalidArgumentError for a gated student of a teacher without gates.
 */
export function studentStart(
  kind: (typeof studentKinds)[number],
  teacher: TrainedModel,
  grain: GateSpec['grain'] = 'butterfly',
): StudentStart {
  const gated = gatedStart(teacher);
  switch (kind) {
    case 'dense':
      return { network: exactSpec(networkOf(teacher.model)), values: {}, kept: liveBins(teacher, gated) };
    case 'gated':
      if (Object.keys(gated.values).length === 0)
        throw new InvalidArgumentError(
          'the teacher has no gates; a gated student starts from them (or use dense, or ternary)',
        );
      return gated;
    case 'ternary':
      return ternaryStart(teacher, gated, grain);
    default:
      return kind satisfies never;
  }
}
