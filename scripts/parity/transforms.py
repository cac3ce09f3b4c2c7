"""STFT with its padding modes, inverse STFT and descriptors, by librosa, torch and SciPy in float64."""

import librosa
import numpy as np
import scipy.signal as ss
import torch

stft_options = [
    {"n_fft": 256, "hop_length": 64, "win_length": 256, "center": True, "pad_mode": "reflect"},
    {"n_fft": 256, "hop_length": 100, "win_length": 200, "center": True, "pad_mode": "constant"},
    {"n_fft": 240, "hop_length": 60, "win_length": 240, "center": True, "pad_mode": "edge"},
    {"n_fft": 250, "hop_length": 125, "win_length": 201, "center": False, "pad_mode": "constant"},
]


def transforms(signals):
    tensors, listed = {}, []
    x = signals["speech"][1000:2500]
    tensors["stft/x"] = x
    for i, options in enumerate(stft_options):
        s = librosa.stft(x, **options).T
        tensors[f"stft/{i}/re"], tensors[f"stft/{i}/im"] = np.ascontiguousarray(s.real), np.ascontiguousarray(s.imag)
        if options["center"]:
            # A spectrum that no signal has: the inverse is the least-squares one.
            changed = s * (1 + 0.3 * np.cos(np.arange(s.size)).reshape(s.shape))
            window = torch.hann_window(options["win_length"], periodic=True, dtype=torch.float64)
            back = torch.istft(
                torch.from_numpy(changed.T.copy()), options["n_fft"], options["hop_length"], options["win_length"], window, length=len(x) - 40
            )
            tensors[f"istft/{i}"] = back.numpy()
        listed.append(options)
    overlap = [
        {"window": w, "nperseg": n, "noverlap": o, "cola": bool(ss.check_COLA(w, n, o)), "nola": bool(ss.check_NOLA(w, n, o))}
        for w, n, o in (("hann", 100, 50), ("hann", 100, 75), ("hann", 100, 60), ("boxcar", 100, 0), ("hann", 100, 0), ("bartlett", 64, 32), ("blackman", 120, 80), ("hamming", 100, 0), ("cosine", 10, 1))
    ]
    return tensors, {"stft": listed, "overlap": overlap}


def descriptors(signals):
    out = {}
    for name in ("speech", "music", "noise", "silence"):
        s = np.abs(librosa.stft(signals[name], n_fft=512, hop_length=160, center=False))
        flux = np.maximum(0, np.diff(s, axis=1, prepend=s[:, :1])).sum(0)
        out[f"descriptors/{name}"] = np.stack([
            librosa.feature.spectral_centroid(S=s, sr=16000, n_fft=512)[0],
            librosa.feature.spectral_rolloff(S=s, sr=16000, n_fft=512)[0],
            librosa.feature.spectral_flatness(S=s)[0],
            flux,
        ], 1)
    return out
