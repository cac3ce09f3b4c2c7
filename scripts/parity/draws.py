"""npm run parity:draws: 300 heads each with random options by librosa (float64) and kaldi-native-fbank (float32); see README.md.

Of each result its shape and some of its numbers go to test/fixtures/parity/draws.json."""

import json

import kaldi_native_fbank as knf
import librosa
import numpy as np

from signals import rate, root, signals

count = 300
kept = 8
made = signals()


def db(floor, kind, rng):
    """Options of power_to_db and amplitude_to_db, and papilio's."""
    top_db = [None, 80.0, 30.0][rng.integers(3)]
    ref = [1.0, 0.25, "max"][rng.integers(3)]
    options = {"ref": np.max if ref == "max" else ref, "amin": floor, "top_db": top_db}
    return options, {"kind": kind, "floor": floor, "offset": 0, "range": top_db, "reference": ref}


def librosa_draw(rng, x):
    n_fft = int(rng.choice([64, 100, 128, 200, 255, 256, 320, 400, 512, 513, 600, 1024]))
    win = int(rng.integers(n_fft // 3, n_fft + 1))
    hop = int(rng.integers(max(1, n_fft // 8), n_fft + 40))
    center = bool(rng.integers(2))
    pad_mode = str(rng.choice(["constant", "reflect", "edge", "symmetric"]))
    window = ["hann", "hamming", "blackman", "boxcar", ("kaiser", 8.0), ("tukey", 0.4)][rng.integers(6)]
    power = float(rng.integers(1, 3))
    bands = int(rng.integers(4, 1 + min(60, n_fft // 8)))
    fmin, fmax = float(rng.integers(0, 400)), float(rng.integers(3000, 8001))
    htk, norm = bool(rng.integers(2)), ["slaney", None, 1][rng.integers(3)]
    emphasis = float([0, 0.97, 0.5][rng.integers(3)])
    y = librosa.effects.preemphasis(x, coef=emphasis, zi=np.zeros(1)) if emphasis else x
    s = librosa.feature.melspectrogram(
        y=y, sr=rate, n_fft=n_fft, win_length=win, hop_length=hop, center=center, pad_mode=pad_mode, window=window, power=power,
        n_mels=bands, fmin=fmin, fmax=fmax, htk=htk, norm=norm, dtype=np.float64,
    )
    head = {
        "sampleRate": rate, "nFft": n_fft, "windowLength": win, "hop": hop, "framing": "centered" if center else "inside",
        "padding": pad_mode, "window": list(window) if isinstance(window, tuple) else window, "signalPreEmphasis": emphasis,
        "spectrum": "power" if power == 2 else "magnitude",
        "bank": {"bands": bands, "fMin": fmin, "fMax": fmax, "scale": "htk" if htk else "slaney", "norm": {"slaney": "slaney", None: "none", 1: "sum"}[norm]},
    }
    kind = rng.integers(5)
    if kind == 0:
        pcen = {"gain": float(rng.uniform(0.3, 1)), "bias": float(rng.uniform(0.1, 10)), "power": float(rng.uniform(0.1, 1))}
        smoothing = float(rng.uniform(0.01, 0.9))
        out = librosa.pcen(s, sr=rate, hop_length=hop, b=smoothing, eps=1e-6, **pcen)
        return out.T, {**head, "log": None, "pcen": {"smoothing": smoothing, "epsilon": 1e-6, "initial": 1, **pcen}}
    # Above the rounding of the transform.
    floor = 1e-8 if power == 2 else 1e-4
    options, log = db(floor, "db", rng)
    out = (librosa.power_to_db if power == 2 else librosa.amplitude_to_db)(s, **options)
    head["log"] = log
    if kind == 1:
        n = int(rng.integers(1, bands + 1))
        ortho, lifter = bool(rng.integers(2)), float([0, 22, 7][rng.integers(3)])
        out = librosa.feature.mfcc(S=out, n_mfcc=n, norm="ortho" if ortho else None, lifter=lifter, dtype=np.float64)
        head["cepstrum"] = {"count": n, "norm": "ortho" if ortho else "none", "lifter": {"kind": "librosa", "length": lifter} if lifter else None}
    if kind == 2 and out.shape[1] >= 9:
        width, order = int(rng.choice([3, 5, 9])), int(rng.integers(1, 3))
        if not (width == 3 and order == 2):
            orders = [out] + [librosa.feature.delta(out, width=width, order=i + 1) for i in range(order)]
            out = np.vstack(orders)
            head["deltas"] = {"kind": "librosa", "order": order, "width": width}
    return out.T, head


def kaldi_draw(rng, x):
    mfcc = bool(rng.integers(2))
    o = knf.MfccOptions() if mfcc else knf.FbankOptions()
    f = o.frame_opts
    f.dither = 0
    f.samp_freq = rate
    f.frame_length_ms = float(rng.choice([20, 25, 30, 32]))
    f.frame_shift_ms = float(rng.choice([5, 8, 10, 12.5, 40]))
    f.preemph_coeff = float(rng.choice([0, 0.5, 0.97]))
    f.remove_dc_offset = bool(rng.integers(2))
    f.window_type = str(rng.choice(["povey", "hanning", "hamming", "rectangular", "blackman"]))
    f.snip_edges = bool(rng.integers(2))
    o.mel_opts.num_bins = int(rng.integers(10, 41))
    o.mel_opts.low_freq = float(rng.integers(0, 300))
    o.mel_opts.high_freq = float(rng.choice([0, -200, -400, 7000]))
    o.use_energy = bool(rng.integers(2))
    o.raw_energy = False
    bands = o.mel_opts.num_bins
    length = round(f.frame_length_ms * rate / 1000)
    use_power = True
    if mfcc:
        o.num_ceps = int(rng.integers(2, bands + 1))
        o.cepstral_lifter = float(rng.choice([0, 22, 10]))
    else:
        o.use_power = use_power = bool(rng.integers(2)) or o.use_energy
    own = knf.OnlineMfcc(o) if mfcc else knf.OnlineFbank(o)
    own.accept_waveform(rate, (x * 32768).tolist())
    own.input_finished()
    out = np.array([own.get_frame(i) for i in range(own.num_frames_ready)], dtype=np.float64)
    head = {
        "nFft": 512, "windowLength": length, "hop": round(f.frame_shift_ms * rate / 1000), "framing": "inside" if f.snip_edges else "midpoints",
        "preEmphasis": round(f.preemph_coeff, 3), "detrend": "constant" if f.remove_dc_offset else "none", "spectrum": "power" if use_power else "magnitude",
        "window": {"hanning": "hann", "rectangular": "boxcar"}.get(f.window_type, f.window_type),
        "bank": {"bands": bands, "fMin": o.mel_opts.low_freq, "fMax": o.mel_opts.high_freq, "energy": "samples" if o.use_energy else "none"},
    }
    if mfcc:
        head["cepstrum"] = {
            "count": o.num_ceps, "norm": "ortho", "lifter": {"kind": "kaldi", "length": o.cepstral_lifter} if o.cepstral_lifter else None,
        }
    return out, head


def draws(preset, draw, seed, names, digits):
    listed = []
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        name = names[i % len(names)]
        first, samples = int(rng.integers(1000)), int(rng.integers(2500, 5000))
        out, head = draw(rng, made[name][first : first + samples])
        at = np.sort(rng.choice(out.size, min(kept, out.size), replace=False))
        listed.append({
            "preset": preset, "overrides": head, "signal": name, "first": first, "samples": samples, "shape": out.shape,
            "at": at.tolist(), "values": [float(f"{v:.{digits}g}") for v in out.reshape(-1)[at]],
        })
    return listed


def main():
    out = root / "test" / "fixtures" / "parity" / "draws.json"
    listed = {
        "versions": {"librosa": librosa.__version__, "kaldi-native-fbank": knf.__version__},
        "librosa": draws("librosa", librosa_draw, 1, ["speech", "music", "noise", "clipped"], 14),
        "kaldi": draws("kaldi", kaldi_draw, 2, ["speech", "noise", "clipped", "music"], 9),
    }
    out.write_text("{" + ",\n".join(f'"{k}": ' + (json.dumps(v) if k == "versions" else "[\n" + ",\n".join(json.dumps(d, separators=(",", ":")) for d in v) + "\n]") for k, v in listed.items()) + "}\n")
    print(f"draws.json: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
