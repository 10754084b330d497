import json

import pytest


def test_explain_tells_how_a_result_was_made(call, old):
    call("restore", old)
    restored = old.with_name("old.restored.wav")
    code, out, _ = call("explain", restored)
    text = out.decode()
    assert code == 0
    for word in ("old.wav", "denoise", "numpy", "sha256"):
        assert word in text
    record = json.loads(call("explain", restored, "--json")[1])
    assert record["schema"] == "tonearm-record-1"


@pytest.mark.parametrize("content", [None, "{", "[]", '{"schema": "other"}'])
def test_explain_refuses_what_is_no_record(call, tmp_path, content):
    path = tmp_path / "x.json"
    if content is not None:
        path.write_text(content)
    code, _, err = call("explain", path)
    assert code == 2
    assert err.count("\n") == 2


def test_replay_makes_the_same_file(call, old):
    call("restore", old, "--strength", 0.7)
    restored = old.with_name("old.restored.wav")
    code, out, err = call("run", "--replay", restored)
    replayed = old.with_name("old.restored.replayed.wav")
    assert code == 0
    assert "to the bit" in err
    assert out.decode().strip() == str(replayed)
    assert replayed.read_bytes() == restored.read_bytes()


def test_replay_refuses_another_input(call, old):
    call("restore", old)
    data = bytearray(old.read_bytes())
    data[-1] ^= 1
    old.write_bytes(data)
    code, _, err = call("run", "--replay", old.with_name("old.restored.wav"))
    assert code == 2
    assert "is not the file" in err


def test_run_takes_a_pipeline_file(call, old, tmp_path):
    path = tmp_path / "gentle.toml"
    path.write_text('name = "gentle"\nsummary = "Clicks."\n[[step]]\nstage = "declick"\n')
    code, out, _ = call("run", path, old)
    assert code == 0
    assert out.decode().strip().endswith("old.gentle.wav")


def test_run_needs_a_pipeline_and_an_input(call):
    code, _, err = call("run", "restore")
    assert code == 2
    assert "hint:" in err


def test_inspect_measures(call, old, tmp_path):
    code, out, _ = call("inspect", old, "--plot", tmp_path / "x.png")
    assert code == 0
    assert b"clicks" in out
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    row = json.loads(call("inspect", old, "--json")[1])[0]
    assert row["condition"]["sample_rate"] == 22050


def test_listings_and_their_json(call):
    for listing, key, name in [
        ("stages", "stage", "declick"),
        ("pipelines", "pipeline", "restore"),
    ]:
        code, out, _ = call(listing)
        assert code == 0
        assert name in out.decode()
        assert name in {row[key] for row in json.loads(call(listing, "--json")[1])}
        assert json.loads(call(listing, name, "--json")[1])[key] == name
    assert call("checkpoints")[0] == 0


def test_unknown_names_get_the_nearest(call):
    for listing, name in [("stages", "declik"), ("pipelines", "restor"), ("evaluate", "d11")]:
        code, _, err = call(listing, name)
        assert code == 2
        assert "did you mean" in err


def test_doctor_finds_this_installation_well(call):
    code, out, _ = call("doctor")
    assert code == 0
    assert b"FAIL" not in out


def test_unknown_commands_and_options_get_two_lines(call):
    for arguments in (("stges",), ("restore", "--strenght", "1")):
        code, _, err = call(*arguments)
        assert code == 2
        assert err.startswith("error: ")
        assert "hint:" in err
