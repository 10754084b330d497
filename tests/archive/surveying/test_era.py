from dataclasses import replace

import pytest

from toolkit.archive.surveying.era import MEDIA, guess_media, plain
from toolkit.dsp.condition import Condition
from toolkit.dsp.measure import measure
from toolkit.evaluation import music
from toolkit.pipeline import execute, load
from toolkit.run import Run

TAPE = Condition(
    duration=60.0,
    sample_rate=44100,
    num_channels=2,
    peak_db=-6.0,
    level_db=-20.0,
    noise_floor_db=-48.0,
    snr_db=28.0,
    low_hz=40.0,
    high_hz=11000.0,
    clicks_per_second=0.0,
    thumps_per_minute=0.0,
    rumble_db=-75.0,
    dc=0.0,
    hum_hz=0.0,
    hum_db=float("-inf"),
    hum_prominence_db=0.0,
    clipped_ratio=0.0,
    clip_level=0.0,
    groove="stereo",
)
CASES = {
    "tape": TAPE,
    "vinyl": replace(TAPE, clicks_per_second=3.0, rumble_db=-55.0, high_hz=15000.0),
    "digital": replace(TAPE, snr_db=60.0, high_hz=21000.0),
    "acetate": replace(TAPE, clicks_per_second=110.0, rumble_db=-50.0, snr_db=13.0, high_hz=5500.0),
    "acoustic 78": replace(
        TAPE, clicks_per_second=20.0, rumble_db=-40.0, snr_db=6.0, high_hz=2800.0
    ),
}
PIPELINES = {
    "wax": "wax cylinder",
    "acoustic-78": "acoustic 78",
    "electric-78": "electric 78",
    "acetate": "acetate",
    "vinyl": "vinyl",
    "tape": "tape",
}


@pytest.mark.parametrize("medium", CASES)
def test_each_medium_is_told_with_its_reasons(medium):
    guesses = guess_media(CASES[medium])
    assert guesses[0].medium == medium
    assert {each.medium for each in guesses} == set(MEDIA)
    assert sum(each.share for each in guesses) == pytest.approx(1)
    assert guesses[0].reasons
    shares = [each.share for each in guesses]
    assert shares == sorted(shares, reverse=True)


def test_reasons_are_in_words():
    reasons = guess_media(CASES["acoustic 78"])[0].reasons
    assert "20 clicks a second" in reasons
    assert "no music above 2.8 kHz" in reasons
    assert "music up to the end of the band" in guess_media(CASES["digital"])[0].reasons


def test_silence_is_not_guessed_at():
    assert guess_media(replace(TAPE, level_db=float("-inf"))) == ()
    assert guess_media(replace(TAPE, high_hz=0.0)) == ()
    assert plain(()) == []


def test_unlikely_media_are_left_out_of_reports():
    shown = plain(guess_media(TAPE))
    assert shown[0]["medium"] == "tape"
    assert all(each["share"] > 0.05 for each in shown)


@pytest.mark.slow
def test_media_of_music_that_nothing_was_tuned_on():
    right = close = count = 0
    for piece in music.HELD_OUT[:4]:
        for pipeline, medium in PIPELINES.items():
            worn, _ = execute(load(f"degrade-{pipeline}"), music.render(piece), Run(seed=1))
            names = [each.medium for each in guess_media(measure(worn, Run()))]
            right += names[0] == medium
            close += medium in names[:2]
            count += 1
    assert right >= 0.75 * count
    assert close >= 0.9 * count
