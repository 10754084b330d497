import hashlib
import json
from fractions import Fraction

import numpy as np
import pytest
import soundfile
import torch

from toolkit.adapters.demucs_files import to_safetensors

STEMS = ("drums", "bass", "other")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return the file of a small, untrained network of the demucs package."""
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(0)
    sizes = {"channels": 8, "t_layers": 1, "t_heads": 2, "bottom_channels": 32, "nfft": 512}
    facts = {"depth": 3, "samplerate": 22050, "segment": Fraction(1)}
    network = HTDemucs(list(STEMS), **sizes, **facts)
    args, kwargs = network._init_args_kwargs
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    package = {"klass": HTDemucs, "args": args, "kwargs": kwargs, "state": network.state_dict()}
    path.write_bytes(to_safetensors(package))
    return path


def read(folder, suffix=".wav"):
    return {path.stem: soundfile.read(path)[0] for path in sorted(folder.glob(f"*{suffix}"))}


def test_a_folder_of_stems_that_sum_to_the_recording(call, old, noisy, model):
    code, out, err = call("separate", old, "--model", model)
    folder = old.with_name("old.stems")
    assert code == 0
    assert out.decode().split() == [str(folder)]
    assert {path.name for path in folder.iterdir()} == {
        *(f"{name}.wav" for name in STEMS),
        "record.json",
    }
    assert soundfile.info(folder / "bass.wav").subtype == "PCM_24"
    assert np.abs(sum(read(folder).values()) - noisy).max() < 4 * 2**-23
    assert "residual db" in err
    assert not list(old.parent.glob(".*"))


def test_the_record_says_what_was_done(call, old, model):
    call("separate", old, "--model", model, "--seed", 3)
    folder = old.with_name("old.stems")
    record = json.loads((folder / "record.json").read_text())
    assert record["schema"] == "tonearm-record-1"
    assert record["input"]["sha256"] == hashlib.sha256(old.read_bytes()).hexdigest()
    assert record["settings"]["seed"] == 3
    assert record["steps"][0]["parameters"]["model"] == str(model)
    lines = ""
    for name in STEMS:
        digest = hashlib.sha256((folder / f"{name}.wav").read_bytes()).hexdigest()
        assert record["output"]["stems"][name]["sha256"] == digest
        lines += f"{digest}  {name}.wav\n"
    assert record["output"]["sha256"] == hashlib.sha256(lines.encode()).hexdigest()
    code, out, _ = call("explain", folder / "record.json")
    assert code == 0
    assert "old.stems was made from old.wav" in out.decode()
    assert call("run", "--replay", folder / "record.json")[0] == 2


def test_some_stems_and_the_rest(call, old, noisy, model):
    code, _, _ = call("separate", old, "--model", model, "--stems", "bass, rest")
    found = read(old.with_name("old.stems"))
    assert code == 0
    assert set(found) == {"bass", "rest"}
    assert np.abs(sum(found.values()) - noisy).max() < 4 * 2**-23


def test_out_format_plot_and_json(call, old, model, tmp_path):
    options = ("--out", tmp_path / "new", "--format", "flac", "--plot", "--json")
    code, out, _ = call("separate", old, "--model", model, *options)
    folder = tmp_path / "new" / "old.stems"
    assert code == 0
    (row,) = json.loads(out)
    assert row["state"] == "done"
    assert row["output"] == str(folder)
    assert row["stems"]["drums"] == str(folder / "drums.flac")
    assert set(read(folder, ".flac")) == set(STEMS)
    assert (folder / "spectrogram.png").read_bytes()[:4] == b"\x89PNG"


def test_stems_beyond_full_scale_become_floats(call, tmp_path, model):
    loud = np.where(np.arange(11025) // 50 % 2, 1 - 2**-15, -1)[:, None] * [1, 1]
    path = tmp_path / "loud.wav"
    soundfile.write(path, loud, 22050, subtype="PCM_16")
    _, _, err = call("separate", path, "--model", model, "--stems", "rest")
    folder = tmp_path / "loud.stems"
    assert "32-bit floats" in err
    assert {soundfile.info(each).subtype for each in folder.glob("*.wav")} == {"FLOAT"}
    assert np.abs(sum(read(folder).values()) - loud).max() < 1e-5


def test_eight_bits_are_too_few_for_stems(call, tmp_path, noisy, model):
    path = tmp_path / "coarse.wav"
    soundfile.write(path, noisy, 22050, subtype="PCM_U8")
    call("separate", path, "--model", model, "--quiet")
    assert soundfile.info(tmp_path / "coarse.stems" / "bass.wav").subtype == "PCM_16"


def test_nothing_is_overwritten_unasked(call, old, model):
    folder = old.with_name("old.stems")
    assert call("separate", old, "--model", model)[0] == 0
    code, _, err = call("separate", old, "--model", model)
    assert code == 2
    assert "--force" in err
    assert call("separate", old, "--model", model, "--stems", "bass", "--force")[0] == 0
    assert set(read(folder)) == {"bass"}
    (folder / "notes.txt").write_text("mine")
    code, _, err = call("separate", old, "--model", model, "--force")
    assert code == 2
    assert (folder / "notes.txt").is_file()
    assert err.count("\n") == 2


def test_several_files_go_on_after_a_bad_one(call, old, model, noisy, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    soundfile.write(tmp_path / "old.flac", noisy[:3], 22050)
    code, out, err = call(
        "separate", tmp_path / "bad.wav", old, tmp_path / "old.flac", "--model", model
    )
    assert code == 3
    assert out.decode().split() == [
        str(tmp_path / "old.stems"),
        str(tmp_path / "old.flac.stems"),
    ]
    assert "failed: " in err
    assert not (tmp_path / "bad.stems").exists()
    assert set(read(tmp_path / "old.flac.stems", ".flac")) == set(STEMS)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--model", "htdemucs"), "checkpoints fetch htdemucs"),
        (("--model", "htdemuks"), "htdemucs"),
        (("--stems", "piana"), "piano"),
        (("--format", "mp3"), "pcm_s24"),
        (("--overlap", "0.9"), "overlap"),
        (("--shifts", "-1"), "shifts"),
    ],
)
def test_mistakes_get_two_lines(call, old, options, word, tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_DATA", str(tmp_path))
    code, out, err = call("separate", old, *options)
    assert code in (2, 5)
    assert word in err
    assert err.count("\n") == 2
    assert not out
    assert not old.with_name("old.stems").exists()


def test_a_broken_model_leaves_nothing(call, old, model, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(model.read_bytes()[:1000])
    code, _, err = call("separate", old, "--model", broken)
    assert code == 2
    assert err.count("\n") == 2
    assert sorted(each.name for each in old.parent.iterdir()) == ["broken.safetensors", "old.wav"]


def test_a_stream_is_refused(call):
    code, _, err = call("separate", "-")
    assert code == 2
    assert err.count("\n") == 2
