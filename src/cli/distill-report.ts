/** A distillation as plain data, as Markdown, and as a page. */
import { each, finite, listOf, matches, object, oneOf, optional, orNull, text } from '../formats/shape.ts';
import { butterflyStates, type ButterflyState, type CorrectorSpec, type GateSpec } from '../learn.ts';
import type { OperationCount } from '../compiler.ts';
import { binPlaces } from './band-places.ts';
import { gateMapHtml } from './report/gate-map.ts';
import type { RecordingSet } from './recording-set.ts';
import { escapeHtml, lineOrNote } from './report/plots.ts';
import { htmlTable, markdownTable, page } from './report/page.ts';
import { formatNumber } from './report.ts';

/** distill.json. Errors are relative L2 on held-out signals, operations per transform. */
export interface DistillReport extends Partial<RecordingSet> {
  readonly kind: 'distillation';
  readonly teacher: string;
  /** SHA-256 of its file; absent in older files, as is the grain. */
  readonly teacherHash?: string;
  /** Of gates where the teacher has none; absent for a dense student. */
  readonly grain?: GateSpec['grain'];
  readonly student: string;
  readonly corrector: CorrectorSpec;
  readonly n: number;
  readonly input: 'complex' | 'real';
  readonly signals: string;
  /** Hz, where it is known. */
  readonly sampleRate?: number;
  readonly seed: number;
  readonly steps: number;
  readonly sparsity: number;
  /** Of the student as it starts, without corrector; and of the result. */
  readonly before: number;
  readonly after: number;
  readonly operations: {
    readonly exact: OperationCount;
    readonly teacher: OperationCount;
    readonly student: OperationCount;
    /** The part of the student's that its corrector adds. */
    readonly corrector: number;
  };
  readonly tableBytes: number;
  readonly codeBytes: number;
  readonly bins: number;
  readonly binsKept: number;
  /** Per bin: RMS of the difference over RMS of the teacher's; null where that is zero. */
  readonly binErrors: {
    readonly withoutCorrector: readonly (number | null)[];
    readonly withCorrector: readonly (number | null)[];
  };
  readonly gates: readonly (readonly ButterflyState[])[];
  readonly seconds: number;
  readonly files: readonly string[];
  readonly command: string;
}

const operations = object(each(['mul', 'add', 'other', 'loads', 'stores'], finite));
const errors = listOf(orNull(finite));
/** Largest map of gates that is drawn: a picture of 130 MB. */
const map = { stages: 24, butterflies: 1 << 15 } as const;

const reportShape = object({
  kind: oneOf(['distillation']),
  ...each(['teacher', 'student', 'signals', 'command'], text),
  corrector: object({ kind: text, ...each(['radius', 'rank'], optional(finite)) }),
  input: oneOf(['complex', 'real']),
  sampleRate: optional(finite),
  ...each(['n', 'seed', 'steps', 'sparsity', 'before', 'after', 'seconds'], finite),
  ...each(['tableBytes', 'codeBytes', 'bins', 'binsKept'], finite),
  operations: object({ ...each(['exact', 'teacher', 'student'], operations), corrector: finite }),
  binErrors: object(each(['withoutCorrector', 'withCorrector'], errors)),
  gates: listOf(listOf(oneOf(butterflyStates), 0, map.butterflies), 0, map.stages),
  files: listOf(text),
});

export const isDistillation = (value: unknown): value is DistillReport => matches(reportShape, value);

const correctorName = (spec: CorrectorSpec): string =>
  spec.kind === 'banded'
    ? `banded:${spec.radius}`
    : spec.kind === 'low-rank'
      ? `low-rank:${spec.rank}`
      : spec.kind;

const head = ['kernel', 'mul', 'add', 'operations', '% of exact', 'loads', 'stores'];

function rows({ operations, student, corrector }: DistillReport): string[][] {
  const total = (c: OperationCount): number => c.mul + c.add + c.other;
  const whole = total(operations.exact);
  const row = (name: string, c: OperationCount): string[] => [
    name,
    ...[c.mul, c.add, total(c)].map(formatNumber),
    ((100 * total(c)) / whole).toFixed(1),
    formatNumber(c.loads),
    formatNumber(c.stores),
  ];
  return [
    row('exact kernel', operations.exact),
    row('teacher', operations.teacher),
    row(`${student} student, corrector ${correctorName(corrector)}`, operations.student),
  ];
}

/** What came of it, in sentences. */
export function distillVerdict(r: DistillReport): string[] {
  const total = (c: OperationCount): number => c.mul + c.add + c.other;
  const { exact, teacher, student, corrector } = r.operations;
  const share = total(student) / total(teacher);
  const lines = [
    `The student's spectra differ from the teacher's by ${formatNumber(r.after)} (relative L2, held-out signals: ${r.signals}); it started at ${formatNumber(r.before)}.`,
    `It costs ${formatNumber(total(student))} operations per transform, ${(100 * share).toFixed(1)} % of the teacher's ${formatNumber(total(teacher))}; ${formatNumber(corrector)} of them are the corrector's.`,
  ];
  if (r.after > r.before && correctorName(r.corrector) !== 'identity')
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

const facts = (r: DistillReport): string[] => [
  `${r.n} ${r.input} points; teacher ${r.teacher}`,
  `seed ${r.seed}, ${r.steps} steps, sparsity ${r.sparsity}; ${r.seconds.toFixed(1)} s`,
  `tables ${r.tableBytes} bytes, kernel ${r.codeBytes} bytes`,
];

export const distillMarkdown = (r: DistillReport): string =>
  `# Distillation of ${r.teacher}\n\n${distillVerdict(r).join(' ')}\n\n${markdownTable(head, rows(r))}\n\n${facts(
    r,
  )
    .map((f) => `- ${f}`)
    .join('\n')}\n`;

/** `writtenBy`: the command line that renders it. */
export function distillHtml(r: DistillReport, writtenBy: string): string {
  const places = binPlaces(r, r.bins, r.sampleRate);
  const points = (['withoutCorrector', 'withCorrector'] as const).flatMap((key) =>
    r.binErrors[key].flatMap((error, bin) =>
      error === null
        ? []
        : [
            {
              at: places.at[bin] ?? bin,
              error,
              what: key === 'withCorrector' ? 'student' : 'without its corrector',
            },
          ],
    ),
  );
  return page(
    'A distilled transform',
    `${distillVerdict(r)
      .map((line, i) => `<p${i === 0 ? ' class="lead"' : ''}>${escapeHtml(line)}</p>`)
      .join('\n')}
<h2>Cost</h2><p class="note">Real operations per transform, counted from the compiled programs, corrector and mask included.</p>
${htmlTable('Operations per transform', head, rows(r))}
<h2>Error per bin</h2><p class="note">RMS of the difference over the RMS of the teacher's bin, on held-out signals.</p>
${lineOrNote(points, { x: 'at', y: 'error', color: 'what', xLabel: places.label, yLabel: 'relative error', log: true })}
${r.gates.length > 0 ? `<h2>Gates of the student</h2><p class="note">Butterflies of the chain by stage, first executed stage on top, before the mask of bins.</p>${gateMapHtml(r.gates)}` : ''}`,
    { commands: [r.command, writtenBy], facts: facts(r) },
  );
}
