import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.batch import Naming, Task, find, restore_all
from toolkit.errors import InputError, UsageError
from toolkit.io.result_names import folded
from toolkit.pipeline import parse
from toolkit.provenance import load as load_record
from toolkit.restore import Recipe, Targets
from toolkit.run import Run

seeded = settings(derandomize=True, deadline=None)

PIPELINE = 'name = "x"\nsummary = "X."\n[[step]]\nstage = "equalize"\nhigh_hz = 2000.0\n'
RECIPE = Recipe(parse(PIPELINE, "x.toml"))
RATE = 8000

ODD = ["two words.wav", "new\nline.wav", "-dash.wav", "ünï.WAV", "é" * 125 + "b.wav", "a.b.c.wav"]
# Elsewhere the file system takes nothing but text.
UNDECODABLE = [os.fsdecode(b"caf\xe9 \xff.wav")] if sys.platform == "linux" else []


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def record_tone(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = 0.3 * np.sin(np.arange(400) ** 2 / 900)
    with path.open("wb") as file:
        soundfile.write(file, tone, RATE, subtype="PCM_16", format="WAV")
    return path


def outputs(tasks, root):
    return {
        str(each.source.relative_to(root)): str(each.targets.output.relative_to(root))
        for each in tasks
    }


def test_folders_are_searched_in_order_for_audio_only(tmp_path):
    touch(tmp_path, "b.wav", "a.FLAC", "deep/er/c.mp3", "notes.txt", "cover.jpg", "wav", "d.json")
    assert list(outputs(find([tmp_path], Naming()), tmp_path).items()) == [
        ("a.FLAC", "a.restored.FLAC"),
        ("b.wav", "b.restored.wav"),
        ("deep/er/c.mp3", "deep/er/c.restored.wav"),
    ]


def test_files_are_taken_whatever_they_are_called(tmp_path):
    touch(tmp_path, "tape", "x.restored.wav", ".hidden.wav")
    given_paths = [tmp_path / name for name in ("tape", "x.restored.wav", ".hidden.wav")]
    assert outputs(find(given_paths, Naming()), tmp_path) == {
        "tape": "tape.restored.wav",
        "x.restored.wav": "x.restored.restored.wav",
        ".hidden.wav": ".hidden.restored.wav",
    }


@pytest.mark.parametrize("role", ["restored", "preview", "degrade-shellac"])
def test_results_of_earlier_runs_and_hidden_files_are_passed_over(tmp_path, role):
    touch(tmp_path, "a.wav", "a.restored.wav", "a.removed.wav", "a.preview.wav", f"a.{role}.wav")
    touch(tmp_path, ".a.wav.1234.part", ".trash/a.wav", "._a.wav", "a.restored.wav.json")
    assert [each.source.name for each in find([tmp_path], Naming(role))] == ["a.wav"]


def test_a_hidden_folder_that_is_named_is_searched(tmp_path):
    touch(tmp_path, ".music/a.wav")
    assert len(find([tmp_path / ".music"], Naming())) == 1


def test_results_mirror_the_tree(tmp_path):
    touch(tmp_path, "in/a.wav", "in/x/y/b.flac")
    naming = Naming("better", tmp_path / "out", difference=True)
    targets = [each.targets for each in find([tmp_path / "in"], naming)]
    assert targets == [
        Targets(tmp_path / "out/a.better.wav", tmp_path / "out/a.removed.wav"),
        Targets(tmp_path / "out/x/y/b.better.flac", tmp_path / "out/x/y/b.removed.flac"),
    ]


def test_a_file_named_beside_its_folder_keeps_its_place_in_the_tree(tmp_path):
    touch(tmp_path, "in/deep/a.wav")
    naming = Naming(out=tmp_path / "out")
    (task,) = find([tmp_path / "in", tmp_path / "in/deep/a.wav"], naming)
    assert task.targets.output == tmp_path / "out/deep/a.restored.wav"


def test_a_source_given_twice_is_done_once(tmp_path):
    touch(tmp_path, "a.wav", "b.wav")
    tasks = find([tmp_path / "b.wav", tmp_path, tmp_path / "a.wav", tmp_path], Naming())
    assert [each.source.name for each in tasks] == ["b.wav", "a.wav"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ("a.wav", "a.flac", "a.mp3"),
            {
                "a.wav": "a.wav.restored.wav",
                "a.flac": "a.restored.flac",
                "a.mp3": "a.mp3.restored.wav",
            },
        ),
        (("a.ogg", "a.opus"), {"a.ogg": "a.ogg.restored.wav", "a.opus": "a.opus.restored.wav"}),
        (("A.mp3", "a.wav"), {"A.mp3": "A.mp3.restored.wav", "a.wav": "a.wav.restored.wav"}),
        (("a.wav", "b/a.wav"), {"a.wav": "a.restored.wav", "b/a.wav": "b/a.restored.wav"}),
    ],
)
def test_sources_that_would_share_a_result_keep_their_suffix(tmp_path, names, expected):
    touch(tmp_path, *names)
    assert outputs(find([tmp_path], Naming()), tmp_path) == expected


def test_names_whose_accents_are_written_in_two_ways_stay_apart(tmp_path):
    touch(tmp_path, "one/caf\u00e9.wav", "two/cafe\u0301.wav")
    tasks = find([tmp_path / "one", tmp_path / "two"], Naming(out=tmp_path / "out"))
    assert len({folded(str(each.targets.output)) for each in tasks}) == 2


def test_equal_names_from_several_folders_do_not_overwrite_each_other(tmp_path):
    touch(tmp_path, "one/a.wav", "two/a.wav", "two/b.wav")
    naming = Naming(out=tmp_path / "out", difference=True)
    inputs = [tmp_path / "one", tmp_path / "two"]
    tasks = find(inputs, naming)
    names = [each.targets.output.name for each in tasks]
    assert len(set(names)) == 3
    assert all(name.startswith("a.wav~") for name in names[:2])
    assert names[2] == "b.restored.wav"
    assert len({each.targets.difference for each in tasks}) == 3
    assert {each.source: each.targets for each in find(inputs[::-1], naming)} == {
        each.source: each.targets for each in tasks
    }


CASES = st.sampled_from(("a.wav", "A.wav", "a.WAV", "a.mp3", "a.wav.wav", "a.mp3.wav", "a.flac"))


@seeded
@given(st.lists(st.tuples(st.sampled_from("xyz"), CASES), min_size=1, unique=True))
def test_no_two_results_share_a_name_even_where_case_does_not_count(tmp_path_factory, pairs):
    root = tmp_path_factory.mktemp("tree")
    for folder in "xyz":
        (root / folder).mkdir()
    touch(root, *(f"{folder}/{name}" for folder, name in pairs))
    for naming in (Naming(out=root / "out"), Naming()):
        tasks = find([root / "x", root / "y", root / "z"], naming)
        assert len({str(each.targets.output).casefold() for each in tasks}) == len(tasks)
        assert {each.source for each in tasks} == set(root.glob("?/*"))


def test_missing_inputs_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no file .*gone\.wav"):
        find([tmp_path / "gone.wav"], Naming())
    with pytest.raises(UsageError, match="no audio file found") as caught:
        find([tmp_path], Naming())
    assert caught.value.hint


def test_links_to_files_are_followed_and_loops_are_not(tmp_path):
    touch(tmp_path, "in/a.wav")
    (tmp_path / "in/link.wav").symlink_to("a.wav")
    (tmp_path / "in/loop").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in/self.wav").symlink_to("self.wav")
    (tmp_path / "in/broken.wav").symlink_to("gone.wav")
    (tmp_path / "in/folder.wav").mkdir()
    assert [each.source.name for each in find([tmp_path / "in"], Naming())] == [
        "a.wav",
        "link.wav",
    ]
    with pytest.raises(UsageError, match="no file"):
        find([tmp_path / "in/self.wav"], Naming())


@seeded
@given(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]),
    st.integers(1, 300),
    st.sampled_from((".wav", ".mp3", ".RF64", "")),
)
def test_names_of_results_always_fit_the_file_system(letter, times, suffix):
    stem = letter * times
    targets = Naming("degrade-shellac", difference=True).targets(stem, suffix, Path("out"))
    for path in (targets.output, targets.difference, targets.record):
        assert len(os.fsencode(path.name)) <= 255
    whole = str(targets.output).startswith(f"out/{stem}.degrade-shellac")
    assert whole == (len(f"{stem}.degrade-shellac{targets.output.suffix}.json".encode()) <= 255)


def test_names_that_differ_at_their_end_only_stay_apart():
    first, second = (Naming().targets("x" * 250 + end, ".wav", Path()).output for end in ("1", "2"))
    assert first != second
    assert first == Naming().targets("x" * 250 + "1", ".wav", Path()).output


@pytest.mark.parametrize("name", [*ODD, *UNDECODABLE], ids=lambda name: ascii(name[:12]))
def test_odd_names_are_restored(tmp_path, name):
    source = record_tone(tmp_path / name)
    tasks = find([tmp_path], Naming(difference=True))
    (result,) = restore_all(tasks, RECIPE, Run())
    assert (result.state, result.trace) == ("done", "")
    assert load_record(result.task.targets.output)["input"]["name"] == source.name
    assert {path.name for path in tmp_path.iterdir()} == {
        name,
        result.task.targets.output.name,
        result.task.targets.difference.name,
        result.task.targets.record.name,
    }
    assert find([tmp_path], Naming()) == find([source], Naming())
    assert restore_all(tasks, RECIPE, Run())[0].state == "skipped"


def test_one_bad_file_does_not_stop_the_rest(tmp_path):
    for name in ("a.wav", "c.wav"):
        record_tone(tmp_path / name)
    (tmp_path / "b.wav").write_bytes(b"RIFF of nothing")
    seen = []
    results = restore_all(find([tmp_path], Naming()), RECIPE, Run(), report=seen.append)
    assert [each.state for each in results] == ["done", "failed", "done"]
    assert tuple(seen) == results
    failed = results[1]
    assert isinstance(failed.error, InputError)
    assert "b.wav" in failed.error.message + failed.trace
    assert not failed.task.targets.output.exists()
    assert results[2].outcome.record["input"]["name"] == "c.wav"


def test_a_surprise_becomes_an_error_with_its_trace(tmp_path):
    source = record_tone(tmp_path / "a.wav")
    touch(tmp_path, "out")
    task = Task(source, Targets(tmp_path / "out/a.restored.wav"))
    (result,) = restore_all([task], RECIPE, Run())
    assert result.state == "failed"
    assert result.error.message.startswith(("FileExistsError", "NotADirectoryError"))
    assert "--debug" in result.error.hint
    assert "Traceback" in result.trace


def test_what_is_done_is_skipped_unless_forced_or_changed(tmp_path):
    record_tone(tmp_path / "a.wav")
    tasks = find([tmp_path], Naming())
    other = Recipe(RECIPE.pipeline, strength=0.5)

    def state(recipe, **options):
        return restore_all(tasks, recipe, Run(), **options)[0].state

    assert state(RECIPE) == "done"
    assert state(RECIPE) == "skipped"
    assert state(RECIPE, force=True) == "done"
    assert state(other) == "failed"
    assert state(other, force=True) == "done"
    assert state(other) == "skipped"


def test_an_unfinished_result_is_refused_and_not_taken_for_done(tmp_path):
    record_tone(tmp_path / "a.wav")
    tasks = find([tmp_path], Naming())
    restore_all(tasks, RECIPE, Run())
    tasks[0].targets.record.unlink()
    (result,) = restore_all(tasks, RECIPE, Run())
    assert result.state == "failed"
    assert "--force" in result.error.hint


def test_folders_of_results_are_made(tmp_path):
    record_tone(tmp_path / "in/deep/a.wav")
    tasks = find([tmp_path / "in"], Naming(out=tmp_path / "new/out"))
    assert [each.state for each in restore_all(tasks, RECIPE, Run())] == ["done"]
    assert json.loads((tmp_path / "new/out/deep/a.restored.wav.json").read_text())


def test_an_interruption_keeps_what_is_finished(tmp_path):
    for name in ("a.wav", "b.wav"):
        record_tone(tmp_path / "in" / name)

    def interrupt(result):
        raise KeyboardInterrupt

    tasks = find([tmp_path / "in"], Naming(out=tmp_path / "out"))
    with pytest.raises(KeyboardInterrupt):
        restore_all(tasks, RECIPE, Run(), report=interrupt)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a.restored.wav", "a.restored.wav.json"]
    assert [each.state for each in restore_all(tasks, RECIPE, Run())] == ["skipped", "done"]
