"""Turns decoded recordings of Debian packages into data/*.wav: 16 kHz, mono, 16-bit PCM, no gain, no dither.

Run by prepare.sh: recordings.py PACKAGES OUT, where PACKAGES holds one unpacked package per folder. Needs numpy,
scipy and soundfile. The mono signal is the mean of the channels; resampling is scipy.signal.resample_poly (a
polyphase FIR with its default Kaiser 5.0 window); samples are rounded to the nearest multiple of 2^-15.
"""

import math
import sys
from pathlib import Path

import numpy
import soundfile
from scipy.io import wavfile
from scipy.signal import resample_poly

RATE = 16000
LIBRIVOX = "pocketsphinx-testdata/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-"
SONIC_PI = "sonic-pi-samples/usr/share/sonic-pi/samples/"
BLANKET = "blanket/sounds/"

# name: (path below PACKAGES, start in seconds, end in seconds or None for the end of the file)
RECORDINGS = {
    "speech-austen-0870": (LIBRIVOX + "0870.wav", 0, None),
    "speech-austen-0890": (LIBRIVOX + "0890.wav", 0, None),
    "speech-austen-0920": (LIBRIVOX + "0920.wav", 0, None),
    "speech-austen-0930": (LIBRIVOX + "0930.wav", 0, None),
    "music-guitar-chord": (SONIC_PI + "guit_em9.flac", 0, None),
    "music-guitar-slide": (SONIC_PI + "guit_e_slide.flac", 0, None),
    "music-tabla": (SONIC_PI + "loop_tabla.flac", 0, None),
    "music-percussion": (SONIC_PI + "loop_safari.flac", 0, None),
    "music-drum-roll": (SONIC_PI + "drum_roll.flac", 0, None),
    "music-bell": (SONIC_PI + "perc_bell.flac", 0, None),
    "sound-lunar-ambience": (SONIC_PI + "ambi_lunar_land.flac", 0, None),
    "sound-restaurant": (BLANKET + "coffee-shop.ogg", 2, 14),
    "sound-birds": (BLANKET + "birds.ogg", 20, 30),
    "sound-wind": (BLANKET + "wind.ogg", 1, 13),
}


def prepare(path: Path, start: float, end: float | None) -> numpy.ndarray:
    """The cut of a recording as int16 samples at RATE; refuses one that clips or is silent."""
    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    stop = len(samples) if end is None else round(end * rate)
    mono = samples[round(start * rate) : stop].mean(axis=1)
    if rate != RATE:
        common = math.gcd(rate, RATE)
        mono = resample_poly(mono, RATE // common, rate // common)
    scaled = numpy.rint(mono * 32768)
    if numpy.abs(scaled).max() >= 32767:
        raise SystemExit(f"{path}: clips after resampling")
    if numpy.sqrt((scaled**2).mean()) < 32:
        raise SystemExit(f"{path}: is all but silent")
    return scaled.astype(numpy.int16)


def main() -> None:
    packages, out = Path(sys.argv[1]), Path(sys.argv[2])
    for name, (path, start, end) in RECORDINGS.items():
        samples = prepare(packages / path, start, end)
        wavfile.write(out / f"{name}.wav", RATE, samples)
        print(f"{name}.wav {len(samples) / RATE:.2f} s, peak {numpy.abs(samples.astype(int)).max() / 32768:.3f}")


main()
