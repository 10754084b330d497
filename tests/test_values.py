from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.values import Audio, Note, Notes, Stems

seeded = settings(derandomize=True, deadline=None)


def ramp(num_channels=2, num_samples=8, rate=8000, scale=1.0):
    samples = np.arange(num_channels * num_samples, dtype=np.float32) * np.float32(scale)
    return Audio(samples.reshape(num_channels, num_samples), rate)


def test_audio_tells_its_size():
    audio = ramp(3, 4000)
    assert (audio.num_channels, audio.num_samples, audio.duration) == (3, 4000, 0.5)
    assert ramp(1, 0).duration == 0


def test_samples_are_a_read_only_view_of_a_writable_array():
    samples = np.zeros((1, 10), np.float32)
    audio = Audio(samples, 8000)
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[:, 2:].fill(1)
    assert np.shares_memory(audio.samples, samples)
    assert samples.flags.writeable


def test_a_memory_map_stays_one(tmp_path):
    mapped = np.memmap(tmp_path / "long", np.float32, "w+", shape=(1, 100))
    audio = Audio(mapped, 8000)
    assert isinstance(audio.samples, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0, 0] = 1


def test_audio_cannot_be_changed():
    tags = {"title": "Nola"}
    audio = Audio(np.zeros((1, 1), np.float32), 8000, tags)
    tags["title"] = "Other"
    assert audio.tags["title"] == "Nola"
    with pytest.raises(TypeError):
        audio.tags["title"] = "Other"
    with pytest.raises(FrozenInstanceError):
        audio.sample_rate = 1


def test_other_samples_keep_rate_and_tags():
    audio = Audio(np.zeros((2, 5), np.float32), 8000, {"title": "Nola"})
    other = audio.with_samples(np.ones((1, 3), np.float32))
    assert (other.samples.shape, other.sample_rate, dict(other.tags)) == (
        (1, 3),
        8000,
        {"title": "Nola"},
    )
    assert not other.samples.flags.writeable


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(5, np.float32), 8000, r"\[channels, samples\].*\(5,\)"),
        (np.zeros((1, 1, 5), np.float32), 8000, r"\(1, 1, 5\)"),
        (np.zeros((1, 5)), 8000, "float64"),
        (np.zeros((1, 5), np.int16), 8000, "int16"),
        (np.zeros((1, 5), np.float32), 0, "sample_rate=0"),
        (np.zeros((1, 5), np.float32), -44100, "-44100"),
    ],
)
def test_wrong_audio_is_refused(samples, rate, message):
    with pytest.raises(ValueError, match=message):
        Audio(samples, rate)


@seeded
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 127)), max_size=20))
def test_notes_are_ordered_by_onset_and_then_pitch(pairs):
    notes = Notes(tuple(Note(onset, onset + 1, pitch) for onset, pitch in pairs))
    assert [(note.onset, note.pitch) for note in notes] == sorted(pairs)
    assert len(notes) == len(pairs)


def test_the_order_of_equal_notes_is_kept():
    piano, violin = Note(1, 2, 60, program=0), Note(1, 2, 60, program=40)
    assert list(Notes((violin, piano))) == [violin, piano]


def test_a_performance_lasts_until_its_last_note_ends():
    assert Notes((Note(0, 9, 60), Note(1, 2, 62))).duration == 9
    assert Notes().duration == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((-0.1, 1, 60), "onset"),
        ((2, 1, 60), r"2\.\.1"),
        ((float("nan"), 1, 60), "nan"),
        ((0, float("nan"), 60), "nan"),
        ((0, 1, -1), "pitch=-1"),
        ((0, 1, 128), "pitch=128"),
        ((0, 1, 60, 1.01), r"velocity=1\.01"),
        ((0, 1, 60, float("nan")), "velocity=nan"),
    ],
)
def test_wrong_notes_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Note(*values)


def test_stems_are_a_mapping_in_order_whose_sum_is_the_mixture():
    stems = Stems({"vocals": ramp(), "drums": ramp(scale=-3), "bass": ramp(scale=0.5)})
    assert list(stems) == ["vocals", "drums", "bass"]
    assert len(stems) == 3
    assert stems["drums"].samples[0, 1] == -3
    assert np.array_equal(stems.mixture().samples, -1.5 * ramp().samples)
    assert stems.mixture().sample_rate == 8000


def test_making_a_mixture_leaves_the_parts_alone():
    only = ramp()
    mixture = Stems({"all": only}).mixture()
    assert np.array_equal(mixture.samples, only.samples)
    assert not np.shares_memory(mixture.samples, only.samples)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"a": ramp(), "b": ramp(num_samples=9)},
        {"a": ramp(), "b": ramp(num_channels=1)},
        {"a": ramp(), "b": ramp(rate=44100)},
    ],
)
def test_stems_that_disagree_are_refused(parts):
    with pytest.raises(ValueError, match="agree in shape and rate"):
        Stems(parts)
