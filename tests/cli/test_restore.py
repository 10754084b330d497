import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def integers(path):
    """Return a 24-bit file's samples as the integers that they are."""
    samples, _ = soundfile.read(path, dtype="int32")
    return samples >> 8


def test_one_file_needs_no_option(call, old):
    before = sha(old)
    code, out, err = call("restore", old)
    restored = old.with_name("old.restored.wav")
    assert code == 0
    assert out.decode().split() == [str(restored)]
    assert sha(old) == before
    info = soundfile.info(restored)
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (
        22050,
        2,
        "PCM_24",
        22050,
    )
    assert not np.array_equal(integers(restored), integers(old))
    assert "noise floor" in err
    record = json.loads(restored.with_name("old.restored.wav.json").read_text())
    assert record["input"]["sha256"] == before
    assert record["output"]["sha256"] == sha(restored)
    assert [step["id"] for step in record["steps"]] == record_order(record)


def record_order(record):
    from toolkit.pipeline import load

    return [step.id for step in load(record["pipeline"]["name"]).steps]


def test_output_and_difference_add_up_to_the_input(call, old):
    assert call("restore", old, "--difference")[0] == 0
    restored = integers(old.with_name("old.restored.wav"))
    removed = integers(old.with_name("old.removed.wav"))
    assert np.array_equal(restored + removed, integers(old))
    assert removed.any()


def test_strength_zero_gives_the_samples_back(call, old):
    assert call("restore", old, "--strength", 0)[0] == 0
    assert np.array_equal(integers(old.with_name("old.restored.wav")), integers(old))


def test_what_is_done_is_skipped_and_what_differs_is_refused(call, old):
    call("restore", old)
    restored = old.with_name("old.restored.wav")
    first = restored.stat().st_mtime_ns
    code, out, err = call("restore", old)
    assert code == 0
    assert "already done" in err
    assert str(restored) in out.decode()
    assert restored.stat().st_mtime_ns == first
    code, _, err = call("restore", old, "--strength", 0.5)
    assert code == 2
    assert "--force" in err
    assert restored.stat().st_mtime_ns == first
    assert call("restore", old, "--strength", 0.5, "--force")[0] == 0
    assert restored.stat().st_mtime_ns != first


def test_a_changed_result_is_not_taken_for_done(call, old):
    call("restore", old)
    restored = old.with_name("old.restored.wav")
    data = bytearray(restored.read_bytes())
    data[-1] ^= 1
    restored.write_bytes(data)
    code, _, err = call("restore", old)
    assert code == 2
    assert "--force" in err


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_the_input_is_never_overwritten(call, old, tmp_path, force):
    before = sha(old)
    alias = tmp_path / "alias.wav"
    alias.symlink_to(old)
    for target in (old, alias):
        code, _, err = call("restore", old, "-o", target, *force)
        assert code == 2
        assert "hint:" in err
        assert sha(old) == before


def test_preview_is_an_excerpt_with_its_own_name(call, old):
    assert call("restore", old, "--preview", "0.25s@0.5s")[0] == 0
    assert abs(soundfile.info(old.with_name("old.preview.wav")).frames - 5512) <= 1


def test_dry_run_measures_and_writes_nothing(call, old, tmp_path):
    before = names(tmp_path)
    code, out, _ = call("restore", old, "--dry-run")
    assert code == 0
    assert names(tmp_path) == before
    assert b"denoise" in out
    assert b"noise floor" in out
    code, out, _ = call("restore", old, "--dry-run", "--json")
    plan = json.loads(out)[0]
    assert plan["condition"]["num_channels"] == 2
    assert [step["stage"] for step in plan["steps"]][-1] == "denoise"
    assert names(tmp_path) == before


def test_json_says_it_all(call, old):
    code, out, _ = call("restore", old, "--json")
    row = json.loads(out)[0]
    assert code == 0
    assert row["state"] == "done"
    assert row["details"]["condition"]["clicks_per_second"] > 0


def test_streams(call, old):
    code, out, _ = call("restore", "-", stdin=old.read_bytes())
    assert code == 0
    call("restore", old)
    samples, rate = soundfile.read(old.with_name("old.restored.wav"))
    path = old.with_name("streamed.wav")
    path.write_bytes(out)
    streamed, same = soundfile.read(path)
    assert rate == same
    assert np.array_equal(samples, streamed)


def test_loudness_only_when_asked(call, old):
    import pyloudnorm

    assert call("restore", old, "--loudness", -20, "-o", old.with_name("loud.wav"))[0] == 0
    samples, rate = soundfile.read(old.with_name("loud.wav"))
    assert pyloudnorm.Meter(rate).integrated_loudness(samples) == pytest.approx(-20, abs=0.2)


def test_one_parameter_can_be_set(call, old):
    code, _, _ = call(
        "restore", old, "--set", "denoise.strength=0.25", "--set", "declick.strength=0"
    )
    record = json.loads(old.with_name("old.restored.wav.json").read_text())
    strengths = {step["id"]: step["parameters"]["strength"] for step in record["steps"]}
    assert code == 0
    assert strengths["denoise"] == 0.25
    assert strengths["declick"] == 0


@pytest.fixture
def shelf(tmp_path, old):
    """Return a folder with two good recordings, a bad one, and a text file, in a tree."""
    root = tmp_path / "shelf"
    (root / "a" / "b").mkdir(parents=True)
    shutil.copy(old, root / "one.wav")
    samples, rate = soundfile.read(old)
    soundfile.write(root / "a" / "b" / "two.flac", samples, rate, subtype="PCM_24")
    (root / "a" / "bad.wav").write_bytes(b"RIFF\x00\x00\x00\x00junk")
    (root / "notes.txt").write_text("not audio")
    return root


def test_a_folder_is_mirrored_and_a_bad_file_stops_nothing(call, shelf, tmp_path):
    out = tmp_path / "out"
    before = {name: sha(shelf / name) for name in names(shelf)}
    code, stdout, err = call("restore", shelf, "--out", out)
    assert code == 3
    assert names(out) == [
        "a/b/two.restored.flac",
        "a/b/two.restored.flac.json",
        "one.restored.wav",
        "one.restored.wav.json",
    ]
    assert len(stdout.split()) == 2
    last = err.strip().splitlines()[-3:]
    assert "bad.wav" in last[0]
    assert last[1].startswith("error: ")
    assert last[2].startswith("hint:  ")
    assert {name: sha(shelf / name) for name in names(shelf)} == before


def test_a_second_run_skips_what_is_done(call, shelf, tmp_path):
    out = tmp_path / "out"
    call("restore", shelf, "--out", out)
    stamps = {name: (out / name).stat().st_mtime_ns for name in names(out)}
    code, _, err = call("restore", shelf, "--out", out)
    assert code == 3
    assert "0 done, 2 already done, 1 failed, 0 not reached" in err
    assert {name: (out / name).stat().st_mtime_ns for name in names(out)} == stamps


def test_results_in_place_are_not_inputs_of_the_next_run(call, shelf):
    call("restore", shelf, "--difference")
    count = len(names(shelf))
    call("restore", shelf, "--difference")
    assert len(names(shelf)) == count


def test_equal_stems_do_not_collide(call, tmp_path, old):
    import av

    samples, rate = soundfile.read(old, dtype="float32")
    with av.open(str(tmp_path / "old.mp3"), "w") as container:
        stream = container.add_stream("mp3", rate=rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), "fltp", "stereo")
        frame.rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    code, out, _ = call("restore", old, tmp_path / "old.mp3", "--out", tmp_path / "out")
    assert code == 0
    assert len(set(out.split())) == 2
    assert "old.mp3.restored.wav" in names(tmp_path / "out")


def test_interrupt_keeps_finished_work_and_leaves_no_parts(tmp_path, old):
    root = tmp_path / "many"
    root.mkdir()
    samples, rate = soundfile.read(old)
    for number in range(40):
        soundfile.write(root / f"{number:02}.wav", np.tile(samples, (6, 1)), rate, subtype="PCM_24")
    process = subprocess.Popen(
        [sys.executable, "-c", "from toolkit.cli import main; main()", "restore", str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "not reached" in err
    found = names(root)
    assert not [name for name in found if ".part" in name]
    done = [name for name in found if name.endswith(".restored.wav")]
    assert 1 <= len(done) < 40
    for name in done:
        record = root / f"{name}.json"
        if record.exists():
            assert json.loads(record.read_text())["output"]["sha256"] == sha(root / name)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.wav",), "no file nowhere.wav"),
        (("-", "old.wav"), "no other input"),
        (("old.wav", "--preset", "shelac-78"), "no pipeline 'shelac-78'"),
        (("old.wav", "--strength", "2"), "strength = 2 is outside 0..1"),
        (("old.wav", "--set", "denoise"), "is not step.parameter=value"),
        (("old.wav", "--set", "denoise.strenth=1"), "no parameter 'strenth'"),
        (("old.wav", "--set", "denoise.strength=loud"), "is not a float"),
        (("old.wav", "--set", "nope.strength=1"), "no step 'nope'"),
        (("old.wav", "--preview", "soon"), "is no excerpt"),
        (("old.wav", "old.wav", "-o", "x.wav"), "several inputs"),
        (("old.wav", "-o", "x.wav", "--out", "y"), "exclude each other"),
        (("old.wav", "-o", "."), "is a folder"),
        (("old.wav", "-o", "-", "--difference"), "no place for the difference"),
        (("empty",), "no audio file found"),
        (("old.wav", "-o", "missing/x.wav"), "missing"),
        (("old.wav", "-o", "x.mp3"), "cannot write .mp3 files"),
    ],
)
def test_mistakes_get_two_lines_and_exit_2(call, old, monkeypatch, arguments, words):
    monkeypatch.chdir(old.parent)
    (old.parent / "empty").mkdir()
    before = names(old.parent)
    code, out, err = call("restore", *arguments)
    lines = err.strip().splitlines()
    assert code == 2
    assert words in lines[-2]
    assert lines[-2].startswith("error: ")
    assert lines[-1].startswith("hint:  ")
    assert not out
    assert names(old.parent) == before
