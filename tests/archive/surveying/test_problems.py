import copy

import pytest

from toolkit.archive.surveying.problems import problems

GOOD = {
    "format": {"container": "wav", "bits": 24, "sample_rate": 96000, "num_channels": 2},
    "num_samples": 96000,
    "warnings": [],
    "damage": "",
    "channel_levels_db": [-20.0, -21.0],
    "groove": "mono in stereo",
    "hum_speed_percent": None,
    "measures": {
        "level_db": -20.0,
        "peak_db": -3.0,
        "snr_db": 20.0,
        "noise_floor_db": -40.0,
        "clipped_percent": 0.0,
        "dc": 0.0,
        "hum_hz": None,
        "hum_db": None,
        "high_hz": 5000.0,
    },
}


def found(**changes):
    facts = copy.deepcopy(GOOD)
    for key, value in changes.items():
        place = facts["measures"] if key in facts["measures"] else facts
        place[key] = value
    return [(each.code, each.severity) for each in problems(facts)]


def test_a_file_in_good_order_has_none():
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"damage": "E_TRUNCATED"}, ("E_TRUNCATED", "damaged")),
        ({"warnings": ["the name says FLAC"]}, ("warning", "notable")),
        ({"clipped_percent": 0.05}, ("clipped", "notable")),
        ({"clipped_percent": 2.0}, ("clipped", "damaged")),
        ({"dc": -0.02}, ("dc", "notable")),
        ({"peak_db": -30.0}, ("quiet", "notable")),
        ({"snr_db": 1.0}, ("noisy", "notable")),
        ({"hum_hz": 50.0, "hum_db": -40.0}, ("hum", "notable")),
        ({"hum_speed_percent": -2.0}, ("speed", "notable")),
        ({"channel_levels_db": [-20.0, None]}, ("dead-channel", "damaged")),
        ({"channel_levels_db": [-35.0, -20.0]}, ("unequal-channels", "notable")),
        ({"groove": "mono"}, ("same-channels", "notable")),
        ({"level_db": None}, ("silent", "notable")),
    ],
)
def test_each_problem_is_told(changes, expected):
    assert found(**changes) == [expected]


def test_poor_formats_are_told():
    poor = {"container": "wav", "bits": 8, "sample_rate": 11025, "num_channels": 1}
    assert found(format=poor) == [("low-rate", "notable"), ("few-bits", "notable")]


def test_the_worst_comes_first():
    severities = [severity for _, severity in found(dc=0.5, clipped_percent=3.0, peak_db=-40.0)]
    assert severities == ["damaged", "notable", "notable"]


def test_an_unreadable_file_has_one_problem():
    facts = {"error": {"code": "E_EMPTY", "message": "a.wav is empty", "hint": ""}}
    (only,) = problems(facts)
    assert (only.code, only.severity, only.words) == ("E_EMPTY", "unreadable", "a.wav is empty")
