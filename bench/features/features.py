"""Python's libraries as contenders of suite features: a process that prepares, runs and writes on request.

    features.py PEER FOLDER   ->  ready VERSION, or error MESSAGE and the end
    run COUNT                 ->  milliseconds of COUNT clips
    write                     ->  done, with the last features in FOLDER/features.f32, one band after another

Started by python.ts, which puts task.json (FeatureTask), samples.f32, window.f32 and filters.f32 [mels, bins] in FOLDER.
Its environment leaves it one thread.
"""

import json
import sys
import time
import warnings
from os.path import join

warnings.filterwarnings("ignore")


def load(folder, np):
    with open(join(folder, "task.json")) as file:
        task = json.load(file)
    read = lambda name: np.fromfile(join(folder, name + ".f32"), np.float32)
    return task, read("samples"), read("window"), read("filters").reshape(task["mels"], -1)


def use_torch(folder):
    """As Whisper does it, and as fast as any way that was tried: sparse filters gain nothing on what stft leaves behind."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    task, *arrays = load(folder, np)
    samples, window, filters = map(torch.from_numpy, arrays)
    n, hop, frames, whisper = task["nFft"], task["hop"], task["frames"], task["finish"] == "whisper"

    def run():
        spectrum = torch.stft(samples, n, hop, window=window, center=whisper, pad_mode="reflect", return_complex=True)
        energies = filters @ spectrum[:, :frames].abs().square_()
        log = energies.clamp_(min=task["floor"]).log10_()
        return torch.maximum(log, log.max() - 8).add_(4).div_(4) if whisper else log

    return torch.__version__, torch.inference_mode()(run), lambda x: x.numpy()


def compress(np, energies, task):
    log = np.log10(np.maximum(energies, task["floor"]))
    return (np.maximum(log, log.max() - 8) + 4) / 4 if task["finish"] == "whisper" else log


def use_librosa(folder):
    import librosa
    import numpy as np

    task, samples, _, _ = load(folder, np)
    whisper = task["finish"] == "whisper"
    options = dict(n_fft=task["nFft"], hop_length=task["hop"], n_mels=task["mels"], sr=task["sampleRate"])

    def run():
        energies = librosa.feature.melspectrogram(y=samples, center=whisper, pad_mode="reflect", **options)
        return compress(np, energies[:, : task["frames"]], task)

    return librosa.__version__, run, lambda x: x


def use_scipy(folder):
    """signal.stft of all frames at once; ShortTimeFFT loops over them in Python, and has no frames that start at 0."""
    import numpy as np
    import scipy
    from scipy.signal import stft

    task, samples, window, filters = load(folder, np)
    n, hop, whisper = task["nFft"], task["hop"], task["finish"] == "whisper"
    # stft divides by the sum of the window.
    filters = filters * window.sum() ** 2

    def run():
        x = np.pad(samples, n // 2, mode="reflect") if whisper else samples
        _, _, spectrum = stft(x, window=window, nperseg=n, noverlap=n - hop, boundary=None, padded=False)
        spectrum = spectrum[:, : task["frames"]]
        return compress(np, filters @ (spectrum.real**2 + spectrum.imag**2), task)

    return scipy.__version__, run, lambda x: x


def main(peer, folder):
    try:
        version, run, numbers = {"torch": use_torch, "librosa": use_librosa, "scipy": use_scipy}[peer](folder)
        features = run()
        print("ready", version, flush=True)
        for line in sys.stdin:
            request, *count = line.split()
            if request == "run":
                start = time.perf_counter()
                for _ in range(int(count[0])):
                    features = run()
                print(1e3 * (time.perf_counter() - start), flush=True)
            else:
                numbers(features).astype("float32").tofile(join(folder, "features.f32"))
                print("done", flush=True)
    except Exception as error:
        print("error", " ".join(str(error).split()), flush=True)


main(*sys.argv[1:])
