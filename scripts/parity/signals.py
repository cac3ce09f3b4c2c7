"""The signals of the parity fixtures, 16 kHz: recordings of data/ and synthetic ones, every sample exact in float32."""

import pathlib
import wave

import numpy as np

root = pathlib.Path(__file__).resolve().parents[2]
rate = 16000
length = 6400


def recording(name, start, count=length):
    with wave.open(str(root / "data" / name)) as file:
        file.setpos(start)
        return np.frombuffer(file.readframes(count), "<i2").astype(np.float64) / 32768


def signals():
    t = np.arange(length) / rate
    speech = recording("speech-austen-0930.wav", 8000)
    made = {
        "speech": speech,
        "music": recording("music-guitar-chord.wav", 4000),
        "noise": np.random.default_rng(7).uniform(-0.3, 0.3, length),
        "silence": np.zeros(length),
        "click": np.where(np.arange(length) == 3001, 1.0, 0.0),
        "clipped": np.clip(12 * recording("speech-austen-0870.wav", 16000), -1, 1),
        "tone": 0.5 * np.sin(2 * np.pi * 997 * t),
        "short": speech[2000:2300],
    }
    return {name: x.astype(np.float32).astype(np.float64) for name, x in made.items()}
