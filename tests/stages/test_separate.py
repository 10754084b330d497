import json
from fractions import Fraction

import numpy as np
import pytest
import torch

from toolkit.adapters.demucs_files import to_safetensors
from toolkit.errors import ResourceError, ToolkitError, UsageError
from toolkit.models.stem_masking import NAMES, StemMasking
from toolkit.models.tfc_tdf import Config, Model
from toolkit.run import Run
from toolkit.stages.separate import Separate
from toolkit.values import Audio

RATE = 8000


class Shelf:
    """Hold one untrained network in the place of the bundled one: sums and shapes are the same."""

    def __init__(self, change=lambda model: None):
        torch.manual_seed(0)
        config = Config(n_fft=2048, hop_length=512, growth=2, levels=2, outputs=5, local=True)
        self.model = Model(config).eval()
        change(self.model)

    def load(self, name, device="cpu"):
        assert name == "separate-band-22k"
        return self.model


@pytest.fixture(scope="module")
def shelf():
    return Shelf()


@pytest.fixture
def demucs_file(tmp_path):
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(0)
    sizes = {"channels": 8, "t_layers": 1, "t_heads": 2, "bottom_channels": 32, "nfft": 512}
    facts = {"depth": 3, "samplerate": RATE, "segment": Fraction(1, 2)}
    model = HTDemucs(["drums", "other"], **sizes, **facts)
    path = tmp_path / "tiny.safetensors"
    args, kwargs = model._init_args_kwargs
    package = {"klass": HTDemucs, "args": args, "kwargs": kwargs, "state": model.state_dict()}
    path.write_bytes(to_safetensors(package))
    return path


def noise(channels, total, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, total))).astype("f4")


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_bundled_stems_sum_to_the_recording(shelf, channels):
    samples = noise(channels, 3 * RATE)
    run = Run(checkpoints=shelf)
    stems = Separate()(Audio(samples, RATE, {"title": "x"}), run)
    assert tuple(stems) == NAMES == Separate().names()
    assert np.abs(stems.mixture().samples - samples).max() < 1e-3 * np.abs(samples).max()
    assert all(dict(audio.tags) == {"title": "x"} for audio in stems.values())
    assert run.findings["checkpoint"] == "separate-band-22k"
    json.dumps(run.findings, allow_nan=False)


def test_bundled_in_segments_is_as_in_one(shelf):
    samples = noise(1, 30 * RATE)
    stems = Separate()(Audio(samples, RATE), Run(checkpoints=shelf))
    ours = np.concatenate([audio.samples for audio in stems.values()])
    whole = StemMasking(shelf.model, RATE).stems(samples, 0)
    assert np.abs(ours - whole).max() < 1e-3 * np.abs(whole).max()


@pytest.mark.parametrize("total", [0, 1, 2, 3])
def test_short_recordings(shelf, total):
    stems = Separate()(Audio(noise(2, total), RATE), Run(checkpoints=shelf))
    assert stems["noise"].samples.shape == (2, total)


def test_silence_is_silent(shelf):
    stems = Separate()(Audio(np.zeros((1, 9000), np.float32), RATE), Run(checkpoints=shelf))
    assert not any(audio.samples.any() for audio in stems.values())


def test_a_network_that_gives_nan_fails_the_job():
    def spoil(model):
        with torch.no_grad():
            next(model.parameters()).fill_(float("nan"))

    with pytest.raises(ToolkitError, match="NaN"):
        Separate()(Audio(noise(1, RATE), RATE), Run(checkpoints=Shelf(spoil)))


def test_a_demucs_file_by_path(demucs_file):
    samples = noise(2, RATE)
    run = Run()
    stage = Separate(model=str(demucs_file))
    stems = stage(Audio(samples, RATE), run)
    assert tuple(stems) == ("drums", "other") == stage.names()
    assert np.abs(stems.mixture().samples - samples).max() < 1e-5
    assert len(run.findings["weights_sha256"]) == 64
    json.dumps(run.findings, allow_nan=False)


def test_weights_that_are_not_here_say_where_to_have_them(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_DATA", str(tmp_path))
    with pytest.raises(ResourceError, match="not on this machine") as raised:
        Separate(model="htdemucs")(Audio(noise(2, 100), RATE), Run())
    assert "checkpoints fetch htdemucs" in raised.value.hint
    assert "--model band" in raised.value.hint


@pytest.mark.parametrize("model", ["htdemuc", "zzz", "absent.yaml", "folder/absent.th"])
def test_no_such_model(model):
    with pytest.raises(UsageError) as raised:
        Separate(model=model)(Audio(noise(2, 100), RATE), Run())
    assert raised.value.hint
