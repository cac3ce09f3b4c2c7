/** When a fit has converged: its error on fixed held-out signals is as small as rounding allows. */

/** Steps between measurements of the hold-out error. */
export const checkEvery = 20;
/** Hold-out errors below this that no longer halve are rounding: a few times eps sqrt(stages). */
export const nearRounding = 4e-15;

/** Says when to stop: the error is as small as rounding allows. */
export class Convergence {
  error = Infinity;
  private best = Infinity;
  private idle = 0;
  /** Note an error; true once it is rounding. */
  note(error: number): boolean {
    this.error = error;
    this.idle = error < this.best / 2 ? 0 : this.idle + 1;
    this.best = Math.min(this.best, error);
    return error === 0 || (error < nearRounding && this.idle >= 3);
  }
}
