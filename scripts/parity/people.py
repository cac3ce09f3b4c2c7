#!/usr/bin/env python3
"""Right values of other people's threads (test/people/threads): computes the `python` of every row and compares it with its `right`.

    python3 scripts/parity/people.py            compare; exit 1 if one differs
    python3 scripts/parity/people.py --write    fill in the values of rows that have none yet

Needs numpy 2, scipy 1.17, librosa 0.11, soundfile, kaldi-native-fbank, python_speech_features.
"""
import io
import json
import pathlib
import struct
import sys

import kaldi_native_fbank as knf
import librosa
import numpy as np
import python_speech_features as psf
import scipy.fft
import soundfile
from scipy import signal

THREADS = pathlib.Path(__file__).resolve().parents[2] / "test" / "people" / "threads"


def tone(hz, rate, n, amplitude=1):
    return amplitude * np.sin(2 * np.pi * hz * np.arange(n) / rate)


def chirp(n):
    return np.sin(np.arange(n) ** 2 * 1e-3)


def rough(n):
    return np.sin(np.arange(n, dtype=float) ** 2)


def pulse(n, at):
    x = np.zeros(n)
    x[at] = 1
    return x


def wav(data, bits=16, tag=1, extra=0, before=(), between=(), behind=(), size=None):
    """A WAV file of one channel at 16 kHz around bytes of samples; chunks are (id, bytes of content), padded to even."""
    whole = bits // 8
    fmt = struct.pack("<HHIIHH", tag, 1, 16000, 16000 * whole, whole, bits) + bytes(extra)
    if tag == 0xFFFE:
        guid = bytes([1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71])
        fmt = fmt[:16] + struct.pack("<HHI", 22, bits, 4) + guid
    chunk = lambda name, body, length=None: name.encode() + struct.pack("<I", len(body) if length is None else length) + bytes(body) + bytes(len(body) % 2)
    filler = lambda chunks: b"".join(chunk(name, bytes((i * 7 + 1) % 256 for i in range(n))) for name, n in chunks)
    body = b"WAVE" + filler(before) + chunk("fmt ", fmt) + filler(between) + chunk("data", bytes(data), size) + filler(behind)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def read(data):
    return soundfile.read(io.BytesIO(data), dtype="float64")[0]


def log_mel(x, mels=80):
    """openai/whisper's log_mel_spectrogram."""
    power = np.abs(librosa.stft(x, n_fft=400, hop_length=160, window=signal.get_window("hann", 400), pad_mode="reflect", dtype=np.complex128)[:, :-1]) ** 2
    levels = np.log10(np.maximum(librosa.filters.mel(sr=16000, n_fft=400, n_mels=mels, dtype=np.float64) @ power, 1e-10))
    return (np.maximum(levels, levels.max() - 8) + 4).T / 4


def nemo(x, mels=80):
    """NeMo's FilterbankFeatures without dither."""
    x = np.append(x[0], x[1:] - 0.97 * x[:-1])
    window = signal.get_window("hann", 400, fftbins=False)
    power = np.abs(librosa.stft(x, n_fft=512, hop_length=160, win_length=400, window=window, pad_mode="constant", dtype=np.complex128)[:, :-1]) ** 2
    y = np.log(librosa.filters.mel(sr=16000, n_fft=512, n_mels=mels, dtype=np.float64) @ power + 2.0**-24).T
    return (y - y.mean(0)) / (y.std(0, ddof=1) + 1e-5)


def kaldi(x, mfcc=False, **options):
    opts = knf.MfccOptions() if mfcc else knf.FbankOptions()
    opts.frame_opts.dither = 0
    opts.mel_opts.num_bins = 23
    for name, value in options.items():
        part = opts.frame_opts if hasattr(opts.frame_opts, name) else opts.mel_opts if hasattr(opts.mel_opts, name) else opts
        setattr(part, name, value)
    made = (knf.OnlineMfcc if mfcc else knf.OnlineFbank)(opts)
    made.accept_waveform(opts.frame_opts.samp_freq, (np.asarray(x) * 32768).astype(np.float32).tolist())
    made.input_finished()
    return np.array([made.get_frame(i) for i in range(made.num_frames_ready)], dtype=np.float64)


def plain(value):
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    array = np.asarray(value)
    if np.iscomplexobj(array):
        array = np.stack([array.real, array.imag])
    numbers = [float(v) + 0.0 for v in array.ravel()]
    numbers = [int(v) if v == int(v) else v for v in numbers]
    return numbers if array.ndim else numbers[0]


def agree(own, right, within):
    if isinstance(right, bool):
        return own is right
    a, b = np.atleast_1d(np.asarray(own, dtype=float)), np.atleast_1d(np.asarray(right, dtype=float))
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= within * max(1, np.abs(b).max(initial=0))))


def main():
    write = "--write" in sys.argv
    failed = 0
    for path in sorted(THREADS.glob("*.json")):
        rows = json.loads(path.read_text())
        for row in rows:
            if "python" not in row:
                continue
            own = plain(eval(row["python"], globals()))
            if write and "right" not in row:
                row["right"] = own
            elif not agree(own, row["right"], row.get("within", 1e-12)):
                failed += 1
                print(f"{path.name}: {row['thread']}: {own}, pinned {row['right']}")
        if write:
            path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
