"""Writes the files of test/formats/fixtures/: bytes from other writers, to hold our readers against.

Run: python scripts/data/format_fixtures.py OUT. Needs numpy, scipy (1.17.1 wrote the stored files), safetensors (0.8.0).
The values are simple formulas, repeated in test/formats/interoperability.test.ts.
"""

import sys
from pathlib import Path

import numpy
from safetensors.numpy import save_file
from scipy.io import wavfile

FRAMES = 24


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    n = numpy.arange(FRAMES)
    ramp = (n - 12) / 16  # exact in every format below
    wavfile.write(out / "scipy-u8.wav", 8000, (ramp * 128 + 128).astype(numpy.uint8))
    wavfile.write(out / "scipy-i16.wav", 16000, (ramp * 2**15).astype(numpy.int16))
    wavfile.write(out / "scipy-i32.wav", 44100, (ramp * 2.0**31).astype(numpy.int32))
    wavfile.write(out / "scipy-f32.wav", 48000, ramp.astype(numpy.float32))
    wavfile.write(out / "scipy-f64.wav", 22050, ramp)
    stereo = numpy.stack([ramp, ramp / 2], axis=1)
    wavfile.write(out / "scipy-i16-stereo.wav", 16000, (stereo * 2**15).astype(numpy.int16))

    tensors = {
        "twiddles": (numpy.arange(24, dtype=numpy.float32) / 8 - 1).reshape(3, 4, 2),
        "gain": numpy.array([1 / 3, -2.5, 1e-300, numpy.inf], dtype=numpy.float64),
        "order": numpy.array([[0, 2], [-1, 2147483647]], dtype=numpy.int32),
        "mask": numpy.array([0, 1, 255], dtype=numpy.uint8),
        "scalar": numpy.array(0.5, dtype=numpy.float32),
        "empty": numpy.zeros((0, 5), dtype=numpy.float32),
    }
    save_file(tensors, out / "python.safetensors", metadata={"format": "np", "note": "h\u00e9 \u2603 \"quoted\""})


main()
