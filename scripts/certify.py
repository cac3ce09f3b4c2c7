"""Checks a certificate of `papilio certify --json` without papilio: reads checkpoint and certificate, builds the error operator
again and proves its norm. mpmath up to 128 points, else numpy with pairs of float64 and a floating-point Cholesky factorisation
with its rounding correction (Rump 2006).

    python3 -m venv /tmp/certify && /tmp/certify/bin/pip install numpy mpmath
    /tmp/certify/bin/python scripts/certify.py transform.safetensors certificate.json [count of further inputs to try]

Exit code 0: every claim holds. 1: one does not. 2: the network has parts that this script does not know.
"""

import hashlib
import json
import math
import struct
import sys

import mpmath
import numpy as np

mpmath.mp.prec = 240


def unsupported(what):
    print(f"not supported here: {what}")
    sys.exit(2)


def read_checkpoint(path):
    data = open(path, "rb").read()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    meta = header.pop("__metadata__")
    kinds = {"F64": "<f8", "F32": "<f4"}
    tensors = {}
    for name, t in header.items():
        begin, end = (8 + size + o for o in t["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], kinds[t["dtype"]]).astype(np.float64).reshape(t["shape"])
    return json.loads(meta["network"]), tensors, hashlib.sha256(data).hexdigest()


def root(m, q):
    """exp(-2 pi i m / q) to 240 bits."""
    return mpmath.expjpi(mpmath.mpf(-2 * (m % q)) / q)


def rounded_root(m, q):
    w = root(m, q)
    return float(w.real), float(w.imag)


# ---- the network as the compiled program has it -----------------------------------------------------------------------


def gated(stage, gate, block, stride, dtype):
    """block [count, r, r, 2] behind its gates, in the arithmetic of the dtype."""
    spec, (count, r) = stage["gate"], block.shape[:2]
    b = np.arange(count)
    index = {"butterfly": b, "run": b // 4, "block": b // stride, "stage": b * 0}[spec["grain"]]
    g = gate.astype(dtype).reshape(-1, 1 if spec["kind"] == "skip" else r)
    threshold = dtype(spec["threshold"])
    g = np.clip(g, dtype(0), dtype(1)) if spec["mode"] == "soft" else np.where(g < threshold, dtype(0), dtype(1))
    g = g[index]
    if spec["kind"] == "drop":
        return block * g[:, :, None, None]
    identity = np.zeros((r, r, 2), dtype)
    identity[..., 0] = np.eye(r)
    g = g[:, :, None, None]
    # (1 - g) I + g B, as docs/conventions.md has it.
    return (dtype(1) - g) * identity + g * block


def stage_blocks(spec, s, stride, tensors, dtype, scale):
    """Coefficients [count, r, r, 2] of a stage; `scale` goes into the twiddles of exact ones."""
    stage, n, r = spec["stages"][s], spec["n"], spec["stages"][s]["radix"]
    count, kind = n // r, stage["parametrization"]
    sign = -1 if spec["direction"] == "inverse" else 1
    if kind == "free":
        block = tensors[f"stage{s}.block"].astype(dtype)
    else:
        if r not in (2, 3, 4, 5, 7, 8) or (kind not in ("exact", "twiddle")):
            unsupported(f"stage {s}: {kind} of radix {r}")
        w = np.zeros((count, r, 2))
        w[:, 0, 0] = scale
        if kind == "twiddle":
            w[:, 1:] = tensors[f"stage{s}.twiddle"]
        else:
            for k in range(stride):
                for a in range(1, r):
                    re, im = rounded_root(a * k, r * stride)
                    w[k::stride, a] = [scale * re, scale * sign * im]
        w = w.astype(dtype)
        f = np.array([[rounded_root(j * a, r) for a in range(r)] for j in range(r)]).astype(dtype)
        f[..., 1] *= sign
        re = f[None, :, :, 0] * w[:, None, :, 0] - f[None, :, :, 1] * w[:, None, :, 1]
        im = f[None, :, :, 0] * w[:, None, :, 1] + f[None, :, :, 1] * w[:, None, :, 0]
        if "gate" not in stage and r in (3, 5, 7, 8):
            # Without gates twiddles and DFT stay two steps; a product would round in between.
            unsupported(f"stage {s}: {kind} of radix {r}")
        block = np.stack([re, im], -1)
        if spec["decimation"] == "frequency":
            block = block.transpose(0, 2, 1, 3)
    if "gate" in stage:
        block = gated(stage, tensors[f"stage{s}.gate"], block, stride, dtype)
    return block.astype(np.float64)


def network_steps(spec, tensors, dtype):
    """Input order, the stages in order as (stride, blocks), output order, and the last factor."""
    if spec["input"] != "complex":
        unsupported("real input")
    n, radices = spec["n"], [s["radix"] for s in spec["stages"]]
    inverse = spec["direction"] == "inverse"
    scale = 1.0
    if spec["norm"] == "ortho":
        scale = 1 / math.sqrt(n)
    elif (spec["norm"] == "backward") == inverse:
        scale = 1 / n
    q = round(1 / scale)
    quotient = 2 < q <= 16 and scale == 1 / q and q & (q - 1) != 0
    in_time = spec["decimation"] == "time"
    last = len(radices) - 1 if in_time else 0
    stage = spec["stages"][last]
    inside = scale if in_time and stage["parametrization"] == "exact" and "gate" not in stage and not quotient else 1.0
    strides = [math.prod(radices[:s]) for s in range(len(radices))]
    order = range(len(radices)) if in_time else reversed(range(len(radices)))
    steps = [(strides[s], stage_blocks(spec, s, strides[s], tensors, dtype, inside if s == last else 1.0)) for s in order]
    reversal = np.zeros(1, int)
    for r in radices:
        reversal = np.concatenate([reversal * r + a for a in range(r)])
    if spec["permutation"] != "digit-reversal":
        reversal = np.arange(n) if spec["permutation"] == "identity" else np.array(spec["permutation"])
    factor = mpmath.mpf(1) / q if quotient else mpmath.mpf(float(dtype(scale))) if inside == 1.0 else mpmath.mpf(1)
    exact = mpmath.mpf(1) / mpmath.sqrt(n) if spec["norm"] == "ortho" else mpmath.mpf(1) / n if scale != 1 else mpmath.mpf(1)
    return (reversal if in_time else None), steps, (None if in_time else reversal), factor, exact


def legs(n, r, stride):
    """Positions [count, r] that the butterflies of a stage join."""
    b = np.arange(n // r)
    return ((b // stride) * r * stride + b % stride)[:, None] + stride * np.arange(r)


# ---- two arithmetics: mpmath numbers, and pairs of float64 -----------------------------------------------------------


class Exact:
    """Complex arrays as object arrays of mpc."""

    def unit(self, n, first, count):
        x = np.full((n, count), mpmath.mpc(0), object)
        for c in range(count):
            x[first + c, c] = mpmath.mpc(1)
        return x

    def apply(self, blocks, rows, x):
        y = np.empty_like(x)
        for b, own in enumerate(rows):
            m = np.array([[mpmath.mpc(*map(float, e)) for e in row] for row in blocks[b]], object)
            y[own] = m @ x[own]
        return y

    def minus(self, x, factor, t):
        return x * factor - t


def two_sum(a, b):
    s = a + b
    back = s - a
    return s, (a - (s - back)) + (b - back)


def two_product(a, b):
    def halves(v):
        t = 134217729.0 * v
        high = t - (t - v)
        return high, v - high

    p = a * b
    (ah, al), (bh, bl) = halves(a), halves(b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def pair_add(a, b):
    s, e = two_sum(a[0], b[0])
    t, f = two_sum(a[1], b[1])
    hi, lo = two_sum(s, e + t)
    return two_sum(hi, lo + f)


def pair_mul(a, b):
    p, e = two_product(a[0], b[0])
    return two_sum(p, e + (a[0] * b[1] + a[1] * b[0]))


def pair_of(v):
    hi = float(v)
    return hi, float(v - hi)


neg = lambda a: (-a[0], -a[1])


class Pairs:
    """Complex arrays as ((reHi, reLo), (imHi, imLo))."""

    def unit(self, n, first, count):
        x = np.zeros((n, count))
        x[first + np.arange(count), np.arange(count)] = 1
        zero = np.zeros((n, count))
        return (x, zero), (zero, zero)

    def apply(self, blocks, rows, x):
        out = tuple((np.empty_like(x[0][0]), np.empty_like(x[0][0])) for _ in range(2))
        for j in range(rows.shape[1]):
            re = im = None
            for a in range(rows.shape[1]):
                c, s = ((blocks[:, j, a, i][:, None], 0.0) for i in (0, 1))
                u, v = (tuple(part[rows[:, a]] for part in x[i]) for i in (0, 1))
                p, q = pair_add(pair_mul(c, u), neg(pair_mul(s, v))), pair_add(pair_mul(c, v), pair_mul(s, u))
                re, im = (p, q) if re is None else (pair_add(re, p), pair_add(im, q))
            for target, value in zip(out, (re, im)):
                target[0][rows[:, j]], target[1][rows[:, j]] = value
        return out

    def minus(self, x, factor, t):
        f = pair_of(factor)
        parts = [pair_add(pair_mul(f, part), neg(goal)) for part, goal in zip(x, t)]
        return (parts[0][0] + parts[0][1]) + 1j * (parts[1][0] + parts[1][1])


# ---- what the network should be ---------------------------------------------------------------------------------------


def target_angles(name, n, columns):
    """The target's entry (k, j), output k of sample j, as (function, m, q): function of 2 pi m / q."""
    k, j = np.arange(n)[:, None], np.asarray(columns)[None, :]
    popcount = np.vectorize(lambda x: bin(x).count("1"))
    return {
        "dft": lambda: ("exp", k * j, n),
        "idft": lambda: ("exp", -k * j, n),
        "hadamard": lambda: ("exp", popcount(k & j), 2),
        "hartley": lambda: ("cas", k * j, n),
        "dct2": lambda: ("cos", k * (2 * j + 1), 4 * n),
        "dct3": lambda: ("cos", j * (2 * k + 1), 4 * n),
        "dct4": lambda: ("cos", (2 * k + 1) * (2 * j + 1), 8 * n),
        "dst2": lambda: ("sin", (k + 1) * (2 * j + 1), 4 * n),
    }[name]()


def target_table(kind, q, scale):
    functions = {
        "exp": lambda w: w,
        "cos": lambda w: mpmath.mpc(w.real),
        "sin": lambda w: mpmath.mpc(-w.imag),
        "cas": lambda w: mpmath.mpc(w.real - w.imag),
    }
    return [functions[kind](root(m, q)) * scale for m in range(q)]


def error_matrix(spec, tensors, dtype, target, real):
    """E as float64 numbers [n, n] (mpc for n <= 128), and the stages' blocks."""
    before, steps, after, factor, scale = network_steps(spec, tensors, dtype)
    n = spec["n"]
    small = n <= 128
    arithmetic = Exact() if small else Pairs()
    kind, _, q = target_angles(target, n, [0])
    table = target_table(kind, q, scale)
    if not small:
        parts = [np.array([pair_of(getattr(w, part)) for w in table]).T for part in ("real", "imag")]
    width = n if small else 128
    columns = []
    for first in range(0, n, width):
        count = min(width, n - first)
        x = arithmetic.unit(n, first, count)
        take = (lambda t, i: t[i]) if small else (lambda t, i: tuple(tuple(a[i] for a in part) for part in t))
        if before is not None:
            x = take(x, before)
        for stride, blocks in steps:
            x = arithmetic.apply(blocks, legs(n, blocks.shape[1], stride), x)
        if after is not None:
            # Output after[p] stands at position p.
            x = take(x, np.argsort(after))
        m = target_angles(target, n, first + np.arange(count))[1] % q
        t = np.array(table, object)[m] if small else [tuple(part[m] for part in own) for own in parts]
        columns.append(arithmetic.minus(x, factor, t))
    e = np.concatenate(columns, 1)
    if real:
        e = np.vectorize(lambda z: mpmath.mpc(z.real), otypes=[object])(e) if small else e.real + 0j
    return e, steps


# ---- the claims ---------------------------------------------------------------------------------------------------------


def proven_exactly(e, tau):
    """Cholesky of tau^2 I - E^H E with 240 bits; what rounding does is below 1e-60 of the entries."""
    n = len(e)
    gram = np.conj(e.T) @ e
    m = mpmath.matrix(n, n)
    for i in range(n):
        for j in range(n):
            m[i, j] = (tau * tau * (1 - mpmath.mpf(10) ** -40) if i == j else 0) - gram[i, j]
        m[i, i] = mpmath.mpc(m[i, i].real, 0)
    try:
        mpmath.cholesky(m)
        return True
    except ValueError:
        return False


def proven_in_floating_point(e, tau, slack):
    """||E|| <= tau: Cholesky of (t^2 - c) I - G; c covers rounding of Gram matrix, factorisation and diagonal."""
    n, u = len(e), 2.0**-53
    exponent = -math.floor(math.log2(np.abs(e).max()))
    e = e * 2.0**exponent
    t = (tau - slack - 3 * u * np.linalg.norm(e) * 2.0**-exponent) * 2.0**exponent * (1 - 4 * u)
    frobenius = np.linalg.norm(e) * (1 + 1e-10)
    gamma = lambda m: m * u / (1 - m * u)
    g = math.sqrt(2) * gamma(2 * n + 8)
    c = 1.01 * (math.sqrt(2) * gamma(2 * n + 4) * frobenius**2 + g / (1 - g) * n * t * t + 4 * u * (t * t + frobenius**2))
    m = -(np.conj(e.T) @ e)
    m = (m + np.conj(m.T)) / 2
    m[np.arange(n), np.arange(n)] = t * t - c + np.real(np.diag(m))
    try:
        np.linalg.cholesky(m)
        return True
    except np.linalg.LinAlgError:
        return False


def stage_norms(blocks):
    """Largest 2-norm of a block, and of the entrywise size of its real form."""
    c, s = blocks[..., 0], blocks[..., 1]
    norm = np.linalg.norm(c + 1j * s, 2, axis=(1, 2)).max()
    both = np.concatenate([np.concatenate([abs(c), abs(s)], 2), np.concatenate([abs(s), abs(c)], 2)], 1)
    return norm, np.linalg.norm(both, 2, axis=(1, 2)).max()


def evened(steps, n):
    """Stages between scaled signals, D' B D^-1: rows of one norm, the outputs as they are. Every D bounds the same rounding."""
    before, out = np.ones(n), []
    for i, (stride, blocks) in enumerate(steps):
        at = legs(n, blocks.shape[1], stride)
        x = blocks / before[at][:, None, :, None]
        behind = np.ones(n)
        if i < len(steps) - 1:
            rows = np.sqrt((x**2).sum((2, 3)))
            behind[at] = np.where(rows > 0, 1 / np.where(rows > 0, rows, 1), 1)
        out.append((stride, x * behind[at][:, :, None, None]))
        before = behind
    return out


def rounding_claim(claim, steps, factor):
    """The bound follows from the stages of the certificate, and these are no smaller than the blocks say, as they are or evened."""
    return any(bound_follows(claim, s, factor) for s in (steps, evened(steps, claim["n"])))


def bound_follows(claim, steps, factor):
    u = 2.0 ** (-24 if claim["dtype"] == "f32" else -53)
    # A loop without roundings only moves samples; it must not shrink them.
    moves = [s for s in claim["stages"] if s["depth"] == 0]
    stages = [s for s in claim["stages"] if s["depth"] > 0]
    error, size = 0.0, math.prod(s["norm"] for s in moves)
    fits = len(steps) == len(stages) and all(s["norm"] >= 1 for s in moves)
    for i, (stage, (_, blocks)) in enumerate(zip(stages, steps)):
        own = stage["depth"] * u / (1 - stage["depth"] * u) * stage["absoluteNorm"]
        error, size = error * (stage["norm"] + own) + size * own, size * stage["norm"]
        last = float(factor) if i == len(steps) - 1 else 1.0
        norm, absolute = (v * last * (1 - 1e-7) for v in stage_norms(blocks))
        fits = fits and stage["norm"] >= norm and stage["absoluteNorm"] >= absolute
    return fits and claim["roundingBound"] >= error * (1 - 1e-12)


def attack(e, v, count, real):
    """Largest ||E x|| / ||x|| over noise, signs, pulses, tones, steps, and the attaining input disturbed."""
    n, random, worst = len(e), np.random.default_rng(1), 0.0
    for first in range(0, count, 500):
        noise = random.standard_normal((500, n)) + 1j * random.standard_normal((500, n))
        i, j = np.arange(first, first + 500)[:, None], np.arange(n)[None, :]
        x = np.choose(
            i % 6,
            [
                noise,
                np.sign(noise.real) + 1j * np.sign(noise.imag),
                noise * (j == i % n),
                np.exp(2j * np.pi * i * j / (6 * n)),
                (j <= i % n) + 0j,
                v[None, :] + 10.0 ** -(i % 7) * noise,
            ],
        )
        x = x.real + 0j if real else x
        worst = max(worst, (np.linalg.norm(x @ e.T, axis=1) / np.linalg.norm(x, axis=1)).max())
    return worst


def main():
    spec, tensors, digest = read_checkpoint(sys.argv[1])
    claim = json.load(open(sys.argv[2]))
    dtype = {"f32": np.float32, "f64": np.float64}[claim["dtype"]]
    n, tau, real = claim["n"], claim["tau"], claim["head"] == "real"
    checks = {"checkpoint": digest == claim["sha256"] and spec["n"] == n}
    e, steps = error_matrix(spec, tensors, dtype, claim["target"], real)
    factor = network_steps(spec, tensors, dtype)[3]
    if n <= 128:
        checks["tau"] = proven_exactly(e, mpmath.mpf(tau))
        scale = mpmath.mpf(2) ** 300
        e = (e * scale).astype(complex) if tau < 1e-200 else e.astype(complex)
    else:
        # Pairs carry 100 bits: what they may be wrong by, over the whole matrix.
        checks["tau"] = proven_in_floating_point(e, tau, 2.0**-95 * n * claim["targetNorm"])
    v = np.array(claim["attainedBy"]["re"]) + 1j * np.array(claim["attainedBy"]["im"])
    attained = np.linalg.norm(e @ v) / np.linalg.norm(v)
    rows = np.linalg.norm(e, axis=1)
    checks["attained"] = abs(attained - claim["attained"]) <= 1e-9 * tau and attained <= tau
    checks["tight"] = tau <= 1.05 * attained or attained == 0
    checks["worstBin"] = rows[claim["worstBin"]] >= rows.max() * (1 - 1e-9) and abs(rows.max() - claim["worstBinError"]) <= 1e-9 * tau
    checks["roundingBound"] = rounding_claim(claim, steps, factor)
    if len(sys.argv) > 3:
        worst = attack(e, v, int(sys.argv[3]), real)
        checks["inputs"] = worst <= tau
        print(f"{sys.argv[3]} inputs: at most {worst:.6e}")
    for name, holds in checks.items():
        print(f"{name}: {'holds' if holds else 'DOES NOT HOLD'}")
    print(f"n {n}, {claim['target']}, {claim['dtype']}: tau {tau:.6e}, attained {attained:.6e}, ratio {tau / attained if attained else float('nan'):.4f}")
    print("verified" if all(checks.values()) else "REFUTED")
    sys.exit(0 if all(checks.values()) else 1)


main()
