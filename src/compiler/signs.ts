/**
 * Signs that cost nothing: every value of a body may be kept as its negative, and every difference may be taken either
 * way round, so that negations disappear into sums and differences. Exact: rounding is symmetric.
 */
import { literal, node, topological, type Expr } from '../ir/expr.ts';

/** Ops whose sign is free: the sign of the result follows from those of the operands. */
const signed = new Set<string>(['add', 'sub', 'mul', 'neg', 'literal']);

interface Signs {
  /** kept[i] = sign[i] * value of node i. */
  readonly sign: Int8Array;
  /** 1 for every value that this choice negates explicitly, and how many these are. */
  readonly negated: Uint8Array;
  readonly negations: number;
}

/** A body as arrays, operands by position. */
interface Listed {
  readonly order: readonly Expr[];
  readonly args: readonly (readonly number[])[];
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
  return { order, args, roots, wanted: wantedSigns(order, args, roots) };
}

/** Is node i a difference of what is kept, so that it may be turned round? */
function isDifference({ order, args }: Listed, i: number, sign: Int8Array): boolean {
  const { op } = order[i];
  if (op !== 'add' && op !== 'sub') return false;
  const same = sign[args[i][0]] === sign[args[i][1]];
  return (op === 'sub') === same;
}

/** Signs under these turns; the first `from` are taken over from `known`, of which no turn has changed. */
function signsOf(l: Listed, turned: Uint8Array, from = 0, known?: Int8Array): Signs {
  const { order, args, roots, wanted } = l;
  const sign = known ? known.slice() : new Int8Array(order.length).fill(1);
  const negated = new Uint8Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const { op } = order[i];
    if (!signed.has(op)) for (const x of args[i]) negated[x] |= Number(sign[x] < 0);
    if (i < from) continue;
    const a = args[i][0];
    const b = args[i][1];
    if (op === 'neg') sign[i] = -sign[a];
    else if (op === 'mul') sign[i] = sign[a] * sign[b];
    else if (op === 'add' || op === 'sub') {
      sign[i] = sign[a];
      if (isDifference(l, i, sign)) sign[i] = wanted[i] || (turned[i] ? -sign[a] : sign[a]);
    }
  }
  for (const root of roots) negated[root] |= Number(sign[root] < 0);
  let negations = 0;
  for (let i = 0; i < negated.length; i++) negations += negated[i];
  return { sign, negated, negations };
}

/** Values whose sign reaches one that needs a negation: no other turn can save any. */
function worthTurning({ order, args }: Listed, { negated }: Signs): Uint8Array {
  const reaches = negated.slice();
  for (let i = order.length - 1; i >= 0; i--)
    if (reaches[i] === 1 && signed.has(order[i].op)) for (const a of args[i]) reaches[a] = 1;
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
      if (worth[i] === 0 || l.wanted[i] !== 0) continue;
      if (l.order[i].op !== 'sub' && l.order[i].op !== 'add') continue;
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
