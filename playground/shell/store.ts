/** The state of the page with its past and its future. */
import type { Whole } from './address.ts';

/** Steps that can be taken back. */
const mostSteps = 200;
/** Changes of one drag or word follow each other at least this fast, in milliseconds. */
const together = 800;

export class Store {
  private past: Whole[] = [];
  private future: Whole[] = [];
  private merge: string | null = null;
  private changed = 0;
  private readonly listeners: ((whole: Whole) => void)[] = [];
  private current: Whole;

  constructor(whole: Whole) {
    this.current = whole;
  }

  get whole(): Whole {
    return this.current;
  }

  /** Can there be a step back, a step forth? */
  get steps(): { readonly back: boolean; readonly forth: boolean } {
    return { back: this.past.length > 0, forth: this.future.length > 0 };
  }

  listen(call: (whole: Whole) => void): void {
    this.listeners.push(call);
  }

  /** Takes a new state; the old one can be had back. */
  put(whole: Whole, merge: string | null = null): void {
    const now = performance.now();
    const joins = merge !== null && merge === this.merge && now - this.changed < together;
    [this.merge, this.changed] = [merge, now];
    if (!joins) this.past = [...this.past.slice(1 - mostSteps), this.current];
    this.future = [];
    this.tell(whole);
  }

  undo(): void {
    this.go(this.past, this.future);
  }

  redo(): void {
    this.go(this.future, this.past);
  }

  private go(from: Whole[], to: Whole[]): void {
    const whole = from.pop();
    if (whole === undefined) return;
    to.push(this.current);
    this.merge = null;
    this.tell(whole);
  }

  private tell(whole: Whole): void {
    this.current = whole;
    for (const call of this.listeners) call(whole);
  }
}
