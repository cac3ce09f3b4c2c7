/** A distillation as plain data and as a report. */
import * as shape from '../formats/shape.ts';
import { butterflyStates } from '../learn.ts';
import type { OperationCount } from '../compiler.ts';
import { binPlaces } from './band-places.ts';
import { formatNumber, percent } from './report/figures.ts';
import { gateMapOf } from './report/gate-map.ts';
import { plot } from './report/plots.ts';
import { section, tableOf, type Report, type Section } from './report/report.ts';

const operations = shape.object(shape.each(['mul', 'add', 'other', 'loads', 'stores'], shape.finite));
/** Largest map of gates that is drawn: a picture of 130 MB. */
const map = { stages: 24, butterflies: 1 << 15 } as const;

const reportShape = shape.object({
  kind: shape.oneOf(['distillation']),
  ...shape.each(['teacher', 'student', 'signals', 'command'], shape.text),
  corrector: shape.object({
    kind: shape.text,
    ...shape.each(['radius', 'rank'], shape.optional(shape.finite)),
  }),
  input: shape.oneOf(['complex', 'real']),
  /** Hz, where it is known. */
  sampleRate: shape.optional(shape.finite),
  ...shape.each(['n', 'seed', 'steps', 'sparsity', 'seconds'], shape.finite),
  /** Of the student as it starts, without corrector; and of the result. */
  ...shape.each(['before', 'after'], shape.finite),
  ...shape.each(['tableBytes', 'codeBytes', 'bins', 'binsKept'], shape.finite),
  /** `corrector`: the part of the student's that its corrector adds. */
  operations: shape.object({
    ...shape.each(['exact', 'teacher', 'student'], operations),
    corrector: shape.finite,
  }),
  /** Per bin: RMS of the difference over RMS of the teacher's; null where that is zero. */
  binErrors: shape.object(
    shape.each(['withoutCorrector', 'withCorrector'], shape.listOf(shape.orNull(shape.finite))),
  ),
  gates: shape.listOf(shape.listOf(shape.oneOf(butterflyStates), 0, map.butterflies), 0, map.stages),
  files: shape.listOf(shape.text),
});

/** distill.json. Errors are relative L2 on held-out signals, operations per transform. */
export type DistillReport = shape.ShapeOf<typeof reportShape>;

export const isDistillation = (value: unknown): value is DistillReport => shape.matches(reportShape, value);

const total = (c: OperationCount): number => c.mul + c.add + c.other;

/** What came of it, in sentences. */
export function distillVerdict(r: DistillReport): string[] {
  const { exact, teacher, student, corrector } = r.operations;
  const share = total(student) / total(teacher);
  const lines = [
    `The student's spectra differ from the teacher's by ${formatNumber(r.after)} (relative L2, held-out signals: ${r.signals}); it started at ${formatNumber(r.before)}.`,
    `It costs ${formatNumber(total(student))} operations per transform, ${percent(share)} of the teacher's ${formatNumber(total(teacher))}; ${formatNumber(corrector)} of them are the corrector's.`,
  ];
  if (r.after > r.before && r.corrector.kind !== 'identity')
    lines.push(
      'The corrector does not carry over to signals that it was not fitted to: take --corrector identity, or more recordings.',
    );
  if (total(student) >= total(exact))
    lines.push(
      `The exact ${r.input} kernel has ${formatNumber(total(exact))}: the student is no cheaper. It is worth it only where the teacher's own spectra are wanted.`,
    );
  if (r.binsKept < r.bins)
    lines.push(`${r.binsKept} of ${r.bins} bins are computed: the teacher leaves out or zeroes the others.`);
  return lines;
}

const gatesOf = ({ gates }: DistillReport): Section =>
  section(
    'Gates of the student',
    'Butterflies of the chain by stage, first executed stage on top, before the mask of bins.',
    gateMapOf(gates),
  );

/** `writtenBy`: the command line that renders it. */
export function distillReport(r: DistillReport, writtenBy: string): Report {
  const { exact, teacher, student } = r.operations;
  const { kind, radius, rank } = r.corrector;
  const corrector = [kind, radius ?? rank].filter((x) => x !== undefined).join(':');
  const counts: [string, OperationCount][] = [
    ['exact kernel', exact],
    ['teacher', teacher],
    [`${r.student} student, corrector ${corrector}`, student],
  ];
  const table = tableOf('Operations per transform', counts, {
    kernel: ([name]) => name,
    mul: ([, c]) => formatNumber(c.mul),
    add: ([, c]) => formatNumber(c.add),
    operations: ([, c]) => formatNumber(total(c)),
    '/ exact': ([, c]) => percent(total(c) / total(exact)),
    loads: ([, c]) => formatNumber(c.loads),
    stores: ([, c]) => formatNumber(c.stores),
  });
  const places = binPlaces(r, r.binErrors.withCorrector.length, r.sampleRate);
  const pointsOf = (errors: readonly (number | null)[], series: string) =>
    errors.flatMap((y, bin) => (y === null ? [] : [{ x: places.at[bin] ?? bin, y, series }]));
  const points = [
    ...pointsOf(r.binErrors.withoutCorrector, 'without its corrector'),
    ...pointsOf(r.binErrors.withCorrector, 'student'),
  ];
  return {
    title: 'A distilled transform',
    verdict: distillVerdict(r),
    sections: [
      section(
        'Cost',
        'Real operations per transform, counted from the compiled programs, corrector and mask included.',
        table,
      ),
      section(
        'Error per bin',
        "RMS of the difference over the RMS of the teacher's bin, on held-out signals.",
        plot(points, { xLabel: places.label, yLabel: 'relative error', scale: 'log' }),
      ),
      ...(r.gates.length > 0 ? [gatesOf(r)] : []),
    ],
    commands: [r.command, writtenBy],
    settings: [
      `${r.n} ${r.input} points; teacher ${r.teacher}`,
      `seed ${r.seed}, ${r.steps} steps, sparsity ${r.sparsity}; ${r.seconds.toFixed(1)} s`,
      `tables ${r.tableBytes} bytes, kernel ${r.codeBytes} bytes`,
    ],
  };
}
