"""Sound files and recordings, written for the tests."""

import struct
from pathlib import Path

import numpy as np

RNG = np.random.default_rng(0)
RATE = 8000
NOISE = RNG.uniform(-0.5, 0.5, 1000)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(n + struct.pack("<I", len(d)) + d + b"\0" * (len(d) % 2) for n, d in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def fmt(kind=1, channels=1, rate=RATE, bits=16, frame=None) -> tuple[bytes, bytes]:
    frame = channels * bits // 8 if frame is None else frame
    return b"fmt ", struct.pack(
        "<HHIIHH", kind, channels, rate, rate * frame & 0xFFFFFFFF, frame, bits
    )


def pcm(samples=NOISE) -> bytes:
    return (np.asarray(samples) * 32767).astype("<i2").tobytes()


def tone(hertz: float, seconds: float = 0.3, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(riff(fmt(rate=rate), (b"data", pcm(samples))))


GOOD = riff(fmt(), (b"data", pcm()))
