"""`tonearm train` from a package's audio files to a checkpoint that loads."""

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from toolkit.checkpoints import Store
from toolkit.cli import app
from toolkit.errors import ToolkitError
from toolkit.training.denoising import Denoising

RATE = 44100
LEDGER = """
[[music]]
name = "tones"
package = "tones-package"
licence = "CC0-1.0"
credit = "this test"
weight = 1.0
validation = ["b"]

[scores]
package = "music21"
licence = "BSD-3-Clause"
composers = []
without = []
limit = 1
weight = 1.0
"""
RECIPE = """
name = "tiny-44k"
task = "denoise"
class = "subtractive"
arch = "tfc_tdf"
sample_rate = 44100

[config]
n_fft = 512
hop_length = 256
growth = 4
levels = 2

[training]
steps = 4
batch = 1
seconds = 1.0
validate_every = 2

[card]
summary = "Tiny."
limits = "Many."
measured = "Nothing."
hardware = "one core"
"""


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """A recipe, and a package that has been fetched and unpacked already."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path / "cache"))
    # Validation on the evaluation's ten pieces would take a minute.
    monkeypatch.setattr(Denoising, "validate", lambda self, model, device: {"gain": 0.5})
    package = tmp_path / "cache" / "unpacked" / "tones-package" / "usr" / "share"
    package.mkdir(parents=True)
    time = np.arange(21 * RATE) / RATE
    for name, pitch in (("a", 220), ("b", 330), ("short", 440)):
        tone = 0.3 * np.sin(2 * np.pi * pitch * time) * np.exp(-2 * (time % 0.5))
        soundfile.write(package / f"{name}.ogg", tone[: RATE if name == "short" else None], RATE)
    (tmp_path / "sources.toml").write_text(LEDGER)
    folder = tmp_path / "tiny-44k"
    folder.mkdir()
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


def call(*arguments):
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def test_from_a_package_to_a_checkpoint_that_loads(checkpoint):
    first = call(checkpoint, "--minutes", "0")
    assert first.exit_code == 0, first.output
    assert "nothing to export before a first validation" in first.stdout
    second = call(checkpoint / "recipe.toml")
    assert second.exit_code == 0, second.output
    assert "wrote" in second.stdout
    assert Store(checkpoint.parent).load("tiny-44k").config.growth == 4
    assert "4 steps" in (checkpoint / "CARD.md").read_text(encoding="utf-8")


def test_preparing_decodes_what_is_long_enough_and_trains_nothing(checkpoint, tmp_path):
    done = call(checkpoint, "--prepare")
    assert done.exit_code == 0, done.output
    tracks = sorted((tmp_path / "cache" / "training").rglob("*.npy"))
    assert [f"{path.parts[-3]}/{path.stem}" for path in tracks] == ["train/a", "validation/b"]
    assert not (checkpoint / "training").exists()


def test_export_alone_trains_nothing(checkpoint):
    assert call(checkpoint).exit_code == 0
    before = (checkpoint / "weights.safetensors").read_bytes()
    (checkpoint / "weights.safetensors").unlink()
    assert call(checkpoint, "--export").exit_code == 0
    assert (checkpoint / "weights.safetensors").read_bytes() == before


def test_a_package_that_cannot_be_had_is_said(checkpoint, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "cache" / "unpacked" / "tones-package").rename(tmp_path / "elsewhere")
    done = call(checkpoint)
    assert isinstance(done.exception, ToolkitError)
    assert "no apt-get here" in str(done.exception)
