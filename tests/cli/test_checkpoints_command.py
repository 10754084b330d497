import json
from fractions import Fraction

import pytest
import torch
from demucs.htdemucs import HTDemucs
from demucs.states import save_with_checksum

STEMS = ["drums", "other"]


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """Return the folder that imported weights go to."""
    monkeypatch.setenv("TONEARM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "data" / "checkpoints"


@pytest.fixture(scope="module")
def package():
    torch.manual_seed(0)
    sizes = {"channels": 8, "t_layers": 1, "t_heads": 2, "bottom_channels": 32, "nfft": 512}
    facts = {"depth": 3, "samplerate": 8000, "segment": Fraction(1, 2)}
    model = HTDemucs(STEMS, **sizes, **facts)
    args, kwargs = model._init_args_kwargs
    state = {key: value.half() for key, value in model.state_dict().items()}
    return {"klass": HTDemucs, "args": args, "kwargs": kwargs, "state": state}


@pytest.fixture
def th(tmp_path, package):
    """Return a file as demucs itself saves one."""
    folder = tmp_path / "from-elsewhere"
    folder.mkdir()
    save_with_checksum(package, folder / "tiny.th")
    return next(folder.iterdir())


def test_lists_what_ships_was_imported_and_could_be_had(call, th):
    assert call("checkpoints", "import", th)[0] == 0
    text = call("checkpoints")[1].decode()
    states = {line.split()[0]: line.split()[3] for line in text.splitlines()}
    assert states["denoise-music-44k"] == "bundled"
    assert states["tiny"] == "imported"
    assert "tonearm checkpoints fetch htdemucs_ft" in text
    rows = json.loads(call("checkpoints", "--json")[1])
    assert {row["state"] for row in rows} == {"bundled", "imported", "not here"}


def test_imports_a_pickle_as_safetensors(call, th, data):
    code, out, err = call("checkpoints", "import", th)
    assert code == 0
    assert out.decode().strip() == str(data / "tiny")
    assert sorted(path.name for path in (data / "tiny").iterdir()) == [
        "manifest.toml",
        "tiny.safetensors",
    ]
    assert "drums, other" in err
    shown = call("checkpoints", "tiny")[1].decode()
    assert "8000" in shown
    assert call("checkpoints", "show", "tiny", "--json")[0] == 0


def test_imports_a_bag_with_its_weights(call, th, data, package):
    save_with_checksum({**package, "metrics": 1}, th.parent / "other.th")
    (th.parent / "pair.yaml").write_text(
        "models: [tiny, other]\nweights: [[1, 0], [0, 1]]\nsegment: 0.25\n"
    )
    assert call("checkpoints", "import", th.parent)[0] == 0
    assert {path.name for path in (data / "pair").iterdir()} == {
        "manifest.toml",
        "tiny.safetensors",
        "other.safetensors",
    }
    manifest = (data / "pair" / "manifest.toml").read_text()
    assert "mix = [[1.0, 0.0], [0.0, 1.0]]" in manifest
    assert "segment = 0.25" in manifest


def test_a_folder_must_be_clear(call, th, package):
    save_with_checksum({**package, "metrics": 1}, th.parent / "other.th")
    code, _, err = call("checkpoints", "import", th.parent)
    assert code == 2
    assert "name one file" in err


def test_names_are_checked(call, th):
    assert call("checkpoints", "import", th)[0] == 0
    for name, word in [
        ("tiny", "--force"),
        ("band", "bundled"),
        ("denoise-music-44k", "bundled"),
        ("../x", "letters"),
    ]:
        code, _, err = call("checkpoints", "import", th, "--name", name)
        assert code == 2
        assert word in err
        assert err.count("\n") == 2
    assert call("checkpoints", "import", th, "--force")[0] == 0


def test_verify_finds_a_flipped_byte(call, th, data):
    call("checkpoints", "import", th)
    assert call("checkpoints", "verify")[0] == 0
    path = data / "tiny" / "tiny.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code, out, err = call("checkpoints", "verify")
    assert code == 1
    assert "bad" in out.decode()
    assert err.count("\n") == 2
    assert call("checkpoints", "verify", "tiny")[0] == 1
    assert call("checkpoints", "verify", "denoise-music-44k")[0] == 0
    rows = json.loads(call("checkpoints", "verify", "tiny", "--json")[1])
    assert rows[0]["state"] == "bad"
    path.unlink()
    assert call("checkpoints", "verify", "tiny")[0] == 1


def test_a_pickle_that_could_run_code_needs_trust(call, tmp_path, package):
    path = tmp_path / "odd.th"
    torch.save({**package, "training_args": {"where": tmp_path}}, path)
    code, _, err = call("checkpoints", "import", path)
    assert code == 2
    assert "--trust-pickle" in err
    assert err.count("\n") == 2
    assert call("checkpoints", "import", path, "--trust-pickle")[0] == 0
    assert call("checkpoints", "verify", "odd")[0] == 0


def test_an_imported_model_separates_by_its_name(call, th, old):
    call("checkpoints", "import", th)
    code, _, err = call("separate", old, "--model", "tiny", "--stems", "drums,rest")
    assert code == 0, err
    assert (old.with_name("old.stems") / "rest.wav").is_file()


def test_fetch_offline_says_what_to_do_by_hand(call):
    code, _, err = call("checkpoints", "fetch", "htdemucs", "--offline")
    assert code == 5
    assert "955717e8-8726e21a.th" in err
    assert "checkpoints import" in err
    assert "--model band" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("fetch", "htdemuc"),
        ("verify", "nothing"),
        ("verify", "htdemucs"),
        ("nothing",),
        ("import", "absent.th"),
        ("import", "/"),
    ],
)
def test_mistakes_get_two_lines(call, arguments):
    code, _, err = call("checkpoints", *arguments)
    assert code in (2, 5)
    assert err.count("\n") == 2
    assert "hint:" in err
