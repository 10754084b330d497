import io
import sys

import numpy as np
import pytest
import soundfile


@pytest.fixture
def call(monkeypatch, capsysbinary):
    """Return a function that runs ``tonearm ARGUMENTS`` in this process: (code, out, err)."""
    from toolkit.cli import main

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["tonearm", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsysbinary.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsysbinary.readouterr()
        return left.value.code, out, err.decode()

    return run


@pytest.fixture
def noisy():
    """Return a second of chords in noise with clicks, [samples, channels], exact at 24 bit."""
    rng = np.random.default_rng(3)
    time = np.arange(22050) / 22050
    signal = sum(0.1 * np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330))
    signal = signal * np.exp(-2 * (time % 0.5)) + 0.01 * rng.standard_normal(time.size)
    signal[rng.integers(0, time.size, 12)] += 0.6
    return np.rint(signal[:, None] * [1, 0.9] * 2**23) / 2**23


@pytest.fixture
def old(tmp_path, noisy):
    """Return a 24-bit stereo WAV of `noisy`."""
    path = tmp_path / "old.wav"
    soundfile.write(path, noisy, 22050, subtype="PCM_24")
    return path
