"""Feature heads by the libraries that define them, run in float64 (and, for Whisper, also as it is): see README.md."""

import librosa
import numpy as np
import onnxruntime
import tensorflow as tf
import torch
import torchaudio
import transformers
from torchaudio.compliance import kaldi
from transformers import WhisperFeatureExtractor, audio_utils

from double import double
from signals import rate

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

versions = {
    "librosa": librosa.__version__,
    "numpy": np.__version__,
    "onnxruntime": onnxruntime.__version__,
    "tensorflow": tf.__version__,
    "torch": torch.__version__,
    "torchaudio": torchaudio.__version__,
    "transformers": transformers.__version__,
}

def whisper(x, mels, seconds=1):
    """(float64, as it is), both [frames, mels]; the clip is padded to `seconds` instead of 30 s."""
    extractor = WhisperFeatureExtractor(feature_size=mels, chunk_length=seconds)
    own = extractor(x.astype(np.float32), sampling_rate=rate, return_tensors="np").input_features[0].T
    padded = np.zeros(seconds * rate)
    padded[: len(x)] = x[: seconds * rate]
    log = double.spectrogram(
        padded, audio_utils.window_function(400, "hann"), frame_length=400, hop_length=160, power=2.0,
        mel_filters=extractor.mel_filters, log_mel="log10", dtype=np.float64,
    )[:, :-1]
    return (np.maximum(log, log.max() - 8) + 4).T / 4, own


def librosa_mel(x, **options):
    return librosa.power_to_db(
        librosa.feature.melspectrogram(y=x, sr=rate, dtype=np.float64, **options)
    ).T


def torchaudio_mel(x, **options):
    return torchaudio.transforms.MelSpectrogram(rate, **options)(torch.from_numpy(x)).numpy().T


def librosa_amplitude(x):
    spectra = librosa.feature.melspectrogram(
        y=x, sr=rate, n_fft=512, hop_length=200, power=1.0, n_mels=24, center=False, dtype=np.float64
    )
    return librosa.amplitude_to_db(spectra, ref=np.max, amin=1e-5, top_db=60).T


def tensorflow_padded(x):
    spectra = tf.abs(tf.signal.stft(tf.constant(x), 320, 200, 320, window_fn=tf.signal.hamming_window, pad_end=True))
    return spectra.numpy()


def kaldi_features(function, x, **options):
    return function(
        torch.from_numpy(x)[None] * 32768, sample_frequency=rate, dither=0.0, **options
    ).numpy()


def tensorflow_mel(x, bands=80, low=80.0, high=7600.0, mfcc=False):
    spectra = tf.abs(tf.signal.stft(tf.constant(x), 400, 160, 512))
    bank = tf.signal.linear_to_mel_weight_matrix(bands, 257, rate, low, high, dtype=tf.float64)
    log = tf.math.log(tf.tensordot(spectra, bank, 1) + 1e-6)
    return (tf.signal.mfccs_from_log_mel_spectrograms(log)[..., :13] if mfcc else log).numpy()


def openwakeword(x):
    """The constants of openWakeWord's melspectrogram.onnx (float32; inspected) in float64: torchlibrosa's log-mel, x / 10 + 2."""
    spectra = librosa.stft(x * 32768, n_fft=512, hop_length=160, win_length=400, center=False)
    bank = librosa.filters.mel(sr=rate, n_fft=512, n_mels=32, fmin=60, fmax=3800, dtype=np.float64)
    return librosa.power_to_db(bank @ np.abs(spectra) ** 2).T / 10 + 2


def openwakeword_model(x, path):
    session = onnxruntime.InferenceSession(path)
    out = session.run(None, {session.get_inputs()[0].name: (x[None] * 32768).astype(np.float32)})[0]
    return out.squeeze() / 10 + 2


# name: (function of the signal, preset, overrides of the preset)
cases = {
    "librosa": (librosa_mel, "librosa", {"sampleRate": rate, "bank": {"fMax": 8000}}),
    "librosa-edge": (
        lambda x: librosa_mel(x, n_fft=512, hop_length=128, win_length=400, pad_mode="edge", n_mels=40, fmin=60, htk=True, norm=None),
        "librosa",
        {
            "sampleRate": rate, "nFft": 512, "hop": 128, "windowLength": 400, "padding": "edge",
            "bank": {"bands": 40, "fMin": 60, "fMax": 8000, "scale": "htk", "norm": "none"},
        },
    ),
    "librosa-mfcc": (
        lambda x: librosa.feature.mfcc(S=librosa_mel(x, n_fft=1024, hop_length=256).T, n_mfcc=20, lifter=22, dtype=np.float64).T,
        "librosa",
        {
            "sampleRate": rate, "nFft": 1024, "windowLength": 1024, "hop": 256, "bank": {"fMax": 8000},
            "cepstrum": {"count": 20, "norm": "ortho", "lifter": {"kind": "librosa", "length": 22}},
        },
    ),
    "librosa-magnitude": (
        lambda x: librosa.feature.melspectrogram(y=x, sr=rate, n_fft=400, hop_length=200, power=1.0, center=False, window="blackman", n_mels=32, dtype=np.float64).T,
        "librosa",
        {
            "sampleRate": rate, "nFft": 400, "windowLength": 400, "hop": 200, "framing": "inside", "window": "blackman",
            "spectrum": "magnitude", "bank": {"bands": 32, "fMax": 8000}, "log": None,
        },
    ),
    "librosa-amplitude": (
        librosa_amplitude,
        "librosa",
        {
            "sampleRate": rate, "nFft": 512, "windowLength": 512, "hop": 200, "framing": "inside", "spectrum": "magnitude",
            "bank": {"bands": 24, "fMax": 8000}, "log": {"floor": 1e-5, "reference": "max", "range": 60},
        },
    ),
    "torchaudio": (torchaudio_mel, "torchaudio", {}),
    "torchaudio-window": (
        lambda x: torchaudio_mel(x, n_fft=512, win_length=320, hop_length=100, n_mels=40, f_min=20.0, power=1.0),
        "torchaudio",
        {"nFft": 512, "windowLength": 320, "hop": 100, "spectrum": "magnitude", "bank": {"bands": 40, "fMin": 20}},
    ),
    "torchaudio-mfcc": (
        lambda x: torchaudio.transforms.MFCC(rate, melkwargs={"n_mels": 64})(torch.from_numpy(x)).numpy().T,
        "torchaudio",
        {
            "bank": {"bands": 64},
            "log": {"kind": "db", "floor": 1e-10, "reference": 1, "range": 80},
            "cepstrum": {"count": 40, "norm": "ortho", "lifter": None},
        },
    ),
    "kaldi": (lambda x: kaldi_features(kaldi.fbank, x), "kaldi", {}),
    "kaldi-edges": (
        lambda x: kaldi_features(kaldi.fbank, x, num_mel_bins=40, snip_edges=False, window_type="hamming", high_freq=7600.0, use_power=False, preemphasis_coefficient=0.9),
        "kaldi",
        {
            "framing": "midpoints", "window": "hamming", "spectrum": "magnitude", "preEmphasis": 0.9,
            "bank": {"bands": 40, "fMax": 7600},
        },
    ),
    "kaldi-mfcc": (
        lambda x: kaldi_features(kaldi.mfcc, x),
        "kaldi",
        {"cepstrum": {"count": 13, "norm": "ortho", "lifter": {"kind": "kaldi", "length": 22}}},
    ),
    "tensorflow": (tensorflow_mel, "tensorflow", {}),
    "tensorflow-mfcc": (
        lambda x: tensorflow_mel(x, mfcc=True), "tensorflow", {"cepstrum": {"count": 13, "norm": "htk", "lifter": None}},
    ),
    "tensorflow-padded": (
        tensorflow_padded,
        "tensorflow",
        {"nFft": 320, "windowLength": 320, "hop": 200, "window": "hamming", "framing": "padded-end", "bank": None, "log": None},
    ),
    "openwakeword": (openwakeword, "openwakeword", {}),
    "whisper-80": (lambda x: whisper(x, 80)[0][::4], "whisper", {"fit": rate}),
    "whisper-128": (lambda x: whisper(x, 128)[0][::8], "whisper", {"fit": rate, "bank": {"bands": 128}}),
}

# Runs of the originals as they are, in float32: compared within 1e-4.
originals = {
    "whisper-80": lambda x: whisper(x, 80)[1][::4],
    "whisper-128": lambda x: whisper(x, 128)[1][::8],
}
# Every how many frames are kept.
steps = {"whisper-80": 4, "whisper-128": 8}
