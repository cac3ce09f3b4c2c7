/** One task in a fresh process, for parents that measure what a process that did nothing before measures. */
import type { Contender } from './contender.ts';
import { checkerOf, signalOf } from './signal.ts';
import type { ChildTask } from './measure-shape.ts';

const task = JSON.parse(process.argv[2] ?? 'null') as ChildTask;

async function measure({ label, shape, samples }: ChildTask & { task: 'measure' }): Promise<unknown> {
  const { entrant } = await import('./line-up.ts');
  const { registry } = await import('./peers/registry.ts');
  const { labelOf } = await import('./contender.ts');
  const { defaultProtocol, measureInTurn } = await import('./protocol.ts');
  const entry = registry.find((e) => labelOf(e) === label);
  if (!entry) throw new Error(`no contender ${label}`);
  const signal = signalOf(shape);
  const found = await entrant(entry, shape, signal, checkerOf(shape, signal));
  if ('why' in found) throw new Error(`${label}: ${found.why}`);
  const contender: Contender = found;
  const [summary] = await measureInTurn([contender], { ...defaultProtocol, samples });
  contender.close();
  return summary;
}

/** Milliseconds of the first plan of this process and its first run; loading papilio is not counted. */
async function compile({ kind, n, dtype }: ChildTask & { task: 'compile' }): Promise<unknown> {
  const { planFftSync } = await import('../src/index.ts');
  const start = performance.now();
  const plan = planFftSync({ n, input: kind, dtype });
  const planned = performance.now();
  plan.run();
  const { codeBytes, tableBytes } = plan.report;
  return { planMs: planned - start, firstRunMs: performance.now() - planned, codeBytes, tableBytes };
}

try {
  const answer = task.task === 'measure' ? await measure(task) : await compile(task);
  process.stdout.write(JSON.stringify(answer), () => process.exit(0));
} catch (error) {
  // The parent shows this line as the reason.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () => process.exit(1));
}
