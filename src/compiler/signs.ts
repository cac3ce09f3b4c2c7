/**
 * Signs that cost nothing: every value of a body may be kept as its negative, and every difference may be taken either
 * way round, so that negations disappear into sums and differences. Exact: rounding is symmetric.
 */
import { literal, node, topological, type Expr, type Op } from '../ir/expr.ts';

/** Ops whose sign is free: the sign of the result follows from those of the operands. Others are `strict`. */
const [strict, literals, negations, products, sums, differences] = [0, 1, 2, 3, 4, 5];
const kinds: Partial<Record<Op, number>> = {
  literal: literals,
  neg: negations,
  mul: products,
  add: sums,
  sub: differences,
};

interface Signs {
  /** kept[i] = sign[i] * value of node i. */
  readonly sign: Int8Array;
  /** Values that this choice negates explicitly. */
  readonly negations: number;
}

/** A body as arrays, operands by position. */
interface Listed {
  readonly order: readonly Expr[];
  readonly args: readonly (readonly number[])[];
  /** Of every node its kind and its first two operands. */
  readonly kind: Uint8Array;
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** 1 for results and operands of strict ops: a negative one takes a negation. */
  readonly exact: Uint8Array;
  readonly roots: readonly number[];
  /** Sign that the only use of a value wants, where that is a result or the negative of one; else 0. */
  readonly wanted: Int8Array;
}

function wantedSigns(
  order: readonly Expr[],
  args: readonly (readonly number[])[],
  roots: readonly number[],
): Int8Array {
  const uses = new Int32Array(order.length);
  for (const list of args) for (const a of list) uses[a]++;
  const wanted = new Int8Array(order.length);
  for (const root of new Set(roots)) {
    if (uses[root] > 0) continue;
    wanted[root] = 1;
    const [inner] = args[root];
    if (order[root].op === 'neg' && uses[inner] === 1 && !roots.includes(inner)) wanted[inner] = -1;
  }
  return wanted;
}

function listed(body: readonly Expr[]): Listed {
  const order = topological(body);
  const position = new Map(order.map((e, i) => [e, i]));
  const args = order.map((e) => e.args.map((a) => position.get(a) as number));
  const roots = body.map((e) => position.get(e) as number);
  const kind = Uint8Array.from(order, (e) => kinds[e.op] ?? strict);
  const exact = new Uint8Array(order.length);
  for (const root of roots) exact[root] = 1;
  kind.forEach((k, i) => {
    if (k === strict) for (const a of args[i]) exact[a] = 1;
  });
  return {
    order,
    args,
    kind,
    exact,
    first: Int32Array.from(args, (a) => a[0]),
    second: Int32Array.from(args, (a) => a[1]),
    roots,
    wanted: wantedSigns(order, args, roots),
  };
}

/** Is node i a difference of what is kept, so that it may be turned round? */
function isDifference({ kind, first, second }: Listed, i: number, sign: Int8Array): boolean {
  if (kind[i] < sums) return false;
  const same = sign[first[i]] === sign[second[i]];
  return (kind[i] === differences) === same;
}

/** Signs under these turns; the first `from` are taken over from `known`, of which no turn has changed. */
function signsOf(l: Listed, turned: Uint8Array, from = 0, known?: Int8Array): Signs {
  const { kind, first, second, exact, wanted } = l;
  const sign = known ? known.slice() : new Int8Array(kind.length).fill(1);
  for (let i = from; i < kind.length; i++) {
    const a = sign[first[i]];
    if (kind[i] === negations) sign[i] = -a;
    else if (kind[i] === products) sign[i] = a * sign[second[i]];
    else if (kind[i] >= sums) sign[i] = isDifference(l, i, sign) ? wanted[i] || (turned[i] ? -a : a) : a;
  }
  let count = 0;
  for (let i = 0; i < kind.length; i++) if (sign[i] < 0) count += exact[i];
  return { sign, negations: count };
}

/** Values whose sign reaches one that needs a negation: no other turn can save any. */
function worthTurning({ kind, args, exact }: Listed, { sign }: Signs): Uint8Array {
  const reaches = exact.map((e, i) => Number(e === 1 && sign[i] < 0));
  for (let i = kind.length - 1; i >= 0; i--)
    if (reaches[i] === 1 && kind[i] !== strict) for (const a of args[i]) reaches[a] = 1;
  return reaches;
}

/** Turn differences one by one while that saves negations. */
function bestTurns(l: Listed): Signs {
  const turned = new Uint8Array(l.order.length);
  let signs = signsOf(l, turned);
  for (let improved = true; improved && signs.negations > 0;) {
    improved = false;
    let worth = worthTurning(l, signs);
    for (let i = 0; i < l.order.length && signs.negations > 0; i++) {
      if (worth[i] === 0 || l.wanted[i] !== 0 || l.kind[i] < sums) continue;
      turned[i] ^= 1;
      const tried = signsOf(l, turned, i, signs.sign);
      if (tried.negations < signs.negations) {
        signs = tried;
        worth = worthTurning(l, signs);
        improved = true;
      } else turned[i] ^= 1;
    }
  }
  return signs;
}

/** The kept form of every node. */
function rebuilt(l: Listed, sign: Int8Array): Expr[] {
  const kept: Expr[] = [];
  const positive = (i: number): Expr => (sign[i] < 0 ? node('neg', [kept[i]]) : kept[i]);
  l.order.forEach((e, i) => {
    const [a, b] = l.args[i];
    if (e.op === 'literal' || e.op === 'argument') kept[i] = e;
    else if (e.op === 'neg') kept[i] = kept[a];
    else if (e.op === 'mul') kept[i] = node('mul', [kept[a], kept[b]]);
    else if (e.op === 'add' || e.op === 'sub') {
      if (!isDifference(l, i, sign)) kept[i] = node('add', [kept[a], kept[b]]);
      else kept[i] = node('sub', sign[i] === sign[a] ? [kept[a], kept[b]] : [kept[b], kept[a]]);
    } else
      kept[i] = node(
        e.op,
        l.args[i].map((x) => positive(x)),
      );
  });
  return l.roots.map(positive);
}

/** Beyond this many nodes times differences the search for signs is not worth its time. */
const maximumWork = 200_000;

/** The same values with as few negations as turning differences round can reach. */
export function fewestNegations(body: readonly Expr[]): Expr[] {
  const l = listed(body);
  const small = l.order.length * l.order.length <= maximumWork;
  const { sign } = small ? bestTurns(l) : signsOf(l, new Uint8Array(l.order.length));
  return rebuilt(l, sign).map((e) =>
    e.op === 'neg' && e.args[0].op === 'literal' ? literal(-e.args[0].value) : e,
  );
}
