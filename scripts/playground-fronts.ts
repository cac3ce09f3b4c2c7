/**
 * The front ends that the playground brings, from a folder of `papilio pareto`:
 *   npm run papilio -- pareto data --feature papilio,whisper,kaldi,log-mel-80,mfcc-13 --minutes 0.4 --out FOLDER
 *   npx tsx scripts/playground-fronts.ts FOLDER
 * Of every feature the cheapest within each of a few errors, and smaller exact transforms.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isFront, type FrontRow } from '../src/cli/front-row.ts';

const budgets = [0.008, 0.02, 0.04, 0.06, 0.15];
/** Of so many smaller transforms. */
const mostSmaller = 2;

const [folder] = process.argv.slice(2);
const rows: unknown = JSON.parse(readFileSync(join(folder, 'front.json'), 'utf8'));
if (!isFront(rows)) throw new Error(`${folder}/front.json: is no front`);
const out = resolve(import.meta.dirname, '../playground/fronts');
mkdirSync(out, { recursive: true });
for (const old of readdirSync(out)) rmSync(join(out, old));

const errorOf = ({ validationError, estimate }: FrontRow): number =>
  Math.max(validationError ?? Infinity, (estimate?.mean ?? Infinity) + (estimate?.margin ?? 0));

for (const feature of new Set(rows.map((r) => r.feature))) {
  const own = rows.filter((r) => r.feature === feature && r.files.length > 0);
  const learned = own.filter((r) => r.kind === 'learned').sort((a, b) => a.operations - b.operations);
  const kept = new Set(budgets.flatMap((budget) => learned.find((r) => errorOf(r) <= budget) ?? []));
  const smaller = own.filter((r) => r.kind === 'baseline').slice(0, mostSmaller);
  [...kept].forEach((r, i) =>
    copyFileSync(join(folder, r.files[0]), join(out, `${feature}-learned-${i + 1}.safetensors`)),
  );
  for (const r of smaller) {
    const points = /\d+/.exec(r.structure)?.[0] ?? '';
    copyFileSync(join(folder, r.files[0]), join(out, `${feature}-smaller-${points}.safetensors`));
  }
  console.log(
    feature,
    kept.size,
    smaller.map((r) => r.structure),
  );
}
