/**
 * Correctors: what can be put behind the spectrum of a student network to come closer to a teacher's. Each is a linear map as
 * graph loops, parametrised like a network (distill/corrector-solve.ts finds the best one).
 */
import { exprCarrier as k, type Expr } from '../ir/expr.ts';
import { loop, type ComplexTensor, type Term } from '../ir/graph.ts';
import { LoadList, planar, sharedPairs, type ComplexView } from '../ir/view.ts';
import type { ParameterValues } from './initialize.ts';
import { checkArgument, checkOptions, oneOf, record, required, whole, type OptionTable } from '../options.ts';
import { overPoints } from './loops.ts';
import type { Provide } from './parametrization.ts';
import { complex, type Complex } from '../numeric/arithmetic.ts';

/**
 * y from a spectrum x of `bins` numbers. identity: x. affine: y_k = a_k x_k + b_k. banded: y_k = sum of c_kj x_{k+j} over
 * |j| <= radius, the end bins standing for what lies beyond them (with c = 0 in a solution). low-rank: y = x + U W x, U [bins, rank], W [rank, bins].
 */
export type CorrectorSpec =
  | { readonly kind: 'identity' }
  | { readonly kind: 'affine' }
  | { readonly kind: 'banded'; readonly radius: number }
  | { readonly kind: 'low-rank'; readonly rank: number };

/** A corrector of spectra of `bins` numbers; parameters by name, as `correctorShapes` says. */
export interface Corrector {
  readonly spec: CorrectorSpec;
  readonly bins: number;
  readonly values: ParameterValues;
}

/** Throws InvalidArgumentError, naming the value, for what is no corrector of so many bins. */
export function validateCorrector(spec: CorrectorSpec, bins: number): void {
  checkArgument('bins', bins, whole());
  const kind = { kind: required(oneOf(['identity', 'affine', 'banded', 'low-rank'])) };
  const tables = {
    identity: kind,
    affine: kind,
    banded: { ...kind, radius: required(whole(0, bins - 1)) },
    'low-rank': { ...kind, rank: required(whole(1, bins)) },
  };
  checkArgument('the corrector', spec, record());
  checkArgument('corrector.kind', spec.kind, kind.kind);
  checkOptions(`a corrector of ${bins} bins`, spec, tables[spec.kind] as OptionTable<CorrectorSpec>);
}

/** Names and shapes of a corrector's parameters: pairs (re, im) last. */
export function correctorShapes(spec: CorrectorSpec, bins: number): Record<string, readonly number[]> {
  validateCorrector(spec, bins);
  switch (spec.kind) {
    case 'identity':
      return {};
    case 'affine':
      return { 'corrector.scale': [bins, 2], 'corrector.offset': [bins, 2] };
    case 'banded':
      return { 'corrector.band': [bins, 2 * spec.radius + 1, 2] };
    case 'low-rank':
      return { 'corrector.left': [bins, spec.rank, 2], 'corrector.right': [spec.rank, bins, 2] };
    default:
      return spec satisfies never;
  }
}

type Read = (list: LoadList, ...row: Term[]) => Complex<Expr>;

/** z = W x, [rank, lanes]. */
function projections(w: ComplexView, rank: number, bins: number, lanes: number, read: Read): ComplexTensor {
  const list = new LoadList();
  // Dimensions: rank, bins, lanes.
  const { re, im } = complex.mul(k, list.complex(w, 0, [bins, 1]), read(list, 0, 1));
  const access = { offset: 0, terms: [lanes, 0, 1] };
  const [outRe, outIm] = loop({
    label: 'corrector, projections',
    space: [rank, bins, lanes],
    loads: list.loads,
    body: [re, im],
    stores: [0, 1].map((result) => ({ result, access, combine: 'sum' })),
    shapes: [
      [rank, lanes],
      [rank, lanes],
    ],
  });
  return { re: outRe, im: outIm };
}

/**
 * The corrected spectrum as graph loops: x of shape [bins (+ spare rows), lanes]; parameters from `provide`, so they may be
 * trained, frozen or quantised like those of a network.
 */
export function correctedSpectrum(
  spec: CorrectorSpec,
  x: ComplexTensor,
  bins: number,
  lanes: number,
  provide: Provide,
): ComplexTensor {
  const shapes = correctorShapes(spec, bins);
  const p = (name: string): ComplexView =>
    sharedPairs(provide(`corrector.${name}`, shapes[`corrector.${name}`]));
  const read: Read = (list, ...row) => list.complex(planar(x, lanes), 0, row);
  switch (spec.kind) {
    case 'identity':
      return x;
    case 'affine':
      return overPoints('corrector, affine', bins, lanes, (list) =>
        complex.add(
          k,
          complex.mul(k, list.complex(p('scale'), 0, [1]), read(list, 1)),
          list.complex(p('offset'), 0, [1]),
        ),
      );
    case 'banded': {
      const { radius } = spec;
      const width = 2 * radius + 1;
      const row = (j: number): Term =>
        j === 0 ? 1 : Int32Array.from({ length: bins }, (_, b) => Math.min(Math.max(b + j, 0), bins - 1));
      const band = p('band');
      return overPoints('corrector, banded', bins, lanes, (list) =>
        Array.from({ length: width }, (_, j) =>
          complex.mul(k, list.complex(band, j, [width]), read(list, row(j - radius))),
        ).reduce((a, b) => complex.add(k, a, b)),
      );
    }
    case 'low-rank': {
      const { rank } = spec;
      const z = projections(p('right'), rank, bins, lanes, read);
      const left = p('left');
      return overPoints('corrector, low rank', bins, lanes, (list) =>
        Array.from({ length: rank }, (_, q) =>
          complex.mul(k, list.complex(left, q, [rank]), {
            re: list.read(z.re, q * lanes, [0, 1]),
            im: list.read(z.im, q * lanes, [0, 1]),
          }),
        ).reduce((a, b) => complex.add(k, a, b), read(list, 1)),
      );
    }
    default:
      return spec satisfies never;
  }
}
