import json
from fractions import Fraction

import numpy as np
import pytest
import soundfile
import torch

from toolkit.adapters.demucs_files import to_safetensors
from toolkit.io import midi
from toolkit.values import Notes

PLAIN = ("--model", "basic-pitch", "--no-tempo-map")


def test_notes_and_their_other_forms(call, old, tmp_path):
    code, out, err = call("transcribe", old, *PLAIN, "--csv", "--plot")
    assert code == 0
    assert out.decode().strip() == str(tmp_path / "old.mid")
    assert len(midi.read(tmp_path / "old.mid")) > 0
    assert (tmp_path / "old.csv").read_text().startswith("onset,offset,pitch")
    assert (tmp_path / "old.notes.png").stat().st_size > 1000
    record = json.loads((tmp_path / "old.mid.json").read_text())
    assert record["output"]["companions"] == {"csv": "old.csv", "plot": "old.notes.png"}
    assert "basic-pitch" in err
    assert "already done" in call("transcribe", old, *PLAIN, "--csv", "--plot")[2]


def test_another_form_later_is_refused_in_two_lines(call, old, tmp_path):
    call("transcribe", old, *PLAIN)
    before = (tmp_path / "old.mid").read_bytes()
    code, _, err = call("transcribe", old, *PLAIN, "--csv")
    assert code == 2
    assert err.splitlines()[0].endswith("old.mid is there already, but old.csv is not")
    assert "--force" in err.splitlines()[1]
    assert call("transcribe", old, *PLAIN, "--csv", "--force")[0] == 0
    assert (tmp_path / "old.csv").exists()
    assert (tmp_path / "old.mid").read_bytes() == before


def test_several_files_are_done(call, tmp_path, noisy):
    for name in "ab":
        soundfile.write(tmp_path / f"{name}.wav", noisy, 22050)
    code, out, err = call("transcribe", tmp_path / "a.wav", tmp_path / "b.wav", *PLAIN)
    assert code == 0
    assert "2 done, 0 already done, 0 failed" in err
    assert out.decode().split() == [str(tmp_path / "a.mid"), str(tmp_path / "b.mid")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Return the file of a small, untrained separator of three stems."""
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(0)
    sizes = {"channels": 8, "t_layers": 1, "t_heads": 2, "bottom_channels": 32, "nfft": 512}
    facts = {"depth": 3, "samplerate": 22050, "segment": Fraction(1)}
    network = HTDemucs(["drums", "bass", "other"], **sizes, **facts)
    args, kwargs = network._init_args_kwargs
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    package = {"klass": HTDemucs, "args": args, "kwargs": kwargs, "state": network.state_dict()}
    path.write_bytes(to_safetensors(package))
    return path


@pytest.mark.parametrize("command", [("transcribe", "--stems"), ("run", "score")])
def test_stems_are_written_down_one_by_one(call, old, tmp_path, tiny, command):
    name, word = command
    given = (word, old) if name == "run" else (old, word)
    settings = (f"separate.model={tiny}", "transcribe-stems.model=basic-pitch")
    code, _, err = call(name, *given, *(x for each in settings for x in ("--set", each)))
    assert code == 0, err
    (written,) = tmp_path.glob("*.mid")
    record = json.loads(written.with_name(f"{written.name}.json").read_text())
    steps = {step["id"]: step for step in record["steps"]}
    assert steps["separate"]["findings"]["stems"] == "drums, bass, other"
    heard = steps["transcribe-stems"]["findings"]
    assert heard["bass_model"] == heard["other_model"] == "basic-pitch"
    assert heard["notes"] == record["output"]["notes"] == len(midi.read(written))


def test_silence_noise_and_three_samples_are_empty_files_with_a_note(call, tmp_path):
    hiss = 1e-2 * np.random.default_rng(0).standard_normal(5 * 22050)
    for name, samples in (("silent", np.zeros(22050)), ("three", np.ones(3)), ("hiss", hiss)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, samples, 22050)
        code, _, err = call("transcribe", path, "--model", "basic-pitch")
        assert code == 0
        assert "no notes were heard" in err
        assert len(midi.read(tmp_path / f"{name}.mid")) == 0


def test_mistakes_are_two_lines(call, old, tmp_path):
    midi.write(tmp_path / "x.mid", Notes())
    (tmp_path / "bad.wav").write_bytes(b"hello")
    for arguments, word in (
        ((tmp_path / "x.mid",), "MIDI file"),
        ((tmp_path / "bad.wav",), "bad.wav"),
        ((old, "--model", "nobody"), "nobody"),
        ((old, "-o", "-"), "stream"),
        ((old, "-o", tmp_path / "x.txt"), "x.txt"),
    ):
        code, out, err = call("transcribe", *arguments)
        assert code == 2
        assert not out
        lines = err.strip().splitlines()
        assert len(lines) == 2
        assert word in lines[0]
        assert lines[1].startswith("hint:")
