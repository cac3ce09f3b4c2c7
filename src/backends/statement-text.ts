/** Statements as text of a language with braces, operators and semicolons: JavaScript and C differ in what the members below say. */
import type { Expr } from '../ir/expr.ts';
import type { Combine } from '../ir/graph.ts';
import type { Index, KernelOp, Move, Place, Statement } from '../compiler/statements.ts';

/** The statements of a kind. */
export type StatementOf<K extends Statement['kind']> = Extract<Statement, { readonly kind: K }>;

/** The name of an index variable. */
export const indexName = ({ group, depth }: Index): string => `p${group}_${depth}`;
/** The name of a partial sum. */
export const sumName = (sum: number, partial = 0): string => `s${sum}_${partial}`;

/** Prints statements; values are printed behind those that they are of. */
export abstract class StatementText {
  /** What declares the counter of a loop. */
  protected abstract readonly counter: string;
  /** A value by the name or the text that stands for it. */
  protected abstract value(e: Expr): string;
  protected abstract op(op: KernelOp, ...args: string[]): string;
  /** What moves the counter i on. */
  protected abstract next(i: string, s: StatementOf<'loop'>): string;
  /** What sets an index; '' where nothing needs to. */
  protected abstract move(move: Move, counter: string): string;
  protected abstract load(value: Expr, place: Place, indent: string): string;
  protected abstract define(value: Expr, op: KernelOp, indent: string): string;
  protected abstract start(s: StatementOf<'start'>, indent: string): string;
  protected abstract store(s: StatementOf<'store'>, indent: string): string;

  /** What a value makes of what is there. */
  protected combined(combine: Combine, a: string, b: string): string {
    return combine === 'store' ? b : this.op(combine === 'max' ? 'max' : 'add', a, b);
  }

  protected statements(list: readonly Statement[], indent: string): string {
    return list.map((s) => this.statement(s, indent)).join('');
  }

  /** What an iteration of a loop does, its indices first. */
  protected iteration(s: StatementOf<'loop'>, indent: string): string {
    const moves = s.moves.map((m) => {
      const text = this.move(m, `i${s.loop}`);
      return text === '' ? '' : `${indent}${text}\n`;
    });
    return moves.join('') + this.statements(s.body, indent);
  }

  protected loop(s: StatementOf<'loop'>, indent: string): string {
    const i = `i${s.loop}`;
    const head = `for (${this.counter} ${i} = ${s.from}; ${i} < ${s.extent}; ${this.next(i, s)}) {`;
    return `${indent}${head}\n${this.iteration(s, `${indent}  `)}${indent}}\n`;
  }

  private statement(s: Statement, indent: string): string {
    switch (s.kind) {
      case 'loop':
        return this.loop(s, indent);
      case 'load':
        return this.load(s.value, s.place, indent);
      case 'let':
        return this.define(s.value, s.op, indent);
      case 'start':
        return this.start(s, indent);
      case 'accumulate': {
        const sum = sumName(s.sum, s.partial);
        return `${indent}${sum} = ${this.combined(s.combine, sum, this.value(s.value))};\n`;
      }
      case 'fold':
        return Array.from({ length: s.by }, (_, p) => {
          const [sum, other] = [sumName(s.sum, p), sumName(s.sum, p + s.by)];
          return `${indent}${sum} = ${this.combined(s.combine, sum, other)};\n`;
        }).join('');
      case 'store':
        return this.store(s, indent);
      default:
        return s satisfies never;
    }
  }
}

/** Declarations of all partial sums of a sum, each with its first value. */
export const startedSums = ({ sum, partials }: StatementOf<'start'>, first: string): string =>
  Array.from({ length: partials }, (_, p) => `${sumName(sum, p)} = ${first}`).join(', ');
