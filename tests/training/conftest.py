import numpy as np
import pytest

from toolkit.training import sources
from toolkit.training.recipe import Recipe

RATE = 44100


def tune(seconds, seed):
    """Return plucked notes: something with tones, attacks and pauses."""
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds * RATE), np.float32)
    time = np.arange(RATE // 2) / RATE
    for onset in np.arange(0, seconds - 0.6, 0.3):
        pitch = 220 * 2 ** (rng.integers(0, 13) / 12)
        tone = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 6))
        first = int(onset * RATE)
        out[first : first + len(time)] += tone * np.exp(-6 * time)
    return out


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """A ledger of one source whose four tracks are prepared in a cache of their own."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path / "cache"))
    for number in range(4):
        split = "validation" if number == 3 else "train"
        path = sources.prepared() / split / "plucked" / f"tune-{number}.npy"
        sources.save(path, tune(8.0, number))
    return sources.Ledger(
        music=(
            {
                "name": "plucked",
                "package": "none",
                "licence": "CC0-1.0",
                "credit": "this test",
                "weight": 1.0,
                "validation": ["tune-3"],
            },
        ),
        soundfonts=(),
        scores={"package": "music21", "licence": "BSD", "composers": [], "weight": 1.0},
        midi=(),
    )


@pytest.fixture
def recipe(tmp_path):
    """A denoiser that trains in seconds."""
    return Recipe(
        folder=tmp_path / "tiny-44k",
        name="tiny-44k",
        task="denoise",
        arch="tfc_tdf",
        kind="subtractive",
        sample_rate=RATE,
        steps=6,
        batch=2,
        seconds=1.0,
        learning_rate=3e-3,
        validate_every=3,
        config={"n_fft": 512, "hop_length": 256, "stack": 8, "growth": 4, "levels": 2},
        card={
            "summary": "A tiny one.",
            "limits": "It knows nothing.",
            "measured": "Nothing.",
            "hardware": "one CPU core",
        },
    )
