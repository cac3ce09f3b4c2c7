/** Long commands: a job is followed step by step, and gone on with only where all that decides its result is the same. */
import { InvalidArgumentError } from '../errors.ts';
import { endIfStopped } from './stop.ts';
import { version } from './version.ts';

/** Versions of one edition go on with each other's jobs. */
const editionOf = (text: string): string => text.split('.').slice(0, 2).join('.');
export const edition = editionOf(version);

/** What decides the result of a job: every setting of it, and the edition that gives them their meaning. */
export type JobKey<S> = S & { readonly papilio: string };
export const jobKey = <S extends object>(settings: S): JobKey<S> => ({ papilio: edition, ...settings });

/** Throws InvalidArgumentError if another edition has left a job in a file; those before 0.2 said nothing of it. */
export function refuseOtherEdition(
  path: string,
  papilio: unknown,
  otherwise = 'give another --out, or --force to overwrite it',
): void {
  const found = typeof papilio === 'string' ? editionOf(papilio) : '0.1';
  if (found !== edition)
    throw new InvalidArgumentError(
      `${path}: a job of papilio ${found}, which papilio ${edition} does not go on with; ${otherwise}`,
    );
}

/** The result of a job. Every step is shown, and saved where that is said; it ends behind one where a stop was asked for. */
export async function follow<S, R>(
  steps: AsyncGenerator<S, R> | Generator<S, R>,
  show: (step: S) => void = () => {},
): Promise<R> {
  for (;;) {
    const next = await steps.next();
    if (next.done) return next.value;
    show(next.value);
    endIfStopped();
  }
}
