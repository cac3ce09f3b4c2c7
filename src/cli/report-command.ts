/** papilio report: pages and tables of the JSON that other commands write. */
import { dirname } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { finite } from '../options.ts';
import { isStudy } from '../../studies/study.ts';
import { ablationReport, isAblation } from './ablate-report.ts';
import { flag, type Command, type FlagsOf } from './args.ts';
import { commandLine } from './command-line.ts';
import { compareReport, isComparison } from './compare-report.ts';
import { distillReport, isDistillation } from './distill-report.ts';
import { readJson, writeAtomic } from './files.ts';
import { frontReport } from './front-report.ts';
import { isFront } from './front-row.ts';
import type { Output } from './output.ts';
import { refusePlace } from './places.ts';
import { pageOf } from './report/page.ts';
import { reportMarkdown, type Report } from './report/report.ts';
import { studyReport } from './study-report.ts';

/** Commands whose JSON has a page. */
const writers = 'pareto, study, distill, ablate or compare';

/** The report of what a file holds. Throws InvalidArgumentError, naming the file, for a value that no command writes. */
export function reportOf(value: unknown, path: string, budgets: readonly number[]): Report {
  const writtenBy = commandLine();
  if (isFront(value)) return frontReport(value, dirname(path), writtenBy, budgets);
  if (isAblation(value)) return ablationReport(value, writtenBy);
  if (isComparison(value)) return compareReport(value, writtenBy);
  if (isDistillation(value)) return distillReport(value, writtenBy);
  if (isStudy(value)) return studyReport(value, writtenBy);
  throw new InvalidArgumentError(`${path}: rows of no known command; expected what ${writers} wrote`);
}

async function run(operands: string[], flags: Flags, output: Output): Promise<void> {
  const { markdown, out, budgets } = flags;
  if (out !== undefined && operands.length > 1)
    throw new InvalidArgumentError(
      `--out names one file for ${operands.length}; leave it out, or render one file`,
    );
  const pages = operands.map((path) => {
    const report = reportOf(readJson(path, `expected what ${writers} wrote`), path, budgets);
    const place = out ?? path.replace(/(\.json)?$/, markdown ? '.md' : '.html');
    return { path: place, text: markdown ? reportMarkdown(report) : pageOf(report, place) };
  });
  for (const { path } of pages) refusePlace('the page', path, 'page', operands);
  for (const { path, text } of pages) {
    writeAtomic(path, text);
    output.print(path);
  }
  output.json(pages.map(({ path }) => path));
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  out: flag.text('where a single page goes (default: beside the file)'),
  budgets: flag.list('of a front: the cheapest front ends within these errors', finite({ above: 0 }), []),
  markdown: flag.toggle('Markdown tables instead of a page'),
};

export const reportCommand: Command<typeof flags> = {
  name: 'report',
  operands: '<FILE.json...>',
  needs: `no file given; expected JSON that ${writers} wrote`,
  summary: 'render the JSON that other commands wrote as pages, or as Markdown',
  examples: [
    'report ablation/ablation.json',
    'report pareto/front.json --budgets 0.05,0.01 --markdown --out front.md',
  ],
  flags,
  run,
};
