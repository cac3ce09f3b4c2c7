/** Elementary functions are rounded correctly: what 40 digits say, wherever it is asked, and however an engine's own `Math` is off. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { atan2, cos, exp, log, log10, power, sin } from '../../src/numeric/elementary.ts';
import { windowByName } from '../../src/numeric/window.ts';

afterEach(() => vi.restoreAllMocks());

/** A value of mpmath at 300 bits, rounded to float64; it is off by one in the last place in some engine. */
const known: readonly [(...args: number[]) => number, readonly number[], number][] = [
  [power, [0.999, 5821], 0.0029560172456689075],
  [atan2, [0.08218659161691866, 0.4846997107307891], 0.16796430721679997],
  [atan2, [-0.3103318413767646, -0.06563950589189282], -1.7792380596806268],
  [power, [7.657490936414101, 0.7720600863788558], 4.8146851574599525],
  [sin, [19.679643250852656], 0.7379903047330973],
  [power, [6.434694879425082, -7.638875095936877], 6.664321109521307e-7],
  [sin, [-8.46072894915041], -0.8215070359362382],
  [sin, [5.447005063969179], -0.7420881481431943],
  [exp, [13.617512659922951], 820371.5775231748],
  [log10, [5.725576139393065], 0.7578191943428988],
  [cos, [19.035371094492902], 0.9827859758237335],
  [exp, [41.34834995090418], 9.064841597748182e17],
  [log10, [1.2982788795131626], 0.11336799202096115],
  [sin, [16.30260806358541], -0.560214557184736],
  [exp, [-10.204759454449992], 3.699382857693132e-5],
  [log10, [1.0276158684993237], 0.011830802044758023],
  [log10, [1.8209694665022984], 0.2603026637297148],
  [power, [0.999, 5261], 0.005176468277341172],
  [exp, [-47.390489791236114], 2.6216323592281967e-21],
  [power, [2.801945621986848, -9.81394238761344], 4.061217586180387e-5],
  [atan2, [-0.18867270866812796, -0.49069711938067206], -2.7745199316442704],
  [atan2, [0.21623922312457078, -0.08312364648241721], 1.9377877122255769],
  [power, [2.4389352693403765, -1.039873394668044], 0.395695158573977],
  [log, [0.7548690078569897], -0.2812110443130624],
  [power, [0.999, 9461], 7.746117955776558e-5],
  [power, [0.999, 2540], 0.07876623629900088],
  [cos, [-0.7489638499677937], 0.7323947559975242],
  [log, [2.813826060301543], 1.0345451445221612],
  [log, [2.718841569832918], 1.0002058961457545],
  [log, [4.471856651116096], 1.4978036805796628],
  [cos, [5.294403687722237], 0.5497080508634594],
  [cos, [5.559300475548628], 0.7492384640658624],
  [log, [1.0000000000009095], 9.094947017725146e-13],
  [cos, [1.5707963267948966], 6.123233995736766e-17],
  // Close to a multiple of pi / 2 and large: the third part of pi / 2 shows.
  [cos, [881156436695], -1.2251643745589862e-12],
  [sin, [21053343141], 1.7533805082422143e-12],
  // Where products of two numbers leave the numbers, or lose their last places.
  [power, [10, 308], 1e308],
  [power, [1.99, 1024], 1.0605966317261762e306],
  [power, [-1.99, 1025], -2.1105872971350906e306],
  [power, [1.0001, 7000000], 9.793502502952126e303],
  [power, [0.9, 6600], 1.0012955810893637e-302],
  [power, [1e200, 1.5], 9.999999999999999e299],
  [atan2, [1e308, 1e308], 0.7853981633974483],
  [atan2, [3e307, 1e308], 0.2914567944778671],
  [atan2, [-3e-310, -7e-311], -1.8000282600718966],
  [atan2, [1.5e-200, 1.7e50], 8.823529411764706e-251],
];

describe('elementary functions', () => {
  it('are the floats next to the true values', () => {
    for (const [f, args, value] of known) expect([f.name, args, f(...args)]).toEqual([f.name, args, value]);
  });

  it('have the same bits where the engine is off in the last place', () => {
    const before = known.map(([f, args]) => f(...args));
    for (const name of ['log', 'log2', 'atan2'] as const) {
      const own = Math[name] as (...args: number[]) => number;
      vi.spyOn(Math, name).mockImplementation((...args: number[]) => own(...args) * (1 + 2 ** -52));
    }
    for (const name of ['sin', 'cos', 'exp', 'log10', 'pow', 'hypot'] as const)
      vi.spyOn(Math, name).mockImplementation(() => NaN);
    expect(known.map(([f, args]) => f(...args))).toEqual(before);
  });

  it('end where numbers end', () => {
    expect([sin(-0), sin(Infinity), cos(2 ** 41), atan2(-0, -1)]).toEqual([-0, NaN, NaN, -Math.PI]);
    expect([exp(710), exp(-746), exp(NaN), exp(-Infinity), exp(-744)]).toEqual([Infinity, 0, NaN, 0, 1e-323]);
    expect([log(0), log(-1), log(Infinity), log(5e-324)]).toEqual([
      -Infinity,
      NaN,
      Infinity,
      -744.4400719213812,
    ]);
    expect([power(0, 0), power(0, 0.5), power(-2, 3), power(2, -1), log10(1e-5), log10(0)]).toEqual([
      1,
      0,
      -8,
      0.5,
      -5,
      -Infinity,
    ]);
    expect([power(10, 309), power(2, 1024), power(1e200, 2), power(-10, 309)]).toEqual([
      Infinity,
      Infinity,
      Infinity,
      -Infinity,
    ]);
    expect([power(2, 1e305), power(2, -1e305), power(1, 1e305), power(0, -1)]).toEqual([
      Infinity,
      0,
      1,
      Infinity,
    ]);
    expect([power(Infinity, 0.5), power(-2, 0.5), power(0.5, 1060)]).toEqual([Infinity, NaN, 8.095e-320]);
    const flat = windowByName(['general_gaussian', 60, 1], 2048, 'symmetric');
    expect([flat[0], flat.every(Number.isFinite)]).toEqual([0, true]);
  });
});
