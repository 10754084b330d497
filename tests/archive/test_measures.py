import json

import numpy as np
import pytest

from toolkit.archive.measures import compare, describe
from toolkit.dsp.measure import measure
from toolkit.pipeline import Pipeline, parse
from toolkit.restore import Diagnosis
from toolkit.run import Run
from toolkit.values import Audio

RATE = 22050
NULL = 'name = "null"\nsummary = "Copies."\n[[step]]\nstage = "dehum"\nstrength = 0.0\n'


@pytest.fixture(scope="module")
def null() -> Pipeline:
    return parse(NULL, "null.toml")


@pytest.fixture(scope="module")
def clean():
    rng = np.random.default_rng(0)
    time = np.arange(4 * RATE) / RATE
    music = 0.2 * np.sin(2 * np.pi * 440 * time) * (np.sin(2 * np.pi * time) > 0)
    return Audio((music + 1e-3 * rng.standard_normal(time.size))[None].astype(np.float32), RATE)


@pytest.fixture(scope="module")
def dirty(clean):
    samples = clean.samples.copy()
    rng = np.random.default_rng(1)
    samples[0, rng.choice(samples.shape[1], 80, replace=False)] += 0.6
    samples += 0.02 * rng.standard_normal(samples.shape).astype(np.float32)
    return clean.with_samples(samples)


def test_before_and_after_stand_side_by_side(null, clean, dirty):
    found = compare(dirty, clean, Diagnosis(null), Run())
    before, after = found["before"], found["after"]
    assert before.keys() == after.keys()
    assert before["clicks_per_minute"] > 600 > 60 > after["clicks_per_minute"]
    assert after["noise_floor_db"] < before["noise_floor_db"] - 15
    assert before["duration"] == after["duration"] == 4.0
    assert after["lufs"] == pytest.approx(-18, abs=3)
    removed = dirty.samples - clean.samples
    expected = 10 * np.log10(np.mean(removed.astype(float) ** 2))
    assert found["removed_db"] == pytest.approx(expected, abs=0.01)


def test_what_was_measured_already_is_not_measured_again(null, clean, dirty):
    # The condition of another recording shows whose it is.
    diagnosis = Diagnosis(null, measure(clean, Run()))
    found = compare(dirty, dirty, diagnosis, Run())
    assert found["before"]["clicks_per_minute"] < found["after"]["clicks_per_minute"]


@pytest.mark.parametrize("count", [0, 1, 3, 4000])
@pytest.mark.parametrize("channels", [1, 2, 7])
def test_silence_and_next_to_nothing_are_plain_data(null, count, channels):
    audio = Audio(np.zeros((channels, count), np.float32), 8000)
    found = compare(audio, audio, Diagnosis(null), Run())
    json.dumps(found, allow_nan=False)
    assert found["removed_db"] is None
    for key in (
        "peak_db",
        "true_peak_db",
        "level_db",
        "lufs",
        "noise_floor_db",
        "snr_db",
        "hum_hz",
    ):
        assert found["before"][key] is None


def test_no_loudness_where_it_is_not_defined(clean):
    many = Audio(np.repeat(clean.samples, 6, axis=0), RATE)
    found = describe(many, None, Run())
    assert found["lufs"] is found["true_peak_db"] is found["range_lu"] is None
    assert found["peak_db"] is not None


def test_recordings_of_different_shape_have_no_difference(null, clean):
    shorter = clean.with_samples(clean.samples[:, :-1])
    assert compare(clean, shorter, Diagnosis(null), Run())["removed_db"] is None
    other = Audio(clean.samples, RATE + 1)
    assert compare(clean, other, Diagnosis(null), Run())["removed_db"] is None
