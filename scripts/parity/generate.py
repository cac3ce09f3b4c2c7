"""npm run parity: writes test/fixtures/parity from the Python libraries. See README.md beside this file."""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from safetensors.numpy import save_file

import heads
import scipy_cases
import transforms
from signals import rate, root, signals

out = root / "test" / "fixtures" / "parity"


def main(model=None):
    out.mkdir(parents=True, exist_ok=True)
    made = signals()
    tensors = {f"signal/{name}": x.astype(np.float32) for name, x in made.items()}
    listed, differences = {}, {}
    for name, (function, preset, overrides) in heads.cases.items():
        known = []
        for signal, x in made.items():
            try:
                tensors[f"{name}/{signal}"] = np.ascontiguousarray(function(x), dtype=np.float64)
                known.append(signal)
            except refusals as error:
                print(f"{name}: {signal}: {type(error).__name__}: {str(error)[:90]}", file=sys.stderr)
            if name in heads.originals:
                tensors[f"{name}/as-is/{signal}"] = np.ascontiguousarray(heads.originals[name](x), dtype=np.float32)
        listed[name] = {"preset": preset, "overrides": overrides, "signals": known, "step": heads.steps.get(name, 1)}
    if model:
        for signal, x in made.items():
            if signal != "short":
                own = heads.openwakeword_model(x, model)
                differences[signal] = float(np.abs(own - tensors[f"openwakeword/{signal}"]).max())
    more, about = transforms.transforms(made)
    tensors |= more | transforms.descriptors(made)
    save_file(tensors, out / "heads.safetensors")
    manifest = {
        "rate": rate,
        "versions": heads.versions,
        "notes": {
            "whisper": "float64: transformers.audio_utils.spectrogram with complex64 and float32 replaced; as-is: float32",
            "openwakeword": "constants of melspectrogram.onnx (openwakeword 0.4.0 on PyPI) in float64; model: largest difference to that float32 model here",
            "openwakewordModelDifference": differences or "not run",
            "others": "the library itself on float64 input",
        },
        "heads": listed,
        **about,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (out / "scipy.json").write_text(json.dumps(scipy_cases.cases(made)) + "\n")
    for file in sorted(out.iterdir()):
        print(f"{file.name}: {file.stat().st_size} bytes")


# What the libraries raise for a signal shorter than a window; such a case has no reference.
refusals = (RuntimeError, AssertionError, ValueError, heads.librosa.util.exceptions.ParameterError, heads.tf.errors.InvalidArgumentError)

if __name__ == "__main__":
    main(*(str(pathlib.Path(a)) for a in sys.argv[1:2]))
