"""Random option combinations of scipy.signal.welch, periodogram and spectrogram: options and a digest of each output."""

import warnings

import numpy as np
import scipy
import scipy.signal as ss

windows = [
    "hann", "hamming", "blackman", "boxcar", "bartlett", "flattop", "blackmanharris", "nuttall", "cosine", "parzen",
    "bohman", "triang", ("tukey", 0.25), ("kaiser", 8.6), ("gaussian", 40.0), ("chebwin", 70.0), ("general_hamming", 0.6),
]


def digest(x):
    """Shape, largest value, sums that every value enters, and some values."""
    flat = x.ravel()
    at = np.unique(np.linspace(0, flat.size - 1, 6).astype(int))
    return {
        "shape": list(x.shape),
        "max": float(np.abs(flat).max()),
        "sum": float(flat.sum()),
        "dot": float(flat @ np.cos(np.arange(flat.size))),
        "at": at.tolist(),
        "values": flat[at].tolist(),
    }


def combination(rng, signals):
    names = [n for n in signals if n != "silence"]
    name = names[rng.integers(len(names))]
    call = ["welch", "spectrogram", "periodogram"][rng.choice(3, p=[0.5, 0.35, 0.15])]
    samples = int(min(len(signals[name]), rng.integers(300, 3000)))
    window = windows[rng.integers(len(windows))]
    options = {
        "fs": float(rng.choice([1.0, 100.0, 8000.0, 16000.0, 44100.0])),
        "window": window,
        "detrend": [False, "constant", "linear"][rng.integers(3)],
        "scaling": ["density", "spectrum"][rng.integers(2)],
        "return_onesided": bool(rng.integers(4)),
    }
    if call == "periodogram":
        if rng.integers(2):
            options["nfft"] = int(samples + rng.integers(0, 200))
        return name, samples, call, options
    nperseg = int(rng.choice([31, 60, 64, 100, 128, 200, 243, 256, 400]))
    options["nperseg"] = nperseg
    if rng.integers(3):
        options["noverlap"] = int(rng.integers(0, nperseg))
    if rng.integers(2):
        options["nfft"] = int(nperseg + rng.choice([0, 1, 12, 56, nperseg]))
    if call == "welch":
        options["average"] = ["mean", "median"][rng.integers(2)]
    else:
        options["mode"] = ["psd", "magnitude"][int(rng.integers(3) == 2)]
    return name, samples, call, options


def run(signals, name, samples, call, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = getattr(ss, call)(signals[name][:samples], **options)
    return {"frequencies": digest(out[0]), "output": digest(out[-1])}


def window_cases():
    specs = windows + [
        "barthann", "lanczos", "taylor", "exponential", "tukey", ("exponential", None, 12.0), ("general_gaussian", 1.5, 11.0),
        ("general_cosine", [0.4, 0.5, 0.1]), ("taylor", 5, 35.0), ("tukey", 0.0), ("tukey", 1.0), ("kaiser", 0.0),
    ]
    return [
        {"window": spec, "periodic": bool(periodic), "n": n, "values": ss.get_window(spec, n, fftbins=bool(periodic)).tolist()}
        for spec in specs
        for periodic in (True, False)
        for n in (1, 2, 7, 24)
    ]


def peak_cases(signals):
    out = []
    for name, samples in (("speech", 900), ("music", 700), ("noise", 300), ("tone", 500)):
        x = np.round(signals[name][:samples] * 256) / 256
        for options in (
            {}, {"height": 0.01}, {"threshold": 0.002}, {"distance": 7}, {"prominence": 0.02}, {"width": 3},
            {"prominence": (0.01, 0.2), "width": (1, 9), "rel_height": 0.7, "distance": 4}, {"plateau_size": 2}, {"prominence": 0.0, "wlen": 31},
        ):
            peaks, found = ss.find_peaks(x, **options)
            out.append({"signal": name, "samples": samples, "options": options, "peaks": peaks.tolist(),
                        "properties": {k: v.tolist() for k, v in found.items()}})
    return out


def cases(signals, count=200):
    rng = np.random.default_rng(11)
    made = []
    for _ in range(count):
        name, samples, call, options = combination(rng, signals)
        made.append({"signal": name, "samples": samples, "call": call, "options": options, **run(signals, name, samples, call, options)})
    return {"scipy": scipy.__version__, "spectra": made, "windows": window_cases(), "peaks": peak_cases(signals)}
