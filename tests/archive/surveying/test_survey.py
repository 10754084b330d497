import csv
import io
import os
import shutil

import numpy as np
import pytest
import soundfile

from toolkit.archive.surveying.document import table
from toolkit.archive.surveying.measures import hum_speed_percent
from toolkit.archive.surveying.survey import survey
from toolkit.dsp import resample
from toolkit.errors import ResourceError, UsageError

RATE = 22050


def music(seed: int, seconds: float = 14.0) -> np.ndarray:
    """Return plucked tones of six partials."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round((seconds + 2) * RATE))
    begin = 0.0
    while begin < seconds:
        pitch = 110 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11]) / 12 + rng.integers(0, 3))
        time = np.arange(round(rng.uniform(0.4, 1.2) * RATE)) / RATE
        tone = sum(np.sin(2 * np.pi * k * pitch * time + k) / k for k in range(1, 7))
        first = round(begin * RATE)
        out[first : first + len(time)] += 0.05 * tone * np.exp(-3 * time)
        begin += rng.choice([0.12, 0.24, 0.36])
    return out[: round(seconds * RATE)].astype(np.float32)


def another_transfer(samples: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(9).standard_normal(samples.shape)
    worn = (0.5 * samples + 0.2 * samples.std() * noise).astype(np.float32)
    return resample.resample(worn[None], 1.03 * RATE, RATE)[0, RATE:]


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    root = tmp_path_factory.mktemp("collection") / "discs"
    (root / "box 1").mkdir(parents=True)
    # Whole numbers: the two encoders round differently.
    first = np.round(music(0) * 2**15).astype(np.int16)
    soundfile.write(root / "first.wav", first, RATE, subtype="PCM_16")
    soundfile.write(root / "box 1" / "again.wav", another_transfer(music(0)), RATE, "PCM_24")
    soundfile.write(root / "other.wav", music(1), RATE, subtype="PCM_16")
    soundfile.write(root / "first.flac", first, RATE, subtype="PCM_16")
    shutil.copy(root / "first.wav", root / "=first copy.wav")
    clipped = np.clip(20 * music(2, 5.0), -0.5, 0.5)
    soundfile.write(root / "half.wav", np.stack((clipped, 0 * clipped), 1), RATE)
    soundfile.write(root / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(root / "nan.wav", np.full(100, np.nan), RATE, subtype="FLOAT")
    whole = (root / "other.wav").read_bytes()
    (root / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (root / "text.wav").write_text("<script>alert(1)</script>")
    (root / "empty.flac").touch()
    return root


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("out") / "survey.sqlite"


@pytest.fixture(scope="module")
def found(collection, store):
    before = {path: path.stat().st_mtime_ns for path in sorted(collection.rglob("*"))}
    heard = []
    document = survey(
        [collection], store, jobs=2, progress=lambda step, done, total: heard.append((step, done))
    )
    assert {path: path.stat().st_mtime_ns for path in sorted(collection.rglob("*"))} == before
    assert {step for step, _ in heard} == {"measure", "compare"}
    return document


def row(document, name):
    return next(each for each in document["files"] if each["name"] == name)


def codes(document, name):
    return {each["code"] for each in row(document, name)["problems"]}


def test_every_file_has_a_row(collection, found):
    names = {path.relative_to(collection).as_posix() for path in collection.rglob("*.*")}
    assert {each["name"] for each in found["files"]} == names
    assert found["totals"]["files"] == len(names)
    assert found["title"] == "discs"


def test_what_cannot_be_read_is_told_and_stops_nothing(found):
    assert codes(found, "nan.wav") == {"E_NONFINITE"}
    assert codes(found, "text.wav") == {"E_FORMAT"}
    assert codes(found, "empty.flac") == {"E_EMPTY"}
    assert found["totals"]["unreadable"] == 3
    assert row(found, "nan.wav")["error"]["message"].startswith("nan.wav")


def test_damage_is_told_and_measured_all_the_same(found):
    assert "E_TRUNCATED" in codes(found, "cut.wav")
    assert row(found, "cut.wav")["duration"] == pytest.approx(7.0, abs=0.01)
    assert {"clipped", "dead-channel"} <= codes(found, "half.wav")
    assert codes(found, "silent.wav") >= {"silent"}
    assert codes(found, "first.wav") <= {"low-rate", "quiet"}


def test_facts_are_those_of_the_files(found):
    other = row(found, "other.wav")
    assert (other["format"]["sample_rate"], other["format"]["bits"]) == (RATE, 16)
    assert other["duration"] == 14.0
    assert other["measures"]["duration"] == 14.0
    assert abs(other["tuning_cents"]) < 5
    assert other["key"] is not None
    assert other["media"][0]["reasons"]
    assert row(found, "silent.wav")["media"] == []


def test_copies_are_found_by_their_samples(found):
    (copies,) = found["copies"]
    assert copies["same"] == "samples"
    assert set(copies["names"]) == {"first.wav", "first.flac", "=first copy.wav"}


def test_another_transfer_is_found_with_its_speed(found):
    groups = [
        {member["name"]: member for member in group["members"]}
        for group in found["same_recordings"]
    ]
    (same,) = [group for group in groups if "box 1/again.wav" in group]
    assert len(same) == 2
    member = same["box 1/again.wav"]
    assert member["speed"] == pytest.approx(1.03, rel=1e-3)
    assert member["offset"] == pytest.approx(1.03, abs=0.03)
    assert not any("other.wav" in group and "first.wav" in group for group in groups)


def test_the_table_is_safe_for_spreadsheets(found):
    rows = list(csv.DictReader(io.StringIO(table(found), newline="")))
    assert len(rows) == found["totals"]["files"]
    by_name = {each["name"]: each for each in rows}
    assert "'=first copy.wav" in by_name
    assert not any(
        (cell or "").startswith(("=", "+", "@")) for each in rows for cell in each.values()
    )
    assert float(by_name["other.wav"]["level_db"]) < 0
    assert by_name["nan.wav"]["worst"] == "unreadable"
    assert float(by_name["box 1/again.wav"]["same_speed"]) == pytest.approx(1.03, rel=1e-3)


def test_a_second_survey_looks_only_at_new_files(collection, store, found, tmp_path):
    grown = tmp_path / "grown"
    shutil.copytree(collection, grown)
    began = store.read_bytes()
    again = survey([collection], store, jobs=1)
    assert store.read_bytes() == began
    assert {**again, "made": ""} == {**found, "made": ""}
    # Elsewhere and by other names the contents are known, and only what is new is measured.
    soundfile.write(grown / "new.wav", music(5, 3.0), RATE)
    heard: list[float] = []
    more = survey(
        [grown],
        store,
        progress=lambda step, done, total: heard.append(done) if step == "compare" else None,
    )
    assert row(more, "new.wav")["duration"] == 3.0
    assert heard == [1]
    assert more["same_recordings"] == found["same_recordings"]


def test_a_changed_file_is_measured_again(tmp_path):
    root = tmp_path / "discs"
    root.mkdir()
    soundfile.write(root / "a.wav", music(3, 2.0), RATE)
    assert survey([root], tmp_path / "s.sqlite")["files"][0]["duration"] == 2.0
    soundfile.write(root / "a.wav", music(3, 3.0), RATE)
    assert survey([root], tmp_path / "s.sqlite")["files"][0]["duration"] == 3.0
    stamp = (root / "a.wav").stat()
    data = bytearray((root / "a.wav").read_bytes())
    data[1000] ^= 1
    (root / "a.wav").write_bytes(data)
    os.utime(root / "a.wav", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    seen = survey([root], tmp_path / "s.sqlite")["files"][0]["sha256"]
    assert survey([root], tmp_path / "s.sqlite", rehash=True)["files"][0]["sha256"] != seen


def test_nothing_to_survey_is_said(tmp_path):
    with pytest.raises(UsageError, match="no audio"):
        survey([tmp_path], tmp_path / "s.sqlite")


def test_a_store_that_is_none_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(10), RATE)
    (tmp_path / "s.sqlite").write_text("no database at all, but long enough to be looked at" * 30)
    with pytest.raises(ResourceError, match="cannot use"):
        survey([tmp_path / "a.wav"], tmp_path / "s.sqlite")


@pytest.mark.parametrize(
    ("hum_hz", "percent"),
    [(50.0, 0.0), (48.5, -3.0), (61.2, 2.0), (0.0, None), (54.8, None), (43.0, None)],
)
def test_the_hum_tells_the_speed(hum_hz, percent):
    assert hum_speed_percent(hum_hz) == percent
