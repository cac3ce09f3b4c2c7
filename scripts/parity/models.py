"""npm run parity:models: front ends of speech and sound models in float64, and single options, to test/fixtures/parity/models.*; see README.md.

What is a package runs as it is, in float64; what is not (NeMo, HiFi-GAN, Silero, GigaAM, YAMNet, VGGish, perch, CMSIS-DSP) is its published
definition with torch, NumPy and SciPy: pre-processing code of a few lines, named where it is used."""

import json

import librosa
import numpy as np
import python_speech_features as psf
import scipy.fft
import scipy.signal as ss
import torch
import torchaudio
import transformers
from safetensors.numpy import save_file
from torchaudio.compliance import kaldi
from transformers import audio_utils
from transformers.models.audio_spectrogram_transformer.feature_extraction_audio_spectrogram_transformer import ASTFeatureExtractor
from transformers.models.clap.feature_extraction_clap import ClapFeatureExtractor
from transformers.models.seamless_m4t.feature_extraction_seamless_m4t import SeamlessM4TFeatureExtractor
from transformers.models.speecht5.feature_extraction_speecht5 import SpeechT5FeatureExtractor

from double import double
from signals import rate, root, signals

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

versions = {
    "librosa": librosa.__version__,
    "numpy": np.__version__,
    "python_speech_features": "0.6",
    "torch": torch.__version__,
    "torchaudio": torchaudio.__version__,
    "transformers": transformers.__version__,
}

def spectrogram(x, window, **options):
    return double.spectrogram(x, window, dtype=np.float64, **options).T


def torch_stft(x, n_fft, hop, window, **options):
    return torch.stft(torch.from_numpy(x), n_fft, hop, len(window), window, return_complex=True, **options)


def nemo(x, mels=80):
    """NeMo: nemo/collections/asr/parts/preprocessing/features.py, FilterbankFeatures; valid frames of ParakeetFeatureExtractor."""
    own = torch.from_numpy(np.concatenate([x[:1], x[1:] - 0.97 * x[:-1]]))
    s = torch.stft(own, 512, 160, 400, torch.hann_window(400, periodic=False), center=True, pad_mode="constant", return_complex=True)
    bank = torch.from_numpy(librosa.filters.mel(sr=16000, n_fft=512, n_mels=mels, fmin=0, fmax=8000, norm="slaney", dtype=np.float64))
    log = torch.log(bank @ s.abs() ** 2 + 2**-24)[:, : len(x) // 160]
    if log.shape[1] < 2:
        raise ValueError("one frame has no deviation")
    return ((log - log.mean(1, keepdim=True)) / (log.std(1, keepdim=True) + 1e-5)).T.numpy()


def hifigan(x):
    """HiFi-GAN: meldataset.py, mel_spectrogram, configuration V1."""
    y = torch.nn.functional.pad(torch.from_numpy(x)[None, None], (384, 384), mode="reflect")[0, 0].numpy()
    s = torch_stft(y, 1024, 256, torch.hann_window(1024), center=False)
    magnitude = torch.sqrt(s.real**2 + s.imag**2 + 1e-9)
    bank = torch.from_numpy(librosa.filters.mel(sr=22050, n_fft=1024, n_mels=80, fmin=0, fmax=8000, dtype=np.float64))
    return torch.log(torch.clamp(bank @ magnitude, min=1e-5)).T.numpy()


def kaldi_fbank(x, gain=32768, **options):
    return kaldi.fbank(torch.from_numpy(x)[None] * gain, sample_frequency=16000, dither=0.0, **options).numpy()


def wespeaker(x):
    """wespeaker: dataset/processor.py, compute_fbank and apply_cmvn (norm_var false)."""
    log = kaldi_fbank(x, num_mel_bins=80, window_type="hamming")
    return log - log.mean(0)


def mel_1127(bins, bands, fs, low, high):
    """The bank of TensorFlow, VGGish, perch and CMSIS-DSP: triangles straight over 1127 ln(1 + f / 700), nothing at 0 Hz; [bins, bands]."""
    mel = lambda f: 1127.0 * np.log(1.0 + f / 700.0)
    at = mel(np.linspace(0.0, fs / 2, bins))[:, None]
    edges = np.linspace(mel(low), mel(high), bands + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    bank = np.maximum(0.0, np.minimum((at - low) / (middle - low), (high - at) / (high - middle)))
    bank[0] = 0
    return bank


def frames(x, length, hop):
    if len(x) < length:
        raise ValueError("no frame")
    return np.lib.stride_tricks.sliding_window_view(x, length)[::hop]


def audio_set(x, offset):
    """YAMNet and VGGish: audioset/yamnet/features.py, audioset/vggish/mel_features.py."""
    magnitude = np.abs(np.fft.rfft(frames(x, 400, 160) * ss.get_window("hann", 400), 512))
    return np.log(magnitude @ mel_1127(257, 64, 16000, 125, 7500) + offset)


def kaldi_like(x, extractor, gain):
    return spectrogram(
        x * gain, extractor.window, frame_length=400, hop_length=160, fft_length=512, power=2.0, center=False, preemphasis=0.97,
        mel_filters=extractor.mel_filters, log_mel="log", mel_floor=1.192092955078125e-07, remove_dc_offset=True,
    )


def ast(x):
    extractor = ASTFeatureExtractor()
    if not hasattr(extractor, "window"):
        extractor.window = audio_utils.window_function(400, "hann", periodic=False)
        extractor.mel_filters = audio_utils.mel_filter_bank(
            num_frequency_bins=257, num_mel_filters=128, min_frequency=20, max_frequency=8000, sampling_rate=16000,
            norm=None, mel_scale="kaldi", triangularize_in_mel_space=True,
        )
    return extractor.normalize(kaldi_like(x, extractor, 1))


def clap(x, fused=False):
    extractor = ClapFeatureExtractor(frequency_min=50, frequency_max=14000)
    bank = extractor.mel_filters if fused else extractor.mel_filters_slaney
    return spectrogram(x, audio_utils.window_function(1024, "hann"), frame_length=1024, hop_length=480, power=2.0, mel_filters=bank, log_mel="dB")


def seamless(x):
    log = kaldi_like(x, SeamlessM4TFeatureExtractor(), 2**15)
    if len(log) < 2:
        raise ValueError("one frame has no deviation")
    return (log - log.mean(0)) / np.sqrt(log.var(0, ddof=1) + 1e-7)


def speecht5(x):
    e = SpeechT5FeatureExtractor()
    return spectrogram(
        x, e.window, frame_length=e.sample_size, hop_length=e.sample_stride, fft_length=e.n_fft, mel_filters=e.mel_filters,
        mel_floor=e.mel_floor, log_mel="log10",
    )


def silero(x):
    """Silero VAD: the convolution of its STFT, a DFT of Hann windows; 64 reflected samples behind the chunk."""
    return np.abs(np.fft.rfft(frames(np.pad(x, (0, 64), mode="reflect"), 256, 128) * ss.get_window("hann", 256)))


def gigaam(x):
    """GigaAM v3: gigaam/preprocess.py, FeatureExtractor and SpecScaler."""
    mel = torchaudio.transforms.MelSpectrogram(16000, n_mels=64, win_length=320, hop_length=160, n_fft=320, center=False)
    return torch.log(mel(torch.from_numpy(x)).clamp(1e-9, 1e9)).T.numpy()


def perch(x):
    """perch: chirp/models/frontend.py, MelSpectrogram, and chirp/audio_utils.py, pcen, by its recursion."""
    _, _, s = ss.stft(x, nperseg=2048, noverlap=2048 - 320, padded=False)
    s = s[..., :-1] if len(x) % 320 == 0 else s
    energies = np.abs(s.T) ** 2 @ mel_1127(1025, 160, 32000, 60, 10000)
    smoothed, state = np.empty_like(energies), energies[0]
    for t, e in enumerate(energies):
        state = smoothed[t] = 0.1 * e + 0.9 * state
    return (energies / (1e-6 + smoothed) ** 0.5 + 2.0) ** 0.5 - 2.0**0.5


def cmsis(x):
    """CMSIS-DSP: arm_mfcc_f32.c with the window, filters and DCT of its mfcc.py and MFCC.py, 512 points."""
    magnitude = np.abs(np.fft.rfft(frames(x, 512, 256) * ss.get_window("hamming", 512)))
    log = np.log(magnitude @ mel_1127(257, 20, 16000, 64, 8000) + 1e-6)
    s = (np.arange(20) + 0.5) / 20
    return log @ (np.cos(np.pi * np.outer(np.arange(13), s)) * np.sqrt(2 / 20)).T


def psf_delta(x):
    log = psf.logfbank(x * 32768, nfft=512, preemph=0)
    d = psf.delta(log, 2)
    return np.hstack([log, d, psf.delta(d, 2)])


def librosa_log(x):
    return librosa.power_to_db(librosa.feature.melspectrogram(y=x, sr=rate, n_fft=512, hop_length=160, n_mels=24, center=False, dtype=np.float64), top_db=None)


def librosa_deltas(x):
    log = librosa_log(x)
    return np.vstack([log, librosa.feature.delta(log), librosa.feature.delta(log, order=2)]).T


def librosa_pcen(x):
    """As its example: magnitudes of integers."""
    s = librosa.feature.melspectrogram(y=x * 2**31, sr=rate, n_fft=512, hop_length=160, n_mels=24, power=1, center=False, dtype=np.float64)
    return librosa.pcen(s, sr=rate, hop_length=160).T


def torchaudio_deltas(x):
    log = torch.log(torchaudio.transforms.MelSpectrogram(rate, n_mels=24, normalized=True)(torch.from_numpy(x)) + 1e-6)
    return torch.vstack([log, torchaudio.functional.compute_deltas(log, 7)]).T.numpy()


def kaldi_energy(function, x, **options):
    own = torch.from_numpy(x)[None] * 32768
    return function(own, sample_frequency=16000, dither=0.0, use_energy=True, raw_energy=False, energy_floor=0.0, **options).numpy()


def transformers_mel(x):
    """Slaney mels with triangles straight over mel, normalised there."""
    bank = audio_utils.mel_filter_bank(257, 32, 60.0, 7600.0, 16000, norm="slaney", mel_scale="slaney", triangularize_in_mel_space=True)
    return spectrogram(x, audio_utils.window_function(400, "hann"), frame_length=400, hop_length=160, fft_length=512, power=2.0, mel_filters=bank, log_mel="log10")


pcen_time = 0.4 * rate / 160
pcen_smoothing = (np.sqrt(1 + 4 * pcen_time**2) - 1) / (2 * pcen_time**2)
slaney24 = {"sampleRate": rate, "nFft": 512, "windowLength": 512, "hop": 160, "framing": "inside", "bank": {"bands": 24, "fMax": 8000}}

# name: (function of the signal, preset, overrides of the preset, every how many frames are kept)
cases = {
    "nemo": (nemo, "nemo", {}, 4),
    "nemo-128": (lambda x: nemo(x, 128), "nemo", {"bank": {"bands": 128}}, 8),
    "hifigan": (hifigan, "hifigan", {}, 3),
    "wespeaker": (wespeaker, "wespeaker", {}, 4),
    "yamnet": (lambda x: audio_set(x, 0.001), "yamnet", {}, 4),
    "vggish": (lambda x: audio_set(x, 0.01), "vggish", {}, 8),
    "ast": (ast, "ast", {}, 8),
    "clap": (clap, "clap", {}, 2),
    "clap-fused": (lambda x: clap(x, True), "clap", {"bank": {"scale": "htk", "norm": "none"}}, 4),
    "seamless": (seamless, "seamless", {}, 4),
    "speecht5": (speecht5, "speecht5", {}, 3),
    "silero": (silero, "silero", {}, 6),
    "gigaam": (gigaam, "gigaam", {}, 4),
    "perch": (perch, "perch", {}, 3),
    "cmsis-mfcc": (cmsis, "cmsis-mfcc", {}, 1),
    "python-speech-features": (lambda x: psf.mfcc(x * 32768, nfft=512), "python-speech-features", {}, 1),
    "psf-delta": (
        psf_delta, "python-speech-features",
        {"signalPreEmphasis": 0, "cepstrum": None, "bank": {"energy": "none"}, "deltas": {"kind": "torchaudio", "order": 2, "width": 5}}, 4,
    ),
    "librosa-deltas": (librosa_deltas, "librosa", {**slaney24, "log": {"range": None}, "deltas": {"kind": "librosa", "order": 2, "width": 9}}, 3),
    "librosa-pcen": (
        librosa_pcen, "librosa",
        {**slaney24, "gain": 2**31, "spectrum": "magnitude", "log": None, "pcen": {"smoothing": pcen_smoothing}}, 3,
    ),
    "librosa-sum": (
        lambda x: librosa.power_to_db(librosa.feature.melspectrogram(y=x, sr=rate, n_fft=512, hop_length=160, n_mels=24, center=False, norm=1, dtype=np.float64), top_db=None).T,
        "librosa", {**slaney24, "bank": {"bands": 24, "fMax": 8000, "norm": "sum"}, "log": {"range": None}}, 4,
    ),
    "torchaudio-deltas": (
        torchaudio_deltas, "torchaudio",
        {
            "windowNorm": "energy", "bank": {"bands": 24}, "log": {"kind": "ln", "floor": 0, "offset": 1e-6},
            "deltas": {"kind": "torchaudio", "order": 1, "width": 7},
        }, 4,
    ),
    "kaldi-energy": (lambda x: kaldi_energy(kaldi.fbank, x), "kaldi", {"bank": {"energy": "samples"}}, 4),
    "kaldi-mfcc-energy": (
        lambda x: kaldi_energy(kaldi.mfcc, x), "kaldi",
        {"bank": {"energy": "samples"}, "cepstrum": {"count": 13, "norm": "ortho", "lifter": {"kind": "kaldi", "length": 22}}}, 2,
    ),
    "transformers-mel-axis": (
        transformers_mel, "whisper",
        {"nFft": 512, "windowLength": 400, "fit": None, "dropLast": False, "bank": {"bands": 32, "fMin": 60, "fMax": 7600, "axis": "mel"}, "log": {"range": None}, "affine": None, "placement": "start", "framing": {"before": 200, "after": 200}}, 4,
    ),
}

refusals = (RuntimeError, AssertionError, ValueError, librosa.util.exceptions.ParameterError)


def main():
    out = root / "test" / "fixtures" / "parity"
    tensors, listed = {}, {}
    for name, (function, preset, overrides, step) in cases.items():
        known = []
        for signal, x in signals().items():
            try:
                with np.errstate(divide="ignore", invalid="ignore"):
                    own = np.ascontiguousarray(function(x)[::step], dtype=np.float64)
                if own.size == 0:
                    raise ValueError("no frame")
                if not np.isfinite(own).all():
                    raise ValueError("not finite")
                tensors[f"{name}/{signal}"] = own
                known.append(signal)
            except refusals as error:
                print(f"{name}: {signal}: {type(error).__name__}: {str(error)[:90]}")
        listed[name] = {"preset": preset, "overrides": overrides, "signals": known, "step": step}
    save_file(tensors, out / "models.safetensors")
    (out / "models.json").write_text(json.dumps({"rate": rate, "versions": versions, "heads": listed}, indent=1) + "\n")
    for file in ("models.safetensors", "models.json"):
        print(f"{file}: {(out / file).stat().st_size} bytes")


if __name__ == "__main__":
    main()
