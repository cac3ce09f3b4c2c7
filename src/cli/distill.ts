/** papilio distill: a cheaper student of a trained transform, with a corrector behind it, and what both cost. */
import { join } from 'node:path';
import { InvalidArgumentError, PapilioError } from '../errors.ts';
import { finite, oneOf, whole } from '../options.ts';
import * as learn from '../learn.ts';
import { encodeFrontEnd, encodeModel } from '../files.ts';
import { planFftSync } from '../index.ts';
import type { FrontEnd } from '../front.ts';
import { tableBytesOf, type OperationCount } from '../compiler.ts';
import { flag, type Command, type FlagsOf, type Given } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { commandLine } from './command-line.ts';
import { hannFrames, signalsOf } from './dataset.ts';
import { distillReport, distillVerdict, type DistillReport } from './distill-report.ts';
import { ensureFolder, hashOf, readBytes, writeAtomic } from './files.ts';
import { rounded } from './front-rows.ts';
import { jobKey, ownResults } from './job.ts';
import { kernelNames, writeKernel } from './kernel-files.ts';
import { readModelFile, type ModelFile } from './model-file.ts';
import type { Output } from './output.ts';
import { pageOf } from './report/page.ts';
import { announceStops, endIfStopped } from './stop.ts';

/** `banded:2` and the like. Throws InvalidArgumentError naming the flag. */
export function correctorOf(text: string): learn.CorrectorSpec {
  const [kind, size, ...more] = text.split(':');
  const number = size === undefined || size.trim() === '' ? NaN : Number(size);
  if (more.length === 0 && size === undefined && (kind === 'identity' || kind === 'affine')) return { kind };
  if (more.length === 0 && Number.isInteger(number)) {
    if (kind === 'banded') return { kind, radius: number };
    if (kind === 'low-rank') return { kind, rank: number };
  }
  throw new InvalidArgumentError(
    `--corrector is ${JSON.stringify(text)}; expected identity, affine, banded:RADIUS or low-rank:RANK`,
  );
}

type TeacherFile = Extract<ModelFile, { readonly kind: 'front end' | 'transform' }>;

interface Teacher {
  readonly transform: learn.TrainedModel;
  readonly cut: learn.FrameCut;
  readonly sampleRate: number;
}

/** The transform of a file, and the frames it sees: a front end's own, or n samples under a Hann window every n / 2. */
function teacherOf(path: string, file: TeacherFile, rate: number): Teacher {
  if (file.kind === 'transform') {
    const { n } = learn.networkOf(file.model);
    return { transform: file, cut: hannFrames(n), sampleRate: rate };
  }
  try {
    const { teacher, cut } = learn.spectralTeacher(file.model);
    return { transform: teacher, cut, sampleRate: file.model.head.sampleRate };
  } catch (error) {
    if (error instanceof PapilioError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

/** Costs of the exact transform by the fastest plan. */
function exactCost({ model }: learn.TrainedModel): OperationCount {
  const { n, input, norm, direction } = learn.networkOf(model);
  const plan = planFftSync({ n, input, norm, inverse: direction === 'inverse' });
  const { mul, add, loads, stores } = plan.report;
  plan.dispose();
  return { mul, add, other: 0, loads, stores };
}

const measuredLanes = 64;

/** Per bin, RMS of the difference over RMS of the teacher's. */
function binErrors(
  t: learn.TrainedModel,
  teacher: learn.TrainedModel,
  signals: learn.Signals,
): (number | null)[] {
  const [a, b] = [t, teacher].map((x) => learn.spectraOf(x, signals, learn.heldOutStream, measuredLanes));
  return Array.from({ length: b.re.length / measuredLanes }, (_, bin) => {
    let [difference, energy] = [0, 0];
    for (let i = bin * measuredLanes; i < (bin + 1) * measuredLanes; i++) {
      difference += (a.re[i] - b.re[i]) ** 2 + (a.im[i] - b.im[i]) ** 2;
      energy += b.re[i] ** 2 + b.im[i] ** 2;
    }
    return energy > 0 ? rounded(Math.sqrt(difference / energy)) : null;
  });
}

/** Without its corrector. */
const bare = ({ model, values }: learn.TrainedModel): learn.TrainedModel =>
  learn.transformModel(learn.networkOf(model), learn.networkValues(model, values), {
    kept: learn.keptBins(model),
  });

const studentNames = ['student.safetensors', ...kernelNames];
const frontEndName = 'front-end.safetensors';
const reportName = 'distill.json';

function writeStudent(
  out: string,
  student: learn.TrainedModel,
  front: FrontEnd | null,
  report: Readonly<Record<string, unknown>>,
): void {
  writeAtomic(join(out, 'student.safetensors'), encodeModel(student, report));
  const map = learn.mapOf(student);
  writeKernel(out, learn.mapModule(map), learn.mapEnds(map));
  if (front) writeAtomic(join(out, frontEndName), encodeFrontEnd(front, report));
}

/** What a student costs, and where it is off. */
function measured(
  { student, unmerged, operations, teacherOperations }: learn.Distilled,
  teacher: Teacher['transform'],
  signals: learn.Signals,
) {
  const { n, input } = learn.networkOf(student.model);
  const bins = learn.endsOf(student.model).to.count;
  const plain = learn.transformCost(bare(student));
  return {
    n,
    input,
    operations: {
      exact: exactCost(student),
      teacher: teacherOperations,
      student: operations,
      corrector: Math.max(0, operations.mul + operations.add - plain.mul - plain.add),
    },
    tableBytes: tableBytesOf(learn.transformProgram(student, 1)).stored,
    codeBytes: learn.mapModule(learn.mapOf(student)).length,
    bins,
    binsKept: learn.keptBins(student.model)?.reduce((a, b) => a + b, 0) ?? bins,
    binErrors: {
      withoutCorrector: binErrors(bare(student), teacher, signals),
      withCorrector: binErrors(student, teacher, signals),
    },
    gates: learn.gateMap(learn.networkOf(unmerged.model), unmerged.values),
  };
}

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const [path] = operands;
  if (flags.student === 'dense')
    given.refuse(['steps', 'sparsity', 'grain'], 'is given for a dense student, which has no gates');
  if (flags.recordings === undefined) given.refuse(['minutes', 'rate'], 'is given without --recordings');
  const corrector = correctorOf(flags.corrector);
  const { student, seed, sparsity, grain, minutes, out, recordings } = flags;
  const steps = student === 'dense' ? 0 : flags.steps;
  const file = readModelFile(path, ['front end', 'transform']);
  const teacher = teacherOf(path, file, flags.rate);
  ensureFolder(out);
  const reading = { rate: teacher.sampleRate, channel: channelOf(flags), minutes, seed };
  const noise = { signals: learn.gaussianSignals(seed), name: 'Gaussian noise' };
  const folders = recordings === undefined ? [] : [recordings];
  const { signals, name, set } = await signalsOf(folders, teacher.cut, reading, noise);
  const settings = jobKey({
    teacher: path,
    teacherHash: hashOf(readBytes(path)),
    student,
    corrector,
    seed,
    ...(student === 'dense' ? {} : { grain }),
    ...set,
    signals: name,
    sparsity,
    steps,
  });
  const files = [...studentNames, ...(file.kind === 'front end' ? [frontEndName] : [])];
  if (!flags.force) ownResults(join(out, reportName), settings, [...files, 'report.html']);
  announceStops('nothing is kept of a student that is not finished');
  const begun = performance.now();
  const onStep = (step: number, of: number): void => {
    endIfStopped();
    output.progress({ phase: 'gates', step, of, fraction: step / of });
  };
  const options = { student, corrector, signals, seed, steps: flags.steps, sparsity, grain, onStep };
  const result = await learn.distill(teacher.transform, options);
  output.end();
  const { before, after } = result;
  const front = file.kind === 'front end' ? learn.withStudent(file.model, result.unmerged) : null;
  const report: DistillReport = {
    kind: 'distillation',
    ...settings,
    before,
    after,
    ...(file.kind === 'front end' || recordings !== undefined ? { sampleRate: teacher.sampleRate } : {}),
    ...measured(result, teacher.transform, signals),
    seconds: (performance.now() - begun) / 1000,
    files,
    command: commandLine(),
  };
  // Written first: it says whose the other files are, also of a run that ends between them.
  writeAtomic(join(out, reportName), `${JSON.stringify(report, null, 1)}\n`);
  writeStudent(out, result.student, front, { ...settings, before, after });
  writeAtomic(join(out, 'report.html'), pageOf(distillReport(report, report.command)));
  output.json(report);
  output.print(
    `${distillVerdict(report).join('\n')}\n${[...files, reportName, 'report.html'].join(', ')} in ${out}`,
  );
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  student: flag.of(
    "dense: the exact transform; gated: the teacher's gates on exact blocks; ternary: skip, forward and reverse gates",
    oneOf(learn.studentKinds),
    'dense',
  ),
  corrector: flag.text('behind the student: identity, affine, banded:RADIUS or low-rank:RANK', 'affine'),
  recordings: flag.text(
    'folder of recordings whose windowed frames are the signals, split by recording (default Gaussian noise)',
  ),
  minutes: flag.of('minutes of recordings to train on; half as many measure', finite({ minimum: 0.05 }), 5),
  rate: flag.rate(', for a teacher that is no front end'),
  channel: channelFlag,
  steps: flag.of('training steps of gates; 0 keeps those of the teacher', whole(0), 300),
  sparsity: flag.of('weight of open gates beside the squared relative error', finite({ minimum: 0 }), 0),
  grain: flag.of('grain of ternary gates where the teacher has none', oneOf(learn.gateGrains), 'butterfly'),
  seed: flag.seed('signals and split'),
  out: flag.text(
    'folder for student.safetensors, kernel.wasm with its loader, distill.json and report.html',
    'distilled',
  ),
  force: flag.force,
};

export const distillCommand: Command<typeof flags> = {
  name: 'distill',
  operands: '<teacher.safetensors>',
  needs: 'no teacher given; expected one model.safetensors (recordings go with --recordings)',
  operandLimit: 1,
  summary: 'a cheaper student of a trained transform: the exact one or a ternary network, with a corrector',
  examples: [
    'distill my-dft/model.safetensors --corrector banded:1',
    'distill my-front-end/model.safetensors --student ternary --recordings my-recordings/',
  ],
  flags,
  run,
};
