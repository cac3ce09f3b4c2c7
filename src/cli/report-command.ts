/** papilio report: pages and tables of the JSON that other commands write. */
import { dirname } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { ablationHtml, ablationMarkdown, isAblation } from './ablate-report.ts';
import { flag, type Command, type FlagsOf } from './args.ts';
import { commandLine } from './command-line.ts';
import { compareHtml, compareMarkdown, isComparison } from './compare-report.ts';
import { distillHtml, distillMarkdown, isDistillation } from './distill-report.ts';
import { readJson, writeAtomic } from './files.ts';
import { frontHtml, frontMarkdown, isFront } from './front-report.ts';
import type { Output } from './output.ts';
import { refusePlace } from './places.ts';
import { isStudy, studyHtml, studyMarkdown } from './study-report.ts';

/** Commands whose JSON has a page. */
const writers = 'pareto, study, distill, ablate or compare';

/** What a file holds, rendered. */
interface Rendered {
  readonly html: () => string;
  readonly markdown: () => string;
}

/** Throws InvalidArgumentError, naming the file, for a value that no command writes. */
export function renderedOf(value: unknown, path: string, budgets: readonly number[]): Rendered {
  const writtenBy = commandLine();
  if (isFront(value))
    return {
      html: () => frontHtml(value, dirname(path), writtenBy, budgets),
      markdown: () => frontMarkdown(value, budgets),
    };
  if (isAblation(value))
    return { html: () => ablationHtml(value, writtenBy), markdown: () => ablationMarkdown(value) };
  if (isComparison(value))
    return { html: () => compareHtml(value, writtenBy), markdown: () => compareMarkdown(value) };
  if (isDistillation(value))
    return { html: () => distillHtml(value, writtenBy), markdown: () => distillMarkdown(value) };
  if (isStudy(value))
    return { html: () => studyHtml(value, writtenBy), markdown: () => studyMarkdown(value, writtenBy) };
  throw new InvalidArgumentError(`${path}: rows of no known command; expected what ${writers} wrote`);
}

async function run(operands: string[], flags: Flags, output: Output): Promise<void> {
  if (operands.length === 0)
    throw new InvalidArgumentError(`no file given; expected JSON that ${writers} wrote`);
  const { markdown, out, budgets } = flags;
  if (out !== undefined && operands.length > 1)
    throw new InvalidArgumentError(
      `--out names one file for ${operands.length}; leave it out, or render one file`,
    );
  const pages = operands.map((path) => {
    const page = renderedOf(readJson(path, `expected what ${writers} wrote`), path, budgets);
    return {
      path: out ?? path.replace(/(\.json)?$/, markdown ? '.md' : '.html'),
      text: markdown ? page.markdown() : page.html(),
    };
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
  budgets: flag.numbers('of a front: a table of the cheapest front ends within these errors', {
    default: [],
    above: 0,
  }),
  markdown: flag.switch('Markdown tables instead of a page'),
};

export const reportCommand: Command<typeof flags> = {
  name: 'report',
  operands: '<FILE.json...>',
  summary: 'render the JSON that other commands wrote as pages, or as Markdown',
  examples: [
    'report ablation/ablation.json',
    'report pareto/front.json --budgets 0.05,0.01 --markdown --out front.md',
  ],
  flags,
  run,
};
